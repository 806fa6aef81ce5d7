//! What each part of our sampler is worth: the sampler with one thing changed at a time, on the
//! melodies of the validation fold. The defaults were chosen from such tables.

use consort_corpus::Fold;
use consort_learn::Observer;

use super::music::{Author, GIBBS, Measured, OURS, with_rules, without_rules};
use super::{Study, tell};
use crate::error::Error;
use crate::families::chorale::rules::Rules;
use crate::families::chorale::sampler::{Method, Sampling};
use crate::report::Table;

/// What is shown of each sampler: the heading, and the measure.
const SHOWN: [(&str, &str); 12] = [
    ("parallel fifths", "parallel fifths per 100 chord changes"),
    ("octaves", "parallel octaves per 100 chord changes"),
    ("hidden fifths", "hidden fifths per 100 chord changes"),
    ("hidden octaves", "hidden octaves per 100 chord changes"),
    ("overlaps", "overlaps per 100 chord changes"),
    ("crossing %", "voice crossing %"),
    ("wide %", "upper voices over an octave apart %"),
    ("off-beat %", "off-beat changes below the first voice %"),
    ("repeated %", "repeated notes below the first voice %"),
    ("steps %", "steps % of moves"),
    (
        "doubled leading tones %",
        "doubled leading tones % of dominants",
    ),
    ("unprepared dissonances %", "unprepared dissonances %"),
];

/// The samplers that are compared.
fn authors() -> Vec<Author> {
    let rules = Rules::DEFAULT;
    let without = [
        (
            "no cost of parallels",
            Rules {
                parallel: 0.0,
                antiparallel: 0.0,
                ..rules
            },
        ),
        (
            "no cost of hidden fifths and octaves",
            Rules {
                hidden: 0.0,
                ..rules
            },
        ),
        (
            "no cost of crossing",
            Rules {
                crossing: 0.0,
                ..rules
            },
        ),
        (
            "no cost of overlap",
            Rules {
                overlap: 0.0,
                ..rules
            },
        ),
        (
            "no cost of spacing",
            Rules {
                spacing: 0.0,
                ..rules
            },
        ),
        (
            "no cost off the beat",
            Rules {
                off_beat: 0.0,
                ..rules
            },
        ),
        ("no cost of leaps", Rules { leap: 0.0, ..rules }),
    ];
    let mut authors = vec![Author::Bach, Author::Sampler("ruled", OURS)];
    for (name, rules) in without {
        authors.push(Author::Sampler(name, with_rules(rules)));
    }
    authors.push(Author::Sampler("no rules", without_rules()));
    if let Method::Ruled {
        rules,
        heat,
        mending,
        redrawn,
    } = OURS.method
    {
        let other = |heat, mending| Sampling {
            method: Method::Ruled {
                rules,
                heat,
                mending,
                redrawn,
            },
            ..OURS
        };
        authors.push(Author::Sampler("no mending", other(heat, 0.0)));
        authors.push(Author::Sampler("no heat", other(0.0, mending)));
    }
    for passes in [12, 24, 96] {
        authors.push(Author::Sampler("ruled", Sampling { passes, ..OURS }));
    }
    authors.push(Author::Sampler("the article's Gibbs", GIBBS));
    authors
}

/// The table.
pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    let pieces = study.pieces(Fold::Valid)?;
    let mut columns = vec!["sampler", "cost, nats per note"];
    columns.extend(SHOWN.map(|(heading, _)| heading));
    let mut table = Table::new(
        format!(
            "Samplers on the melodies of the validation fold ({} pieces, 16ths)",
            pieces.len()
        ),
        &columns,
    );
    table.notes = vec![
        "As above, with one thing changed in each row. Rates of parallels, hidden intervals and \
         overlaps are per 100 chord changes."
            .to_owned(),
    ];
    let authors = authors();
    for (done, &author) in authors.iter().enumerate() {
        tell(observe, "sampler", done, authors.len())?;
        let measured = Measured::of(study, &pieces, author);
        let mut figures = vec![measured.cost()];
        figures.extend(SHOWN.map(|(_, name)| measured.rate(name)));
        table.row(author.name(), figures);
    }
    Ok(vec![table])
}
