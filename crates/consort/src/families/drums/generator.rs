//! Answers a prompt: find what is given, agree on what is asked for, play, write down.

use std::collections::BTreeMap;
use std::path::Path;

use consort_learn::{Observer, Seed, Stream};
use consort_music::score::TempoChange;
use consort_music::{Metre, Score, Tempo, Ticks};

use super::band::Band;
use super::config::{BARS_MAX, Decision, Request};
use super::encoding::{Conditions, Frame, Grid, counted};
use super::network::{Network, Player, WRITING};
use super::plan;
use super::sampler::{self, Played};
use super::track::{Along, Given, Writing, blank, continued, plain_beat, played_as, with_drums};
use crate::error::Error;
use crate::families::Piecewise;
use crate::files;
use crate::options::Options;
use crate::piece::{Music, Piece, Prompt};

/// Bars that are written if nothing is said.
const BARS: usize = 16;

/// Quarter notes in a minute if nothing is said, not even a style.
const TEMPO: f64 = 110.0;

/// What a network that knows only which drums are struck cannot keep to.
const UNKNOWN_TO_ARTICLE: [&str; 7] = [
    "style",
    "density",
    "fill-every",
    "with",
    "between",
    "humanize",
    "swing",
];

/// A network that is ready to play.
pub(super) struct Drummer {
    player: Player,
    has_expression: bool,
}

impl Drummer {
    /// Prepares `network`.
    pub(super) fn new(network: &Network) -> Drummer {
        Drummer {
            player: Player::new(network, WRITING),
            has_expression: network.has_expression(),
        }
    }

    fn grid(&self) -> Grid {
        self.player.grid()
    }

    /// Refuses what the network does not know.
    fn refuse_unknown(&self, options: &Options) -> Result<(), Error> {
        if self.has_expression {
            return Ok(());
        }
        let mut changed = options.changed().map(|(name, _)| name);
        match changed.find(|name| UNKNOWN_TO_ARTICLE.contains(name)) {
            Some(name) => Err(Error::prompt(
                format!("these weights know nothing of --{name}"),
                "leave it out, or use those of --network default",
            )),
            None => Ok(()),
        }
    }
}

/// What is played, before it is written down.
struct Session {
    played: Played,
    score: Score,
    notices: Vec<String>,
    /// Strokes in a bar.
    bar: usize,
}

impl Piecewise for Drummer {
    fn generate(
        &self,
        prompt: &Prompt,
        options: &Options,
        seed: Seed,
        observe: &mut Observer<'_>,
    ) -> Result<Piece, Error> {
        let request = Request::of(options)?;
        self.refuse_unknown(options)?;
        let given = match prompt {
            Prompt::Nothing => None,
            Prompt::Sound(_) => return Err(Error::not_a_score()),
            Prompt::Score(score) => {
                let score = at_tempo(score, &request);
                Some(Given::of(&score, "the score", self.grid(), request.metre)?)
            }
        };
        let mut stream = seed.stream("drums", 0);
        let session = match (&request, given) {
            (
                Request {
                    humanize: Some(path),
                    ..
                },
                None,
            ) => self.humanize(path, &request, &mut stream, observe),
            (
                Request {
                    between: Some(path),
                    ..
                },
                Some(to),
            ) => self.lead(path, &to, &request, &mut stream, observe),
            (Request { guided: true, .. }, Some(given)) => {
                self.follow(&given, &request, &mut stream, observe)
            }
            (
                Request {
                    with: Some(path), ..
                },
                None,
            ) => self.accompany(path, &request, &mut stream, observe),
            (
                Request {
                    humanize: Some(_), ..
                }
                | Request { with: Some(_), .. },
                Some(_),
            ) => Err(Error::prompt(
                "two scores are given, and only one can be worked on",
                "give the file with the option alone",
            )),
            (
                Request {
                    between: Some(_), ..
                },
                None,
            ) => Err(Error::prompt(
                "--between says where to come from, but not where to go",
                "give the other pattern too: --between A.mid B.mid",
            )),
            (Request { guided: true, .. }, None) => Err(Error::prompt(
                "--mode guided follows a pattern, and none is given",
                "give a MIDI file, or leave the option out",
            )),
            (_, given) => self.go_on(given.as_ref(), &request, &mut stream, observe),
        }?;
        Ok(session.into_piece(&request))
    }
}

impl Drummer {
    /// Plays from nothing, or on from what is given.
    fn go_on(
        &self,
        given: Option<&Given>,
        request: &Request,
        stream: &mut Stream,
        observe: &mut Observer<'_>,
    ) -> Result<Session, Error> {
        let mut notices = given.map_or_else(Vec::new, |given| given.barred.notices.clone());
        let metre = given.map_or(request.metre.unwrap_or(Metre::COMMON), |given| {
            given.barred.metre
        });
        notices.extend(self.unusual(metre));
        let bar = self.grid().per_bar(metre);
        let old = given.map_or(&[][..], |given| &given.groove.frames);
        let bars = request.bars.unwrap_or(BARS);
        let tempo = tempo(request, given.and_then(|given| given.barred.last_tempo()));
        let conditions = self.agreed(tempo, request, old.len() / bar, bars, stream);
        let mut band = Band::begin(&self.player, metre, conditions);
        old.iter().for_each(|&frame| band.hear(frame));
        if !self.has_expression {
            notices.extend(open(&mut band, self.grid(), old, metre)?);
        }
        // A network of the article has heard an opening, if nothing else.
        let heard = if self.has_expression {
            old.len() / bar
        } else {
            usize::MAX
        };
        let decision = request.decision.after(heard);
        notices.extend(word_of_opening(decision));
        let sounds = vec![true; bars * bar];
        let played = sampler::play(&mut band, &sounds, decision, stream, observe)?;
        let writing = writing(request);
        let score = match given {
            Some(given) => continued(given, &played.frames, writing),
            None => {
                let blank = blank(self.grid(), metre, bars, &[tempo])?;
                with_drums(blank, &played.frames, 0, writing)
            }
        };
        Ok(Session {
            played,
            score,
            notices,
            bar,
        })
    }

    /// Plays along with a track.
    fn accompany(
        &self,
        path: &Path,
        request: &Request,
        stream: &mut Stream,
        observe: &mut Observer<'_>,
    ) -> Result<Session, Error> {
        let along = Along::of(&read(path)?, &named(path), self.grid())?;
        let metre = along.barred.metre;
        let bar = along.barred.bar();
        let mut notices = along.barred.notices.clone();
        notices.extend(self.unusual(metre));
        notices.extend(word_of_opening(request.decision));
        let bars = request
            .bars
            .unwrap_or_else(|| along.barred.count_bars().min(BARS_MAX as usize));
        let tempo = tempo(
            request,
            Some(super::encoding::tempo_of(&along.barred.score)),
        );
        let mut conditions = self.agreed(tempo, request, 0, bars, stream);
        conditions.line = Some(along.line.clone());
        let mut band = Band::begin(&self.player, metre, conditions);
        let sounds: Vec<bool> = (0..bars * bar)
            .map(|step| along.barred.sounds(step))
            .collect();
        let played = sampler::play(&mut band, &sounds, request.decision, stream, observe)?;
        let score = with_drums(along.barred, &played.frames, 0, writing(request));
        Ok(Session {
            played,
            score,
            notices,
            bar,
        })
    }

    /// Says what it expects at each step of what is given.
    fn follow(
        &self,
        given: &Given,
        request: &Request,
        stream: &mut Stream,
        observe: &mut Observer<'_>,
    ) -> Result<Session, Error> {
        let metre = given.barred.metre;
        let tempo = tempo(request, Some(given.groove.tempo));
        let mut band = Band::begin(&self.player, metre, known(tempo, request));
        let frames = &given.groove.frames;
        // What is followed needs no opening.
        let decision = request.decision.after(usize::MAX);
        let played = sampler::follow(&mut band, frames, decision, stream, observe)?;
        let blank = blank(self.grid(), metre, given.groove.bars(), &[tempo])?;
        let score = with_drums(blank, &played.frames, 0, writing(request));
        let notices = given.barred.notices.clone();
        let bar = given.groove.bar();
        Ok(Session {
            played,
            score,
            notices,
            bar,
        })
    }

    /// Gives a stiff track a drummer's velocities and timing.
    fn humanize(
        &self,
        path: &Path,
        request: &Request,
        stream: &mut Stream,
        observe: &mut Observer<'_>,
    ) -> Result<Session, Error> {
        let given = Given::of(&read(path)?, &named(path), self.grid(), None)?;
        let metre = given.barred.metre;
        let mut band = Band::begin(&self.player, metre, known(given.groove.tempo, request));
        let frames = &given.groove.frames;
        let played = sampler::humanize(&mut band, frames, request.decision, stream, observe)?;
        let score = played_as(&given, &played.frames);
        let notices = given.barred.notices.clone();
        let bar = given.groove.bar();
        Ok(Session {
            played,
            score,
            notices,
            bar,
        })
    }

    /// Leads from one pattern to another, bar by bar: each is heard by a player of its own, and what the two
    /// say is mixed.
    fn lead(
        &self,
        path: &Path,
        to: &Given,
        request: &Request,
        stream: &mut Stream,
        observe: &mut Observer<'_>,
    ) -> Result<Session, Error> {
        let from = Given::of(&read(path)?, &named(path), self.grid(), request.metre)?;
        let metre = to.barred.metre;
        if from.barred.metre != metre {
            return Err(Error::prompt(
                format!(
                    "{} is in {} and the other in {metre}",
                    named(path),
                    from.barred.metre
                ),
                "choose two patterns of one metre",
            ));
        }
        let bar = to.groove.bar();
        let bars = request.bars.unwrap_or(BARS);
        let tempos = |bar: usize| {
            let share = sampler::share(bar, bars);
            let (from, to) = (from.groove.tempo, to.groove.tempo);
            request
                .tempo
                .unwrap_or(from + (to - from) * f64::from(share))
        };
        let primed = [&from, to].map(|given| {
            let mut player = self.player.clone();
            player.begin(
                metre,
                known(tempo(request, Some(given.groove.tempo)), request),
            );
            given
                .groove
                .frames
                .iter()
                .for_each(|&frame| player.hear(frame));
            player
        });
        let played = sampler::lead(&primed, bars, request.decision, stream, observe)?;
        let tempos: Vec<f64> = (0..bars).map(tempos).collect();
        let blank = blank(self.grid(), metre, bars, &tempos)?;
        let score = with_drums(blank, &played.frames, 0, writing(request));
        let mut notices = from.barred.notices.clone();
        notices.extend(to.barred.notices.iter().cloned());
        Ok(Session {
            played,
            score,
            notices,
            bar,
        })
    }

    /// What is agreed upon for `bars` new bars after so many `given` ones. What is left open is drawn, but the
    /// density only of a piece that begins.
    fn agreed(
        &self,
        tempo: f64,
        request: &Request,
        given: usize,
        bars: usize,
        stream: &mut Stream,
    ) -> Conditions {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "strokes of a step"
        )]
        let per_step = |per_quarter: f64| (per_quarter / self.grid().per_quarter() as f64) as f32;
        let asked = request.density.map(per_step);
        let drawn = (given == 0).then(|| per_step(plan::density(stream)));
        Conditions {
            density: asked.or(drawn),
            fills: Some(plan::fills(given, bars, request.fill_every, stream)),
            ..known(tempo, request)
        }
    }

    /// A word about metres that were hardly learnt.
    fn unusual(&self, metre: Metre) -> Option<String> {
        (self.has_expression && metre != Metre::COMMON).then(|| {
            format!(
                "the network learnt 4/4, and little else (12 of 1150 performances); {metre} is counted right, \
                 but is not drummed as well"
            )
        })
    }
}

impl Session {
    fn into_piece(self, request: &Request) -> Piece {
        let Session {
            played,
            mut score,
            notices,
            bar,
        } = self;
        if score.metadata.title.is_none() {
            let style = request.style.map_or("Drums", |style| style.name());
            let (first, rest) = style.split_at(1);
            score.metadata.title = Some(format!("{}{rest}", first.to_ascii_uppercase()));
        }
        #[expect(clippy::cast_precision_loss, reason = "steps of a piece")]
        let (steps, bars) = {
            let steps = played.frames.len();
            (steps.max(1) as f64, (steps as f64 / bar as f64).max(1.0))
        };
        let strokes = played
            .frames
            .iter()
            .map(|frame| f64::from(frame.combination().count_ones()));
        let strokes: f64 = strokes.sum();
        let facts = BTreeMap::from([
            ("bars", bars),
            ("strokes per bar", strokes / bars),
            ("nats per step", played.nats / steps),
        ]);
        Piece {
            music: Music::Score(score),
            made_by: None,
            notices,
            facts,
            trace: played.trace,
        }
    }
}

/// A word about bars that are drawn though a threshold is asked for.
fn word_of_opening(decision: Decision) -> Option<String> {
    let bars = decision.opening_bars;
    (decision.threshold.is_some() && bars > 0).then(|| {
        let bars = counted(bars, "bar is", "bars are");
        format!("the first {bars} drawn, for after silence no drum is likely")
    })
}

/// Has a network of the article hear something, since it plays on from what it hears.
fn open(band: &mut Band, grid: Grid, old: &[Frame], metre: Metre) -> Result<Option<String>, Error> {
    if !old.is_empty() {
        return Ok(None);
    }
    if metre != Metre::COMMON {
        return Err(Error::prompt(
            format!("these weights cannot begin a piece in {metre}"),
            "give a pattern to go on from, or use those of --network default",
        ));
    }
    let beat = plain_beat(grid, 4);
    beat.into_iter().for_each(|frame| band.hear(frame));
    let notice =
        "these weights go on from what they hear: four bars of a plain beat, which are not written";
    Ok(Some(notice.to_owned()))
}

/// Quarter notes in a minute: what is asked for, else what is given, else usual.
fn tempo(request: &Request, given: Option<f64>) -> f64 {
    let usual = request.style.map_or(TEMPO, |style| style.tempo());
    request.tempo.or(given).unwrap_or(usual)
}

/// The score at the tempo that is asked for, if one is.
fn at_tempo(score: &Score, request: &Request) -> Score {
    let mut score = score.clone();
    if let Some(tempo) = request.tempo.and_then(Tempo::new) {
        let at = Ticks::ZERO;
        score.tempos = vec![TempoChange { at, tempo }];
    }
    score
}

/// What is known of a piece whose strokes are given.
fn known(tempo: f64, request: &Request) -> Conditions {
    Conditions {
        style: request.style,
        tempo: Some(tempo),
        ..Conditions::default()
    }
}

fn writing(request: &Request) -> Writing {
    Writing {
        swing: request.swing,
        flat: request.quantize,
    }
}

fn read(path: &Path) -> Result<Score, Error> {
    Ok(files::read_score(path, None)?.value)
}

fn named(path: &Path) -> String {
    path.display().to_string()
}
