//! When notes of a page are played, beside when pianists played them.

use std::collections::BTreeMap;

use consort_learn::Observer;

use super::{Study, correlation, deviation, mean};
use crate::error::Error;
use crate::families::dynamics::encoding::{
    DELAY_UNIT, LENGTH_UNIT, Passage, Pedal, TEMPO_UNIT, Timed, timings,
};
use crate::families::dynamics::generator::TIMING_TEMPERATURE;
use crate::families::dynamics::network::NoteNetwork;
use crate::families::dynamics::sampler::{Intent, play};
use crate::report::{Figure, Table};

/// A quantity that is drawn, and its unit.
type Quantity = (fn(&Timed) -> Option<f32>, f64);

const QUANTITIES: [Quantity; 3] = [
    (|timed| timed.tempo, TEMPO_UNIT),
    (|timed| timed.delay, DELAY_UNIT),
    (|timed| timed.length, LENGTH_UNIT),
];

/// The timing of some performances.
#[derive(Debug, Default)]
struct Found {
    /// Correlations with the pianist's, by work, of each quantity.
    correlations: [BTreeMap<String, Vec<f64>>; QUANTITIES.len()],
    /// Deviations within performances, of each quantity.
    spreads: [Vec<f64>; QUANTITIES.len()],
    lengths: Vec<f64>,
    chords: f64,
    down: f64,
    pressed: f64,
    agreed: f64,
}

impl Found {
    fn add(&mut self, work: &str, timed: &[Timed], human: &[Timed]) {
        for (index, (quantity, unit)) in QUANTITIES.into_iter().enumerate() {
            let pairs = timed.iter().zip(human);
            let pairs =
                pairs.filter_map(|(timed, human)| Some((quantity(timed)?, quantity(human)?)));
            let (said, played): (Vec<f64>, Vec<f64>) = pairs
                .map(|(said, played)| (f64::from(said) * unit, f64::from(played) * unit))
                .unzip();
            let correlation = correlation(&said, &played);
            let by_work = self.correlations[index].entry(work.to_owned());
            by_work.or_default().push(correlation);
            self.spreads[index].push(deviation(&said));
            if index == 2 {
                self.lengths.push(mean(&said));
            }
        }
        for (timed, human) in timed.iter().zip(human) {
            let (Some(said), Some(played)) = (timed.pedal, human.pedal) else {
                continue;
            };
            let one_if = |is: bool| f64::from(u8::from(is));
            self.chords += 1.0;
            self.down += one_if(said != Pedal::Up);
            self.pressed += one_if(said == Pedal::Pressed);
            self.agreed += one_if(said == played);
        }
    }

    fn agreement(&self) -> Vec<Figure> {
        let by_piece = self.correlations.iter().map(|by_work| {
            let pieces: Vec<f64> = by_work.values().map(|of_piece| mean(of_piece)).collect();
            Figure::measured(mean(&pieces), 3)
        });
        let pedal = Figure::measured(self.agreed / self.chords.max(1.0), 3);
        by_piece.chain([pedal]).collect()
    }

    fn spread(&self) -> Vec<Figure> {
        let [tempo, delay, length] = self.spreads.each_ref().map(|spreads| mean(spreads));
        vec![
            Figure::measured(100.0 * tempo.exp_m1(), 1),
            Figure::measured(1000.0 * delay, 1),
            Figure::measured(mean(&self.lengths).exp(), 2),
            Figure::measured(100.0 * length.exp_m1(), 0),
            Figure::measured(self.down / self.chords.max(1.0), 3),
            Figure::measured(self.pressed / self.chords.max(1.0), 3),
        ]
    }
}

/// Timing as drawn, and its likeliest, beside pianists'.
pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    let notes = study.network.notes.as_ref();
    if !notes.is_some_and(NoteNetwork::knows_timing) {
        return Ok(Vec::new());
    }
    let mut agreement = Table::new(
        "Timing: agreement with pianists",
        &[
            "timing",
            "r of tempo",
            "r of delay",
            "r of length",
            "pedal agreed",
        ],
    );
    let mut spread = Table::new(
        "Timing: spread",
        &[
            "timing",
            "tempo, %",
            "delay, ms",
            "length, of written",
            "its spread, %",
            "pedal down",
            "pedal pressed",
        ],
    );
    for set in study.sets() {
        let on_page = set.performances.iter().filter_map(|one| {
            let score = set.corpus.score_of(one).filter(|_| one.matches_score)?;
            Some((*one, score))
        });
        let mut found: [Found; 3] = Default::default();
        let mut count = 0;
        for (performance, score) in on_page {
            count += 1;
            let passage = Passage::notated(performance, score);
            let human = timings(&passage, performance, score);
            found[0].add(&performance.work, &human, &human);
            for (found, temperature) in found[1..].iter_mut().zip([0.0, TIMING_TEMPERATURE]) {
                let intent = Intent {
                    style: set.style,
                    beats: true,
                    temperature: 0.0,
                    timing: Some(temperature),
                    loudness: None,
                    range: None,
                };
                let mut stream = study.seed.stream(&performance.id, 1);
                let played = play(study.network, &passage, intent, &mut stream, observe)?;
                found.add(&performance.work, &played.timed, &human);
            }
        }
        if count == 0 {
            continue;
        }
        let names = ["pianists", "network, likeliest", "network, as drawn"];
        for (name, found) in names.into_iter().zip(&found) {
            let name = format!("{}: {name}", set.name);
            if !name.ends_with("pianists") {
                agreement.row(name.clone(), found.agreement());
            }
            spread.row(name, found.spread());
        }
        spread.notes.push(format!(
            "{}: {count} of {} performances have a page with as many beats.",
            set.name,
            set.performances.len()
        ));
    }
    agreement.notes.push(
        "Played from the page without hearing the pianist, its own timing recalled. Tempo is that of each beat in \
         which a note begins, delay how late a note is for the place of its beat, length how much longer it is held than \
         written, in logarithms; r is Pearson's within a performance, on the mean over pieces of the mean \
         over a piece's performances. The pedal is up, held or pressed at each chord."
            .to_owned(),
    );
    spread.notes.push(
        "Deviations within a performance, on the mean; the length is a geometric mean; the pedal by chords."
            .to_owned(),
    );
    Ok(vec![agreement, spread])
}
