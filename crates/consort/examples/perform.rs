//! Plays a minuet in two styles, and writes both to hear.
//!
//! `cargo run --release -p consort --example perform`

use std::ops::ControlFlow;
use std::path::PathBuf;

use consort::files::{Kind, bytes_of, write_all};
use consort::{Music, Options, families, models};
use consort_audio::Instruments;
use consort_learn::{Device, Seed};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dynamics = families::family("dynamics")?;
    let generator = dynamics.load(models::default_weights("dynamics")?, Device::Cpu)?;
    let mut go_on = |_| ControlFlow::Continue(());
    let mut files = Vec::new();
    for style in ["classical", "jazz"] {
        let mut options = Options::new(dynamics.options());
        options.set("style", style)?;
        options.set("timing", "1")?;
        let piece = generator.generate(&dynamics.example(), &options, Seed(1), &mut go_on)?;
        let Music::Score(score) = piece.music else {
            return Err("it makes scores".into());
        };
        for ending in ["wav", "mid"] {
            let path = PathBuf::from(format!("perform-{style}.{ending}"));
            let bytes = bytes_of(&score, Kind::of(&path)?, &Instruments::BuiltIn)?;
            files.push((path, bytes));
        }
    }
    write_all(&files)?;
    println!("wrote perform-classical and perform-jazz, .wav and .mid");
    Ok(())
}
