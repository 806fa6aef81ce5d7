//! Syllables: how words are cut in lyric events, and in the texts of karaoke files.

use crate::score::{Lyric, Syllabic};
use crate::time::Ticks;

/// A syllable as it is read, at its moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Syllable {
    pub(super) at: Ticks,
    pub(super) lyric: Lyric,
}

/// The text of a lyric event: a hyphen after it joins it to the next, an underscore says that it is
/// drawn out.
pub(super) fn encode(lyric: &Lyric) -> String {
    let extend = if lyric.extend { "_" } else { "" };
    let hyphen = match lyric.syllabic {
        Syllabic::Begin | Syllabic::Middle => "-",
        Syllabic::Single | Syllabic::End => "",
    };
    format!("{}{extend}{hyphen}", lyric.text)
}

/// The syllables of lyric events in order of time; several at one moment are the verses. Where no
/// event has a hyphen and some have spaces, words end at the spaces.
pub(super) fn decode(events: &[(Ticks, &str)]) -> Vec<Syllable> {
    let by_spaces = !events.iter().any(|(_, text)| text.trim().ends_with('-'))
        && events.iter().any(|(_, text)| text.trim() != *text);
    let mut inside_word = [false; 256];
    let mut syllables = Vec::new();
    let mut verse = 0u8;
    for (index, &(at, text)) in events.iter().enumerate() {
        let goes_on = index > 0 && events[index - 1].0 == at;
        verse = if goes_on { verse.saturating_add(1) } else { 1 };
        let line = text.trim_start_matches(begins_word);
        let trimmed = line.trim();
        let hyphenless = trimmed.strip_suffix('-');
        let joined = if by_spaces {
            let next = events.get(index + 1).map_or("/", |&(_, next)| next);
            !(line.ends_with(char::is_whitespace) || next.starts_with(begins_word))
        } else {
            hyphenless.is_some()
        };
        let text = hyphenless.unwrap_or(trimmed).trim_end();
        let unextended = text.trim_end_matches(|c: char| c == '_' || c.is_whitespace());
        if unextended.is_empty() {
            continue;
        }
        let inside = &mut inside_word[usize::from(verse)];
        let syllabic = match (*inside, joined) {
            (false, false) => Syllabic::Single,
            (false, true) => Syllabic::Begin,
            (true, true) => Syllabic::Middle,
            (true, false) => Syllabic::End,
        };
        *inside = joined;
        let lyric = Lyric {
            verse,
            text: unextended.to_owned(),
            syllabic,
            extend: text.ends_with('_'),
        };
        syllables.push(Syllable { at, lyric });
    }
    syllables
}

/// Whether what comes after a character in karaoke begins a word: after a space, a line, a page.
fn begins_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '/' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(texts: &[&str]) -> Vec<(String, Syllabic)> {
        let events: Vec<(Ticks, &str)> = (0..).map(Ticks).zip(texts.iter().copied()).collect();
        decode(&events)
            .into_iter()
            .map(|s| (s.lyric.text, s.lyric.syllabic))
            .collect()
    }

    #[test]
    fn hyphens_join_syllables() {
        let found = decoded(&["Ky-", "ri-", "e", "e-", "lei-", "son", "Christe"]);
        let kinds: Vec<Syllabic> = found.iter().map(|(_, kind)| *kind).collect();
        use Syllabic::{Begin, End, Middle, Single};
        assert_eq!(kinds, [Begin, Middle, End, Begin, Middle, End, Single]);
    }

    #[test]
    fn karaoke_joins_by_spaces() {
        let found = decoded(&[
            "\\Ma", "ry ", "was ", "a ", "lit", "tle ", "lamb,", "/Lit", "tle ",
        ]);
        let words: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(
            words,
            ["Ma", "ry", "was", "a", "lit", "tle", "lamb,", "Lit", "tle"]
        );
        use Syllabic::{Begin, End, Single};
        let kinds: Vec<Syllabic> = found.iter().map(|(_, kind)| *kind).collect();
        assert_eq!(
            kinds,
            [Begin, End, Single, Single, Begin, End, Single, Begin, End]
        );
    }

    #[test]
    fn verses_share_a_moment() {
        let events = [
            (Ticks(0), ""),
            (Ticks(0), "se-"),
            (Ticks(5), "first"),
            (Ticks(5), "cond_"),
        ];
        let found = decode(&events);
        let verses: Vec<(u8, &str, bool)> = found
            .iter()
            .map(|s| (s.lyric.verse, s.lyric.text.as_str(), s.lyric.extend))
            .collect();
        assert_eq!(
            verses,
            [(2, "se", false), (1, "first", false), (2, "cond", true)]
        );
        assert_eq!(encode(&found[0].lyric), "se-");
        assert_eq!(encode(&found[2].lyric), "cond_");
    }
}
