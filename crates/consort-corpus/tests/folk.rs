//! The folk tunes at `../shared/data`, where they are, and folders of files made here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use consort_corpus::folk::{self, Corpus, Nottingham, Tune};
use consort_corpus::{CorpusError, DataFolder, Fold, set};
use consort_music::abc;
use consort_music::novelty::{self, Index};

/// The data beside the repository, or nothing and a line that says so.
fn data() -> Option<DataFolder> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if root.is_dir() {
        return Some(DataFolder::new(root));
    }
    eprintln!("skipped: no data sets at ../shared/data");
    None
}

fn sizes(corpus: &Corpus) -> (usize, usize, usize) {
    let texts = || corpus.tunes.iter().map(|tune| tune.text.as_str());
    let symbols: BTreeSet<char> = texts().flat_map(str::chars).collect();
    (
        corpus.tunes.len(),
        texts().map(|text| text.chars().count()).sum(),
        symbols.len(),
    )
}

fn count(corpus: &Corpus, fold: Fold) -> usize {
    corpus.tunes.iter().filter(|tune| tune.fold == fold).count()
}

#[test]
fn nottingham_has_its_published_sizes_and_bytes() {
    let Some(data) = data() else { return };
    let jigs = folk::nottingham(&data, Nottingham::Jigs).unwrap();
    assert_eq!(sizes(&jigs), (340, 129_665, 86));
    assert_eq!(
        (count(&jigs, Fold::Test), count(&jigs, Fold::Valid)),
        (34, 17)
    );
    let all = folk::nottingham(&data, Nottingham::All).unwrap();
    assert_eq!(sizes(&all), (1034, 446_020, 88));
    assert_eq!(
        (count(&all, Fold::Test), count(&all, Fold::Valid)),
        (104, 52)
    );
    let folder = data.set(folk::NOTTINGHAM).unwrap().join("ABC_cleaned");
    let files: BTreeSet<&str> = all.tunes.iter().map(|tune| tune.file.as_str()).collect();
    assert_eq!(files.len(), 14);
    for file in files {
        let tunes = all.tunes.iter().filter(|tune| tune.file == file);
        let text: String = tunes.map(|tune| tune.text.as_str()).collect();
        assert_eq!(
            text,
            fs::read_to_string(folder.join(file)).unwrap(),
            "{file}"
        );
    }
    assert_ne!(jigs.stamp.sha256, all.stamp.sha256);
}

#[test]
fn the_old_collections_have_their_published_sizes() {
    let Some(data) = data() else { return };
    let corpus = folk::public_domain(&data).unwrap();
    assert!(corpus.left_out.is_empty());
    for (collection, tunes) in [
        ("airdsAirs", 1180),
        ("oneills1850", 2009),
        ("ryansMammoth", 1059),
    ] {
        let of = |tune: &&Tune| tune.collection() == collection;
        assert_eq!(
            corpus.tunes.iter().filter(of).count(),
            tunes,
            "{collection}"
        );
    }
    assert_eq!(
        (count(&corpus, Fold::Test), count(&corpus, Fold::Valid)),
        (425, 213)
    );
}

/// A tune reads alone as it does in its file.
#[test]
fn a_tune_cut_out_is_the_tune_of_its_file() {
    let Some(data) = data() else { return };
    let corpus = folk::public_domain(&data).unwrap();
    let folder = data.set(folk::PUBLIC_DOMAIN).unwrap();
    for tunes in corpus.tunes.chunk_by(|a, b| a.file == b.file) {
        let whole = abc::read(&fs::read(folder.join(&tunes[0].file)).unwrap()).unwrap();
        let alone = tunes.iter().flat_map(|tune| {
            let reading = abc::read(tune.text.as_bytes()).unwrap();
            reading.value
        });
        assert!(whole.value.into_iter().eq(alone), "{}", tunes[0].file);
    }
}

#[test]
fn no_melody_that_is_held_out_is_learnt_from() {
    let Some(data) = data() else { return };
    let mut corpus = folk::public_domain(&data).unwrap();
    let bars: Vec<Vec<u32>> = corpus
        .tunes
        .iter()
        .map(|tune| novelty::bars(&abc::read(tune.text.as_bytes()).unwrap().value[0]))
        .collect();
    let index = Index::new(bars.clone());
    let leaks = |corpus: &Corpus| {
        let is_learnt = |tune: usize| corpus.tunes[tune].fold == Fold::Train;
        let held_out = (0..bars.len()).filter(|&tune| !is_learnt(tune));
        let runs = held_out.filter_map(|tune| index.longest_run(&bars[tune], is_learnt));
        runs.filter(|run| run.bars >= folk::SAME_BARS).count()
    };
    assert!(leaks(&corpus) > 50);
    assert!(folk::keep_melodies_together(&mut corpus.tunes, &bars) > 50);
    assert_eq!(leaks(&corpus), 0);
    let tested = count(&corpus, Fold::Test);
    assert!((380..=470).contains(&tested), "still a tenth: {tested}");
}

#[test]
fn sets_that_are_not_there_are_named() {
    let empty = tempfile::tempdir().unwrap();
    let data = DataFolder::new(empty.path());
    for error in [
        folk::nottingham(&data, Nottingham::Jigs).unwrap_err(),
        folk::public_domain(&data).unwrap_err(),
    ] {
        assert!(matches!(error, CorpusError::Missing { name, .. } if set::find(name).is_some()));
    }
    fs::create_dir_all(empty.path().join("folk-nottingham/ABC_cleaned")).unwrap();
    let error = folk::nottingham(&data, Nottingham::Jigs).unwrap_err();
    assert!(matches!(error, CorpusError::Content { .. }), "{error}");
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a temporary folder");
    fs::write(path, bytes).expect("a temporary file");
}

fn tune(number: usize) -> String {
    format!("X:{number}\nT:Tune {number}\nM:4/4\nK:G\nGABc d4|\n\n")
}

#[test]
fn own_files_are_found_at_any_depth_and_read_by_name() {
    let temporary = tempfile::tempdir().unwrap();
    let root = temporary.path();
    write(root, "b.abc", tune(1) + &tune(2));
    write(
        root,
        "a/deep/c.ABC",
        "M:3/4\n% a remark\n\n".to_owned() + &tune(3),
    );
    write(root, "a/words.abc", "no tune in here\n");
    write(root, "a/other.txt", tune(4));
    write(
        root,
        "z.abc",
        "X:1\nT:Åse\nK:C\nc|\n"
            .chars()
            .map(|c| c as u8)
            .collect::<Vec<_>>(),
    );
    let corpus = folk::folder(root).unwrap();
    let places: Vec<_> = corpus
        .tunes
        .iter()
        .map(|tune| (tune.file.as_str(), tune.number))
        .collect();
    assert_eq!(
        places,
        [
            ("a/deep/c.ABC", 1),
            ("b.abc", 1),
            ("b.abc", 2),
            ("z.abc", 1)
        ]
    );
    assert_eq!(
        corpus.tunes[0].text,
        format!("M:3/4\n\n{}\n", tune(3).trim_end())
    );
    assert_eq!(corpus.tunes[0].collection(), "a");
    assert_eq!(corpus.tunes[3].text, "X:1\nT:Åse\nK:C\nc|\n");
    assert_eq!(corpus.left_out.len(), 1);
    assert_eq!(corpus.left_out[0].0, "a/words.abc");
    assert_eq!(corpus, folk::folder(root).unwrap());
}

#[test]
fn few_tunes_of_ones_own_are_not_tested_on() {
    let temporary = tempfile::tempdir().unwrap();
    let folds = |tunes: usize| {
        write(
            temporary.path(),
            "a.abc",
            (1..=tunes).map(tune).collect::<String>(),
        );
        let corpus = folk::folder(temporary.path()).unwrap();
        [Fold::Train, Fold::Valid, Fold::Test].map(|fold| count(&corpus, fold))
    };
    assert_eq!(folds(1), [1, 0, 0]);
    assert_eq!(folds(19), [16, 3, 0]);
    assert_eq!(folds(20), [17, 1, 2]);
}

#[test]
fn folders_that_cannot_serve_are_refused_with_their_path() {
    let temporary = tempfile::tempdir().unwrap();
    let root = temporary.path();
    let message = |path: &Path| folk::folder(path).unwrap_err().to_string();
    let shown = root.display().to_string();
    assert!(message(root).contains(&shown));
    assert!(matches!(
        folk::folder(root),
        Err(CorpusError::Nothing { .. })
    ));
    assert!(message(&root.join("nowhere")).contains("nowhere"));
    write(root, "a.abc", tune(1));
    let rest = folk::FOLDER_MAX - tune(1).len() as u64;
    fs::File::create(root.join("b.abc"))
        .and_then(|file| file.set_len(rest))
        .unwrap();
    assert_eq!(folk::folder(root).unwrap().tunes.len(), 1);
    write(root, "c.abc", "\n");
    assert!(message(root).contains("64 MB"), "{}", message(root));
    assert!(message(root).contains(&shown));
}

#[cfg(unix)]
#[test]
fn a_circle_of_links_is_not_followed_and_unreadable_files_are_told() {
    let temporary = tempfile::tempdir().unwrap();
    let root = temporary.path();
    write(root, "a.abc", tune(1));
    std::os::unix::fs::symlink(root, root.join("again")).unwrap();
    std::os::unix::fs::symlink(root, root.join("again.abc")).unwrap();
    std::os::unix::fs::symlink(root.join("nowhere"), root.join("b.abc")).unwrap();
    let corpus = folk::folder(root).unwrap();
    assert_eq!(corpus.tunes.len(), 1);
    assert_eq!(corpus.left_out.len(), 2);
    assert_eq!(
        corpus.left_out[0],
        ("again.abc".to_owned(), "no plain file".to_owned())
    );
    assert_eq!(corpus.left_out[1].0, "b.abc");
}
