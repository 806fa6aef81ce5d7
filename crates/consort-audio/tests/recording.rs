//! Files of sound, read as streams.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};

use consort_audio::{Recording, RecordingError};
use hound::{SampleFormat, WavSpec, WavWriter};
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    folder.join(name)
}

fn file(bytes: impl AsRef<[u8]>, name: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// A WAV of `seconds` with a sine of 440 Hz, each channel a little quieter than the one before.
fn wav(rate: u32, channels: u16, bits: u16, float: bool, seconds: f64) -> Vec<u8> {
    let frames = (seconds * f64::from(rate)).round() as u32;
    let sample = |frame: u32, channel: u16| {
        let phase = TAU * 440.0 * f64::from(frame) / f64::from(rate);
        (0.5 * phase.sin() / f64::from(channel + 1)) as f32
    };
    let all = (0..frames).flat_map(|frame| (0..channels).map(move |c| sample(frame, c)));
    wav_of(rate, channels, bits, float, all)
}

fn wav_of(
    rate: u32,
    channels: u16,
    bits: u16,
    float: bool,
    samples: impl Iterator<Item = f32>,
) -> Vec<u8> {
    let spec = WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: bits,
        sample_format: if float {
            SampleFormat::Float
        } else {
            SampleFormat::Int
        },
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
    let full = 2f64.powi(i32::from(bits) - 1) - 1.0;
    for sample in samples {
        if float {
            writer.write_sample(sample).unwrap();
        } else {
            let whole = (f64::from(sample) * full).round() as i32;
            writer.write_sample(whole).unwrap();
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

/// How loud a frequency is: the amplitude of its sine.
fn amplitude(samples: &[f32], hertz: f64, rate: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (index, &sample) in samples.iter().enumerate() {
        let phase = TAU * hertz * index as f64 / rate;
        re += f64::from(sample) * phase.cos();
        im += f64::from(sample) * phase.sin();
    }
    2.0 * re.hypot(im) / samples.len() as f64
}

fn read(path: &Path) -> (Vec<f32>, Vec<String>) {
    Recording::read_all(path, 16_000, 60.0).unwrap()
}

#[test]
fn every_depth_rate_and_number_of_channels_is_read() {
    for (rate, channels, bits, float) in [
        (8000, 1, 8, false),
        (16_000, 1, 16, false),
        (44_100, 2, 16, false),
        (44_100, 2, 24, false),
        (48_000, 1, 32, false),
        (44_100, 2, 32, true),
        (192_000, 6, 24, false),
    ] {
        let (_folder, path) = file(wav(rate, channels, bits, float, 1.25), "sound.wav");
        let recording = Recording::open(&path, 16_000).unwrap();
        assert!((recording.seconds().unwrap() - 1.25).abs() < 1e-9);
        let (samples, warnings) = read(&path);
        let name = format!("{rate} Hz, {channels} channels, {bits} bits");
        assert!(warnings.is_empty(), "{name}: {warnings:?}");
        assert_eq!(samples.len(), 20_000, "{name}");
        let mean: f64 =
            (1..=channels).map(|c| 0.5 / f64::from(c)).sum::<f64>() / f64::from(channels);
        let found = amplitude(&samples[2000..18_000], 440.0, 16_000.0);
        assert!((found - mean).abs() < 0.01, "{name}: {found} for {mean}");
        let other = amplitude(&samples[2000..18_000], 880.0, 16_000.0);
        assert!(other < 0.01, "{name}: {other} an octave above");
    }
}

#[test]
fn compressed_forms_sound_as_they_did() {
    for (name, seconds) in [("sines.mp3", 1), ("sines.ogg", 4), ("sines.flac", 1)] {
        let path = fixture(name);
        let recording = Recording::open(&path, 16_000).unwrap();
        let told = recording.seconds().unwrap();
        assert!((told - f64::from(seconds)).abs() < 0.001, "{name}: {told}");
        let (samples, warnings) = read(&path);
        assert!(warnings.is_empty(), "{name}: {warnings:?}");
        assert_eq!(samples.len(), 16_000 * seconds as usize, "{name}");
        for hertz in [440.0, 1000.0] {
            let found = amplitude(&samples[2000..14_000], hertz, 16_000.0);
            assert!((found - 0.2).abs() < 0.02, "{name}: {found} at {hertz} Hz");
        }
        let other = amplitude(&samples[2000..14_000], 700.0, 16_000.0);
        assert!(other < 0.01, "{name}: {other} between them");
    }
}

#[test]
fn tags_before_the_sound_are_skipped() {
    for name in ["sines.mp3", "sines.ogg", "sines.flac"] {
        // A picture of more than a megabyte that looks like frames of mp3.
        let size: usize = 1_200_000;
        let mut bytes = b"ID3\x03\x00\x00".to_vec();
        bytes.extend([21, 14, 7, 0].map(|shift| (size >> shift & 0x7f) as u8));
        bytes.extend([0xff, 0xfb, 0x90, 0x64].iter().cycle().take(size));
        bytes.extend(std::fs::read(fixture(name)).unwrap());
        let (_folder, path) = file(bytes, name);
        assert_eq!(read(&path), read(&fixture(name)), "{name}");
    }
}

#[test]
fn a_stream_is_the_same_as_the_whole() {
    for name in ["sines.mp3", "sines.ogg", "sines.flac"] {
        let mut recording = Recording::open(&fixture(name), 22_050).unwrap();
        let mut samples = Vec::new();
        while let Some(block) = recording.read().unwrap() {
            assert!((1..=4096).contains(&block.len()));
            samples.extend(block);
        }
        assert!(recording.read().unwrap().is_none());
        let whole = Recording::read_all(&fixture(name), 22_050, 5.0).unwrap();
        assert_eq!(whole, (samples, recording.warnings().to_vec()));
    }
}

#[test]
fn what_is_left_of_a_cut_file_is_read_with_a_warning() {
    let sound = wav(44_100, 2, 16, false, 1.0);
    let cut = [
        (std::fs::read(fixture("sines.mp3")).unwrap(), "sound.mp3"),
        (std::fs::read(fixture("sines.ogg")).unwrap(), "sound.ogg"),
        (std::fs::read(fixture("sines.flac")).unwrap(), "sound.flac"),
        (sound, "sound.wav"),
    ];
    for (bytes, name) in cut {
        let kept = bytes.len() * 7 / 10 + 1;
        let (_folder, path) = file(&bytes[..kept], name);
        let (samples, warnings) = read(&path);
        let length = samples.len();
        let expected = if name == "sound.ogg" { 64_000 } else { 16_000 };
        assert!(
            (expected / 4..expected * 9 / 10).contains(&length),
            "{name}: {length}"
        );
        let warned = warnings.iter().any(|warning| warning.contains("cut short"));
        assert!(warned, "{name}: {warnings:?}");
        let found = amplitude(&samples[1000..7000], 440.0, 16_000.0);
        assert!(found > 0.15, "{name}: {found}");
    }
}

#[test]
fn odd_samples_are_replaced_and_counted() {
    let odd = [f32::NAN, f32::INFINITY, f32::MAX];
    let samples = (0..16_000usize).map(|i| odd.get(i.wrapping_sub(5000)).copied().unwrap_or(0.1));
    let (_folder, path) = file(wav_of(44_100, 1, 32, true, samples), "sound.wav");
    let (samples, warnings) = read(&path);
    assert!(samples.iter().all(|sample| sample.abs() < 0.2));
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("3 samples"), "{warnings:?}");
}

#[test]
fn clipping_is_named_when_it_is_more_than_a_click() {
    for (clipped, named) in [(10, false), (2000, true)] {
        for (bits, float) in [(16, false), (32, true)] {
            let samples = (0..16_000).map(|i| if i < clipped { 1.0 } else { 0.1 });
            let (_folder, path) = file(wav_of(16_000, 1, bits, float, samples), "sound.wav");
            let (_, warnings) = read(&path);
            let found = warnings
                .iter()
                .any(|w| w.starts_with("2000 of 16000 samples clip"));
            assert_eq!(found, named, "{warnings:?}");
        }
    }
}

#[test]
fn damage_is_counted_and_what_follows_keeps_its_time() {
    for (name, seconds, named) in [
        ("sines.flac", 1.0, "damaged packets"),
        // The last page but one: no page after the last one tells that the time was wrong.
        ("sines.ogg", 4.0, "lost a part"),
    ] {
        let mut bytes = std::fs::read(fixture(name)).unwrap();
        let middle = bytes.len() * 6 / 10;
        bytes[middle..middle + 20].fill(0x55);
        let (_folder, path) = file(bytes, name);
        let (samples, warnings) = read(&path);
        let read_seconds = samples.len() as f64 / 16_000.0;
        let expected = if named == "lost a part" {
            2.0..seconds
        } else {
            seconds..1.001
        };
        assert!(expected.contains(&read_seconds), "{name}: {read_seconds}");
        assert_eq!(warnings.len(), 1, "{name}: {warnings:?}");
        assert!(warnings[0].contains(named), "{name}: {warnings:?}");
    }
}

/// Files with a wrong byte here and there are refused or read, and never take the program down.
#[test]
fn no_damage_is_fatal() {
    let sound = wav(44_100, 2, 16, false, 0.2);
    let files = ["sines.mp3", "sines.ogg", "sines.flac"]
        .map(|name| std::fs::read(fixture(name)).unwrap())
        .into_iter()
        .chain([sound]);
    let mut state = 1u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    for bytes in files {
        for round in 0..60 {
            let mut bytes = bytes.clone();
            // Half of them in the header.
            let reach = if round % 2 == 0 { 300 } else { bytes.len() };
            for _ in 0..1 + round / 10 {
                bytes[random() as usize % reach] = random() as u8;
            }
            let (_folder, path) = file(bytes, "sound");
            if let Ok((samples, _)) = Recording::read_all(&path, 16_000, 600.0) {
                assert!(samples.iter().all(|sample| sample.is_finite()));
            }
        }
    }
}

#[test]
fn errors_name_the_file_and_what_to_do() {
    let refusal = |bytes: &[u8], name: &str| {
        let (_folder, path) = file(bytes, name);
        let error = Recording::open(&path, 16_000).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
        error
    };
    let text = "RIFFs and other words of no sound. ".repeat(5000);
    for text in [text.as_bytes(), b"x", &[0; 100_000]] {
        let error = refusal(text, "words.wav");
        assert!(matches!(error, RecordingError::NotAudio { .. }), "{error}");
    }
    let error = refusal(b"", "empty.wav");
    assert!(matches!(error, RecordingError::Empty { .. }), "{error}");
    let error = refusal(&wav(44_100, 2, 16, false, 0.0), "still.wav");
    assert!(matches!(error, RecordingError::Empty { .. }), "{error}");

    let mut opus = b"OggS\x00\x02".to_vec();
    opus.extend([0; 8 + 4 + 4 + 4]);
    opus.extend([1, 19]);
    opus.extend(b"OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00");
    let error = refusal(&opus, "voice.ogg");
    let RecordingError::Codec { codec, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(codec, "Opus");
    assert!(error.to_string().contains("convert it to"), "{error}");

    // Numbers in the header of a WAV.
    let with = |offset: usize, value: &[u8]| {
        let mut bytes = wav(44_100, 2, 16, false, 0.1);
        bytes[offset..offset + value.len()].copy_from_slice(value);
        refusal(&bytes, "odd.wav")
    };
    assert!(matches!(
        with(24, &[0; 4]),
        RecordingError::SampleRate { hertz: 0, .. }
    ));
    assert!(matches!(
        with(24, &[0xff; 4]),
        RecordingError::SampleRate { .. }
    ));
    assert!(matches!(
        with(22, &[0; 2]),
        RecordingError::Channels { channels: 0, .. }
    ));
    assert!(matches!(
        with(22, &[65, 0]),
        RecordingError::Channels { channels: 65, .. }
    ));
    assert!(matches!(with(20, &[0x55, 0]), RecordingError::Codec { .. }));

    let folder = tempfile::tempdir().unwrap();
    let error = Recording::open(folder.path(), 16_000).unwrap_err();
    assert!(matches!(error, RecordingError::Folder { .. }), "{error}");
    let error = Recording::open(&folder.path().join("none.wav"), 16_000).unwrap_err();
    assert!(matches!(error, RecordingError::Io { .. }), "{error}");
    let error = Recording::open(&fixture("sines.mp3"), 0).unwrap_err();
    assert!(
        matches!(error, RecordingError::Rate { hertz: 0 }),
        "{error}"
    );
}

#[test]
fn a_longer_file_than_allowed_is_refused() {
    for seconds in [0.9, 0.0, -1.0, f64::NAN] {
        let error = Recording::read_all(&fixture("sines.mp3"), 16_000, seconds).unwrap_err();
        assert!(matches!(error, RecordingError::TooLong { .. }), "{error}");
    }
    for seconds in [1.0, f64::INFINITY] {
        let (samples, _) = Recording::read_all(&fixture("sines.mp3"), 16_000, seconds).unwrap();
        assert_eq!(samples.len(), 16_000);
    }
}
