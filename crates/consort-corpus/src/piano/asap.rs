//! Reading folders that are laid out as the ASAP dataset.

use std::collections::BTreeMap;
use std::path::Path;

use super::table::{self, Row};
use super::{Beats, CLASSICAL, Corpus, Notated, NotatedNote, Performance, annotations, key, midi};
use crate::folder::{CorpusError, Stamper, read};

/// The performances of a folder, with the stamp of a name and a licence.
pub(super) fn read_set(
    set: &Path,
    name: &'static str,
    licence: &'static str,
) -> Result<Corpus, CorpusError> {
    let list = set.join(table::FILE);
    let bytes = read(&list)?;
    let wrong = |reason: String| CorpusError::Content {
        path: list.clone(),
        reason,
    };
    let mut reader = Reader::new(set);
    reader.stamper.add(table::FILE, &bytes);
    for row in table::rows(&bytes).map_err(wrong)? {
        reader.take(row);
    }
    if reader.performances.is_empty() {
        let fault = reader.left_out.first();
        let fault = fault.map_or(String::new(), |(file, reason)| {
            format!("; {file}: {reason}")
        });
        return Err(wrong(format!(
            "it names no performance that can be used{fault}"
        )));
    }
    Ok(Corpus {
        performances: reader.performances,
        scores: reader.scores,
        left_out: reader.left_out,
        stamp: reader.stamper.stamp(name, licence),
    })
}

struct Reader<'a> {
    set: &'a Path,
    performances: Vec<Performance>,
    scores: Vec<Notated>,
    /// By file, where a score stands in the list, or that it cannot be used.
    known: BTreeMap<String, Option<usize>>,
    left_out: Vec<(String, String)>,
    stamper: Stamper,
}

impl Reader<'_> {
    fn new(set: &Path) -> Reader<'_> {
        Reader {
            set,
            performances: Vec::new(),
            scores: Vec::new(),
            known: BTreeMap::new(),
            left_out: Vec::new(),
            stamper: Stamper::new(),
        }
    }

    /// Reads the performance of a row, and its score unless it is known, or tells what is wrong.
    fn take(&mut self, row: Row) {
        let (played, beats) = match self.files(&row.performance, &row.performance_beats) {
            Ok(files) => files,
            Err(fault) => return self.left_out.push(fault),
        };
        let score = self.score(&row.score, &row.score_beats);
        let is_as_long =
            |index: usize| self.scores[index].beats.seconds.len() == beats.seconds.len();
        let work = key::work(&row.composer, &row.title);
        self.performances.push(Performance {
            id: row.performance,
            composer: row.composer,
            title: row.title,
            style: CLASSICAL.to_owned(),
            fold: key::fold(&work),
            reserved: key::is_reserved(&work),
            work,
            notes: played.notes,
            pedal: played.pedal,
            score,
            matches_score: score.is_some_and(is_as_long),
            beats,
        });
    }

    /// The index of the score in a file.
    fn score(&mut self, file: &str, beats: &str) -> Option<usize> {
        if let Some(&known) = self.known.get(file) {
            return known;
        }
        let index = match self.files(file, beats) {
            Ok((played, beats)) => {
                self.scores.push(notated(file, &played, beats));
                Some(self.scores.len() - 1)
            }
            Err(fault) => {
                self.left_out.push(fault);
                None
            }
        };
        self.known.insert(file.to_owned(), index);
        index
    }

    /// What is in a MIDI file and in the annotations to it, or which of them is wrong in which way.
    fn files(
        &mut self,
        file: &str,
        beats: &str,
    ) -> Result<(midi::Played, Beats), (String, String)> {
        let bytes = |name: &str| {
            let bytes = read(&self.set.join(name));
            bytes.map_err(|error| match error {
                CorpusError::Read { source, .. } => (name.to_owned(), source.to_string()),
                error => (name.to_owned(), error.to_string()),
            })
        };
        let (music, annotated) = (bytes(file)?, bytes(beats)?);
        let played = midi::read(&music).and_then(|score| midi::played(&score));
        let played = played.map_err(|reason| (file.to_owned(), reason))?;
        let moments =
            annotations::beats(&annotated).map_err(|reason| (beats.to_owned(), reason))?;
        self.stamper.add(file, &music);
        self.stamper.add(beats, &annotated);
        Ok((played, moments))
    }
}

fn notated(file: &str, played: &midi::Played, beats: Beats) -> Notated {
    let notes = played.notes.iter();
    let notes = notes.map(|note| NotatedNote {
        onset: beats.position(note.onset),
        end: beats.position(note.end),
        pitch: note.pitch,
    });
    Notated {
        id: file.to_owned(),
        notes: notes.collect(),
        beats,
    }
}
