//! The commands that make pieces, one per family: `consort harmonize`, `consort compose`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use consort::families::Picture;
use consort::files::{
    Kind, Original, bytes_of, numbered_tune, read_score_with, write_all, write_sound,
};
use consort::pictures::{Performance, PictureFormat, velocities};
use consort::sound::Sound;
use consort::trace;
use consort::{Family, Generator, Music, Options, Piece, Prompt};
use consort_audio::Instruments;
use consort_learn::Seed;
use consort_music::{Score, Warning, dynamics};
use serde_json::json;

use super::{
    Arguments, device, flag, json, outputs, path, print_json, print_warnings, reading, seed,
    soundfont, weights,
};
use crate::outcome::Usage;
use crate::progress::Line;
use crate::sound;

use self::variant::{Variant, argument, options_as_json, variants};

mod variant;

/// The most pieces of one call.
const SAMPLES_MAX: u64 = 10_000;

/// The arguments: those of every family, and its own from its table.
pub(super) fn command(family: &'static dyn Family) -> Command {
    let own = family.options().iter().map(argument);
    let default = match family.example() {
        Prompt::Nothing => "nothing: the family begins by itself",
        Prompt::Score(_) | Prompt::Sound(_) => "a built-in example",
    };
    let (kind, endings, files) = match family.example() {
        Prompt::Sound(_) => ("mp3, flac, ogg or wav", ".wav", "the sound"),
        _ => (
            "MIDI, MusicXML or ABC",
            ".musicxml, .mxl, .mid, .abc, .wav, .svg or .png",
            "a score, MIDI, sound and a picture",
        ),
    };
    let input = format!("A file: {kind} [default: {default}]");
    Command::new(family.verb())
        .about(family.summary())
        .arg(path("input", input))
        .arg(outputs(format!(
            "A file to write, by its ending: {endings}; may be repeated [default: {files} beside the input]",
        )))
        .args(own)
        .arg(seed())
        .arg(
            Arg::new("samples")
                .long("samples")
                .value_name("N")
                .visible_alias("count")
                .value_parser(value_parser!(u64).range(1..=SAMPLES_MAX))
                .default_value("1")
                .help("How many pieces to make, each with its own draws; an ABC file holds them all, of other files each has its own"),
        )
        .args(reading())
        .args(weights())
        .arg(device())
        .arg(soundfont())
        .arg(flag(
            "trace",
            "Write how likely each pass found its draws, as .trace.csv and .trace.svg",
        ))
        .arg(json())
}

/// The files to write, by how many there are of each.
struct Targets {
    /// One for each piece.
    each: Vec<(PathBuf, Kind)>,
    /// One for all samples of a variant.
    samples: Vec<(PathBuf, Kind)>,
    /// One for all pieces: what they have in common and not.
    compared: Vec<(PathBuf, PictureFormat)>,
}

impl Targets {
    fn of(targets: Vec<(PathBuf, Kind)>, family: &dyn Family, samples: u64) -> Targets {
        let mut sorted = Targets {
            each: Vec::new(),
            samples: Vec::new(),
            compared: Vec::new(),
        };
        for (path, kind) in targets {
            match (kind, family.picture()) {
                (Kind::Picture(format), Picture::Velocities) => {
                    sorted.compared.push((path, format));
                }
                _ if samples > 1 && kind.holds_several() => sorted.samples.push((path, kind)),
                _ => sorted.each.push((path, kind)),
            }
        }
        sorted
    }

    /// The first of them, for what is written beside.
    fn first(&self) -> &Path {
        let scores = self.each.iter().chain(&self.samples);
        let scores = scores.map(|(path, _)| path);
        let pictures = self.compared.iter().map(|(path, _)| path);
        let first = scores.chain(pictures).next();
        first.expect("something is written")
    }
}

/// Makes the pieces and writes them.
pub(super) fn run(family: &'static dyn Family, matches: &ArgMatches) -> anyhow::Result<()> {
    let input = matches.path("input");
    let (prompt, warnings) = prompt(family, matches, input.as_deref())?;
    if let Some(path) = &input {
        print_warnings(path, &warnings);
    }
    let variants = variants(family.options(), matches)?;
    let samples = *matches.get_one::<u64>("samples").expect("it has a default");
    let targets = targets(family, matches, input.as_deref())?;
    let instruments = sound::instruments(matches.path("soundfont"), &targets)?;
    let original = match (&input, &prompt) {
        (Some(path), Prompt::Score(_)) => Original::of(path).map_err(consort::Error::from)?,
        _ => None,
    };
    let mut session = Session {
        matches,
        targets: Targets::of(targets, family, samples),
        generator: family.load(matches.weights(family.id())?, matches.device())?,
        prompt,
        original,
        instruments,
        together: BTreeMap::new(),
        compared: Vec::new(),
    };
    let mut reports = Vec::new();
    for sample in 0..samples {
        let seed = sample_seed(matches.seed(), sample);
        let number = (samples > 1).then_some(sample + 1);
        // A value that is refused leaves no files of the others.
        let mut made = Vec::new();
        for variant in &variants {
            let (generator, prompt) = (&session.generator, &session.prompt);
            let piece = make(family, generator, prompt, &variant.options, seed)?;
            made.push((variant, piece));
        }
        for (variant, piece) in made {
            let written = session.write(&piece, variant, number)?;
            reports.push(report(&piece, variant, seed, &written));
        }
    }
    let written = session.write_common()?;
    if matches.get_flag("json") {
        let warnings: Vec<String> = warnings.iter().map(Warning::to_string).collect();
        print_json(&json!({
            "family": family.id(),
            "weights": session.generator.header().name,
            "options": options_as_json(&variants),
            "warnings": warnings,
            "files": written,
            "pieces": reports,
        }))?;
    }
    Ok(())
}

/// What all pieces of a call have in common.
struct Session<'a> {
    matches: &'a ArgMatches,
    targets: Targets,
    generator: Generator,
    prompt: Prompt,
    /// The prompt's own file.
    original: Option<Original>,
    instruments: Instruments,
    /// The tunes of each variant, by its label, for the files that hold several.
    together: BTreeMap<Option<String>, Vec<String>>,
    /// The pieces with their names, for the pictures that compare them.
    compared: Vec<(String, Score)>,
}

impl Session<'_> {
    /// Writes the files that are a piece's own.
    fn write(
        &mut self,
        piece: &Piece,
        variant: &Variant,
        number: Option<u64>,
    ) -> anyhow::Result<Vec<String>> {
        let label = variant.label.as_deref();
        let score = match &piece.music {
            Music::Score(score) => score,
            Music::Sound(sound) => {
                self.notice(piece);
                return self.stream(sound, label, number);
            }
        };
        let original = self.original.as_ref();
        let original = original.filter(|_| piece.is_unchanged(&self.prompt));
        let mut files = Vec::new();
        for (target, kind) in &self.targets.each {
            let bytes = match original.and_then(|original| original.bytes(*kind)) {
                Some(bytes) => bytes.to_vec(),
                None => bytes_of(score, *kind, &self.instruments).map_err(consort::Error::from)?,
            };
            files.push((named(target, label, number), bytes));
        }
        if self.matches.get_flag("trace") {
            let beside = named(self.targets.first(), label, number);
            files.extend(trace_files(&beside, piece));
        }
        if !self.targets.samples.is_empty() {
            let tunes = self.together.entry(variant.label.clone()).or_default();
            tunes.push(numbered_tune(score, number.unwrap_or(1)));
        }
        if !self.targets.compared.is_empty() {
            let name = variant.name(&self.generator, number);
            self.compared.push((name, score.clone()));
        }
        write_all(&files).map_err(consort::Error::from)?;
        self.notice(piece);
        Ok(announce(&files, self.matches))
    }

    /// Says what the user should know, unless there will be a report.
    fn notice(&self, piece: &Piece) {
        if !self.matches.get_flag("json") {
            let notices = piece.notices.iter();
            notices.for_each(|notice| eprintln!("note: {notice}"));
        }
    }

    /// Writes sound while it is made.
    fn stream(
        &self,
        sound: &Sound,
        label: Option<&str>,
        number: Option<u64>,
    ) -> anyhow::Result<Vec<String>> {
        let mut targets = self.targets.each.iter();
        if let Some((path, _)) = targets.find(|(_, kind)| *kind != Kind::Wav) {
            let message = format!("{} does not end with .wav: this is sound", path.display());
            return Err(Usage(message).into());
        }
        let mut files = Vec::new();
        for (target, _) in &self.targets.each {
            let path = named(target, label, number);
            let mut line = Line::new("sound");
            let written = write_sound(&path, sound, &mut |progress| line.show(progress));
            line.finish();
            written?;
            files.push(path.display().to_string());
        }
        if !self.matches.get_flag("json") {
            files.iter().for_each(|path| println!("{path}"));
        }
        Ok(files)
    }

    /// Writes the files that are about several pieces.
    fn write_common(&self) -> anyhow::Result<Vec<String>> {
        let mut files = Vec::new();
        for (label, tunes) in &self.together {
            for (path, _) in &self.targets.samples {
                let path = named(path, label.as_deref(), None);
                files.push((path, tunes.join("\n").into_bytes()));
            }
        }
        for (path, format) in &self.targets.compared {
            let picture = comparison(&self.prompt, &self.compared, *format);
            files.push((path.clone(), picture));
        }
        write_all(&files).map_err(consort::Error::from)?;
        Ok(announce(&files, self.matches))
    }
}

/// The names of files, which are printed unless there will be a report.
fn announce(files: &[(PathBuf, Vec<u8>)], matches: &ArgMatches) -> Vec<String> {
    let names: Vec<String> = files
        .iter()
        .map(|(path, _)| path.display().to_string())
        .collect();
    if !matches.get_flag("json") {
        names.iter().for_each(|path| println!("{path}"));
    }
    names
}

/// The picture of all pieces made from a prompt, and of the prompt where it has velocities of its own.
fn comparison(prompt: &Prompt, made: &[(String, Score)], format: PictureFormat) -> Vec<u8> {
    let made = made.iter().map(|(name, score)| Performance { name, score });
    let mut performances: Vec<Performance> = made.collect();
    if let Prompt::Score(score) = prompt
        && dynamics::varies(score)
    {
        let name = "as given";
        performances.push(Performance { name, score });
    }
    let first = performances.first();
    let title = first.and_then(|first| first.score.metadata.title.as_deref());
    velocities(title.unwrap_or_default(), &performances, format)
}

/// The seed of one of several samples: the first is what one alone would be.
fn sample_seed(seed: Seed, sample: u64) -> Seed {
    if sample == 0 {
        seed
    } else {
        seed.derive("sample", sample)
    }
}

fn prompt(
    family: &dyn Family,
    matches: &ArgMatches,
    input: Option<&Path>,
) -> anyhow::Result<(Prompt, Vec<Warning>)> {
    let example = family.example();
    let Some(path) = input else {
        return Ok((example, Vec::new()));
    };
    if let Prompt::Sound(example) = example {
        let sound = Sound::of_file(path, example.rate_hz()).map_err(consort::Error::from)?;
        return Ok((Prompt::Sound(sound), Vec::new()));
    }
    let reading = read_score_with(path, &matches.reading()).map_err(consort::Error::from)?;
    Ok((Prompt::Score(reading.value), reading.warnings))
}

fn make(
    family: &dyn Family,
    generator: &Generator,
    prompt: &Prompt,
    options: &Options,
    seed: Seed,
) -> anyhow::Result<Piece> {
    let mut line = Line::new(family.verb());
    let piece = generator.generate(prompt, options, seed, &mut |progress| line.show(progress));
    line.finish();
    Ok(piece?)
}

/// The files to write and what they hold.
fn targets(
    family: &dyn Family,
    matches: &ArgMatches,
    input: Option<&Path>,
) -> anyhow::Result<Vec<(PathBuf, Kind)>> {
    let mut paths = matches.paths("output");
    if paths.is_empty() {
        let stem = match (input, family.example()) {
            (Some(input), _) => input.with_extension(""),
            (None, Prompt::Score(_) | Prompt::Sound(_)) => PathBuf::from("example"),
            (None, Prompt::Nothing) => PathBuf::from("new"),
        };
        let name = stem
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let named = |ending: &&str| stem.with_file_name(format!("{name}-{}.{ending}", family.id()));
        paths = family.endings().iter().map(named).collect();
    }
    if let Some(clash) = paths.iter().find(|path| input == Some(path.as_path())) {
        let message = format!(
            "{} is the input; choose another name to write to",
            clash.display()
        );
        return Err(Usage(message).into());
    }
    let kinds = paths.into_iter().map(|path| {
        let kind = Kind::of(&path).map_err(consort::Error::from)?;
        Ok((path, kind))
    });
    kinds.collect()
}

/// `piece.mid` as `piece-jazz-2.mid`, if there are others beside jazz, and several of each.
fn named(path: &Path, label: Option<&str>, number: Option<u64>) -> PathBuf {
    if label.is_none() && number.is_none() {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let label = label.map(|label| format!("-{label}")).unwrap_or_default();
    let number = number.map(|number| format!("-{number}"));
    let number = number.unwrap_or_default();
    path.with_file_name(format!("{stem}{label}{number}.{ending}"))
}

fn trace_files(beside: &Path, piece: &Piece) -> Vec<(PathBuf, Vec<u8>)> {
    let named = |ending: &str| beside.with_extension(format!("trace.{ending}"));
    vec![
        (named("csv"), trace::to_csv(&piece.trace).into_bytes()),
        (
            named("svg"),
            trace::picture(&[("", &piece.trace)], PictureFormat::Svg),
        ),
    ]
}

fn report(piece: &Piece, variant: &Variant, seed: Seed, files: &[String]) -> serde_json::Value {
    json!({
        "seed": seed.0,
        "values": variant.values,
        "files": files,
        "notices": piece.notices,
        "facts": piece.facts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_after_values_and_numbers() {
        let name = |label, number| named(Path::new("in/my.piece.mid"), label, number);
        assert_eq!(name(None, None), Path::new("in/my.piece.mid"));
        assert_eq!(name(None, Some(2)), Path::new("in/my.piece-2.mid"));
        assert_eq!(name(Some("jazz"), None), Path::new("in/my.piece-jazz.mid"));
        let both = name(Some("x=0.5"), Some(2));
        assert_eq!(both, Path::new("in/my.piece-x=0.5-2.mid"));
        let traces = trace_files(&both, &piece(tune()));
        assert_eq!(traces[0].0, Path::new("in/my.piece-x=0.5-2.trace.csv"));
    }

    fn tune() -> Score {
        let text = b"X:1\nT:Tune\nM:4/4\nL:1/4\nK:C\nCDEF|]\n";
        consort_music::abc::read(text).unwrap().value.remove(0)
    }

    fn piece(score: Score) -> Piece {
        Piece {
            music: Music::Score(score),
            made_by: None,
            notices: Vec::new(),
            facts: BTreeMap::new(),
            trace: Vec::new(),
        }
    }

    #[test]
    fn a_picture_compares_all_pieces_with_the_prompt() {
        let with = |velocity: fn(u8) -> u8| {
            let mut score = tune();
            for (index, note) in (0..).zip(&mut score.parts[0].notes) {
                note.velocity = velocity(index).try_into().ok();
            }
            score
        };
        let made = [
            ("jazz".to_owned(), with(|index| 60 + index)),
            ("waltz".to_owned(), with(|index| 80 - index)),
        ];
        let text = |prompt: &Prompt| {
            let bytes = comparison(prompt, &made, PictureFormat::Svg);
            String::from_utf8(bytes).unwrap()
        };
        let flat = text(&Prompt::Score(with(|_| 80)));
        assert!(flat.contains("jazz") && flat.contains("waltz") && flat.contains("Tune"));
        assert!(!flat.contains("as given"));
        assert!(text(&Prompt::Score(with(|index| 40 + index))).contains("as given"));
        assert!(!text(&Prompt::Nothing).contains("as given"));
    }
}
