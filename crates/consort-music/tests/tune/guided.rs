//! What the guide lets through, and what it does not.

use consort_music::tune::{Conditions, Form, Guide};
use consort_music::{Key, Metre, Mode};

use crate::{follow, strictly_read};

#[test]
fn texts_as_collections_have_them_are_let_through() {
    for text in [
        "X: 1\nT:Ap Shenkin\n% Nottingham Music Database\nY:AABB\nS:FTB\nM:6/8\nK:G\n\
         d/2c/2|\"G\"B2B Bgf|\"C\"e2e efg|\n\"G\"BcB Bc :|\n\
         b/2c/2|\"G\"b2g \"D\"a2f|\"G\"g3 g2:|\n\n",
        "T:a\nM:C\nL:1/4\nK:Am\n|:A2 c2|1 B4:|2 A4||\nc2 d2|e4|]\n",
        "%\nM:C|\nR:Reel\nK:D\nd8|d8||\n|:e8:|\n\n",
        "M:2/4\nL:1/8\nK:D\nd4| d4 |]\n",
    ] {
        match follow(Conditions::default(), text) {
            Ok(guide) => assert!(guide.is_complete(), "{text}"),
            Err(minded) => assert_eq!(minded, ""),
        }
        strictly_read(text);
    }
    for (begin, minded) in [
        ("X:1\n", 'S'),
        ("T:a\n", 'T'),
        ("%", '%'),
        ("F:", '|'),
        ("N:8:8:\nM:6/8\nL:1/", '4'),
        ("N:8:6", '5'),
        ("N:1.\nM:2/4\nL:1/8\nK:D\nd2", ' '),
        ("T:a\nM:2/4\nK:D\nd8| ", ' '),
        ("T:a\nM:2/4\nK:D\nd4", '\n'),
    ] {
        let guide = follow(Conditions::default(), begin).unwrap();
        assert!(!guide.allows(minded), "{begin}");
    }
}

#[test]
fn a_forced_header_can_only_be_written_in_one_way() {
    let conditions = Conditions {
        form: Some(Form::of_letters("AABB", 16).unwrap()),
        rhythm: Some("slip jig".to_owned()),
        metre: Metre::new(9, 8),
        key: Some(Key {
            fifths: 1,
            mode: Mode::Minor,
        }),
        ..Conditions::default()
    };
    let header = "N:8:8:\nR:slip jig\nM:9/8\nL:1/8\nK:Em\n";
    let mut guide = Guide::new(conditions).unwrap();
    for (at, c) in header.char_indices() {
        assert!(at == 0 || guide.allowed().iter().eq([c]), "{at}");
        guide.push(c).unwrap();
    }
    assert!(guide.in_music());
    assert_eq!(
        (guide.section(), guide.bar(), guide.bars_left()),
        (0, 0, Some(8))
    );
    "|:B|e3e3".chars().for_each(|c| guide.push(c).unwrap());
    // What has been typed of a note may still become longer.
    guide.push('e').unwrap();
    assert!(
        (guide.onset() - 6.0 / 9.0).abs() < 1e-12,
        "{}",
        guide.onset()
    );
    "ee|".chars().for_each(|c| guide.push(c).unwrap());
    guide.push('e').unwrap();
    assert_eq!((guide.bar(), guide.bars_left()), (1, Some(7)));
}

#[test]
fn ties_lead_to_the_same_pitch_and_accidentals_are_never_redundant() {
    let begin = "N:2.\nM:2/4\nL:1/8\nK:G\n";
    let allowed = |text: &str| {
        let guide = follow(Conditions::default(), &format!("{begin}{text}")).unwrap();
        guide.allowed()
    };
    assert_eq!(allowed("^c4-|").iter().collect::<String>(), "\"(^");
    assert_eq!(allowed("^c4-|^").iter().collect::<String>(), "c");
    assert!(!allowed("^c2-").contains('z') && !allowed("^c2-").contains('^'));
    // F is sharp by the signature, and C by the accidental before.
    assert!(!allowed("^c^").contains('f') && !allowed("^c^").contains('C'));
    assert!(allowed("^c=").contains('C') && allowed("=").contains('f'));
    // The last bar ends in nothing to tie to.
    assert!(!allowed("c4|c4").contains('-') && allowed("c4|c2").contains('-'));
}
