//! What every family must do, tested over all of them.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::LazyLock;

use consort_corpus::DataFolder;
use consort_learn::{Device, Precision, Progress, Seed, Weights, WeightsError, progress};
use consort_music::{Resolution, Score};

use super::{EvaluationRequest, FAMILIES, Family, Trained, TrainingRequest};
use crate::error::Error;
use crate::options::Options;
use crate::piece::{Piece, Prompt};

/// The example data of all families, written once.
static DATA: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("the system has a place for temporary files");
    for family in FAMILIES {
        family
            .write_example_data(folder.path())
            .expect("it can be written");
    }
    folder
});

fn request(changes: &str, run: Option<&Path>) -> TrainingRequest {
    TrainingRequest {
        preset: "tiny".to_owned(),
        changes: changes.to_owned(),
        data: DataFolder::new(DATA.path()),
        seed: Seed(5),
        device: Device::Cpu,
        run: run.map(Path::to_owned),
        from: None,
        name: "test-1".to_owned(),
        licence: None,
        commit: "unknown".to_owned(),
    }
}

const SHORT: &str = "recipe.steps = 24\nrecipe.validate_every = 8";

fn trained(family: &dyn Family) -> Trained {
    family
        .train(&request(SHORT, None), &mut progress::unobserved)
        .expect("it trains")
}

fn bytes(trained: &Trained) -> Vec<u8> {
    trained.weights.to_bytes(Precision::F32)
}

fn generate(family: &dyn Family, weights: Weights, seed: u64) -> Result<Piece, Error> {
    let options = Options::new(family.options());
    let generator = family.load(weights, Device::Cpu)?;
    generator.generate(
        &family.example(),
        &options,
        Seed(seed),
        &mut progress::unobserved,
    )
}

#[test]
fn corpora_with_names_are_taken_or_refused() {
    for family in FAMILIES {
        let corpora = vec![("mine".to_owned(), DATA.path().to_owned())];
        let request = TrainingRequest {
            data: DataFolder::of_corpora(corpora).unwrap(),
            ..request(SHORT, None)
        };
        match family.train(&request, &mut progress::unobserved) {
            Err(Error::Prompt { what, remedy }) => {
                assert!(
                    what.contains(family.id()) && what.contains("mine"),
                    "{what}"
                );
                assert!(remedy.contains("--data"), "{remedy}");
            }
            // A family that takes them may find nothing to learn in this one.
            Ok(_) | Err(Error::Corpus(_)) => {}
            Err(other) => panic!("{}: {other}", family.id()),
        }
    }
}

#[test]
fn names_are_their_own() {
    let distinct = |name: fn(&dyn Family) -> &'static str| {
        let names: BTreeSet<&str> = FAMILIES.iter().map(|family| name(*family)).collect();
        assert_eq!(names.len(), FAMILIES.len(), "{names:?}");
    };
    distinct(|family| family.id());
    distinct(|family| family.verb());
    distinct(|family| family.encoding());
    for family in FAMILIES {
        let versioned = family
            .encoding()
            .split_once('/')
            .is_some_and(|(_, v)| v.parse::<u32>().is_ok());
        assert!(versioned, "{}", family.encoding());
        assert!(super::family(family.id()).is_ok());
    }
    assert!(
        super::family("kazoo")
            .err()
            .is_some_and(|error| error.is_callers())
    );
}

#[test]
fn options_have_defaults_that_fit() {
    for family in FAMILIES {
        for spec in family.options() {
            if let Some(default) = spec.default() {
                assert_eq!(
                    spec.parse(&default.to_string()).unwrap(),
                    default,
                    "{}",
                    spec.name
                );
            }
            assert!(
                !spec.help.is_empty() && !spec.help.ends_with('.'),
                "{}",
                spec.name
            );
        }
    }
}

#[test]
fn presets_are_whole_and_unknown_settings_refused() {
    for family in FAMILIES {
        let names: Vec<&str> = family.presets().iter().map(|preset| preset.name).collect();
        // An article may be about several networks.
        let kind = |name: &&'static str| {
            let of_article = *name == "article" || name.starts_with("article-");
            if of_article { "article" } else { *name }
        };
        for wanted in ["tiny", "article", "default"] {
            assert!(
                names.iter().any(|name| kind(name) == wanted),
                "{} has no preset {wanted}",
                family.id()
            );
        }
        for table in ["architecture", "curriculum", "recipe"] {
            let changes = format!("{table}.nonsense = 1");
            let result = family.train(&request(&changes, None), &mut progress::unobserved);
            let message = result.unwrap_err().to_string();
            assert!(message.contains("nonsense"), "{message}");
        }
        for name in names {
            let stopped = &mut |_: Progress| ControlFlow::Break(());
            let changes = "recipe.steps = 0".to_owned();
            let request = TrainingRequest {
                preset: name.to_owned(),
                changes,
                ..request("", None)
            };
            let trained = family.train(&request, stopped).unwrap();
            let header = trained.weights.header.clone();
            let again = Weights::from_bytes(&trained.weights.to_bytes(Precision::F16)).unwrap();
            assert_eq!(again.header, header, "{name}");
            assert!(family.load(again, Device::Cpu).is_ok(), "{name}");
        }
    }
}

#[test]
fn training_learns() {
    for family in FAMILIES {
        let changes = "recipe.steps = 160\nrecipe.validate_every = 40";
        let trained = family
            .train(&request(changes, None), &mut progress::unobserved)
            .unwrap();
        let first = trained.history.first().unwrap().valid;
        let last = trained.history.last().unwrap().valid;
        assert!(last < 0.8 * first, "{}: {first} to {last}", family.id());
    }
}

#[test]
fn training_is_the_same_at_any_number_of_threads() {
    for family in FAMILIES {
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| bytes(&trained(*family)))
        };
        assert_eq!(with(1), with(3), "{}", family.id());
    }
}

#[test]
fn resuming_equals_never_stopping() {
    for family in FAMILIES {
        let folder = tempfile::tempdir().unwrap();
        let request = request(SHORT, Some(folder.path()));
        let mut stop = |progress: Progress| match progress {
            Progress {
                held_out: true,
                done: 8,
                ..
            } => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        assert!(family.train(&request, &mut stop).unwrap().stopped);
        let resumed = family.train(&request, &mut progress::unobserved).unwrap();
        let whole = trained(*family);
        assert_eq!(resumed.history, whole.history);
        assert_eq!(bytes(&resumed), bytes(&whole), "{}", family.id());
    }
}

#[test]
fn training_goes_on_from_weights() {
    for family in FAMILIES {
        let first = trained(*family);
        let request = TrainingRequest {
            from: Some(first.weights.clone()),
            ..request(SHORT, None)
        };
        let second = family.train(&request, &mut progress::unobserved).unwrap();
        assert_eq!(second.weights.header.steps, 48);
        assert!(
            second.history[0].valid < first.history[0].valid,
            "{}",
            family.id()
        );
        let other = TrainingRequest {
            preset: "default".to_owned(),
            ..request
        };
        let message = family
            .train(&other, &mut progress::unobserved)
            .unwrap_err()
            .to_string();
        assert!(message.contains("architecture"), "{message}");
    }
}

#[test]
fn saved_weights_make_the_same_piece_and_another_seed_another() {
    for family in FAMILIES {
        let weights = trained(*family).weights;
        let saved = Weights::from_bytes(&weights.to_bytes(Precision::F32)).unwrap();
        let piece = generate(*family, weights.clone(), 1).unwrap();
        assert_eq!(
            generate(*family, saved, 1).unwrap(),
            piece,
            "{}",
            family.id()
        );
        assert_ne!(
            generate(*family, weights, 2).unwrap().music,
            piece.music,
            "{}",
            family.id()
        );
    }
}

#[test]
fn pieces_are_the_same_at_any_number_of_threads() {
    for family in FAMILIES {
        let weights = trained(*family).weights;
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| generate(*family, weights.clone(), 1).unwrap())
        };
        assert_eq!(with(1), with(3), "{}", family.id());
    }
}

#[test]
fn other_weights_are_refused() {
    for family in FAMILIES {
        let weights = trained(*family).weights;
        let mut other = weights.clone();
        other.header.family = "kazoo".to_owned();
        let mut later = weights.clone();
        later.header.encoding = "kazoo/9".to_owned();
        for wrong in [other, later] {
            let error = family
                .load(wrong, Device::Cpu)
                .err()
                .expect("they are refused");
            assert!(matches!(
                &error,
                Error::Weights {
                    source: WeightsError::Family { .. },
                    ..
                }
            ));
            assert!(
                error.is_callers() && error.to_string().contains("kazoo"),
                "{error}"
            );
        }
        let mut misfit = weights;
        misfit.parameters.pop_first();
        let error = family
            .load(misfit, Device::Cpu)
            .err()
            .expect("they are refused");
        assert!(error.to_string().contains("is missing"), "{error}");
    }
}

#[test]
fn an_observer_stops_generating() {
    for family in FAMILIES {
        let generator = family.load(trained(*family).weights, Device::Cpu).unwrap();
        let mut passes = 0;
        let mut stop = |_: Progress| {
            passes += 1;
            if passes == 2 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let options = Options::new(family.options());
        let result = generator.generate(&family.example(), &options, Seed(1), &mut stop);
        assert!(matches!(result, Err(Error::Stopped)));
        assert_eq!(passes, 2, "{}", family.id());
    }
}

#[test]
fn an_empty_prompt_is_refused_kindly() {
    for family in FAMILIES {
        let generator = family.load(trained(*family).weights, Device::Cpu).unwrap();
        let empty = Prompt::Score(Score::new(Resolution::MIDI));
        let options = Options::new(family.options());
        let result = generator.generate(&empty, &options, Seed(1), &mut progress::unobserved);
        assert!(
            result.is_err_and(|error| error.is_callers()),
            "{}",
            family.id()
        );
    }
}

#[test]
fn evaluation_reports_figures_and_knows_its_parts() {
    for family in FAMILIES {
        let weights = trained(*family).weights;
        let data = DataFolder::new(DATA.path());
        let parts = ["kazoo".to_owned()];
        let request = EvaluationRequest {
            data: &data,
            seed: Seed(1),
            device: Device::Cpu,
            share: 0.3,
            parts: &parts,
        };
        let error = family
            .evaluate(weights, &request, &mut progress::unobserved)
            .unwrap_err();
        assert!(
            error.is_callers() && error.to_string().contains("kazoo"),
            "{error}"
        );
    }
}

#[test]
fn pieces_say_how_they_were_made() {
    for family in FAMILIES {
        let piece = generate(*family, trained(*family).weights, 7).unwrap();
        let made = piece.made_by.expect("the generator signs what it makes");
        assert_eq!((made.weights.as_str(), made.seed), ("test-1", Seed(7)));
        assert_eq!(made.family, family.id());
    }
}

#[test]
fn weights_of_ones_own_files_have_the_licence_that_is_said() {
    for family in FAMILIES {
        let request = TrainingRequest {
            licence: Some("CC-BY-4.0".to_owned()),
            ..request(SHORT, None)
        };
        let said = family.train(&request, &mut progress::unobserved).unwrap();
        let plain = trained(*family).weights.header.licence;
        let wanted = if plain == "unknown" {
            "CC-BY-4.0"
        } else {
            &plain
        };
        assert_eq!(said.weights.header.licence, wanted, "{}", family.id());
    }
}
