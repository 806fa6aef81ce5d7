//! What no source of ours has, and what some crates never know.

use std::path::Path;

use super::{Files, lines, without_tests};

/// The most lines of a source; a table or one type with its tests may have more with a reason here.
const LINES_MAX: usize = 800;

/// Words that a crate's code never has, and why.
const ABSENCES: [(&str, &[&str], &str); 9] = [
    (
        "consort-music",
        &["std::fs", "std::net", "std::env", "std::time"],
        "the core is pure",
    ),
    (
        "consort-audio",
        &["std::net", "std::time"],
        "sound depends on its arguments alone",
    ),
    (
        "consort-corpus",
        &["println!", "print!"],
        "libraries do not print",
    ),
    (
        "consort-learn",
        &["println!", "print!"],
        "libraries do not print",
    ),
    (
        "consort-learn",
        &["pitch", "chord", "Pitch", "Chord"],
        "learning knows no music",
    ),
    (
        "consort-music",
        &["println!", "print!"],
        "libraries do not print",
    ),
    (
        "consort-audio",
        &["println!", "print!"],
        "libraries do not print",
    ),
    ("consort", &["println!", "print!"], "libraries do not print"),
    (
        "consort",
        &["std::thread"],
        "the library has no threads of its own",
    ),
];

/// Names that say nothing.
const EMPTY_NAMES: [&str; 4] = ["Manager", "Handler", "Utils", "Helper"];

/// File names that say nothing.
const EMPTY_FILES: [&str; 5] = ["mod.rs", "base.rs", "common.rs", "utils.rs", "helpers.rs"];

pub(super) fn faults(files: &Files) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in files.rust() {
        faults.extend(shape(path, text));
        if !path.starts_with("xtask") {
            faults.extend(lines(path, text, |line| careless(path, line)));
        }
    }
    for (name, words, reason) in ABSENCES {
        for (path, text) in files.sources_of(name) {
            faults.extend(lines(path, without_tests(text), |line| {
                let code = line.split("//").next().unwrap_or_default();
                let word = words.iter().find(|word| code.contains(*word))?;
                Some(format!("{word}: {reason}"))
            }));
        }
    }
    faults.extend(fixtures(files));
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ] {
        if !files.exists(page) {
            faults.push(format!("{page}: missing"));
        }
    }
    faults
}

fn shape(path: &Path, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let count = text.lines().count();
    if count > LINES_MAX {
        faults.push(format!(
            "{}: {count} lines, more than {LINES_MAX}: is it two rooms?",
            path.display()
        ));
    }
    let name = path.file_name().unwrap_or_default();
    if EMPTY_FILES.iter().any(|empty| name == *empty) {
        faults.push(format!("{}: a name that says nothing", path.display()));
    }
    if !text.starts_with("//!") && !path.ends_with("build.rs") {
        faults.push(format!(
            "{}: does not begin by saying what it is",
            path.display()
        ));
    }
    faults
}

fn careless(path: &Path, line: &str) -> Option<String> {
    let code = line.split("//").next().unwrap_or_default();
    let has = |word: &str| code.contains(word);
    if has("#[ignore") {
        return Some("a test that does not run".to_owned());
    }
    if has("#[allow(") || has("#![allow(") {
        return Some("use #[expect(lint, reason = \"...\")]".to_owned());
    }
    if has("todo!(") || has("unimplemented!(") || has("dbg!(") {
        return Some("unfinished".to_owned());
    }
    if line.contains("TODO") || line.contains("FIXME") || line.contains("XXX") {
        return Some("write an issue instead of a note".to_owned());
    }
    let declares = ["struct ", "enum ", "trait ", "type "]
        .iter()
        .any(|word| has(word));
    let empty = EMPTY_NAMES.iter().find(|name| declares && has(name));
    if let Some(name) = empty {
        return Some(format!("{name}: a name that says nothing"));
    }
    let is_test = path.components().any(|part| part.as_os_str() == "tests");
    let getter = has("pub fn get_") && !is_test;
    getter.then(|| "no get_ in front of a name".to_owned())
}

/// Every folder of fixtures says where they come from.
fn fixtures(files: &Files) -> Vec<String> {
    let mut faults: Vec<String> = files
        .all()
        .filter_map(|(path, _)| {
            let mut parts = path.strip_prefix("fixtures").ok()?.components();
            let folder = parts.next()?.as_os_str().to_str()?.to_owned();
            parts.next()?;
            let sources = format!("fixtures/{folder}/SOURCES.md");
            (!files.exists(&sources)).then(|| format!("{sources}: missing"))
        })
        .collect();
    faults.dedup();
    faults
}
