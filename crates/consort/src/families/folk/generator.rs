//! Answers a prompt: ask for what is wanted, let the network write, and look whether it is new.

use std::collections::BTreeMap;
use std::path::Path;

use consort_learn::{Observer, Seed};
use consort_music::novelty::{self, Index};
use consort_music::tune::{self, ChordSymbols, Chords, Conditions, Guide};
use consort_music::{Key, Mode, Score, abc};

use super::beginning::Beginning;
use super::config::{Request, refused};
use super::encoding::symbols;
use super::network::{Network, Speaker, WRITING};
use super::sampler::{Freedom, Written, write_freely, write_guided};
use crate::error::Error;
use crate::families::Piecewise;
use crate::files;
use crate::options::Options;
use crate::piece::{Music, Piece, Prompt};

/// Tunes that are written before the search for one that is no copy is given up.
const TRIES: u64 = 20;

/// A network that is ready to write, and the bars of what it learnt from.
pub(super) struct Composer {
    speaker: Speaker,
    learnt: Index,
}

impl Composer {
    /// Prepares `network`.
    pub(super) fn new(network: &Network, fingerprints: Vec<u32>) -> Composer {
        Composer {
            speaker: Speaker::new(network, WRITING),
            learnt: Index::from_stream(fingerprints),
        }
    }

    /// Writes as the article does, and reads the first tune of what comes.
    fn write_freely(
        &self,
        request: &Request,
        seed: Seed,
        observe: &mut Observer<'_>,
    ) -> Result<Piece, Error> {
        let mut speaker = self.speaker.clone();
        let mut stream = seed.stream("folk", 0);
        let drawing = request.drawing;
        let written = write_freely(
            &mut speaker,
            Freedom::Article,
            drawing,
            &mut stream,
            observe,
        )?;
        let reading = abc::read(written.text.as_bytes());
        let reading = reading.map_err(|_| {
            Error::prompt(
                "what was written holds no tune",
                "try another --seed, or --sampler guided",
            )
        })?;
        let faults = reading.warnings.len();
        let score = reading.value.into_iter().next().expect("there is a tune");
        let notice = format!(
            "of {} characters the first tune is kept; reading them gave {faults} warnings",
            written.text.len()
        );
        Ok(self.piece(score, &written, 1, vec![notice]))
    }

    /// What was written as a piece.
    fn piece(&self, score: Score, written: &Written, tries: u64, notices: Vec<String>) -> Piece {
        #[expect(clippy::cast_precision_loss, reason = "some thousand characters")]
        let characters = written.text.len().max(1) as f64;
        #[expect(clippy::cast_precision_loss, reason = "a tune has few bars")]
        let (copied, tries) = (self.copied(&score) as f64, tries as f64);
        let facts = BTreeMap::from([
            ("characters", characters),
            ("nats per character", written.nats / characters),
            ("refused nats per character", written.refused / characters),
            ("learnt bars in a row", copied),
            ("tries", tries),
        ]);
        Piece {
            music: Music::Score(score),
            made_by: None,
            notices,
            facts,
            trace: written.trace.clone(),
        }
    }

    /// The longest run of bars of a tune that one that was learnt has.
    fn copied(&self, score: &Score) -> usize {
        longest_run(&self.learnt, score)
    }
}

impl Piecewise for Composer {
    fn generate(
        &self,
        prompt: &Prompt,
        options: &Options,
        seed: Seed,
        observe: &mut Observer<'_>,
    ) -> Result<Piece, Error> {
        let request = Request::of(options)?;
        let given = match prompt {
            Prompt::Nothing => None,
            Prompt::Sound(_) => return Err(Error::not_a_score()),
            Prompt::Score(score) => Some((Beginning::of(score)?, score)),
        };
        if request.free {
            refuse_unused(options)?;
            return match given {
                None => self.write_freely(&request, seed, observe),
                Some(_) => Err(Error::prompt(
                    "--sampler free begins with a random character, not with a given tune",
                    "leave the tune or the option out",
                )),
            };
        }
        let like = request.like.as_deref().map(Like::of).transpose()?;
        let beginning = given.as_ref().map(|(beginning, _)| beginning);
        let conditions = conditions(&request, beginning, like.as_ref())?;
        let guide = Guide::new(conditions).map_err(refused)?;
        let mut copied = 0;
        for attempt in 0..TRIES {
            let mut speaker = self.speaker.clone();
            if let Some(like) = &like {
                speaker.restart_after(&like.symbols);
            }
            let mut guide = guide.clone();
            let mut stream = seed.stream("folk", attempt);
            let drawing = request.drawing;
            let music = beginning.map_or("", |beginning| beginning.music.as_str());
            let written = write_guided(
                &mut speaker,
                &mut guide,
                music,
                drawing,
                &mut stream,
                observe,
            )?;
            let score = score_of(&written.text, given.as_ref().map(|(_, score)| *score));
            copied = self
                .copied(&score)
                .max(like.as_ref().map_or(0, |like| like.copied(&score)));
            if copied <= request.novelty {
                return Ok(self.piece(score, &written, attempt + 1, Vec::new()));
            }
        }
        Err(Error::prompt(
            format!(
                "{TRIES} tunes had more bars of a known one in a row than --novelty allows, the last {copied}"
            ),
            "allow more with --novelty, or set --temperature higher",
        ))
    }
}

/// Options that mean something to the sampler without a guide.
const FREE: [&str; 3] = ["sampler", "temperature", "top-p"];

/// Refuses conditions that nothing would keep.
fn refuse_unused(options: &Options) -> Result<(), Error> {
    let mut changed = options.changed().map(|(name, _)| name);
    match changed.find(|name| !FREE.contains(name)) {
        Some(name) => Err(Error::prompt(
            format!("--sampler free cannot keep to --{name}"),
            "leave one of them out",
        )),
        None => Ok(()),
    }
}

/// A tune to write others like.
struct Like {
    conditions: Conditions,
    symbols: Vec<u8>,
    bars: Index,
}

impl Like {
    fn of(path: &Path) -> Result<Like, Error> {
        let score = files::read_score(path, None)?.value;
        let text = tune::text(&score, ChordSymbols::Kept).map_err(|error| {
            Error::prompt(
                format!("{} cannot be an example: {error}", path.display()),
                "give a tune of one voice, in one key and metre, whose bars add up",
            )
        })?;
        let has_chords = text.contains('"');
        Ok(Like {
            conditions: Conditions {
                key: score.keys.first().map(|change| change.key),
                metre: score.measures.first().and_then(|measure| measure.metre),
                rhythm: tune::rhythm(&score),
                form: text
                    .lines()
                    .find_map(|line| line.strip_prefix("N:")?.parse().ok()),
                chords: if has_chords {
                    Chords::EachBar
                } else {
                    Chords::None
                },
                ..Conditions::default()
            },
            symbols: symbols(&text),
            bars: Index::new([novelty::bars(&score)]),
        })
    }

    /// The longest run of its bars that another tune has.
    fn copied(&self, score: &Score) -> usize {
        longest_run(&self.bars, score)
    }
}

/// The longest run of bars of a tune that one of an index has.
fn longest_run(index: &Index, score: &Score) -> usize {
    let run = index.longest_run(&novelty::bars(score), |_| true);
    run.map_or(0, |run| run.bars)
}

/// What the guide is to keep to: what is asked for, else what is given, else what a tune to be like has.
fn conditions(
    request: &Request,
    beginning: Option<&Beginning>,
    like: Option<&Like>,
) -> Result<Conditions, Error> {
    let mut conditions = request.conditions.clone();
    if let Some(beginning) = beginning {
        if beginning.ended && conditions.form.is_none() {
            return Err(Error::prompt(
                "the tune is complete",
                "say how long it is to become with --bars or --form, or take its last bar away",
            ));
        }
        let clash = |what: &str, asked: String, given: String| {
            Error::prompt(
                format!("--{what} asks for {asked}, and the tune is in {given}"),
                format!("leave --{what} out"),
            )
        };
        if let Some(asked) = conditions.key.filter(|&asked| asked != beginning.key) {
            return Err(clash("key", name_of(asked), name_of(beginning.key)));
        }
        if let Some(asked) = conditions.metre.filter(|&asked| asked != beginning.metre) {
            return Err(clash(
                "meter",
                asked.to_string(),
                beginning.metre.to_string(),
            ));
        }
        conditions.key = Some(beginning.key);
        conditions.metre = Some(beginning.metre);
        let rhythm = conditions.rhythm.or_else(|| beginning.rhythm.clone());
        conditions.rhythm = rhythm;
        conditions.form = conditions.form.or_else(|| Some(beginning.form.clone()));
        if !request.says_chords {
            conditions.chords = if beginning.has_chords {
                Chords::Free
            } else {
                Chords::None
            };
        }
        return Ok(conditions);
    }
    if let Some(Like {
        conditions: like, ..
    }) = like
    {
        let like = like.clone();
        conditions.key = conditions.key.or(like.key);
        conditions.metre = conditions.metre.or(like.metre);
        conditions.rhythm = conditions.rhythm.or(like.rhythm);
        conditions.form = conditions.form.or(like.form);
        if !request.says_chords {
            conditions.chords = like.chords;
        }
    }
    Ok(conditions)
}

/// A tune text as a score, with the title of the one that it goes on from or one of its own.
fn score_of(text: &str, goes_on_from: Option<&Score>) -> Score {
    let tune = tune::abc(text, 1, "");
    let reading = abc::read(tune.as_bytes()).expect("the guide writes tunes");
    let mut score = reading.value.into_iter().next().expect("there is a tune");
    let own = || {
        let key = score
            .keys
            .first()
            .map_or_else(Key::default, |change| change.key);
        let rhythm = tune::rhythm(&score).unwrap_or_else(|| "tune".to_owned());
        let (first, rest) = rhythm.split_at(1);
        format!("{}{rest} in {}", first.to_ascii_uppercase(), name_of(key))
    };
    let title = match goes_on_from {
        Some(given) => given.metadata.title.clone(),
        None => None,
    };
    let title = title.unwrap_or_else(own);
    score.metadata.title = Some(title);
    if let Some(given) = goes_on_from {
        score.metadata.composer.clone_from(&given.metadata.composer);
    }
    score.metadata.fields.retain(|(name, _)| name != "X");
    score
}

/// The key in a title: `G`, `E minor`, `A dorian`.
fn name_of(key: Key) -> String {
    let name = key.to_string();
    match key.mode {
        Mode::Major => name.trim_end_matches(" major").to_owned(),
        _ => name,
    }
}
