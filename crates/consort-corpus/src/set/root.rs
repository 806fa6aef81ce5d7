//! Where data lies if the user says nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::SETS;

/// Where data sets lie beside a checkout of the project, from its root.
const BESIDE: &str = "../shared/data";

/// The folder of data sets for someone who names none:
///
/// 1. what the environment variable `CONSORT_DATA` names;
/// 2. `../shared/data`, if a set lies there: data beside a checkout of the project;
/// 3. `consort/data` where the system keeps the data of the user's programs: `$XDG_DATA_HOME` or
///    `~/.local/share`; on macOS `~/Library/Application Support`; on Windows `%LOCALAPPDATA%`.
///
/// `variable` looks an environment variable up, `is_folder` says whether there is a folder. Without
/// a home directory there is no such place, and the user must name one.
pub fn default_root(
    variable: impl Fn(&str) -> Option<OsString>,
    is_folder: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let system = if cfg!(windows) {
        System::Windows
    } else if cfg!(target_os = "macos") {
        System::Mac
    } else {
        System::Unix
    };
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    if let Some(named) = variable("CONSORT_DATA") {
        return Some(PathBuf::from(named));
    }
    let beside = Path::new(BESIDE);
    if SETS.iter().any(|set| is_folder(&beside.join(set.name))) {
        return Some(beside.to_owned());
    }
    Some(data_home(system, variable)?.join("consort").join("data"))
}

#[derive(Clone, Copy, Debug)]
enum System {
    Unix,
    Mac,
    Windows,
}

/// Where the data of the user's programs is kept.
fn data_home(system: System, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| variable(name).map(PathBuf::from);
    match system {
        // The XDG base directory specification: a relative path is ignored.
        System::Unix => folder("XDG_DATA_HOME")
            .filter(|path| path.has_root())
            .or_else(|| Some(folder("HOME")?.join(".local").join("share"))),
        System::Mac => Some(folder("HOME")?.join("Library").join("Application Support")),
        System::Windows => folder("LOCALAPPDATA").or_else(|| {
            let home = folder("USERPROFILE")?;
            Some(home.join("AppData").join("Local"))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(
        variables: &'static [(&'static str, &'static str)],
    ) -> impl Fn(&str) -> Option<OsString> {
        move |name| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some(OsString::from(value))
        }
    }

    #[test]
    fn what_the_environment_names_comes_first() {
        let named = environment(&[("CONSORT_DATA", "/music/data"), ("HOME", "/home/ada")]);
        assert_eq!(
            default_root(named, |_| true),
            Some(PathBuf::from("/music/data"))
        );
    }

    #[test]
    fn data_beside_a_checkout_is_found_by_its_sets() {
        let home = || environment(&[("CONSORT_DATA", ""), ("HOME", "/home/ada")]);
        let with_a_set = |path: &Path| path == Path::new("../shared/data/jsb-chorales");
        assert_eq!(
            default_root(home(), with_a_set),
            Some(PathBuf::from("../shared/data"))
        );
        let another_use_of_that_name = |path: &Path| path == Path::new("../shared/data");
        assert_ne!(
            default_root(home(), another_use_of_that_name),
            Some(PathBuf::from("../shared/data"))
        );
    }

    #[test]
    fn every_system_has_its_place() {
        for (system, variables, expected) in [
            (
                System::Unix,
                environment(&[("XDG_DATA_HOME", "/data"), ("HOME", "/home/ada")]),
                Some("/data"),
            ),
            (
                System::Unix,
                environment(&[("XDG_DATA_HOME", "data"), ("HOME", "/home/ada")]),
                Some("/home/ada/.local/share"),
            ),
            (
                System::Mac,
                environment(&[("HOME", "/Users/ada")]),
                Some("/Users/ada/Library/Application Support"),
            ),
            (
                System::Windows,
                environment(&[("LOCALAPPDATA", "/ada/AppData/Local")]),
                Some("/ada/AppData/Local"),
            ),
            (
                System::Windows,
                environment(&[("USERPROFILE", "/ada")]),
                Some("/ada/AppData/Local"),
            ),
            (System::Unix, environment(&[]), None),
        ] {
            assert_eq!(
                data_home(system, variables),
                expected.map(PathBuf::from),
                "{system:?}"
            );
        }
        assert_eq!(default_root(environment(&[]), |_| false), None);
    }
}
