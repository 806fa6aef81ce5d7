//! The look of all pictures, in one place: dark text on white, few lines, colours that stay apart
//! for colour-blind readers.

/// An opaque or see-through colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour {
    pub(crate) red: u8,
    pub(crate) green: u8,
    pub(crate) blue: u8,
    pub(crate) alpha: u8,
}

impl Colour {
    const fn hex(rgb: u32) -> Colour {
        let [_, red, green, blue] = rgb.to_be_bytes();
        Colour {
            red,
            green,
            blue,
            alpha: 255,
        }
    }

    /// This colour, `alpha` of 255 opaque.
    pub(crate) const fn with_alpha(self, alpha: u8) -> Colour {
        Colour { alpha, ..self }
    }

    /// This colour with `percent` of `other` in it.
    fn mixed(self, other: Colour, percent: u16) -> Colour {
        let mix = |a: u8, b: u8| {
            let sum = u16::from(a) * (100 - percent) + u16::from(b) * percent;
            u8::try_from(sum / 100).expect("a mean of two bytes is a byte")
        };
        Colour {
            red: mix(self.red, other.red),
            green: mix(self.green, other.green),
            blue: mix(self.blue, other.blue),
            alpha: self.alpha,
        }
    }
}

pub(crate) const PAPER: Colour = Colour::hex(0xff_ff_ff);
pub(crate) const INK: Colour = Colour::hex(0x1f_29_33);
/// Text beside the point: numbers of bars, ticks, the composer.
pub(crate) const INK_SOFT: Colour = Colour::hex(0x5f_6b_7a);
/// The frame of a plot, bar lines.
pub(crate) const LINE: Colour = Colour::hex(0xb9_c1_cb);
/// Beats and ticks within a plot.
pub(crate) const LINE_FAINT: Colour = Colour::hex(0xe4_e8_ed);
/// The rows of the black keys.
pub(crate) const ROW_SHADE: Colour = Colour::hex(0xf4_f6_f8);
/// The black keys themselves.
pub(crate) const KEY_BLACK: Colour = Colour::hex(0x4a_54_60);
/// A fermata's band over the plot.
pub(crate) const BAND: Colour = Colour::hex(0xf2_b7_05).with_alpha(36);

/// More and less of something, told apart by colour-blind readers as well.
const MORE: Colour = Colour::hex(0x08_45_7e);
const LESS: Colour = Colour::hex(0xb3_4a_00);

/// Okabe and Ito's colours (<https://jfly.uni-koeln.de/color/>) without their black and their
/// yellow, which is too pale on white.
const SERIES: [Colour; 6] = [
    Colour::hex(0x00_72_b2),
    Colour::hex(0xe6_9f_00),
    Colour::hex(0x00_9e_73),
    Colour::hex(0xcc_79_a7),
    Colour::hex(0x56_b4_e9),
    Colour::hex(0xd5_5e_00),
];

/// The colour of the part or line number `index`. After the sixth they return darker, then lighter.
pub(crate) fn series(index: usize) -> Colour {
    let colour = SERIES[index % SERIES.len()];
    match index / SERIES.len() % 3 {
        0 => colour,
        1 => colour.mixed(INK, 45),
        _ => colour.mixed(PAPER, 45),
    }
}

/// The colour of a level from -100 to 100 in a heat map, on paper: 0 has none.
pub(crate) fn heat(level: i8) -> Option<Colour> {
    let percent = u16::from(level.unsigned_abs()).min(100);
    match level {
        0 => None,
        ..0 => Some(PAPER.mixed(LESS, percent)),
        _ => Some(PAPER.mixed(MORE, percent)),
    }
}

/// From little to much: the last seven of the nine colours of YlGnBu (<https://colorbrewer2.org>), which stay
/// apart for colour-blind readers; the first two are too pale on white.
const SCALE: [Colour; 7] = [
    Colour::hex(0xc7_e9_b4),
    Colour::hex(0x7f_cd_bb),
    Colour::hex(0x41_b6_c4),
    Colour::hex(0x1d_91_c0),
    Colour::hex(0x22_5e_a8),
    Colour::hex(0x25_34_94),
    Colour::hex(0x08_1d_58),
];

/// The colour of a share of the most there can be, 0 to 1.
pub(crate) fn scale(share: f64) -> Colour {
    let parts = SCALE.len() - 1;
    let place = share.clamp(0.0, 1.0) * parts as f64;
    let index = (place as usize).min(parts - 1);
    let percent = ((place - index as f64) * 100.0).round() as u16;
    SCALE[index].mixed(SCALE[index + 1], percent)
}

/// Font sizes.
pub(crate) const TITLE: f64 = 18.0;
pub(crate) const TEXT: f64 = 12.5;
pub(crate) const SMALL: f64 = 11.0;
pub(crate) const LABEL: f64 = 10.5;
pub(crate) const TINY: f64 = 9.5;

/// Space around everything.
pub(crate) const MARGIN: f64 = 24.0;
