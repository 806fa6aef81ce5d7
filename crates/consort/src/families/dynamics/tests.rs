//! The family as it is trained: styles and timing that are added leave what was known.

use consort_corpus::DataFolder;
use consort_corpus::piano::ASAP;
use consort_learn::{Device, Seed, Weights, progress};

use super::Dynamics;
use crate::families::{Family, Model, TrainingRequest};

/// Weights after a few steps.
fn trained(preset: &str, changes: &str, data: DataFolder, from: Option<Weights>) -> Weights {
    let request = TrainingRequest {
        preset: preset.to_owned(),
        changes: format!("{changes}\nrecipe.steps = 3\nrecipe.validate_every = 3"),
        data,
        seed: Seed(5),
        device: Device::Cpu,
        run: None,
        from,
        name: "test-1".to_owned(),
        licence: None,
        commit: "unknown".to_owned(),
    };
    Family::train(&Dynamics, &request, &mut progress::unobserved)
        .unwrap()
        .weights
}

/// The names of what is in the second and not in the first, all of which must be in the second unchanged.
fn added(before: &Weights, after: &Weights) -> Vec<String> {
    for (name, values) in &before.parameters {
        assert_eq!(after.parameters.get(name), Some(values), "{name}");
    }
    let names = after.parameters.keys();
    names
        .filter(|name| !before.parameters.contains_key(*name))
        .cloned()
        .collect()
}

#[test]
fn timing_and_then_a_style_are_added_to_what_stays() {
    let folder = tempfile::tempdir().unwrap();
    Model::write_example_data(&Dynamics, folder.path()).unwrap();
    let data = || DataFolder::new(folder.path());
    let plain = trained("tiny", "", data(), None);

    let changes = "architecture.network.timing = 8\ncurriculum.notated_share = 1.0";
    let timed = trained("tiny", changes, data(), Some(plain.clone()));
    let timing = added(&plain, &timed);
    assert!(!timing.is_empty());
    assert!(
        timing.iter().all(|name| name.contains("timing")),
        "{timing:?}"
    );

    let blues = vec![("blues".to_owned(), folder.path().join(ASAP))];
    let blues = DataFolder::of_corpora(blues).unwrap();
    let grown = trained("tiny", "", blues, Some(timed.clone()));
    let head = added(&timed, &grown);
    assert!(!head.is_empty());
    assert!(head.iter().all(|name| name.contains("heads.1")), "{head:?}");
    let styles = &grown.header.architecture["styles"];
    assert_eq!(*styles, serde_json::json!(["classical", "blues"]));
}
