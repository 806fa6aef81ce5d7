//! The room: a light reverberation around all instruments.

use fundsp::prelude32::{
    An, AudioNode, AudioUnit, BufferVec, U2, U4, U8, delay, fdn, lowpole_hz, mul, multijoin,
    multisplit, stacki,
};

use super::Mix;

/// How loud the room is beside the instruments.
const WET: f32 = 0.16;

/// The time in which the room falls by 60 dB.
const FALLS_S: f32 = 1.5;

/// Walls swallow what is higher than this.
const BRIGHT_HZ: f32 = 4500.0;

/// The ways of the sound from wall to wall, in seconds: no two share a multiple for long.
const WAYS_S: [f32; 8] = [
    0.0297, 0.0371, 0.0411, 0.0437, 0.0533, 0.0599, 0.0683, 0.0773,
];

/// Softer than this, the room is silent.
const SILENCE: f32 = 1e-7;

/// Adds the room's answer to what sounds in it.
pub(super) fn reverberate(mix: &mut Mix) {
    let mut room = room();
    room.set_sample_rate(f64::from(mix.sample_rate_hz));
    room.allocate();
    let (mut input, mut output) = (BufferVec::new(2), BufferVec::new(2));
    let size = input.channel_f32(0).len();
    let frames = mix.sides[0].len();
    // A silent room is not computed: its numbers would shrink for ever.
    let mut is_silent = true;
    for start in (0..frames).step_by(size) {
        let length = size.min(frames - start);
        for (channel, side) in mix.sides.iter().enumerate() {
            input.channel_f32_mut(channel)[..length].copy_from_slice(&side[start..start + length]);
        }
        let is_quiet = |buffer: &mut BufferVec| {
            let mut sides = (0..2).map(|side| loudest(&buffer.channel_f32(side)[..length]));
            sides.all(|peak| peak < SILENCE)
        };
        if is_quiet(&mut input) && is_silent {
            continue;
        }
        room.process(length, &input.buffer_ref(), &mut output.buffer_mut());
        is_silent = is_quiet(&mut input) && is_quiet(&mut output);
        if is_silent {
            room.reset();
        }
        for (channel, side) in mix.sides.iter_mut().enumerate() {
            let answer = &output.channel_f32(channel)[..length];
            let target = &mut side[start..start + length];
            target
                .iter_mut()
                .zip(answer)
                .for_each(|(sum, sample)| *sum += WET * sample);
        }
    }
}

/// Eight ways from wall to wall that feed each other.
fn room() -> An<impl AudioNode<Inputs = U2, Outputs = U2>> {
    let ways = stacki::<U8, _, _>(|way| {
        let way_s = WAYS_S[way as usize % WAYS_S.len()];
        let loss = 10f32.powf(-3.0 * way_s / FALLS_S);
        delay(way_s) >> lowpole_hz(BRIGHT_HZ) >> mul(loss)
    });
    multisplit::<U2, U4>() >> fdn::<U8, _>(ways) >> multijoin::<U2, U4>()
}

fn loudest(samples: &[f32]) -> f32 {
    samples
        .iter()
        .fold(0.0, |peak, sample| sample.abs().max(peak))
}
