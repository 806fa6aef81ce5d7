//! Small documents, and what is read in them.

use consort_music::score::{
    Barline, Clef, DirectionKind, Lyric, Mark, MetreSymbol, Navigation, Syllabic, Tuplet,
};
use consort_music::{Metre, Mode, Note, Part, Reading, Score, Ticks, musicxml};

use super::document::{document, document_of, first, note};

fn read(text: &str) -> Reading<Score> {
    musicxml::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

/// The first part of a document, which must read without a warning.
fn part_of(measures: &str) -> Part {
    let reading = read(&document(measures));
    assert_eq!(reading.warnings, []);
    reading.value.parts.into_iter().next().unwrap()
}

fn messages(reading: &Reading<Score>) -> Vec<String> {
    reading
        .warnings
        .iter()
        .map(|warning| warning.message.clone())
        .collect()
}

/// Onset, duration and spelling, as `0+4 C4`.
fn shown(notes: &[Note]) -> Vec<String> {
    let show = |note: &Note| {
        let name = note
            .spelling
            .map_or(note.pitch.to_string(), |spelling| spelling.to_string());
        format!("{}+{} {name}", note.onset, note.duration)
    };
    notes.iter().map(show).collect()
}

#[test]
fn voices_go_back_and_forward() {
    let part = part_of(&first(&format!(
        "{}{}<backup><duration>8</duration></backup><forward><duration>4</duration></forward>{}",
        note("E5", 4, "<voice>1</voice>"),
        note("D5", 4, "<voice>1</voice>"),
        note("G4", 4, "<voice>2</voice>")
    )));
    assert_eq!(shown(&part.notes), ["0+4 E5", "4+4 D5", "4+4 G4"]);
    let voices: Vec<u8> = part.notes.iter().map(|note| note.voice).collect();
    assert_eq!(voices, [1, 1, 2]);
}

#[test]
fn chords_share_an_onset() {
    let chord = note("E4", 2, "").replace("<note>", "<note><chord/>");
    let part = part_of(&first(&format!(
        "{}{chord}{}<note><rest/><duration>4</duration></note>",
        note("C4", 2, ""),
        note("D4", 2, "")
    )));
    assert_eq!(shown(&part.notes), ["0+2 C4", "0+2 E4", "2+2 D4"]);
}

#[test]
fn a_tie_that_never_ends_ends_at_the_next_note_of_its_pitch() {
    let start = "<tie type='start'/>";
    let second = format!("<measure number=\"2\">{}</measure>", note("C4", 8, ""));
    let voices = [note("C4", 4, ""), note("C4", 4, start)].concat();
    let reading = musicxml::read(document(&(first(&voices) + &second)).as_bytes()).unwrap();
    let sounding = reading.value.parts[0].sounding();
    let lengths: Vec<i64> = sounding.iter().map(|note| note.duration.0).collect();
    assert_eq!(lengths, [4, 12]);
    let told = &reading.warnings[0].message;
    assert!(
        told.contains("\"Part 1\" that begin and never end, 1 of them"),
        "{told}"
    );
}

#[test]
fn ties_are_read_from_sound_and_from_sight() {
    let part = part_of(&first(&format!(
        "{}{}{}",
        note("C4", 4, "<tie type=\"start\"/>"),
        note(
            "C4",
            2,
            "<notations><tied type=\"stop\"/><tied type=\"start\"/></notations>"
        ),
        note(
            "C4",
            2,
            "<tie type=\"stop\"/><notations><tied type=\"stop\"/></notations>"
        )
    )));
    let sounding = part.sounding();
    assert_eq!(sounding.len(), 1);
    assert_eq!(sounding[0].duration, Ticks(8));
}

#[test]
fn grace_notes_keep_their_order() {
    let grace = |name| {
        note(name, 0, "")
            .replace("<duration>0</duration>", "")
            .replace("<note>", "<note><grace/>")
    };
    let part = part_of(&first(&format!(
        "{}{}{}",
        grace("D5"),
        grace("C5"),
        note("B4", 8, "")
    )));
    assert_eq!(shown(&part.notes), ["0+0 D5", "0+0 C5", "0+8 B4"]);
    assert!(part.notes[0].is_grace() && !part.notes[2].is_grace());
}

#[test]
fn tuplets_stay_exact_when_the_file_rounds_them() {
    let triplet = "<type>eighth</type><time-modification><actual-notes>3</actual-notes>\
                   <normal-notes>2</normal-notes></time-modification>";
    let measure = first(&format!(
        "{}{}{}{}<backup><duration>1024</duration></backup>{}",
        note("C4", 85, triplet),
        note("D4", 86, triplet),
        note("E4", 85, triplet),
        note("F4", 768, "<type>half</type><dot/>"),
        note("C3", 1024, "<voice>2</voice>")
    ))
    .replace("<divisions>2<", "<divisions>256<");
    let reading = read(&document(&measure));
    assert_eq!(reading.value.resolution.ticks_per_quarter(), 768);
    let notes = &reading.value.parts[0].notes;
    assert_eq!(
        shown(notes),
        [
            "0+256 C4",
            "0+3072 C3",
            "256+256 D4",
            "512+256 E4",
            "768+2304 F4"
        ]
    );
    let triplet = Tuplet {
        actual: 3,
        normal: 2,
    };
    assert_eq!(notes[0].tuplet, Some(triplet));
    assert_eq!(
        messages(&reading),
        [
            "a duration that was rounded to whole divisions was read as its note value \
          (3 times, first here)"
        ]
    );
}

#[test]
fn divisions_may_change_and_differ() {
    let second = "<measure><attributes><divisions>3</divisions></attributes>".to_owned()
        + &note("C4", 1, "")
        + &note("D4", 11, "")
        + "</measure>";
    let reading = read(&document(&(first(&note("C4", 8, "")) + &second)));
    assert_eq!(reading.value.resolution.ticks_per_quarter(), 6);
    assert_eq!(
        shown(&reading.value.parts[0].notes),
        ["0+24 C4", "24+2 C4", "26+22 D4"]
    );
}

#[test]
fn a_pickup_is_a_short_measure() {
    let reading = read(&document(
        &(first(&note("G4", 2, "")).replace("number=\"1\"", "number=\"0\" implicit=\"yes\"")
            + &format!("<measure number=\"1\">{}</measure>", note("C5", 8, ""))),
    ));
    let measures = &reading.value.measures;
    let shape: Vec<_> = measures
        .iter()
        .map(|m| (m.start.0, m.length.0, &*m.number))
        .collect();
    assert_eq!(shape, [(0, 2, "0"), (2, 8, "1")]);
    assert_eq!(measures[0].metre, Some(Metre::COMMON));
}

#[test]
fn keys_metres_and_clefs() {
    let measure = "<measure number=\"1\"><attributes><divisions>1</divisions>\
        <key><fifths>-3</fifths><mode>minor</mode></key>\
        <time symbol=\"cut\"><beats>2</beats><beat-type>2</beat-type></time><staves>2</staves>\
        <clef number=\"1\"><sign>G</sign><line>2</line>\
        <clef-octave-change>-1</clef-octave-change></clef>\
        <clef number=\"2\"><sign>C</sign><line>3</line></clef></attributes>"
        .to_owned()
        + &note("C4", 4, "<staff>1</staff>")
        + "</measure>";
    let reading = read(&document(&measure));
    assert_eq!(reading.warnings, []);
    let key = reading.value.keys[0].key;
    assert_eq!((key.fifths, key.mode), (-3, Mode::Minor));
    assert_eq!(
        reading.value.measures[0].metre,
        Some(Metre {
            beats: 2,
            unit: 2,
            symbol: MetreSymbol::Cut
        })
    );
    let clefs: Vec<_> = reading.value.parts[0]
        .clefs
        .iter()
        .map(|clef| (clef.staff, clef.clef))
        .collect();
    assert_eq!(clefs, [(1, Clef::TREBLE_OCTAVE_DOWN), (2, Clef::ALTO)]);
}

#[test]
fn additive_metres_are_summed_and_missing_ones_are_told() {
    let additive = first(&note("C4", 10, "")).replace("<beats>4<", "<beats>3+2<");
    let reading = read(&document(&additive));
    assert_eq!(reading.value.measures[0].metre, Metre::new(5, 4));
    assert_eq!(messages(&reading), ["the metre 3+2/4 was read as 5/4"]);
    let none = first(&note("C4", 8, ""))
        .replace("<time>", "<print>")
        .replace("</time>", "</print>");
    let reading = read(&document(&none));
    assert_eq!(reading.value.measures[0].metre, Some(Metre::COMMON));
    assert_eq!(
        messages(&reading),
        ["there is no time signature; read as 4/4"]
    );
    let free = none.replace("<key>", "<time><senza-misura/></time><key>");
    let reading = read(&document(&free));
    assert_eq!(reading.value.measures[0].metre, None);
    assert_eq!(reading.warnings, []);
}

#[test]
fn transposing_parts_are_read_as_they_sound() {
    let clarinet = first(&note("E5", 8, ""))
        .replace("<fifths>0<", "<fifths>2<")
        .replace(
            "</attributes>",
            "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose></attributes>",
        );
    let reading = read(&document_of(&[
        ("", &clarinet),
        ("", &first(&note("D4", 8, ""))),
    ]));
    assert_eq!(reading.warnings, []);
    let score = reading.value;
    assert_eq!(score.keys[0].key.fifths, 0);
    assert_eq!(score.parts[0].transposition, -2);
    assert_eq!(shown(&score.parts[0].notes), ["0+8 D5"]);
}

#[test]
fn repeats_endings_and_barlines() {
    let bar = |number: u32, left: &str, right: &str| {
        let content = format!(
            "<barline location=\"left\">{left}</barline>{}\
             <barline location=\"right\">{right}</barline>",
            note("C4", 8, "")
        );
        match number {
            1 => first(&content),
            _ => format!("<measure number=\"{number}\">{content}</measure>"),
        }
    };
    let measures = bar(1, "<repeat direction=\"forward\"/>", "")
        + &bar(
            2,
            "<ending number=\"1, 2\" type=\"start\"/>",
            "<bar-style>light-heavy</bar-style><ending number=\"1,2\" type=\"stop\"/>\
             <repeat direction=\"backward\" times=\"3\"/>",
        )
        + &bar(
            3,
            "<ending number=\"3\" type=\"start\"/>",
            "<bar-style>light-light</bar-style><ending number=\"3\" type=\"discontinue\"/>",
        );
    let reading = read(&document(&measures));
    assert_eq!(reading.warnings, []);
    let [a, b, c] = reading.value.measures.as_slice() else {
        panic!("three measures")
    };
    assert!(a.repeat_start && !b.repeat_start);
    assert_eq!((b.repeat_end, b.barline), (Some(3), Barline::Regular));
    assert_eq!((&*b.ending_start, b.ending_stop), (&[1, 2][..], true));
    assert_eq!((&*c.ending_start, c.ending_stop), (&[3][..], true));
    assert_eq!(c.barline, Barline::Double);
}

#[test]
fn jumps_are_read_from_signs_words_and_sound() {
    let direction =
        |inner: &str| format!("<direction><direction-type>{inner}</direction-type></direction>");
    let coda = direction("<coda/>");
    let measures = first(&(direction("<segno/>") + &note("C4", 8, "")))
        + &format!("<measure>{}{coda}</measure>", note("C4", 8, ""))
        + &format!(
            "<measure>{}<direction><direction-type><words>D.S. al Coda</words></direction-type>\
             <sound dalsegno=\"segno\"/></direction></measure>",
            note("C4", 8, "")
        )
        + &format!(
            "<measure>{coda}{}<sound fine=\"yes\"/></measure>",
            note("C4", 8, "")
        );
    let reading = read(&document(&measures));
    assert_eq!(reading.warnings, []);
    let signs: Vec<_> = reading
        .value
        .measures
        .iter()
        .map(|m| m.navigation.clone())
        .collect();
    assert_eq!(
        signs,
        [
            vec![Navigation::Segno],
            vec![Navigation::ToCoda],
            vec![Navigation::DalSegno],
            vec![Navigation::Coda, Navigation::Fine]
        ]
    );
    assert_eq!(reading.value.parts[0].directions, []);
}

#[test]
fn signs_on_notes_and_syllables() {
    let part = part_of(&first(&note(
        "C4",
        8,
        "<notations><fermata/><slur type=\"start\" number=\"1\"/><articulations><staccato/>\
         </articulations><ornaments><inverted-mordent/></ornaments><technical>\
         <fingering>3</fingering></technical></notations>\
         <lyric number=\"1\"><syllabic>begin</syllabic><text>A</text></lyric>\
         <lyric number=\"2\"><syllabic>end</syllabic><text>lu</text><elision/>\
         <syllabic>begin</syllabic><text>ia</text><extend/></lyric>",
    )));
    let note = &part.notes[0];
    assert_eq!(
        note.marks,
        [
            Mark::Fermata,
            Mark::Staccato,
            Mark::InvertedMordent,
            Mark::SlurStart,
            Mark::Other("3".to_owned())
        ]
    );
    let lyric = |verse, text: &str, syllabic, extend| Lyric {
        verse,
        text: text.to_owned(),
        syllabic,
        extend,
    };
    assert_eq!(
        note.lyrics,
        [
            lyric(1, "A", Syllabic::Begin, false),
            lyric(2, "lu\u{203F}ia", Syllabic::Middle, true)
        ]
    );
}

#[test]
fn directions_tempos_and_chord_symbols() {
    let reading = read(&document(&first(&format!(
        "<direction><direction-type><words>Andante</words></direction-type><direction-type>\
         <metronome><beat-unit>quarter</beat-unit><beat-unit-dot/><per-minute>ca. 40</per-minute>\
         </metronome></direction-type></direction>\
         <harmony><root><root-step>F</root-step><root-alter>1</root-alter></root>\
         <kind>minor-seventh</kind><bass><bass-step>C</bass-step><bass-alter>1</bass-alter></bass>\
         <offset>4</offset></harmony>{}\
         <direction><direction-type><dynamics><mf/></dynamics></direction-type></direction>\
         <sound tempo=\"90.5\"/>{}",
        note("C4", 4, ""),
        note("C4", 4, "")
    ))));
    assert_eq!(reading.warnings, []);
    let score = reading.value;
    let tempos: Vec<_> = score
        .tempos
        .iter()
        .map(|change| (change.at.0, change.tempo.quarters_per_minute()))
        .collect();
    assert_eq!(tempos, [(0, 60.0), (4, 90.5)]);
    let part = &score.parts[0];
    assert_eq!(
        (part.chords[0].at, &*part.chords[0].text),
        (Ticks(4), "F#m7/C#")
    );
    let directions: Vec<_> = part
        .directions
        .iter()
        .map(|it| (it.at.0, &*it.text, it.kind))
        .collect();
    assert_eq!(
        directions,
        [
            (0, "Andante", DirectionKind::Words),
            (4, "mf", DirectionKind::Dynamic)
        ]
    );
}

#[test]
fn drums_are_read_by_their_instrument() {
    let head = "<score-instrument id=\"I1\"><instrument-name>Kick</instrument-name>\
        </score-instrument><score-instrument id=\"I2\"><instrument-name>Snare</instrument-name>\
        </score-instrument><midi-instrument id=\"I1\"><midi-channel>10</midi-channel>\
        <midi-program>1</midi-program><midi-unpitched>37</midi-unpitched></midi-instrument>\
        <midi-instrument id=\"I2\"><midi-channel>10</midi-channel>\
        <midi-unpitched>39</midi-unpitched></midi-instrument>";
    let drum = |id| {
        format!(
            "<note><unpitched><display-step>F</display-step><display-octave>4</display-octave>\
             </unpitched><duration>4</duration><instrument id=\"{id}\"/></note>"
        )
    };
    let reading = read(&document_of(&[(head, &first(&(drum("I1") + &drum("I2"))))]));
    assert_eq!(reading.warnings, []);
    let part = &reading.value.parts[0];
    assert!(part.instrument.percussion);
    assert_eq!(part.instrument.program, Some(0));
    let pitches: Vec<u8> = part.notes.iter().map(|note| note.pitch.midi()).collect();
    assert_eq!(pitches, [36, 38]);
}

#[test]
fn what_is_not_modelled_is_told() {
    let eyes = "<direction><direction-type><eyeglasses/></direction-type></direction>";
    let reading = read(&document(&first(&format!(
        "{eyes}{eyes}{}<note><rest/><duration>4</duration></note><figured-bass/>",
        note(
            "C4",
            4,
            "<notations><glissando type=\"start\"/></notations>"
        )
    ))));
    assert_eq!(
        messages(&reading),
        [
            "<eyeglasses> in <direction-type> is not modelled and is left out (2 times, first here)",
            "<glissando> in <notations> is not modelled and is left out",
            "<figured-bass> in <measure> is not modelled and is left out",
        ]
    );
}

#[test]
fn broken_notes_are_mended_or_left_out_aloud() {
    let quarter_tone = note("C4", 2, "").replace("</step>", "</step><alter>0.5</alter>");
    let reading = read(&document(&first(&format!(
        "{quarter_tone}{}{}<note><duration>2</duration></note><backup><duration>99</duration>\
         </backup>",
        note("D9", 2, "").replace("<octave>9<", "<octave>10<"),
        note("E4", 2, "").replace("<step>E<", "<step>H<"),
    ))));
    assert_eq!(shown(&reading.value.parts[0].notes), ["0+2 C#4"]);
    assert_eq!(
        messages(&reading),
        [
            "a microtone was rounded to the nearest semitone",
            "a note outside the range of MIDI is left out",
            "a note without a letter and an octave is left out",
            "a note with neither pitch nor rest is left out",
            "a <backup> goes back past the start of its measure; stopped at the start",
        ]
    );
}

#[test]
fn of_measures_that_disagree_the_longest_counts() {
    let short = first(&note("C4", 6, "")) + &format!("<measure>{}</measure>", note("D4", 8, ""));
    let long = first(&note("C3", 8, "")) + &format!("<measure>{}</measure>", note("D3", 8, ""));
    let reading = read(&document_of(&[("", &short), ("", &long)]));
    assert_eq!(shown(&reading.value.parts[0].notes), ["0+6 C4", "8+8 D4"]);
    assert_eq!(
        messages(&reading),
        ["a measure of the part \"Part 1\" is shorter than in other parts, which decide"]
    );
}

#[test]
fn titles_and_authors() {
    let text = document(&first(&note("C4", 8, ""))).replace(
        "<part-list>",
        "<work><work-title>Tune</work-title></work><movement-title>First</movement-title>\
         <identification><creator type=\"composer\">A</creator><creator type=\"arranger\">B\
         </creator><creator type=\"poet\">C</creator><rights>D</rights><encoding><software>E\
         </software></encoding><miscellaneous><miscellaneous-field name=\"x\">F\
         </miscellaneous-field></miscellaneous></identification><part-list>",
    );
    let metadata = read(&text).value.metadata;
    assert_eq!(metadata.title.as_deref(), Some("Tune"));
    assert_eq!(metadata.composer.as_deref(), Some("A"));
    assert_eq!(metadata.lyricist.as_deref(), Some("C"));
    assert_eq!(metadata.copyright.as_deref(), Some("D"));
    let fields: Vec<_> = metadata
        .fields
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    assert_eq!(
        fields,
        [
            ("movement-title", "First"),
            ("arranger", "B"),
            ("software", "E"),
            ("x", "F")
        ]
    );
}
