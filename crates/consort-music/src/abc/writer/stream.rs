//! The notes of one voice, laid out for writing.

use crate::pitch::{Pitch, Spelling};
use crate::score::{Clef, Grace, Lyric, Mark, Measure, Note, Part, Rest, Score, Tuplet};
use crate::time::Ticks;

use super::super::text;

/// A voice on a staff of a part.
pub(super) struct Stream<'a> {
    pub(super) part: &'a Part,
    pub(super) staff: u8,
    /// Whether it is the first of the score, its part, its staff: it carries what belongs to those.
    pub(super) leads_score: bool,
    pub(super) leads_part: bool,
    pub(super) leads_staff: bool,
    /// Chords that do not overlap, in as many lanes as it takes.
    pub(super) lanes: Vec<Vec<Chord>>,
    /// Grace notes that no chord follows at their time.
    pub(super) loose_graces: Vec<Vec<Head>>,
    pub(super) has_lyrics: bool,
}

/// Notes that begin together.
#[derive(Clone, Debug)]
pub(super) struct Chord {
    pub(super) onset: Ticks,
    /// The end of its longest note.
    pub(super) end: Ticks,
    pub(super) tuplet: Option<Tuplet>,
    /// The longest first, then from the lowest up; none for a rest that bears signs.
    pub(super) heads: Vec<Head>,
    /// Signs on the rest.
    pub(super) marks: Vec<Mark>,
    pub(super) graces: Vec<Head>,
    /// Those of all its notes.
    pub(super) lyrics: Vec<Lyric>,
}

/// A note within one measure.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) onset: Ticks,
    pub(super) end: Ticks,
    pub(super) pitch: Pitch,
    /// At concert pitch.
    pub(super) spelling: Spelling,
    pub(super) tied: bool,
    pub(super) grace: Grace,
    pub(super) marks: Vec<Mark>,
}

impl Chord {
    pub(super) fn is_rest(&self) -> bool {
        self.heads.is_empty()
    }
}

impl<'a> Stream<'a> {
    /// The notes of `voice` on `staff` of `part`, cut at the bar lines.
    pub(super) fn new(
        part: &'a Part,
        staff: u8,
        voice: u8,
        score: &Score,
        measures: &[Measure],
    ) -> Stream<'a> {
        let mut stream = Stream {
            part,
            staff,
            leads_score: true,
            leads_part: true,
            leads_staff: true,
            lanes: vec![Vec::new()],
            loose_graces: Vec::new(),
            has_lyrics: false,
        };
        let mut notes: Vec<&Note> = part
            .notes
            .iter()
            .filter(|note| (note.staff, note.voice) == (staff, voice))
            .collect();
        notes.sort_by_key(|note| note.onset);
        let mut chords: Vec<Chord> = Vec::new();
        let mut graces: Vec<Head> = Vec::new();
        for note in notes {
            if note.is_grace() || note.duration <= Ticks::ZERO {
                graces.push(head(note, score));
            } else {
                cut(note, score, measures, &mut chords);
            }
        }
        let is_own = |rest: &&Rest| (rest.staff, rest.voice) == (staff, voice);
        let rests = part.rests.iter().filter(is_own);
        chords.extend(rests.filter_map(|rest| marked(rest, measures)));
        // The pieces of long notes come between those of shorter ones.
        chords.sort_by_key(|chord| chord.onset);
        stream.place(join(chords));
        stream.add_graces(graces);
        let mut all = stream.lanes.iter().flatten();
        stream.has_lyrics = all.any(|chord| !chord.lyrics.is_empty());
        stream
    }

    /// The clef of its staff at the start.
    pub(super) fn first_clef(&self) -> Option<Clef> {
        let own = |change: &&crate::score::ClefChange| change.staff == self.staff;
        let mut clefs = self.part.clefs.iter().filter(own);
        clefs
            .rfind(|change| change.at == Ticks::ZERO)
            .map(|change| change.clef)
    }

    /// Puts each chord in the first lane that is free.
    fn place(&mut self, chords: Vec<Chord>) {
        /// The reader counts lanes in a byte; one is left for spacers.
        const LANES_MAX: usize = 250;
        for chord in chords {
            let is_free =
                |lane: &Vec<Chord>| lane.last().is_none_or(|last| last.end <= chord.onset);
            match self.lanes.iter().position(is_free) {
                Some(lane) => self.lanes[lane].push(chord),
                None if self.lanes.len() < LANES_MAX => self.lanes.push(vec![chord]),
                None => {}
            }
        }
    }

    fn add_graces(&mut self, graces: Vec<Head>) {
        let mut graces = graces.into_iter().peekable();
        while let Some(first) = graces.next() {
            let onset = first.onset;
            let mut group = vec![first];
            while let Some(grace) = graces.next_if(|grace| grace.onset == onset) {
                group.push(grace);
            }
            let chord = self.lanes.iter_mut().find_map(|lane| {
                let index = lane
                    .binary_search_by_key(&onset, |chord| chord.onset)
                    .ok()?;
                lane.get_mut(index)
            });
            match chord {
                Some(chord) => chord.graces = group,
                None => self.loose_graces.push(group),
            }
        }
    }
}

/// How `note` is spelled, with at most two accidentals.
fn head(note: &Note, score: &Score) -> Head {
    let sounds_right = |spelling: &Spelling| {
        spelling.pitch() == Some(note.pitch) && (-2..=2).contains(&spelling.alter)
    };
    let spelling = note
        .spelling
        .filter(sounds_right)
        .unwrap_or_else(|| Spelling::in_key(note.pitch, score.key_at(note.onset)));
    Head {
        onset: note.onset.max(Ticks::ZERO),
        end: note.end().max(Ticks::ZERO),
        pitch: note.pitch,
        spelling,
        tied: note.tied_to,
        grace: note.grace.unwrap_or_default(),
        marks: note.marks.clone(),
    }
}

/// A rest that bears signs, up to the next bar line: they stand at its beginning. Slurs are not for
/// rests.
fn marked(rest: &Rest, measures: &[Measure]) -> Option<Chord> {
    let mut marks = rest.marks.clone();
    marks.retain(|mark| !matches!(mark, Mark::SlurStart | Mark::SlurStop));
    let onset = rest.onset.max(Ticks::ZERO);
    let whole = rest.onset + rest.duration;
    let index = measures.partition_point(|measure| measure.end() <= onset);
    let end = measures.get(index)?.end().min(whole);
    (onset < end && !marks.is_empty()).then_some(Chord {
        onset,
        end,
        tuplet: None,
        heads: Vec::new(),
        marks,
        graces: Vec::new(),
        lyrics: Vec::new(),
    })
}

/// Cuts a note where a bar line falls into it, and ties the pieces.
fn cut(note: &Note, score: &Score, measures: &[Measure], chords: &mut Vec<Chord>) {
    let whole = head(note, score);
    let mut onset = whole.onset;
    let mut index = measures.partition_point(|measure| measure.end() <= onset);
    let mut lyrics = note.lyrics.clone();
    lyrics.retain(|lyric| !text::encode(&lyric.text, &[]).trim().is_empty());
    let mut marks = whole.marks.clone();
    while onset < whole.end {
        let bar = measures.get(index).map_or(whole.end, Measure::end);
        let end = bar.min(whole.end);
        if end <= onset {
            return;
        }
        let is_last = end == whole.end;
        // The end of a slur moves on to the last piece.
        let (stops, others): (Vec<Mark>, Vec<Mark>) = std::mem::take(&mut marks)
            .into_iter()
            .partition(|mark| *mark == Mark::SlurStop && !is_last);
        marks = stops;
        let piece = Head {
            onset,
            end,
            tied: !is_last || whole.tied,
            marks: others,
            ..whole
        };
        chords.push(Chord {
            onset,
            end,
            tuplet: note
                .tuplet
                .filter(|tuplet| tuplet.actual > 0 && tuplet.normal > 0),
            heads: vec![piece],
            marks: Vec::new(),
            graces: Vec::new(),
            lyrics: std::mem::take(&mut lyrics),
        });
        onset = end;
        index += 1;
    }
}

/// Joins what begins together in one tuplet, or in none, to chords.
fn join(chords: Vec<Chord>) -> Vec<Chord> {
    /// As many notes as the reader takes for one chord.
    const HEADS_MAX: usize = 128;
    let mut joined: Vec<Chord> = Vec::new();
    for mut chord in chords {
        let first = joined.partition_point(|other| other.onset < chord.onset);
        let same = joined
            .get_mut(first..)
            .unwrap_or_default()
            .iter_mut()
            .find(|other| {
                let is_rest = other.is_rest() || chord.is_rest();
                !is_rest && other.tuplet == chord.tuplet && other.heads.len() < HEADS_MAX
            });
        match same {
            Some(other) => {
                other.end = other.end.max(chord.end);
                other.heads.append(&mut chord.heads);
                other.lyrics.append(&mut chord.lyrics);
            }
            None => joined.push(chord),
        }
    }
    for chord in &mut joined {
        chord.heads.sort_by_key(|head| (-head.end, head.pitch));
    }
    joined
}
