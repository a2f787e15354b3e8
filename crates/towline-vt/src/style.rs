//! Writes styles and cells as escape sequences.

use std::io::Write as _;

use crate::cell::{Attrs, Cell, Color, ColorKind, Style};
use crate::extras::Extras;

/// Appends what changes one style to another; `None` stands for an unknown one.
pub(crate) fn change(out: &mut Vec<u8>, from: Option<Style>, to: Style, extras: &Extras) {
    if from == Some(to) {
        return;
    }
    let new = extras.get(to.extra);
    let old = from.map(|from| extras.get(from.extra));
    if old.is_none_or(|old| old.link != new.link) {
        match &new.link {
            None => out.extend_from_slice(b"\x1b]8;;\x1b\\"),
            Some(link) => {
                out.extend_from_slice(b"\x1b]8;");
                if !link.id.is_empty() {
                    out.extend_from_slice(b"id=");
                    out.extend_from_slice(link.id.as_bytes());
                }
                out.push(b';');
                out.extend_from_slice(link.uri.as_bytes());
                out.extend_from_slice(b"\x1b\\");
            }
        }
    }
    let drawn =
        |style: Style, underline: Color| (style.fg, style.bg, style.attrs.drawn(), underline);
    let target = drawn(to, new.underline);
    let source = match (from, old) {
        (Some(from), Some(old)) => Some(drawn(from, old.underline)),
        _ => None,
    };
    if source == Some(target) {
        return;
    }
    let plain = drawn(Style::DEFAULT, Color::DEFAULT);
    if target == plain {
        out.extend_from_slice(b"\x1b[m");
        return;
    }
    // Two ways: change what differs, or start from nothing. The shorter one stays.
    let start = out.len();
    sgr(out, b"\x1b[0;", plain, target);
    let middle = out.len();
    if let Some(source) = source {
        sgr(out, b"\x1b[", source, target);
        if out.len() - middle < middle - start {
            out.drain(start..middle);
        } else {
            out.truncate(middle);
        }
    }
}

/// The parameters and the end of the SGR sequence that makes a style from any other, with the parts of a colour joined by
/// colons, as xterm tells them.
pub(crate) fn parameters(style: Style, extras: &Extras) -> Vec<u8> {
    let underline = extras.get(style.extra).underline;
    let mut out = b"0;".to_vec();
    attributes(&mut out, Attrs::default(), style.attrs.drawn());
    for (color, base) in [(style.fg, 38), (style.bg, 48), (underline, 58)] {
        match color.kind() {
            ColorKind::Default => {}
            ColorKind::Indexed(n @ 0..=7) if base < 58 => {
                number(&mut out, format_args!("{};", base - 8 + n));
            }
            ColorKind::Indexed(n @ 8..=15) if base < 58 => {
                number(&mut out, format_args!("{};", base + 44 + n));
            }
            ColorKind::Indexed(n) => number(&mut out, format_args!("{base}:5:{n};")),
            ColorKind::Rgb(r, g, b) => number(&mut out, format_args!("{base}:2::{r}:{g}:{b};")),
        }
    }
    // The last separator becomes the end.
    if let Some(last) = out.last_mut() {
        *last = b'm';
    }
    out
}

type Drawn = (Color, Color, Attrs, Color);

fn sgr(out: &mut Vec<u8>, prefix: &[u8], from: Drawn, to: Drawn) {
    out.extend_from_slice(prefix);
    attributes(out, from.2, to.2);
    if from.0 != to.0 {
        color(out, to.0, 30);
    }
    if from.1 != to.1 {
        color(out, to.1, 40);
    }
    if from.3 != to.3 {
        underline_color(out, to.3);
    }
    // The last separator becomes the end.
    if let Some(last) = out.last_mut() {
        *last = b'm';
    }
}

fn attributes(out: &mut Vec<u8>, from: Attrs, to: Attrs) {
    const SIMPLE: [(u16, &[u8], &[u8]); 6] = [
        (Attrs::ITALIC, b"3;", b"23;"),
        (Attrs::BLINK, b"5;", b"25;"),
        (Attrs::INVERSE, b"7;", b"27;"),
        (Attrs::HIDDEN, b"8;", b"28;"),
        (Attrs::STRIKE, b"9;", b"29;"),
        (Attrs::OVERLINE, b"53;", b"55;"),
    ];
    // One code ends both bold and dim.
    let mut from = from;
    let lost = |bit| from.has(bit) && !to.has(bit);
    if lost(Attrs::BOLD) || lost(Attrs::DIM) {
        out.extend_from_slice(b"22;");
        from = from.without(Attrs::BOLD | Attrs::DIM);
    }
    for (bit, on) in [(Attrs::BOLD, b"1;"), (Attrs::DIM, b"2;")] {
        if to.has(bit) && !from.has(bit) {
            out.extend_from_slice(on);
        }
    }
    for (bit, on, off) in SIMPLE {
        if to.has(bit) != from.has(bit) {
            out.extend_from_slice(if to.has(bit) { on } else { off });
        }
    }
    if to.underline() != from.underline() {
        match to.underline() {
            0 => out.extend_from_slice(b"24;"),
            1 => out.extend_from_slice(b"4;"),
            shape => number(out, format_args!("4:{shape};")),
        }
    }
}

fn color(out: &mut Vec<u8>, color: Color, base: u8) {
    match color.kind() {
        ColorKind::Default => number(out, format_args!("{};", base + 9)),
        ColorKind::Indexed(n @ 0..=7) => number(out, format_args!("{};", base + n)),
        ColorKind::Indexed(n @ 8..=15) => number(out, format_args!("{};", base + 52 + n)),
        ColorKind::Indexed(n) => number(out, format_args!("{};5;{n};", base + 8)),
        ColorKind::Rgb(r, g, b) => number(out, format_args!("{};2;{r};{g};{b};", base + 8)),
    }
}

fn underline_color(out: &mut Vec<u8>, color: Color) {
    match color.kind() {
        ColorKind::Default => out.extend_from_slice(b"59;"),
        ColorKind::Indexed(n) => number(out, format_args!("58:5:{n};")),
        ColorKind::Rgb(r, g, b) => number(out, format_args!("58:2::{r}:{g}:{b};")),
    }
}

/// Appends formatted text.
pub(crate) fn number(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = out.write_fmt(text);
}

/// Appends the text of a cell: its character and what combines with it.
pub(crate) fn text(out: &mut Vec<u8>, cell: &Cell, extras: &Extras) {
    if cell.c.is_ascii() {
        out.push(cell.c as u8);
    } else {
        out.extend_from_slice(cell.c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    if cell.style.extra != 0 {
        out.extend_from_slice(extras.get(cell.style.extra).combining.as_bytes());
    }
}
