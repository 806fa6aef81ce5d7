//! `consort convert`: a score in another format.

use clap::{Arg, ArgMatches, Command, value_parser};
use consort::files::{Kind, bytes_of, read_score, read_scores, write_all};
use consort_audio::Instruments;
use consort_music::format::{self, Format};
use consort_music::inventory::Feature;
use consort_music::quantize::{Grid, Quantization, Signature};
use consort_music::{Reading, Score, abc};
use serde_json::json;

use super::{
    Arguments, flag, json, path, print_json, print_warnings, refuse_faults, soundfont, tune,
    warnings_as_json,
};
use crate::outcome::Usage;
use crate::sound;

/// The arguments.
pub(super) fn command() -> Command {
    Command::new("convert")
        .about("Write a score in another format, by the endings of the names")
        .arg(path("from", "A MIDI, MusicXML or ABC file").required(true))
        .arg(
            path(
                "to",
                "The file to write: .musicxml, .mxl, .mid, .abc, .wav, .svg, .png, or .npz for NumPy",
            )
            .required(true),
        )
        .arg(tune())
        .arg(flag(
            "unfold",
            "Play repeats, endings and jumps out; MIDI and sound always have them so",
        ))
        .arg(
            Arg::new("quantize")
                .long("quantize")
                .value_name("GRID")
                .value_parser(value_parser!(Grid))
                .help(
                    "Write a performance in note values: the shortest, as 4, 8, 16, 32 or 64, and +3, +5, \
                     +7 for the tuplets, such as 16+3",
                ),
        )
        .arg(flag(
            "infer-metre",
            "With --quantize: find the measures from the notes",
        ).requires("quantize"))
        .arg(flag(
            "infer-key",
            "With --quantize: find the key from the notes",
        ).requires("quantize"))
        .arg(flag(
            "strict",
            "Refuse a file in which anything has to be guessed, mended or left out, and ABC that breaks its \
             standard",
        ))
        .arg(soundfont())
        .arg(json())
}

/// Converts.
pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let from = matches.path("from").expect("it is required");
    let to = matches.path("to").expect("it is required");
    if from == to {
        return Err(Usage(format!("{} is both input and output", from.display())).into());
    }
    let kind = Kind::of(&to).map_err(consort::Error::from)?;
    let Reading {
        value: mut scores,
        mut warnings,
    } = read(matches, &from, kind)?;
    if matches.get_flag("strict") {
        refuse_faults(&from)?;
    }
    if let Some(&grid) = matches.get_one::<Grid>("quantize") {
        let signature = |name| match matches.get_flag(name) {
            true => Signature::Infer,
            false => Signature::Keep,
        };
        let quantization = Quantization {
            grid,
            metre: signature("infer-metre"),
            key: signature("infer-key"),
            ..Quantization::default()
        };
        for score in &mut scores {
            let Reading {
                value,
                warnings: said,
            } = score.quantized(&quantization);
            *score = value.score;
            warnings.extend(said);
        }
    }
    if matches.get_flag("unfold") {
        scores
            .iter_mut()
            .for_each(|score| *score = score.unfolded());
    }
    let instruments = sound::instruments(matches.path("soundfont"), &[(to.clone(), kind)])?;
    let bytes = bytes(&scores, kind, &instruments)?;
    write_all(&[(to.clone(), bytes)]).map_err(consort::Error::from)?;
    let lost = lost(&scores, kind);
    if matches.get_flag("json") {
        let lost = lost
            .iter()
            .map(|(feature, count)| json!([count, feature.name(*count)]));
        return print_json(&json!({
            "from": from,
            "to": to,
            "warnings": warnings_as_json(&warnings),
            "left_out": lost.collect::<Vec<_>>(),
        }));
    }
    print_warnings(&from, &warnings);
    if !lost.is_empty() {
        let lost = lost
            .iter()
            .map(|(feature, count)| format!("{count} {}", feature.name(*count)));
        let lost: Vec<String> = lost.collect();
        eprintln!("note: {} does not hold {}", to.display(), lost.join(", "));
    }
    println!("{}", to.display());
    Ok(())
}

/// All tunes of an ABC file that becomes ABC again, else one score.
fn read(
    matches: &ArgMatches,
    from: &std::path::Path,
    kind: Kind,
) -> anyhow::Result<Reading<Vec<Score>>> {
    if kind == Kind::Score(Format::Abc) && matches.tune().is_none() {
        return Ok(read_scores(from).map_err(consort::Error::from)?);
    }
    let Reading { value, warnings } =
        read_score(from, matches.tune()).map_err(consort::Error::from)?;
    Ok(Reading {
        value: vec![value],
        warnings,
    })
}

fn bytes(scores: &[Score], kind: Kind, instruments: &Instruments) -> anyhow::Result<Vec<u8>> {
    match scores {
        [score] => Ok(bytes_of(score, kind, instruments).map_err(consort::Error::from)?),
        scores => Ok(abc::write_all(scores).into_bytes()),
    }
}

fn lost(scores: &[Score], kind: Kind) -> Vec<(Feature, usize)> {
    let Kind::Score(format) = kind else {
        return Vec::new();
    };
    let mut lost = std::collections::BTreeMap::new();
    for (feature, count) in scores.iter().flat_map(|score| format::lost(score, format)) {
        *lost.entry(feature).or_default() += count;
    }
    lost.into_iter().collect()
}
