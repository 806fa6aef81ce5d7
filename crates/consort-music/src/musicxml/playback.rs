//! MIDI controllers as MusicXML measures them.

/// The controller that chooses a hundred and twenty-eight banks of programs.
pub(super) const BANK_COARSE: u8 = 0;
/// The controller that chooses one of them.
pub(super) const BANK_FINE: u8 = 32;
/// The controller of the volume.
pub(super) const VOLUME: u8 = 7;
/// The controller of the place between left and right.
pub(super) const PAN: u8 = 10;

/// Controllers of pedals, and the attributes of `sound` for them.
const PEDALS: [(u8, &str); 3] = [
    (64, "damper-pedal"),
    (66, "sostenuto-pedal"),
    (67, "soft-pedal"),
];

/// The controller of the middle between left and right.
const CENTRE: f64 = 64.0;

/// The controller that an attribute of `sound` moves.
pub(super) fn pedal_of(attribute: &str) -> Option<u8> {
    let mut pedals = PEDALS.iter();
    pedals
        .find(|(_, name)| *name == attribute)
        .map(|(number, _)| *number)
}

/// The attribute of `sound` for a controller.
pub(super) fn pedal_name(controller: u8) -> Option<&'static str> {
    let mut pedals = PEDALS.iter();
    pedals
        .find(|(number, _)| *number == controller)
        .map(|(_, name)| *name)
}

/// The position of a controller at so many per cent; none unless that is 0 to 100.
pub(super) fn volume_of(percent: f64) -> Option<u8> {
    position(percent * 1.27)
}

/// The percentage of a position.
pub(super) fn percent(value: u8) -> String {
    hundredths(f64::from(value) / 1.27)
}

/// The position for an angle in degrees, from -90 on the left to 90 on the right; what is behind the
/// listener is taken as before.
pub(super) fn pan_of(degrees: f64) -> Option<u8> {
    if !(-180.0..=180.0).contains(&degrees) {
        return None;
    }
    let before = match degrees {
        90.0.. => 180.0 - degrees,
        ..=-90.0 => -180.0 - degrees,
        _ => degrees,
    };
    let side = if before < 0.0 { CENTRE } else { 127.0 - CENTRE };
    position(CENTRE + before / 90.0 * side)
}

/// The angle of a position.
pub(super) fn degrees(value: u8) -> String {
    let value = f64::from(value);
    let side = if value < CENTRE {
        CENTRE
    } else {
        127.0 - CENTRE
    };
    hundredths((value - CENTRE) / side * 90.0)
}

/// What MusicXML counts from 1 to 128, counted from 0.
pub(super) fn seven_bits(number: Option<i64>) -> Option<u8> {
    number
        .filter(|number| (1..=128).contains(number))
        .and_then(|number| u8::try_from(number - 1).ok())
}

fn position(value: f64) -> Option<u8> {
    let value = value.round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within 0 to 127"
    )]
    (0.0..=127.0).contains(&value).then_some(value as u8)
}

fn hundredths(value: f64) -> String {
    ((value * 100.0).round() / 100.0).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_comes_back() {
        for value in 0..128 {
            let number = |text: String| text.parse::<f64>().unwrap();
            assert_eq!(volume_of(number(percent(value))), Some(value));
            assert_eq!(pan_of(number(degrees(value))), Some(value));
        }
        assert_eq!(
            (percent(127), degrees(64), degrees(0)),
            ("100".into(), "0".into(), "-90".into())
        );
        assert_eq!(
            (volume_of(-1.0), volume_of(f64::NAN), pan_of(181.0)),
            (None, None, None)
        );
        assert_eq!(pan_of(180.0), Some(64));
    }
}
