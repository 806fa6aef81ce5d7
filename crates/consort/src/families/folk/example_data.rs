//! A small corpus of our own making: plain tunes of two repeated sections, in several keys and two
//! metres.
//!
//! It stands in for the real sets where they are absent: enough to see a network learn, not to make
//! a musician of it.

use std::fs;
use std::io;
use std::path::Path;

use consort_corpus::folk::{NOTTINGHAM, PUBLIC_DOMAIN};
use consort_learn::{Seed, Stream};

/// Tunes in each set.
const TUNES: usize = 60;

/// Bars in a section.
const BARS: usize = 4;

const KEYS: [&str; 4] = ["G", "D", "C", "A"];

/// A kind of tune.
struct Kind {
    rhythm: &'static str,
    metre: &'static str,
    /// Bars as the lengths of their notes in eighths.
    bars: &'static [&'static [u8]],
    /// The last bar of a section.
    close: &'static [u8],
}

const KINDS: [Kind; 2] = [
    Kind {
        rhythm: "jig",
        metre: "6/8",
        bars: &[
            &[1, 1, 1, 1, 1, 1],
            &[2, 1, 2, 1],
            &[1, 1, 1, 3],
            &[3, 2, 1],
        ],
        close: &[2, 1, 3],
    },
    Kind {
        rhythm: "reel",
        metre: "4/4",
        bars: &[
            &[2, 1, 1, 2, 2],
            &[1, 1, 1, 1, 2, 2],
            &[4, 4],
            &[2, 2, 2, 2],
        ],
        close: &[2, 2, 4],
    },
];

/// Writes both sets.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    let mut stream = Seed(1).stream("example data", 0);
    let sets = [
        (PUBLIC_DOMAIN, "oneills1850", "0001-0060.abc"),
        (NOTTINGHAM, "ABC_cleaned", "jigs.abc"),
    ];
    for (set, below, file) in sets {
        let folder = folder.join(set).join(below);
        fs::create_dir_all(&folder)?;
        let tunes: String = (1..=TUNES)
            .map(|number| tune(number, &mut stream))
            .collect();
        fs::write(folder.join(file), tunes)?;
    }
    Ok(())
}

fn tune(number: usize, stream: &mut Stream) -> String {
    let kind = &KINDS[stream.below(KINDS.len())];
    let key = KEYS[stream.below(KEYS.len())];
    let section = |stream: &mut Stream| {
        let mut degree = 4;
        let mut bars: Vec<String> = (1..BARS)
            .map(|_| {
                bar(
                    kind.bars[stream.below(kind.bars.len())],
                    key,
                    &mut degree,
                    stream,
                )
            })
            .collect();
        // The last note is the tonic.
        let (last, others) = kind.close.split_last().expect("a bar has notes");
        let others = bar(others, key, &mut degree, stream);
        bars.push(others + &note(key, 0, *last));
        format!("|: {} :|\n", bars.join(" | "))
    };
    let music = section(stream) + &section(stream);
    let Kind { rhythm, metre, .. } = kind;
    format!("X:{number}\nT:Exercise {number}\nR:{rhythm}\nM:{metre}\nL:1/8\nK:{key}\n{music}\n")
}

/// Notes of these lengths that wander from the degree before, a step or two at a time.
fn bar(lengths: &[u8], key: &str, degree: &mut usize, stream: &mut Stream) -> String {
    let wander = |&eighths: &u8| {
        *degree = (*degree + stream.below(5)).saturating_sub(2).min(7);
        note(key, *degree, eighths)
    };
    lengths.iter().map(wander).collect()
}

/// A note in ABC, so many steps above the lowest tonic that letters without marks have.
fn note(key: &str, step: usize, eighths: u8) -> String {
    const LETTERS: &[u8; 14] = b"CDEFGABcdefgab";
    let tonic = LETTERS
        .iter()
        .position(|letter| key.as_bytes()[0] == *letter);
    let letter = char::from(LETTERS[tonic.unwrap_or(0) + step]);
    match eighths {
        1 => letter.to_string(),
        eighths => format!("{letter}{eighths}"),
    }
}
