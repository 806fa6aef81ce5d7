//! MIDI: any bytes are read or refused; what was read is written so that it reads back equal.

#![no_main]

use consort_music::quantize::Quantization;
use consort_music::{abc, midi, musicxml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(reading) = midi::read(bytes) else {
        return;
    };
    let written = midi::write(&reading.value);
    let again = midi::read(&written).expect("what we write can be read").value;
    assert_eq!(midi::write(&again), written);
    // The other formats take any score, and so does quantisation; long ones take long.
    if again.measures.len() < 100 {
        let quantized = again.quantized(&Quantization::default()).value.score;
        let _ = (musicxml::write(&quantized), abc::write(&again), again.unfolded());
    }
});
