//! Instruments that are struck or plucked and die away: piano, harpsichord, guitars, bells, mallets.
//!
//! Each note is banks of filters that ring when they are hit and fade at their own speeds, and the
//! noise of the stroke.

use std::f64::consts::{PI, TAU};

use fundsp::F32x;
use fundsp::prelude32::{An, BiquadBank, Frame, Setting, U8, bandpass_hz, biquad_bank, noise};

use super::{Mix, Stroke};

/// The root mean square of the beginning of a note at the usual velocity.
const LEVEL: f32 = 0.3;

/// A partial softer than this has died away: 74 dB below the level.
const INAUDIBLE: f32 = 6e-5;

/// After this many seconds a note that is still held is let go.
const RING_MAX_S: f64 = 20.0;

/// An instrument that is struck or plucked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Struck {
    Piano,
    Harpsichord,
    Guitar,
    Bass,
    Harp,
    Pizzicato,
    Glockenspiel,
    Vibraphone,
    Marimba,
    Bell,
    Timpani,
}

/// What rings and how.
struct Body {
    partials: Partials,
    /// The time in which the lowest partial at middle C falls to 1/e.
    decay_s: f64,
    /// How much faster each higher partial dies than the one below.
    damping: f64,
    /// The time in which a note that is let go falls to 1/e.
    release_s: f64,
    attack_s: f64,
    /// The noise of the stroke beside the tone.
    knock: f32,
}

enum Partials {
    /// Of a string: so many, falling by this power, struck at this part of its length, and this
    /// stiff.
    String {
        count: u32,
        slope: f64,
        place: f64,
        stiffness: f64,
    },
    /// Of a bar, bell or skin: ratio to the pitch, and amplitude.
    Fixed(&'static [(f64, f64)]),
}

struct Partial {
    hertz: f64,
    amplitude: f64,
    decay_s: f64,
}

/// Partials of a struck thing, side by side: each is a filter that rings at its frequency when it is
/// hit, and dies away at its speed.
struct Bank {
    filters: An<BiquadBank<F32x>>,
    /// What hits the filters.
    stroke: Option<Frame<f32, U8>>,
    /// After so many samples all are inaudible.
    frames: usize,
}

/// Partials in a [`Bank`].
const BANK: usize = 8;

impl Bank {
    fn new(partials: &[Partial], gain: f64, rate: f64) -> Bank {
        let mut filters = biquad_bank();
        let mut stroke = Frame::default();
        let mut seconds: f64 = 0.0;
        for (index, partial) in partials.iter().take(BANK).enumerate() {
            let amplitude = gain * partial.amplitude;
            let turn = TAU * partial.hertz / rate;
            let left = (-1.0 / (partial.decay_s * rate)).exp();
            let (near, far) = ((-2.0 * left * turn.cos()) as f32, (left * left) as f32);
            let setting = Setting::biquad(near, far, 0.0, turn.sin() as f32, 0.0);
            filters.set(setting.index(index));
            stroke[index] = amplitude as f32;
            let audible = (amplitude / f64::from(INAUDIBLE)).max(1.0).ln() * partial.decay_s;
            seconds = seconds.max(audible);
        }
        Bank {
            filters,
            stroke: Some(stroke),
            frames: (seconds * rate) as usize,
        }
    }

    /// Adds the next samples, from `frame` on, and tells whether more are to come.
    fn add_to(&mut self, block: &mut [f32], frame: usize) -> bool {
        let silence = Frame::default();
        for sum in block {
            let stroke = self.stroke.take();
            let rung = self.filters.tick(stroke.as_ref().unwrap_or(&silence));
            *sum += rung.iter().sum::<f32>();
        }
        frame < self.frames
    }
}

impl Struck {
    /// Adds a note.
    pub(super) fn sound(self, stroke: &Stroke, index: usize, mix: &mut Mix) {
        let body = self.body();
        let partials = self.partials(&body, stroke, mix.sample_rate_hz);
        let power: f64 = partials
            .iter()
            .map(|partial| partial.amplitude.powi(2) / 2.0)
            .sum();
        let gain = f64::from(LEVEL * stroke.gain()) / power.sqrt().max(1e-9);
        let rate = f64::from(mix.sample_rate_hz);
        let held = (stroke.tone.end - stroke.tone.onset).min(RING_MAX_S);
        let mut banks: Vec<Bank> = partials
            .chunks(BANK)
            .map(|partials| Bank::new(partials, gain, rate))
            .collect();
        let longest = banks.iter().map(|bank| bank.frames).max().unwrap_or(0) as f64 / rate;
        let loudest = partials
            .iter()
            .map(|partial| gain * partial.amplitude)
            .fold(0.0, f64::max);
        let efolds = (loudest / f64::from(INAUDIBLE)).max(1.0).ln();
        let seconds = longest.min(held + efolds * body.release_s);
        let attack = (body.attack_s * rate) as f32;
        let release_from = (held * rate) as usize;
        let let_go = (-1.0 / (body.release_s * rate)).exp() as f32;
        let mut release = 1.0;
        mix.add_blocks(stroke.tone.onset, seconds, stroke.pan, |frame, block| {
            block.fill(0.0);
            banks.retain_mut(|bank| bank.add_to(block, frame));
            for (index, sample) in block.iter_mut().enumerate() {
                let frame = frame + index;
                if frame >= release_from {
                    release *= let_go;
                }
                *sample *= release * (frame as f32 / attack).min(1.0);
            }
        });
        self.knock(&body, stroke, index, mix);
    }

    fn knock(self, body: &Body, stroke: &Stroke, index: usize, mix: &mut Mix) {
        let centre = (stroke.hertz() * 4.0).clamp(300.0, 4000.0) as f32;
        let mut source = noise().seed(index as u64) >> bandpass_hz(centre, 0.7);
        let rate = f64::from(mix.sample_rate_hz);
        let fall = (-1.0 / (0.012 * rate)).exp() as f32;
        let attack = (0.001 * rate) as f32;
        let mut level = body.knock * LEVEL * stroke.gain() * stroke.force();
        let shape = |frame: usize, block: &mut [f32]| {
            for (index, sample) in block.iter_mut().enumerate() {
                level *= fall;
                *sample *= level * ((frame + index) as f32 / attack).min(1.0);
            }
        };
        mix.add(&mut source, stroke.tone.onset, 0.1, stroke.pan, shape);
    }

    fn partials(self, body: &Body, stroke: &Stroke, sample_rate_hz: u32) -> Vec<Partial> {
        let pitch = stroke.hertz();
        // Shorter strings and bars die sooner.
        let decay = body.decay_s * (261.63 / pitch).powf(0.55).clamp(0.15, 4.0);
        // A harder stroke wakes higher partials.
        let brightness = 900.0 + 3600.0 * f64::from(stroke.force());
        let highest = (0.45 * f64::from(sample_rate_hz)).min(12_000.0);
        let mut partials = Vec::new();
        match body.partials {
            Partials::String {
                count,
                slope,
                place,
                stiffness,
            } => {
                for number in 1..=count {
                    let n = f64::from(number);
                    let hertz = pitch * n * (1.0 + stiffness * n * n).sqrt();
                    let shape = (PI * n * place).sin().abs();
                    partials.push(Partial {
                        hertz,
                        amplitude: n.powf(-slope) * shape * (-hertz / brightness).exp(),
                        decay_s: decay / (1.0 + body.damping * (n - 1.0)),
                    });
                }
                if self == Struck::Piano {
                    self.second_string(&mut partials);
                }
            }
            Partials::Fixed(ratios) => {
                for (number, &(ratio, amplitude)) in (0u32..).zip(ratios) {
                    let hertz = pitch * ratio;
                    partials.push(Partial {
                        hertz,
                        amplitude: amplitude
                            * (-(hertz - pitch).max(0.0) / (2.0 * brightness)).exp(),
                        decay_s: decay / (1.0 + body.damping * f64::from(number)),
                    });
                }
            }
        }
        // The lowest partial is the pitch, and stays however high it is.
        let mut number = 0;
        partials.retain(|partial| {
            number += 1;
            number == 1 || (partial.hertz < highest && partial.amplitude > 1e-5)
        });
        // Banks of equals can be let go early.
        partials.sort_by(|a, b| b.decay_s.total_cmp(&a.decay_s));
        partials
    }

    /// Strings of a piano come in threes, tuned a hair apart: the sound beats, and what is left
    /// after the first seconds dies slowly.
    fn second_string(self, partials: &mut Vec<Partial>) {
        let second: Vec<Partial> = partials
            .iter()
            .take(3)
            .map(|partial| Partial {
                hertz: partial.hertz * 1.000_4,
                amplitude: partial.amplitude * 0.35,
                decay_s: partial.decay_s * 2.5,
            })
            .collect();
        partials.extend(second);
    }

    fn body(self) -> Body {
        let string = |count, slope, place, stiffness| Partials::String {
            count,
            slope,
            place,
            stiffness,
        };
        let plucked = Body {
            partials: string(14, 1.1, 0.21, 0.000_05),
            decay_s: 0.9,
            damping: 0.25,
            release_s: 0.06,
            attack_s: 0.0015,
            knock: 0.15,
        };
        match self {
            Struck::Piano => Body {
                partials: string(14, 0.75, 0.12, 0.000_3),
                decay_s: 0.9,
                damping: 0.16,
                release_s: 0.09,
                attack_s: 0.002,
                knock: 0.25,
            },
            Struck::Harpsichord => Body {
                partials: string(20, 0.3, 0.11, 0.000_05),
                decay_s: 1.0,
                damping: 0.08,
                ..plucked
            },
            Struck::Guitar => plucked,
            Struck::Bass => Body {
                partials: string(8, 1.3, 0.27, 0.000_05),
                decay_s: 0.7,
                ..plucked
            },
            Struck::Harp => Body {
                decay_s: 1.3,
                release_s: 0.5,
                knock: 0.05,
                ..plucked
            },
            Struck::Pizzicato => Body {
                decay_s: 0.16,
                damping: 0.4,
                ..plucked
            },
            Struck::Glockenspiel => Body {
                partials: Partials::Fixed(&[(1.0, 1.0), (2.76, 0.35), (5.4, 0.15), (8.93, 0.05)]),
                decay_s: 1.6,
                damping: 0.8,
                release_s: 0.6,
                knock: 0.03,
                ..plucked
            },
            Struck::Vibraphone => Body {
                partials: Partials::Fixed(&[(1.0, 1.0), (3.98, 0.2), (10.1, 0.04)]),
                decay_s: 1.8,
                damping: 1.5,
                release_s: 0.15,
                knock: 0.03,
                ..plucked
            },
            Struck::Marimba => Body {
                partials: Partials::Fixed(&[(1.0, 1.0), (3.93, 0.3), (9.24, 0.1)]),
                decay_s: 0.28,
                damping: 1.5,
                release_s: 0.2,
                knock: 0.2,
                ..plucked
            },
            Struck::Bell => Body {
                partials: Partials::Fixed(&[
                    (1.0, 1.0),
                    (0.5, 0.4),
                    (1.19, 0.4),
                    (1.5, 0.25),
                    (2.0, 0.5),
                    (2.74, 0.25),
                    (3.76, 0.15),
                ]),
                decay_s: 1.8,
                damping: 0.3,
                release_s: 0.8,
                knock: 0.05,
                ..plucked
            },
            Struck::Timpani => Body {
                partials: Partials::Fixed(&[(1.0, 1.0), (1.5, 0.5), (1.98, 0.3), (2.44, 0.15)]),
                decay_s: 0.5,
                damping: 0.4,
                release_s: 0.4,
                knock: 0.2,
                ..plucked
            },
        }
    }
}
