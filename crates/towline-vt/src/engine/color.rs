//! The colours a program may ask for and change.
//!
//! The model draws nothing, so they only serve to answer. The defaults are those of a dark
//! terminal with xterm's palette: programs ask to find out whether the background is dark.

use std::collections::BTreeMap;

/// What OSC 10 to 19 name, in that order: foreground, background, cursor, the pointer's two, those of a Tektronix (three,
/// with the pair of what is selected between them).
pub(super) const FOREGROUND: u16 = 256;

/// Those of them that are a background, or what is drawn on the foreground.
const DARK: [u16; 4] = [11, 14, 16, 19];

type Rgb = (u8, u8, u8);

/// Colours that differ from the defaults.
#[derive(Clone, Debug, Default)]
pub(crate) struct Palette {
    pub(crate) changed: BTreeMap<u16, Rgb>,
}

impl Palette {
    pub(super) fn set(&mut self, index: u16, rgb: Rgb) {
        self.changed.insert(index, rgb);
    }

    pub(super) fn reset(&mut self, index: u16) {
        self.changed.remove(&index);
    }

    /// Back to the defaults: the 256, not what OSC 10 to 19 set.
    pub(super) fn reset_indexed(&mut self) {
        self.changed.retain(|&index, _| index >= FOREGROUND);
    }

    pub(super) fn get(&self, index: u16) -> Rgb {
        self.changed.get(&index).copied().unwrap_or_else(|| default(index))
    }
}

fn default(index: u16) -> Rgb {
    const BASE: [Rgb; 16] = [
        (0, 0, 0),
        (205, 0, 0),
        (0, 205, 0),
        (205, 205, 0),
        (0, 0, 238),
        (205, 0, 205),
        (0, 205, 205),
        (229, 229, 229),
        (127, 127, 127),
        (255, 0, 0),
        (0, 255, 0),
        (255, 255, 0),
        (92, 92, 255),
        (255, 0, 255),
        (0, 255, 255),
        (255, 255, 255),
    ];
    match index {
        0..=15 => BASE[usize::from(index)],
        16..=231 => {
            let level = |n: u16| if n == 0 { 0 } else { (55 + 40 * n) as u8 };
            let n = index - 16;
            (level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        232..=255 => {
            let level = (8 + 10 * (index - 232)) as u8;
            (level, level, level)
        }
        _ if DARK.contains(&(index - FOREGROUND + 10)) => (0, 0, 0),
        _ => (229, 229, 229),
    }
}

/// Reads `rgb:r/g/b` with one to four digits each, or `#` with three, six, nine or twelve.
pub(super) fn parse(text: &[u8]) -> Option<Rgb> {
    let text = std::str::from_utf8(text).ok()?;
    if !text.is_ascii() {
        return None;
    }
    let (r, g, b) = if let Some(rest) = text.strip_prefix("rgb:") {
        let mut parts = rest.split('/');
        let rgb = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        rgb
    } else {
        let rest = text.strip_prefix('#')?;
        if rest.is_empty() || rest.len() % 3 != 0 {
            return None;
        }
        let (r, rest) = rest.split_at(rest.len() / 3);
        let (g, b) = rest.split_at(rest.len() / 2);
        (r, g, b)
    };
    Some((channel(r)?, channel(g)?, channel(b)?))
}

fn channel(digits: &str) -> Option<u8> {
    let value = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
    let max = match digits.len() {
        1 => 0xf,
        2 => 0xff,
        3 => 0xfff,
        4 => 0xffff,
        _ => return None,
    };
    Some((value * 255 / max) as u8)
}
