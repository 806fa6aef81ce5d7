//! The table of data sets, and the data at `../shared/data`, where it is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use consort_corpus::chorales::{bach, jsb};
use consort_corpus::folk::{Nottingham, nottingham, public_domain};
use consort_corpus::groove::groove;
use consort_corpus::piano::{asap, rolls};
use consort_corpus::{CorpusError, DataFolder, Fold, SETS, Source, set, verify};

/// The data beside the repository, or nothing and a line that says so.
fn data() -> Option<DataFolder> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if root.is_dir() {
        return Some(DataFolder::new(root));
    }
    eprintln!("skipped: no data sets at ../shared/data");
    None
}

fn is_sha256(text: &str) -> bool {
    let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 64 && text.bytes().all(lower)
}

#[test]
fn every_set_says_what_it_is_and_what_may_be_done_with_it() {
    let names: BTreeSet<&str> = SETS.iter().map(|set| set.name).collect();
    assert_eq!(names.len(), SETS.len());
    for known in SETS {
        let name = known.name;
        assert_eq!(set::find(name), Some(known));
        let texts = [
            known.title,
            known.licence,
            known.citation,
            known.purpose,
            known.notes[0],
        ];
        for text in texts {
            assert!(!text.trim().is_empty() && !text.contains('\n'), "{name}");
            assert!(!text.contains("  "), "{name}: {text:?}");
        }
        assert!(known.homepage.starts_with("https://"), "{name}");
        assert!(is_sha256(known.sha256), "{name}");
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(name.bytes().all(plain), "{name} is typed and is a folder");
    }
    assert_eq!(set::find("robustness"), None);
}

#[test]
fn every_file_is_pinned_and_has_one_place_and_a_source() {
    for known in SETS {
        let name = known.name;
        let mut before = "";
        // Two names that differ in case alone are one file on some systems.
        let mut places = BTreeSet::new();
        let mut unused: BTreeSet<&str> = known.sources.iter().map(Source::url).collect();
        for line in known.list.lines() {
            let (sha256, path) = line.split_once("  ").expect(line);
            assert!(is_sha256(sha256), "{name}: {line}");
            assert!(before < path, "{name}: {path} is out of order");
            assert!(places.insert(path.to_ascii_lowercase()), "{name}: {path}");
            let source = known
                .sources
                .iter()
                .find(|source| source.path_of(path).is_some());
            let source = source.unwrap_or_else(|| panic!("{name}: {path} comes from nowhere"));
            unused.remove(source.url());
            before = path;
        }
        assert!(unused.is_empty(), "{name}: {unused:?}");
        assert_eq!(places.len(), known.file_count());
    }
}

#[test]
fn every_source_is_pinned() {
    for source in SETS.iter().flat_map(|set| set.sources) {
        let url = source.url();
        assert!(url.starts_with("https://"), "{url}");
        match source {
            Source::Archive { bytes, sha256, .. } => {
                assert!(*bytes > 0 && is_sha256(sha256), "{url}");
            }
            // Single files are checked by the list; the address must still not move.
            Source::Files { url, .. } => {
                let commit = |part: &str| {
                    part.len() == 40 && part.bytes().all(|byte| byte.is_ascii_hexdigit())
                };
                assert!(url.ends_with('/') && url.split('/').any(commit), "{url}");
            }
        }
    }
}

#[test]
fn the_data_here_is_what_the_table_says() {
    let Some(data) = data() else { return };
    for known in SETS {
        match verify(known, &data) {
            Ok(verified) => {
                assert_eq!(verified.sha256, known.sha256, "{}", known.name);
                assert_eq!(verified.bytes, known.bytes, "{}", known.name);
                assert_eq!(verified.files, known.file_count(), "{}", known.name);
            }
            Err(CorpusError::Missing { name, .. }) => {
                eprintln!("skipped: {name} is not at ../shared/data");
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_corpus_carries_the_licence_of_its_set() {
    let Some(data) = data() else { return };
    let chorales = [
        jsb(&data, Fold::Valid).expect("the set is there"),
        bach(&data, |place| place.fold == Fold::Valid).expect("the set is there"),
    ];
    let tunes = [
        nottingham(&data, Nottingham::Jigs).expect("the set is there"),
        public_domain(&data).expect("the set is there"),
    ];
    let drums = groove(&data).expect("the set is there");
    let piano = [
        asap(&data).expect("the set is there"),
        rolls(&data).expect("the set is there"),
    ];
    let of_chorales = chorales.into_iter().map(|corpus| corpus.stamp);
    let of_tunes = tunes.into_iter().map(|corpus| corpus.stamp);
    let of_piano = piano.into_iter().map(|corpus| corpus.stamp);
    let others = of_piano.chain([drums.stamp]);
    for stamp in of_chorales.chain(of_tunes).chain(others) {
        let known = set::find(stamp.name).expect("it has an entry");
        assert_eq!(stamp.licence, known.licence);
    }
}

#[test]
fn a_set_that_is_not_there_says_how_to_get_it() {
    let empty = tempfile::tempdir().unwrap();
    let known = set::find("jsb-chorales").unwrap();
    let error = verify(known, &DataFolder::new(empty.path())).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("consort data get jsb-chorales"),
        "{message}"
    );
}

#[test]
fn a_changed_and_a_missing_file_are_named_with_both_hashes() {
    let root = tempfile::tempdir().unwrap();
    let known = set::find("jsb-chorales").unwrap();
    let folder = root.path().join(known.name);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("README.md"), b"abc").unwrap();
    let error = verify(known, &DataFolder::new(root.path())).unwrap_err();
    let message = error.to_string();
    for part in [
        "of its 4 files 3 missing: Jsb16thSeparated.json, ",
        "1 changed: README.md has the SHA-256 ",
        // printf abc | sha256sum
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "987acd374192f12438284c4bf60dd1c9cdc4a0370ddb7e34f1793fe4eb8113ee",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

/// The sets that are published file by file, fetched as if `../shared/data` were their publisher.
#[cfg(feature = "download")]
#[test]
fn sets_of_single_files_are_fetched_whole() {
    use std::io;
    use std::ops::ControlFlow;

    use consort_corpus::download::get;

    let Some(data) = data() else { return };
    for name in [
        "jsb-chorales",
        "folk-nottingham",
        "piano-asap",
        "piano-rolls",
    ] {
        let known = set::find(name).unwrap();
        let published = data.set(known.name).expect("the set is there");
        let root = tempfile::tempdir().unwrap();
        let folder = DataFolder::new(root.path());
        let mut asked = 0;
        let got = get(
            known,
            &folder,
            &mut |url| {
                asked += 1;
                let base = known
                    .sources
                    .iter()
                    .find_map(|source| url.strip_prefix(source.url()));
                let path = base.ok_or(io::ErrorKind::NotFound)?;
                Ok(Box::new(fs::File::open(published.join(path))?))
            },
            &mut |_| ControlFlow::Continue(()),
        )
        .unwrap();
        assert_eq!(asked, known.file_count());
        assert_eq!(got.received_bytes, known.download_bytes());
        assert_eq!(got.verified, verify(known, &folder).unwrap());
        let left = fs::read_dir(root.path()).unwrap().count();
        assert_eq!(left, 1, "nothing but the set");
    }
}
