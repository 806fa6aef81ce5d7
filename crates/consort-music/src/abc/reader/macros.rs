//! Macros: `m:~G3=G{A}G{F}G`, and `m:~n3=n{o}n{m}n` for any note `n`.

use crate::pitch::Step;
use crate::reading::Place;

use super::TuneReader;
use super::cursor::Cursor;

/// What a piece of music stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Macro {
    target: String,
    text: String,
    /// Whether `n` stands for any note, and the letters around it for those around it.
    transposes: bool,
}

/// As many as a tune may have; each is looked for at each note.
const MACROS_MAX: usize = 64;

/// The longest target and text, by the standard.
const TARGET_MAX: usize = 31;
const TEXT_MAX: usize = 200;

impl TuneReader<'_> {
    pub(super) fn macro_field(&mut self, value: &str, place: Place) {
        let Some((target, text)) = value.split_once('=') else {
            self.warn(place, "a macro without an equals sign: left out");
            return;
        };
        let (target, text) = (target.trim(), text.trim());
        let fits = (1..=TARGET_MAX).contains(&target.len()) && text.len() <= TEXT_MAX;
        if !fits || self.macros.len() >= MACROS_MAX {
            self.warn(place, "a macro too long or one too many: left out");
            return;
        }
        self.macros.retain(|other| other.target != target);
        self.macros.push(Macro {
            target: target.to_owned(),
            text: text.to_owned(),
            transposes: target.contains('n'),
        });
        // Of two that fit the longer one is meant.
        self.macros
            .sort_by_key(|other| std::cmp::Reverse(other.target.len()));
    }

    /// Plays what a macro at the cursor stands for, if there is one.
    pub(super) fn play_macro(&mut self, cursor: &mut Cursor) -> bool {
        let rest = cursor.rest();
        let Some((taken, text)) = self.macros.iter().find_map(|known| known.at(rest)) else {
            return false;
        };
        let place = cursor.place();
        if text.len() > self.allowance.expansions {
            self.warn(
                place,
                "macros that make the file too long: left as it stands",
            );
            return false;
        }
        self.allowance.expansions -= text.len();
        cursor.skip(taken);
        let mut inner = Cursor::standing_in(&text, place);
        while let Some(c) = inner.peek() {
            self.token(&mut inner, c);
        }
        true
    }
}

impl Macro {
    /// How much of `music` it replaces if it stands at the start, and with what.
    fn at(&self, music: &str) -> Option<(usize, String)> {
        if !self.transposes {
            return music
                .starts_with(&self.target)
                .then(|| (self.target.len(), self.text.clone()));
        }
        let (before, after) = self.target.split_once('n')?;
        let rest = music.strip_prefix(before)?;
        let letter = rest
            .chars()
            .next()
            .filter(|c| matches!(c, 'A'..='G' | 'a'..='g'))?;
        let marks = rest.get(1..)?;
        let octaves = marks.len() - marks.trim_start_matches(['\'', ',']).len();
        // No more than a note can have.
        let marks = marks.get(..octaves).filter(|marks| marks.len() <= 8)?;
        rest.get(1 + octaves..)?.starts_with(after).then(|| {
            let taken = before.len() + 1 + octaves + after.len();
            (taken, self.text_for(height(letter, marks)))
        })
    }

    /// The text with its letters from `h` to `z` replaced by notes; `n` is the one at `height`.
    fn text_for(&self, height: i32) -> String {
        let mut text = String::new();
        let mut quoted = None;
        for c in self.text.chars() {
            match c {
                '!' | '"' if quoted.is_none() => quoted = Some(c),
                c if quoted == Some(c) => quoted = None,
                'h'..='z' if quoted.is_none() => {
                    let steps = i32::try_from(u32::from(c)).unwrap_or_default() - 110;
                    text.push_str(&name(height + steps));
                    continue;
                }
                _ => {}
            }
            text.push(c);
        }
        text
    }
}

/// The height of a note in steps of the scale, `C` being 0.
fn height(letter: char, marks: &str) -> i32 {
    let step = Step::from_letter(letter).map_or(0, |step| step as i32);
    let octave = i32::from(letter.is_ascii_lowercase());
    let of_mark = |mark: char| if mark == ',' { -1 } else { 1 };
    step + 7 * (octave + marks.chars().map(of_mark).sum::<i32>())
}

/// The note at `height`, as ABC writes it.
fn name(height: i32) -> String {
    let letters = ['C', 'D', 'E', 'F', 'G', 'A', 'B'];
    let index = usize::try_from(height.rem_euclid(7)).unwrap_or_default();
    let letter = letters.get(index).copied().unwrap_or('C');
    let octave = height.div_euclid(7);
    let times = |count: i32| usize::try_from(count).unwrap_or_default();
    if octave > 0 {
        format!(
            "{}{}",
            letter.to_ascii_lowercase(),
            "'".repeat(times(octave - 1))
        )
    } else {
        format!("{letter}{}", ",".repeat(times(-octave)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(target: &str, text: &str, music: &str) -> Option<(usize, String)> {
        let known = Macro {
            target: target.to_owned(),
            text: text.to_owned(),
            transposes: target.contains('n'),
        };
        known.at(music)
    }

    #[test]
    fn static_and_transposing_macros() {
        let found = |taken, text: &str| Some((taken, text.to_owned()));
        assert_eq!(expand("~G3", "G{A}G{F}G", "~G3 A"), found(3, "G{A}G{F}G"));
        assert_eq!(expand("~G3", "G{A}G{F}G", "~G A"), None);
        assert_eq!(
            expand("~n3", "n{o}n{m}n", "~c'3"),
            found(4, "c'{d'}c'{b}c'")
        );
        assert_eq!(expand("~n3", "n{o}n{m}n", "~C3"), found(3, "C{D}C{B,}C"));
        assert_eq!(
            expand("~n", "!turn!\"so\"n", "~A,2"),
            found(3, "!turn!\"so\"A,")
        );
        assert_eq!(expand("~n3", "n", "~z3"), None);
    }
}
