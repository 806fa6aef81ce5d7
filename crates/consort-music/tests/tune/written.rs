//! Scores as tune texts.

use consort_music::abc;
use consort_music::tune::{self, ChordSymbols, TooRich};

fn tune_text(tune: &str) -> Result<String, TooRich> {
    let reading = abc::read(tune.as_bytes()).unwrap();
    tune::text(&reading.value[0], ChordSymbols::Kept)
}

fn music(metre: &str, music: &str) -> Result<String, TooRich> {
    let text = tune_text(&format!("X:1\nT:a\nM:{metre}\nL:1/8\nK:C\n{music}\n"))?;
    let (header, music) = text.split_once("K:C\n").unwrap();
    let form = header.lines().next().unwrap().trim_start_matches("N:");
    Ok(format!("{form} {}", music.trim_end()))
}

#[test]
fn lengths_are_those_of_one_head_and_bars_of_one_line() {
    let bar = |text| music("4/4", text).unwrap();
    assert_eq!(bar("c>d e<f {g}(a2 b)z"), "1. c3/2d/e/f3/2a2bz|]");
    assert_eq!(bar("(3cde (3:2:2f2g z4|"), "1. (3cde(3f-fgz4|]");
    assert_eq!(bar("(3zcd (3efz z4|"), "1. (3zcd(3efzz4|]");
    assert_eq!(bar("[CEG]4 ^c c z2|^c8-|c2 z6|"), "3. G4^ccz2|^c8-|^c2z6|]");
    assert_eq!(
        bar("\"Am\"A4 \"slowly\"c2 \"N.C.\"d\"E7\"e|"),
        "1. \"Am\"A4c2d\"E7\"e|]"
    );
}

#[test]
fn sections_keep_their_signs() {
    let tune = |text| music("2/4", text).unwrap();
    assert_eq!(tune("|:c4|d4:|e4|f4|]"), "2:2. |:c4|d4:|e4|f4|]");
    assert_eq!(tune("c4|d4:|e4|f4:|"), "2:2: |:c4|d4:||:e4|f4:|");
    assert_eq!(tune("c4|d4|:e4|f4:|"), "2.2: c4|d4|:e4|f4:|");
    assert_eq!(tune("|:c4|1d4:|2e4|]"), "2: |:c4|1d4:|2e4|]");
    assert_eq!(
        tune("c4|d4|e4|f4||c4|d4|e4|f4|]"),
        "4.4. c4|d4|e4|f4||c4|d4|e4|f4|]"
    );
    assert_eq!(tune("c4|d4||e4|f4|]"), "4. c4|d4|e4|f4|]");
}

#[test]
fn pickups_are_mended_where_repeats_would_not_add_up() {
    let tune = |text| music("2/4", text).unwrap();
    assert_eq!(tune("|:c|d4|e3:|"), "2: |:c|d4|e3:|");
    // Not repeated, whatever the signs say.
    assert_eq!(tune("c|:d4|e4:|"), "2: c|:d4|e4:|");
    assert_eq!(tune("c|d4|e4:|"), "2: c|:d4|e4:|");
    // Repeated all the same.
    assert_eq!(tune("c|:d4|e3:|"), "2: |:c|d4|e3:|");
    // Rests where nothing is to be played.
    assert_eq!(tune("|:d4|e3:|c|d4|e3||"), "2:2. |:z|d4|e3:|c|d4|e3|]");
    assert_eq!(
        tune("|:c|d4|1e3:|2e3||d4|e4|]"),
        "2:2. |:c|d4|1e3:|2e3z||d4|e4|]"
    );
}

#[test]
fn what_is_too_rich_says_why() {
    let why = |tune: &str| {
        tune_text(&format!("X:1\nT:a\n{tune}"))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        why("M:4/4\nL:1/4\nK:C\nc4|d4|[K:G]e4|\n"),
        "bar 3: another key; a tune keeps to one"
    );
    assert_eq!(
        why("M:4/4\nL:1/4\nK:C\nc4|[M:3/4]d3|\n"),
        "bar 2: another metre; a tune keeps to one"
    );
    assert_eq!(
        why("M:4/4\nL:1/4\nK:C\nc4|d3|e4|\n"),
        "bar 2 does not add up to its metre"
    );
    assert_eq!(
        why("M:4/4\nL:1/4\nK:C\nc4&e4|\n"),
        "bar 1: several voices; a tune has one"
    );
    assert_eq!(
        why("M:4/4\nL:1/4\nK:C\nC,,4|\n"),
        "bar 1: a note below C3 or above B6"
    );
    assert_eq!(
        why("M:4/4\nL:1/4\nK:C\n(5CDEFGA2|\n"),
        "bar 1: a length that a tune text cannot spell"
    );
    assert_eq!(why("M:none\nK:C\nc4|\n"), "no metre; a tune has one");
    assert!(why("M:7/8\nK:C\nc7|\n").starts_with("tunes in 7/8 are not known; 2/4"));
    assert_eq!(why("M:2/4\nK:C\n\n"), "a score without notes is no tune");
}

#[test]
fn a_tune_of_abc_has_its_number_and_title() {
    let tune = tune::abc("N:1.\nM:2/4\nL:1/8\nK:C\nc4|]\n", 7, "50% off\n");
    assert_eq!(tune, "X:7\nT:50 off\nM:2/4\nL:1/8\nK:C\nc4|]\n");
    assert!(abc::read_strict(tune.as_bytes()).is_ok());
    let own = tune::abc("X:3\nT:Own\nS:me\nM:2/4\nK:C\nc4|]\n", 7, "Other");
    assert_eq!(own, "X:7\nT:Other\nS:me\nM:2/4\nK:C\nc4|]\n");
}
