//! What reading MIDI takes of memory, for files that are made to claim much.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use consort_music::midi;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What the documentation of [`midi::read`] promises.
const TIMES: usize = 300;
const FIXED: usize = 1 << 20;

fn file(format: u8, division: u8, tracks: &[Vec<u8>]) -> Vec<u8> {
    let count = u16::try_from(tracks.len()).unwrap();
    let mut bytes = b"MThd\0\0\0\x06\0".to_vec();
    bytes.push(format);
    bytes.extend(count.to_be_bytes());
    bytes.extend([0, division]);
    for track in tracks {
        bytes.extend(b"MTrk");
        bytes.extend(u32::try_from(track.len()).unwrap().to_be_bytes());
        bytes.extend(track);
    }
    bytes
}

/// Files of about 300 kB, each full of what costs most for its bytes in one way or another.
fn greedy() -> Vec<(&'static str, Vec<u8>)> {
    let full = |start: &[u8], event: &[u8]| {
        let events = event.repeat(300_000 / event.len());
        vec![[start, &events, &[0, 0xFF, 0x2F, 0]].concat()]
    };
    let silence = [0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 1, 0];
    let ends = vec![vec![0, 0xFF, 0x2F, 0]; 25_000];
    let small = vec![vec![0, 0xC0, 1, 0, 0xFF, 0x2F, 0]; 20_000];
    let notes = vec![vec![0, 0x90, 60, 1, 0, 0xFF, 0x2F, 0]; 18_000];
    let every: Vec<u8> = (0..128u8).flat_map(|pitch| [0, pitch, 1]).collect();
    let channels: Vec<u8> = (0..16u8)
        .flat_map(|channel| [0, 0xB0 | channel, 0, 1])
        .collect();
    vec![
        ("silence", file(0, 1, &full(&[], &silence))),
        (
            "hanging notes of one pitch",
            file(0, 96, &full(&[0, 0x90, 60, 1], &[0, 60, 1])),
        ),
        (
            "hanging notes of all pitches",
            file(0, 96, &full(&[0, 0x90, 60, 1], &every)),
        ),
        (
            "notes one after another",
            file(0, 96, &full(&[0, 0x90, 60, 1], &[1, 60, 1])),
        ),
        (
            "notes of a tick",
            file(0, 96, &full(&[0, 0x90, 60, 1], &[0, 60, 1, 1, 60, 0])),
        ),
        (
            "releases",
            file(
                0,
                96,
                &full(&[0, 0x80, 60, 1], &[0, 0x90, 60, 9, 1, 0x80, 60, 9]),
            ),
        ),
        (
            "controllers",
            file(0, 96, &full(&[0, 0xB0, 1, 1], &[0, 1, 1])),
        ),
        (
            "controllers of all channels",
            file(1, 96, &full(&[], &channels)),
        ),
        ("pressure", file(0, 96, &full(&[0, 0xD0, 1], &[0, 1]))),
        ("programs", file(1, 96, &full(&[0, 0xC0, 1], &[0, 1]))),
        (
            "system exclusive messages",
            file(0, 96, &full(&[0, 0xC0, 1], &[0, 0xF0, 0])),
        ),
        (
            "homeless messages",
            file(0, 96, &full(&[], &[0, 0xF0, 1, 1])),
        ),
        (
            "meta events",
            file(0, 96, &full(&[0, 0xC0, 1], &[0, 0xFF, 0x7F, 1, 1])),
        ),
        (
            "texts",
            file(0, 96, &full(&[0, 0x90, 60, 1], &[1, 0xFF, 1, 1, b'a'])),
        ),
        (
            "lyrics",
            file(0, 96, &full(&[0, 0x90, 60, 1], &[0, 0xFF, 5, 1, b'a'])),
        ),
        (
            "lyrics of their own moments",
            file(0, 96, &full(&[0, 0x90, 60, 1], &[1, 0xFF, 5, 1, b'a'])),
        ),
        (
            "empty lyrics",
            file(0, 96, &full(&[0, 0x90, 60, 1], &[1, 0xFF, 5, 0])),
        ),
        (
            "sung notes",
            file(0, 96, &full(&[], &[1, 0x90, 60, 1, 0, 0xFF, 5, 1, b'a'])),
        ),
        (
            "tempos",
            file(0, 96, &full(&[], &[1, 0xFF, 0x51, 3, 9, 9, 9])),
        ),
        (
            "metres",
            file(0, 1, &full(&[], &[1, 0xFF, 0x58, 4, 9, 7, 24, 8])),
        ),
        ("keys", file(0, 96, &full(&[], &[1, 0xFF, 0x59, 2, 1, 0]))),
        ("names", file(0, 96, &full(&[], &[0, 0xFF, 3, 1, b'a']))),
        ("illegal messages", file(0, 96, &full(&[], &[0, 0xF4]))),
        ("empty tracks", file(1, 96, &ends)),
        ("tracks of one program", file(1, 96, &small)),
        ("tracks of one note", file(1, 96, &notes)),
        ("tracks one after another", file(2, 96, &notes)),
        (
            "chunks without a track",
            [file(0, 96, &[]), b"Junk\0\0\0\0".repeat(40_000)].concat(),
        ),
    ]
}

#[test]
fn reading_takes_no_more_memory_than_it_says() {
    let mut most = (0.0, "");
    for (name, bytes) in greedy() {
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let reading = midi::read(&bytes).unwrap();
        let taken = MEMORY.peak_usage() - before;
        drop(reading);
        #[expect(clippy::cast_precision_loss, reason = "files are small")]
        let times = (taken as f64 - FIXED as f64) / bytes.len() as f64;
        println!(
            "{name}: {} bytes took {taken}, {times:.0} times",
            bytes.len()
        );
        if times > most.0 {
            most = (times, name);
        }
        assert!(
            taken <= TIMES * bytes.len() + FIXED,
            "{name}: {} bytes took {taken}",
            bytes.len()
        );
    }
    println!("most: {}, {:.0} times", most.1, most.0);
}
