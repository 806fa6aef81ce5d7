//! A folder for a test, and the executable in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use consort_music::{Score, format};
use tempfile::TempDir;

/// A fresh folder, and the command in it. No SoundFont is looked for, so that what is heard depends
/// on no machine.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Place {
        fs::write(self.path(name), bytes).unwrap();
        self
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_consort"))
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("CONSORT_SOUNDFONT")
            .env("XDG_DATA_HOME", self.0.path())
            .output()
            .unwrap()
    }

    /// Runs what must succeed, and gives its standard output.
    pub(crate) fn does(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// Runs what must be refused with status 2, leave no file behind and say all of `parts`.
    pub(crate) fn refuses(&self, arguments: &[&str], parts: &[&str]) {
        let before = self.names();
        let output = self.run(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        for part in parts {
            assert!(
                said.contains(part),
                "{arguments:?} said {said:?} without {part:?}"
            );
        }
        assert_eq!(self.names(), before, "{arguments:?} left something behind");
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn score(&self, name: &str) -> Score {
        format::read(&fs::read(self.path(name)).unwrap(), None)
            .unwrap()
            .value
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Checks that a WAV file is loud enough, not too loud, and nowhere silent for long.
pub(crate) fn heard(path: &Path) {
    let wav = fs::read(path).unwrap();
    let (samples, _) = wav[44..].as_chunks::<2>();
    let samples: Vec<i16> = samples
        .iter()
        .map(|&pair| i16::from_le_bytes(pair))
        .collect();
    let peak = samples
        .iter()
        .map(|sample| sample.unsigned_abs())
        .max()
        .unwrap();
    assert!((3_000..32_700).contains(&peak), "the peak is {peak}");
    let silent = samples
        .chunks(44_100)
        .filter(|second| second.iter().all(|s| s.abs() < 30))
        .count();
    assert!(silent <= 1, "{silent} half seconds are silent");
}
