//! Sound that goes on from other sound: what was heard is told to a network, and what it says of the next frames is
//! made sound, as long as it is asked for.

use std::collections::VecDeque;

use burn::tensor::{Tensor, TensorData};
use consort_learn::stepper::Precision;
use consort_learn::{Noise, Seed, Stream};

use super::encoding::{
    BINS, Bands, FLOOR, FOURIER_FRAME, FOURIER_VALUES, Fourier, HOP, Spectrogram, Statistics,
    Synthesis, WINDOW,
};
use super::network::{Draw, FourierNetwork, Listener, Network};

/// The precision of weights in which frames are drawn.
const DRAWING: Precision = Precision::BFloat16;

/// Frames of a quarter of a second that the article's networks look back: ten seconds.
const LOOK_BACK: usize = 40;

/// Samples of the end of a recording that are told to a network: sixteen seconds.
pub const CONTEXT: usize = 16 * 16_000;

/// Fewer samples are too few to go on from.
pub const LEAST: usize = 8_000;

/// What goes on from a sound.
pub enum Continuation {
    /// By a network of the article.
    Fourier(Box<FourierContinuation>),
    /// By ours.
    Tones(Box<TonesContinuation>),
}

impl Continuation {
    /// Goes on from the end of `sound`, which has [`LEAST`] samples or more. The first samples of what it says take
    /// the place of the last [`replaced`](Continuation::replaced) of it.
    pub fn after(network: &Network, sound: &[f32], temperature: f32, seed: Seed) -> Continuation {
        if network.fourier.is_some() {
            let continuation = FourierContinuation::after(network, sound);
            Continuation::Fourier(Box::new(continuation))
        } else {
            let continuation = TonesContinuation::after(network, sound, temperature, seed);
            Continuation::Tones(Box::new(continuation))
        }
    }

    /// Samples at the end of the sound that it says anew, fading from what they were.
    pub fn replaced(&self) -> usize {
        match self {
            Continuation::Fourier(_) => 0,
            Continuation::Tones(_) => WINDOW - HOP,
        }
    }

    /// The next samples, some hundreds or thousands.
    pub fn block(&mut self) -> Vec<f32> {
        match self {
            Continuation::Fourier(continuation) => continuation.block(),
            Continuation::Tones(continuation) => continuation.block(),
        }
    }
}

/// The article's way: frames that do not overlap, each said from those of the last ten seconds.
pub struct FourierContinuation {
    network: FourierNetwork,
    statistics: Statistics,
    fourier: Fourier,
    /// Standardised.
    frames: VecDeque<Vec<f32>>,
}

impl FourierContinuation {
    fn after(network: &Network, sound: &[f32]) -> FourierContinuation {
        let (statistics, fourier) = (network.statistics(), Fourier::default());
        let whole = (sound.len() / FOURIER_FRAME).min(LOOK_BACK) * FOURIER_FRAME;
        let frames = sound[sound.len() - whole..].chunks_exact(FOURIER_FRAME);
        let frames = frames.map(|frame| {
            let mut values = fourier.values(frame);
            statistics.standardize(&mut values);
            values
        });
        FourierContinuation {
            frames: frames.collect(),
            network: network.fourier.clone().expect("it is one of the article"),
            statistics,
            fourier,
        }
    }

    fn block(&mut self) -> Vec<f32> {
        let said = expectations(&self.network, self.frames.make_contiguous());
        let mut frame = said.last().expect("it heard a frame").clone();
        self.frames.push_back(frame.clone());
        if self.frames.len() > LOOK_BACK {
            self.frames.pop_front();
        }
        self.statistics.restore(&mut frame);
        self.fourier.samples(&frame)
    }
}

/// A sound as its frames are after they were codes, with phases of their own: what is lost without any foretelling.
/// Nothing for a network of the article, whose frames hold all.
pub fn recoded(network: &Network, sound: &[f32], stream: Stream) -> Option<Vec<f32>> {
    let listener = Listener::new(network, DRAWING)?;
    let spectrogram = Spectrogram::default();
    let mut synthesis = Synthesis::after(sound.get(..WINDOW)?, &spectrogram, stream);
    let mut said = sound[..HOP].to_vec();
    for at in (HOP..=sound.len() - WINDOW).step_by(HOP) {
        let levels = spectrogram.levels(&sound[at..at + WINDOW]);
        said.extend(synthesis.next(&listener.copied(&levels)));
    }
    Some(said)
}

/// The standardised frame that a network of the article expects after each of some, told all those before it.
pub fn expectations(network: &FourierNetwork, frames: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let device = network.penalty().device();
    let numbers = TensorData::new(frames.concat(), [1, frames.len(), FOURIER_VALUES]);
    let said = network.forward(Tensor::<3>::from_data(numbers, &device), &mut Noise::off());
    let said = said.into_data().convert::<f32>();
    let said = said.try_to_vec::<f32>().expect("it holds floats");
    said.chunks(FOURIER_VALUES).map(<[f32]>::to_vec).collect()
}

/// Our way: frames that overlap, drawn one after another.
pub struct TonesContinuation {
    listener: Listener,
    synthesis: Synthesis,
    draw: Draw,
    stream: Stream,
    /// What levels are raised by for the network, so that it hears what it is used to.
    gain: f32,
    keeper: Keeper,
}

/// Keeps what is played about as loud as the recording was: a network that recalls seconds drifts over minutes.
struct Keeper {
    /// The power of a frame of the recording, on the mean, and of what was played lately.
    wanted: f32,
    lately: f32,
}

impl Keeper {
    fn of(frames: &[Vec<f32>]) -> Keeper {
        #[expect(clippy::cast_precision_loss, reason = "some hundred frames")]
        let wanted = frames.iter().map(|frame| power(frame)).sum::<f32>() / frames.len() as f32;
        let wanted = wanted.max(1e-9);
        Keeper {
            wanted,
            lately: wanted,
        }
    }

    /// What levels are to be raised by after another frame was played.
    fn raise(&mut self, levels: &[f32]) -> f32 {
        self.lately += (power(levels) - self.lately) / LATELY;
        let off = 0.5 * (self.lately.max(1e-9) / self.wanted).ln();
        (off.clamp(-FREE, FREE) - off).clamp(-KEPT, KEPT)
    }
}

/// Frames over which loudness is averaged: six seconds.
const LATELY: f32 = 188.0;

/// How far it may go, as the logarithm of a factor: 1.5 dB either way.
const FREE: f32 = 0.173;

/// The most that it is brought back by: 18 dB.
const KEPT: f32 = 2.07;

fn power(levels: &[f32]) -> f32 {
    levels.iter().map(|level| (2.0 * level).exp()).sum()
}

impl TonesContinuation {
    fn after(network: &Network, sound: &[f32], temperature: f32, seed: Seed) -> TonesContinuation {
        let mut listener = Listener::new(network, DRAWING).expect("it is ours");
        let spectrogram = Spectrogram::default();
        let first = (sound.len() - WINDOW) % HOP;
        let frames = (first..=sound.len() - WINDOW).step_by(HOP);
        let frames: Vec<Vec<f32>> = frames
            .map(|at| spectrogram.levels(&sound[at..at + WINDOW]))
            .collect();
        let gain = gain(&frames, &network.statistics());
        for frame in &frames {
            listener.hear(&raised(frame, gain));
        }
        let phases = seed.stream("phases", 0);
        TonesContinuation {
            listener,
            synthesis: Synthesis::after(sound, &spectrogram, phases),
            draw: Draw { temperature },
            stream: seed.stream("frames", 0),
            gain,
            keeper: Keeper::of(&frames),
        }
    }

    fn block(&mut self) -> Vec<f32> {
        let levels = self.listener.draw(self.draw, &mut self.stream);
        let levels = raised(&levels, -self.gain);
        let kept = self.keeper.raise(&levels);
        self.synthesis.next(&raised(&levels, kept))
    }
}

/// What the levels of a recording are to be raised by, as the logarithm of a factor, to be as loud as what a network
/// has learnt.
fn gain(frames: &[Vec<f32>], statistics: &Statistics) -> f32 {
    let weights = Bands::default().weights();
    let mean = |levels: &[f32]| -> f32 { levels.iter().zip(&weights).map(|(x, w)| x * w).sum() };
    #[expect(clippy::cast_precision_loss, reason = "some hundred frames")]
    let heard = frames.iter().map(|frame| mean(frame)).sum::<f32>() / frames.len() as f32;
    let off = mean(&statistics.mean) - heard;
    off.signum() * (off.abs() - USUAL).max(0.0)
}

/// What recordings differ by in the logarithm of a factor because music is soft or loud: it stays.
const USUAL: f32 = 1.0;

fn raised(levels: &[f32], gain: f32) -> Vec<f32> {
    debug_assert_eq!(levels.len(), BINS, "a frame of levels");
    let raised = levels.iter().map(|&level| {
        if level <= FLOOR {
            FLOOR
        } else {
            (level + gain).max(FLOOR)
        }
    });
    raised.collect()
}
