//! The spectra from which sounds are described to each other.

use crate::spectrum::{Bands, Stft};

/// How many bands there are.
pub(super) const BANDS: usize = 32;

/// The least that a band has, in dB.
pub(super) const FLOOR_DB: f64 = -80.0;

/// 32 mel bands from 50 Hz to 7.6 kHz in dB, not below -80, of Hann windows of 1024 samples, 256
/// apart. 0 dB is the power that a sine of full scale has in the bin at its frequency.
pub(super) struct LogMel {
    stft: Stft,
    bands: Bands,
}

impl LogMel {
    pub(super) fn new(sample_rate_hz: u32) -> LogMel {
        let stft = Stft::new(1_024, 256);
        let bands = Bands::new(BANDS, stft.bins(), sample_rate_hz, 50.0..7_600.0);
        LogMel { stft, bands }
    }

    /// The bands of each window that lies within `samples`.
    pub(super) fn frames(&self, samples: &[f32]) -> Vec<Vec<f64>> {
        let full_scale = self.stft.full_scale_power();
        let decibels = |&power: &f32| {
            let level = 10.0 * (f64::from(power) / full_scale).log10();
            level.max(FLOOR_DB)
        };
        let powers = self.stft.powers(samples);
        powers
            .iter()
            .map(|power| self.bands.apply(power).iter().map(decibels).collect())
            .collect()
    }
}

/// The mean of each number over the rows, or nothing for no row.
pub(super) fn means(rows: &[Vec<f64>]) -> Option<Vec<f64>> {
    let mut sums = vec![0.0; rows.first()?.len()];
    for row in rows {
        sums.iter_mut().zip(row).for_each(|(to, from)| *to += from);
    }
    let count = rows.len() as f64;
    Some(sums.into_iter().map(|sum| sum / count).collect())
}

#[cfg(test)]
mod tests {
    use super::super::signals::{RATE_HZ, sine};
    use super::*;
    use crate::spectrum::{hertz, mel};

    /// A Hann window has a sine's power in one bin and a quarter of it on either side, where the
    /// band is a little lower.
    #[test]
    fn a_sine_is_loud_in_its_band_alone() {
        let step = (mel(7_600.0) - mel(50.0)) / 33.0;
        let middle = hertz(mel(50.0) + 20.0 * step);
        let frames = LogMel::new(RATE_HZ).frames(&sine(middle, 1.0, 0.5));
        let bands = means(&frames).unwrap();
        assert!((0.0..2.0).contains(&bands[19]), "{bands:?}");
        assert!(bands[10] < -70.0 && bands[31] < -60.0, "{bands:?}");
        let silence = LogMel::new(RATE_HZ).frames(&[0.0; 1_024]);
        assert_eq!(silence, [vec![FLOOR_DB; BANDS]]);
    }
}
