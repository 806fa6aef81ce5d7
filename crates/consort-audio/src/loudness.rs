//! Loudness as listeners hear it (ITU-R BS.1770-5), and the gain that sets it.

use std::f64::consts::PI;

use fundsp::prelude64::{AudioNode, Biquad, BiquadCoefs, Frame};

use crate::audio::Audio;

/// The loudness that what is rendered gets, where its peaks allow it.
pub(crate) const TARGET_LUFS: f64 = -18.0;

/// The highest peak, which leaves a decibel for what converters make between the samples.
pub(crate) const PEAK_DBFS: f64 = -1.0;

/// Blocks quieter than this are silence.
const ABSOLUTE_GATE_LUFS: f64 = -70.0;

/// Blocks this much quieter than the rest do not count.
const RELATIVE_GATE_LU: f64 = -10.0;

/// Steps of a tenth of a second in a block of four tenths.
const STEPS: usize = 4;

/// Brings `audio` to [`TARGET_LUFS`], or as near as its peak allows. Silence stays silence.
pub(crate) fn normalise(audio: &mut Audio) {
    let peak = f64::from(audio.peak());
    let Some(loudness) = integrated_lufs(audio).filter(|_| peak > 0.0) else {
        return;
    };
    let wanted = 10f64.powf((TARGET_LUFS - loudness) / 20.0);
    let allowed = 10f64.powf(PEAK_DBFS / 20.0) / peak;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a gain needs no more than seven digits"
    )]
    audio.amplify(wanted.min(allowed) as f32);
}

/// The integrated loudness of one channel in LUFS (ITU-R BS.1770-5), or nothing for silence and for
/// samples that are no numbers. The sample rate should be 8 kHz or more: below, the standard means
/// nothing.
pub fn loudness_lufs(samples: &[f32], sample_rate_hz: u32) -> Option<f64> {
    integrated(&[samples], sample_rate_hz)
}

/// The integrated loudness, or nothing for silence.
pub(crate) fn integrated_lufs(audio: &Audio) -> Option<f64> {
    let channels: Vec<&[f32]> = audio.channels().iter().map(Vec::as_slice).collect();
    integrated(&channels, audio.sample_rate_hz())
}

/// The integrated loudness of channels of equal length.
fn integrated(channels: &[&[f32]], sample_rate_hz: u32) -> Option<f64> {
    let frames = channels.first().map_or(0, |channel| channel.len());
    let step = (sample_rate_hz as usize / 10).max(1);
    let mut powers = vec![0.0; frames / step];
    // Less than a block is measured as one.
    let short = powers.len() < STEPS;
    if short {
        powers = vec![0.0; 1];
    }
    let step = if short { frames } else { step };
    for channel in channels {
        add_power(channel, sample_rate_hz, step, &mut powers);
    }
    let blocks: Vec<f64> = if short {
        powers
    } else {
        powers
            .windows(STEPS)
            .map(|steps| steps.iter().sum::<f64>() / STEPS as f64)
            .collect()
    };
    let loud = gated(&blocks, ABSOLUTE_GATE_LUFS)?;
    let gate = lufs(loud) + RELATIVE_GATE_LU;
    gated(&blocks, gate.max(ABSOLUTE_GATE_LUFS)).map(lufs)
}

/// Adds the mean power of each step of a channel, weighted by frequency as the standard says.
fn add_power(channel: &[f32], sample_rate_hz: u32, step: usize, powers: &mut [f64]) {
    let (mut shelf, mut low_cut) = (shelf(sample_rate_hz), low_cut(sample_rate_hz));
    for (frame, &sample) in channel.iter().enumerate() {
        let shelved = shelf.tick(&Frame::from([sample]));
        let weighted = f64::from(low_cut.tick(&shelved)[0]);
        if let Some(power) = powers.get_mut(frame / step) {
            *power += weighted * weighted / step as f64;
        }
    }
}

/// The first filter of the standard: the head, which makes what is high louder. The standard gives
/// coefficients at 48 kHz; these are its resonance, quality and gains, which are the same at any
/// rate.
fn shelf(sample_rate_hz: u32) -> Biquad<f64> {
    const HIGH_GAIN: f64 = 1.584_864_7;
    const MIDDLE_GAIN: f64 = 1.258_720_9;
    const QUALITY: f64 = 0.707_175_24;
    let k = (PI * 1_681.974_45 / f64::from(sample_rate_hz)).tan();
    let a0 = 1.0 + k / QUALITY + k * k;
    filter(
        2.0 * (k * k - 1.0) / a0,
        (1.0 - k / QUALITY + k * k) / a0,
        (HIGH_GAIN + MIDDLE_GAIN * k / QUALITY + k * k) / a0,
        2.0 * (k * k - HIGH_GAIN) / a0,
        (HIGH_GAIN - MIDDLE_GAIN * k / QUALITY + k * k) / a0,
    )
}

/// The second filter of the standard, against rumble.
fn low_cut(sample_rate_hz: u32) -> Biquad<f64> {
    const QUALITY: f64 = 0.500_327_04;
    let k = (PI * 38.135_470_9 / f64::from(sample_rate_hz)).tan();
    let a0 = 1.0 + k / QUALITY + k * k;
    let (a1, a2) = (2.0 * (k * k - 1.0) / a0, (1.0 - k / QUALITY + k * k) / a0);
    filter(a1, a2, 1.0, -2.0, 1.0)
}

fn filter(a1: f64, a2: f64, b0: f64, b1: f64, b2: f64) -> Biquad<f64> {
    Biquad::with_coefs(BiquadCoefs::arbitrary(a1, a2, b0, b1, b2))
}

/// The mean power of the blocks above a gate.
fn gated(blocks: &[f64], gate_lufs: f64) -> Option<f64> {
    let above: Vec<f64> = blocks
        .iter()
        .copied()
        .filter(|&power| lufs(power) > gate_lufs)
        .collect();
    (!above.is_empty()).then(|| above.iter().sum::<f64>() / above.len() as f64)
}

fn lufs(power: f64) -> f64 {
    -0.691 + 10.0 * power.log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hertz: f64, amplitude: f64, seconds: f64, channels: usize) -> Audio {
        let frames = (seconds * 48_000.0) as u32;
        let sample = |frame: u32| {
            let phase = std::f64::consts::TAU * hertz * f64::from(frame) / 48_000.0;
            (amplitude * phase.sin()) as f32
        };
        let channel: Vec<f32> = (0..frames).map(sample).collect();
        Audio::new(48_000, vec![channel; channels]).unwrap()
    }

    /// BS.1770 states the reading for this signal.
    #[test]
    fn a_full_scale_sine_in_one_channel_reads_minus_three() {
        let loudness = integrated_lufs(&sine(997.0, 1.0, 5.0, 1)).unwrap();
        assert!((loudness + 3.01).abs() < 0.03, "{loudness}");
        let stereo = integrated_lufs(&sine(997.0, 1.0, 5.0, 2)).unwrap();
        assert!((stereo - loudness - 3.01).abs() < 0.01, "{stereo}");
    }

    #[test]
    fn one_channel_needs_no_audio() {
        let sine = sine(997.0, 0.5, 5.0, 1);
        let loudness = loudness_lufs(&sine.channels()[0], 48_000);
        assert_eq!(loudness, integrated_lufs(&sine));
        assert_eq!(loudness_lufs(&[], 48_000), None);
        assert_eq!(loudness_lufs(&[f32::NAN; 48_000], 48_000), None);
        assert_eq!(loudness_lufs(&[0.5; 100], 0), None);
    }

    /// EBU Tech 3341, test 3: quiet ends do not count.
    #[test]
    fn silence_is_gated() {
        let loud = sine(997.0, 0.1, 6.0, 2);
        let mut with_silence = loud.channels()[0].clone();
        with_silence.resize(48_000 * 60, 0.0);
        let with_silence = Audio::new(48_000, vec![with_silence.clone(), with_silence]).unwrap();
        let (a, b) = (
            integrated_lufs(&loud).unwrap(),
            integrated_lufs(&with_silence).unwrap(),
        );
        assert!((a - b).abs() < 0.2, "{a} and {b}");
        assert_eq!(
            integrated_lufs(&Audio::new(48_000, vec![vec![0.0; 48_000]]).unwrap()),
            None
        );
    }

    #[test]
    fn loudness_is_set_and_peaks_are_kept() {
        let mut quiet = sine(997.0, 0.001, 2.0, 2);
        normalise(&mut quiet);
        assert!((integrated_lufs(&quiet).unwrap() - TARGET_LUFS).abs() < 0.01);
        let mut spiky = sine(997.0, 0.001, 2.0, 2);
        spiky.channels_mut()[0][100] = 1.0;
        normalise(&mut spiky);
        assert!((f64::from(spiky.peak()) - 10f64.powf(-0.05)).abs() < 1e-6);
        let mut click = Audio::new(48_000, vec![vec![0.5; 10]]).unwrap();
        normalise(&mut click);
        assert!(click.peak() <= 0.892);
    }
}
