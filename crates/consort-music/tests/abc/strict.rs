//! What a strict reader refuses.

use consort_music::Place;
use consort_music::abc::{self, AbcError};

fn violations(text: &str) -> Vec<String> {
    match abc::read_strict(text.as_bytes()) {
        Ok(_) => Vec::new(),
        Err(AbcError::Violations(violations)) => {
            violations.iter().map(ToString::to_string).collect()
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_tune_by_the_book_is_taken() {
    let text = "X:1\nT:By the Book\nM:6/8\nL:1/8\nQ:3/8=100\nK:G\n\
                D|:\"G\"(G>AB) {c}d2B|[1 !<(!A3 !<)!z2D:|[2 (3ABc A z3|]\nw:la * la\n";
    assert_eq!(violations(text), [""; 0]);
    assert_eq!(
        abc::read_strict(text.as_bytes()).unwrap(),
        abc::read(text.as_bytes()).unwrap().value
    );
}

#[test]
fn each_rule_is_minded_at_its_place() {
    let head = "X:1\nT:a\nM:4/4\nL:1/4\nK:C\n";
    for (text, expected) in [
        ("X:1\nK:C\n", "line 2, column 1: the second field"),
        ("X:0\nT:a\nK:C\n", "line 1, column 1: the number of a tune"),
        ("X:a\nT:a\nK:C\n", "line 1, column 1: the number of a tune"),
        ("X:1\nT:a\n", "line 2, column 4: a tune without a key"),
        (
            "X:1\nT:a\nK:C\nc\n\nX:1\nT:b\nK:C\n",
            "line 6, column 1: another tune",
        ),
        (
            "X:1\nT:a\n M:4/4\nK:C\n",
            "line 3, column 1: a field that is indented",
        ),
        (
            "X:1\nT:a\nH:so\nand so on\nK:C\n",
            "line 4, column 1: a history",
        ),
        ("X:1\nT:a\nE:7\nK:C\n", "line 3, column 1: E: is outdated"),
        (
            "X:1\nT:a\nQ:100\nK:C\n",
            "line 3, column 1: a tempo without",
        ),
        ("text\n\nX:1\nT:a\nK:C\n", "line 1, column 1: lines of text"),
        (
            "X:1\nT:a\nK:C\nc\n\ntext\n",
            "line 6, column 1: lines of text",
        ),
    ] {
        let found = violations(text);
        assert!(found[0].starts_with(expected), "{text}: {found:?}");
    }
    for (music, expected) in [
        (
            "cdef|c3|d4|",
            "column 8: this bar lasts 3/4 of a whole note and its metre 1/1",
        ),
        ("+CEG+4|", "column 1: a chord between plus signs"),
        ("+trill+c4|", "column 1: a decoration between plus signs"),
        ("c2!c2|", "column 3: an exclamation mark"),
        ("c2 * c2|", "column 4: * is reserved"),
        ("c2'd2|", "column 3: an octave sign behind a length"),
        ("c4|:|d4|", "column 3: |:| is no bar line"),
        ("|:c4| 1 d4:|2 e4|", "column 5: a space before the number"),
        ("(c4|", "column 1: a slur that never ends"),
        ("c4)|", "column 3: a slur that ends without"),
        ("(3cde f2 (3c|", "column 10: a tuplet that lacks 2"),
        (
            "V:1\nc4|d4|\nV:2\nc4|",
            "line 9, column 3: voice 2 ends before",
        ),
        ("c4.|d4|", "column 3: a dotted bar line"),
        ("c4 \u{a7}|", "column 4: \"\u{a7}\" is no music"),
    ] {
        let found = violations(&format!("{head}{music}\n"));
        let is_told = found.iter().any(|violation| violation.contains(expected));
        assert!(is_told, "{music}: {found:?}");
        let lenient = abc::read(format!("{head}{music}\n").as_bytes()).unwrap();
        assert!(lenient.warnings.len() <= found.len(), "{music}");
    }
}

#[test]
fn other_encodings_are_told() {
    let error = abc::read_strict(b"X:1\nT:\xc9tude\nK:C\nc|\n").unwrap_err();
    let AbcError::Violations(violations) = &error else {
        panic!("{error}");
    };
    assert_eq!(violations[0].place, Place::Line { line: 2, column: 3 });
    assert_eq!(
        error.to_string(),
        "not as ABC 2.1 wants it: line 2, column 3: bytes that are no UTF-8: taken as Latin-1"
    );
}

#[test]
fn all_violations_are_listed_and_the_first_is_shown() {
    let error = abc::read_strict(b"X:1\nK:C\n+CE+ c2! * |\n").unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains("line 2, column 1"), "{shown}");
    assert!(shown.ends_with("(and 3 more)"), "{shown}");
    let length = 4;
    assert_eq!(abc::read_strict(b"text"), Err(AbcError::NoTune { length }));
}
