//! How often the chords that are chosen for a melody agree with those that an editor wrote.
//!
//! ```text
//! chord_agreement FOLDER
//! ```
//!
//! The folder has ABC files with chord symbols, such as `ABC_cleaned` of the Nottingham collection. On
//! every beat for which the editor names a chord (its symbol stands there or before it) the root and the
//! third (major or minor) of the two are compared. Repeats are not played out; of several symbols at one
//! place the first counts. For each group of tunes one line: tunes, beats, the share of beats on which
//! the root agrees, and root and third; then the same for the tonic triad throughout.

use std::path::PathBuf;
use std::{env, fs};

use consort_music::score::ChordSymbol;
use consort_music::statistics::Share;
use consort_music::{Mode, Score, Step, Ticks, abc, harmony};

/// Counts of one group of tunes.
#[derive(Clone, Copy, Debug, Default)]
struct Agreement {
    tunes: u64,
    root: Share,
    root_and_third: Share,
    tonic_root: Share,
    tonic_root_and_third: Share,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = env::args().nth(1).ok_or("usage: chord_agreement FOLDER")?;
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "abc"));
    files.sort();
    let mut tunes = Vec::new();
    for file in files {
        tunes.append(&mut abc::read(&fs::read(file)?)?.value);
    }
    println!(
        "group: tunes, beats; ours: root %, root and third %; tonic: root %, root and third %"
    );
    let group = |name: &str, within: &dyn Fn(usize) -> bool| {
        let group = tunes.iter().enumerate().filter(|(index, _)| within(*index));
        print(name, &agreement(group.map(|(_, tune)| tune)));
    };
    group("index % 20 == 5 (adjusted on)", &|index| index % 20 == 5);
    group("all others", &|index| index % 20 != 5);
    group("index % 10 == 0", &|index| index % 10 == 0);
    group("all", &|_| true);
    for mode in [Mode::Major, Mode::Minor] {
        let others = tunes
            .iter()
            .enumerate()
            .filter(|(index, _)| index % 20 != 5);
        let of_mode = others.filter(|(_, tune)| tune.key_at(Ticks::ZERO).mode == mode);
        print(
            &format!("others in {mode}"),
            &agreement(of_mode.map(|(_, tune)| tune)),
        );
    }
    Ok(())
}

fn print(name: &str, counts: &Agreement) {
    println!(
        "{name}: {}, {}; {:.1}, {:.1}; {:.1}, {:.1}",
        counts.tunes,
        counts.root.whole,
        counts.root.percent(),
        counts.root_and_third.percent(),
        counts.tonic_root.percent(),
        counts.tonic_root_and_third.percent(),
    );
}

fn agreement<'a>(tunes: impl Iterator<Item = &'a Score>) -> Agreement {
    let mut counts = Agreement::default();
    for tune in tunes {
        let Some(part) = tune.parts.first() else {
            continue;
        };
        if part.chords.is_empty() {
            continue;
        }
        counts.tunes += 1;
        let ours = harmony::chords(tune);
        for beat in beats(tune) {
            let Some(editor) = chord_at(&part.chords, beat) else {
                continue;
            };
            let key = tune.key_at(beat);
            let is_minor = matches!(key.mode, Mode::Minor | Mode::Dorian | Mode::Phrygian);
            let tonic = Some((i32::from(key.tonic_class()), is_minor));
            let mine = chord_at(&ours, beat);
            let root = |chord: Option<(i32, bool)>| chord.map(|(root, _)| root);
            counts.root.record(root(mine) == Some(editor.0));
            counts.root_and_third.record(mine == Some(editor));
            counts.tonic_root.record(root(tonic) == Some(editor.0));
            counts.tonic_root_and_third.record(tonic == Some(editor));
        }
    }
    counts
}

/// The beats of all measures with a metre.
fn beats(tune: &Score) -> Vec<Ticks> {
    let mut beats = Vec::new();
    for measure in &tune.measures {
        let Some(metre) = measure.metre else { continue };
        let unit = tune.resolution.whole_notes(1, i64::from(metre.unit));
        let beat = unit.map_or(Ticks::ZERO, |unit| unit * i64::from(metre.units_per_beat()));
        let mut at = measure.start;
        while beat > Ticks::ZERO && at < measure.end() {
            beats.push(at);
            at += beat;
        }
    }
    beats
}

/// Root (pitch class) of the chord in force, and whether its third is minor.
fn chord_at(chords: &[ChordSymbol], at: Ticks) -> Option<(i32, bool)> {
    let last = chords.iter().rfind(|chord| chord.at <= at)?;
    let first = chords.iter().find(|chord| chord.at == last.at)?;
    let mut rest = first.text.chars();
    let step = Step::from_letter(rest.next()?)?;
    let (alter, kind) = match rest.as_str() {
        kind if kind.starts_with('#') => (1, &kind[1..]),
        kind if kind.starts_with('b') => (-1, &kind[1..]),
        kind => (0, kind),
    };
    let is_minor = kind.starts_with("dim") || kind.starts_with('m') && !kind.starts_with("maj");
    Some(((step.semitones() + alter).rem_euclid(12), is_minor))
}
