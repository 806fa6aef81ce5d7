//! What a piece is for.

/// A part of a corpus. Which pieces it has, each corpus says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fold {
    /// What is learnt from.
    Train,
    /// What is looked at while learning, to choose when to stop.
    Valid,
    /// What is looked at when all is chosen.
    Test,
}

impl Fold {
    /// The fold of the piece with an index, where the place decides: of every twenty pieces the first
    /// and the eleventh are for testing, the sixth for validation.
    pub(crate) fn by_place(index: usize) -> Fold {
        match index % 20 {
            0 | 10 => Fold::Test,
            5 => Fold::Valid,
            _ => Fold::Train,
        }
    }

    /// What gives the index of a piece its fold in a corpus of the user's own. Fewer than 20 pieces
    /// are too few to test on: of these every fifth is for validation.
    pub(crate) fn of_own(pieces: usize) -> fn(usize) -> Fold {
        if pieces < 20 {
            Fold::of_few
        } else {
            Fold::by_place
        }
    }

    fn of_few(index: usize) -> Fold {
        match index % 5 {
            4 => Fold::Valid,
            _ => Fold::Train,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_twenty_pieces_two_are_tested_and_one_validates() {
        let folds: Vec<Fold> = (0..40).map(Fold::by_place).collect();
        let of = |fold| {
            let with = folds.iter().enumerate().filter(move |&(_, &f)| f == fold);
            with.map(|(index, _)| index).collect::<Vec<_>>()
        };
        assert_eq!(of(Fold::Test), [0, 10, 20, 30]);
        assert_eq!(of(Fold::Valid), [5, 25]);
    }
}
