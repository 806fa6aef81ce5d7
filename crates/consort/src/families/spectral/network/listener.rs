//! Our network at work, a frame at a time.

use consort_learn::stepper::{Dense, Precision, Stepper, dense};
use consort_learn::{Stream, draw};

use super::Network;
use super::tones::{LOG_SCALES, heard_by};
use crate::families::spectral::encoding::{Bands, Statistics};

const FITS: &str = "the layers fit each other";

/// Deviations from its mean that the level of a frequency has at most.
const EXTREME: f32 = 3.5;

/// The share of a distribution at either end that is not drawn. To leave out more, or what is rare, is no gain: what is
/// played then falls silent, because a note that begins is rare at any one frame.
const TAIL: f32 = 0.001;

/// How the next frame is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// How freely; 0 takes what each number is on the mean.
    pub temperature: f32,
}

/// Hears frames, and draws those that follow.
#[derive(Clone)]
pub struct Listener {
    statistics: Statistics,
    bands: Bands,
    listen: Dense,
    encode: Dense,
    decode: Dense,
    colour: Dense,
    sound: Dense,
    memory: Stepper,
    context: Dense,
    expected: Dense,
    inner: Dense,
    said: Dense,
    /// `[number][unit]`.
    heard: Vec<f32>,
    /// `[number][said][unit]`, of the units that may be heard, else 0.
    outer: Vec<f32>,
    code: usize,
    masked: usize,
    mixture: usize,
    known: Vec<f32>,
}

impl Listener {
    /// Prepares a network, if it is ours.
    pub fn new(network: &Network, precision: Precision) -> Option<Listener> {
        let tones = network.tones.as_ref()?;
        let shape = tones.shape();
        let (code, masked, mixture) = (shape.code, shape.masked, shape.mixture);
        let numbers = |tensor: burn::tensor::Tensor<2>| {
            let data = tensor.into_data().convert::<f32>();
            data.try_to_vec::<f32>().expect("it holds floats")
        };
        let heard = numbers(tones.heard.val());
        let outer = numbers(tones.outer.val());
        let of_number = 3 * mixture;
        let mut sorted = vec![0.0; outer.len()];
        for unit in 0..masked {
            for place in heard_by(unit, code) * of_number..code * of_number {
                sorted[place * masked + unit] = outer[unit * code * of_number + place];
            }
        }
        let of_layer = |layer| dense(layer, precision);
        Some(Listener {
            statistics: network.statistics(),
            bands: Bands::default(),
            listen: of_layer(&tones.listen),
            encode: of_layer(&tones.encode),
            decode: of_layer(&tones.decode),
            colour: of_layer(&tones.colour),
            sound: of_layer(&tones.sound),
            memory: Stepper::new(&tones.memory, precision),
            context: of_layer(&tones.context),
            expected: of_layer(&tones.expected),
            inner: of_layer(&tones.inner),
            said: of_layer(&tones.said),
            heard,
            outer: sorted,
            code,
            masked,
            mixture,
            known: Vec::new(),
        })
    }

    /// Hears a frame of levels.
    pub fn hear(&mut self, levels: &[f32]) {
        let bands = self.standardized(levels);
        let code = self.coded(&bands);
        self.recall(&code);
    }

    /// The means of a frame's bands, standardised.
    pub fn standardized(&self, levels: &[f32]) -> Vec<f32> {
        let mut frame = levels.to_vec();
        self.statistics.standardize(&mut frame);
        self.bands.means(&frame)
    }

    /// The change of these to the next frame that is to be expected.
    pub fn expected(&mut self) -> Vec<f32> {
        let mut expected = vec![0.0; self.expected.outputs()];
        self.expected
            .forward(&self.known, &mut expected)
            .expect(FITS);
        expected
    }

    /// What a frame sounds like after it was a code.
    pub fn copied(&self, levels: &[f32]) -> Vec<f32> {
        self.levels(&self.coded(&self.standardized(levels)))
    }

    fn coded(&self, bands: &[f32]) -> Vec<f32> {
        let mut listened = vec![0.0; self.listen.outputs()];
        self.listen.forward(bands, &mut listened).expect(FITS);
        rectify(&mut listened);
        let mut code = vec![0.0; self.code];
        self.encode.forward(&listened, &mut code).expect(FITS);
        code
    }

    fn recall(&mut self, code: &[f32]) {
        let mut all = self.memory.step(code).to_vec();
        all.extend(code);
        let mut known = vec![0.0; self.context.outputs()];
        self.context.forward(&all, &mut known).expect(FITS);
        rectify(&mut known);
        self.known = known;
    }

    fn levels(&self, code: &[f32]) -> Vec<f32> {
        let mut colour = vec![0.0; self.decode.outputs()];
        self.decode.forward(code, &mut colour).expect(FITS);
        rectify(&mut colour);
        let mut deeper = vec![0.0; self.colour.outputs()];
        self.colour.forward(&colour, &mut deeper).expect(FITS);
        rectify(&mut deeper);
        let mut levels = vec![0.0; self.sound.outputs()];
        self.sound.forward(&deeper, &mut levels).expect(FITS);
        for level in &mut levels {
            *level = level.clamp(-EXTREME, EXTREME);
        }
        self.statistics.restore(&mut levels);
        levels
    }

    /// Draws the frame that follows what was heard, and hears it.
    ///
    /// # Panics
    /// If nothing was heard.
    pub fn draw(&mut self, draw: Draw, stream: &mut Stream) -> Vec<f32> {
        let code = self.code(draw, stream);
        let levels = self.levels(&code);
        // What is recalled is what was heard, and not what was meant: so codes stay those of sounds.
        self.hear(&levels);
        levels
    }

    fn code(&self, draw: Draw, stream: &mut Stream) -> Vec<f32> {
        let mut units = vec![0.0; self.masked];
        self.inner.forward(&self.known, &mut units).expect(FITS);
        let of_number = 3 * self.mixture;
        let mut said = vec![0.0; self.code * of_number];
        self.said.forward(&self.known, &mut said).expect(FITS);
        let mut code = vec![0.0; self.code];
        for number in 0..self.code {
            let active: Vec<f32> = units.iter().map(|&unit| unit.max(0.0)).collect();
            let places = number * of_number..(number + 1) * of_number;
            let weights = self.outer[places.start * self.masked..].chunks(self.masked);
            let of_this = &mut said[places];
            for (said, weights) in of_this.iter_mut().zip(weights) {
                *said += dot(weights, &active);
            }
            code[number] = self.number(of_this, draw, stream);
            let heard = &self.heard[number * self.masked..][..self.masked];
            for (unit, (sum, weight)) in units.iter_mut().zip(heard).enumerate() {
                if number < heard_by(unit, self.code) {
                    *sum += weight * code[number];
                }
            }
        }
        code
    }

    fn number(&self, said: &[f32], draw: Draw, stream: &mut Stream) -> f32 {
        let (shares, rest) = said.split_at(self.mixture);
        let (places, scales) = rest.split_at(self.mixture);
        if draw.temperature <= 0.0 {
            let most = shares.iter().copied().fold(f32::MIN, f32::max);
            let shares: Vec<f32> = shares.iter().map(|share| (share - most).exp()).collect();
            return dot(&shares, places) / shares.iter().sum::<f32>();
        }
        let which = draw::draw(shares, draw.temperature, stream).unwrap_or(0);
        let scale = (scales[which] - 1.0)
            .clamp(LOG_SCALES[0], LOG_SCALES[1])
            .exp();
        let uniform = TAIL + (1.0 - 2.0 * TAIL) * stream.uniform();
        places[which] + draw.temperature * scale * (uniform / (1.0 - uniform)).ln()
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (chunks, others) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = chunks
        .remainder()
        .iter()
        .zip(others.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in chunks.zip(others) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

fn rectify(numbers: &mut [f32]) {
    for number in numbers {
        *number = number.max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};
    use consort_learn::{Noise, Seed};

    use super::*;
    use crate::families::spectral::config::{Architecture, Shape, TonesShape};
    use crate::families::spectral::encoding::BINS;

    #[test]
    fn frame_by_frame_it_says_what_the_whole_network_does() {
        let shape = TonesShape {
            width: 16,
            code: 6,
            code_noise: 0.1,
            memory: 12,
            context: 10,
            masked: 14,
            mixture: 2,
            dropout: 0.0,
        };
        let architecture = Architecture {
            network: Shape::Tones(shape),
        };
        let network = Network::new(&architecture, Seed(3));
        let tones = network.tones.as_ref().unwrap();
        let mut listener = Listener::new(&network, Precision::F32).unwrap();
        let frames = [-3.0, -5.0, -4.0].map(|level| vec![level; BINS]);
        let mut codes = Vec::new();
        for frame in &frames {
            codes.extend(listener.coded(&listener.standardized(frame)));
            listener.hear(frame);
        }
        let mean = Draw { temperature: 0.0 };
        let drawn = listener.code(mean, &mut Seed(1).stream("draws", 0));

        let device = Device::flex();
        let codes = Tensor::<2>::from_data(TensorData::new(codes, [3, 6]), &device);
        let contexts = tones.contexts(codes, 1, &mut Noise::off()).narrow(0, 2, 1);
        let next = Tensor::<2>::from_data(TensorData::new(drawn.clone(), [1, 6]), &device);
        let said = tones.said(contexts, next).into_data();
        let said: Vec<f32> = said.iter::<f32>().collect();
        for (number, said) in drawn.iter().zip(said.chunks(6)) {
            let shares = [said[0].exp(), said[1].exp()];
            let mean = (shares[0] * said[2] + shares[1] * said[3]) / (shares[0] + shares[1]);
            assert!((number - mean).abs() < 1e-4, "{number} and {mean}");
        }
    }
}
