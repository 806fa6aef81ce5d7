//! Files that are broken, or made to do harm.

use std::io::{Cursor, Write};

use consort_music::musicxml::{self, MusicXmlError};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::document::{document, document_of, first, note};
use super::{SMALL, corpus, mutated};

/// An archive of files that are not compressed.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, stored).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn container(path: &str) -> String {
    format!("<container><rootfiles><rootfile full-path=\"{path}\"/></rootfiles></container>")
}

const CONTAINER: &str = "META-INF/container.xml";

#[test]
fn an_archive_that_lies_about_its_score_is_an_error() {
    let score = SMALL.as_bytes();
    let whole = archive(&[("a.xml", score)]);
    assert!(musicxml::read(&whole).is_ok());

    let place = whole.len() / 2;
    let mut wrong_sum = whole.clone();
    wrong_sum[place] ^= 1;
    assert!(matches!(
        musicxml::read(&wrong_sum),
        Err(MusicXmlError::Archive { .. })
    ));

    // The first bit of the flags, in both headers of the file, says that it is encrypted.
    let mut encrypted = whole.clone();
    encrypted[6] |= 1;
    let directory = whole
        .windows(4)
        .rposition(|four| four == b"PK\x01\x02")
        .unwrap();
    encrypted[directory + 8] |= 1;
    assert!(matches!(
        musicxml::read(&encrypted),
        Err(MusicXmlError::Archive { .. })
    ));
}

#[test]
fn the_root_file_is_sought_in_the_archive_alone() {
    let score = SMALL.as_bytes();
    for outside in [
        "../../../etc/passwd",
        "/etc/passwd",
        "file:///etc/passwd",
        "",
    ] {
        let container = container(outside);
        let files = [(CONTAINER, container.as_bytes()), ("a.xml", score)];
        let reading = musicxml::read(&archive(&files)).unwrap();
        assert_eq!(reading.value.parts.len(), 2);
        assert!(reading.warnings[0].message.contains("lacks its root file"));
    }
    let files = [(CONTAINER, &b"<container"[..]), ("a.xml", score)];
    let reading = musicxml::read(&archive(&files)).unwrap();
    assert!(reading.warnings[0].message.contains("does not say"));

    // A path that leads out of the archive is a name within it like any other.
    let container = container("../a.xml");
    let files = [(CONTAINER, container.as_bytes()), ("../a.xml", score)];
    assert_eq!(musicxml::read(&archive(&files)).unwrap().warnings, []);
}

#[test]
fn an_archive_in_an_archive_is_no_score() {
    let inner = archive(&[("a.xml", SMALL.as_bytes())]);
    let container = container("b.mxl");
    let outer = archive(&[(CONTAINER, container.as_bytes()), ("b.mxl", &inner)]);
    assert!(musicxml::read(&outer).is_err());
    assert!(matches!(
        musicxml::read(&archive(&[("b.mxl", &inner)])),
        Err(MusicXmlError::NoScore { files: 1 })
    ));
}

#[test]
fn an_archive_of_many_files_is_read() {
    let names: Vec<String> = (0..20_000).map(|number| format!("{number}.txt")).collect();
    let mut files: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &b""[..])).collect();
    files.push(("z.xml", SMALL.as_bytes()));
    assert_eq!(
        musicxml::read(&archive(&files)).unwrap().value.parts.len(),
        2
    );
}

#[test]
fn wide_characters_are_read_without_their_mark() {
    for unit in [u16::to_be_bytes, u16::to_le_bytes] {
        let wide: Vec<u8> = SMALL.encode_utf16().flat_map(unit).collect();
        assert_eq!(musicxml::read(&wide).unwrap().value.parts.len(), 2);
        for length in 0..wide.len().min(400) {
            assert!(musicxml::read(&wide[..length]).is_err());
        }
    }
}

/// A document with so many of something.
type Shape<'a> = Box<dyn Fn(usize) -> String + 'a>;

#[test]
fn crowds_of_anything_are_read_to_their_end() {
    let note = note("C4", 1, "");
    let many = |piece: &str, count: usize| document(&first(&piece.repeat(count)));
    let numbered = |piece: &str, count: usize| -> String {
        (0..count)
            .map(|number| piece.replace('#', &number.to_string()))
            .collect()
    };
    let wedge = "<direction><direction-type><wedge type='crescendo' number='#'/></direction-type>\
                 <staff>#</staff></direction>";
    let tied = note.replace("</note>", "<tie type='start'/><tie type='stop'/></note>");
    let chord = tied.replace("<note>", "<note attack='1'><chord/>");
    let shapes: [(&str, Shape); 12] = [
        (
            "depth",
            Box::new(|n| format!("{}{}", "<a>".repeat(25 * n), "</a>".repeat(25 * n))),
        ),
        ("notes", Box::new(|n| many(&note, n))),
        ("ties", Box::new(|n| many(&tied, n))),
        ("a chord", Box::new(|n| many(&chord, n))),
        ("lines", Box::new(|n| document(&first(&numbered(wedge, n))))),
        (
            "voices",
            Box::new(|n| {
                let voices = note.replace("</note>", "<voice>#</voice></note>");
                document(&first(&numbered(&voices, n)))
            }),
        ),
        (
            "parts",
            Box::new(|n| {
                let parts = vec![("", "<measure number='1'/>"); n];
                document_of(&parts)
            }),
        ),
        (
            "heads",
            Box::new(|n| {
                let heads = numbered(
                    "<score-part id='a#'><part-name>b</part-name></score-part>",
                    n,
                );
                document(&first(&note)).replace("</part-list>", &format!("{heads}</part-list>"))
            }),
        ),
        (
            "measures",
            Box::new(|n| document(&numbered("<measure number='#'/>", n))),
        ),
        (
            "divisions",
            Box::new(|n| {
                let change = "<attributes><divisions>#7</divisions></attributes>";
                document(&first(&numbered(&format!("{change}{note}"), n)))
            }),
        ),
        (
            "backups",
            Box::new(|n| {
                many(
                    "<backup><duration>9</duration></backup><forward><duration>8</duration></forward>",
                    n,
                )
            }),
        ),
        (
            "names",
            Box::new(|n| document(&first(&numbered("<a#/>", n)))),
        ),
    ];
    // With any step that takes the square of the count this would not end in minutes.
    for (name, shape) in shapes {
        let read = musicxml::read(shape(40_000).as_bytes());
        let is_known = matches!(read, Ok(_) | Err(MusicXmlError::NotAScore { .. }));
        assert!(is_known, "{name}: {:?}", read.err());
    }
}

#[test]
fn a_million_attributes_are_refused() {
    let attributes: String = (0..1_000_000)
        .map(|number| format!(" a{number}=''"))
        .collect();
    let text = format!("<score-partwise><part{attributes}><measure/></part></score-partwise>");
    assert!(matches!(
        musicxml::read(text.as_bytes()),
        Err(MusicXmlError::Excessive { .. })
    ));
}

#[test]
fn numbers_of_any_size_are_read() {
    for number in [
        "0",
        "-1",
        "1e9",
        "99999999999999999999",
        "9223372036854775807",
        "0.000000001",
        "NaN",
        "1/2",
    ] {
        let mut text = document(&first(&format!(
            "{}<backup><duration>{number}</duration></backup><direction><direction-type>\
             <octave-shift type='down' size='{number}' number='{number}'/></direction-type>\
             <offset>{number}</offset><staff>{number}</staff></direction>\
             <sound damper-pedal='{number}' tempo='{number}'/>",
            note("C4", 2, "").replace(
                "<note>",
                &format!("<note attack='{number}' release='{number}'>")
            )
        )));
        for name in [
            "divisions",
            "fifths",
            "beats",
            "beat-type",
            "octave",
            "duration",
        ] {
            let start = text.find(&format!("<{name}>")).unwrap() + name.len() + 2;
            let end = start + text[start..].find('<').unwrap();
            let kept = text[start..end].to_owned();
            text.replace_range(start..end, number);
            if let Ok(reading) = musicxml::read(text.as_bytes()) {
                assert!(
                    musicxml::write(&reading.value).len() < 100_000,
                    "{name} {number}"
                );
            }
            text.replace_range(start..start + number.len(), &kept);
        }
    }
}

#[test]
fn broken_copies_of_real_files_never_panic() {
    let Some(folder) = corpus::data("bach-chorales-music21") else {
        return;
    };
    let files = corpus::files(&folder);
    for file in files.iter().step_by(100) {
        let packed = std::fs::read(file).unwrap();
        mutated(&packed, 100, |bytes| drop(musicxml::read(bytes)));
        let score = musicxml::read(&packed).unwrap().value;
        let text = musicxml::write(&score);
        mutated(text.as_bytes(), 60, |bytes| {
            if let Ok(reading) = musicxml::read(bytes) {
                let written = musicxml::write(&reading.value);
                assert!(musicxml::read(written.as_bytes()).is_ok());
            }
        });
    }
}
