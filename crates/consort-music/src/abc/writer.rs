//! Writing: one canonical form.
//!
//! The unit length is 1/8, four measures make a line, and every voice of every part is a voice of
//! its own, in lines that take turns. Within a voice, notes that overlap go to overlays (`&`), and
//! what stands at a time at which no note begins goes to an overlay of spacers.

use std::collections::BTreeSet;

use crate::pitch::Key;
use crate::score::{
    Barline, Clef, Instrument, Measure, Metre, MetreSymbol, Navigation, Part, Score,
};
use crate::time::Ticks;

use self::line::Writing;
use self::stream::Stream;
use super::{decoration, field, key, text};

mod line;
mod lyrics;
mod speller;
mod stream;
mod tuplets;

/// How many measures stand on a line.
const MEASURES_IN_LINE: usize = 4;

/// The tune of `score` with the reference number `number`.
pub(super) fn tune(score: &Score, number: &str) -> String {
    let measures = measures(score);
    let streams = streams(score, &measures);
    let mut out = String::new();
    header(score, number, &measures, &streams, &mut out);
    body(score, &measures, &streams, &mut out);
    for (_, words) in score.metadata.fields.iter().filter(|(name, _)| name == "W") {
        field_line("W", words, &mut out);
    }
    out
}

/// The measures as they can be written: none empty, one more for notes after the last, every
/// start of a repeat marked, and signs of repeat that do nothing left out.
fn measures(score: &Score) -> Vec<Measure> {
    let mut measures: Vec<Measure> = score.measures.clone();
    measures.retain(|measure| measure.length > Ticks::ZERO);
    let end = measures.last().map_or(Ticks::ZERO, Measure::end);
    let last = score.end();
    if last > end {
        let metre = measures.last().and_then(|measure| measure.metre);
        measures.push(Measure::new(end, last - end, metre, String::new()));
    }
    let repeats = crate::unfold::repeats(&measures);
    for measure in &mut measures {
        measure.repeat_start = false;
    }
    let mut repeated = vec![false; measures.len()];
    for repeat in repeats {
        if let Some(first) = measures.get_mut(repeat.start) {
            first.repeat_start = true;
        }
        repeated[repeat].fill(true);
    }
    for (measure, repeated) in measures.iter_mut().zip(repeated) {
        if !repeated {
            measure.ending_start.clear();
        }
        measure.ending_start.retain(|pass| *pass > 0);
        measure.repeat_end = measure.repeat_end.map(|times| times.max(2));
        measure.metre = measure.metre.and_then(|metre| {
            let symbol = match (metre.symbol, metre.beats, metre.unit) {
                (MetreSymbol::Common, 4, 4) | (MetreSymbol::Cut, 2, 2) => metre.symbol,
                _ => MetreSymbol::Numbers,
            };
            let numbers = Metre::new(metre.beats, metre.unit)?;
            Some(Metre { symbol, ..numbers })
        });
    }
    draw_endings(&mut measures);
    for index in 1..measures.len() {
        // The line is drawn where a repeat begins.
        if measures[index].repeat_start && measures[index - 1].barline == Barline::Invisible {
            measures[index - 1].barline = Barline::Regular;
        }
    }
    measures
}

/// Sees to it that an ending stops at a line that ends it, and at no line before.
fn draw_endings(measures: &mut [Measure]) {
    let mut open = false;
    for index in 0..measures.len() {
        let next = measures.get(index + 1);
        let leads_on = next.is_some_and(|next| !next.repeat_start && next.ending_start.is_empty());
        let measure = &mut measures[index];
        open |= !measure.ending_start.is_empty();
        if !open {
            continue;
        }
        let is_thick = matches!(measure.barline, Barline::Double | Barline::Final);
        if measure.ending_stop || !leads_on || measure.repeat_end.is_some() {
            if leads_on && measure.repeat_end.is_none() && !is_thick {
                measure.barline = Barline::Double;
            }
            open = false;
        } else if is_thick {
            measure.barline = Barline::Regular;
        }
    }
}

fn streams<'a>(score: &'a Score, measures: &[Measure]) -> Vec<Stream<'a>> {
    let mut streams = Vec::new();
    for part in &score.parts {
        let of_notes = part.notes.iter().map(|note| (note.staff, note.voice));
        let of_rests = part.rests.iter().map(|rest| (rest.staff, rest.voice));
        let mut voices: BTreeSet<(u8, u8)> = of_notes.chain(of_rests).collect();
        // A staff without notes may still have clefs and signs.
        let of_clefs = part.clefs.iter().map(|clef| clef.staff);
        for staff in of_clefs.chain(part.spanners.iter().map(|spanner| spanner.staff)) {
            if voices.range((staff, 0)..=(staff, u8::MAX)).next().is_none() {
                voices.insert((staff, 1));
            }
        }
        if voices.is_empty() {
            voices.insert((1, 1));
        }
        let mut last_staff = None;
        for (index, (staff, voice)) in voices.into_iter().enumerate() {
            let mut stream = Stream::new(part, staff, voice, score, measures);
            stream.leads_part = index == 0;
            stream.leads_staff = last_staff != Some(staff);
            stream.leads_score = streams.is_empty();
            last_staff = Some(staff);
            streams.push(stream);
        }
    }
    streams
}

fn header(
    score: &Score,
    number: &str,
    measures: &[Measure],
    streams: &[Stream<'_>],
    out: &mut String,
) {
    let metadata = &score.metadata;
    field_line("X", number, out);
    // The standard wants a title, if an empty one.
    field_line("T", metadata.title.as_deref().unwrap_or_default(), out);
    if let Some(composer) = &metadata.composer {
        field_line("C", composer, out);
    }
    if let Some(lyricist) = &metadata.lyricist {
        field_line("lyricist", lyricist, out);
    }
    if let Some(copyright) = &metadata.copyright {
        field_line("abc-copyright", copyright, out);
    }
    let own = |name: &str| name == "X" || name == "W";
    for (name, value) in metadata.fields.iter().filter(|(name, _)| !own(name)) {
        field_line(name, value, out);
    }
    let is_several = streams.len() > 1;
    if let (false, Some(stream)) = (is_several, streams.first()) {
        midi(stream.part.instrument, out);
    }
    score_line(streams, out);
    let metre = measures.first().and_then(|measure| measure.metre);
    out.push_str(&format!("M:{}\nL:1/8\n", metre_text(metre)));
    if let Some(first) = score.tempos.iter().rfind(|change| change.at == Ticks::ZERO) {
        let tempo = first.tempo.quarters_per_minute();
        out.push_str(&format!("Q:1/4={tempo}\n"));
    }
    let is_named = streams
        .first()
        .is_some_and(|stream| !stream.part.name.trim().is_empty());
    let voice_lines = is_several || is_named;
    if voice_lines {
        for (number, stream) in (1..).zip(streams) {
            let properties = properties(stream, true);
            out.push_str(format!("V:{number} {properties}").trim_end());
            out.push('\n');
        }
    }
    let key = key::name(header_key(score, streams));
    let properties = match streams.first() {
        Some(stream) if !voice_lines => properties(stream, false),
        _ => String::new(),
    };
    out.push_str(format!("K:{key} {properties}").trim_end());
    out.push('\n');
}

/// The key before the music: at concert pitch if any part is, or else as the first one reads it.
fn header_key(score: &Score, streams: &[Stream<'_>]) -> Option<Key> {
    let key = score
        .keys
        .iter()
        .rfind(|change| change.at == Ticks::ZERO)?
        .key;
    let reference = streams
        .iter()
        .find(|stream| stream.part.transposition == 0)
        .or(streams.first());
    let semitones = reference.map_or(0, |stream| i32::from(stream.part.transposition));
    Some(key::key_transposed(key, -semitones))
}

/// `%%score`, where a part has several voices.
fn score_line(streams: &[Stream<'_>], out: &mut String) {
    if streams.iter().all(|stream| stream.leads_part) {
        return;
    }
    out.push_str("%%score");
    for (index, stream) in streams.iter().enumerate() {
        let following = |leads: fn(&Stream<'_>) -> bool| {
            streams.get(index + 1).is_some_and(|next| !leads(next))
        };
        let is_first = stream.leads_part;
        let goes_on = following(|next| next.leads_part);
        if is_first && goes_on {
            out.push_str(" {");
        } else if !is_first && stream.leads_staff {
            out.push_str(" |");
        }
        let staff_goes_on = following(|next| next.leads_staff);
        if stream.leads_staff && staff_goes_on {
            out.push_str(" (");
        }
        out.push_str(&format!(" {}", index + 1));
        if !stream.leads_staff && !staff_goes_on {
            out.push_str(" )");
        }
        if !is_first && !goes_on {
            out.push_str(" }");
        }
    }
    out.push('\n');
}

/// Clef, transposition and, for the first voice of a part, name.
fn properties(stream: &Stream<'_>, with_name: bool) -> String {
    let mut properties = Vec::new();
    if let Some(clef) = stream.first_clef() {
        properties.push(format!("clef={}", field::clef_name(clef)));
    }
    if stream.part.transposition != 0 {
        properties.push(format!("transpose={}", stream.part.transposition));
    }
    if with_name && stream.leads_part && !stream.part.name.trim().is_empty() {
        properties.push(format!(
            "name=\"{}\"",
            text::encode(&stream.part.name, &['"'])
        ));
    }
    properties.join(" ")
}

fn midi(instrument: Instrument, out: &mut String) {
    if instrument.percussion {
        out.push_str("%%MIDI channel 10\n");
    }
    if let Some(program) = instrument.program {
        out.push_str(&format!("%%MIDI program {program}\n"));
    }
}

fn body(score: &Score, measures: &[Measure], streams: &[Stream<'_>], out: &mut String) {
    let silent = Part::default();
    let rests = [Stream::new(&silent, 1, 1, score, measures)];
    let streams = match streams {
        [] => &rests,
        streams => streams,
    };
    let is_several = streams.len() > 1;
    let header_key = header_key(score, streams);
    if is_several {
        for (number, stream) in (1..).zip(streams) {
            let names_instrument =
                stream.leads_part && stream.part.instrument != Instrument::default();
            // Without a measure nothing else would say that the voice is there.
            if names_instrument || measures.is_empty() {
                out.push_str(&format!("V:{number}\n"));
            }
            if names_instrument {
                midi(stream.part.instrument, out);
            }
        }
    }
    let mut writings: Vec<Writing<'_>> = streams
        .iter()
        .map(|stream| Writing::new(score, stream, measures, header_key))
        .collect();
    let mut from = 0;
    while from < measures.len() {
        let to = (from + MEASURES_IN_LINE).min(measures.len());
        for (number, writing) in (1..).zip(&mut writings) {
            if is_several {
                out.push_str(&format!("[V:{number}] "));
            }
            writing.line(from..to, out);
        }
        from = to;
    }
}

fn metre_text(metre: Option<Metre>) -> String {
    match metre {
        None => "none".to_owned(),
        Some(metre) => match metre.symbol {
            MetreSymbol::Common => "C".to_owned(),
            MetreSymbol::Cut => "C|".to_owned(),
            MetreSymbol::Numbers => format!("{}/{}", metre.beats, metre.unit),
        },
    }
}

/// A field by its letter, or as a directive if its name is longer or no letter that is kept.
fn field_line(name: &str, value: &str, out: &mut String) {
    const RESERVED: &[&str] = &["begintext", "score", "staves", "propagate-accidentals"];
    let value = text::encode(value, &[]);
    let is_directive = name == "I" && field::is_directive(value.trim());
    if field::is_kept(name) && !is_directive {
        // `T:|` would be taken for music.
        let space = if value.starts_with(['|', ':']) {
            " "
        } else {
            ""
        };
        out.push_str(&format!("{name}:{space}{value}\n"));
        return;
    }
    let mut plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
                c
            } else {
                '-'
            }
        })
        .collect();
    let is_instrument = plain == "MIDI"
        && ["program", "channel", "transpose"]
            .iter()
            .any(|word| value.starts_with(word));
    if is_instrument
        || is_directive
        || RESERVED.contains(&plain.as_str())
        || !plain.starts_with(|c: char| c.is_ascii_alphabetic())
    {
        plain = format!("x-{plain}");
    }
    out.push_str(format!("%%{plain} {value}").trim_end());
    out.push('\n');
}

/// The signs at the end of a measure, and its line.
fn bar_text(measure: &Measure) -> String {
    if let Some(times) = measure.repeat_end {
        return format!("{}|", ":".repeat(usize::from(times) - 1));
    }
    match measure.barline {
        Barline::Regular => "|",
        Barline::Double => "||",
        Barline::Final => "|]",
        Barline::Invisible => "[|]",
    }
    .to_owned()
}

/// The signs and jumps of a measure that stand at its start, or at its end.
fn signs(measure: &Measure, at_start: bool) -> String {
    measure
        .navigation
        .iter()
        .filter(|sign| at_start == matches!(sign, Navigation::Segno | Navigation::Coda))
        .map(|sign| decoration::navigation_text(*sign))
        .collect()
}

/// By how many octaves notes are written above where they sound.
fn clef_octave(clef: Option<Clef>) -> i8 {
    clef.map_or(0, |clef| -clef.octave.clamp(-2, 2))
}
