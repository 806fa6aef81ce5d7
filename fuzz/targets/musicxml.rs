//! MusicXML: any bytes are read or refused; what was read is written so that it reads back as it is
//! written.

#![no_main]

use consort_music::{abc, midi, musicxml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(reading) = musicxml::read(bytes) else {
        return;
    };
    let score = reading.value;
    let written = musicxml::write(&score);
    let again = musicxml::read(written.as_bytes()).expect("what we write can be read");
    assert_eq!(again.value, musicxml::as_written(&score));
    // The other formats take any score.
    let _ = (midi::write(&score.unfolded()), abc::write(&score));
});
