//! SGR: how characters are drawn.

use super::Screen;
use super::params::Csi;
use crate::cell::{Attrs, Color, Style};

impl Screen {
    /// `CSI … m`.
    pub(super) fn set_attributes(&mut self, csi: &Csi) {
        let params = csi.params();
        let mut at = 0;
        while at < params.len() {
            // The parameter and what hangs on it by colons.
            let subs = (at + 1..params.len()).take_while(|&i| csi.is_sub(i)).count();
            let group = &params[at..=at + subs];
            at += group.len();
            match group {
                [38 | 48 | 58] => {
                    let (color, used) = color_after(&params[at..]);
                    at += used;
                    self.set_color(group[0], color);
                }
                [which @ (38 | 48 | 58), rest @ ..] => self.set_color(*which, color_in(rest)),
                [4, shape, ..] => self.set_underline(*shape),
                [code, ..] => self.set_attribute(*code),
                [] => {}
            }
        }
    }

    fn set_attribute(&mut self, code: u16) {
        let style = &mut self.pen.style;
        let attrs = &mut style.attrs;
        let on = |bit| attrs.with(bit);
        let off = |bits| attrs.without(bits);
        *attrs = match code {
            1 => on(Attrs::BOLD),
            2 => on(Attrs::DIM),
            3 => on(Attrs::ITALIC),
            4 => attrs.with_underline(1),
            5 | 6 => on(Attrs::BLINK),
            7 => on(Attrs::INVERSE),
            8 => on(Attrs::HIDDEN),
            9 => on(Attrs::STRIKE),
            21 => attrs.with_underline(2),
            22 => off(Attrs::BOLD | Attrs::DIM),
            23 => off(Attrs::ITALIC),
            24 => attrs.with_underline(0),
            25 => off(Attrs::BLINK),
            27 => off(Attrs::INVERSE),
            28 => off(Attrs::HIDDEN),
            29 => off(Attrs::STRIKE),
            53 => on(Attrs::OVERLINE),
            55 => off(Attrs::OVERLINE),
            _ => return self.set_plain_color(code),
        };
    }

    fn set_plain_color(&mut self, code: u16) {
        let style = &mut self.pen.style;
        let index = |base: u16| Color::indexed((code - base) as u8);
        match code {
            0 => {
                // A link is not an attribute: it stays.
                let extra = style.extra;
                // Nor is protection.
                let protected = style.attrs.has(Attrs::PROTECTED);
                *style = Style { extra, ..Style::DEFAULT };
                if protected {
                    style.attrs = style.attrs.with(Attrs::PROTECTED);
                }
                if self.pen.underline != Color::DEFAULT {
                    self.pen.underline = Color::DEFAULT;
                    self.update_pen();
                }
            }
            30..=37 => style.fg = index(30),
            39 => style.fg = Color::DEFAULT,
            40..=47 => style.bg = index(40),
            49 => style.bg = Color::DEFAULT,
            59 => self.set_color(58, Some(Color::DEFAULT)),
            90..=97 => style.fg = index(82),
            100..=107 => style.bg = index(92),
            _ => {}
        }
    }

    /// DECSCA.
    pub(super) fn protect(&mut self, what: u16) {
        let attrs = &mut self.pen.style.attrs;
        *attrs = match what {
            1 => attrs.with(Attrs::PROTECTED),
            0 | 2 => attrs.without(Attrs::PROTECTED),
            _ => *attrs,
        };
    }

    fn set_underline(&mut self, shape: u16) {
        self.pen.style.attrs = self.pen.style.attrs.with_underline(shape);
    }

    fn set_color(&mut self, which: u16, color: Option<Color>) {
        let Some(color) = color else { return };
        match which {
            38 => self.pen.style.fg = color,
            48 => self.pen.style.bg = color,
            _ => {
                self.pen.underline = color;
                self.update_pen();
            }
        }
    }
}

fn byte(value: u16) -> Option<u8> {
    u8::try_from(value).ok()
}

/// A colour written with semicolons after 38, 48 or 58, and how many parameters it takes.
fn color_after(params: &[u16]) -> (Option<Color>, usize) {
    match params {
        [5, index, ..] => (byte(*index).map(Color::indexed), 2),
        [2, r, g, b, ..] => (rgb(*r, *g, *b), 4),
        // Cut short, or of a kind nobody uses: what follows cannot be told apart from it.
        _ => (None, params.len()),
    }
}

/// A colour written with colons, with or without the colour space that the standard puts first.
fn color_in(params: &[u16]) -> Option<Color> {
    match params {
        [5, index, ..] => byte(*index).map(Color::indexed),
        [2, _, r, g, b, ..] | [2, r, g, b] => rgb(*r, *g, *b),
        _ => None,
    }
}

fn rgb(r: u16, g: u16, b: u16) -> Option<Color> {
    Some(Color::rgb(byte(r)?, byte(g)?, byte(b)?))
}
