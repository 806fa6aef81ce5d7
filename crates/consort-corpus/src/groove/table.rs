//! The table of the Groove MIDI Dataset, `info.csv`.
//!
//! It is CSV of the plainest kind: no field is quoted or holds a comma. A file of another kind is
//! refused rather than guessed at.

use consort_music::{Metre, Tempo};

use crate::files::inside;
use crate::fold::Fold;

/// The first line.
const COLUMNS: [&str; 11] = [
    "drummer",
    "session",
    "id",
    "style",
    "bpm",
    "beat_type",
    "time_signature",
    "midi_filename",
    "audio_filename",
    "duration",
    "split",
];

/// What the table says of a performance.
#[derive(Debug)]
pub(super) struct Row {
    /// The line it stands in, 1 first.
    pub(super) line: usize,
    pub(super) drummer: String,
    pub(super) session: String,
    pub(super) id: String,
    pub(super) style: String,
    pub(super) tempo: Tempo,
    pub(super) is_fill: bool,
    pub(super) metre: Metre,
    /// The MIDI file, from the folder of the set on, with `/`.
    pub(super) file: String,
    pub(super) fold: Fold,
}

/// The rows of a table.
///
/// # Errors
/// What is wrong with it, and in which line.
pub(super) fn rows(bytes: &[u8]) -> Result<Vec<Row>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut lines = text.lines().zip(1..);
    let header = lines.next().map_or("", |(line, _)| line);
    if !header.split(',').eq(COLUMNS) {
        return Err(format!("line 1 is not {:?}", COLUMNS.join(",")));
    }
    let rows = lines
        .map(|(text, line)| row(text, line).map_err(|reason| format!("line {line}: {reason}")));
    rows.collect()
}

fn row(text: &str, line: usize) -> Result<Row, String> {
    if text.contains('"') {
        return Err("it has a quotation mark, and no field should be quoted".to_owned());
    }
    let fields: Vec<&str> = text.split(',').collect();
    let count = fields.len();
    let Ok(fields) = <[&str; COLUMNS.len()]>::try_from(fields) else {
        return Err(format!(
            "it has {count} fields instead of {}",
            COLUMNS.len()
        ));
    };
    let [
        drummer,
        session,
        id,
        style,
        bpm,
        kind,
        metre,
        file,
        _audio,
        _duration,
        split,
    ] = fields;
    for (column, field) in COLUMNS.iter().zip([drummer, session, id, style, bpm]) {
        if field.is_empty() {
            return Err(format!("its {column} is empty"));
        }
    }
    Ok(Row {
        line,
        drummer: drummer.to_owned(),
        session: session.to_owned(),
        id: id.to_owned(),
        style: style.to_owned(),
        tempo: tempo(bpm).ok_or_else(|| format!("its bpm {bpm:?} is no tempo"))?,
        is_fill: match kind {
            "beat" => false,
            "fill" => true,
            _ => return Err(format!("its beat_type {kind:?} is neither beat nor fill")),
        },
        metre: self::metre(metre)
            .ok_or_else(|| format!("its time_signature {metre:?} is not like 4-4"))?,
        file: inside(file)
            .ok_or_else(|| format!("its midi_filename {file:?} is no path within the set"))?,
        fold: match split {
            "train" => Fold::Train,
            "validation" => Fold::Valid,
            "test" => Fold::Test,
            _ => {
                return Err(format!(
                    "its split {split:?} is neither train, validation nor test"
                ));
            }
        },
    })
}

fn tempo(bpm: &str) -> Option<Tempo> {
    Tempo::new(bpm.parse().ok()?)
}

/// The metre written as `4-4`.
fn metre(text: &str) -> Option<Metre> {
    let (beats, unit) = text.split_once('-')?;
    Metre::new(beats.parse().ok()?, unit.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of one row in which a field is replaced.
    fn with(column: &str, field: &str) -> String {
        let row = [
            "drummer1",
            "drummer1/session1",
            "drummer1/session1/1",
            "funk/fast",
            "138",
            "beat",
            "6-8",
            "drummer1/session1/1.mid",
            "",
            "27.87",
            "validation",
        ];
        let fields = COLUMNS.iter().zip(row);
        let fields = fields.map(|(&name, own)| if name == column { field } else { own });
        let row: Vec<&str> = fields.collect();
        format!("{}\n{}\n", COLUMNS.join(","), row.join(","))
    }

    #[test]
    fn a_row_says_what_a_performance_is() {
        let rows = rows(with("", "").as_bytes()).unwrap();
        let [row] = rows.as_slice() else {
            panic!("{} rows", rows.len())
        };
        assert_eq!((row.line, row.id.as_str()), (2, "drummer1/session1/1"));
        assert_eq!(row.tempo, Tempo::new(138.0).unwrap());
        assert_eq!(row.metre.to_string(), "6/8");
        assert_eq!((row.is_fill, row.fold), (false, Fold::Valid));
        assert!(super::rows(with("split", "test\r").as_bytes()).is_ok());
    }

    #[test]
    fn a_broken_row_is_named_with_its_line_and_fault() {
        for (column, field, reason) in [
            ("drummer", "", "its drummer is empty"),
            ("style", "\"funk\"", "quotation mark"),
            ("style", "funk,fast", "12 fields instead of 11"),
            ("bpm", "quick", "its bpm \"quick\""),
            ("bpm", "NaN", "its bpm \"NaN\""),
            ("bpm", "0", "its bpm \"0\""),
            ("beat_type", "break", "its beat_type \"break\""),
            ("time_signature", "4/4", "its time_signature \"4/4\""),
            ("time_signature", "4-3", "its time_signature \"4-3\""),
            ("midi_filename", "", "its midi_filename \"\""),
            (
                "midi_filename",
                "../1.mid",
                "its midi_filename \"../1.mid\"",
            ),
            ("midi_filename", "/1.mid", "its midi_filename \"/1.mid\""),
            ("split", "valid", "its split \"valid\""),
        ] {
            let fault = rows(with(column, field).as_bytes()).unwrap_err();
            assert!(fault.starts_with("line 2: "), "{fault}");
            assert!(fault.contains(reason), "{fault}");
        }
        for text in ["", "id,style\n"] {
            let fault = rows(text.as_bytes()).unwrap_err();
            assert!(fault.starts_with("line 1 is not"), "{fault}");
        }
        assert!(rows(b"\xff").unwrap_err().contains("utf-8"));
    }
}
