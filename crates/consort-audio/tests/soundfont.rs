//! SoundFonts: one made here, those of the system, damaged ones, and where they are found.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs::{self, File};
use std::io::{BufReader, Cursor};
use std::path::Path;

use consort_audio::soundfont::{SearchError, SoundFontSearch, find};
use consort_audio::{Instruments, RenderError, RenderOptions, SoundFont, SoundFontError, render};
use consort_music::score::Instrument;
use consort_music::{Note, Part, Pitch, Resolution, Score, Ticks};

const RATE: RenderOptions = RenderOptions {
    sample_rate_hz: 16_000,
    hold_fermatas: false,
};

fn chunk(id: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    [
        &id[..],
        &length.to_le_bytes(),
        content,
        &[0][..content.len() % 2],
    ]
    .concat()
}

fn words(numbers: &[u16]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

fn name(text: &str) -> [u8; 20] {
    let mut name = [0; 20];
    name[..text.len()].copy_from_slice(text.as_bytes());
    name
}

/// A font with one instrument, a sine of 441 Hz that goes on for ever, for the keys from `low` up.
fn font(low: u16) -> Vec<u8> {
    let wave = |index: u32| (12_000.0 * (f64::from(index) * 0.0628_3185).sin()) as i16;
    let mut samples: Vec<u8> = (0..1000)
        .flat_map(|index| wave(index).to_le_bytes())
        .collect();
    samples.extend([0; 92]);
    let info = [
        b"INFO".to_vec(),
        chunk(b"ifil", &words(&[2, 1])),
        chunk(b"isng", b"EMU8000\0"),
        chunk(b"INAM", b"Sine\0\0"),
    ];
    let preset =
        |text: &str, bag: u16| [&name(text)[..], &words(&[0, 0, bag, 0, 0, 0, 0, 0, 0])].concat();
    let instrument = |text: &str, bag: u16| [&name(text)[..], &words(&[bag])].concat();
    let sample = |text: &str, numbers: [u32; 5]| {
        let numbers: Vec<u8> = numbers
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        [&name(text)[..], &numbers, &[69, 0], &words(&[0, 1])].concat()
    };
    let presets = [preset("Sine", 0), preset("EOP", 1)];
    let tables = [
        b"pdta".to_vec(),
        chunk(b"phdr", &presets.map(|p| p[..38].to_vec()).concat()),
        chunk(b"pbag", &words(&[0, 0, 1, 0])),
        chunk(b"pmod", &[0; 10]),
        chunk(b"pgen", &words(&[41, 0, 0, 0])),
        chunk(
            b"inst",
            &[instrument("Sine", 0), instrument("EOI", 1)].concat(),
        ),
        chunk(b"ibag", &words(&[0, 0, 3, 0])),
        chunk(b"imod", &[0; 10]),
        // Keys from `low` to 127; looped; the sample.
        chunk(b"igen", &words(&[43, low | 127 << 8, 54, 1, 53, 0, 0, 0])),
        chunk(
            b"shdr",
            &[
                sample("Sine", [0, 1000, 100, 900, 44_100]),
                sample("EOS", [0; 5]),
            ]
            .concat(),
        ),
    ];
    let lists = [
        b"sfbk".to_vec(),
        chunk(b"LIST", &info.concat()),
        chunk(
            b"LIST",
            &[b"sdta".to_vec(), chunk(b"smpl", &samples)].concat(),
        ),
        chunk(b"LIST", &tables.concat()),
    ];
    chunk(b"RIFF", &lists.concat())
}

fn score(parts: usize, percussion: bool) -> Score {
    let mut score = Score::new(Resolution::new(4).unwrap());
    score.parts = (0..parts)
        .map(|part| {
            let onset = Ticks(i64::try_from(part).unwrap());
            Part {
                instrument: Instrument {
                    program: Some(0),
                    percussion,
                },
                notes: vec![Note::new(onset, Ticks(2), Pitch::try_from(60u8).unwrap())],
                ..Part::default()
            }
        })
        .collect();
    score
}

fn read(bytes: &[u8]) -> Result<SoundFont, SoundFontError> {
    SoundFont::read(Cursor::new(bytes))
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|x| x * x).sum::<f32>() / samples.len() as f32).sqrt()
}

#[test]
fn a_font_plays_all_parts() {
    let font = read(&font(0)).unwrap();
    assert_eq!(font.name(), "Sine");
    assert_eq!(font.warning(), None);
    // More parts than the engine has channels.
    let score = score(40, false);
    let audio = render(&score, &Instruments::SoundFont(font.clone()), &RATE).unwrap();
    assert!(audio.peak() <= 0.892 && audio.peak() > 0.1);
    for part in 0..40 {
        let start = part * 16_000 / 8;
        let heard = audio
            .channels()
            .iter()
            .map(|side| rms(&side[start..start + 2000]));
        assert!(heard.sum::<f32>() > 0.02, "part {part}");
    }
    assert!(audio.seconds() >= score.seconds_at(score.end()));
    let again = render(&score, &Instruments::SoundFont(font), &RATE).unwrap();
    assert!(again == audio);
}

#[test]
fn a_font_without_the_notes_is_silent() {
    let font = read(&font(100)).unwrap();
    let error = render(&score(2, false), &Instruments::SoundFont(font), &RATE).unwrap_err();
    assert_eq!(
        error,
        RenderError::Silent {
            font: "Sine".into()
        }
    );
}

#[test]
fn other_kinds_of_files_are_refused() {
    for bytes in [
        &b""[..],
        b"RIFF",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"MThd\0\0\0\x06\0\0\0\0\0\0",
    ] {
        assert!(matches!(read(bytes), Err(SoundFontError::NotASoundFont)));
    }
}

#[test]
fn cut_fonts_are_refused() {
    let whole = font(0);
    for length in (12..whole.len() - 1).step_by(13) {
        let error = read(&whole[..length]).unwrap_err();
        assert!(
            error.to_string().starts_with("cannot read the SoundFont"),
            "{error}"
        );
    }
}

#[test]
fn a_font_cannot_claim_more_than_it_has() {
    let whole = font(0);
    for (name, place) in [(b"INAM", 40), (b"smpl", 0), (b"shdr", 0), (b"LIST", 0)] {
        let mut claims = whole.clone();
        let at = place
            + claims[place..]
                .windows(4)
                .position(|window| window == name)
                .unwrap();
        claims[at + 4..at + 8].copy_from_slice(&u32::MAX.to_le_bytes());
        let error = read(&claims).unwrap_err().to_string();
        assert!(
            error.contains("longer than its list") || error.contains("cut short"),
            "{error}"
        );
    }
}

#[test]
fn damaged_fonts_are_refused_or_played() {
    let whole = font(0);
    let score = score(1, false);
    // Within the samples a wrong byte is only noise.
    let tables = (0..100).chain(whole.len() - 450..whole.len());
    for byte in tables {
        let mut damaged = whole.clone();
        damaged[byte] ^= [0xFF, 0x80, 1][byte % 3];
        let Ok(font) = read(&damaged) else {
            continue;
        };
        if let Ok(audio) = render(&score, &Instruments::SoundFont(font), &RATE) {
            assert!(audio.peak() <= 0.892);
        }
    }
}

#[test]
fn a_font_of_the_system_plays() {
    let found = find(&SoundFontSearch {
        system: SoundFontSearch::SYSTEM_FOLDERS.map(Into::into).to_vec(),
        ..SoundFontSearch::default()
    });
    let Some(path) = found.unwrap().path else {
        eprintln!("skipped: no SoundFont on this system");
        return;
    };
    let font = SoundFont::read(BufReader::new(File::open(&path).unwrap())).unwrap();
    let instruments = Instruments::SoundFont(font);
    for percussion in [false, true] {
        let audio = render(&score(4, percussion), &instruments, &RATE).unwrap();
        assert!(
            audio.peak() <= 0.892 && audio.peak() > 0.1,
            "{}",
            path.display()
        );
    }
}

fn touch(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, b"").unwrap();
}

#[test]
fn the_user_comes_before_the_environment_and_folders_last() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut search = SoundFontSearch {
        explicit: Some(at("mine.sf2")),
        environment: Some(at("theirs.sf2")),
        data_home: Some(at("home")),
        system: vec![at("nowhere"), at("system")],
    };
    for name in [
        "mine.sf2",
        "theirs.sf2",
        "home/soundfonts/x.SF2",
        "system/y.sf2",
    ] {
        touch(&at(name));
    }
    let mut path = |change: fn(&mut SoundFontSearch)| {
        let found = find(&search).unwrap();
        assert!(found.warnings.is_empty(), "{:?}", found.warnings);
        change(&mut search);
        found.path
    };
    assert_eq!(path(|search| search.explicit = None), Some(at("mine.sf2")));
    assert_eq!(
        path(|search| search.environment = None),
        Some(at("theirs.sf2"))
    );
    assert_eq!(
        path(|search| search.data_home = None),
        Some(at("home/soundfonts/x.SF2"))
    );
    assert_eq!(
        path(|search| search.system.clear()),
        Some(at("system/y.sf2"))
    );
    assert_eq!(path(|_| ()), None);
}

#[test]
fn what_is_named_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let named = |name: &str| {
        find(&SoundFontSearch {
            explicit: Some(folder.path().join(name)),
            ..SoundFontSearch::default()
        })
    };
    assert!(matches!(
        named("none.sf2"),
        Err(SearchError::Unusable { .. })
    ));
    assert!(matches!(named(""), Err(SearchError::NoneInFolder { .. })));
    touch(&folder.path().join("small.sf3"));
    assert!(matches!(
        named("small.sf3"),
        Err(SearchError::Compressed { .. })
    ));
    touch(&folder.path().join("big.sf2"));
    let found = named("").unwrap();
    assert_eq!(found.path, Some(folder.path().join("big.sf2")));
    assert!(found.warnings[0].contains("small.sf3"));
}

#[test]
fn fonts_that_sound_well_come_first() {
    let folder = tempfile::tempdir().unwrap();
    let search = SoundFontSearch {
        system: vec![folder.path().into()],
        ..SoundFontSearch::default()
    };
    let best = || {
        let found = find(&search).unwrap();
        let name = found
            .path
            .unwrap()
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        (name, found.warnings.len())
    };
    // The lone font, that engine and it do not go together, is better than none.
    for (name, warnings) in [
        ("MuseScore_General.sf2", 1),
        ("Aaa.sf2", 0),
        ("TimGM6mb.sf2", 0),
        ("GeneralUser GS v1.471.sf2", 0),
        ("FluidR3_GM.sf2", 0),
    ] {
        touch(&folder.path().join(name));
        assert_eq!(best(), (name.to_owned(), warnings));
    }
}
