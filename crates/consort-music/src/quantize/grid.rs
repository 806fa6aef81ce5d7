//! The grid that notes are put on, as it is written on a command line.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::score::Tuplet;

/// The notes that may be written: the shortest plain value, and which tuplets.
///
/// A tuplet is made of values that are no shorter than the shortest either: with sixteenths there
/// are triplets of sixteenths, eighths and quarters, and quintuplets of sixteenths and eighths.
///
/// Written as text a grid is the shortest value, as the number of them in a whole note (4, 8, 16,
/// 32 or 64), and `+3`, `+5`, `+7` for the tuplets: `16`, `16+3`, `32+3+5`. A `t` at the end stands
/// for `+3`.
///
/// ```
/// use consort_music::quantize::Grid;
///
/// assert_eq!("16t".parse(), Ok(Grid { shortest: 16, triplets: true, ..Grid::plain(16) }));
/// assert_eq!("32+3+5".parse::<Grid>()?.to_string(), "32+3+5");
/// assert!("12".parse::<Grid>().is_err());
/// # Ok::<(), consort_music::quantize::GridError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The shortest plain note, as the number of them in a whole note: 4, 8, 16, 32 or 64. Other
    /// numbers count as the nearest of these that is no smaller, or as 64.
    pub shortest: u8,
    /// Whether three notes may stand in the time of two.
    pub triplets: bool,
    /// Whether five notes may stand in the time of four.
    pub quintuplets: bool,
    /// Whether seven notes may stand in the time of four.
    pub septuplets: bool,
}

/// Why a text is no [`Grid`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no grid: expected the shortest note as 4, 8, 16, 32 or 64, and +3, +5 or +7 for the tuplets, such as 16+3"
)]
pub struct GridError(String);

impl Default for Grid {
    /// Down to sixteenth notes, with triplets.
    fn default() -> Grid {
        Grid {
            triplets: true,
            ..Grid::plain(16)
        }
    }
}

impl Grid {
    /// A grid without tuplets.
    pub fn plain(shortest: u8) -> Grid {
        Grid {
            shortest,
            triplets: false,
            quintuplets: false,
            septuplets: false,
        }
    }

    /// The shortest value in whole notes, as a denominator that is allowed.
    pub(super) fn denominator(self) -> u32 {
        u32::from(self.shortest).next_power_of_two().clamp(4, 64)
    }

    /// The tuplets that are allowed.
    pub(super) fn tuplets(self) -> impl Iterator<Item = Tuplet> {
        let tuplet = |actual, normal| Tuplet { actual, normal };
        [
            (self.triplets, tuplet(3, 2)),
            (self.quintuplets, tuplet(5, 4)),
            (self.septuplets, tuplet(7, 4)),
        ]
        .into_iter()
        .filter_map(|(allowed, tuplet)| allowed.then_some(tuplet))
    }

    /// Into how many parts a quarter note must be divided so that all the grid lies on them.
    pub(super) fn divisions(self) -> u32 {
        let tuplets = self.tuplets().map(|tuplet| u32::from(tuplet.actual));
        tuplets.product::<u32>() * (self.denominator() / 4)
    }
}

impl FromStr for Grid {
    type Err = GridError;

    fn from_str(text: &str) -> Result<Grid, GridError> {
        let error = || GridError(text.to_owned());
        let (numbers, triplets) = match text.strip_suffix(['t', 'T']) {
            Some(numbers) => (numbers, true),
            None => (text, false),
        };
        let mut numbers = numbers.split('+').map(str::trim);
        let shortest = numbers.next().and_then(|number| number.parse().ok());
        let allowed = shortest.filter(|number| matches!(number, 4 | 8 | 16 | 32 | 64));
        let mut grid = Grid {
            triplets,
            ..Grid::plain(allowed.ok_or_else(error)?)
        };
        for number in numbers {
            match number {
                "3" => grid.triplets = true,
                "5" => grid.quintuplets = true,
                "7" => grid.septuplets = true,
                _ => return Err(error()),
            }
        }
        Ok(grid)
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.denominator())?;
        self.tuplets()
            .try_for_each(|tuplet| write!(f, "+{}", tuplet.actual))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read() {
        for shortest in [4, 8, 16, 32, 64] {
            for bits in 0..8 {
                let grid = Grid {
                    shortest,
                    triplets: bits & 1 > 0,
                    quintuplets: bits & 2 > 0,
                    septuplets: bits & 4 > 0,
                };
                assert_eq!(grid.to_string().parse(), Ok(grid));
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "t", "3", "16+", "16+4", "+3", "16tt", "-8", "16.5"] {
            let error = text.parse::<Grid>().unwrap_err();
            assert!(error.to_string().contains("such as 16+3"), "{text}");
        }
    }
}
