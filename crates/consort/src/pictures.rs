//! Pictures of music and of how it was made: SVG, and PNG for where SVG cannot go.
//!
//! A picture is first laid out as shapes, then written in either format, so the two
//! always show the same. Fonts and colours are part of the library: the same input gives the same
//! bytes on every run, whatever is installed.
//!
//! ```
//! use consort::pictures::{PictureFormat, Series, curves};
//!
//! let passes = Series {
//!     name: "melody given".to_owned(),
//!     points: vec![(1.0, 2.1), (2.0, 1.4), (3.0, 1.2)],
//! };
//! let svg = curves("Sampling", "pass", "nats per cell", &[passes], PictureFormat::Svg);
//! assert!(svg.starts_with(b"<svg "));
//! ```

use consort_music::Score;
use consort_music::grid::Drum;
use consort_music::statistics::PatternHistogram;
use consort_music::statistics::pattern::LAGS;

mod axis;
mod curve;
mod drawing;
mod legend;
mod lettering;
mod pattern;
mod roll;
#[cfg(test)]
mod tests;
mod theme;
mod velocity;
mod velocity_roll;

/// A file format for pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PictureFormat {
    /// Scalable Vector Graphics: sharp at any size, with its text as text.
    Svg,
    /// Portable Network Graphics, at twice the size of the SVG in pixels unless that is more than
    /// sixteen million of them.
    Png,
}

impl PictureFormat {
    /// All formats.
    pub const ALL: [PictureFormat; 2] = [PictureFormat::Svg, PictureFormat::Png];

    /// The ending of file names.
    pub fn extension(self) -> &'static str {
        match self {
            PictureFormat::Svg => "svg",
            PictureFormat::Png => "png",
        }
    }

    /// The format of file names that end so, in either case.
    pub fn of_extension(extension: &str) -> Option<PictureFormat> {
        PictureFormat::ALL
            .into_iter()
            .find(|format| format.extension().eq_ignore_ascii_case(extension))
    }
}

/// The notes of a score over time, as written: a repeat is drawn once, with its signs.
///
/// Each part has its colour, named in the legend. A bar stands for a note as it sounds: tied notes
/// are one bar, repeated notes are several with a gap between, and where two voices meet on one
/// pitch they share its row. Fermatas stand above the notes with a band below. Drums have rows of
/// their own with their General MIDI names. Grace notes are not drawn.
///
/// The picture grows with the piece up to a width of 6000 units; longer pieces are compressed
/// into that. A score that sounds nothing gives a small picture that says so.
pub fn piano_roll(score: &Score, format: PictureFormat) -> Vec<u8> {
    roll::draw(score).encode(format)
}

/// A line of [`curves`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// What it shows.
    pub name: String,
    /// Points as (x, y); they are joined in order of x. Where y is not a finite number the line is
    /// broken.
    pub points: Vec<(f64, f64)>,
}

/// Quantities over a common quantity: the likelihood pass by pass, a loss step by step.
///
/// The picture is 960 by 540 units, however many points there are: where several share a column,
/// the line runs through the least and the greatest. Points whose x is not finite, and whatever is
/// beyond ±10^100, are left out; a line below the picture says how many.
pub fn curves(
    title: &str,
    x_label: &str,
    y_label: &str,
    series: &[Series],
    format: PictureFormat,
) -> Vec<u8> {
    curve::draw(title, x_label, y_label, series).encode(format)
}

/// A pattern histogram of [`patterns`].
#[derive(Clone, Copy, Debug)]
pub struct Pattern<'a> {
    /// What it stands above.
    pub name: &'a str,
    /// What follows what.
    pub histogram: &'a PatternHistogram,
}

/// What drums follow each other after how long: a panel for each drum after which something sounds,
/// with a row for each drum that sounds and the lags from left to right, in beats of a quarter note.
///
/// The colour is the root of the share that a cell has of all that follows the drum; it is full at the
/// greatest share of the panel, which stands above it. With a second histogram there are three
/// columns: the first, the second, and by how much the second exceeds the first, in the same scale,
/// with the distance between them (0 to 2) above it.
pub fn patterns(
    title: &str,
    real: Pattern<'_>,
    generated: Option<Pattern<'_>>,
    format: PictureFormat,
) -> Vec<u8> {
    pattern::draw(title, real, generated).encode(format)
}

/// A line of [`velocities`].
#[derive(Clone, Copy, Debug)]
pub struct Performance<'a> {
    /// What it is called.
    pub name: &'a str,
    /// How hard its notes are struck.
    pub score: &'a Score,
}

/// How hard the notes of one or several performances are struck, one over the other: from left to right in bars, or
/// in seconds if one of the scores has no measures, and upwards in MIDI velocities, with the dynamics that they
/// stand for.
///
/// A dot is a note, the stronger the higher it is. A line is the melody, which is what is struck above all that
/// sounds, smoothed over about a bar; where there is one performance alone, a second line is the bass.
/// Notes without a velocity, and drums beside other instruments, are not drawn.
pub fn velocities(title: &str, performances: &[Performance<'_>], format: PictureFormat) -> Vec<u8> {
    velocity::draw(title, performances).encode(format)
}

/// The keys of a piano: MIDI pitch 21 is the first.
pub const KEYS: usize = 88;

/// The notes of a [`VelocityRoll`].
#[derive(Clone, Copy, Debug)]
pub enum Touch<'a> {
    /// Those of a score that have a velocity, in steps of a sixteenth.
    Score(&'a Score),
    /// For each step and key, lowest first, a velocity from 0 to 127 while the key is down.
    Steps(&'a [[Option<f32>; KEYS]]),
}

/// A panel of [`velocity_rolls`].
#[derive(Clone, Copy, Debug)]
pub struct VelocityRoll<'a> {
    /// What stands above it.
    pub name: &'a str,
    /// What it shows.
    pub touch: Touch<'a>,
}

/// Velocities as colours, in panels one below the other: time in steps from left to right, the same in all panels, and the
/// keys that are struck in any of them from the bottom to the top. Darker is harder; the scale, 0 to 127, stands
/// above the panels.
pub fn velocity_rolls(title: &str, rolls: &[VelocityRoll<'_>], format: PictureFormat) -> Vec<u8> {
    velocity_roll::draw(title, rolls).encode(format)
}

/// The drums after which something sounds in any of some histograms.
pub(crate) fn drums_before(histograms: &[&PatternHistogram]) -> Vec<Drum> {
    let sounds = |drum: Drum| histograms.iter().any(|histogram| histogram.total(drum) > 0);
    Drum::ALL.into_iter().filter(|&drum| sounds(drum)).collect()
}

/// The drums that sound after something in any of some histograms.
pub(crate) fn drums_after(histograms: &[&PatternHistogram]) -> Vec<Drum> {
    let follows = |histogram: &PatternHistogram, then: Drum| {
        let firsts = Drum::ALL.into_iter();
        let mut lags = firsts.flat_map(|first| (1..=LAGS).map(move |lag| (first, lag)));
        lags.any(|(first, lag)| histogram.count(first, then, lag) > 0)
    };
    let sounds = |drum: Drum| histograms.iter().any(|histogram| follows(histogram, drum));
    Drum::ALL.into_iter().filter(|&drum| sounds(drum)).collect()
}
