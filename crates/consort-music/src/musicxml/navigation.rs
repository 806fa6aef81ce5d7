//! Words that are signs: "D.C. al Fine" and the like.

use crate::score::Navigation;

/// The sign that `text` is, whatever its case and dots.
pub(super) fn sign_of_words(text: &str) -> Option<Navigation> {
    const ENDS: [&str; 8] = [
        "",
        "alfine",
        "alcoda",
        "alsegno",
        "epoilacoda",
        "alfineepoilacoda",
        "senzareplica",
        "senzarepetizione",
    ];
    let letters: String = text
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let jump = |starts: [&str; 2]| {
        let rest = starts.iter().find_map(|start| letters.strip_prefix(start));
        rest.is_some_and(|rest| ENDS.contains(&rest))
    };
    match letters.as_str() {
        "fine" => Some(Navigation::Fine),
        "tocoda" | "alcoda" => Some(Navigation::ToCoda),
        "coda" => Some(Navigation::Coda),
        "segno" => Some(Navigation::Segno),
        _ if jump(["dacapo", "dc"]) => Some(Navigation::DaCapo),
        _ if jump(["dalsegno", "ds"]) => Some(Navigation::DalSegno),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_are_known_by_their_words() {
        for (text, sign) in [
            ("D.C. al Fine", Some(Navigation::DaCapo)),
            ("Da Capo", Some(Navigation::DaCapo)),
            ("D.S. al Coda", Some(Navigation::DalSegno)),
            ("Dal segno", Some(Navigation::DalSegno)),
            ("fine", Some(Navigation::Fine)),
            ("To Coda", Some(Navigation::ToCoda)),
            ("dolce", None),
            ("finer", None),
            ("", None),
        ] {
            assert_eq!(sign_of_words(text), sign, "{text}");
        }
    }
}
