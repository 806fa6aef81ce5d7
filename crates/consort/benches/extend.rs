//! How many seconds of sound the spectral network plays in a second: `cargo bench -p consort --bench extend`.
//!
//! With `--lines` it prints the time that `evaluations/spectral/speed.py` sets beside that of PyTorch.

use std::time::Instant;

use consort::families::family;
use consort::models::default_weights;
use consort::{Generator, Music, Options};
use consort_learn::{Device, Seed, progress};

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

/// Seconds that are played.
const SECONDS: [u32; 2] = [10, 60];

fn main() {
    if std::env::args().any(|argument| argument == "--lines") {
        lines();
    } else {
        divan::main();
    }
}

fn generator() -> Generator {
    let spectral = family("spectral").expect("it is there");
    let weights = default_weights("spectral").expect("they are in the binary");
    spectral.load(weights, Device::Cpu).expect("they fit")
}

/// Plays so many seconds after the example, from the prompt to the samples.
fn played(generator: &Generator, seconds: u32) {
    let spectral = family("spectral").expect("it is there");
    let mut options = Options::new(spectral.options());
    options
        .set("seconds", &seconds.to_string())
        .expect("it is a length");
    let prompt = spectral.example();
    let observe = &mut progress::unobserved;
    let piece = generator.generate(&prompt, &options, Seed(1), observe);
    let Music::Sound(sound) = piece.expect("it goes on").music else {
        panic!("it makes sound");
    };
    divan::black_box(sound.samples(observe).expect("nobody stops it"));
}

/// From the prompt to the samples, on one thread.
#[divan::bench(sample_count = 10, args = SECONDS)]
fn seconds(bencher: divan::Bencher<'_, '_>, seconds: u32) {
    let generator = generator();
    bencher.bench_local(|| played(&generator, seconds));
}

/// Microseconds a frame of 32 ms as a line of JSON.
fn lines() {
    let generator = generator();
    played(&generator, 10);
    let mut times: Vec<f64> = (0..5)
        .map(|_| {
            let begun = Instant::now();
            played(&generator, 60);
            begun.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let frames = 60.0 / 0.032;
    println!("{{\"us_per_frame\": {:.2}}}", times[2] / frames * 1e6);
}
