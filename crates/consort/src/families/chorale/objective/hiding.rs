//! Which cells are hidden in training.

use consort_learn::Stream;

use crate::families::chorale::config::Hiding;
use crate::families::chorale::encoding::{VOICES, Window};

/// Hides cells of `windows` as `hiding` says. At least one cell of each window is hidden.
pub(super) fn hide(windows: &mut [Window], hiding: &Hiding, stream: &mut Stream) {
    match *hiding {
        Hiding::Article { fewest, most } => hide_alike(windows, fewest, most, stream),
        Hiding::OrderAgnostic { whole_voices } => {
            for window in windows {
                if stream.chance(whole_voices) {
                    give_voices(window, stream);
                } else {
                    let cells: Vec<usize> = (0..window.steps() * VOICES).collect();
                    hide_some(window, &cells, stream);
                }
            }
        }
    }
}

/// As the article does: in each voice as many random steps, the same in all windows.
fn hide_alike(windows: &mut [Window], fewest: usize, most: usize, stream: &mut Stream) {
    let steps = windows[0].steps();
    for voice in 0..VOICES {
        let count = (fewest + stream.below(most - fewest + 1)).clamp(1, steps);
        let hidden = stream.choose(count, steps);
        for window in &mut *windows {
            hidden
                .iter()
                .for_each(|&step| window.known[step][voice] = false);
        }
    }
}

/// Hides a uniformly drawn number of `cells`, so that every number of known cells is learnt equally
/// (Uria et al. 2014): the loss is then that of an ensemble over all orders of filling in.
fn hide_some(window: &mut Window, cells: &[usize], stream: &mut Stream) {
    let count = 1 + stream.below(cells.len());
    for place in stream.choose(count, cells.len()) {
        let cell = cells[place];
        window.known[cell / VOICES][cell % VOICES] = false;
    }
}

/// Gives whole voices, mostly the soprano, since that is what harmonising a melody is; of the others
/// some cells are hidden or all.
fn give_voices(window: &mut Window, stream: &mut Stream) {
    let given = if stream.chance(0.6) {
        vec![0]
    } else {
        let count = 1 + stream.below(VOICES - 1);
        stream.choose(count, VOICES)
    };
    let cells: Vec<usize> = (0..window.steps() * VOICES)
        .filter(|cell| !given.contains(&(cell % VOICES)))
        .collect();
    if stream.chance(0.8) {
        hide_some(window, &cells, stream);
    } else {
        cells
            .iter()
            .for_each(|cell| window.known[cell / VOICES][cell % VOICES] = false);
    }
}

#[cfg(test)]
mod tests {
    use consort_learn::Seed;

    use super::*;
    use crate::families::chorale::encoding::{Attack, Grid, Moment, REST};

    fn window(steps: usize) -> Window {
        Window {
            grid: Grid::Eighth,
            classes: vec![[REST; VOICES]; steps],
            attacks: vec![[Attack::Unknown; VOICES]; steps],
            tells_attacks: [false; VOICES],
            known: vec![[true; VOICES]; steps],
            moments: vec![Moment::default(); steps],
            centre: None,
        }
    }

    #[test]
    fn the_article_hides_the_same_cells_in_all_windows() {
        let mut windows = vec![window(32); 5];
        let mut stream = Seed(1).stream("test", 0);
        hide(
            &mut windows,
            &Hiding::Article {
                fewest: 10,
                most: 19,
            },
            &mut stream,
        );
        for voice in 0..VOICES {
            let hidden = windows[0]
                .known
                .iter()
                .filter(|known| !known[voice])
                .count();
            assert!((10..=19).contains(&hidden));
        }
        assert!(
            windows
                .iter()
                .all(|window| window.known == windows[0].known)
        );
    }

    #[test]
    fn the_number_of_hidden_cells_is_uniform() {
        let mut stream = Seed(1).stream("test", 0);
        let mut quarters = [0_i32; 4];
        for _ in 0..4000 {
            let mut windows = [window(8)];
            hide(
                &mut windows,
                &Hiding::OrderAgnostic { whole_voices: 0.0 },
                &mut stream,
            );
            quarters[(windows[0].hidden() - 1) / 8] += 1;
        }
        assert!(
            quarters.iter().all(|count| (count - 1000).abs() < 137),
            "{quarters:?}"
        );
    }

    #[test]
    fn a_given_voice_is_given_whole() {
        let mut stream = Seed(1).stream("test", 0);
        for _ in 0..100 {
            let mut windows = [window(8)];
            hide(
                &mut windows,
                &Hiding::OrderAgnostic { whole_voices: 1.0 },
                &mut stream,
            );
            let whole = |voice: usize| windows[0].known.iter().all(|known| known[voice]);
            assert!((0..VOICES).any(whole) && windows[0].hidden() > 0);
        }
    }
}
