//! How much memory reading MusicXML takes. A test of its own, because it looks at the whole process.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::process::Command;
use std::{env, fs};

use consort_music::musicxml;

/// Forgets the most memory that this process has had, where Linux lets it.
fn forget_peak() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// The most memory that this process has had since.
fn peak() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Just above a power of two, where lists that double have most to spare.
const LENGTH: usize = 1_100_000;

/// `piece` again and again, with another number in place of each `#`.
fn many(piece: &str) -> String {
    let mut text = String::with_capacity(LENGTH + 100);
    for number in 0.. {
        if text.len() >= LENGTH {
            break;
        }
        for (index, run) in piece.split('#').enumerate() {
            if index > 0 {
                write!(text, "{number}").unwrap();
            }
            text.push_str(run);
        }
    }
    text
}

/// Elements of which a hostile file may hold many, and what stands around them.
fn pieces() -> Vec<(&'static str, String)> {
    let note = "<pitch><step>C</step><octave>4</octave></pitch>";
    let in_measure = [
        "<a/>",
        "<b#/>",
        "<note/>",
        "<note><rest/></note>",
        "<note><rest/><notations><fermata/></notations></note>",
        "<sound tempo='1'/>",
        "<sound pan='1'/>",
        "<sound fine=''/>",
        "<direction><direction-type><pedal type='start'/></direction-type></direction>",
        "<attributes><key><fifths>#</fifths></key></attributes>",
        "<direction><direction-type><words>a</words></direction-type></direction>",
        &format!("<note><grace/>{note}</note>"),
        &format!("<note>{note}<duration>1</duration></note>"),
    ]
    .map(|piece| ("<score-partwise><part><measure>", piece.to_owned()));
    let others = [
        ("<score-partwise><part>", "<measure/>"),
        ("<score-partwise><part>", "<measure number='#'/>"),
        ("<score-partwise>", "<part><measure/></part>"),
        ("<score-timewise>", "<measure><part id='#'/></measure>"),
        ("<score-partwise><part-list>", "<score-part/>"),
        ("<score-partwise><part-list>", "<score-part id='#'/>"),
    ]
    .map(|(start, piece)| (start, piece.to_owned()));
    in_measure.into_iter().chain(others).collect()
}

/// How many times the size of a file of many pieces reading it takes.
fn multiple(start: &str, piece: &str) -> usize {
    let mut text = format!("{start}{}", many(piece));
    let names = start.split(['<', '>']).filter(|name| !name.is_empty());
    for name in names.collect::<Vec<_>>().iter().rev() {
        write!(text, "</{name}>").unwrap();
    }
    assert!(forget_peak());
    let before = peak().unwrap();
    drop(musicxml::read(text.as_bytes()));
    (peak().unwrap() - before) / text.len()
}

/// Which piece a process of this test measures; without it one starts such processes.
const PIECE: &str = "CONSORT_TEST_PIECE";

#[test]
fn memory_is_bounded_by_the_documented_multiple() {
    if let Ok(place) = env::var(PIECE) {
        let (start, piece) = &pieces()[place.parse::<usize>().unwrap()];
        println!("multiple {}", multiple(start, piece));
        return;
    }
    if !forget_peak() || peak().is_none() {
        eprintln!("skipped: this system does not tell how much memory a process has had");
        return;
    }
    // What one reading frees stays with its process, so each has one of its own.
    for (place, (start, piece)) in pieces().iter().enumerate() {
        let output = Command::new(env::current_exe().unwrap())
            .args(["--nocapture"])
            .env(PIECE, place.to_string())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let multiple = said.split("multiple ").nth(1).unwrap();
        let multiple: usize = multiple.split_whitespace().next().unwrap().parse().unwrap();
        eprintln!("{multiple} times for {start}{piece}");
        assert!(
            multiple <= 64,
            "{multiple} times the XML for {start}{piece}"
        );
    }
}
