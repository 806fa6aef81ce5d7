//! The pieces, and which of them are held out.

use std::fs;
use std::path::{Path, PathBuf};

use consort_music::score::Mark;
use consort_music::{Note, Played, Score, Ticks, abc, midi, musicxml};

/// A piece.
pub(crate) struct Piece {
    pub(crate) score: Score,
    /// The file, for its annotations.
    pub(crate) path: PathBuf,
}

/// The pieces that are measured.
pub(crate) struct Sets {
    /// Tunes of the Nottingham collection, unfolded: of all tunes each tenth is held out.
    pub(crate) nottingham: Vec<Piece>,
    /// Four-part chorales by Bach, unfolded: of all files each tenth is held out.
    pub(crate) bach: Vec<Piece>,
    /// The score MIDI files of ASAP: those of some composers are held out.
    pub(crate) asap: Vec<Piece>,
    held_out: bool,
}

const HELD_OUT: [&str; 8] = [
    "Brahms", "Debussy", "Glinka", "Haydn", "Mozart", "Ravel", "Schumann", "Scriabin",
];

impl Sets {
    pub(crate) fn read(held_out: bool) -> Option<Sets> {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        if !data.is_dir() {
            return None;
        }
        let mine = |index: usize| index.is_multiple_of(10) == held_out;
        let mut nottingham = Vec::new();
        let mut index = 0;
        for path in files(&data.join("folk-nottingham"), "abc") {
            let tunes = abc::read(&fs::read(&path).ok()?).ok()?.value;
            for score in tunes {
                if mine(index) {
                    let score = plain(&score.unfolded());
                    nottingham.push(Piece {
                        score,
                        path: path.clone(),
                    });
                }
                index += 1;
            }
        }
        let mut bach = Vec::new();
        for (index, path) in files(&data.join("bach-chorales-music21"), "mxl")
            .into_iter()
            .enumerate()
        {
            if !mine(index) {
                continue;
            }
            let score = musicxml::read(&fs::read(&path).ok()?)
                .ok()?
                .value
                .unfolded();
            if score.parts.len() == 4 {
                bach.push(Piece {
                    score: plain(&score),
                    path,
                });
            }
        }
        let mut asap = Vec::new();
        for path in files(&data.join("piano-asap"), "mid") {
            let composer = path
                .strip_prefix(data.join("piano-asap"))
                .ok()?
                .components()
                .next()?;
            let composer = composer.as_os_str().to_str()?.to_owned();
            if stem(&path) == "midi_score" && HELD_OUT.contains(&composer.as_str()) == held_out {
                let mut score = midi::read(&fs::read(&path).ok()?).ok()?.value;
                lengthen(&mut score);
                asap.push(Piece { score, path });
            }
        }
        // Enough to tune by.
        let thin = |pieces: Vec<Piece>, step: usize| -> Vec<Piece> {
            let every = if held_out { 1 } else { step };
            pieces.into_iter().step_by(every).collect()
        };
        Some(Sets {
            nottingham: thin(nottingham, 20),
            bach: thin(bach, 20),
            asap: thin(asap, 20),
            held_out,
        })
    }

    pub(crate) fn summary(&self) -> String {
        format!(
            "{}: {} Nottingham tunes, {} Bach chorales, {} ASAP scores",
            if self.held_out { "held out" } else { "tuning" },
            self.nottingham.len(),
            self.bach.len(),
            self.asap.len()
        )
    }

    pub(crate) fn each(&self) -> [(&'static str, &[Piece]); 3] {
        [
            ("Nottingham", &self.nottingham),
            ("Bach", &self.bach),
            ("ASAP", &self.asap),
        ]
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// All files below `folder` that end in `.extension`, in order.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|ending| ending == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The score with one note for each that sounds, and no grace notes.
fn plain(score: &Score) -> Score {
    let mut plain = score.clone();
    for part in &mut plain.parts {
        let spelled = part.notes.clone();
        let spelling = |onset, pitch| {
            let same =
                |note: &&Note| note.onset == onset && note.pitch == pitch && !note.is_grace();
            spelled.iter().find(same).and_then(|note| note.spelling)
        };
        part.notes = part
            .sounding()
            .into_iter()
            .map(|note| Note {
                voice: note.voice,
                velocity: note.velocity,
                spelling: spelling(note.onset, note.pitch),
                ..Note::new(note.onset, note.duration, note.pitch)
            })
            .collect();
        part.sort();
    }
    plain
}

/// Gives the notes of a MIDI file by MuseScore, which end a tick early and some of which are held for
/// 95 % of their length, the lengths that they are written with, and keeps how they are played.
fn lengthen(score: &mut Score) {
    let quarter = score.resolution.quarter().0;
    let on_grid = |time: i64| {
        [16, 24, 20, 28]
            .iter()
            .any(|parts| time * parts % quarter == 0)
    };
    for note in score.parts.iter_mut().flat_map(|part| &mut part.notes) {
        let played = note.duration;
        let whole = played.0 + 1;
        let full = (whole * 20 + 9) / 19;
        note.duration = match on_grid(whole) || !on_grid(full) {
            true => Ticks(whole),
            false => Ticks(full),
        };
        // Trills and grace notes as the program played them are no notes as they were written.
        if !on_grid(note.onset.0) || !on_grid(note.duration.0) || played.0 <= 2 {
            note.marks.push(Mark::Trill);
        }
        note.played = Some(Played {
            delay: Ticks::ZERO,
            duration: played,
        });
    }
}
