//! How long a pass of the chorale network takes, and a whole harmonisation, and how both grow with
//! the length of the piece: `cargo bench -p consort`.

use consort::families::family;
use consort::{Generator, Options, Prompt};
use consort_learn::{Device, Progress, Seed};
use consort_music::{Measure, Metre, Note, Part, Pitch, Resolution, Score, Ticks};
use std::ops::ControlFlow;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// A scale up and down in quarters.
fn melody(bars: usize) -> Prompt {
    let mut score = Score::new(Resolution::new(1).expect("above 0"));
    let mut part = Part::default();
    for bar in 0..bars as i64 {
        let number = (bar + 1).to_string();
        score.measures.push(Measure::new(
            Ticks(bar * 4),
            Ticks(4),
            Some(Metre::COMMON),
            number,
        ));
        for beat in 0..4 {
            let degree = [0, 2, 4, 5, 7, 5, 4, 2][((bar * 4 + beat) % 8) as usize];
            let pitch = Pitch::try_from(67_u8 + degree).expect("a soprano's");
            part.notes
                .push(Note::new(Ticks(bar * 4 + beat), Ticks(1), pitch));
        }
    }
    score.parts.push(part);
    Prompt::Score(score)
}

fn generator() -> Generator {
    let family = family("chorale").expect("it is there");
    let weights = consort::models::default_weights("chorale").expect("they are embedded");
    family.load(weights, Device::Cpu).expect("they fit")
}

fn harmonise(generator: &Generator, prompt: &Prompt, passes: &str) {
    let family = family("chorale").expect("it is there");
    let mut options = Options::new(family.options());
    options.set("steps", passes).expect("a number of passes");
    let mut go_on = |_: Progress| ControlFlow::Continue(());
    let piece = generator.generate(prompt, &options, Seed(1), &mut go_on);
    divan::black_box(piece.expect("a melody can be harmonised"));
}

/// From the weights in memory to a finished score.
#[divan::bench(args = [2, 4, 8, 16, 32, 64, 128], sample_count = 10)]
fn bars_of_sixteenths(bencher: divan::Bencher<'_, '_>, bars: usize) {
    let (generator, prompt) = (generator(), melody(bars));
    bencher.bench_local(|| harmonise(&generator, &prompt, "48"));
}

/// The cost of 16 passes more.
#[divan::bench(args = [2, 16, 128], sample_count = 10)]
fn sixteen_passes(bencher: divan::Bencher<'_, '_>, bars: usize) {
    let (generator, prompt) = (generator(), melody(bars));
    bencher.bench_local(|| harmonise(&generator, &prompt, "16"));
}

/// Reading the weights, which every request from a fresh process pays once.
#[divan::bench]
fn loading() {
    divan::black_box(generator());
}
