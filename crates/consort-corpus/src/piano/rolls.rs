//! Reading piano rolls.

use std::path::Path;

use serde_json::Value;

use super::{CLASSICAL, Corpus, JAZZ, Performance, ROLLS, UNKNOWN, key, midi, own};
use crate::files::inside;
use crate::folder::{CorpusError, Stamper, read};

/// Where the catalogue is, from the folder of the set on.
pub(super) const CATALOGUE: &str = "output/catalog.json";

/// A roll of the jazz age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roll {
    /// The name of its file and of its record at the library that has it.
    pub druid: &'static str,
    /// What it is, who wrote it, and who played it.
    pub title: &'static str,
}

/// The fox-trots, one-steps and show tunes of the 1910s and 1920s among the rolls with dynamics, by composer.
/// Those in three are left out.
pub const JAZZ_ROLLS: &[Roll] = &[
    Roll {
        druid: "wp666fn2104",
        title: "Oh gee! oh gosh!, fox-trot (Daly), played by Coach",
    },
    Roll {
        druid: "mw198ym5807",
        title: "Hum a little tune, fox-trot (Ellis), played by Johnson",
    },
    Roll {
        druid: "nt812xg8796",
        title: "Castle house rag, one-step (Europe), played by Europe",
    },
    Roll {
        druid: "mv647hz9361",
        title: "Sergeant Percy, one-step (Fall), played by Black",
    },
    Roll {
        druid: "vd312rr8990",
        title: "Ting-a-ling-a-ling, from High Jinks (Friml), played by Europe",
    },
    Roll {
        druid: "ys250pr2232",
        title: "Indian love call, fox-trot (Friml), played by Johnson",
    },
    Roll {
        druid: "zk082zq3962",
        title: "Rose Marie, fox-trot (Friml), played by Johnson",
    },
    Roll {
        druid: "zw008yw8187",
        title: "Looking for a boy, fox-trot (Gershwin), played by Johnson",
    },
    Roll {
        druid: "jt465zc6779",
        title: "Driftwood, fox-trot (Gold), played by Johnson",
    },
    Roll {
        druid: "cw965qx3168",
        title: "Follow the swallow, fox-trot (Henderson), played by Johnson",
    },
    Roll {
        druid: "mr400mf6531",
        title: "Dream daddy, fox-trot (Keefer), played by Johnson",
    },
    Roll {
        druid: "rd899zb5188",
        title: "Play that Song of India again, fox-trot (Rimsky-Korsakov, Whiteman), played by Black",
    },
    Roll {
        druid: "xk327pf9243",
        title: "I want to be happy, fox-trot (Youmans), played by Johnson",
    },
    Roll {
        druid: "sx275gw8801",
        title: "Tea for two, fox-trot (Youmans), played by Johnson",
    },
    Roll {
        druid: "yk645sm6970",
        title: "Hallelujah!, fox-trot (Youmans), played by Sommer",
    },
];

/// What the catalogue says of a roll.
struct Entry {
    druid: String,
    composer: String,
    work: String,
    /// How it tells its piano about dynamics: `welte-red`, `duo-art`, or, if not at all, `88-note`.
    kind: String,
}

impl Entry {
    fn is_of_the_jazz_age(&self) -> bool {
        JAZZ_ROLLS.iter().any(|roll| roll.druid == self.druid)
    }

    /// Whether the roll has dynamics: `88-note` and `65-note` rolls leave them to who pumps.
    fn has_dynamics(&self) -> bool {
        !self.kind.ends_with("-note")
    }
}

/// Those of [`JAZZ_ROLLS`], in this order.
pub(super) fn read_set(set: &Path) -> Result<Corpus, CorpusError> {
    read_entries(set, ROLLS, "MIT", Entry::is_of_the_jazz_age)
}

/// All that have dynamics, in a folder of the user's own.
pub(super) fn read_folder(path: &Path) -> Result<Corpus, CorpusError> {
    read_entries(path, own::NAME, UNKNOWN, Entry::has_dynamics)
}

fn read_entries(
    set: &Path,
    name: &'static str,
    licence: &'static str,
    is_taken: impl Fn(&Entry) -> bool,
) -> Result<Corpus, CorpusError> {
    let list = set.join(CATALOGUE);
    let bytes = read(&list)?;
    let wrong = |reason: String| CorpusError::Content {
        path: list.clone(),
        reason,
    };
    let (mut performances, mut left_out) = (Vec::new(), Vec::new());
    let mut stamper = Stamper::new();
    stamper.add(CATALOGUE, &bytes);
    for entry in entries(&bytes).map_err(wrong)?.into_iter().filter(is_taken) {
        let file = format!("midi/exp/{}_exp.mid", entry.druid);
        let taken = read(&set.join(&file)).map_err(|error| match error {
            CorpusError::Read { source, .. } => source.to_string(),
            error => error.to_string(),
        });
        let taken = taken.and_then(|bytes| {
            let performance = performance(entry, &file, &bytes)?;
            stamper.add(&file, &bytes);
            Ok(performance)
        });
        match taken {
            Ok(performance) => performances.push(performance),
            Err(reason) => left_out.push((file, reason)),
        }
    }
    if performances.is_empty() {
        let fault = left_out.first();
        let fault = fault.map_or(String::new(), |(file, reason)| {
            format!("; {file}: {reason}")
        });
        return Err(wrong(format!("it names no roll that can be used{fault}")));
    }
    Ok(Corpus {
        performances,
        scores: Vec::new(),
        left_out,
        stamp: stamper.stamp(name, licence),
    })
}

/// The rolls of a catalogue.
fn entries(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let catalogue: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let rolls = catalogue.as_array().ok_or("it is no list of rolls")?;
    let entry = |(roll, number): (&Value, usize)| {
        let text = |name: &str| {
            let text = roll.get(name).and_then(Value::as_str);
            text.ok_or_else(|| format!("its roll {number} has no text {name:?}"))
        };
        let druid = inside(text("druid")?)
            .ok_or_else(|| format!("the druid of its roll {number} is no name of a file"))?;
        Ok(Entry {
            druid,
            composer: text("composer")?.to_owned(),
            work: text("work")?.to_owned(),
            kind: text("type")?.to_owned(),
        })
    };
    rolls.iter().zip(1..).map(entry).collect()
}

fn performance(entry: Entry, file: &str, bytes: &[u8]) -> Result<Performance, String> {
    let played = midi::played(&midi::read(bytes)?)?;
    if midi::is_flat(&played.notes) {
        return Err(own::FLAT.to_owned());
    }
    let beats = own::estimate(&played.notes).ok_or(own::NO_BEATS)?;
    let style = if entry.is_of_the_jazz_age() {
        JAZZ
    } else {
        CLASSICAL
    };
    let work = key::work(&entry.composer, &entry.work);
    Ok(Performance {
        id: file.to_owned(),
        composer: entry.composer,
        title: entry.work,
        style: style.to_owned(),
        fold: key::fold(&work),
        reserved: false,
        work,
        notes: played.notes,
        pedal: played.pedal,
        beats,
        score: None,
        matches_score: false,
    })
}
