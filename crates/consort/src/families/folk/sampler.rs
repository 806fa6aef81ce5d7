//! Writes a tune: draws one character after another.

use consort_learn::draw::draw;
use consort_learn::{Observer, Progress, Stream};

use super::encoding::{SYMBOLS, character_of};
use super::network::Speaker;
use crate::error::Error;
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
    /// The cost of the characters to the network, in nats: how surprising it found them.
    pub nats: f64,
    /// The same bar by bar.
    pub trace: Vec<TracePoint>,
}

/// Writes as the article does: from a random character on, whatever comes, 1,024 characters.
///
/// # Errors
/// If the observer stops it.
pub fn write_freely(
    speaker: &mut Speaker,
    drawing: Drawing,
    stream: &mut Stream,
    observe: &mut Observer<'_>,
) -> Result<Written, Error> {
    let mut written = Written::default();
    let mut bar = Bar::default();
    for place in 0..ARTICLE_CHARACTERS {
        let mut logits = [0.0; SYMBOLS];
        if place > 0 {
            logits.copy_from_slice(speaker.next());
        }
        let symbol = pick(&mut logits, drawing, stream).expect("every symbol can come");
        let log = f64::from(speaker.next()[usize::from(symbol)]);
        written.nats -= log;
        bar.add(log, true);
        speaker.hear(symbol);
        let character = character_of(symbol);
        written.text.push(character);
        if matches!(character, '|' | '\n') {
            written.trace.extend(bar.end(written.trace.len()));
            tell(observe, place, ARTICLE_CHARACTERS)?;
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

fn tell(observe: &mut Observer<'_>, done: usize, total: usize) -> Result<(), Error> {
    let progress = Progress {
        unit: "bar",
        done: done as u64,
        total: total.max(done) as u64,
        measure: None,
        held_out: false,
    };
    if observe(progress).is_break() {
        Err(Error::Stopped)
    } else {
        Ok(())
    }
}
