//! Plays: decides one step after another.

use consort_learn::draw::draw;
use consort_learn::{Observer, Stream, progress};
use consort_music::Velocity;
use consort_music::grid::Hit;

use super::band::Band;
use super::config::{Decision, OPENING};
use super::encoding::{DRUMS, Frame, MOMENTS, Stroked, VELOCITIES, drums_of, moment_of_class};
use super::network::{Manner, Player, marginals};
use crate::error::Error;
use crate::families::protocol::tell;
use crate::piece::TracePoint;

/// The velocity of networks that know none: that of the article's output.
const ARTICLE_VELOCITY: u8 = 80;

/// What was played.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Played {
    /// The steps.
    pub frames: Vec<Frame>,
    /// The cost of the combinations to the network, in nats: how surprising it found them.
    pub nats: f64,
    /// The same bar by bar.
    pub trace: Vec<TracePoint>,
}

impl Played {
    /// Adds what was played after it, a whole number of bars.
    pub(super) fn append(&mut self, later: Played) {
        self.frames.extend(later.frames);
        self.nats += later.nats;
        let bars = self.trace.last().map_or(0, |point| point.pass);
        let later = later.trace.into_iter();
        self.trace.extend(later.map(|point| TracePoint {
            pass: point.pass + bars,
            ..point
        }));
    }

    /// Adds a step, and at the end of a bar of `bar` steps a point of the trace.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "steps of a piece"
    )]
    pub(super) fn add(&mut self, frame: Frame, nats: f64, bar: usize) {
        self.frames.push(frame);
        self.nats += nats;
        let last = self.trace.last().map_or(0, |point| point.pass as usize) * bar;
        match self.trace.last_mut() {
            Some(point) if self.frames.len() <= last => point.nll += (nats / bar as f64) as f32,
            _ => self.trace.push(TracePoint {
                pass: self.trace.len() as u32 + 1,
                drawn: 1.0,
                nll: (nats / bar as f64) as f32,
            }),
        }
    }
}

/// Tells `observe` of each bar that begins.
fn tell_bar(
    observe: &mut Observer<'_>,
    step: usize,
    steps: usize,
    bar: usize,
) -> Result<(), Error> {
    if step.is_multiple_of(bar) {
        tell(observe, "bar", step / bar, steps.div_ceil(bar))?;
    }
    Ok(())
}

/// Plays the steps of which `sounds` is true, hearing each: the article's recursive way. In the others there
/// is silence, which is heard too.
///
/// # Errors
/// If the observer stops it.
pub fn play(
    band: &mut Band,
    sounds: &[bool],
    decision: Decision,
    stream: &mut Stream,
    observe: &mut Observer<'_>,
) -> Result<Played, Error> {
    let bar = band.context().bar();
    let steps = sounds.len();
    let mut played = Played::default();
    for (step, &sounds) in sounds.iter().enumerate() {
        tell_bar(observe, step, steps, bar)?;
        if !sounds {
            band.hear(Frame::default());
            played.add(Frame::default(), 0.0, bar);
            continue;
        }
        let combination = decide(band.next(), decision, step / bar, stream);
        let nats = -f64::from(band.next()[usize::from(combination)]);
        let frame = strike(band, combination, decision, None, stream);
        band.hear(frame);
        played.add(frame, nats, bar);
    }
    Ok(played)
}

/// Says for each step of `given` what it expects, and then hears what is there: the article's direct way.
///
/// # Errors
/// If the observer stops it.
pub fn follow(
    band: &mut Band,
    given: &[Frame],
    decision: Decision,
    stream: &mut Stream,
    observe: &mut Observer<'_>,
) -> Result<Played, Error> {
    let bar = band.context().bar();
    let mut played = Played::default();
    for (step, &true_frame) in given.iter().enumerate() {
        tell_bar(observe, step, given.len(), bar)?;
        let combination = decide(band.next(), decision, step / bar, stream);
        let nats = -f64::from(band.next()[usize::from(true_frame.combination())]);
        let frame = strike(band, combination, decision, None, stream);
        band.hear(true_frame);
        played.add(frame, nats, bar);
    }
    Ok(played)
}

/// Leads from what the one player has heard to what the other has, bar by bar. Each bar both have heard their
/// own alone, and what they say is mixed, log-odds by log-odds. Were the last bar heard too, it would be
/// copied, and the way would never leave the first pattern.
///
/// # Errors
/// If the observer stops it.
pub fn lead(
    primed: &[Player; 2],
    bars: usize,
    decision: Decision,
    stream: &mut Stream,
    observe: &mut Observer<'_>,
) -> Result<Played, Error> {
    let bar = primed[0].context().bar();
    let mut played = Played::default();
    for number in 0..bars {
        tell(observe, "bar", number, bars)?;
        let [from, to] = primed.clone();
        let share = share(number, bars);
        let mut band = Band::new(vec![(from, 1.0 - share), (to, share)]);
        let heard = decision.after(usize::MAX);
        let silent = &mut progress::unobserved;
        played.append(play(&mut band, &vec![true; bar], heard, stream, silent)?);
    }
    Ok(played)
}

/// The share of the way from the first to the last of so many bars.
#[expect(clippy::cast_precision_loss, reason = "bars of a piece")]
pub fn share(bar: usize, bars: usize) -> f32 {
    if bars == 1 {
        0.5
    } else {
        bar as f32 / (bars - 1) as f32
    }
}

/// Plays the strokes of `given` with velocities and moments of the network's own.
///
/// # Errors
/// If the observer stops it.
pub fn humanize(
    band: &mut Band,
    given: &[Frame],
    decision: Decision,
    stream: &mut Stream,
    observe: &mut Observer<'_>,
) -> Result<Played, Error> {
    let bar = band.context().bar();
    let mut played = Played::default();
    for (step, stiff) in given.iter().enumerate() {
        tell_bar(observe, step, given.len(), bar)?;
        let combination = stiff.combination();
        let nats = -f64::from(band.next()[usize::from(combination)]);
        let mut frame = strike(band, combination, decision, Some(stiff), stream);
        for drum in drums_of(combination) {
            // A roll keeps the distance of its strokes, and no drum gets more or fewer of them.
            frame.seconds[drum] = stiff.seconds[drum].map(|second| {
                let first = stiff.strokes[drum].map_or(0.0, |first| first.offset);
                let now = frame.strokes[drum].map_or(0.0, |first| first.offset);
                let velocity = frame.strokes[drum].map_or(second.velocity, |first| first.velocity);
                let offset = (now + second.offset - first).clamp(-0.5, 0.499);
                Hit { velocity, offset }
            });
        }
        band.hear(frame);
        played.add(frame, nats, bar);
    }
    Ok(played)
}

/// Which drums are struck in a bar, by the log-probabilities of all combinations.
pub fn decide(next: &[f32], decision: Decision, bar: usize, stream: &mut Stream) -> u16 {
    let opens = bar < decision.opening_bars;
    if let Some(threshold) = decision.threshold.filter(|_| !opens) {
        let likely = marginals(next);
        let struck = (0..DRUMS).filter(|&drum| likely[drum] > threshold);
        return struck.fold(0, |bits, drum| bits | 1 << drum);
    }
    let temperature = if opens {
        decision.temperature * OPENING
    } else {
        decision.temperature
    };
    let drawn = if decision.top_p < 1.0 {
        draw(&likeliest(next, decision.top_p), temperature, stream)
    } else {
        draw(next, temperature, stream)
    };
    #[expect(clippy::cast_possible_truncation, reason = "below 512")]
    let combination = drawn.unwrap_or(0) as u16;
    combination
}

/// The log-probabilities of the likeliest combinations that together have the probability `top_p`, one at
/// least; of the others minus infinity.
fn likeliest(next: &[f32], top_p: f32) -> Vec<f32> {
    let mut order: Vec<usize> = (0..next.len()).collect();
    order.sort_by(|&a, &b| next[b].total_cmp(&next[a]));
    let mut kept = vec![f32::NEG_INFINITY; next.len()];
    let mut sum = 0.0;
    for combination in order {
        kept[combination] = next[combination];
        sum += next[combination].exp();
        if sum >= top_p {
            break;
        }
    }
    kept
}

/// How far a drummer may stray from a moment that is given, in steps: 25 ms for a sixteenth at 120 quarter
/// notes a minute, and less than a triplet is from a sixteenth.
const STRAY: f32 = 0.2;

/// How the drums of a combination are struck; near to the moments of `stiff`, if that is given.
pub fn strike(
    band: &Band,
    combination: u16,
    decision: Decision,
    stiff: Option<&Frame>,
    stream: &mut Stream,
) -> Frame {
    let mut frame = Frame::default();
    for drum in drums_of(combination) {
        let asked = |known: &Frame, second: bool| {
            let stroked = Stroked {
                combination,
                known,
                drum,
                second,
            };
            band.manner(stroked)
        };
        let Some(mut manner) = asked(&frame, false) else {
            let velocity = Velocity::try_from(ARTICLE_VELOCITY).ok();
            let offset = 0.0;
            frame.strokes[drum] = velocity.map(|velocity| Hit { velocity, offset });
            continue;
        };
        if let Some(given) = stiff.and_then(|stiff| stiff.strokes[drum]) {
            for (class, log) in manner.moments.iter_mut().enumerate() {
                if (moment_of_class(class) - given.offset).abs() > STRAY {
                    *log = f32::NEG_INFINITY;
                }
            }
        }
        let hit = stroke(&manner, decision, stream);
        let again = if decision.temperature > 0.0 {
            stream.chance(manner.again)
        } else {
            manner.again > 0.5
        };
        frame.strokes[drum] = Some(hit);
        if again {
            let second = asked(
                &Frame {
                    seconds: [None; DRUMS],
                    ..frame
                },
                true,
            );
            let second = second.map(|manner| stroke(&manner, decision, stream));
            // The louder of two is the first.
            frame.seconds[drum] =
                second.filter(|second| (second.offset - hit.offset).abs() > 1.0 / MOMENTS as f32);
            if let Some(second) = frame.seconds[drum].as_mut() {
                second.velocity = second.velocity.min(hit.velocity);
            }
        }
    }
    frame
}

/// Draws how a stroke is played.
fn stroke(manner: &Manner, decision: Decision, stream: &mut Stream) -> Hit {
    // Wild strokes do not make a wild groove.
    let temperature = decision.temperature.min(1.0);
    let velocity = draw(&manner.velocities, temperature, stream).unwrap_or(VELOCITIES / 2);
    let moment = draw(&manner.moments, temperature, stream).unwrap_or(MOMENTS / 2);
    // Anywhere within the class, but that the loudest is as loud as can be: a drummer who hits so hard
    // mostly does.
    let (velocity, within) = if temperature > 0.0 {
        let velocity = 4 * velocity + 1 + stream.below(4);
        (velocity, stream.uniform() - 0.5)
    } else {
        (4 * velocity + 2, 0.0)
    };
    let velocity = if velocity > 4 * (VELOCITIES - 1) {
        127
    } else {
        velocity
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "from 1 to 127; few classes"
    )]
    let (velocity, within) = (velocity as u8, within / MOMENTS as f32);
    let offset = (moment_of_class(moment) + within).clamp(-0.5, 0.499);
    Hit {
        velocity: Velocity::try_from(velocity).unwrap_or(Velocity::DEFAULT),
        offset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use consort_learn::Seed;

    fn logs(of: &[(u16, f32)]) -> Vec<f32> {
        let mut logs = vec![f32::NEG_INFINITY; super::super::encoding::COMBINATIONS];
        of.iter()
            .for_each(|&(combination, p)| logs[usize::from(combination)] = p.ln());
        logs
    }

    const LEARNT: Decision = Decision {
        opening_bars: 0,
        ..Decision::DEFAULT
    };

    #[test]
    fn a_threshold_strikes_each_drum_that_is_likely() {
        let next = logs(&[(0b01, 0.4), (0b10, 0.3), (0b11, 0.15), (0, 0.15)]);
        let above = |threshold| {
            let threshold = Some(threshold);
            let decision = Decision {
                threshold,
                ..LEARNT
            };
            decide(&next, decision, 9, &mut Seed(1).stream("test", 0))
        };
        // The first has .55, the second .45.
        assert_eq!([above(0.5), above(0.4), above(0.6)], [0b01, 0b11, 0]);
    }

    #[test]
    fn an_opening_is_drawn_even_with_a_threshold() {
        let next = logs(&[(0b01, 0.4), (0b10, 0.3), (0, 0.3)]);
        let decision = Decision {
            threshold: Some(0.9),
            opening_bars: 1,
            ..LEARNT
        };
        let mut stream = Seed(1).stream("test", 0);
        let mut struck = |bar| {
            (0..50)
                .filter(|_| decide(&next, decision, bar, &mut stream) > 0)
                .count()
        };
        assert_eq!((struck(0) > 20, struck(1)), (true, 0));
    }

    #[test]
    fn the_likeliest_are_drawn_among() {
        let next = logs(&[(1, 0.5), (2, 0.3), (3, 0.2)]);
        let decision = Decision {
            top_p: 0.6,
            ..LEARNT
        };
        let mut stream = Seed(1).stream("test", 0);
        let mut drawn: Vec<u16> = (0..200)
            .map(|_| decide(&next, decision, 0, &mut stream))
            .collect();
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn, [1, 2]);
    }

    #[test]
    fn a_trace_has_a_point_a_bar() {
        let mut played = Played::default();
        (0..6).for_each(|step| played.add(Frame::default(), f64::from(step), 4));
        let points: Vec<(u32, f32)> = played.trace.iter().map(|p| (p.pass, p.nll)).collect();
        assert_eq!(points, [(1, 1.5), (2, 2.25)]);
        played.append(played.clone());
        let passes: Vec<u32> = played.trace.iter().map(|point| point.pass).collect();
        assert_eq!((passes, played.frames.len()), (vec![1, 2, 3, 4], 12));
    }
}
