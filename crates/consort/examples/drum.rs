//! Drums a groove with a fill in every fourth bar, and writes something to hear.
//!
//! `cargo run --release -p consort --example drum`

use std::ops::ControlFlow;
use std::path::PathBuf;

use consort::files::{Kind, bytes_of, write_all};
use consort::{Music, Options, Prompt, families, models};
use consort_audio::Instruments;
use consort_learn::{Device, Seed};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let drums = families::family("drums")?;
    let generator = drums.load(models::default_weights("drums")?, Device::Cpu)?;
    let mut options = Options::new(drums.options());
    options.set("style", "funk")?;
    options.set("fill-every", "4")?;
    let mut go_on = |_| ControlFlow::Continue(());
    let piece = generator.generate(&Prompt::Nothing, &options, Seed(1), &mut go_on)?;

    let Music::Score(score) = piece.music else {
        return Err("it makes scores".into());
    };
    let mut files = Vec::new();
    for name in ["drum.wav", "drum.mid"] {
        let path = PathBuf::from(name);
        let bytes = bytes_of(&score, Kind::of(&path)?, &Instruments::BuiltIn)?;
        files.push((path, bytes));
    }
    write_all(&files)?;
    println!("wrote drum.wav and drum.mid");
    Ok(())
}
