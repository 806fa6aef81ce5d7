//! Every family has the same rooms, and tensors stay in three of them.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Files, lines, without_tests};

const FOLDER: &str = "crates/consort/src/families";

/// The rooms of a family.
const ROOMS: [&str; 9] = [
    "config.rs",
    "encoding.rs",
    "network.rs",
    "objective.rs",
    "sampler.rs",
    "evaluation.rs",
    "presets/tiny.toml",
    "presets/default.toml",
    "README.md",
];

/// The rooms in which the tensor library may be used.
const WITH_TENSORS: [&str; 3] = ["network", "objective", "sampler"];

pub(super) fn faults(files: &Files) -> Vec<String> {
    let mut faults = Vec::new();
    for family in families(files) {
        for room in ROOMS {
            if !files.exists(&format!("{FOLDER}/{family}/{room}")) {
                faults.push(format!("{FOLDER}/{family}: has no {room}"));
            }
        }
        if !has_article(files, &family) {
            faults.push(format!(
                "{FOLDER}/{family}: has no presets/article.toml, and no presets/article-*.toml"
            ));
        }
    }
    for (path, text) in files.sources_of("consort") {
        if !may_use_tensors(path) {
            faults.extend(lines(path, without_tests(text), |line| {
                let code = line.split("//").next().unwrap_or_default();
                code.contains("burn::")
                    .then(|| "tensors belong in network, objective and sampler".to_owned())
            }));
        }
    }
    faults
}

/// Whether there is a preset of the article, or several of an article about several networks.
fn has_article(files: &Files, family: &str) -> bool {
    let folder = Path::new(FOLDER).join(family).join("presets");
    files.all().any(|(path, _)| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        path.parent() == Some(&folder) && (name == "article" || name.starts_with("article-"))
    })
}

fn families(files: &Files) -> BTreeSet<String> {
    let folders = files.sources_of("consort").filter_map(|(path, _)| {
        let inside = path.strip_prefix(FOLDER).ok()?;
        let mut parts = inside.components();
        let family = parts.next()?.as_os_str().to_str()?.to_owned();
        parts.next().map(|_| family)
    });
    folders.collect()
}

/// Whether a file is one of the three rooms of a family, or within one.
fn may_use_tensors(path: &Path) -> bool {
    let Ok(inside) = path.strip_prefix(FOLDER) else {
        return false;
    };
    let room = inside
        .components()
        .nth(1)
        .map(|room| Path::new(room.as_os_str()).with_extension(""));
    room.is_some_and(|room| {
        WITH_TENSORS
            .iter()
            .any(|allowed| room == Path::new(allowed))
    })
}
