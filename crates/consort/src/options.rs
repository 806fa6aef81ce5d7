//! What a request may set: one table per family, from which flags, forms and documentation come.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

/// One thing that a request may set.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// The name, in lower case with hyphens.
    pub name: &'static str,
    /// What a value is called in usage lines, such as `PASSES`; nothing for a switch.
    pub value_name: &'static str,
    /// What values there are.
    pub kind: OptionKind,
    /// What it does, in a sentence without a full stop.
    pub help: &'static str,
}

/// The values of an option.
#[derive(Clone, Copy, Debug)]
pub enum OptionKind {
    /// A whole number in a range.
    Whole {
        /// The lowest.
        low: u64,
        /// The highest.
        high: u64,
        /// What is taken when nothing is set; nothing leaves the choice to the family.
        default: Option<u64>,
    },
    /// A number in a range.
    Real {
        /// The lowest.
        low: f64,
        /// The highest.
        high: f64,
        /// What is taken when nothing is set; nothing leaves the choice to the family.
        default: Option<f64>,
    },
    /// One of several words.
    Choice {
        /// The words.
        among: &'static [&'static str],
        /// What is taken when nothing is set.
        default: &'static str,
    },
    /// Text in a form that the family reads.
    Text {
        /// What is taken when nothing is set.
        default: Option<&'static str>,
    },
    /// Text that may be given several times: a piece is made for each value, with the same seed. A request
    /// ([`Options`]) has one of them.
    Each {
        /// What is taken when nothing is set.
        default: Option<&'static str>,
    },
    /// On if it is asked for, else off; in a command line it has no value.
    Switch,
}

/// A value that fits its [`OptionSpec`].
#[derive(Clone, Debug, PartialEq)]
pub enum OptionValue {
    /// A whole number.
    Whole(u64),
    /// A number.
    Real(f64),
    /// A word of a choice, or free text.
    Text(String),
    /// On or off.
    Switch(bool),
}
impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionValue::Whole(value) => value.fmt(f),
            OptionValue::Real(value) => value.fmt(f),
            OptionValue::Text(value) => value.fmt(f),
            OptionValue::Switch(true) => "on".fmt(f),
            OptionValue::Switch(false) => "off".fmt(f),
        }
    }
}

/// Why a value was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OptionError {
    /// The family has no such option.
    #[error("there is no option {name:?}; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The value does not fit.
    #[error("{name} is {value:?}, expected {expected}")]
    Value {
        /// The option.
        name: &'static str,
        /// What was given.
        value: String,
        /// What fits.
        expected: String,
    },
}

impl OptionSpec {
    /// What a value must be, in words.
    pub fn expected(&self) -> String {
        match self.kind {
            OptionKind::Whole { low, high, .. } => format!("a whole number from {low} to {high}"),
            OptionKind::Real { low, high, .. } => format!("a number from {low} to {high}"),
            OptionKind::Choice { among, .. } => format!("one of {}", among.join(", ")),
            OptionKind::Text { .. } | OptionKind::Each { .. } => "text".to_owned(),
            OptionKind::Switch => "on or off".to_owned(),
        }
    }

    /// The value taken when nothing is set.
    pub fn default(&self) -> Option<OptionValue> {
        match self.kind {
            OptionKind::Whole { default, .. } => default.map(OptionValue::Whole),
            OptionKind::Real { default, .. } => default.map(OptionValue::Real),
            OptionKind::Choice { default, .. } => Some(OptionValue::Text(default.to_owned())),
            OptionKind::Text { default } | OptionKind::Each { default } => {
                default.map(|text| OptionValue::Text(text.to_owned()))
            }
            OptionKind::Switch => Some(OptionValue::Switch(false)),
        }
    }

    /// Reads a value.
    ///
    /// # Errors
    /// If `text` is not [`expected`](OptionSpec::expected).
    pub fn parse(&self, text: &str) -> Result<OptionValue, OptionError> {
        let value = match self.kind {
            OptionKind::Whole { low, high, .. } => {
                let number = text
                    .parse()
                    .ok()
                    .filter(|number| (low..=high).contains(number));
                number.map(OptionValue::Whole)
            }
            OptionKind::Real { low, high, .. } => {
                let number = text
                    .parse()
                    .ok()
                    .filter(|number| (low..=high).contains(number));
                number.map(OptionValue::Real)
            }
            OptionKind::Choice { among, .. } => among
                .contains(&text)
                .then(|| OptionValue::Text(text.to_owned())),
            OptionKind::Text { .. } | OptionKind::Each { .. } => {
                Some(OptionValue::Text(text.to_owned()))
            }
            OptionKind::Switch => match text {
                "on" => Some(OptionValue::Switch(true)),
                "off" => Some(OptionValue::Switch(false)),
                _ => None,
            },
        };
        value.ok_or_else(|| OptionError::Value {
            name: self.name,
            value: text.to_owned(),
            expected: self.expected(),
        })
    }
}

/// The settings of one request: a value, or none, for each option of a table.
#[derive(Clone, Debug)]
pub struct Options {
    specs: &'static [OptionSpec],
    values: BTreeMap<&'static str, OptionValue>,
}

impl Options {
    /// The defaults of `specs`.
    pub fn new(specs: &'static [OptionSpec]) -> Options {
        let defaults = specs
            .iter()
            .filter_map(|spec| Some((spec.name, spec.default()?)));
        Options {
            specs,
            values: defaults.collect(),
        }
    }

    /// Sets `name` to what `text` says.
    ///
    /// # Errors
    /// If there is no such option or the value does not fit.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), OptionError> {
        let spec = self.specs.iter().find(|spec| spec.name == name);
        let spec = spec.ok_or_else(|| OptionError::Unknown {
            name: name.to_owned(),
            known: self
                .specs
                .iter()
                .map(|spec| spec.name)
                .collect::<Vec<_>>()
                .join(", "),
        })?;
        self.values.insert(spec.name, spec.parse(text)?);
        Ok(())
    }

    /// A whole number, if it is set or has a default.
    pub fn whole(&self, name: &str) -> Option<u64> {
        match self.values.get(name) {
            Some(OptionValue::Whole(value)) => Some(*value),
            _ => None,
        }
    }

    /// A number, if it is set or has a default.
    pub fn real(&self, name: &str) -> Option<f64> {
        match self.values.get(name) {
            Some(OptionValue::Real(value)) => Some(*value),
            _ => None,
        }
    }

    /// A word or text, if it is set or has a default.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(name) {
            Some(OptionValue::Text(value)) => Some(value),
            _ => None,
        }
    }

    /// Whether a switch is on.
    pub fn switch(&self, name: &str) -> bool {
        self.values.get(name) == Some(&OptionValue::Switch(true))
    }

    /// Everything that is set to something other than its default, by name.
    pub fn changed(&self) -> impl Iterator<Item = (&'static str, &OptionValue)> {
        let is_default = |name: &str, value: &OptionValue| {
            let spec = self.specs.iter().find(|spec| spec.name == name);
            spec.and_then(OptionSpec::default).as_ref() == Some(value)
        };
        self.iter()
            .filter(move |(name, value)| !is_default(name, value))
    }

    /// Everything that is set or has a default, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &OptionValue)> {
        self.values.iter().map(|(name, value)| (*name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECS: &[OptionSpec] = &[
        OptionSpec {
            name: "steps",
            value_name: "N",
            kind: OptionKind::Whole {
                low: 1,
                high: 9,
                default: None,
            },
            help: "",
        },
        OptionSpec {
            name: "heat",
            value_name: "X",
            kind: OptionKind::Real {
                low: 0.0,
                high: 2.0,
                default: Some(1.0),
            },
            help: "",
        },
        OptionSpec {
            name: "swing",
            value_name: "X",
            kind: OptionKind::Real {
                low: 0.5,
                high: 0.75,
                default: None,
            },
            help: "",
        },
        OptionSpec {
            name: "grid",
            value_name: "GRID",
            kind: OptionKind::Choice {
                among: &["16th", "8th"],
                default: "16th",
            },
            help: "",
        },
        OptionSpec {
            name: "straight",
            value_name: "",
            kind: OptionKind::Switch,
            help: "",
        },
        OptionSpec {
            name: "style",
            value_name: "STYLE",
            kind: OptionKind::Each {
                default: Some("plain"),
            },
            help: "",
        },
    ];

    #[test]
    fn defaults_stand_until_set() {
        let mut options = Options::new(SPECS);
        assert_eq!(
            (options.whole("steps"), options.real("heat")),
            (None, Some(1.0))
        );
        options.set("grid", "8th").unwrap();
        options.set("steps", "9").unwrap();
        options.set("heat", "1").unwrap();
        let changed: Vec<_> = options.changed().map(|(name, _)| name).collect();
        assert_eq!(changed, ["grid", "steps"]);
        assert_eq!(
            (options.whole("steps"), options.text("grid")),
            (Some(9), Some("8th"))
        );
    }

    #[test]
    fn numbers_need_no_default() {
        let mut options = Options::new(SPECS);
        assert_eq!(options.real("swing"), None);
        options.set("swing", "0.6").unwrap();
        assert_eq!(options.real("swing"), Some(0.6));
        assert!(options.set("swing", "1").is_err());
    }

    #[test]
    fn a_switch_is_off_until_it_is_on() {
        let mut options = Options::new(SPECS);
        let changed = |options: &Options| options.changed().count();
        assert!(!options.switch("straight"));
        assert_eq!(changed(&options), 0);
        options.set("straight", "on").unwrap();
        assert!(options.switch("straight"));
        let set = options.changed().next().unwrap();
        assert_eq!((set.0, set.1.to_string().as_str()), ("straight", "on"));
        options.set("straight", "off").unwrap();
        assert_eq!(changed(&options), 0);
        let refused = options.set("straight", "yes").unwrap_err().to_string();
        assert!(refused.contains("on or off"), "{refused}");
        // Other options are no switches.
        assert!(!options.switch("grid") && !options.switch("speed"));
    }

    #[test]
    fn a_request_has_one_of_several_values() {
        let mut options = Options::new(SPECS);
        assert_eq!(options.text("style"), Some("plain"));
        options.set("style", "ornate").unwrap();
        options.set("style", "plainer").unwrap();
        assert_eq!(options.text("style"), Some("plainer"));
    }

    #[test]
    fn refusals_say_what_fits() {
        let mut options = Options::new(SPECS);
        let message = |result: Result<(), OptionError>| result.unwrap_err().to_string();
        assert_eq!(
            message(options.set("steps", "10")),
            "steps is \"10\", expected a whole number from 1 to 9"
        );
        assert!(message(options.set("heat", "NaN")).contains("from 0 to 2"));
        assert!(message(options.set("grid", "4th")).contains("16th, 8th"));
        assert!(message(options.set("speed", "1")).contains("steps, heat, swing"));
    }
}
