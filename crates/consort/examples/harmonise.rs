//! Harmonises a melody of one's own and writes something to hear and to read.
//!
//! `cargo run --release -p consort --example harmonise`

use std::ops::ControlFlow;
use std::path::PathBuf;

use consort::files::{Kind, bytes_of, write_all};
use consort::{Music, Options, Prompt, families, models};
use consort_audio::Instruments;
use consort_learn::{Device, Seed};
use consort_music::abc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tune = b"X:1\nT:Example\nM:4/4\nL:1/4\nK:Dm\nD2 F2|A3 G|F E D ^C|D4|]\n";
    let melody = abc::read(tune)?.value.remove(0);

    let chorale = families::family("chorale")?;
    let generator = chorale.load(models::default_weights("chorale")?, Device::Cpu)?;
    let options = Options::new(chorale.options());
    let mut go_on = |_| ControlFlow::Continue(());
    let piece = generator.generate(&Prompt::Score(melody), &options, Seed(1), &mut go_on)?;

    let Music::Score(score) = piece.music else {
        return Err("it makes scores".into());
    };
    let mut files = Vec::new();
    for name in ["harmonise.wav", "harmonise.musicxml"] {
        let path = PathBuf::from(name);
        let bytes = bytes_of(&score, Kind::of(&path)?, &Instruments::BuiltIn)?;
        files.push((path, bytes));
    }
    write_all(&files)?;
    println!("wrote harmonise.wav and harmonise.musicxml");
    Ok(())
}
