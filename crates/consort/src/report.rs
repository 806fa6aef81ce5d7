//! What an evaluation found: measures with their conditions, as data and as a page.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

/// The findings of an evaluation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// What was evaluated.
    pub title: String,
    /// Under which conditions, by name: weights, data and their hashes, seeds, numbers of passes.
    pub conditions: BTreeMap<String, String>,
    /// The findings.
    pub tables: Vec<Table>,
}

/// One table of findings.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// The definitions of its columns and where its reference figures come from.
    pub notes: Vec<String>,
    /// The names of the columns, the first of which names the rows.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What the row is about.
    pub name: String,
    /// A figure for each column after the first.
    pub figures: Vec<Figure>,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Figure {
    /// Measured here.
    Measured {
        /// The value.
        value: f64,
        /// Its standard error, if it was estimated.
        #[serde(skip_serializing_if = "Option::is_none")]
        standard_error: Option<f64>,
        /// Digits after the point on the page.
        #[serde(skip)]
        digits: usize,
    },
    /// Published elsewhere or a remark.
    Quoted(String),
    /// Not measured.
    Absent(()),
}

impl Figure {
    /// A measured value, shown with `digits` after the point.
    pub fn measured(value: f64, digits: usize) -> Figure {
        Figure::Measured {
            value,
            standard_error: None,
            digits,
        }
    }

    /// A measured value with its standard error.
    pub fn estimated(value: f64, standard_error: f64, digits: usize) -> Figure {
        Figure::Measured {
            value,
            standard_error: Some(standard_error),
            digits,
        }
    }
}

impl Table {
    /// A table without rows.
    pub fn new(title: impl Into<String>, columns: &[&str]) -> Table {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Table {
            title: title.into(),
            columns,
            ..Table::default()
        }
    }

    /// Adds a row.
    pub fn row(&mut self, name: impl Into<String>, figures: Vec<Figure>) {
        self.rows.push(Row {
            name: name.into(),
            figures,
        });
    }
}

impl Report {
    /// The report as a Markdown page.
    pub fn to_markdown(&self) -> String {
        let mut page = format!("# {}\n", self.title);
        let line = |page: &mut String, text: &str| {
            writeln!(page, "{text}").expect("a string takes any text");
        };
        line(&mut page, "\n| condition | |\n| --- | --- |");
        for (name, value) in &self.conditions {
            line(&mut page, &format!("| {name} | {value} |"));
        }
        for table in &self.tables {
            line(&mut page, &format!("\n## {}\n", table.title));
            line(&mut page, &format!("| {} |", table.columns.join(" | ")));
            line(
                &mut page,
                &format!("|{}", " --- |".repeat(table.columns.len())),
            );
            for row in &table.rows {
                let figures: Vec<String> = row.figures.iter().map(shown).collect();
                line(
                    &mut page,
                    &format!("| {} | {} |", row.name, figures.join(" | ")),
                );
            }
            for note in &table.notes {
                line(&mut page, &format!("\n{note}"));
            }
        }
        page
    }
}

fn shown(figure: &Figure) -> String {
    match figure {
        Figure::Measured {
            value,
            standard_error: Some(error),
            digits,
        } => {
            format!("{value:.digits$} ± {error:.digits$}")
        }
        Figure::Measured {
            value,
            standard_error: None,
            digits,
        } => format!("{value:.digits$}"),
        Figure::Quoted(text) => text.clone(),
        Figure::Absent(()) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_every_figure() {
        let mut table = Table::new("NLL", &["network", "valid", "published"]);
        table.row(
            "ours",
            vec![
                Figure::estimated(0.4567, 0.0123, 3),
                Figure::Quoted("0.57".into()),
            ],
        );
        table.notes.push("Nats per note.".into());
        let report = Report {
            title: "Chorales".into(),
            conditions: BTreeMap::from([("seed".into(), "1".into())]),
            tables: vec![table],
        };
        let page = report.to_markdown();
        assert!(page.contains("| ours | 0.457 ± 0.012 | 0.57 |"), "{page}");
        assert!(page.contains("| seed | 1 |") && page.contains("Nats per note."));
        let json = serde_json::to_value(&report).expect("a report is plain data");
        assert_eq!(
            json["tables"][0]["rows"][0]["figures"][0]["standard_error"],
            0.0123
        );
    }
}
