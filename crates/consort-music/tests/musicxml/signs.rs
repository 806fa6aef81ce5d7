//! Lines over several notes, signs on rests, keys of one part, and how things are played.

use consort_music::performance::{Control, Message};
use consort_music::score::{Grace, Mark, Rest, SpannerKind};
use consort_music::{Note, Part, Played, Reading, Score, Ticks, musicxml};

use super::difference;
use super::document::{document, document_of, first, note};

fn read(text: &str) -> Reading<Score> {
    musicxml::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

/// The first part of a document, which must read without a warning, and read again as it is written.
fn part_of(measures: &str) -> Part {
    let reading = read(&document(measures));
    assert_eq!(reading.warnings, []);
    let again = read(&musicxml::write(&reading.value));
    assert_eq!(again.warnings, []);
    let written = musicxml::as_written(&reading.value);
    assert_eq!(difference(&again.value, &written), None);
    assert_eq!(written.parts[0].spanners, reading.value.parts[0].spanners);
    assert_eq!(written.parts[0].rests, reading.value.parts[0].rests);
    assert_eq!(written.parts[0].controls, reading.value.parts[0].controls);
    reading.value.parts.into_iter().next().unwrap()
}

fn direction(sign: &str, more: &str) -> String {
    format!("<direction><direction-type>{sign}</direction-type>{more}</direction>")
}

fn lines(part: &Part) -> Vec<(i64, i64, u8, SpannerKind)> {
    let line = part.spanners.iter();
    line.map(|line| (line.from.0, line.to.0, line.staff, line.kind))
        .collect()
}

#[test]
fn hairpins_that_overlap_are_told_apart() {
    let part = part_of(&first(&format!(
        "{}{}{}{}{}{}",
        direction("<wedge type='crescendo' number='2'/>", ""),
        direction(
            "<wedge type='diminuendo' number='1'/>",
            "<offset>1</offset>"
        ),
        note("C4", 4, ""),
        direction("<wedge type='continue' number='2'/>", ""),
        direction("<wedge type='stop' number='2'/>", ""),
        note("D4", 4, "") + &direction("<wedge type='stop' number='1'/>", ""),
    )));
    let expected = [
        (0, 4, 1, SpannerKind::Crescendo),
        (1, 8, 1, SpannerKind::Diminuendo),
    ];
    assert_eq!(lines(&part), expected);
}

#[test]
fn pedals_change_and_octaves_are_as_they_sound() {
    let part = part_of(&format!(
        "{}<measure number='2'>{}{}{}</measure>",
        first(&format!(
            "{}{}{}{}",
            direction("<pedal type='start' line='yes'/>", ""),
            direction("<octave-shift type='down' size='15'/>", ""),
            direction("<octave-shift type='up' number='2'/>", ""),
            note("C6", 8, ""),
        )),
        direction("<pedal type='change' line='yes'/>", ""),
        direction("<octave-shift type='stop' size='15'/>", ""),
        note("C6", 8, "")
            + &direction("<pedal type='stop' line='yes'/>", "")
            + &direction("<octave-shift type='stop' number='2'/>", ""),
    ));
    let expected = [
        (0, 8, 1, SpannerKind::Pedal),
        (0, 8, 1, SpannerKind::Octaves(2)),
        (0, 16, 1, SpannerKind::Octaves(-1)),
        (8, 16, 1, SpannerKind::Pedal),
    ];
    assert_eq!(lines(&part), expected);
    assert_eq!(part.notes[0].pitch.midi(), 84);
}

#[test]
fn trills_last_until_the_end_of_their_note() {
    let wavy = |kind: &str| {
        format!("<notations><ornaments><wavy-line type='{kind}'/></ornaments></notations>")
    };
    let part = part_of(&first(&format!(
        "{}{}{}",
        note("C4", 2, &wavy("start")),
        note("D4", 2, &wavy("stop")),
        note(
            "E4",
            4,
            "<notations><ornaments><trill-mark/><wavy-line type='start'/><wavy-line type='stop'/>\
             </ornaments></notations>"
        ),
    )));
    let trill = SpannerKind::Trill;
    assert_eq!(lines(&part), [(0, 4, 1, trill), (4, 8, 1, trill)]);
    assert_eq!(part.notes[2].marks, [Mark::Trill]);
}

#[test]
fn lines_without_an_end_are_told() {
    let reading = read(&document(&first(&format!(
        "{}{}{}{}",
        direction("<dashes type='stop' number='1'/>", ""),
        direction("<bracket type='start' number='1' line-end='up'/>", ""),
        note("C4", 8, ""),
        direction("<pedal type='sostenuto'/>", ""),
    ))));
    let told: Vec<&str> = reading.warnings.iter().map(|it| &*it.message).collect();
    assert_eq!(
        told,
        [
            "a <dashes> that ends without having begun is left out",
            "a <bracket> that does not end was read to the end of its note or measure",
            "<pedal> in <direction-type> is not modelled and is left out",
        ]
    );
    let lines = lines(&reading.value.parts[0]);
    assert_eq!(lines, [(0, 8, 1, SpannerKind::Bracket)]);
}

#[test]
fn rests_keep_what_hangs_on_them() {
    let part = part_of(&format!(
        "{}<measure number='2'><note><rest measure='yes'/><duration>8</duration><voice>1</voice>\
         <notations><fermata/></notations></note></measure>",
        first(&format!(
            "{}<note><rest/><duration>2</duration><voice>1</voice><notations><articulations>\
             <breath-mark/></articulations></notations><lyric number='1'><text>Ha!</text></lyric>\
             </note><note><rest/><duration>2</duration><voice>1</voice></note>",
            note("C4", 4, "<voice>1</voice>")
        )),
    ));
    let shown: Vec<_> = part
        .rests
        .iter()
        .map(|rest: &Rest| {
            (
                rest.onset.0,
                rest.duration.0,
                rest.marks.clone(),
                rest.lyrics.len(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (4, 2, vec![Mark::Breath], 1),
            (8, 8, vec![Mark::Fermata], 0)
        ]
    );
}

#[test]
fn a_part_may_have_its_own_keys() {
    let key = |fifths: &str| {
        first(&note("C4", 8, "")).replace("<fifths>0<", &format!("<fifths>{fifths}<"))
    };
    let (own, two) = (key("0"), key("-2"));
    let reading = read(&document_of(&[("", &own), ("", &two), ("", &two)]));
    assert_eq!(reading.warnings, []);
    let score = &reading.value;
    assert_eq!(score.keys[0].key.fifths, -2);
    let fifths = |part: &Part| part.keys.first().map(|change| change.key.fifths);
    let of_parts: Vec<_> = score.parts.iter().map(fifths).collect();
    assert_eq!(of_parts, [Some(0), None, None]);
    let again = read(&musicxml::write(score)).value;
    assert_eq!(difference(&again, &musicxml::as_written(score)), None);
    assert_eq!(again.parts[0].keys, score.parts[0].keys);
}

#[test]
fn grace_notes_have_strokes_and_chords() {
    let grace = |name, more: &str| {
        note(name, 0, "")
            .replace("<duration>0</duration>", "")
            .replace("<note>", &format!("<note>{more}"))
    };
    let part = part_of(&first(&format!(
        "{}{}{}{}",
        grace("D5", "<grace slash='yes'/>"),
        grace("F5", "<grace/>"),
        grace("A5", "<grace/><chord/>"),
        note("C4", 8, "")
    )));
    let graces: Vec<Option<Grace>> = part.notes.iter().map(|note| note.grace).collect();
    let grace = |slash, chord| Some(Grace { slash, chord });
    assert_eq!(
        graces,
        [
            grace(true, false),
            grace(false, false),
            grace(false, true),
            None
        ]
    );
}

#[test]
fn volume_pan_bank_programs_and_pedals_are_controls() {
    let head = "<score-instrument id='I1'><instrument-name>Harp</instrument-name></score-instrument>\
         <midi-instrument id='I1'><midi-channel>1</midi-channel><midi-bank>130</midi-bank>\
         <midi-program>47</midi-program><volume>80</volume><pan>-90</pan></midi-instrument>";
    let reading = read(&document_of(&[(
        head,
        &first(&format!(
            "{}<direction><direction-type><pedal type='start'/></direction-type>\
             <sound damper-pedal='yes'/></direction>{}<sound damper-pedal='no'><midi-instrument \
             id='I1'><midi-program>1</midi-program></midi-instrument></sound>{}",
            note("C4", 4, ""),
            note("C4", 4, ""),
            direction("<pedal type='stop'/>", ""),
        )),
    )]));
    assert_eq!(reading.warnings, []);
    let control = |at, number, value| Control {
        at: Ticks(at),
        message: Message::Controller { number, value },
    };
    let part = &reading.value.parts[0];
    assert_eq!(part.instrument.program, Some(46));
    let mut expected = vec![
        control(0, 0, 1),
        control(0, 32, 1),
        control(0, 7, 102),
        control(0, 10, 0),
        control(4, 64, 127),
        control(8, 64, 0),
    ];
    expected.push(Control {
        at: Ticks(8),
        message: Message::Program(0),
    });
    assert_eq!(part.controls, expected);
    let written = musicxml::write(&reading.value);
    assert!(written.contains("<midi-bank>130</midi-bank>"));
    assert_eq!(read(&written).value.parts[0].controls, expected);
}

#[test]
fn notes_are_played_apart_from_how_they_are_written() {
    let part = part_of(&format!(
        "{}<measure number='2'>{}</measure>",
        first(&note("C4", 8, "<tie type='start'/>")).replace("<note>", "<note attack='-1'>"),
        note("C4", 8, "<tie type='stop'/>").replace("<note>", "<note release='-3'>"),
    ));
    let played: Vec<Option<Played>> = part.notes.iter().map(|note: &Note| note.played).collect();
    let expected = Played {
        delay: Ticks(-1),
        duration: Ticks(14),
    };
    assert_eq!(played, [Some(expected), None]);
}

#[test]
fn an_editors_accidental_is_kept() {
    let part = part_of(&first(&note(
        "F4",
        8,
        "<notations><accidental-mark>sharp</accidental-mark></notations>",
    )));
    assert_eq!(
        part.notes[0].marks,
        [Mark::Other("accidental-mark-sharp".to_owned())]
    );
}
