//! The released weights: what there is, and the ones in the binary.

use std::path::Path;

use consort_learn::Weights;
use serde::Deserialize;

use crate::error::Error;
use crate::files;

/// The list of released weights, as `weights/manifest.toml` in the repository has it.
const MANIFEST: &str = include_str!("../../../weights/manifest.toml");

/// Released weights.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The name: family and a counter that only rises.
    pub name: String,
    /// The family that uses them.
    pub family: String,
    /// What they are, in a line.
    pub summary: String,
    /// The file in `weights/`.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// The licence.
    pub licence: String,
    /// Whether the family uses them when nothing is said; these are in the binary.
    pub default: bool,
    /// The card: how they were made, what they are good and bad at.
    #[serde(skip)]
    pub card: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    weights: Vec<Release>,
}

/// What is in the binary of a release.
struct Embedded {
    name: &'static str,
    card: &'static str,
    bytes: Option<&'static [u8]>,
}

/// The cards of all releases, and the numbers of the defaults.
const EMBEDDED: &[Embedded] = &[
    Embedded {
        name: "chorale-1",
        card: include_str!("../../../weights/chorale-1.md"),
        #[cfg(feature = "embedded-weights")]
        bytes: Some(include_bytes!("../../../weights/chorale-1.safetensors")),
        #[cfg(not(feature = "embedded-weights"))]
        bytes: None,
    },
    Embedded {
        name: "chorale-article-1",
        card: include_str!("../../../weights/chorale-article-1.md"),
        bytes: None,
    },
    Embedded {
        name: "folk-1",
        card: include_str!("../../../weights/folk-1.md"),
        #[cfg(feature = "embedded-weights")]
        bytes: Some(include_bytes!("../../../weights/folk-1.safetensors")),
        #[cfg(not(feature = "embedded-weights"))]
        bytes: None,
    },
    Embedded {
        name: "folk-nottingham-1",
        card: include_str!("../../../weights/folk-nottingham-1.md"),
        bytes: None,
    },
    Embedded {
        name: "folk-article-1",
        card: include_str!("../../../weights/folk-article-1.md"),
        bytes: None,
    },
];

/// All releases, the newest of each family first.
pub fn releases() -> Vec<Release> {
    let manifest: Manifest = toml::from_str(MANIFEST).expect("the manifest is checked by a test");
    let mut releases = manifest.weights;
    for release in &mut releases {
        let embedded = EMBEDDED
            .iter()
            .find(|embedded| embedded.name == release.name);
        release.card = embedded.map_or("", |embedded| embedded.card);
    }
    releases
}

/// The weights that a family uses when nothing is said.
///
/// # Errors
/// [`Error::Unknown`] if the binary has none, and [`Error::Weights`] if they are damaged.
pub fn default_weights(family: &str) -> Result<Weights, Error> {
    let release = releases()
        .into_iter()
        .find(|release| release.default && release.family == family);
    let embedded = release.as_ref().and_then(|release| {
        EMBEDDED
            .iter()
            .find(|embedded| embedded.name == release.name)?
            .bytes
    });
    let bytes = embedded.ok_or_else(|| Error::Unknown {
        kind: "weights in this program for the family",
        name: family.to_owned(),
        known: "only those that --weights names".to_owned(),
    })?;
    read(bytes, family)
}

/// The weights in a file.
///
/// # Errors
/// If the file cannot be read or holds no weights.
pub fn weights_of(path: &Path) -> Result<Weights, Error> {
    read(&files::read(path)?, &path.display().to_string())
}

fn read(bytes: &[u8], name: &str) -> Result<Weights, Error> {
    Weights::from_bytes(bytes).map_err(|source| Error::Weights {
        name: name.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sha2::{Digest, Sha256};

    use super::*;
    use crate::families::FAMILIES;

    #[test]
    fn the_manifest_is_true() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../weights");
        let releases = releases();
        let mut total = 0;
        for release in &releases {
            let bytes = fs::read(folder.join(&release.file)).unwrap();
            let hash: String = Sha256::digest(&bytes)
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            assert_eq!(hash, release.sha256, "{}", release.name);
            assert_eq!(bytes.len() as u64, release.bytes);
            let header = Weights::from_bytes(&bytes).unwrap().header;
            assert_eq!(
                (&header.name, &header.family),
                (&release.name, &release.family)
            );
            assert_eq!(header.licence, release.licence);
            assert!(
                release.card.contains(&release.name),
                "the card of {}",
                release.name
            );
            total += release.bytes;
        }
        assert!(total <= 25 << 20, "all weights together have {total} bytes");
        for family in FAMILIES {
            let defaults = releases
                .iter()
                .filter(|release| release.default && release.family == family.id());
            assert_eq!(defaults.count(), 1, "{}", family.id());
        }
    }
}
