//! The table of the ASAP dataset, `metadata.csv`.
//!
//! It is CSV of the plainest kind: no field is quoted or holds a comma. A file of another kind is
//! refused rather than guessed at.

use crate::files::inside;

/// Its name.
pub(super) const FILE: &str = "metadata.csv";

/// The columns that are used; others may stand between them.
const COLUMNS: [&str; 6] = [
    "composer",
    "title",
    "midi_performance",
    "performance_annotations",
    "midi_score",
    "midi_score_annotations",
];

/// What the table says of a performance. Files are named from the folder of the set on, with `/`.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) composer: String,
    pub(super) title: String,
    pub(super) performance: String,
    pub(super) performance_beats: String,
    pub(super) score: String,
    pub(super) score_beats: String,
}

/// The rows of a table.
///
/// # Errors
/// What is wrong with it, and in which line.
pub(super) fn rows(bytes: &[u8]) -> Result<Vec<Row>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut lines = text.lines().zip(1..);
    let header: Vec<&str> = lines
        .next()
        .map_or("", |(line, _)| line)
        .split(',')
        .collect();
    let mut places = [0; COLUMNS.len()];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        let found = header.iter().position(|&name| name == column);
        *place = found.ok_or_else(|| format!("line 1 names no column {column}"))?;
    }
    let row = |(text, line): (&str, usize)| {
        row(text, header.len(), places).map_err(|reason| format!("line {line}: {reason}"))
    };
    lines.map(row).collect()
}

fn row(text: &str, count: usize, places: [usize; COLUMNS.len()]) -> Result<Row, String> {
    if text.contains('"') {
        return Err("it has a quotation mark, and no field should be quoted".to_owned());
    }
    let fields: Vec<&str> = text.split(',').collect();
    if fields.len() != count {
        let found = fields.len();
        return Err(format!("it has {found} fields instead of {count}"));
    }
    let fields = places.map(|place| fields[place]);
    for (column, field) in COLUMNS.iter().zip(fields) {
        if field.is_empty() {
            return Err(format!("its {column} is empty"));
        }
    }
    let path = |index: usize| {
        let (column, field) = (COLUMNS[index], fields[index]);
        inside(field).ok_or_else(|| format!("its {column} {field:?} is no path within the set"))
    };
    Ok(Row {
        composer: fields[0].to_owned(),
        title: fields[1].to_owned(),
        performance: path(2)?,
        performance_beats: path(3)?,
        score: path(4)?,
        score_beats: path(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "composer,title,folder,midi_score,midi_performance,\
        performance_annotations,midi_score_annotations,start";

    #[test]
    fn a_row_names_a_piece_and_its_files() {
        let table =
            format!("{HEADER}\r\nBach,Fugue,B/F,B/F/s.mid,B/F/p.mid,B/F/p.txt,B/F/s.txt,\r\n");
        let rows = rows(table.as_bytes()).unwrap();
        let [row] = rows.as_slice() else {
            panic!("{} rows", rows.len())
        };
        assert_eq!(
            (row.composer.as_str(), row.title.as_str()),
            ("Bach", "Fugue")
        );
        let files = (row.performance.as_str(), row.performance_beats.as_str());
        assert_eq!(files, ("B/F/p.mid", "B/F/p.txt"));
        assert_eq!(
            (row.score.as_str(), row.score_beats.as_str()),
            ("B/F/s.mid", "B/F/s.txt")
        );
        assert!(super::rows(HEADER.as_bytes()).unwrap().is_empty());
    }

    #[test]
    fn a_broken_table_is_told_with_line_and_fault() {
        for (row, reason) in [
            ("Bach,Fugue", "it has 2 fields instead of 8"),
            (",Fugue,f,s,p,a,b,", "its composer is empty"),
            (
                "Bach,Fugue,f,s,p,,b,",
                "its performance_annotations is empty",
            ),
            ("Bach,\"Fugue\",f,s,p,a,b,", "quotation mark"),
            (
                "Bach,Fugue,f,../s,p,a,b,",
                "its midi_score \"../s\" is no path",
            ),
            (
                "Bach,Fugue,f,s,/p,a,b,",
                "its midi_performance \"/p\" is no path",
            ),
        ] {
            let fault = rows(format!("{HEADER}\n{row}\n").as_bytes()).unwrap_err();
            assert!(fault.starts_with("line 2: "), "{fault}");
            assert!(fault.contains(reason), "{fault}");
        }
        let fault = rows(b"composer,title\n").unwrap_err();
        assert_eq!(fault, "line 1 names no column midi_performance");
        assert!(
            rows(b"")
                .unwrap_err()
                .contains("line 1 names no column composer")
        );
        assert!(rows(b"\xff").unwrap_err().contains("utf-8"));
    }
}
