//! Who may use whom.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Each crate of ours with those of ours that it may use. The arrows point one way: command line,
/// library, then corpus over audio over music on the one side and learning over kernels on the other.
const MAY_USE: [(&str, &[&str]); 8] = [
    ("consort-music", &[]),
    ("consort-audio", &["consort-music"]),
    ("consort-corpus", &["consort-music", "consort-audio"]),
    ("consort-kernels", &[]),
    ("consort-learn", &["consort-kernels"]),
    (
        "consort",
        &[
            "consort-music",
            "consort-audio",
            "consort-corpus",
            "consort-learn",
        ],
    ),
    (
        "consort-cli",
        &[
            "consort-music",
            "consort-audio",
            "consort-corpus",
            "consort-learn",
            "consort",
        ],
    ),
    ("xtask", &[]),
];

/// Dependencies that only some crates may have, and which those are.
const RESERVED: [(&str, &[&str]); 4] = [
    ("burn", &["consort-learn", "consort"]),
    ("ureq", &["consort-corpus"]),
    ("clap", &["consort-cli"]),
    ("anyhow", &["consort-cli"]),
];

pub(super) fn faults(root: &Path) -> Vec<String> {
    let metadata = match metadata(root) {
        Ok(metadata) => metadata,
        Err(error) => return vec![format!("cargo metadata: {error}")],
    };
    let mut faults = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, may_use)) = MAY_USE.iter().find(|(known, _)| *known == name) else {
            faults.push(format!(
                "{name}: not in the list of crates in xtask/src/tidy/crates.rs"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or_default();
            let ours = MAY_USE.iter().any(|(known, _)| *known == used);
            let reserved = RESERVED.iter().find(|(known, _)| *known == used);
            if ours && !may_use.contains(&used) {
                faults.push(format!(
                    "{name}: uses {used}, against the direction of the crates"
                ));
            }
            if reserved.is_some_and(|(_, users)| !users.contains(&name)) {
                faults.push(format!("{name}: uses {used}, which is not its business"));
            }
        }
    }
    faults
}

fn metadata(root: &Path) -> Result<Value, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root)
        .output()
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}
