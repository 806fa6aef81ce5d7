//! `consort inspect`: what is in a file, on a page.

use std::io::Write;

use clap::{ArgMatches, Command};
use consort::files::{read_score, read_scores};
use consort_music::Score;
use consort_music::summary::{PartSummary, Summary};
use serde_json::{Value, json};

use super::{Arguments, flag, json, path, print_json, print_warnings, refuse_faults};
use super::{tune, warnings_as_json};

/// As many tunes of a collection as the page lists.
const TUNES_SHOWN: usize = 40;

/// The arguments.
pub(super) fn command() -> Command {
    Command::new("inspect")
        .about("Say what is in a score: parts, ranges, keys, metres, measures that do not add up")
        .arg(path("file", "A MIDI, MusicXML or ABC file").required(true))
        .arg(tune())
        .arg(flag(
            "strict",
            "Fail if anything in the file has to be guessed, mended or left out",
        ))
        .arg(json())
}

/// Looks.
pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let file = matches.path("file").expect("it is required");
    let (scores, warnings) = match matches.tune() {
        None => {
            let reading = read_scores(&file).map_err(consort::Error::from)?;
            (reading.value, reading.warnings)
        }
        number => {
            let reading = read_score(&file, number).map_err(consort::Error::from)?;
            (vec![reading.value], reading.warnings)
        }
    };
    if matches.get_flag("json") {
        let scores: Vec<Value> = scores
            .iter()
            .map(|score| as_json(&Summary::of(score)))
            .collect();
        print_json(&json!({
            "file": file,
            "scores": scores,
            "warnings": warnings_as_json(&warnings),
        }))?;
    } else {
        let mut out = std::io::stdout();
        match scores.as_slice() {
            [score] => write!(out, "{}", Summary::of(score))?,
            scores => write!(out, "{}", list(scores))?,
        }
        print_warnings(&file, &warnings);
    }
    if matches.get_flag("strict") {
        refuse_faults(&file)?;
    }
    Ok(())
}

/// A line for each tune of a collection.
fn list(scores: &[Score]) -> String {
    let mut text = format!("{} tunes\n", scores.len());
    for (index, score) in scores.iter().enumerate().take(TUNES_SHOWN) {
        let summary = Summary::of(score);
        let metre = summary.metres.first().and_then(|(_, metre)| *metre);
        let metre = metre.map_or("-".to_owned(), |metre| metre.to_string());
        let key = summary
            .keys
            .first()
            .map_or("-".to_owned(), |(_, key)| key.to_string());
        let title = summary.title.as_deref().unwrap_or("without a title");
        let (number, measures) = (index + 1, summary.measures);
        text += &format!("{number:>5} {metre:<5} {key:<12} {measures:>4} measures  {title}\n");
    }
    if scores.len() > TUNES_SHOWN {
        text += &format!(
            "and {} more; --tune N shows one\n",
            scores.len() - TUNES_SHOWN
        );
    } else {
        text += "--tune N shows one\n";
    }
    text
}

fn as_json(summary: &Summary) -> Value {
    let metres = summary.metres.iter().map(|(number, metre)| {
        json!({ "measure": number, "metre": metre.map(|metre| metre.to_string()) })
    });
    let keys = summary.keys.iter().map(
        |(number, key)| json!({ "measure": number, "key": key.to_string(), "fifths": key.fifths }),
    );
    let tempos = summary.tempos.iter().map(|(number, tempo)| {
        json!({ "measure": number, "quarters_per_minute": tempo.quarters_per_minute() })
    });
    let irregular = summary.irregular.iter().map(|irregular| {
        json!({
            "measure": irregular.number,
            "quarters": irregular.quarters,
            "metre": irregular.metre.to_string(),
        })
    });
    let features = summary.inventory.iter();
    let features = features.map(|(feature, count)| (feature.name(2).to_owned(), json!(count)));
    json!({
        "title": summary.title,
        "composer": summary.composer,
        "measures": summary.measures,
        "played_measures": summary.played_measures,
        "quarters": summary.quarters,
        "seconds": summary.seconds,
        "metres": metres.collect::<Vec<_>>(),
        "keys": keys.collect::<Vec<_>>(),
        "tempos": tempos.collect::<Vec<_>>(),
        "parts": summary.parts.iter().map(part_as_json).collect::<Vec<_>>(),
        "measures_that_do_not_add_up": irregular.collect::<Vec<_>>(),
        "counts": features.collect::<serde_json::Map<_, _>>(),
    })
}

fn part_as_json(part: &PartSummary) -> Value {
    json!({
        "name": part.name,
        "program": part.instrument.program,
        "percussion": part.instrument.percussion,
        "notes": part.notes,
        "lowest": part.range.map(|(low, _)| low.midi()),
        "highest": part.range.map(|(_, high)| high.midi()),
        "voices": part.voices,
        "velocities": part.velocities.map(|(soft, loud)| [soft.midi(), loud.midi()]),
    })
}
