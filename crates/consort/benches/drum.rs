//! How long the drums networks take for a step and for a bar: `cargo bench -p consort --bench drum`.
//!
//! With the file of `evaluations/drums/speed.py` as its last argument it times the same networks in that
//! file's way instead, and writes there: `cargo bench -p consort --bench drum -- --lines FILE`.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::time::Instant;

use consort::families::drums::band::Band;
use consort::families::drums::config::{Architecture, Decision};
use consort::families::drums::encoding::Conditions;
use consort::families::drums::network::{Network, Player, WRITING};
use consort::families::drums::sampler::play;
use consort::families::family;
use consort_learn::{Progress, Seed};
use consort_music::Metre;
use divan::counter::ItemsCount;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

/// The networks: a preset, and the steps of the window of the article's.
const NETWORKS: [(&str, &str, Option<usize>); 5] = [
    ("default", "default", None),
    ("article-lstm-32", "article-lstm", Some(32)),
    ("article-lstm-128", "article-lstm", Some(128)),
    ("article-cnn-32", "article-cnn", Some(32)),
    ("article-cnn-128", "article-cnn", Some(128)),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "--lines") {
        Some(at) => lines(&arguments[at + 1]),
        None => divan::main(),
    }
}

/// A network of a preset, with initial weights: how good it is makes no difference here.
fn player(preset: &str, window: Option<usize>) -> Player {
    let presets = family("drums").expect("it is there").presets();
    let preset = presets.iter().find(|known| known.name == preset);
    let text = preset.expect("it is there").toml;
    let mut table: toml::Table = toml::from_str(text).expect("presets are TOML");
    if let Some(steps) = window {
        let steps = i64::try_from(steps).expect("a few steps");
        table["architecture"]["network"]["steps"] = toml::Value::Integer(steps);
    }
    let architecture = table["architecture"].clone().try_into::<Architecture>();
    let network = Network::new(&architecture.expect("presets fit"), Seed(1));
    Player::new(&network, WRITING)
}

/// Steps played, each heard before the next.
fn played(player: &Player, steps: usize) {
    let mut band = Band::begin(player, Metre::COMMON, Conditions::default());
    let mut stream = Seed(1).stream("drums", 0);
    let mut go_on = |_: Progress| ControlFlow::Continue(());
    let sounds = vec![true; steps];
    let played = play(
        &mut band,
        &sounds,
        Decision::DEFAULT,
        &mut stream,
        &mut go_on,
    );
    divan::black_box(played.expect("nobody stops it"));
}

/// A hundred steps, all that is told of them and drawn included, on one thread.
#[divan::bench(sample_count = 10, args = NETWORKS.map(|(name, _, _)| name))]
fn a_hundred_steps(bencher: divan::Bencher<'_, '_>, name: &str) {
    let found = NETWORKS.iter().find(|network| network.0 == name);
    let &(_, preset, window) = found.expect("it is of the table");
    let player = player(preset, window);
    let bencher = bencher.counter(ItemsCount::new(100_usize));
    bencher.bench_local(|| played(&player, 100));
}

/// The bar that a player needs next: sixteen steps after sixty-four bars, by two players who agree.
#[divan::bench(sample_count = 20)]
fn the_next_bar(bencher: divan::Bencher<'_, '_>) {
    let player = player("default", None);
    let conditions = Conditions {
        density: Some(1.2),
        ..Conditions::default()
    };
    let mut band = Band::begin(&player, Metre::COMMON, conditions);
    let mut stream = Seed(1).stream("drums", 0);
    let mut go_on = |_: Progress| ControlFlow::Continue(());
    let heard = vec![true; 64 * 16];
    play(
        &mut band,
        &heard,
        Decision::DEFAULT,
        &mut stream,
        &mut go_on,
    )
    .expect("nobody stops it");
    bencher
        .with_inputs(|| band.clone())
        .bench_local_values(|mut band| {
            let bar = play(
                &mut band,
                &[true; 16],
                Decision::DEFAULT,
                &mut stream,
                &mut go_on,
            );
            divan::black_box(bar.expect("nobody stops it"));
        });
}

/// Microseconds a step of each network as lines of JSON.
fn lines(path: &str) {
    let mut lines = String::new();
    for (name, preset, window) in NETWORKS {
        let player = player(preset, window);
        let mut times: Vec<f64> = (0..7)
            .map(|_| {
                let begun = Instant::now();
                played(&player, 400);
                begun.elapsed().as_secs_f64() / 400.0 * 1e6
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        let (least, most) = (times[0], times[times.len() - 1]);
        writeln!(
            lines,
            "{{\"name\": \"{name}\", \"us_per_step\": {median:.2}, \"min\": {least:.2}, \"max\": {most:.2}}}"
        )
        .expect("a string takes any text");
    }
    std::fs::write(path, lines).expect("the file can be written");
}
