//! What is passed over without a warning.

/// Elements that say how a page looks, or repeat what other elements say. Whatever is neither read
/// nor listed here is reported when it is met.
const IGNORED: [&str; 41] = [
    // The notes say it again: their alterations, durations and voices.
    "accidental",
    "beam",
    "dot",
    "notehead",
    "notehead-text",
    "stem",
    "tuplet",
    "type",
    // The page.
    "appearance",
    "bookmark",
    "concert-score",
    "credit",
    "defaults",
    "display-octave",
    "display-step",
    "footnote",
    "frame",
    "group",
    "instrument-abbreviation",
    "level",
    "link",
    "part-abbreviation",
    "part-abbreviation-display",
    "part-group",
    "part-name-display",
    "print",
    // Attributes of a measure that matter to its picture only.
    "cancel",
    "instruments",
    "key-octave",
    "multiple-rest",
    "part-symbol",
    "staff-details",
    "staves",
    // Names of things that are kept otherwise.
    "ensemble",
    "instrument-name",
    "midi-name",
    "opus",
    "solo",
    "staff-type",
    "supports",
    "swing-type",
];

/// Whether an element of that name is passed over.
pub(super) fn is_ignored(name: &str) -> bool {
    IGNORED.contains(&name)
}
