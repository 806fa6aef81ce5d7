//! Drums and cymbals: a falling tone, noise in a band, or both.

use std::f32::consts::LN_2;

use fundsp::prelude32::{highpass_hz, lfo, lowpass_hz, noise, sine};

use super::{Instrument, Mix, Stroke};

/// The peak of a drum at the usual velocity.
const LEVEL: f32 = 0.6;

/// After so many half-lives nothing is heard: 66 dB below the start.
const HALF_LIVES: f32 = 11.0;

/// How long a cymbal rings on when it is stopped, in seconds.
const CHOKED_S: f64 = 0.03;

/// A drum or cymbal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Drum {
    tone: Tone,
    noise: Noise,
    group: Group,
}

/// A tone that falls from one frequency to another, and how fast it does and fades.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tone {
    from_hz: f32,
    to_hz: f32,
    fall_s: f32,
    half_life_s: f32,
    level: f32,
}

/// Noise between two frequencies, and how fast it fades.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Noise {
    low_hz: f32,
    high_hz: f32,
    half_life_s: f32,
    level: f32,
}

/// Drums that stop each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    None,
    HiHat,
}

impl Drum {
    /// The drum of a note of the General MIDI percussion map, and of Roland's hi-hat edges 22 and
    /// 26. Other notes below the map are bass drums, those above it shakers.
    pub(super) fn of(pitch: u8) -> Drum {
        match pitch {
            22 | 42 | 44 => cymbal(7000.0, 11_000.0, 0.02, 0.4).in_group(Group::HiHat),
            26 | 46 => cymbal(6500.0, 11_000.0, 0.13, 0.4).in_group(Group::HiHat),
            0..=36 => skin(160.0, 54.0, 0.025, 0.07, 0.9).with(1200.0, 5000.0, 0.003, 0.35),
            37 => skin(800.0, 760.0, 0.01, 0.012, 0.4).with(1500.0, 7000.0, 0.008, 0.6),
            38 | 40 => skin(240.0, 185.0, 0.02, 0.045, 0.5).with(900.0, 9000.0, 0.06, 0.55),
            39 => cymbal(900.0, 4500.0, 0.045, 0.7),
            41 => tom(75.0),
            43 => tom(90.0),
            45 => tom(110.0),
            47 => tom(130.0),
            48 => tom(155.0),
            50 => tom(185.0),
            49 | 57 => cymbal(2500.0, 11_000.0, 0.32, 0.5),
            52 => cymbal(2000.0, 11_000.0, 0.22, 0.6),
            55 => cymbal(4500.0, 16_000.0, 0.12, 0.55),
            51 | 59 => ring(5200.0, 0.2, 0.1).with(4500.0, 13_000.0, 0.17, 0.3),
            53 => ring(3150.0, 0.2, 0.3).with(5000.0, 12_000.0, 0.12, 0.15),
            54 => cymbal(6000.0, 14_000.0, 0.06, 0.45),
            56 => ring(800.0, 0.05, 0.4).with(1800.0, 4000.0, 0.03, 0.2),
            58 | 69 | 70 | 73 | 74 | 82.. => cymbal(3500.0, 12_000.0, 0.035, 0.4),
            60 => hand_drum(420.0),
            61 => hand_drum(310.0),
            62 => hand_drum(330.0),
            63 => hand_drum(260.0),
            64 => hand_drum(200.0),
            65 => tom(330.0),
            66 => tom(250.0),
            67 => ring(1450.0, 0.08, 0.4),
            68 => ring(1080.0, 0.08, 0.4),
            71 => ring(2300.0, 0.05, 0.3),
            72 => ring(2300.0, 0.15, 0.3),
            75 => ring(2500.0, 0.018, 0.5),
            76 => ring(1150.0, 0.02, 0.5),
            77 => ring(850.0, 0.025, 0.5),
            78 => hand_drum(550.0),
            79 => hand_drum(400.0),
            80 => ring(4200.0, 0.04, 0.3),
            81 => ring(4200.0, 0.35, 0.3),
        }
    }

    /// How long it rings.
    pub(super) fn seconds(&self) -> f64 {
        f64::from(HALF_LIVES * self.tone.half_life_s.max(self.noise.half_life_s))
    }

    /// Adds a stroke, which may be stopped before it has died away.
    pub(super) fn sound(self, stroke: &Stroke, index: usize, mix: &mut Mix) {
        let Drum {
            tone,
            noise: rattle,
            ..
        } = self;
        let at = stroke.tone.onset;
        let stopped = stroke.tone.end - at < self.seconds();
        let held = stroke.tone.end - at;
        let gain = LEVEL * stroke.gain();
        let rate = mix.sample_rate_hz as f32;
        let fades = move |half_life_s: f32, level: f32| {
            let fall = (-LN_2 / (half_life_s * rate)).exp();
            let stop_from = if stopped {
                held as f32 * rate
            } else {
                f32::INFINITY
            };
            let stop_over = CHOKED_S as f32 * rate;
            let mut level = level;
            move |frame: usize, block: &mut [f32]| {
                for (index, sample) in block.iter_mut().enumerate() {
                    let frame = (frame + index) as f32;
                    level *= fall;
                    let attack = (frame / (0.0007 * rate)).min(1.0);
                    let stop = 1.0 - ((frame - stop_from) / stop_over).clamp(0.0, 1.0);
                    *sample *= level * attack * stop;
                }
            }
        };
        let lasts = |half_life_s: f32| f64::from(HALF_LIVES * half_life_s).min(held + CHOKED_S);
        if tone.level > 0.0 {
            let pitch = lfo(move |t: f32| {
                tone.to_hz + (tone.from_hz - tone.to_hz) * (-t / tone.fall_s).exp()
            });
            let mut source = pitch >> sine().phase(0.0);
            let shape = fades(tone.half_life_s, gain * tone.level);
            mix.add(&mut source, at, lasts(tone.half_life_s), stroke.pan, shape);
        }
        if rattle.level > 0.0 {
            let high = rattle.high_hz.min(0.45 * rate);
            let mut source = noise().seed(index as u64)
                >> highpass_hz(rattle.low_hz, 0.8)
                >> lowpass_hz(high, 0.8);
            let shape = fades(rattle.half_life_s, gain * rattle.level);
            mix.add(
                &mut source,
                at,
                lasts(rattle.half_life_s),
                stroke.pan,
                shape,
            );
        }
    }

    fn with(self, low_hz: f32, high_hz: f32, half_life_s: f32, level: f32) -> Drum {
        let noise = Noise {
            low_hz,
            high_hz,
            half_life_s,
            level,
        };
        Drum { noise, ..self }
    }

    fn in_group(self, group: Group) -> Drum {
        Drum { group, ..self }
    }
}

/// Stops what the later strokes of its group stop; `strokes` are of one part in order of onset.
pub(super) fn choke(strokes: &mut [Stroke]) {
    let mut open: Option<usize> = None;
    for index in 0..strokes.len() {
        let Instrument::Drum(Drum {
            group: Group::HiHat,
            ..
        }) = strokes[index].instrument
        else {
            continue;
        };
        if let Some(open) = open.replace(index) {
            let onset = strokes[index].tone.onset;
            let earlier = &mut strokes[open].tone;
            earlier.end = earlier.end.min(onset.max(earlier.onset + CHOKED_S));
        }
    }
}

/// A drum with a skin, or anything with a falling tone.
fn skin(from_hz: f32, to_hz: f32, fall_s: f32, half_life_s: f32, level: f32) -> Drum {
    Drum {
        tone: Tone {
            from_hz,
            to_hz,
            fall_s,
            half_life_s,
            level,
        },
        noise: Noise {
            low_hz: 1000.0,
            high_hz: 2000.0,
            half_life_s: 0.0,
            level: 0.0,
        },
        group: Group::None,
    }
}

fn tom(hertz: f32) -> Drum {
    skin(1.6 * hertz, hertz, 0.05, 0.11, 0.8).with(800.0, 5000.0, 0.006, 0.2)
}

fn hand_drum(hertz: f32) -> Drum {
    skin(1.15 * hertz, hertz, 0.02, 0.055, 0.7).with(1000.0, 6000.0, 0.005, 0.25)
}

/// Metal or wood with a pitch.
fn ring(hertz: f32, half_life_s: f32, level: f32) -> Drum {
    skin(hertz, hertz, 1.0, half_life_s, level)
}

/// Noise alone.
fn cymbal(low_hz: f32, high_hz: f32, half_life_s: f32, level: f32) -> Drum {
    skin(100.0, 100.0, 1.0, 0.0, 0.0).with(low_hz, high_hz, half_life_s, level)
}
