//! Which fold a work is in.

use sha2::{Digest, Sha256};

use crate::fold::Fold;

/// Works that nobody learns from or chooses by: they are reported apart.
const RESERVED: [&str; 2] = ["Chopin/Ballades_2", "Chopin/Etudes_op_10_3"];

/// The work that a piece is: with its repeats played or without, it is the same music.
pub(super) fn work(composer: &str, title: &str) -> String {
    let plain = title.strip_suffix("_no_repeat");
    let plain = plain.or_else(|| title.strip_suffix("_repeat"));
    format!("{composer}/{}", plain.unwrap_or(title))
}

/// Whether a work is kept out of all folds.
pub(super) fn is_reserved(work: &str) -> bool {
    RESERVED.contains(&work)
}

/// The fold of a work, by the last decimal of its SHA-256.
pub(super) fn fold(work: &str) -> Fold {
    match last_decimal(&Sha256::digest(work)) {
        0 => Fold::Test,
        1 => Fold::Valid,
        _ => Fold::Train,
    }
}

/// The remainder by 10 of a number of base 256, the most significant digit first.
fn last_decimal(digits: &[u8]) -> u32 {
    let next = |rest: u32, &digit: &u8| (rest * 256 + u32::from(digit)) % 10;
    digits.iter().fold(0, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_many_digits_has_its_last_decimal() {
        assert_eq!(last_decimal(&[]), 0);
        assert_eq!(last_decimal(&[1, 0]), 6);
        assert_eq!(last_decimal(&u64::MAX.to_be_bytes()), 5);
        assert_eq!(last_decimal(&(u128::MAX - 7).to_be_bytes()), 8);
        // python3 -c 'print(2**256 - 1)' ends in 9639935.
        assert_eq!(last_decimal(&[255; 32]), 5);
    }

    #[test]
    fn the_fold_follows_from_the_work_alone() {
        // int(hashlib.sha256(work.encode()).hexdigest(), 16) % 10 in Python is 2, 6, 1, 0.
        for (work, expected) in [
            ("Bach/Fugue_bwv_846", Fold::Train),
            ("Schumann/Toccata", Fold::Train),
            ("Bach/Fugue_bwv_854", Fold::Valid),
            ("Bach/Fugue_bwv_856", Fold::Test),
        ] {
            assert_eq!(fold(work), expected, "{work}");
        }
    }

    #[test]
    fn repeats_do_not_make_another_work() {
        assert_eq!(work("Schumann", "Toccata_repeat"), "Schumann/Toccata");
        assert_eq!(work("Schumann", "Toccata_no_repeat"), "Schumann/Toccata");
        assert_eq!(work("Schumann", "Toccata"), "Schumann/Toccata");
        assert_eq!(work("a", "_repeat_b"), "a/_repeat_b");
        assert!(is_reserved(&work("Chopin", "Ballades_2")));
        assert!(!is_reserved("Chopin/Ballades_21"));
    }
}
