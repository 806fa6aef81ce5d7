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
    /// What they are called within the family: `default`, unless the manifest has another word.
    #[serde(default = "default_network")]
    pub network: String,
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
    /// Whether the family uses them when nothing is said.
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

fn default_network() -> String {
    "default".to_owned()
}

/// What is in the binary of a release.
struct Embedded {
    name: &'static str,
    card: &'static str,
    bytes: Option<&'static [u8]>,
}

/// The card of a release, and its numbers if it is to be in the binary.
macro_rules! release {
    ($name:literal, embedded) => {
        Embedded {
            #[cfg(feature = "embedded-weights")]
            bytes: Some(include_bytes!(concat!(
                "../../../weights/",
                $name,
                ".safetensors"
            ))),
            ..release!($name)
        }
    };
    ($name:literal) => {
        Embedded {
            name: $name,
            card: include_str!(concat!("../../../weights/", $name, ".md")),
            bytes: None,
        }
    };
}

/// All releases. The defaults are in the binary, and others that are small.
const EMBEDDED: &[Embedded] = &[
    release!("chorale-1", embedded),
    release!("chorale-article-1"),
    release!("folk-1", embedded),
    release!("folk-nottingham-1"),
    release!("folk-article-1"),
    release!("drums-1", embedded),
    release!("drums-lstm-1", embedded),
    release!("drums-cnn-1", embedded),
    release!("dynamics-1", embedded),
    release!("spectral-1", embedded),
];

impl Release {
    /// Its file, if that is in the binary.
    fn embedded(&self) -> Option<&'static [u8]> {
        EMBEDDED
            .iter()
            .find(|embedded| embedded.name == self.name)?
            .bytes
    }

    /// Whether they can be used without a file.
    pub fn is_embedded(&self) -> bool {
        self.embedded().is_some()
    }

    /// The weights themselves.
    ///
    /// # Errors
    /// [`Error::NotEmbedded`] if the binary does not have them, and [`Error::Weights`] if they are
    /// damaged.
    pub fn weights(&self) -> Result<Weights, Error> {
        let bytes = self.embedded().ok_or_else(|| Error::NotEmbedded {
            name: self.name.clone(),
            file: self.file.clone(),
        })?;
        read(bytes, &self.name)
    }
}

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
/// [`Error::Unknown`] if there are none, and those of [`Release::weights`].
pub fn default_weights(family: &str) -> Result<Weights, Error> {
    let release = releases()
        .into_iter()
        .find(|release| release.default && release.family == family);
    let release = release.ok_or_else(|| Error::Unknown {
        kind: "weights in this program for the family",
        name: family.to_owned(),
        known: "only those that --weights names".to_owned(),
    })?;
    release.weights()
}

/// The weights of a family that are called `network`.
///
/// # Errors
/// [`Error::Unknown`] names those that there are; and those of [`Release::weights`].
pub fn network_weights(family: &str, network: &str) -> Result<Weights, Error> {
    let own = releases()
        .into_iter()
        .filter(|release| release.family == family);
    let own: Vec<Release> = own.collect();
    let release = own.iter().find(|release| release.network == network);
    let release = release.ok_or_else(|| Error::Unknown {
        kind: "network",
        name: network.to_owned(),
        known: own
            .iter()
            .map(|release| release.network.as_str())
            .collect::<Vec<_>>()
            .join(", "),
    })?;
    release.weights()
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
    use std::collections::BTreeSet;
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

    #[test]
    fn networks_are_told_apart_by_their_names() {
        let releases = releases();
        let names: BTreeSet<_> = releases
            .iter()
            .map(|release| (&release.family, &release.network))
            .collect();
        assert_eq!(names.len(), releases.len(), "{names:?}");
        let nameless = |release: &Release| release.network == "default" && !release.default;
        assert!(!releases.iter().any(nameless), "{names:?}");
        for embedded in EMBEDDED {
            let listed = releases.iter().any(|release| release.name == embedded.name);
            assert!(listed, "{} is not in the manifest", embedded.name);
        }
    }

    #[cfg(feature = "embedded-weights")]
    #[test]
    fn a_network_is_chosen_by_its_name() {
        for release in releases() {
            let weights = network_weights(&release.family, &release.network);
            match weights {
                Ok(weights) => assert_eq!(weights.header.name, release.name),
                Err(error) => {
                    let said = error.to_string();
                    assert!(!release.is_embedded() && error.is_callers(), "{said}");
                    let remedy = format!("--weights weights/{}", release.file);
                    assert!(said.contains(&remedy), "{said}");
                }
            }
        }
        let error = network_weights("folk", "kazoo").unwrap_err().to_string();
        assert!(error.ends_with("default, nottingham, article"), "{error}");
        let default = default_weights("folk").unwrap().header;
        assert_eq!(network_weights("folk", "default").unwrap().header, default);
        assert!(releases().iter().all(|r| r.is_embedded() || !r.default));
    }
}
