//! `w:` lines.

use crate::score::{Lyric, Syllabic};

use super::super::text;
use super::stream::Chord;

/// Which verses have a syllable that is still drawn out.
#[derive(Default)]
pub(super) struct Words {
    extending: Vec<bool>,
}

impl Words {
    /// The `w:` lines for the notes of a line of music: one for each verse up to the last that
    /// has something to say, and at least one, so that the next line starts at its own notes.
    pub(super) fn lines(&mut self, chords: &[Chord], out: &mut String) {
        let verses = chords
            .iter()
            .flat_map(|chord| &chord.lyrics)
            .map(|lyric| usize::from(lyric.verse.max(1)))
            .max()
            .unwrap_or(1);
        let drawn_out = self.extending.iter().rposition(|extends| *extends);
        let verses = verses.max(drawn_out.map_or(0, |verse| verse + 1));
        if self.extending.len() < verses {
            self.extending.resize(verses, false);
        }
        for verse in 0..verses {
            let line = self.verse(verse, chords);
            out.push_str(format!("w: {line}").trim_end());
            out.push('\n');
        }
    }

    fn verse(&mut self, verse: usize, chords: &[Chord]) -> String {
        let mut line = String::new();
        let mut skipped = 0;
        let mut joins = true;
        for chord in chords.iter().filter(|chord| !chord.is_rest()) {
            let own = |lyric: &&Lyric| usize::from(lyric.verse.max(1)) == verse + 1;
            let lyric = chord.lyrics.iter().find(own);
            if lyric.is_none() && !self.extending[verse] {
                skipped += 1;
                continue;
            }
            for _ in 0..skipped {
                line.push_str(" *");
                joins = false;
            }
            skipped = 0;
            let Some(lyric) = lyric else {
                line.push('_');
                joins = false;
                continue;
            };
            if !joins {
                line.push(' ');
            }
            line.push_str(&syllable(&lyric.text));
            joins = matches!(lyric.syllabic, Syllabic::Begin | Syllabic::Middle);
            if joins {
                line.push('-');
            }
            self.extending[verse] = lyric.extend;
        }
        line
    }
}

fn syllable(syllable: &str) -> String {
    text::encode(syllable, &['~', '_', '*', '|', '-', '\u{a0}']).replace(' ', "~")
}
