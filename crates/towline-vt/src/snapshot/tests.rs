//! The whole state behind a restored terminal, what cannot be seen included.

use crate::cell::{Attrs, Cell, Style};
use crate::engine::{Grid, Pen, Row, Saved, Screen};
use crate::extras::Extras;
use crate::size::Size;
use crate::support::{Step, apply, size, steps};
use crate::terminal::Terminal;
use proptest::prelude::*;

const SCROLLBACK: usize = 20;

/// The state as lines of text. Numbers of extras differ between terminals; what they say must not.
fn state(terminal: &Terminal) -> Vec<String> {
    let screen = terminal.screen();
    // Taken apart, so that a new field is not forgotten.
    let Screen {
        main,
        alt,
        cols,
        lines,
        row,
        col,
        pending,
        pen,
        saved,
        top,
        bottom,
        tabs,
        modes,
        keyboards,
        title,
        titles,
        status,
        palette,
        extras,
        synchronized,
        // What REP repeats is not kept.
        last: _,
        // Nor which line the program began on.
        begun: _,
        notice,
        generation: _,
    } = screen;
    let stops: Vec<usize> = (0..*cols).filter(|&col| tabs.is_stop(col)).collect();
    let mut out = vec![
        format!("{cols}x{lines} at {row},{col} pending {pending} margins {top}..{bottom}"),
        format!("{modes:?} synchronized {synchronized}"),
        format!("keyboards {keyboards:?}"),
        format!("title {title:?} above {titles:?} status {status:?}"),
        format!("palette {palette:?}"),
        format!("tabs {stops:?}"),
        format!("notice {notice:?}"),
        format!("pen {}", pen_state(pen, extras)),
    ];
    for Saved { row, col, origin, pen } in saved {
        out.push(format!("saved {row},{col} origin {origin} {}", pen_state(pen, extras)));
    }
    out.push(format!("{} scrolled", main.scrolled()));
    grid_state(main, extras, &mut out);
    if let Some(alt) = alt {
        grid_state(alt, extras, &mut out);
    }
    out
}

fn pen_state(pen: &Pen, extras: &Extras) -> String {
    let Pen { style, underline, link, charsets, active } = pen;
    let extra = extras.get(style.extra);
    let style = Style { extra: 0, ..*style };
    format!("{style:?} {extra:?} {underline:?} {link:?} {charsets:?} {active}")
}

fn grid_state(grid: &Grid, extras: &Extras, out: &mut Vec<String>) {
    out.push(format!("{} columns", grid.cols()));
    let rows = (0..).map_while(|index| grid.kept(index));
    out.extend(rows.map(|row| row_state(row, grid.cols(), extras)));
}

fn row_state(row: &Row, cols: usize, extras: &Extras) -> String {
    let cells: Vec<String> = (0..row.used_len())
        .map(|col| {
            let Cell { c, mut style } = row.get(col);
            // Elsewhere the mark means nothing.
            if !row.wrapped || col + 1 < cols {
                style.attrs = style.attrs.without(Attrs::LEAD);
            }
            let extra = extras.get(style.extra);
            style.extra = 0;
            if style == Style::DEFAULT && *extra == Default::default() {
                return c.to_string();
            }
            format!("<{c} {style:?} {extra:?}>")
        })
        .collect();
    format!("{}{}", cells.concat().trim_end(), if row.wrapped { " wrapped" } else { "" })
}

/// A restored terminal equals the one after these steps.
fn check(size: Size, steps: &[Step]) {
    let mut terminal = Terminal::new(size, SCROLLBACK);
    for step in steps {
        apply(&mut terminal, step);
    }
    // A snapshot can't hold the beginning of a sequence.
    terminal.feed(b"\x18", &mut Vec::new());
    let bytes = terminal.snapshot();
    let mut copy = Terminal::starting_at(terminal.size(), SCROLLBACK, terminal.first_line());
    copy.feed(&bytes, &mut Vec::new());
    let (is, should) = (state(&copy), state(&terminal));
    for (is, should) in is.iter().zip(&should) {
        assert_eq!(is, should, "{}", String::from_utf8_lossy(&bytes));
    }
    assert_eq!(is.len(), should.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn nothing_is_lost(size in size(), steps in steps(40)) {
        check(size, &steps);
    }
}

fn check_text(text: &str) {
    check(Size { cols: 4, rows: 3 }, &[Step::Feed(text.as_bytes().to_vec())]);
}

#[test]
fn what_was_saved_on_a_screen_that_is_not_shown() {
    check_text("\x1b[?1047h\x1b[31m\x1b[2;2H\x1b7\x1b[?1047l");
}

#[test]
fn an_unfinished_notification() {
    check_text("\x1b]99;i=1:d=0;one\x1b\\\x1b]99;i=1:d=0:p=body;two;\x1b\\");
    check_text("\x1b]99;i=1:d=0;\x1b\\");
    check_text(&format!("\x1b]99;i=1:d=0;{}\x1b\\", "é".repeat(1000)));
}

#[test]
fn the_gap_before_a_wide_character_that_is_gone() {
    check_text("abc漢\r\x1b[K");
    check_text("abc漢\rdef\x1b[2D\x1b[41mdefghi");
}

#[test]
fn a_link_of_bytes_that_are_no_text() {
    let mut bytes = b"\x1b]8;;".to_vec();
    bytes.extend([0xff; 4000]);
    bytes.extend(b"\x1b\\a");
    check(Size { cols: 4, rows: 3 }, &[Step::Feed(bytes)]);
}
