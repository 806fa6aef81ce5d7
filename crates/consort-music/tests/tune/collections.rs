//! The tunes of collections, where they are at hand.

use std::fs;
use std::path::{Path, PathBuf};

use consort_music::abc;
use consort_music::tune::{self, ChordSymbols, Conditions};
use consort_music::{Pitch, Ticks};

use crate::{assert_adds_up, follow, strictly_read};

#[test]
fn tune_texts_of_the_collections_are_tunes_and_let_through() {
    let texts = collections();
    for text in &texts {
        let score = strictly_read(text);
        assert_adds_up(&score, text);
        assert_eq!(tune::text(&score, ChordSymbols::Kept).as_ref(), Ok(text));
        assert!(
            follow(wide(), text).is_ok_and(|guide| guide.is_complete()),
            "{text}"
        );
    }
    println!("{} tune texts", texts.len());
}

#[test]
fn tunes_of_the_collections_are_tunes_in_all_keys() {
    // A tenth of them, for the sake of time.
    for text in collections().iter().step_by(10) {
        let score = strictly_read(text);
        for fifths in -5..=6 {
            let moved = tune::transposed(&score, fifths).unwrap();
            let there = tune::text(&moved, ChordSymbols::Kept).unwrap();
            assert_eq!(strictly_read(&there).key_at(Ticks::ZERO).fifths, fifths);
            assert!(follow(wide(), &there).is_ok_and(|guide| guide.is_complete()));
        }
    }
}

/// The tune texts of the collections, if they lie beside the project.
fn collections() -> Vec<String> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in [
        "folk-public-domain/airdsAirs",
        "folk-public-domain/oneills1850",
        "folk-public-domain/ryansMammoth",
        "folk-nottingham/ABC_cleaned",
    ] {
        match fs::read_dir(data.join(folder)) {
            Ok(entries) => files.extend(entries.map(|entry| entry.unwrap().path())),
            Err(_) => println!("skipped: no data at {}", data.join(folder).display()),
        }
    }
    files.sort();
    let mut texts = Vec::new();
    for file in files {
        if let Ok(reading) = abc::read(&fs::read(file).unwrap()) {
            let all = reading.value.into_iter();
            texts.extend(all.filter_map(|score| tune::text(&score, ChordSymbols::Kept).ok()));
        }
    }
    texts
}

fn wide() -> Conditions {
    Conditions {
        lowest: Pitch::try_from(48_u8).unwrap(),
        highest: Pitch::try_from(95_u8).unwrap(),
        ..Conditions::default()
    }
}
