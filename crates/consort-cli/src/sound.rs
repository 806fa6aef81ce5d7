//! Which instruments play.

use std::env;
use std::fs::File;
use std::path::PathBuf;

use consort::files::Kind;
use consort_audio::soundfont::{SoundFontSearch, find};
use consort_audio::{Instruments, SoundFont};

use crate::outcome::Usage;

/// The SoundFont that is named or found, else the built-in instruments; nothing is looked for if no
/// sound is to be made.
pub(crate) fn instruments(
    named: Option<PathBuf>,
    targets: &[(PathBuf, Kind)],
) -> anyhow::Result<Instruments> {
    if targets.iter().all(|(_, kind)| *kind != Kind::Wav) {
        return Ok(Instruments::BuiltIn);
    }
    let folder = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let search = SoundFontSearch {
        explicit: named,
        environment: folder("CONSORT_SOUNDFONT"),
        data_home: folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share"))),
        system: SoundFontSearch::SYSTEM_FOLDERS.map(PathBuf::from).to_vec(),
    };
    let found = find(&search).map_err(|error| Usage(error.to_string()))?;
    found
        .warnings
        .iter()
        .for_each(|warning| eprintln!("warning: {warning}"));
    let Some(path) = found.path else {
        return Ok(Instruments::BuiltIn);
    };
    let unusable = |reason: String| Usage(format!("cannot use {}: {reason}", path.display()));
    let file = File::open(&path).map_err(|error| unusable(error.to_string()))?;
    let font = SoundFont::read(file).map_err(|error| unusable(error.to_string()))?;
    Ok(Instruments::SoundFont(font))
}
