//! ABC: any bytes are read or refused; what was read is written in a form that reads back equal.

#![no_main]

use consort_music::{abc, midi, musicxml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(reading) = abc::read(bytes) else {
        return;
    };
    let written = abc::write_all(&reading.value);
    let again = abc::read(written.as_bytes()).expect("what we write can be read");
    assert_eq!(abc::write_all(&again.value), written);
    // The other formats take any score.
    for score in again.value.iter().filter(|score| score.measures.len() < 100) {
        let _ = (midi::write(&score.unfolded()), musicxml::write(score));
    }
});
