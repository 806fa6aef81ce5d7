//! The house rules, checked: who may use whom, what each crate never knows, and what every family
//! looks like. Each rule stands in ARCHITECTURE.md with its reason.

use std::fs;
use std::path::{Path, PathBuf};

mod crates;
mod families;
mod sources;

/// Everything that breaks a rule, with its place.
pub(crate) fn faults(root: &Path) -> Vec<String> {
    let files = Files::of(root);
    let mut faults = crates::faults(root);
    faults.extend(families::faults(&files));
    faults.extend(sources::faults(&files));
    faults.sort();
    faults
}

/// The texts of the repository.
pub(crate) struct Files {
    root: PathBuf,
    files: Vec<(PathBuf, String)>,
}

impl Files {
    /// Reads every text file that is not built or ignored.
    fn of(root: &Path) -> Files {
        let mut files = Vec::new();
        collect(root, root, &mut files);
        files.sort();
        Files {
            root: root.to_owned(),
            files,
        }
    }

    /// Rust sources, tests and examples included.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.all()
            .filter(|(path, _)| path.extension().is_some_and(|ending| ending == "rs"))
    }

    /// Rust sources of one crate; tests, also those in modules of their own, and benches left out.
    pub(crate) fn sources_of(&self, name: &str) -> impl Iterator<Item = (&Path, &str)> {
        let folder = PathBuf::from(format!("crates/{name}/src"));
        self.rust()
            .filter(move |(path, _)| path.starts_with(&folder) && !self.is_test(path))
    }

    /// Whether a module is declared by its parent for tests alone.
    fn is_test(&self, path: &Path) -> bool {
        let (Some(folder), Some(name)) = (path.parent(), path.file_stem()) else {
            return false;
        };
        let declared = format!("#[cfg(test)]\nmod {};", name.to_string_lossy());
        let parents = [folder.with_extension("rs"), folder.join("lib.rs")];
        self.files
            .iter()
            .any(|(path, text)| parents.contains(path) && text.contains(&declared))
    }

    /// All texts.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.files
            .iter()
            .map(|(path, text)| (path.as_path(), text.as_str()))
    }

    /// Whether a file or folder is there.
    pub(crate) fn exists(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let skipped = ["target", ".git", "runs"]
            .iter()
            .any(|skipped| name == *skipped);
        if path.is_dir() && !skipped {
            collect(root, &path, files);
        } else if path.is_file()
            && let (Ok(inside), Ok(text)) = (path.strip_prefix(root), fs::read_to_string(&path))
        {
            files.push((inside.to_owned(), text));
        }
    }
}

/// The part of a source before its unit tests.
pub(crate) fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

/// `path:line: what`, for each line of `text` that `wrong` says is wrong.
pub(crate) fn lines(
    path: &Path,
    text: &str,
    wrong: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    let numbered = text.lines().enumerate();
    numbered
        .filter_map(|(number, line)| {
            Some(format!(
                "{}:{}: {}",
                path.display(),
                number + 1,
                wrong(line)?
            ))
        })
        .collect()
}
