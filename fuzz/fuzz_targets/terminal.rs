//! The terminal model: any bytes, any slices, any sizes; then its record and a paint of it.
//!
//! The input is a program: a byte that says what happens, then what it needs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use towline_vt::{Painter, Size, Terminal};

const SCROLLBACK: usize = 50;

/// Everything that a reader can see.
fn describe(terminal: &Terminal) -> Vec<String> {
    let end = terminal.screen_start() + u64::from(terminal.size().rows);
    (terminal.first_line()..end)
        .filter_map(|number| terminal.line(number))
        .map(|line| format!("{} {}", line.wrapped(), line.ansi()))
        .collect()
}

/// A small size, where edges are met often.
fn size(byte: u8) -> Size {
    Size { cols: u16::from(byte >> 3), rows: u16::from(byte & 7) }
}

fuzz_target!(|data: &[u8]| {
    let mut data = data;
    let mut next = |count: usize| {
        let (taken, rest) = data.split_at(count.min(data.len()));
        data = rest;
        taken
    };
    let first = next(2);
    let view = size(first.first().copied().unwrap_or_default());
    let mut terminal = Terminal::new(size(first.last().copied().unwrap_or_default()), SCROLLBACK);
    let mut painter = Painter::new(view);
    let mut client = Terminal::new(view, 0);
    let mut events = Vec::new();
    let mut out = Vec::new();
    let mut last = 0;
    while let &[step] = next(1) {
        match step {
            0xff => terminal.restart(),
            0xfe => terminal.mark_gap(u64::from(step)),
            0xf8..=0xfd => terminal.resize(size(next(1).first().copied().unwrap_or_default())),
            0xf0..=0xf7 => {
                out.clear();
                painter.paint(&terminal, &mut out);
                client.feed(&out, &mut events);
            }
            _ => terminal.feed(next(usize::from(step)), &mut events),
        }
        assert!(terminal.screen_start() >= last);
        last = terminal.screen_start();
        events.clear();
    }
    let record = terminal.save();
    let Ok(copy) = Terminal::load(&record, SCROLLBACK) else { panic!("it reads what it wrote") };
    assert_eq!(copy.save(), record);
    assert_eq!(describe(&copy), describe(&terminal));
    assert_eq!(copy.cursor(), terminal.cursor());
    assert_eq!(copy.modes(), terminal.modes());
    assert_eq!(copy.title(), terminal.title());
});
