//! How long the article's network takes over a batch, learning and predicting:
//! `cargo bench -p consort --bench article`.

use burn::module::Module;
use consort::families::chorale::config::{Architecture, ArticleArchitecture};
use consort::families::chorale::encoding::{Attack, Grid, Moment, VOICES, Window};
use consort::families::chorale::network::{Network, Predict};
use consort_learn::{Noise, Objective, Seed};

fn main() {
    divan::main();
}

/// As published.
fn network() -> Network {
    let architecture = ArticleArchitecture {
        blocks: 10,
        filters: 64,
        kernel: 5,
    };
    Network::new(&Architecture::Article(architecture), Seed(1))
}

/// Four bars of 4/4 in eighths each, every second step hidden.
fn windows(count: usize) -> Vec<Window> {
    let steps = 32;
    let window = Window {
        grid: Grid::Eighth,
        classes: (0..steps)
            .map(|step| [20, 15, 10, 5].map(|class| class + step % 7))
            .collect(),
        attacks: vec![[Attack::Unknown; VOICES]; usize::from(steps)],
        tells_attacks: [false; VOICES],
        known: (0..steps).map(|step| [step % 2 == 0; VOICES]).collect(),
        moments: vec![Moment::default(); usize::from(steps)],
        centre: None,
    };
    vec![window; count]
}

/// The loss of a batch and its gradients.
#[divan::bench(args = [10, 20], sample_count = 3)]
fn learns(bencher: divan::Bencher<'_, '_>, count: usize) {
    let (network, windows) = (network(), windows(count));
    bencher.bench_local(|| {
        let network = network.clone().train();
        network.loss(&windows, &mut Noise::off()).mean.backward()
    });
}

/// The classes of a batch.
#[divan::bench(args = [1, 4, 20], sample_count = 3)]
fn predicts(bencher: divan::Bencher<'_, '_>, count: usize) {
    let (network, windows) = (network(), windows(count));
    bencher.bench_local(|| network.predict(&windows));
}
