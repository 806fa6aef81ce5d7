//! What the arguments set of a family's options, and the pieces that differ by them.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches};
use consort::options::OptionKind;
use consort::{Generator, OptionSpec, Options};

use crate::commands::flag;
use crate::outcome::Usage;

/// The argument of one option of a family.
pub(super) fn argument(spec: &OptionSpec) -> Arg {
    if matches!(spec.kind, OptionKind::Switch) {
        return flag(spec.name, spec.help);
    }
    let mut help = spec.help.to_owned();
    let is_each = matches!(spec.kind, OptionKind::Each { .. });
    if is_each {
        help += "; may be repeated, for a piece each";
    }
    if let Some(default) = spec.default() {
        help += &format!(" [default: {default}]");
    }
    let action = if is_each {
        ArgAction::Append
    } else {
        ArgAction::Set
    };
    Arg::new(spec.name)
        .long(spec.name)
        .value_name(spec.value_name)
        .action(action)
        .allow_negative_numbers(true)
        .help(help)
}

/// One of the pieces that are made with the same seed, because an option was given several times.
#[derive(Debug)]
pub(super) struct Variant {
    pub(super) options: Options,
    /// What tells it from the others, in file names; nothing if it is the only one.
    pub(super) label: Option<String>,
    /// What it has of the options that may be given several times.
    pub(super) values: BTreeMap<&'static str, String>,
}

impl Variant {
    /// What it is called in a picture beside others.
    pub(super) fn name(&self, generator: &Generator, number: Option<u64>) -> String {
        let values: Vec<&str> = self.values.values().map(String::as_str).collect();
        let name = match values.as_slice() {
            [] => generator.header().name.clone(),
            values => values.join(", "),
        };
        match number {
            Some(number) => format!("{name} {number}"),
            None => name,
        }
    }
}

/// What the arguments set of a family's options: a variant for each value, or each combination of values, of
/// the options that may be given several times.
pub(super) fn variants(
    specs: &'static [OptionSpec],
    matches: &ArgMatches,
) -> anyhow::Result<Vec<Variant>> {
    let mut variants = vec![(Options::new(specs), Vec::new())];
    for spec in specs {
        let texts: Vec<&str> = match spec.kind {
            OptionKind::Switch if matches.get_flag(spec.name) => vec!["on"],
            OptionKind::Switch => Vec::new(),
            _ => {
                let texts = matches.get_many::<String>(spec.name).unwrap_or_default();
                texts.map(String::as_str).collect()
            }
        };
        let mut next = Vec::new();
        for (options, labels) in &variants {
            for text in &texts {
                let (mut options, mut labels) = (options.clone(), labels.clone());
                options.set(spec.name, text).map_err(consort::Error::from)?;
                if texts.len() > 1 {
                    labels.push(as_label(text));
                }
                next.push((options, labels));
            }
        }
        if !next.is_empty() {
            variants = next;
        }
    }
    let mut labels: Vec<&Vec<String>> = variants.iter().map(|(_, labels)| labels).collect();
    labels.sort();
    if let Some(pair) = labels.windows(2).find(|pair| pair[0] == pair[1]) {
        let message = format!("{:?} is given twice; give it once", pair[0].join("-"));
        return Err(Usage(message).into());
    }
    let eaches = specs
        .iter()
        .filter(|spec| matches!(spec.kind, OptionKind::Each { .. }));
    let names: Vec<&'static str> = eaches.map(|spec| spec.name).collect();
    let variant = |(options, labels): (Options, Vec<String>)| {
        let values = names
            .iter()
            .filter_map(|name| Some((*name, options.text(name)?.to_owned())));
        Variant {
            values: values.collect(),
            label: (!labels.is_empty()).then(|| labels.join("-")),
            options,
        }
    };
    Ok(variants.into_iter().map(variant).collect())
}

/// A value as a part of a file's name: what could be more than a name becomes a hyphen.
fn as_label(value: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.,+=".contains(c);
    value
        .chars()
        .map(|c| if plain(c) { c } else { '-' })
        .collect()
}

/// The options of all variants; of one that has several values, all of them.
pub(super) fn options_as_json(variants: &[Variant]) -> serde_json::Value {
    let mut options: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for variant in variants {
        for (name, value) in variant.options.iter() {
            let values = options.entry(name).or_default();
            let value = value.to_string();
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
    let joined = options
        .into_iter()
        .map(|(name, values)| (name.to_owned(), values.join(", ").into()));
    serde_json::Value::Object(joined.collect())
}

#[cfg(test)]
mod tests {
    use clap::Command;

    use super::*;

    #[test]
    fn a_switch_has_no_value_and_other_options_have_one() {
        let spec = |name, kind| OptionSpec {
            name,
            value_name: "X",
            kind,
            help: "What it does",
        };
        let real = OptionKind::Real {
            low: 0.0,
            high: 1.0,
            default: None,
        };
        let specs = [spec("straight", OptionKind::Switch), spec("swing", real)];
        let command = || Command::new("drum").args(specs.iter().map(argument));
        let read = |arguments: &[&str]| {
            let words = [&["drum"], arguments].concat();
            command().try_get_matches_from(words)
        };
        let matches = read(&["--straight", "--swing", "0.5"]).unwrap();
        assert!(matches.get_flag("straight"));
        assert!(!read(&[]).unwrap().get_flag("straight"));
        assert!(read(&["--straight=on"]).is_err());
        assert!(read(&["--swing"]).is_err());
        let help = command().render_help().to_string();
        assert!(!help.contains("default"), "{help}");
    }

    static SPECS: &[OptionSpec] = &[
        OptionSpec {
            name: "style",
            value_name: "STYLE",
            kind: OptionKind::Each {
                default: Some("plain"),
            },
            help: "The style",
        },
        OptionSpec {
            name: "fast",
            value_name: "",
            kind: OptionKind::Switch,
            help: "Whether it is fast",
        },
    ];

    fn read(arguments: &[&str]) -> anyhow::Result<Vec<Variant>> {
        let command = Command::new("play").args(SPECS.iter().map(argument));
        let words = [&["play"], arguments].concat();
        variants(SPECS, &command.try_get_matches_from(words)?)
    }

    #[test]
    fn each_value_makes_a_variant() {
        let labels = |variants: &[Variant]| -> Vec<Option<String>> {
            variants
                .iter()
                .map(|variant| variant.label.clone())
                .collect()
        };
        let two = read(&["--style", "jazz", "--fast", "--style", "a b=0.5"]).unwrap();
        let expected = ["jazz", "a-b=0.5"].map(|label| Some(label.to_owned()));
        assert_eq!(labels(&two), expected);
        assert!(two.iter().all(|variant| variant.options.switch("fast")));
        assert_eq!(two[1].values["style"], "a b=0.5");
        assert_eq!(two[1].options.text("style"), Some("a b=0.5"));
        assert_eq!(options_as_json(&two)["style"], "jazz, a b=0.5");
        // One alone, and the default, need no label.
        for (arguments, value) in [(&["--style", "jazz"][..], "jazz"), (&[], "plain")] {
            let one = read(arguments).unwrap();
            assert_eq!(labels(&one), [None]);
            assert_eq!(one[0].values["style"], value);
        }
        let twice = read(&["--style", "jazz", "--style", "jazz"]).unwrap_err();
        assert!(
            twice.to_string().contains("\"jazz\" is given twice"),
            "{twice}"
        );
        let help = argument(&SPECS[0]).get_help().unwrap().to_string();
        assert_eq!(
            help,
            "The style; may be repeated, for a piece each [default: plain]"
        );
    }
}
