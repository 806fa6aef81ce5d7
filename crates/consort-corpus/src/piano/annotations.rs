//! The annotations of the ASAP dataset: a text with a line for each beat.
//!
//! A line has three fields between tabs: the moment in seconds, the same again, and what the beat is:
//! `db` for one that begins a bar, `b` or, in free time, `bR` for another. Where a metre or a key
//! begins, these follow after commas: `db,4/4,-3`, `db,4/4` or `db,,-3`.

use consort_music::Metre;

use super::Beats;

/// The beats of a text.
///
/// # Errors
/// What is wrong with it, and in which line.
pub(super) fn beats(bytes: &[u8]) -> Result<Beats, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut beats = Beats {
        seconds: Vec::new(),
        downbeats: Vec::new(),
        metres: Vec::new(),
        estimated: false,
    };
    for (text, line) in text.lines().zip(1..) {
        let (seconds, is_downbeat, metre) =
            self::line(text).map_err(|reason| format!("line {line}: {reason}"))?;
        if let Some(&before) = beats.seconds.last().filter(|&&before| seconds <= before) {
            return Err(format!("line {line}: {seconds} s is not after {before} s"));
        }
        let metre = metre.map(|metre| (beats.seconds.len(), metre));
        beats.metres.extend(metre);
        beats.seconds.push(seconds);
        beats.downbeats.push(is_downbeat);
    }
    match beats.seconds.len() {
        0 => Err("it has no beats".to_owned()),
        1 => Err("it has a single beat".to_owned()),
        _ => Ok(beats),
    }
}

/// When a beat is, whether it begins a bar, and the metre that begins with it.
fn line(text: &str) -> Result<(f64, bool, Option<Metre>), String> {
    let mut fields = text.split('\t');
    let (Some(seconds), Some(_), Some(label), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(format!("{text:?} is not three fields between tabs"));
    };
    let moment = seconds
        .parse()
        .ok()
        .filter(|moment: &f64| moment.is_finite());
    let moment = moment.ok_or_else(|| format!("{seconds:?} is no moment"))?;
    let mut labels = label.split(',');
    let is_downbeat = match labels.next() {
        Some("db") => true,
        Some("b" | "bR") => false,
        _ => return Err(format!("{label:?} is neither db, b nor bR")),
    };
    let mut metre = None;
    for label in labels {
        if label.contains('/') {
            metre = Some(label.parse().map_err(|error| format!("{error}"))?);
        } else if !label.is_empty() && label.parse::<i8>().is_err() {
            return Err(format!("{label:?} is neither a metre nor a key"));
        }
    }
    Ok((moment, is_downbeat, metre))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_have_moments_bars_and_metres() {
        let text = "0.5\t0.5\tb,4/4,-3\r\n1.0\t1.0\tdb\r\n1.5\t1.5\tbR\r\n2.25\t2.25\tdb,3/8\r\n3\t3\tb,,2\r\n";
        let beats = beats(text.as_bytes()).unwrap();
        assert_eq!(beats.seconds, [0.5, 1.0, 1.5, 2.25, 3.0]);
        assert_eq!(beats.downbeats, [false, true, false, true, false]);
        let metres = [(0, Metre::COMMON), (3, Metre::new(3, 8).unwrap())];
        assert_eq!(beats.metres, metres);
        assert!(!beats.estimated);
    }

    #[test]
    fn a_bad_line_is_named_with_its_fault() {
        for (line, reason) in [
            ("", "\"\" is not three fields"),
            ("1.0 1.0 b", "is not three fields"),
            ("1.0\t1.0\tb\t", "is not three fields"),
            ("soon\t1.0\tb", "\"soon\" is no moment"),
            ("inf\tinf\tb", "\"inf\" is no moment"),
            ("NaN\tNaN\tb", "\"NaN\" is no moment"),
            ("1.0\t1.0\tbeat", "\"beat\" is neither db, b nor bR"),
            ("1.0\t1.0\t", "\"\" is neither db, b nor bR"),
            ("1.0\t1.0\tdb,4/3", "\"4/3\" is no metre"),
            ("1.0\t1.0\tdb,C#", "\"C#\" is neither a metre nor a key"),
            ("0.25\t0.25\tb", "0.25 s is not after 0.5 s"),
            ("0.5\t0.5\tb", "0.5 s is not after 0.5 s"),
        ] {
            let text = format!("0.5\t0.5\tdb,4/4,0\n{line}\n9.0\t9.0\tb\n");
            let fault = beats(text.as_bytes()).unwrap_err();
            assert!(fault.starts_with("line 2: "), "{fault}");
            assert!(fault.contains(reason), "{fault}");
        }
        assert!(beats(b"\xff").unwrap_err().contains("utf-8"));
    }

    #[test]
    fn less_than_two_beats_are_none() {
        assert_eq!(beats(b"").unwrap_err(), "it has no beats");
        assert_eq!(beats(b"1\t1\tdb\n").unwrap_err(), "it has a single beat");
    }
}
