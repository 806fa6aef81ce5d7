//! Broken files.

use consort_music::abc::{self, AbcError};

use crate::{heard, read, sounding, tune, warnings};

#[test]
fn what_is_no_abc_is_refused() {
    for bytes in [
        &b""[..],
        b"\0\0\0",
        b"MThd\0\0\0\x06",
        b"Hello, world\n\nC:me\n",
    ] {
        let length = bytes.len();
        assert_eq!(abc::read(bytes), Err(AbcError::NoTune { length }));
    }
    assert_eq!(
        AbcError::NoTune { length: 3 }.to_string(),
        "found no ABC tune in 3 bytes: expected a line such as `X:1` and, after it, a key such \
         as `K:G`; check that the file is ABC text"
    );
}

#[test]
fn tunes_without_number_or_key_are_read() {
    assert_eq!(sounding(&read("T:a\nL:1/4\nK:C\nc|\n")[0]), ["0:72:480"]);
    assert_eq!(sounding(&read("X:1\nL:1/4\nc|\n")[0]), ["0:72:480"]);
    assert_eq!(
        sounding(&read("X:1\nT:a\n\nL:1/4\nK:C\nc|\n")[0]),
        ["0:72:480"]
    );
}

#[test]
fn nothing_is_lost_to_a_fault_but_the_fault() {
    for (music, expected) in [
        ("c \u{a7}\u{a7} d", "C5=1 D5=1"),
        ("c \"Am d", "C5=1 D5=1"),
        ("c [eg d", "C5=1 D5=1 E5=1 G5=1"),
        ("c {g d\ne", "C5=1 E5=1"),
        ("c } d", "C5=1 D5=1"),
        ("c [K:G d\ne", "C5=1 E5=1"),
        ("c ^ d", "C5=1 D5=1"),
        ("- c > | d", "C5=3/2 D5=1/2"),
        ("c ) (999999999d", "C5=1 D5=1"),
        ("c /2 d", "C5=1 D5=1"),
        ("c +E^+ d", "C5=1 E4=1 D5=1"),
        ("c +'E+ d", "C5=1 E4=1 D5=1"),
    ] {
        assert_eq!(heard(music), expected, "{music}");
        assert!(!warnings(music).is_empty(), "{music}");
    }
}

#[test]
fn places_are_lines_and_columns_in_characters() {
    assert_eq!(
        warnings("c4|\n\"é\"d \u{a7} e")[0],
        "line 6, column 6: \"§\" is no music: left out"
    );
}

#[test]
fn lengths_that_no_grid_holds_are_rounded() {
    let score = tune("c1/1048573 d1/1048571 e|");
    assert!(score.parts[0].notes.len() == 3);
    assert!(warnings("c1/1048573 d1/1048571 e|")[0].contains("rounded"));
    assert_eq!(tune("c99999999999|").measures.len(), 1);
}

#[test]
fn hostile_files_take_linear_time() {
    // Each of these has made some reader quadratic or worse.
    let many = 20_000;
    for piece in [
        "[",
        "(",
        "{",
        "\"",
        "!",
        "&",
        ":",
        "-",
        ">",
        "[\"",
        "|:",
        "|:c:|",
        "S!D.S.!c|",
        "[K:D]c[K:clef=bass]\"Am\"d|",
        "[1",
        "\\ ",
        "c-",
        "+",
        "+C^+",
        "+C'",
        "^",
        "Z9",
        "z9999999",
        "V:1\n",
        "[V:1]",
        "[K:c",
        "X:1\n",
        "X:1\nK:C\n",
        "P:A\n",
        "w:a\n",
        "s:!f!\n",
        "[ccccccccc]-",
        "c&",
        "(3",
        "{c}",
        "U:a=b\n",
        "%%score {1 2}\n",
        "\n",
        "+:\n",
        "!<(!",
        "!<)!",
        "!ped!c",
        "{/c}",
        "{[ce]}",
        "Hz",
        "H|",
        "(&",
        "m:c=dd\nc",
        "m:~n=no\n~c",
        "[I:MIDI control 1 1]",
        "[V:1][K:D]c[V:2]c",
        "(999:999:999",
        "Z99999999",
        "c1/99999999",
        "text\n\n",
    ] {
        let text = format!("X:1\nM:4/4\nK:C\n{}", piece.repeat(many));
        let reading = abc::read(text.as_bytes()).unwrap();
        let score = &reading.value[0];
        assert!(score.measures.len() <= 200_000, "{piece}");
        let played = score.unfolded();
        assert!(played.measures.len() <= 64 * 200_000, "{piece}");
        assert!(!abc::write(score).is_empty());
    }
    let voices: String = (0..many).map(|voice| format!("[V:{voice}]c|")).collect();
    let text = format!("X:1\nK:C\n{voices}");
    let parts = &abc::read(text.as_bytes()).unwrap().value[0].parts;
    assert_eq!(parts.len(), 256);
    let header = format!("{}\n{}", "N:x\n".repeat(many), "X:1\nK:C\n".repeat(many));
    let reading = abc::read(header.as_bytes()).unwrap();
    let kept: usize = reading
        .value
        .iter()
        .map(|score| score.metadata.fields.len())
        .sum();
    assert!(kept < 64 * header.len());
}
