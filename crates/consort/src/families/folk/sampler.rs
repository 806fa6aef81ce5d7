//! Writes a tune: draws one character after another.

use consort_learn::draw::draw;
use consort_learn::{Observer, Stream};
use consort_music::tune::Guide;

use super::encoding::{SYMBOLS, character_of, symbol_of};
use super::network::Speaker;
use crate::error::Error;
use crate::families::protocol::tell;
use crate::piece::TracePoint;

/// Characters of the article's samples.
pub const ARTICLE_CHARACTERS: usize = 1024;

/// How characters are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawing {
    /// By what log-probabilities are divided; 0 takes the likeliest.
    pub temperature: f32,
    /// Only the likeliest characters that together have this probability are drawn among; 1 is all.
    pub top_p: f32,
}

/// A text and what the network thought of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// The characters.
    pub text: String,
    /// How many were drawn; others were the only ones that could come.
    pub drawn: usize,
    /// The cost of the characters to the network, in nats: how surprising it found them.
    pub nats: f64,
    /// What the guide cost: how much probability the network had given to characters that it refused,
    /// in nats.
    pub refused: f64,
    /// The same bar by bar.
    pub trace: Vec<TracePoint>,
}

/// Writes what `guide` leaves to the network, until the tune is complete; its music begins with `music`.
///
/// # Errors
/// If the guide does not allow that music, or the observer stops it.
pub fn write_guided(
    speaker: &mut Speaker,
    guide: &mut Guide,
    music: &str,
    drawing: Drawing,
    stream: &mut Stream,
    observe: &mut Observer<'_>,
) -> Result<Written, Error> {
    let mut written = Written::default();
    let mut bar = Bar::default();
    let mut in_music = false;
    while !guide.is_complete() {
        let mut logits = [f32::NEG_INFINITY; SYMBOLS];
        let (mut allowed, mut choices) = (0.0, 0);
        for symbol in guide.allowed().iter().filter_map(symbol_of) {
            let log = speaker.next()[usize::from(symbol)];
            logits[usize::from(symbol)] = log;
            allowed += f64::from(log).exp();
            choices += 1;
        }
        let symbol = pick(&mut logits, drawing, stream);
        let symbol = symbol.expect("a guide always allows a character that there is a symbol for");
        let log = f64::from(speaker.next()[usize::from(symbol)]);
        written.drawn += usize::from(choices > 1);
        written.refused -= allowed.ln().min(0.0);
        written.nats -= log;
        bar.add(log, choices > 1);
        let character = character_of(symbol);
        guide.push(character).expect("it was allowed");
        speaker.hear(symbol);
        written.text.push(character);
        if !in_music && guide.in_music() {
            in_music = true;
            begin(speaker, guide, music, &mut written.text)?;
        }
        if matches!(character, '|' | '\n') {
            written.trace.extend(bar.end(written.trace.len()));
            let done = written.trace.len();
            tell(observe, "bar", done, done)?;
        }
    }
    Ok(written)
}

/// Has the music begin with `music`, and the sign of repeat before it if the form wants one.
fn begin(
    speaker: &mut Speaker,
    guide: &mut Guide,
    music: &str,
    text: &mut String,
) -> Result<(), Error> {
    let sign = if !music.is_empty() && guide.allows('|') {
        "|:"
    } else {
        ""
    };
    for (place, character) in sign.chars().chain(music.chars()).enumerate() {
        let symbol = symbol_of(character).filter(|_| guide.push(character).is_ok());
        let symbol = symbol.ok_or_else(|| {
            let fits: String = music
                .chars()
                .take(place.saturating_sub(sign.len()))
                .collect();
            Error::prompt(
                format!("the beginning cannot go on with {character:?} after \"{fits}\""),
                "look whether it fits the form, the chords and the accidentals that are asked for",
            )
        })?;
        speaker.hear(symbol);
        text.push(character);
    }
    Ok(())
}

/// What is written without a guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freedom {
    /// As the article does: from a random character on, whatever comes, 1,024 characters.
    Article,
    /// A tune as it was published, from its beginning to the first blank line, if that comes within
    /// 4,096 characters.
    Tune,
    /// A plain tune text, from its beginning to the end of the first line that is no field, if that
    /// comes within 4,096 characters.
    PlainText,
}

impl Freedom {
    /// The most characters that are written.
    fn characters(self) -> usize {
        match self {
            Freedom::Article => ARTICLE_CHARACTERS,
            Freedom::Tune | Freedom::PlainText => 4 * ARTICLE_CHARACTERS,
        }
    }

    /// Whether there is more to write after `text`.
    fn goes_on(self, text: &str) -> bool {
        match self {
            Freedom::Article => true,
            Freedom::Tune => !text.ends_with("\n\n"),
            Freedom::PlainText => {
                let last = text.lines().last().unwrap_or_default().as_bytes();
                let is_field =
                    last.first().is_some_and(u8::is_ascii_alphabetic) && last.get(1) == Some(&b':');
                !text.ends_with('\n') || is_field
            }
        }
    }
}

/// Writes without a guide, whatever comes.
///
/// # Errors
/// If the observer stops it.
pub fn write_freely(
    speaker: &mut Speaker,
    freedom: Freedom,
    drawing: Drawing,
    stream: &mut Stream,
    observe: &mut Observer<'_>,
) -> Result<Written, Error> {
    let mut written = Written::default();
    let mut bar = Bar::default();
    while written.drawn < freedom.characters() && freedom.goes_on(&written.text) {
        let mut logits = [0.0; SYMBOLS];
        if freedom != Freedom::Article || written.drawn > 0 {
            logits.copy_from_slice(speaker.next());
        }
        let symbol = pick(&mut logits, drawing, stream).expect("every symbol can come");
        let log = f64::from(speaker.next()[usize::from(symbol)]);
        written.nats -= log;
        written.drawn += 1;
        bar.add(log, true);
        speaker.hear(symbol);
        let character = character_of(symbol);
        written.text.push(character);
        if matches!(character, '|' | '\n') {
            written.trace.extend(bar.end(written.trace.len()));
            tell(observe, "character", written.drawn, freedom.characters())?;
        }
    }
    Ok(written)
}

/// Draws a symbol.
fn pick(logits: &mut [f32; SYMBOLS], drawing: Drawing, stream: &mut Stream) -> Option<u8> {
    if drawing.top_p < 1.0 {
        keep_likeliest(logits, drawing);
    }
    let symbol = draw(logits, drawing.temperature, stream)?;
    u8::try_from(symbol).ok()
}

/// Makes all symbols impossible but the likeliest that together have the probability asked for: at least
/// one (A. Holtzman et al., *The Curious Case of Neural Text Degeneration*, 2020).
fn keep_likeliest(logits: &mut [f32; SYMBOLS], drawing: Drawing) {
    let temperature = drawing.temperature.max(f32::MIN_POSITIVE);
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weight = |logit: f32| ((logit - most) / temperature).exp();
    let mut order: Vec<usize> = (0..SYMBOLS).collect();
    order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    let all: f32 = logits.iter().map(|&logit| weight(logit)).sum();
    let mut kept = 0.0;
    for symbol in order {
        if kept > 0.0 && kept >= drawing.top_p * all {
            logits[symbol] = f32::NEG_INFINITY;
        }
        kept += weight(logits[symbol]);
    }
}

/// What a bar costs.
#[derive(Clone, Copy, Debug, Default)]
struct Bar {
    nats: f64,
    drawn: u32,
    characters: u32,
}

impl Bar {
    fn add(&mut self, log: f64, drawn: bool) {
        self.nats -= log;
        self.characters += 1;
        self.drawn += u32::from(drawn);
    }

    /// The bar as the point after `before` others, and a new one begun.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a bar is short"
    )]
    fn end(&mut self, before: usize) -> Option<TracePoint> {
        let bar = std::mem::take(self);
        let characters = bar.characters as f32;
        (bar.characters > 0).then(|| TracePoint {
            pass: u32::try_from(before + 1).unwrap_or(u32::MAX),
            drawn: bar.drawn as f32 / characters,
            nll: bar.nats as f32 / characters,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use consort_learn::Seed;

    #[test]
    fn a_text_goes_on_until_it_has_an_end() {
        for (freedom, open, ended) in [
            (Freedom::Tune, "X:1\nK:C\nC|\n", "X:1\nK:C\nC|\n\n"),
            (Freedom::PlainText, "M:4/4\nK:C\n", "K:C\nC|]\n"),
        ] {
            assert!(freedom.goes_on("") && freedom.goes_on(open) && !freedom.goes_on(ended));
        }
        assert!(Freedom::Article.goes_on("K:C\nC|\n\n"));
    }

    #[test]
    fn only_the_likeliest_are_drawn() {
        let mut stream = Seed(1).stream("test", 0);
        let drawing = Drawing {
            temperature: 1.0,
            top_p: 0.6,
        };
        for _ in 0..200 {
            let mut logits = [f32::NEG_INFINITY; SYMBOLS];
            (logits[3], logits[5], logits[7]) = (0.5_f32.ln(), 0.3_f32.ln(), 0.2_f32.ln());
            let drawn = pick(&mut logits, drawing, &mut stream);
            assert!(matches!(drawn, Some(3 | 5)), "{drawn:?}");
        }
        let mut logits = [0.0; SYMBOLS];
        let least = Drawing {
            top_p: 0.0,
            ..drawing
        };
        assert!(pick(&mut logits, least, &mut stream).is_some());
    }
}
