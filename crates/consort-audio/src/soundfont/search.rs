//! Where SoundFonts are found.

use std::path::{Path, PathBuf};
use std::{fs, io};

use thiserror::Error;

/// Where to look for a SoundFont, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoundFontSearch {
    /// The file, or folder, that the user asked for.
    pub explicit: Option<PathBuf>,
    /// The file, or folder, that the environment names, usually in `CONSORT_SOUNDFONT`.
    pub environment: Option<PathBuf>,
    /// Where the user's programs keep data, usually `$XDG_DATA_HOME` or `~/.local/share`. Fonts are
    /// looked for in `consort`, `consort/soundfonts`, `soundfonts` and `sounds/sf2` within it.
    pub data_home: Option<PathBuf>,
    /// Folders of the system.
    pub system: Vec<PathBuf>,
}

impl SoundFontSearch {
    /// The folders in which distributions of Linux put SoundFonts.
    pub const SYSTEM_FOLDERS: [&str; 3] = [
        "/usr/share/sounds/sf2",
        "/usr/share/soundfonts",
        "/usr/local/share/sounds/sf2",
    ];
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The font, if there is one.
    pub path: Option<PathBuf>,
    /// What was passed over, and what to know about the font.
    pub warnings: Vec<String>,
}

/// Why a search failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SearchError {
    /// What the user or the environment names is not there or cannot be opened.
    #[error("cannot use {path} as the SoundFont that {by} names: {error}")]
    Unusable {
        /// The path.
        path: PathBuf,
        /// Who names it.
        by: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// What the user or the environment names is a folder without a usable font.
    #[error("there is no file .sf2 in {path}, the folder that {by} names")]
    NoneInFolder {
        /// The folder.
        path: PathBuf,
        /// Who names it.
        by: &'static str,
    },
    /// What the user or the environment names is compressed.
    #[error(
        "cannot use {path}, which {by} names: its samples are compressed (SoundFont 3); convert it to .sf2 or choose another"
    )]
    Compressed {
        /// The path.
        path: PathBuf,
        /// Who names it.
        by: &'static str,
    },
}

/// Finds a SoundFont. What is named by the user or the environment must be there; the folders may
/// be empty or missing.
///
/// In a folder the fonts known to sound well come first: FluidR3, GeneralUser, TimGM6mb; then any
/// other by name, and last MuseScore_General, which this engine plays 30 dB too softly. Compressed
/// fonts (`.sf3`) are passed over.
///
/// # Errors
/// If what is named cannot be used.
pub fn find(search: &SoundFontSearch) -> Result<Found, SearchError> {
    let named = [
        (&search.explicit, "the user"),
        (&search.environment, "the environment"),
    ];
    for (path, by) in named {
        if let Some(path) = path {
            return named_font(path, by);
        }
    }
    let mut found = Found::default();
    let within = ["consort", "consort/soundfonts", "soundfonts", "sounds/sf2"];
    let home = search
        .data_home
        .iter()
        .flat_map(|home| within.map(|folder| home.join(folder)));
    for folder in home.chain(search.system.iter().cloned()) {
        // A folder that is not there is the usual case.
        let Ok(path) = best_in(&folder, &mut found.warnings) else {
            continue;
        };
        if path.is_some() {
            found.path = path;
            break;
        }
    }
    warn_if_quiet(&mut found);
    Ok(found)
}

fn named_font(path: &Path, by: &'static str) -> Result<Found, SearchError> {
    let unusable = |error| SearchError::Unusable {
        path: path.to_owned(),
        by,
        error,
    };
    let mut found = Found::default();
    if fs::metadata(path).map_err(unusable)?.is_dir() {
        found.path = best_in(path, &mut found.warnings).map_err(unusable)?;
        if found.path.is_none() {
            let path = path.to_owned();
            return Err(SearchError::NoneInFolder { path, by });
        }
    } else if has_extension(path, "sf3") {
        let path = path.to_owned();
        return Err(SearchError::Compressed { path, by });
    } else {
        fs::File::open(path).map_err(unusable)?;
        found.path = Some(path.to_owned());
    }
    warn_if_quiet(&mut found);
    Ok(found)
}

/// The best font in `folder`.
fn best_in(folder: &Path, warnings: &mut Vec<String>) -> io::Result<Option<PathBuf>> {
    let mut fonts = Vec::new();
    let mut compressed = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if has_extension(&path, "sf2") && fs::metadata(&path).is_ok_and(|data| data.is_file()) {
            fonts.push(path);
        } else if has_extension(&path, "sf3") {
            compressed.push(path);
        }
    }
    compressed.sort();
    warnings.extend(compressed.iter().map(|path| {
        format!(
            "passed over {}: its samples are compressed (SoundFont 3)",
            path.display()
        )
    }));
    fonts.sort_by_key(|path| (rank(path), path.clone()));
    Ok(fonts.into_iter().next())
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension()
        .is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

/// The place of a font among others.
fn rank(path: &Path) -> usize {
    let name = file_name(path).to_lowercase();
    let known = ["fluidr3", "generaluser", "timgm"];
    match known
        .iter()
        .position(|known| name.replace(['_', '-', ' '], "").starts_with(known))
    {
        Some(rank) => rank,
        None if is_too_quiet(&name) => known.len() + 1,
        None => known.len(),
    }
}

fn file_name(path: &Path) -> String {
    path.file_stem()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn warn_if_quiet(found: &mut Found) {
    let name = found.path.as_deref().map(file_name).unwrap_or_default();
    if is_too_quiet(&name) {
        found.warnings.push(quiet_warning(&name));
    }
}

/// Whether a font of this name relies on what the engine does not know.
pub(super) fn is_too_quiet(name: &str) -> bool {
    let plain: String = name
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    plain.contains("musescoregeneral")
}

pub(super) fn quiet_warning(name: &str) -> String {
    format!(
        "{name} relies on modulators that are not played here, so its instruments are out of \
         balance; FluidR3_GM or GeneralUser GS sound better"
    )
}
