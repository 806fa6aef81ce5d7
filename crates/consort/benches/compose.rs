//! How long the folk network takes for a character and for a tune: `cargo bench -p consort --bench compose`.

use std::ops::ControlFlow;

use consort::families::family;
use consort::families::folk::encoding::SYMBOLS;
use consort::families::folk::network::{Network, Speaker, WRITING};
use consort::{Generator, Options, Prompt};
use consort_learn::{Device, Progress, Seed};
use divan::counter::ItemsCount;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

fn speaker() -> Speaker {
    let weights = consort::models::default_weights("folk").expect("they are embedded");
    let architecture = weights.header.architecture.clone();
    let architecture = serde_json::from_value(architecture).expect("they fit");
    let network = weights.into_network(Network::new(&architecture, Seed(0)));
    Speaker::new(&network.expect("they fit"), WRITING)
}

/// A thousand characters heard and answered, in the words of the network alone, on one thread.
#[divan::bench(sample_count = 10)]
fn a_thousand_characters(bencher: divan::Bencher<'_, '_>) {
    let speaker = speaker();
    let bencher = bencher.counter(ItemsCount::new(1000_usize));
    bencher.bench_local(|| {
        let mut speaker = speaker.clone();
        for place in 0..1000 {
            speaker.hear((place * 7 % SYMBOLS) as u8);
        }
        divan::black_box(speaker.next()[0]);
    });
}

fn generator() -> Generator {
    let family = family("folk").expect("it is there");
    let weights = consort::models::default_weights("folk").expect("they are embedded");
    family.load(weights, Device::Cpu).expect("they fit")
}

/// Tunes of sixteen bars with chords, each with a seed of its own, drawn, guided, read and held against
/// those that were learnt.
#[divan::bench(sample_count = 10)]
fn ten_tunes(bencher: divan::Bencher<'_, '_>) {
    let family = family("folk").expect("it is there");
    let generator = generator();
    let mut options = Options::new(family.options());
    options.set("bars", "16").expect("a number of bars");
    let mut go_on = |_: Progress| ControlFlow::Continue(());
    let bencher = bencher.counter(ItemsCount::new(10_usize));
    bencher.bench_local(|| {
        for seed in 0..10 {
            let tune = generator.generate(&Prompt::Nothing, &options, Seed(seed), &mut go_on);
            divan::black_box(tune.expect("a tune can be written"));
        }
    });
}

/// Reading the weights, which every request from a fresh process pays once.
#[divan::bench]
fn loading() {
    divan::black_box(generator());
}
