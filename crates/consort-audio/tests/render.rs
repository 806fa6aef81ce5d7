//! Rendering by ear of numbers: is each note there, is anything else, and does it end well.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::f64::consts::TAU;
use std::thread;

use consort_audio::{Audio, Instruments, RenderError, RenderOptions, WavFormat, render};
use consort_music::score::{Instrument, Mark, TempoChange};
use consort_music::{Note, Part, Pitch, Resolution, Score, Tempo, Ticks, Velocity};

/// A program of each family of instruments.
const PROGRAMS: [u8; 16] = [0, 6, 9, 11, 12, 19, 21, 24, 33, 45, 47, 48, 52, 56, 68, 73];

const RATE: RenderOptions = RenderOptions {
    sample_rate_hz: 22_050,
    hold_fermatas: false,
};

fn note(onset: i64, duration: i64, midi: u8) -> Note {
    Note::new(
        Ticks(onset),
        Ticks(duration),
        Pitch::try_from(midi).unwrap(),
    )
}

/// The program of a part, and onset, duration and pitch of its notes.
type Line<'a> = (Option<u8>, &'a [(i64, i64, u8)]);

/// A score of these parts; a tick is a quarter of a second.
fn score(parts: &[Line<'_>]) -> Score {
    let mut score = Score::new(Resolution::new(2).unwrap());
    for (program, notes) in parts {
        score.parts.push(Part {
            instrument: Instrument {
                program: *program,
                percussion: false,
            },
            notes: notes
                .iter()
                .map(|&(onset, duration, midi)| note(onset, duration, midi))
                .collect(),
            ..Part::default()
        });
    }
    score
}

/// Two cadences in four voices.
fn chorale(program: u8) -> Score {
    let program = Some(program);
    score(&[
        (program, &[(0, 2, 72), (2, 2, 72), (4, 2, 71), (6, 4, 72)]),
        (program, &[(0, 2, 67), (2, 2, 69), (4, 2, 67), (6, 4, 67)]),
        (program, &[(0, 2, 64), (2, 2, 65), (4, 2, 62), (6, 4, 64)]),
        (program, &[(0, 2, 48), (2, 2, 53), (4, 2, 55), (6, 4, 48)]),
    ])
}

fn drums(notes: &[(i64, i64, u8)]) -> Score {
    let mut score = score(&[(None, notes)]);
    score.parts[0].instrument.percussion = true;
    score
}

fn play(score: &Score) -> Audio {
    render(score, &Instruments::BuiltIn, &RATE).unwrap()
}

fn mono(audio: &Audio) -> Vec<f64> {
    let [left, right] = audio.channels() else {
        panic!("not stereo")
    };
    left.iter()
        .zip(right)
        .map(|(l, r)| f64::from(l + r) / 2.0)
        .collect()
}

fn window(samples: &[f64], from_s: f64, to_s: f64) -> &[f64] {
    let at = |seconds: f64| ((seconds * 22_050.0) as usize).min(samples.len());
    &samples[at(from_s)..at(to_s)]
}

fn rms(samples: &[f64]) -> f64 {
    (samples.iter().map(|x| x * x).sum::<f64>() / samples.len().max(1) as f64).sqrt()
}

/// The amplitude at a frequency, by Goertzel's sum with a Hann window.
fn amplitude(samples: &[f64], hertz: f64) -> f64 {
    let turn = TAU * hertz / 22_050.0;
    let (mut re, mut im) = (0.0, 0.0);
    for (index, sample) in samples.iter().enumerate() {
        let hann = 0.5 - 0.5 * (TAU * index as f64 / samples.len() as f64).cos();
        re += sample * hann * (turn * index as f64).cos();
        im += sample * hann * (turn * index as f64).sin();
    }
    4.0 * re.hypot(im) / samples.len() as f64
}

fn hertz(midi: u8) -> f64 {
    Pitch::try_from(midi).unwrap().hertz()
}

#[test]
fn loud_enough_and_never_clipped() {
    for program in PROGRAMS {
        let audio = play(&chorale(program));
        assert!(
            audio.peak() <= 0.892,
            "program {program} peaks at {}",
            audio.peak()
        );
        assert!(
            audio.peak() > 0.15,
            "program {program} peaks at {}",
            audio.peak()
        );
        assert!(rms(&mono(&audio)) > 0.02, "program {program}");
    }
}

#[test]
fn every_note_is_heard_at_its_pitch() {
    for program in PROGRAMS {
        let audio = play(&chorale(program));
        let samples = mono(&audio);
        for (start, chord) in [(0.0, [72, 67, 64, 48]), (1.0, [71, 67, 62, 55])] {
            let sounding = window(&samples, start + 0.02, start + 0.5);
            for midi in chord {
                let there = amplitude(sounding, hertz(midi));
                // No note and no partial of one lies a quarter tone away.
                let beside = hertz(midi) * 2f64.powf(0.5 / 12.0);
                let beside = amplitude(sounding, beside);
                assert!(
                    there > 2.0 * beside,
                    "{midi} of {program}: {there} beside {beside}"
                );
                assert!(there > 0.002, "{midi} of {program}: {there}");
            }
        }
    }
}

#[test]
fn lengths_are_those_of_the_score() {
    for program in PROGRAMS {
        let mut score = chorale(program);
        let seconds = score.seconds_at(score.end());
        let audio = play(&score);
        assert!(
            (seconds..seconds + 4.1).contains(&audio.seconds()),
            "{program}: {}",
            audio.seconds()
        );
        // Rests at the end are kept.
        score.parts[1].notes.push(note(30, 1, 60));
        score.parts[1].notes.last_mut().unwrap().velocity = Some(Velocity::try_from(1).unwrap());
        assert!(play(&score).seconds() >= score.seconds_at(score.end()));
    }
}

#[test]
fn a_sound_begins_and_ends_in_silence() {
    for program in PROGRAMS {
        let audio = play(&chorale(program));
        for channel in audio.channels() {
            assert!(
                channel[0].abs() < 0.01,
                "{program} begins at {}",
                channel[0]
            );
            assert!(channel.last().unwrap().abs() < 1e-4, "{program}");
        }
    }
}

/// A click is a step, and a step has energy far above what the note has.
#[test]
fn notes_end_without_a_click() {
    for program in [19, 48, 52, 73] {
        let samples = mono(&play(&score(&[(
            Some(program),
            &[(0, 4, 45), (20, 1, 45)],
        )])));
        let bend = |samples: &[f64]| {
            samples
                .windows(3)
                .map(|s| (s[0] - 2.0 * s[1] + s[2]).abs())
                .fold(0.0, f64::max)
        };
        let (steady, end) = (
            bend(window(&samples, 0.4, 0.9)),
            bend(window(&samples, 0.9, 2.0)),
        );
        assert!(end <= 1.05 * steady, "{program}: {end} after {steady}");
    }
}

#[test]
fn a_string_held_too_long_is_let_go_without_a_click() {
    let samples = mono(&play(&score(&[(Some(0), &[(0, 120, 24)])])));
    let step = |from: f64, to: f64| {
        let steps = window(&samples, from, to)
            .windows(2)
            .map(|s| (s[0] - s[1]).abs());
        steps.fold(0.0, f64::max)
    };
    assert!(step(19.9, 22.0) <= step(15.0, 19.9));
}

#[test]
fn programs_sound_different() {
    let sounds: Vec<Vec<f64>> = PROGRAMS
        .iter()
        .map(|&program| mono(&play(&chorale(program))))
        .collect();
    for (index, a) in sounds.iter().enumerate() {
        for (other, b) in sounds.iter().enumerate().skip(index + 1) {
            let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
            let (a, b) = (rms(a), rms(&difference));
            assert!(b > 0.1 * a, "{} and {}", PROGRAMS[index], PROGRAMS[other]);
        }
    }
}

#[test]
fn every_program_and_drum_makes_sound() {
    for program in 0..128 {
        let audio = play(&score(&[(Some(program), &[(0, 2, 60)])]));
        assert!(audio.peak() > 0.1, "program {program}");
    }
    for drum in 0..128 {
        let audio = play(&drums(&[(0, 1, drum)]));
        assert!(audio.peak() > 0.1, "drum {drum}");
    }
}

#[test]
fn every_pitch_makes_sound() {
    for program in [0, 14, 52] {
        for midi in [0, 12, 21, 108, 120, 127] {
            let audio = play(&score(&[(Some(program), &[(0, 2, midi)])]));
            assert!(audio.peak() > 0.1, "{midi} of program {program}");
        }
    }
}

#[test]
fn a_drone_of_minutes_keeps_its_pitch() {
    let samples = mono(&play(&score(&[(Some(52), &[(0, 1160, 57)])])));
    let share = |from: f64| {
        let late = window(&samples, from, from + 1.0);
        amplitude(late, hertz(57)) / rms(late)
    };
    assert!(
        share(285.0) > 0.5 * share(5.0),
        "{} and {}",
        share(285.0),
        share(5.0)
    );
}

#[test]
fn a_closed_hi_hat_stops_the_open_one() {
    let open = mono(&play(&drums(&[(0, 1, 46), (8, 1, 35)])));
    let stopped = mono(&play(&drums(&[(0, 1, 46), (1, 1, 42), (8, 1, 35)])));
    let ringing =
        |samples: &[f64]| rms(window(samples, 0.45, 0.6)) / rms(window(samples, 0.0, 0.1));
    assert!(ringing(&stopped) < 0.3 * ringing(&open));
}

#[test]
fn the_same_score_gives_the_same_bytes() {
    let mut score = chorale(52);
    score.parts.extend(chorale(0).parts);
    score
        .parts
        .extend(drums(&[(0, 1, 36), (2, 1, 38), (4, 1, 42)]).parts);
    let bytes = || play(&score).to_wav(WavFormat::Int16).unwrap();
    let alone = bytes();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(bytes)).collect();
        for thread in threads {
            assert!(thread.join().unwrap() == alone);
        }
    });
}

#[test]
fn tied_notes_are_one_note() {
    let held = score(&[(Some(0), &[(0, 4, 60)])]);
    let mut tied = score(&[(Some(0), &[(0, 1, 60), (1, 3, 60)])]);
    assert!(play(&tied) != play(&held));
    tied.parts[0].notes[0].tied_to = true;
    tied.parts[0].notes[1].tied_from = true;
    assert!(play(&tied) == play(&held));
}

#[test]
fn harder_is_louder() {
    for program in PROGRAMS {
        let mut score = score(&[(Some(program), &[(0, 2, 60), (12, 2, 60)])]);
        let velocity = |midi| Velocity::try_from(midi).ok();
        score.parts[0].notes[0].velocity = velocity(40);
        score.parts[0].notes[1].velocity = velocity(110);
        let samples = mono(&play(&score));
        let (soft, loud) = (
            rms(window(&samples, 0.0, 0.5)),
            rms(window(&samples, 3.0, 3.5)),
        );
        assert!(loud > 2.0 * soft, "{program}: {soft} and {loud}");
    }
}

#[test]
fn parts_stand_from_left_to_right() {
    let audio = play(&score(&[
        (Some(19), &[(0, 2, 72)]),
        (Some(19), &[(4, 2, 60)]),
        (Some(19), &[(8, 2, 48)]),
    ]));
    let side = |channel: usize, from: f64| {
        let samples: Vec<f64> = audio.channels()[channel]
            .iter()
            .map(|&x| f64::from(x))
            .collect();
        rms(window(&samples, from, from + 0.5))
    };
    let balance = |from: f64| side(1, from) / side(0, from);
    assert!(balance(0.0) < 0.7 && (0.9..1.1).contains(&balance(1.0)) && balance(2.0) > 1.4);
}

#[test]
fn fermatas_are_held_if_asked() {
    let mut score = chorale(52);
    for part in &mut score.parts {
        part.notes[3].marks.push(Mark::Fermata);
    }
    // The last chord ends at 2.5 s as written, and 0.375 s later if it is held.
    let late = |audio: &Audio| rms(window(&mono(audio), 2.72, 2.85));
    let options = RenderOptions {
        hold_fermatas: true,
        ..RATE
    };
    let held = render(&score, &Instruments::BuiltIn, &options).unwrap();
    assert!(late(&held) > 5.0 * late(&play(&score)));
}

#[test]
fn what_cannot_be_rendered_is_told() {
    let refused = |score: &Score, options: &RenderOptions| {
        render(score, &Instruments::BuiltIn, options).unwrap_err()
    };
    let empty = score(&[(None, &[])]);
    assert_eq!(refused(&empty, &RATE), RenderError::NoNotes);
    let long = score(&[(None, &[(0, 1, 60), (i64::MAX / 4, 1, 60)])]);
    assert!(matches!(refused(&long, &RATE), RenderError::TooLong { .. }));
    let mut slow = chorale(0);
    slow.tempos = vec![TempoChange {
        at: Ticks(0),
        tempo: Tempo::new(1e-300).unwrap(),
    }];
    assert!(matches!(refused(&slow, &RATE), RenderError::TooLong { .. }));
    let options = RenderOptions {
        sample_rate_hz: 10,
        ..RATE
    };
    let error = refused(&chorale(0), &options);
    assert_eq!(
        error.to_string(),
        "cannot render at 10 Hz; choose from 16000 to 192000 Hz"
    );
}

#[test]
fn a_crowd_of_notes_is_rendered() {
    let crowd: Vec<(i64, i64, u8)> = (0..5000)
        .map(|index| (index / 1000, 20, (index % 128) as u8))
        .collect();
    let audio = play(&score(&[
        (Some(52), &crowd),
        (Some(14), &crowd),
        (Some(0), &crowd),
    ]));
    assert!(audio.peak() <= 0.892);
}
