//! Fetching from archives and addresses that are not what they should be.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::set::Origin;

const ARCHIVE: &str = "https://example.org/tunes.zip";
const BASE: &str = "https://example.org/tunes/";
const JIG: &[u8] = b"X:1\nT:The jig\nM:6/8\nK:D\nd2A F2A|\n";
const REEL: &[u8] = b"X:2\nT:The reel\nM:C|\nK:G\nG2BG dGBG|\n";

fn sha256(bytes: &[u8]) -> String {
    Hash(Sha256::digest(bytes).into()).to_string()
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A set of these files that comes from `source`.
fn set(files: &[(&str, &[u8])], source: Source) -> Set {
    let mut files = files.to_vec();
    files.sort();
    let lines = files
        .iter()
        .map(|(path, content)| format!("{}  {path}\n", sha256(content)));
    let mut over_all = Sha256::new();
    for (path, content) in &files {
        over_all.update(path.as_bytes());
        over_all.update([0]);
        over_all.update(Sha256::digest(content));
    }
    Set {
        name: "tunes",
        title: "Two tunes",
        homepage: "https://example.org/",
        licence: "CC0-1.0",
        citation: "",
        purpose: "",
        notes: &[],
        bytes: files.iter().map(|(_, content)| content.len() as u64).sum(),
        sha256: Hash(over_all.finalize().into()).to_string().leak(),
        list: lines.collect::<String>().leak(),
        sources: leak([source]),
    }
}

fn tunes() -> [(&'static str, &'static [u8]); 2] {
    [("jig.abc", JIG), ("reels/reel.abc", REEL)]
}

fn source_of(archive: &[u8]) -> Source {
    Source::Archive {
        url: ARCHIVE,
        bytes: archive.len() as u64,
        sha256: sha256(archive).leak(),
        origins: &[Origin {
            place: "",
            path: "package/",
        }],
    }
}

fn archive_of_tunes() -> Vec<u8> {
    zipped(&[
        ("package/readme.txt", b"not of the set"),
        ("package/jig.abc", JIG),
        ("package/reels/reel.abc", REEL),
    ])
}

/// A world in which each address answers with these bytes.
fn world(answers: &[(&str, &[u8])]) -> impl FnMut(&str) -> io::Result<Box<dyn Read>> + use<> {
    let answers: BTreeMap<String, Vec<u8>> = answers
        .iter()
        .map(|(url, bytes)| ((*url).to_owned(), bytes.to_vec()))
        .collect();
    move |url| match answers.get(url) {
        Some(bytes) => Ok(Box::new(Cursor::new(bytes.clone()))),
        None => Err(io::Error::other("http status: 404")),
    }
}

fn unobserved(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// An empty place for data. The set goes into a folder within it, so that what escapes is seen.
fn place() -> (TempDir, DataFolder) {
    let outer = tempfile::tempdir().unwrap();
    let folder = DataFolder::new(outer.path().join("data"));
    (outer, folder)
}

/// Every file and folder below `root` with its content, hidden ones too.
fn below(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            let name = name.replace('\\', "/");
            if path.is_dir() {
                open.push(path);
                found.insert(format!("{name}/"), Vec::new());
            } else {
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

/// Fetches the set and expects an error that leaves nothing behind.
fn refused(set: &Set, answers: &[(&str, &[u8])]) -> DownloadError {
    let (outer, folder) = place();
    let error = get(set, &folder, &mut world(answers), &mut unobserved).unwrap_err();
    let left: Vec<String> = below(outer.path()).into_keys().collect();
    assert_eq!(left, ["data/"], "{error}");
    error
}

#[test]
fn an_archive_fills_the_folder_with_what_is_listed_and_no_more() {
    let archive = archive_of_tunes();
    let set = set(&tunes(), source_of(&archive));
    let (outer, folder) = place();
    let mut progress = Vec::new();
    let got = get(
        &set,
        &folder,
        &mut world(&[(ARCHIVE, &archive)]),
        &mut |now| {
            progress.push(now);
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    assert_eq!(got.received_bytes, archive.len() as u64);
    assert_eq!(got.verified.files, 2);
    assert_eq!(got.verified.bytes, set.bytes);
    assert_eq!(got.verified.sha256, set.sha256);
    let last = *progress.last().unwrap();
    assert_eq!((last.done_bytes, last.total_bytes), {
        let size = archive.len() as u64;
        (size, size)
    });
    let expected = [
        ("data/", b"".as_slice()),
        ("data/tunes/", b""),
        ("data/tunes/jig.abc", JIG),
        ("data/tunes/reels/", b""),
        ("data/tunes/reels/reel.abc", REEL),
    ];
    let expected = expected.map(|(path, bytes)| (path.to_owned(), bytes.to_vec()));
    assert_eq!(below(outer.path()), BTreeMap::from(expected));
}

#[test]
fn what_is_there_is_not_fetched_again() {
    let archive = archive_of_tunes();
    let set = set(&tunes(), source_of(&archive));
    let (_outer, folder) = place();
    let mut once = world(&[(ARCHIVE, &archive)]);
    get(&set, &folder, &mut once, &mut unobserved).unwrap();
    let again = get(&set, &folder, &mut world(&[]), &mut unobserved).unwrap();
    assert_eq!(again.received_bytes, 0);
}

#[test]
fn changed_files_are_put_right_and_the_users_left_alone() {
    let archive = archive_of_tunes();
    let set = set(&tunes(), source_of(&archive));
    let (_outer, folder) = place();
    let tunes = folder.root().join("tunes");
    fs::create_dir_all(&tunes).unwrap();
    fs::write(tunes.join("jig.abc"), b"X:1\n").unwrap();
    fs::write(tunes.join("mine.abc"), b"X:3\n").unwrap();
    let faulty = verify(&set, &folder).unwrap_err().to_string();
    assert!(faulty.contains("of its 2 files 1 missing: reels/reel.abc; 1 changed: jig.abc has"));
    get(
        &set,
        &folder,
        &mut world(&[(ARCHIVE, &archive)]),
        &mut unobserved,
    )
    .unwrap();
    let expected = [
        ("jig.abc", JIG),
        ("mine.abc", b"X:3\n"),
        ("reels/", b""),
        ("reels/reel.abc", REEL),
    ];
    let expected = expected.map(|(path, bytes)| (path.to_owned(), bytes.to_vec()));
    assert_eq!(below(&tunes), BTreeMap::from(expected));
}

#[test]
fn an_archive_with_another_hash_is_refused_by_both() {
    let archive = archive_of_tunes();
    let set = set(&tunes(), source_of(&archive));
    let mut other = archive.clone();
    *other.last_mut().unwrap() ^= 1;
    let error = refused(&set, &[(ARCHIVE, &other)]).to_string();
    assert!(error.starts_with(ARCHIVE), "{error}");
    assert!(error.contains(&sha256(&archive)), "{error}");
    assert!(error.contains(&sha256(&other)), "{error}");
}

#[test]
fn a_truncated_archive_is_refused_by_its_size() {
    let archive = archive_of_tunes();
    let set = set(&tunes(), source_of(&archive));
    let half = &archive[..archive.len() / 2];
    let error = refused(&set, &[(ARCHIVE, half)]);
    let sizes = format!("after {} of {} bytes", half.len(), archive.len());
    assert!(error.to_string().contains(&sizes), "{error}");
}

#[test]
fn an_endless_answer_is_cut_off_at_the_size_that_is_due() {
    let archive = archive_of_tunes();
    let set = set(&tunes(), source_of(&archive));
    let (outer, folder) = place();
    let mut received = 0;
    let error = get(
        &set,
        &folder,
        &mut |_| Ok(Box::new(io::repeat(b'P'))),
        &mut |now| {
            received = now.done_bytes;
            ControlFlow::Continue(())
        },
    )
    .unwrap_err();
    assert!(matches!(error, DownloadError::TooLarge { .. }), "{error}");
    assert!(received <= archive.len() as u64);
    assert_eq!(below(outer.path()).len(), 1);
}

/// The archive is the pinned one, and still neither its names nor its sizes are believed.
#[test]
fn an_archive_cannot_write_outside_or_beyond_the_set() {
    let evil: &[(&str, &[u8])] = &[
        ("../escaped.abc", b"out"),
        ("package/../../escaped.abc", b"out"),
        ("/escaped.abc", b"out"),
        ("package/jig.abc", JIG),
        ("package/reels/reel.abc", REEL),
    ];
    let archive = zipped(evil);
    let set = set(&tunes(), source_of(&archive));
    let (outer, folder) = place();
    get(
        &set,
        &folder,
        &mut world(&[(ARCHIVE, &archive)]),
        &mut unobserved,
    )
    .unwrap();
    let escaped = below(outer.path());
    assert!(
        !escaped.keys().any(|path| path.contains("escaped")),
        "{escaped:?}"
    );
}

#[test]
fn a_bomb_is_refused_at_the_size_of_the_set() {
    let blank = vec![b' '; 8 << 20];
    let archive = zipped(&[
        ("package/jig.abc", &blank),
        ("package/reels/reel.abc", REEL),
    ]);
    assert!(archive.len() < 1 << 14);
    let set = set(&tunes(), source_of(&archive));
    let error = refused(&set, &[(ARCHIVE, &archive)]);
    let DownloadError::TooLarge { what, limit_bytes } = &error else {
        panic!("{error}");
    };
    assert_eq!(*limit_bytes, set.bytes);
    assert_eq!(what, "\"package/jig.abc\" in https://example.org/tunes.zip");
}

#[test]
fn a_member_that_is_missing_or_another_is_named() {
    let without = zipped(&[("package/jig.abc", JIG)]);
    let error = refused(&set(&tunes(), source_of(&without)), &[(ARCHIVE, &without)]);
    let message = error.to_string();
    assert!(
        message.contains("its file \"package/reels/reel.abc\""),
        "{message}"
    );
    let other = zipped(&[("package/jig.abc", REEL), ("package/reels/reel.abc", REEL)]);
    let error = refused(&set(&tunes(), source_of(&other)), &[(ARCHIVE, &other)]);
    let message = error.to_string();
    assert!(
        message.contains(&sha256(JIG)) && message.contains(&sha256(REEL)),
        "{message}"
    );
}

#[test]
fn what_is_no_archive_is_refused() {
    let page = b"<html>Sign in to this network</html>";
    let set = set(&tunes(), source_of(page));
    let error = refused(&set, &[(ARCHIVE, page)]);
    assert!(matches!(error, DownloadError::Archive { .. }), "{error}");
}

/// Archives cut short whose hashes were pinned all the same.
#[test]
fn no_part_of_an_archive_is_taken_for_the_whole() {
    let archive = archive_of_tunes();
    for length in (0..archive.len()).step_by(7) {
        let part = &archive[..length];
        let set = set(&tunes(), source_of(part));
        let error = refused(&set, &[(ARCHIVE, part)]);
        assert!(matches!(error, DownloadError::Archive { .. }), "{error}");
    }
}

#[test]
fn files_come_one_by_one_and_each_is_checked() {
    let source = Source::Files {
        url: BASE,
        bytes: (JIG.len() + REEL.len()) as u64,
        origins: &[Origin {
            place: "",
            path: "abc/",
        }],
    };
    let set = set(&tunes(), source);
    let jig = format!("{BASE}abc/jig.abc");
    let reel = format!("{BASE}abc/reels/reel.abc");
    let (_outer, folder) = place();
    let mut right = world(&[(&jig, JIG), (&reel, REEL)]);
    let mut last = None;
    let got = get(&set, &folder, &mut right, &mut |now| {
        last = Some(now);
        ControlFlow::Continue(())
    });
    assert_eq!(got.unwrap().received_bytes, set.bytes);
    assert_eq!(last.unwrap().done_bytes, set.bytes);
    assert_eq!(last.unwrap().total_bytes, set.bytes);
    let error = refused(&set, &[(&jig, JIG), (&reel, b"X:2")]).to_string();
    assert!(
        error.starts_with(&format!("{reel} has the SHA-256 ")),
        "{error}"
    );
    assert!(error.contains(&sha256(REEL)) && error.contains(&sha256(b"X:2")));
    let error = refused(&set, &[(&jig, JIG)]).to_string();
    assert_eq!(
        error,
        format!("cannot fetch {reel}: http status: 404; check the connection and try again")
    );
}

#[test]
fn an_observer_stops_the_work_and_nothing_is_left() {
    let archive = archive_of_tunes();
    let set = set(&tunes(), source_of(&archive));
    let (outer, folder) = place();
    let mut answers = world(&[(ARCHIVE, &archive)]);
    let stop = &mut |_: Progress| ControlFlow::Break(());
    let error = get(&set, &folder, &mut answers, stop).unwrap_err();
    assert!(matches!(error, DownloadError::Stopped), "{error}");
    assert_eq!(below(outer.path()).len(), 1);
}

#[test]
fn a_file_without_a_source_is_an_error_before_anything_is_asked() {
    let source = Source::Files {
        url: BASE,
        bytes: 1000,
        origins: &[Origin {
            place: "jig.abc",
            path: "jig.abc",
        }],
    };
    let error = refused(&set(&tunes(), source), &[]);
    assert_eq!(
        error.to_string(),
        "no source of the set \"tunes\" has its file \"reels/reel.abc\""
    );
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let archive = archive_of_tunes();
    let set = set(&tunes(), source_of(&archive));
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("data");
    fs::write(&root, b"a file").unwrap();
    let folder = DataFolder::new(&root);
    let error = get(
        &set,
        &folder,
        &mut world(&[(ARCHIVE, &archive)]),
        &mut unobserved,
    )
    .unwrap_err();
    assert!(
        matches!(&error, DownloadError::Write { path, .. } if *path == root),
        "{error}"
    );
    assert_eq!(fs::read(&root).unwrap(), b"a file");
}
