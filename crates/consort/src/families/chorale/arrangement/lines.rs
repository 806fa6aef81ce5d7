//! The lines of a score, and which of them are soprano, alto, tenor and bass.

use std::collections::BTreeSet;

use consort_music::{Part, Score, SoundingNote};

use crate::error::Error;
use crate::families::chorale::config::{Request, VOICE_NAMES};
use crate::families::chorale::encoding::VOICES;

/// One voice of one part.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// The part's index.
    pub(super) part: usize,
    /// The voice within the part.
    pub(super) voice: u8,
    /// Whether it is all that the part has.
    pub(super) is_whole_part: bool,
    /// Its notes as they sound; of a chord the highest.
    pub(super) notes: Vec<SoundingNote>,
    /// Notes left out because a higher one sounds at the same time.
    pub(super) below: usize,
}

impl Line {
    /// The part with the notes of this line alone, exactly as they are written.
    pub(super) fn part(&self, score: &Score) -> Part {
        let mut part = score.parts[self.part].clone();
        if !self.is_whole_part || self.below > 0 {
            part.notes
                .retain(|note| note.voice == self.voice && self.sings(note.onset, note.pitch));
        }
        part
    }

    /// Whether a written note is a head of a note of this line.
    fn sings(&self, onset: consort_music::Ticks, pitch: consort_music::Pitch) -> bool {
        self.notes
            .iter()
            .any(|note| note.pitch == pitch && note.onset <= onset && onset < note.end())
    }
}

/// Which lines stand for which voices, and which of those are kept.
pub(super) struct Lines {
    by_voice: [Option<Line>; VOICES],
    kept: [bool; VOICES],
}

impl Lines {
    /// Finds the lines that `request` means.
    pub(super) fn of(
        score: &Score,
        request: &Request,
        notices: &mut Vec<String>,
    ) -> Result<Lines, Error> {
        let all = all_lines(score);
        if all.is_empty() && request.keep != Some([false; VOICES]) {
            return Err(Error::prompt(
                "the score has no notes that could be sung",
                "give it a melody; drums and grace notes do not count",
            ));
        }
        if request.bars.is_some() && all.len() != VOICES {
            let what = format!(
                "--bars needs a score of four voices, and this one has {}",
                all.len()
            );
            return Err(Error::prompt(
                what,
                "harmonise the whole first, then parts of the result",
            ));
        }
        match (&request.part, all.len()) {
            (Some(wanted), _) => Lines::one(chosen(score, all, wanted)?, request, notices),
            (None, 0) => Ok(Lines {
                by_voice: [const { None }; VOICES],
                kept: [false; VOICES],
            }),
            (None, 1) => Lines::one(
                all.into_iter().next().expect("there is one"),
                request,
                notices,
            ),
            (None, VOICES) => Ok(Lines::four(all, request)),
            (None, 2 | 3) => {
                let others = all.len() - 1;
                let first = all.into_iter().next().expect("there are two or three");
                notices.push(format!(
                    "the score has {} voices; {} was taken as the melody and {others} left out \
                     (choose another with --part)",
                    others + 1,
                    described(score, &first)
                ));
                Lines::one(first, request, notices)
            }
            (None, many) => {
                let names: Vec<String> = all.iter().map(|line| described(score, line)).collect();
                Err(Error::prompt(
                    format!(
                        "the score has {many} voices ({}), and a chorale has four",
                        names.join(", ")
                    ),
                    "choose the melody with --part, by its number or name",
                ))
            }
        }
    }

    fn one(line: Line, request: &Request, notices: &mut Vec<String>) -> Result<Lines, Error> {
        let kept = request.keep.unwrap_or([true, false, false, false]);
        let wanted: Vec<usize> = (0..VOICES).filter(|&voice| kept[voice]).collect();
        if wanted.len() > 1 {
            let what = format!(
                "--keep names {} voices, but there is one line of notes",
                wanted.len()
            );
            return Err(Error::prompt(what, "name the one that it is"));
        }
        if line.below > 0 {
            notices.push(format!(
                "the melody has chords or overlapping notes; the highest were taken and {} below them \
                 left out (choose another line with --part)",
                line.below
            ));
        }
        let mut by_voice = [const { None }; VOICES];
        if let Some(&voice) = wanted.first() {
            by_voice[voice] = Some(line);
        }
        Ok(Lines { by_voice, kept })
    }

    /// Four lines from the top of the page down, unless their pitch says another order.
    fn four(mut lines: Vec<Line>, request: &Request) -> Lines {
        lines.sort_by_key(|line| std::cmp::Reverse(mean_pitch(line)));
        let mut lines = lines.into_iter();
        Lines {
            by_voice: std::array::from_fn(|_| lines.next()),
            kept: request.keep.unwrap_or([true, false, false, false]),
        }
    }

    /// All lines that stand for a voice, kept or not.
    pub(super) fn present(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.by_voice
            .iter()
            .enumerate()
            .filter_map(|(voice, line)| Some((voice, line.as_ref()?)))
    }

    /// Whether a voice is kept.
    pub(super) fn keeps(&self, voice: usize) -> bool {
        self.kept[voice] && self.by_voice[voice].is_some()
    }

    /// The line that stands for a voice, kept or not.
    pub(super) fn of_voice(&self, voice: usize) -> Option<&Line> {
        self.by_voice[voice].as_ref()
    }
}

/// Mean pitch in thousandths of a semitone, weighted by length.
fn mean_pitch(line: &Line) -> i64 {
    let total: i64 = line.notes.iter().map(|note| note.duration.0).sum();
    let sum: i64 = line
        .notes
        .iter()
        .map(|note| i64::from(note.pitch.midi()) * note.duration.0)
        .sum();
    sum.saturating_mul(1000) / total.max(1)
}

/// Every voice of every pitched part that has notes.
fn all_lines(score: &Score) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, part) in score
        .parts
        .iter()
        .enumerate()
        .filter(|(_, part)| !part.instrument.percussion)
    {
        let sounding = part.sounding();
        let voices: BTreeSet<u8> = sounding.iter().map(|note| note.voice).collect();
        for &voice in &voices {
            let of_voice: Vec<SoundingNote> = sounding
                .iter()
                .copied()
                .filter(|note| note.voice == voice)
                .collect();
            let notes = skyline(&of_voice);
            let below = of_voice.len() - notes.len();
            lines.push(Line {
                part: index,
                voice,
                is_whole_part: voices.len() == 1,
                notes,
                below,
            });
        }
    }
    lines
}

/// The notes that no higher note covers when they begin and that do not begin under a longer higher
/// one: what an ear takes for the melody.
fn skyline(notes: &[SoundingNote]) -> Vec<SoundingNote> {
    let mut by_onset = notes.to_vec();
    by_onset.sort_by_key(|note| (note.onset, std::cmp::Reverse(note.pitch)));
    let mut top: Vec<SoundingNote> = Vec::new();
    for note in by_onset {
        let covered = top.last().is_some_and(|last| {
            note.onset == last.onset || (note.onset < last.end() && note.pitch <= last.pitch)
        });
        if !covered {
            top.push(note);
        }
    }
    top
}

fn chosen(score: &Score, lines: Vec<Line>, wanted: &str) -> Result<Line, Error> {
    let named = |line: &Line| {
        let name = score.parts[line.part].name.trim();
        (line.part + 1).to_string() == wanted || name.eq_ignore_ascii_case(wanted.trim())
    };
    let names: Vec<String> = lines.iter().map(|line| described(score, line)).collect();
    lines.into_iter().find(named).ok_or_else(|| {
        let what = format!("the score has no part {wanted:?} with notes");
        Error::prompt(what, format!("choose among {}", names.join(", ")))
    })
}

fn described(score: &Score, line: &Line) -> String {
    let part = &score.parts[line.part];
    let voice = if line.is_whole_part {
        String::new()
    } else {
        format!(", voice {}", line.voice)
    };
    let name = part.name.trim();
    let quoted = if name.is_empty() {
        String::new()
    } else {
        format!(" {name:?}")
    };
    format!("part {}{quoted}{voice}", line.part + 1)
}

/// Reads the value of `--keep`.
pub(in crate::families::chorale) fn kept_voices(text: &str) -> Result<[bool; VOICES], Error> {
    let mut kept = [false; VOICES];
    for name in text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty() && *name != "none")
    {
        let voice = VOICE_NAMES.iter().position(|(short, long)| {
            name.eq_ignore_ascii_case(short) || name.eq_ignore_ascii_case(long)
        });
        let voice = voice.ok_or_else(|| {
            let what = format!("--keep names {name:?}, which is no voice");
            Error::prompt(
                what,
                "use soprano, alto, tenor, bass (or s, a, t, b), with commas, or none",
            )
        })?;
        kept[voice] = true;
    }
    Ok(kept)
}
