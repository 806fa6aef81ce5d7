//! The drum performances at `../shared/data`, where they are, and folders of files made here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use consort_corpus::groove::{self, Corpus, Performance};
use consort_corpus::{CorpusError, DataFolder, Fold};
use consort_music::score::TempoChange;
use consort_music::{Measure, Metre, Note, Part, Pitch, Resolution, Score, Tempo, Ticks, midi};

/// The data beside the repository, or nothing and a line that says so.
fn data() -> Option<DataFolder> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if root.is_dir() {
        return Some(DataFolder::new(root));
    }
    eprintln!("skipped: no data sets at ../shared/data");
    None
}

fn count(corpus: &Corpus, is_counted: impl Fn(&Performance) -> bool) -> usize {
    let performances = corpus.performances.iter();
    performances.filter(|&one| is_counted(one)).count()
}

fn folds(corpus: &Corpus) -> [usize; 3] {
    [Fold::Train, Fold::Valid, Fold::Test].map(|fold| count(corpus, |one| one.fold == fold))
}

#[test]
fn the_set_has_its_published_sizes() {
    let Some(data) = data() else { return };
    let corpus = groove::groove(&data).unwrap();
    assert!(corpus.left_out.is_empty());
    assert_eq!(folds(&corpus), [897, 124, 129]);
    let drummers: BTreeSet<&str> = corpus
        .performances
        .iter()
        .map(|one| one.drummer.as_str())
        .collect();
    assert_eq!(drummers.len(), 10);
    let ids: BTreeSet<&str> = corpus
        .performances
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(ids.len(), 1150);
    let is_common = |one: &Performance| one.metre == Metre::COMMON;
    assert_eq!(count(&corpus, is_common), 1138);
    assert_eq!(count(&corpus, |one| one.is_fill), 647);
    let is_tested = |one: &Performance| one.fold == Fold::Test && !one.is_fill && is_common(one);
    assert_eq!(count(&corpus, is_tested), 77);
    assert_eq!(count(&corpus, Performance::is_eval_session), 40);
    let is_tested_groove = |one: &Performance| one.is_eval_session() && is_tested(one);
    assert_eq!(count(&corpus, is_tested_groove), 40);
    assert_eq!(count(&corpus, |one| one.genre() == "rock"), 341);
}

#[test]
fn every_performance_is_one_part_of_drums_as_the_table_says() {
    let Some(data) = data() else { return };
    let corpus = groove::groove(&data).unwrap();
    let mut notes = 0;
    for one in &corpus.performances {
        let [part] = one.score.parts.as_slice() else {
            panic!("{}: {} parts", one.id, one.score.parts.len())
        };
        assert!(part.instrument.percussion, "{}", one.id);
        assert!(part.notes.iter().all(|note| note.velocity.is_some()));
        notes += part.notes.len();
        let tempos = one.score.tempos.iter();
        let tempos: Vec<f64> = tempos.map(|at| at.tempo.quarters_per_minute()).collect();
        // A file has whole microseconds in a quarter note.
        let is_of_the_table = |tempo: &f64| (tempo - one.tempo).abs() < 0.01;
        assert!(
            tempos.len() == 1 && is_of_the_table(&tempos[0]),
            "{}",
            one.id
        );
        let mut measures = one.score.measures.iter();
        assert!(measures.all(|measure| measure.metre == Some(one.metre)));
    }
    assert_eq!(notes, 446_312);
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a temporary folder");
    fs::write(path, bytes).expect("a temporary file");
}

/// A MIDI file of four notes, drums or not.
fn song(percussion: bool, change: impl FnOnce(&mut Score)) -> Vec<u8> {
    let mut score = Score::new(Resolution::new(480).expect("a resolution within its range"));
    let mut part = Part::default();
    part.instrument.percussion = percussion;
    let pitch = Pitch::try_from(36_i64).expect("the bass drum");
    let onsets = (0..4).map(|beat| Ticks(beat * 480 + 7));
    part.notes
        .extend(onsets.map(|onset| Note::new(onset, Ticks(60), pitch)));
    score.parts.push(part);
    change(&mut score);
    midi::write(&score)
}

fn drums() -> Vec<u8> {
    song(true, |_| ())
}

const HEADER: &str = "drummer,session,id,style,bpm,beat_type,time_signature,midi_filename,\
    audio_filename,duration,split\n";

/// A row for the file `a/1.mid`.
const ROW: &str = "a,a/eval_session,a/1,funk/fast,138,beat,4-4,a/1.mid,a/1.wav,2.5,test\n";

#[test]
fn a_row_and_its_file_make_a_performance() {
    let temporary = tempfile::tempdir().unwrap();
    let (root, data) = (temporary.path(), DataFolder::new(temporary.path()));
    write(root, "groove-drums/info.csv", HEADER.to_owned() + ROW);
    let with_piano = song(true, |score| {
        let mut piano = score.parts[0].clone();
        piano.instrument.percussion = false;
        score.parts.insert(0, piano);
    });
    write(root, "groove-drums/a/1.mid", with_piano);
    let corpus = groove::groove(&data).unwrap();
    let [one] = corpus.performances.as_slice() else {
        panic!("{} performances", corpus.performances.len())
    };
    assert_eq!((one.id.as_str(), one.drummer.as_str()), ("a/1", "a"));
    assert_eq!((one.style.as_str(), one.genre()), ("funk/fast", "funk"));
    assert_eq!((one.tempo, one.fold), (138.0, Fold::Test));
    assert!(one.is_eval_session() && !one.is_fill);
    assert_eq!(one.score.parts.len(), 1);
    let onsets: Vec<i64> = one.score.parts[0]
        .notes
        .iter()
        .map(|note| note.onset.0)
        .collect();
    assert_eq!(onsets, [7, 487, 967, 1447]);

    write(root, "groove-drums/a/1.mid", drums());
    let other = groove::groove(&data).unwrap();
    assert_ne!(other.stamp, corpus.stamp);
}

#[test]
fn what_is_wrong_with_the_set_is_told_with_its_place() {
    let temporary = tempfile::tempdir().unwrap();
    let (root, data) = (temporary.path(), DataFolder::new(temporary.path()));
    let message = || groove::groove(&data).unwrap_err().to_string();
    assert!(message().contains("consort data get groove-drums"));
    fs::create_dir(root.join("groove-drums")).unwrap();
    assert!(message().contains("info.csv"));

    let with_table = |rows: &str| {
        write(root, "groove-drums/info.csv", HEADER.to_owned() + rows);
        let error = groove::groove(&data).unwrap_err();
        assert!(matches!(error, CorpusError::Content { .. }), "{error}");
        error.to_string()
    };
    assert!(with_table("").contains("info.csv: it names no performance"));
    let missing = with_table(ROW);
    assert!(missing.contains("info.csv: line 2 names \"a/1.mid\", which is not there"));
    write(root, "groove-drums/a/1.mid", drums());
    let broken = with_table(&(ROW.to_owned() + &ROW.replace("138", "fast")));
    assert!(
        broken.contains("info.csv: line 3: its bpm \"fast\""),
        "{broken}"
    );
    let short = with_table(&(ROW.to_owned() + "\n" + ROW));
    assert!(short.contains("line 3: it has 1 fields"), "{short}");
    write(root, "groove-drums/a/1.mid", "RIFF");
    let damaged = with_table(ROW);
    assert!(damaged.contains("1.mid: cannot read MIDI"), "{damaged}");
    write(root, "groove-drums/a/1.mid", song(false, |_| ()));
    let bare = with_table(ROW);
    assert!(bare.contains("no performance"), "{bare}");
}

#[test]
fn own_files_are_found_at_any_depth_and_read_by_name() {
    let temporary = tempfile::tempdir().unwrap();
    let root = temporary.path();
    let waltz = song(true, |score| {
        let (length, metre) = (Ticks(1440), Metre::new(3, 4));
        let measure = Measure::new(Ticks::ZERO, length, metre, "1".to_owned());
        score.measures.push(measure);
        let tempo = Tempo::new(90.0).unwrap();
        let at = Ticks::ZERO;
        score.tempos.push(TempoChange { at, tempo });
    });
    write(root, "b.mid", drums());
    write(root, "a/deep/waltz.MIDI", waltz);
    write(root, "a/flute.mid", song(false, |_| ()));
    write(root, "a/words.mid", "no music in here");
    write(root, "a/other.txt", drums());
    let corpus = groove::folder(root).unwrap();
    let performances = corpus.performances.iter();
    let told: Vec<_> = performances
        .map(|one| (one.id.as_str(), one.style.as_str(), one.tempo, one.metre))
        .collect();
    let waltz = Metre::new(3, 4).unwrap();
    assert_eq!(
        told,
        [
            ("a/deep/waltz.MIDI", "a", 90.0, waltz),
            ("b.mid", "unknown", 120.0, Metre::COMMON)
        ]
    );
    assert!(count(&corpus, |one| one.is_fill || one.is_eval_session()) == 0);
    let left_out: Vec<&str> = corpus
        .left_out
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(left_out, ["a/flute.mid", "a/words.mid"]);
    assert!(corpus.left_out[0].1.contains("no drums"));
    assert!(corpus.left_out[1].1.contains("no header"));
    assert_eq!(corpus, groove::folder(root).unwrap());
}

#[test]
fn few_performances_of_ones_own_are_not_tested_on() {
    let temporary = tempfile::tempdir().unwrap();
    let mut written = 0;
    let mut folds_of = |files: usize| {
        for file in written..files {
            write(temporary.path(), &format!("{file:02}.mid"), drums());
        }
        written = files;
        folds(&groove::folder(temporary.path()).unwrap())
    };
    assert_eq!(folds_of(1), [1, 0, 0]);
    assert_eq!(folds_of(19), [16, 3, 0]);
    assert_eq!(folds_of(20), [17, 1, 2]);
}

#[test]
fn folders_that_cannot_serve_are_refused_with_their_path() {
    let temporary = tempfile::tempdir().unwrap();
    let root = temporary.path();
    let message = |path: &Path| groove::folder(path).unwrap_err().to_string();
    let shown = root.display().to_string();
    assert!(message(root).contains(&shown));
    assert!(message(&root.join("nowhere")).contains("nowhere"));
    write(root, "flute.mid", song(false, |_| ()));
    let error = groove::folder(root).unwrap_err();
    assert!(matches!(error, CorpusError::Nothing { .. }), "{error}");
    fs::File::create(root.join("z.mid"))
        .and_then(|file| file.set_len(groove::FOLDER_MAX))
        .unwrap();
    assert!(message(root).contains("64 MB"), "{}", message(root));
}
