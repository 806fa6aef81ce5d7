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

/// A kind of tune: its name, its metre, and bars of it as steps above the tonic and eighths.
struct Kind {
    rhythm: &'static str,
    metre: &'static str,
    bars: &'static [&'static [(usize, u8)]],
    close: &'static [(usize, u8)],
}

const KINDS: [Kind; 2] = [
    Kind {
        rhythm: "jig",
        metre: "6/8",
        bars: &[
            &[(0, 1), (2, 1), (4, 1), (4, 1), (2, 1), (0, 1)],
            &[(4, 2), (5, 1), (4, 2), (2, 1)],
            &[(1, 1), (2, 1), (3, 1), (1, 3)],
            &[(4, 3), (2, 2), (1, 1)],
        ],
        close: &[(1, 1), (4, 1), (1, 1), (0, 3)],
    },
    Kind {
        rhythm: "reel",
        metre: "4/4",
        bars: &[
            &[(0, 2), (2, 1), (4, 1), (7, 2), (4, 2)],
            &[(5, 1), (4, 1), (3, 1), (2, 1), (1, 2), (4, 2)],
            &[(2, 4), (4, 4)],
            &[(3, 2), (1, 2), (2, 2), (0, 2)],
        ],
        close: &[(1, 2), (4, 2), (0, 4)],
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
    let key = stream.below(KEYS.len());
    let section = |stream: &mut Stream| {
        let mut bars: Vec<String> = (1..BARS)
            .map(|_| bar(kind.bars[stream.below(kind.bars.len())], KEYS[key]))
            .collect();
        bars.push(bar(kind.close, KEYS[key]));
        format!("|: {} :|\n", bars.join(" | "))
    };
    let music = section(stream) + &section(stream);
    format!(
        "X:{number}\nT:Exercise {number}\nR:{}\nM:{}\nL:1/8\nK:{}\n{music}\n",
        kind.rhythm, kind.metre, KEYS[key]
    )
}

/// A bar in ABC, its tonic the lowest that the letters without marks have.
fn bar(notes: &[(usize, u8)], key: &str) -> String {
    const LETTERS: &[u8; 14] = b"CDEFGABcdefgab";
    let tonic = key.as_bytes()[0];
    let tonic = LETTERS
        .iter()
        .position(|&letter| letter == tonic)
        .unwrap_or(0);
    let note = |&(step, eighths): &(usize, u8)| {
        let letter = char::from(LETTERS[tonic + step]);
        match eighths {
            1 => letter.to_string(),
            eighths => format!("{letter}{eighths}"),
        }
    };
    notes.iter().map(note).collect()
}
