//! Messages other than notes, and the parts that they belong to.

use consort_music::midi::{self, Options, Percussion};
use consort_music::performance::Message;
use consort_music::score::{Instrument, Part};
use consort_music::{Pitch, Score};

use crate::{assert_warned, file, middle_c, read};

/// Writes and reads a score again, which must change nothing.
fn again(score: &Score) -> Vec<u8> {
    let bytes = midi::write(score);
    assert_eq!(midi::read(&bytes).unwrap().value, *score);
    bytes
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn messages(part: &Part) -> Vec<(i64, Message)> {
    let controls = part.controls.iter();
    controls
        .map(|control| (control.at.0, control.message.clone()))
        .collect()
}

fn controller(number: u8, value: u8) -> Message {
    Message::Controller { number, value }
}

const END: [u8; 4] = [0, 0xFF, 0x2F, 0];

#[test]
fn a_player_s_messages_are_kept_in_their_order() {
    let events: [&[u8]; 14] = [
        &[0, 0xF0, 5, 0x7E, 0x7F, 9, 1, 0xF7],
        &[0, 0xFF, 0x7F, 3, 0, 1, 2],
        &[0, 0xC2, 48],
        &[0, 0xB2, 7, 100],
        &[0, 0x92, 60, 80],
        &[10, 0xB2, 64, 127],
        &[0, 64, 126],
        &[10, 0xE2, 0x7F, 0x7F],
        &[0, 0xE2, 0, 0],
        &[10, 0xD2, 33],
        &[10, 0xA2, 60, 44],
        &[10, 0x82, 60, 30],
        &[5, 0xC2, 45],
        &[5, 0xF7, 2, 0xF3, 1],
    ];
    let track = [&events.concat(), &middle_c(9)[..]].concat();
    let (score, warnings) = read(&file(0, [0, 96], &[&track]));
    assert_eq!(warnings, ["there is no time signature; 4/4 was assumed"]);
    let part = score.parts.iter().find(|part| part.notes[0].end().0 == 50);
    let part = part.unwrap();
    let key = Pitch::MIDDLE_C;
    let expected = [
        (0, Message::SystemExclusive([0x7E, 0x7F, 9, 1].into())),
        (
            0,
            Message::Meta {
                kind: 0x7F,
                data: [0, 1, 2].into(),
            },
        ),
        (0, controller(7, 100)),
        (10, controller(64, 127)),
        (10, controller(64, 126)),
        (20, Message::PitchBend(8191)),
        (20, Message::PitchBend(-8192)),
        (30, Message::Pressure(33)),
        (
            40,
            Message::KeyPressure {
                pitch: key,
                value: 44,
            },
        ),
        (
            50,
            Message::Release {
                pitch: key,
                velocity: 30,
            },
        ),
        (55, Message::Program(45)),
        (60, Message::Raw([0xF3, 1].into())),
    ];
    assert_eq!(messages(part), expected);
    assert_eq!(part.instrument.program, Some(48));
    let written = again(&score);
    assert!(holds(&written, &[60, 30]) && holds(&written, &[0xF7, 2, 0xF3, 1]));
}

#[test]
fn a_bank_is_chosen_before_its_program() {
    // The program stands at the start, then later, then between two of its own.
    let starts: [(&[u8], &[u8]); 3] = [
        (
            &[0, 0xB0, 0, 8, 0, 32, 1, 0, 0xC0, 4],
            &[0, 0xB0, 0, 8, 0, 32, 1, 0, 0xC0, 4],
        ),
        (&[0, 0xC0, 4, 0, 0xB0, 0, 8], &[0, 0xC0, 4, 0, 0xB0, 0, 8]),
        (
            &[0, 0xC0, 1, 5, 0xC0, 4, 0, 0xC0, 4],
            &[0, 0xC0, 1, 5, 4, 0, 4],
        ),
    ];
    for (start, expected) in starts {
        let (score, _) = read(&file(0, [0, 96], &[&[start, &middle_c(96)].concat()]));
        assert_eq!(score.parts[0].instrument.program, Some(4));
        let written = again(&score);
        assert!(holds(&written, expected), "{start:?}: {written:?}");
        // The instrument has the last word.
        let mut other = score.clone();
        other.parts[0].instrument.program = Some(99);
        let back = midi::read(&midi::write(&other)).unwrap().value;
        assert_eq!(back.parts[0].instrument.program, Some(99));
    }
}

#[test]
fn banks_of_drums_are_known() {
    let xg_on = [0, 0xF0, 8, 0x43, 0x10, 0x4C, 0, 0, 0x7E, 0, 0xF7];
    let starts: [(&[u8], u8, bool); 5] = [
        (&[0, 0xB0, 0, 120, 0, 0xC0, 0], 0, true),
        (&[0, 0xB9, 0, 121, 0, 0xC9, 0], 9, false),
        (&[0, 0xB0, 0, 127, 0, 0xC0, 0], 0, false),
        (
            &[&xg_on[..], &[0, 0xB0, 0, 127, 0, 0xC0, 0]].concat(),
            0,
            true,
        ),
        (&[], 9, true),
    ];
    for (start, channel, percussion) in starts {
        let note = [0, 0x90 | channel, 40, 80, 96, 0x80 | channel, 40, 64];
        let bytes = file(0, [0, 96], &[&[start, &note, &END].concat()]);
        let (score, _) = read(&bytes);
        assert_eq!(
            score.parts[0].instrument.percussion, percussion,
            "{start:?}"
        );
        again(&score);
        let percussion = Percussion::Channels(vec![channel + 1]);
        let reading = midi::read_with(&bytes, &Options { percussion }).unwrap();
        assert!(reading.value.parts[0].instrument.percussion);
        let percussion = Percussion::Channels(Vec::new());
        let reading = midi::read_with(&bytes, &Options { percussion }).unwrap();
        assert!(!reading.value.parts[0].instrument.percussion);
    }
}

#[test]
fn controls_find_their_part() {
    let setup = [0, 0xC0, 19, 0, 0xB0, 7, 99, 0, 0xC5, 3, 0, 0xFF, 0x2F, 0];
    let bytes = file(1, [0, 96], &[&setup, &middle_c(96), &middle_c(50)]);
    let (score, warnings) = read(&bytes);
    let organ = Instrument {
        program: Some(19),
        percussion: false,
    };
    assert_eq!(score.parts.len(), 2);
    assert!(score.parts.iter().all(|part| part.instrument == organ));
    assert_eq!(messages(&score.parts[0]), [(0, controller(7, 99))]);
    assert_eq!(messages(&score.parts[1]), []);
    assert_warned(&warnings, "left out 1 message, for no part plays");
    assert_warned(&warnings, "several parts play on 1 channel");
    again(&score);
    let silent: &[u8] = &[0, 0xF0, 2, 1, 0xF7, 0, 0xFF, 0x2F, 0];
    let (score, warnings) = read(&file(1, [0, 96], &[silent, silent]));
    assert_eq!(score.parts, []);
    assert_warned(&warnings, "left out 2 messages");
}

#[test]
fn ports_tell_channels_apart() {
    let port = |port, program| {
        let start = [
            0, 0xFF, 0x21, 1, port, 0, 0xC0, program, 0, 0xB0, 7, program,
        ];
        [&start[..], &middle_c(96)].concat()
    };
    let (score, warnings) = read(&file(
        1,
        [0, 96],
        &[&[0, 0xFF, 0x2F, 0], &port(0, 5), &port(1, 6)],
    ));
    let programs: Vec<_> = score
        .parts
        .iter()
        .map(|part| part.instrument.program)
        .collect();
    assert_eq!(programs, [Some(5), Some(6)]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    again(&score);
}

#[test]
fn all_notes_off_ends_them_and_is_kept() {
    let track = [
        0, 0x90, 60, 80, 0, 62, 80, 20, 0xB0, 123, 0, 0, 0xFF, 0x2F, 0,
    ];
    let (score, _) = read(&file(0, [0, 96], &[&track]));
    let ends: Vec<i64> = score.parts[0]
        .notes
        .iter()
        .map(|note| note.end().0)
        .collect();
    assert_eq!(ends, [20, 20]);
    assert_eq!(messages(&score.parts[0]), [(20, controller(123, 0))]);
    again(&score);
}

#[test]
fn a_message_in_packets_is_kept_as_it_was_sent() {
    let packets: &[u8] = &[0, 0xF0, 3, 0x43, 0x12, 0, 5, 0xF7, 2, 1, 0xF7];
    let (score, _) = read(&file(0, [0, 96], &[&[packets, &middle_c(96)].concat()]));
    let expected = [
        (0, Message::Raw([0xF0, 0x43, 0x12, 0].into())),
        (5, Message::Raw([1, 0xF7].into())),
    ];
    assert_eq!(messages(&score.parts[0]), expected);
    again(&score);
}
