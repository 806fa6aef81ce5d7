//! From signs to levels.

use super::{USUAL, accent_of, level_of};
use crate::score::{Direction, DirectionKind, Part, Score, Spanner, SpannerKind};
use crate::time::Ticks;

/// How much a hairpin changes that leads to no dynamic: a step from one name to the next, of which there
/// are about seven from `ppp` to `fff`.
const STEP: f64 = 16.0;

/// How loud music should be by its dynamics and hairpins, in MIDI velocities over time.
///
/// A dynamic holds until the next. A hairpin goes evenly from the level at its start to the dynamic that
/// stands within it (in its second half) or follows within once its length, if that lies in the hairpin's
/// direction and before the next hairpin; else it changes by one step, 16. A dynamic in the
/// first half of a hairpin is where the hairpin begins. Before the first sign the level is that of `mf`.
/// Accents for a note, such as `sfz` and the first half of `fp`, are kept beside the levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    pieces: Vec<Piece>,
    accents: Vec<Accent>,
}

/// An accent written as a dynamic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    /// Where it stands.
    pub at: Ticks,
    /// The velocity that it asks for.
    pub level: u8,
}

/// A change of level; after `to` the level stays.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    from: Ticks,
    to: Ticks,
    start: f64,
    end: f64,
}

/// A dynamic that is a level.
#[derive(Clone, Copy)]
struct Sign {
    at: Ticks,
    level: u8,
}

impl Levels {
    /// The levels of all parts together, if something is written: as for a piano whose hands are two
    /// parts. Where two parts say different things at once, the louder one counts.
    pub fn of(score: &Score) -> Option<Levels> {
        let directions = score.parts.iter().flat_map(|part| &part.directions);
        let spanners = score.parts.iter().flat_map(|part| &part.spanners);
        Levels::of_signs(directions, spanners)
    }

    /// The levels of one part, if something is written.
    pub fn of_part(part: &Part) -> Option<Levels> {
        Levels::of_signs(part.directions.iter(), part.spanners.iter())
    }

    /// The level at `at`, 1 to 127.
    pub fn level_at(&self, at: Ticks) -> f64 {
        let after = self.pieces.partition_point(|piece| piece.from <= at);
        let piece = after.checked_sub(1).map(|index| &self.pieces[index]);
        piece.map_or(f64::from(USUAL), |piece| piece.level_at(at))
    }

    /// The accents written as dynamics, in order of time.
    pub fn accents(&self) -> &[Accent] {
        &self.accents
    }

    fn of_signs<'a>(
        directions: impl Iterator<Item = &'a Direction>,
        spanners: impl Iterator<Item = &'a Spanner>,
    ) -> Option<Levels> {
        let (mut signs, mut accents) = (Vec::new(), Vec::new());
        for direction in directions.filter(|it| it.kind == DirectionKind::Dynamic) {
            let at = direction.at;
            signs.extend(level_of(&direction.text).map(|level| Sign { at, level }));
            accents.extend(accent_of(&direction.text).map(|level| Accent { at, level }));
        }
        signs.sort_by_key(|sign| (sign.at, std::cmp::Reverse(sign.level)));
        signs.dedup_by_key(|sign| sign.at);
        accents.sort_by_key(|accent| (accent.at, std::cmp::Reverse(accent.level)));
        accents.dedup_by_key(|accent| accent.at);
        let is_hairpin = |kind| matches!(kind, SpannerKind::Crescendo | SpannerKind::Diminuendo);
        let mut hairpins: Vec<Spanner> = spanners
            .filter(|spanner| is_hairpin(spanner.kind) && spanner.from < spanner.to)
            .copied()
            .collect();
        hairpins.sort_by_key(|hairpin| (hairpin.from, hairpin.to));
        // Two staves often bear the same one, and one that begins within another says nothing new.
        hairpins.dedup_by(|next, last| next.from < last.to);
        let is_empty = signs.is_empty() && accents.is_empty() && hairpins.is_empty();
        (!is_empty).then(|| Levels {
            pieces: pieces(&signs, &hairpins),
            accents,
        })
    }
}

impl Piece {
    fn level_at(&self, at: Ticks) -> f64 {
        if at >= self.to {
            return self.end;
        }
        let [at, from, to] = [at, self.from, self.to].map(|time| time.0 as f64);
        self.start + (self.end - self.start) * (at - from) / (to - from)
    }
}

fn pieces(signs: &[Sign], hairpins: &[Spanner]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let level_at = |pieces: &[Piece], at| {
        let last = pieces.last();
        last.map_or(f64::from(USUAL), |piece| piece.level_at(at))
    };
    let mut signs = signs.iter().copied().peekable();
    let constant = |sign: Sign| Piece {
        from: sign.at,
        to: sign.at,
        start: sign.level.into(),
        end: sign.level.into(),
    };
    for (index, hairpin) in hairpins.iter().enumerate() {
        let length = hairpin.to - hairpin.from;
        let middle = hairpin.from + Ticks(length.0 / 2);
        let mut from = hairpin.from;
        while let Some(sign) = signs.next_if(|sign| sign.at <= from || sign.at < middle) {
            from = from.max(sign.at);
            pieces.push(constant(sign));
        }
        let rises = hairpin.kind == SpannerKind::Crescendo;
        let start = level_at(&pieces, from);
        let next = hairpins.get(index + 1).map(|next| next.from);
        let target = signs.peek().filter(|sign| {
            let level = f64::from(sign.level);
            let leads = if rises { level > start } else { level < start };
            let last = Ticks(hairpin.to.0.saturating_add(length.0));
            let first = sign.at <= hairpin.to || next.is_none_or(|next| sign.at <= next);
            leads && first && sign.at <= last
        });
        let step = if rises { STEP } else { -STEP };
        let end = target.map_or((start + step).clamp(1.0, 127.0), |sign| sign.level.into());
        let to = signs
            .peek()
            .map_or(hairpin.to, |sign| hairpin.to.min(sign.at));
        pieces.push(Piece {
            from,
            to,
            start,
            end,
        });
    }
    pieces.extend(signs.map(constant));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(dynamics: &[(i64, &str)], hairpins: &[(i64, i64, SpannerKind)]) -> Part {
        let directions = dynamics.iter().map(|&(at, text)| Direction {
            at: Ticks(at),
            text: text.to_owned(),
            kind: DirectionKind::Dynamic,
        });
        let spanners = hairpins.iter().map(|&(from, to, kind)| Spanner {
            from: Ticks(from),
            to: Ticks(to),
            staff: 1,
            kind,
        });
        Part {
            directions: directions.collect(),
            spanners: spanners.collect(),
            ..Part::default()
        }
    }

    fn levels<const N: usize>(part: &Part, at: [i64; N]) -> [f64; N] {
        let levels = Levels::of_part(part).unwrap();
        at.map(|at| levels.level_at(Ticks(at)))
    }

    use SpannerKind::{Crescendo, Diminuendo};

    #[test]
    fn a_dynamic_holds_until_the_next() {
        let part = part(&[(4, "p"), (8, "ff")], &[]);
        assert_eq!(
            levels(&part, [0, 4, 7, 8, 1000]),
            [80.0, 49.0, 49.0, 112.0, 112.0]
        );
    }

    #[test]
    fn a_hairpin_leads_to_the_next_dynamic_or_a_step_further() {
        let led = part(&[(0, "p"), (10, "f")], &[(0, 8, Crescendo)]);
        assert_eq!(
            levels(&led, [0, 4, 8, 9, 10]),
            [49.0, 72.5, 96.0, 96.0, 96.0]
        );
        // The next dynamic is too far away, or the other way.
        for dynamics in [[(0, "p"), (30, "f")], [(0, "p"), (8, "pp")]] {
            let part = part(&dynamics, &[(0, 8, Crescendo)]);
            assert_eq!(levels(&part, [4, 7]), [57.0, 63.0]);
        }
        let alone = part(&[], &[(0, 8, Diminuendo)]);
        assert_eq!(levels(&alone, [0, 8, 20]), [80.0, 64.0, 64.0]);
        let low = part(&[(0, "pppp")], &[(0, 8, Diminuendo)]);
        assert_eq!(levels(&low, [8]), [1.0]);
    }

    #[test]
    fn a_dynamic_within_a_hairpin_is_its_start_or_its_end() {
        let late = part(&[(1, "p")], &[(0, 9, Crescendo)]);
        assert_eq!(levels(&late, [0, 1, 5, 9]), [80.0, 49.0, 57.0, 65.0]);
        let early = part(&[(0, "p"), (8, "f")], &[(0, 10, Crescendo)]);
        assert_eq!(levels(&early, [4, 8, 9, 10]), [72.5, 96.0, 96.0, 96.0]);
    }

    #[test]
    fn hairpins_follow_each_other() {
        let swell = [(0, 4, Crescendo), (4, 8, Diminuendo)];
        assert_eq!(
            levels(&part(&[(0, "p"), (8, "pp")], &swell), [0, 2, 4, 6, 8]),
            [49.0, 57.0, 65.0, 49.0, 33.0]
        );
        // Both staves of a piano bear the same.
        let twice = [(0, 4, Crescendo), (0, 4, Crescendo)];
        assert_eq!(levels(&part(&[(0, "p")], &twice), [4, 8]), [65.0, 65.0]);
    }

    #[test]
    fn accents_are_no_levels() {
        let part = part(&[(0, "p"), (4, "sfz"), (8, "fp")], &[]);
        assert_eq!(levels(&part, [4, 5, 8]), [49.0, 49.0, 49.0]);
        let levels = Levels::of_part(&part).unwrap();
        let accents = levels
            .accents()
            .iter()
            .map(|accent| (accent.at.0, accent.level));
        assert_eq!(accents.collect::<Vec<_>>(), [(4, 112), (8, 96)]);
    }

    #[test]
    fn nothing_written_is_nothing() {
        assert_eq!(Levels::of_part(&Part::default()), None);
        let mut words = part(&[(0, "p")], &[]);
        words.directions[0].kind = DirectionKind::Words;
        assert_eq!(Levels::of_part(&words), None);
    }
}
