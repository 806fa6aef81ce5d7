//! Instruments that sound as long as they are played: voices, pipes, bows, reeds and brass.
//!
//! Each reads a wave whose partials are computed for every quarter of an octave, so that formants
//! stay where they are while the pitch moves.

use std::f64::consts::TAU;
use std::sync::{Arc, OnceLock};

use fundsp::prelude64::{An, U1, lfo};
use fundsp::wavetable::{WaveSynth, Wavetable};

use super::{Mix, Stroke, phase, smooth};

/// The root mean square of a note at the usual velocity.
const LEVEL: f32 = 0.1;

/// The pitches that waves are computed for, in hertz: all that MIDI has.
const LOWEST: f64 = 8.0;
const HIGHEST: f64 = 20_000.0;
const TABLES_PER_OCTAVE: f64 = 4.0;

/// An instrument that sounds as long as it is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sustained {
    Choir,
    Organ,
    Accordion,
    Strings,
    Brass,
    Clarinet,
    Oboe,
    Flute,
    Synth,
}

/// How a sustained note begins, moves and ends.
struct Manner {
    attack_s: f32,
    release_s: f32,
    /// How far the two sources lie from the pitch, one on each side.
    detune_cents: f64,
    vibrato_cents: f64,
    vibrato_hz: f64,
    /// How far the two sources stand apart, of 2 for left and right.
    width: f32,
}

impl Sustained {
    const COUNT: usize = 9;

    /// Adds a note.
    pub(super) fn sound(self, stroke: &Stroke, index: usize, mix: &mut Mix) {
        let manner = self.manner();
        let table = self.table(Touch::of(stroke.force()));
        let hertz = stroke.hertz();
        let held = stroke.tone.end - stroke.tone.onset;
        let gain = LEVEL * stroke.gain() / (level(table, hertz) * std::f32::consts::SQRT_2);
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a note")]
        let held_s = held as f32;
        #[expect(clippy::cast_precision_loss, reason = "a sample rate")]
        let rate = mix.sample_rate_hz as f32;
        // A short note is over before a slow attack is: it speaks faster, as players do.
        let attack_s = manner
            .attack_s
            .min(0.1 + held_s * 0.3)
            .min(held_s.max(0.01));
        let plateau = (attack_s * rate) as usize..(held_s * rate) as usize;
        let shape = |frame: usize, block: &mut [f32]| {
            if plateau.start <= frame && frame + block.len() < plateau.end {
                block.iter_mut().for_each(|sample| *sample *= gain);
                return;
            }
            for (index, sample) in block.iter_mut().enumerate() {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "an hour of samples moves this by 1 ms"
                )]
                let t = (frame + index) as f32 / rate;
                *sample *=
                    gain * smooth(t / attack_s) * (1.0 - smooth((t - held_s) / manner.release_s));
            }
        };
        for (source, side) in [(2 * index, -1.0), (2 * index + 1, 1.0)] {
            let base = hertz * 2f64.powf(f64::from(side) * manner.detune_cents / 1200.0);
            let turn = TAU * f64::from(phase(source));
            let (depth, speed) = (manner.vibrato_cents / 1731.0, manner.vibrato_hz);
            let pitch = lfo(move |t: f64| {
                // Vibrato begins when the note has settled.
                let depth = depth * ((t - 0.2) / 0.5).clamp(0.0, 1.0);
                base * (1.0 + depth * (TAU * speed * t + turn).sin())
            });
            let wave = An(WaveSynth::<U1>::new(Arc::clone(table))).phase(phase(source));
            let mut source = pitch >> wave;
            let pan = stroke.pan + side * manner.width;
            let seconds = held + f64::from(manner.release_s);
            mix.add(&mut source, stroke.tone.onset, seconds, pan, shape);
        }
    }

    fn manner(self) -> Manner {
        let calm = Manner {
            attack_s: 0.05,
            release_s: 0.12,
            detune_cents: 1.5,
            vibrato_cents: 0.0,
            vibrato_hz: 5.0,
            width: 0.2,
        };
        match self {
            Sustained::Choir => Manner {
                attack_s: 0.09,
                release_s: 0.22,
                detune_cents: 5.0,
                vibrato_cents: 9.0,
                vibrato_hz: 4.7,
                width: 0.3,
            },
            Sustained::Organ => Manner {
                attack_s: 0.03,
                release_s: 0.15,
                ..calm
            },
            Sustained::Accordion => Manner {
                attack_s: 0.03,
                detune_cents: 6.0,
                ..calm
            },
            Sustained::Strings => Manner {
                attack_s: 0.09,
                release_s: 0.2,
                detune_cents: 4.0,
                vibrato_cents: 8.0,
                vibrato_hz: 5.4,
                ..calm
            },
            Sustained::Brass => Manner {
                attack_s: 0.045,
                ..calm
            },
            Sustained::Clarinet => Manner {
                attack_s: 0.035,
                ..calm
            },
            Sustained::Oboe => Manner {
                attack_s: 0.03,
                vibrato_cents: 6.0,
                ..calm
            },
            Sustained::Flute => Manner {
                attack_s: 0.05,
                vibrato_cents: 7.0,
                ..calm
            },
            Sustained::Synth => Manner {
                attack_s: 0.02,
                detune_cents: 5.0,
                ..calm
            },
        }
    }

    /// The amplitude of a partial, the `number`-th of its tone, at `hertz`.
    fn partial(self, number: u32, hertz: f64) -> f64 {
        let n = f64::from(number);
        // A resonance at a frequency, so many hertz wide on each side.
        let formant = |at: f64, width: f64| 1.0 / (1.0 + ((hertz - at) / width).powi(2));
        let rolls_off = |at: f64| (-hertz / at).exp();
        let multiple = |of: u32| {
            if number.is_multiple_of(of) {
                f64::from(number / of)
            } else {
                f64::INFINITY
            }
        };
        match self {
            // A vowel between "ah" and "oh".
            Sustained::Choir => {
                let vowel = formant(600.0, 160.0)
                    + 0.6 * formant(1000.0, 180.0)
                    + 0.16 * formant(2700.0, 300.0)
                    + 0.1 * formant(3300.0, 350.0);
                n.powf(-0.9) * (0.22 + vowel)
            }
            // Ranks of 8, 4, 2 2/3 and 2 feet.
            Sustained::Organ => [(1, 1.0), (2, 0.6), (3, 0.25), (4, 0.35)]
                .into_iter()
                .map(|(rank, weight)| weight * multiple(rank).powf(-1.9))
                .sum(),
            Sustained::Accordion => n.powf(-0.8) * rolls_off(3500.0),
            Sustained::Strings => {
                n.powf(-0.95)
                    * rolls_off(4500.0)
                    * (0.6 + formant(500.0, 250.0) + 0.5 * formant(2600.0, 900.0))
            }
            Sustained::Brass => n.powf(-0.5) * rolls_off(1800.0),
            Sustained::Clarinet => {
                let even = if number.is_multiple_of(2) { 0.12 } else { 1.0 };
                even * n.powf(-0.9) * rolls_off(4000.0)
            }
            Sustained::Oboe => {
                n.powf(-0.6)
                    * (0.25 + formant(1100.0, 350.0) + 0.4 * formant(2900.0, 600.0))
                    * rolls_off(5000.0)
            }
            Sustained::Flute => n.powf(-2.2) * rolls_off(6000.0),
            Sustained::Synth => n.powf(-1.1) * rolls_off(6000.0),
        }
    }

    fn table(self, touch: Touch) -> &'static Arc<Wavetable> {
        static TABLES: [[OnceLock<Arc<Wavetable>>; Touch::COUNT]; Sustained::COUNT] =
            [const { [const { OnceLock::new() }; Touch::COUNT] }; Sustained::COUNT];
        TABLES[self as usize][touch as usize].get_or_init(|| {
            // Phases in golden steps keep the peaks of the wave low.
            let turn = |number: u32| (f64::from(number) * f64::from(number) * 0.381_966).fract();
            let partial = |pitch: f64, number: u32| {
                let hertz = pitch * f64::from(number);
                // The partials above the pitch are those that the touch dulls.
                let dulled = (-(hertz - pitch) / touch.brightness_hz()).exp();
                // Pipes know no touch.
                let dulled = if self == Sustained::Organ {
                    1.0
                } else {
                    dulled
                };
                self.partial(number, hertz) * dulled
            };
            Arc::new(Wavetable::new(
                LOWEST,
                HIGHEST,
                TABLES_PER_OCTAVE,
                &turn,
                &partial,
            ))
        })
    }
}

/// How hard a note is played, which tells in its colour.
#[derive(Clone, Copy, Debug)]
enum Touch {
    Soft,
    Gentle,
    Firm,
    Hard,
}

impl Touch {
    const COUNT: usize = 4;

    /// The touch of a force, which is 1 at the usual velocity.
    fn of(force: f32) -> Touch {
        match force {
            ..0.6 => Touch::Soft,
            0.6..0.9 => Touch::Gentle,
            0.9..1.2 => Touch::Firm,
            _ => Touch::Hard,
        }
    }

    /// So far above the pitch, partials are softer by 1/e than the instrument has them.
    fn brightness_hz(self) -> f64 {
        match self {
            Touch::Soft => 1500.0,
            Touch::Gentle => 3000.0,
            Touch::Firm => 6000.0,
            Touch::Hard => 12_000.0,
        }
    }
}

/// The root mean square of a wave at a pitch.
fn level(table: &Wavetable, hertz: f64) -> f32 {
    const SAMPLES: u16 = 256;
    let power: f32 = (0..SAMPLES)
        .map(|sample| {
            table
                .read(0, hertz as f32, f32::from(sample) / f32::from(SAMPLES))
                .0
        })
        .map(|sample| sample * sample)
        .sum();
    (power / f32::from(SAMPLES)).sqrt().max(1e-6)
}
