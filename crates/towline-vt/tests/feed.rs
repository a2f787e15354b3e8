//! Feeding: slices don't matter, nothing panics, numbers never go down.

mod support;

use proptest::prelude::*;
use support::{apply, describe, output, size, steps};
use towline_vt::{Event, Size, Terminal};

fn fed<'a>(size: Size, slices: impl IntoIterator<Item = &'a [u8]>) -> (String, Vec<Event>) {
    let mut terminal = Terminal::new(size, 20);
    let mut events = Vec::new();
    for slice in slices {
        terminal.feed(slice, &mut events);
    }
    (describe(&terminal), events)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..Default::default() })]

    #[test]
    fn slices_do_not_matter(
        size in size(),
        parts in prop::collection::vec(output(), 1..30),
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = parts.concat();
        let whole = fed(size, [bytes.as_slice()]);
        prop_assert_eq!(&fed(size, bytes.chunks(1)), &whole);
        prop_assert_eq!(&fed(size, parts.iter().map(Vec::as_slice)), &whole);
        let (a, b) = bytes.split_at(cut.index(bytes.len() + 1));
        prop_assert_eq!(&fed(size, [a, b]), &whole);
    }

    #[test]
    fn any_bytes(size in size(), bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let whole = fed(size, [bytes.as_slice()]);
        prop_assert_eq!(fed(size, bytes.chunks(3)), whole);
    }

    #[test]
    fn numbers_never_go_down(size in size(), steps in steps(60), scrollback in 0..30usize) {
        let mut terminal = Terminal::new(size, scrollback);
        let mut last = 0;
        for step in &steps {
            let generation = terminal.generation();
            let before = describe(&terminal);
            apply(&mut terminal, step);
            prop_assert!(terminal.screen_start() >= last);
            last = terminal.screen_start();
            prop_assert!(terminal.first_line() <= last);
            prop_assert!(last - terminal.first_line() <= scrollback as u64);
            prop_assert!(terminal.end_line() > last);
            prop_assert!(terminal.end_line() <= last + u64::from(terminal.size().rows));
            prop_assert!(terminal.generation() != generation || describe(&terminal) == before);
        }
    }

    #[test]
    fn rows_alone_renumber_nothing(
        cols in 2..20u16,
        rows in prop::collection::vec(1..12u16, 1..6),
        parts in prop::collection::vec("[a-z ]{0,30}\r\n", 0..30),
    ) {
        let mut terminal = Terminal::new(Size { cols, rows: 5 }, 2000);
        terminal.feed(parts.concat().as_bytes(), &mut Vec::new());
        let text = |t: &Terminal| {
            (t.first_line()..t.end_line()).map(|n| t.line(n).unwrap().text()).collect::<Vec<_>>()
        };
        let before = text(&terminal);
        for rows in rows {
            terminal.resize(Size { cols, rows });
            prop_assert_eq!(terminal.first_line(), 0);
            prop_assert_eq!(&text(&terminal), &before);
        }
    }

    #[test]
    fn reflow_keeps_the_text(
        cols in prop::collection::vec(2..40u16, 1..6),
        lines in prop::collection::vec("[a-z漢é]{0,60}", 1..20),
    ) {
        let mut terminal = Terminal::new(Size { cols: 20, rows: 6 }, 2000);
        terminal.feed(lines.join("\r\n").as_bytes(), &mut Vec::new());
        let logical = |t: &Terminal| {
            let mut all = String::new();
            for number in t.first_line()..t.end_line() {
                let line = t.line(number).unwrap();
                all.push_str(&line.text());
                if !line.wrapped() {
                    all.push('\n');
                }
            }
            all
        };
        let before = logical(&terminal);
        for cols in cols {
            terminal.resize(Size { cols, rows: 6 });
            prop_assert_eq!(&logical(&terminal), &before);
        }
    }
}

#[test]
fn every_split_of_a_long_example() {
    let bytes = "a\u{301}é漢😀\x1b[1;31mred\x1b[0m\x1b]2;title;x\x07\x1b]8;;http://x\x1b\\l\x1b]8;;\x1b\\\
        \x1b[?1049h\x1b[2;3H\x1b[6n\x1bP$qm\x1b\\\x1b]52;c;aGVsbG8=\x07\x1b]133;D;1\x1b\\\x1b[?2026hx\x1b[>1u"
        .as_bytes();
    let size = Size { cols: 20, rows: 5 };
    let whole = fed(size, [bytes]);
    for cut in 0..=bytes.len() {
        let (a, b) = bytes.split_at(cut);
        assert_eq!(fed(size, [a, b]), whole, "cut at {cut}");
    }
}
