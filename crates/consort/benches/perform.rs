//! How many notes a second the dynamics network plays: `cargo bench -p consort --bench perform`.
//!
//! With `--lines` it prints the times that `evaluations/dynamics/speed.py` sets beside those of PyTorch.

use std::time::Instant;

use consort::families::family;
use consort::models::default_weights;
use consort::{Generator, Options, Prompt};
use consort_learn::{Device, Seed, progress};
use consort_music::{Note, Part, Pitch, Resolution, Score, Ticks};
use divan::counter::ItemsCount;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

/// Notes of a piece of some five minutes.
const NOTES: usize = 3000;

/// What is timed: a name, and the temperature. At 0 notes are read, and none is drawn.
const TASKS: [(&str, &str); 2] = [("read", "0"), ("play", "1")];

fn main() {
    if std::env::args().any(|argument| argument == "--lines") {
        lines();
    } else {
        divan::main();
    }
}

fn generator() -> Generator {
    let dynamics = family("dynamics").expect("it is there");
    let weights = default_weights("dynamics").expect("they are in the binary");
    dynamics.load(weights, Device::Cpu).expect("they fit")
}

/// Chords of three notes over a bass, at 120.
fn score() -> Prompt {
    let mut score = Score::new(Resolution::MIDI);
    let note = |index: usize| {
        let at = i64::try_from(index / 4).expect("a few notes") * 240;
        let pitch = 36 + (index % 4) * 8 + (index / 4 * 5) % 17;
        let pitch = u8::try_from(pitch).expect("a key of a piano");
        let pitch = Pitch::try_from(pitch).expect("a key of a piano");
        Note::new(Ticks(at), Ticks(220), pitch)
    };
    score.parts.push(Part {
        notes: (0..NOTES).map(note).collect(),
        ..Part::default()
    });
    Prompt::Score(score)
}

/// Plays the piece, from the score to the score.
fn played(generator: &Generator, score: &Prompt, temperature: &str) {
    let dynamics = family("dynamics").expect("it is there");
    let mut options = Options::new(dynamics.options());
    options.set("temperature", temperature).expect("it is one");
    let piece = generator.generate(score, &options, Seed(1), &mut progress::unobserved);
    divan::black_box(piece.expect("it can be played"));
}

/// A piece of some five minutes, from the score to the score.
#[divan::bench(sample_count = 10, args = TASKS.map(|(name, _)| name))]
fn five_minutes(bencher: divan::Bencher<'_, '_>, name: &str) {
    let task = TASKS.iter().find(|task| task.0 == name);
    let &(_, temperature) = task.expect("it is of the table");
    let (generator, score) = (generator(), score());
    let bencher = bencher.counter(ItemsCount::new(NOTES));
    bencher.bench_local(|| played(&generator, &score, temperature));
}

/// Microseconds a note of each task as lines of JSON.
fn lines() {
    let (generator, score) = (generator(), score());
    for (name, temperature) in TASKS {
        played(&generator, &score, temperature);
        let mut times: Vec<f64> = (0..5)
            .map(|_| {
                let begun = Instant::now();
                played(&generator, &score, temperature);
                #[expect(clippy::cast_precision_loss, reason = "a few notes")]
                let notes = NOTES as f64;
                begun.elapsed().as_secs_f64() / notes * 1e6
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("{{\"name\": \"{name}\", \"us_per_note\": {:.3}}}", times[2]);
    }
}
