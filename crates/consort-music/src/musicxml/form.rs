//! The form of a score that can be written: what [`crate::musicxml::as_written`] describes.

mod controls;
mod lines;
mod measures;
mod notes;
mod part;
mod rests;
mod voices;

use std::collections::BTreeMap;

use crate::musicxml::keys::{Settled, Signature, settle};
use crate::musicxml::text::{clean, one_line};
use crate::pitch::Key;
use crate::score::{KeyChange, Metadata, Navigation, Part, Score, TempoChange};
use crate::time::Ticks;

pub(super) use controls::setting;
pub(super) use part::{interval_in, keys_of, staves};

/// `score` in the form in which it is written.
pub(super) fn as_written(score: &Score) -> Score {
    let mut written = Score::new(score.resolution);
    written.metadata = metadata(&score.metadata);
    written.measures = measures::measures(score);
    written.tempos = tempos(&score.tempos);
    let silent = [Part::default()];
    let parts = match score.parts.as_slice() {
        [] => &silent,
        parts => parts,
    };
    let settled = settled_keys(&score.keys, parts);
    written.keys = settled.score;
    let (parts, signs) = parts
        .iter()
        .zip(settled.parts)
        .map(|(part, keys)| part::part(part, keys, &written))
        .collect::<(Vec<Part>, Vec<Vec<(Ticks, Navigation)>>)>();
    written.parts = parts;
    for (at, sign) in signs.into_iter().flatten() {
        measures::add_sign(&mut written.measures, at, sign);
    }
    written
}

/// The key in force at `at`.
pub(super) fn key_at(keys: &[KeyChange], at: Ticks) -> Key {
    let after = keys.partition_point(|change| change.at <= at);
    let last = after.checked_sub(1).and_then(|index| keys.get(index));
    last.map_or_else(Key::default, |change| change.key)
}

/// The keys of the score and of the parts as a reader will find them: those of most parts are the
/// score's.
fn settled_keys(score: &[KeyChange], parts: &[Part]) -> Settled {
    let only_drums = parts.iter().all(|part| part.instrument.percussion);
    let writes_keys = |part: &&Part| only_drums || !part.instrument.percussion;
    let transposes = |part: &Part| part.transposition != 0 && !part.instrument.percussion;
    let differ = parts
        .iter()
        .filter(writes_keys)
        .any(|part| !part.keys.is_empty());
    // Without a signature a transposing part could not show that it is in C, nor could one that
    // differs from another.
    let needs_key = differ || parts.iter().any(transposes);
    let of_score = keys(score, needs_key);
    let signatures = |part: &Part| -> Vec<Signature> {
        let own = match part.keys.as_slice() {
            _ if !writes_keys(&part) => Vec::new(),
            [] => of_score.clone(),
            own => keys(own, needs_key),
        };
        own.into_iter().map(Signature::of).collect()
    };
    settle(&parts.iter().map(signatures).collect::<Vec<_>>())
}

fn keys(keys: &[KeyChange], needs_key: bool) -> Vec<KeyChange> {
    let mut changes: BTreeMap<Ticks, Key> = BTreeMap::new();
    for change in keys {
        let fifths = match change.key.fifths {
            fifths @ -7..=7 => fifths,
            fifths => {
                i8::try_from((i32::from(fifths) + 5).rem_euclid(12) - 5).expect("within -5 to 6")
            }
        };
        let key = Key {
            fifths,
            ..change.key
        };
        changes.insert(change.at.max(Ticks::ZERO), key);
    }
    if needs_key {
        changes.entry(Ticks::ZERO).or_default();
    }
    let change = |(at, key)| KeyChange { at, key };
    changes.into_iter().map(change).collect()
}

fn tempos(tempos: &[TempoChange]) -> Vec<TempoChange> {
    let changes: BTreeMap<Ticks, TempoChange> = tempos
        .iter()
        .map(|&change| (change.at.max(Ticks::ZERO), change))
        .collect();
    let change = |(at, change)| TempoChange { at, ..change };
    changes.into_iter().map(change).collect()
}

/// Where a field of the metadata is written, in the order of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FieldPlace {
    /// An element of its own in `work`.
    WorkNumber,
    /// An element of its own below the root.
    MovementNumber,
    /// An element of its own below the root.
    MovementTitle,
    /// A `creator` of that type.
    Creator,
    /// `rights` after the first.
    Rights,
    /// An element of `encoding`.
    Encoding,
    /// An element of its own in `identification`.
    Source,
    /// A `relation`.
    Relation,
    /// A `miscellaneous-field` of that name.
    Miscellaneous,
}

impl FieldPlace {
    /// The place of a field.
    pub(super) fn of((name, value): &(String, String)) -> FieldPlace {
        match name.as_str() {
            "work-number" => FieldPlace::WorkNumber,
            "movement-number" => FieldPlace::MovementNumber,
            "movement-title" => FieldPlace::MovementTitle,
            "creator" | "composer" | "lyricist" | "poet" | "arranger" | "translator" | "editor"
            | "engraver" | "transcriber" => FieldPlace::Creator,
            "rights" => FieldPlace::Rights,
            "software" | "encoder" | "encoding-description" => FieldPlace::Encoding,
            "encoding-date" if is_date(value) => FieldPlace::Encoding,
            "source" => FieldPlace::Source,
            "relation" => FieldPlace::Relation,
            _ => FieldPlace::Miscellaneous,
        }
    }

    /// Whether the format has room for only one of it.
    fn is_single(self) -> bool {
        matches!(
            self,
            FieldPlace::WorkNumber
                | FieldPlace::MovementNumber
                | FieldPlace::MovementTitle
                | FieldPlace::Source
        )
    }
}

/// Whether `text` is a date such as 2008-08-31, the only kind that the format takes.
fn is_date(text: &str) -> bool {
    let number = |part: &str, length: usize| {
        let is_number = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u16>().ok().filter(|_| is_number)
    };
    let mut parts = text.split('-');
    let mut next = |length| parts.next().and_then(|part| number(part, length));
    let date = (next(4), next(2), next(2));
    matches!(date, (Some(1..), Some(1..=12), Some(1..=31))) && parts.next().is_none()
}

/// Texts fit for XML, and fields in the order of the format. A first composer, lyricist, title or
/// right among the fields takes the place that is free for it.
fn metadata(metadata: &Metadata) -> Metadata {
    let cleaned =
        |text: &Option<String>| text.as_deref().map(clean).filter(|text| !text.is_empty());
    let mut written = Metadata {
        title: cleaned(&metadata.title),
        composer: cleaned(&metadata.composer),
        lyricist: cleaned(&metadata.lyricist),
        copyright: cleaned(&metadata.copyright),
        fields: Vec::new(),
    };
    let mut single = Vec::new();
    for (name, value) in &metadata.fields {
        let field = (one_line(name), clean(value));
        let place = FieldPlace::of(&field);
        let (name, value) = field;
        let free = match name.as_str() {
            "movement-title" => Some(&mut written.title),
            "composer" => Some(&mut written.composer),
            "lyricist" | "poet" => Some(&mut written.lyricist),
            "rights" => Some(&mut written.copyright),
            _ => None,
        };
        if value.is_empty() || (place.is_single() && single.contains(&place)) {
            continue;
        }
        if place.is_single() {
            single.push(place);
        }
        match free {
            Some(free) if free.is_none() => *free = Some(value),
            Some(title) if place == FieldPlace::MovementTitle && *title == Some(value.clone()) => {}
            _ => written.fields.push((name, value)),
        }
    }
    written.fields.sort_by_key(FieldPlace::of);
    written
}
