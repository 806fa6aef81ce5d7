//! The course of a sampler or a training run, as data and as a picture.

use std::fmt::Write;

use crate::pictures::{PictureFormat, Series, curves};
use crate::piece::TracePoint;

/// The points as comma-separated values: pass, share drawn, cost of the draws in nats per note.
pub fn to_csv(trace: &[TracePoint]) -> String {
    let mut csv = "pass,nll,drawn\n".to_owned();
    for point in trace {
        writeln!(csv, "{},{},{}", point.pass, point.nll, point.drawn)
            .expect("a string takes any text");
    }
    csv
}

/// Named traces over each other.
pub fn picture(traces: &[(&str, &[TracePoint])], format: PictureFormat) -> Vec<u8> {
    let series: Vec<Series> = traces
        .iter()
        .map(|(name, trace)| Series {
            name: (*name).to_owned(),
            points: trace
                .iter()
                .map(|point| (f64::from(point.pass), f64::from(point.nll)))
                .collect(),
        })
        .collect();
    curves(
        "Cost of the draws, pass by pass",
        "pass",
        "nats per note",
        &series,
        format,
    )
}

/// The second column of a trace, or the second and third of a training log, over the first.
///
/// # Errors
/// Says which line is not understood.
pub fn series_of_csv(text: &str, name: &str) -> Result<Vec<Series>, String> {
    let mut lines = text.lines().enumerate();
    let (_, header) = lines.next().ok_or("the table is empty")?;
    let columns: Vec<&str> = header.split(',').map(str::trim).collect();
    let shown: Vec<usize> = (1..columns.len())
        .filter(|&column| columns[column] != "drawn")
        .collect();
    if shown.is_empty() {
        return Err("line 1: expected the names of two columns or more, with commas".to_owned());
    }
    let mut series: Vec<Series> = shown
        .iter()
        .map(|&column| Series {
            name: if shown.len() == 1 {
                name.to_owned()
            } else {
                format!("{name} {}", columns[column])
            },
            points: Vec::new(),
        })
        .collect();
    for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let numbers: Result<Vec<f64>, _> =
            line.split(',').map(|cell| cell.trim().parse()).collect();
        let numbers = numbers
            .ok()
            .filter(|numbers| numbers.len() == columns.len());
        let numbers = numbers.ok_or_else(|| {
            format!(
                "line {}: expected {} numbers with commas",
                index + 1,
                columns.len()
            )
        })?;
        for (series, &column) in series.iter_mut().zip(&shown) {
            series.points.push((numbers[0], numbers[column]));
        }
    }
    Ok(series)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let trace = [
            TracePoint {
                pass: 1,
                drawn: 1.0,
                nll: 2.5,
            },
            TracePoint {
                pass: 2,
                drawn: 0.5,
                nll: 0.25,
            },
        ];
        let series = series_of_csv(&to_csv(&trace), "run").unwrap();
        assert_eq!(series.len(), 1);
        assert_eq!(series[0].points, [(1.0, 2.5), (2.0, 0.25)]);
    }

    #[test]
    fn broken_tables_name_their_line() {
        assert!(series_of_csv("", "x").is_err());
        assert!(series_of_csv("a\n1\n", "x").unwrap_err().contains("line 1"));
        assert!(
            series_of_csv("a,b\n1,2\n3\n", "x")
                .unwrap_err()
                .contains("line 3")
        );
    }
}
