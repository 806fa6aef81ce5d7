//! MIDI: any bytes are read or refused; what was read is written so that it reads back equal.

#![no_main]

use consort_music::{abc, midi, musicxml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(reading) = midi::read(bytes) else {
        return;
    };
    let written = midi::write(&reading.value);
    let again = midi::read(&written).expect("what we write can be read").value;
    assert_eq!(midi::write(&again), written);
    // The other formats take any score.
    let _ = (musicxml::write(&again), abc::write(&again), again.unfolded());
});
