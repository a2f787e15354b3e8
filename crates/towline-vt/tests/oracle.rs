//! The engine against another one.
//!
//! Alacritty's terminal is fed with the same bytes, as far as both mean to do the same: what is
//! left out are the points where terminals differ by choice (tabs, wide characters cut in half,
//! clearing into the history, moving up and down at margins, a line feed while waiting to wrap,
//! what counts from the margins).

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::{Config, Term};
use alacritty_terminal::vte::ansi::{Processor, StdSyncHandler};
use proptest::prelude::*;
use towline_vt::{Size, Terminal};

const COLS: u16 = 12;
const ROWS: u16 = 5;

struct Room;

impl Dimensions for Room {
    fn total_lines(&self) -> usize {
        usize::from(ROWS)
    }
    fn screen_lines(&self) -> usize {
        usize::from(ROWS)
    }
    fn columns(&self) -> usize {
        usize::from(COLS)
    }
}

fn output() -> impl Strategy<Value = String> {
    // A carriage return first: whether erasing in the last column still waits to wrap is a choice.
    let edit = (0..14u16, 0..6u16, prop::sample::select("@PXKCDSTd".chars().collect::<Vec<_>>()))
        .prop_map(|(col, n, last)| {
            let n = match last {
                'K' => n % 3,
                // Theirs blanks as many cells at the end as were asked for, not as were there.
                'P' => n.min(1),
                _ => n,
            };
            format!("\r\x1b[{}C\x1b[{n}{last}", col + 1)
        });
    prop_oneof![
        6 => "[ -~]{1,20}",
        2 => "[é─ж]{1,3}\r\n",
        3 => Just("\r\n".to_owned()),
        2 => prop::sample::select(vec!["\r", "\x08", "\r\x1bM", "\r\x1bD", "\x1bE", "\r\x1b[J"])
            .prop_map(str::to_owned),
        4 => edit,
        2 => (1..8u16, 1..14u16).prop_map(|(row, col)| format!("\x1b[{row};{col}H")),
        2 => prop::sample::select(vec!["0", "1", "4", "7", "31", "42", "38;5;9", "48;2;1;2;3", "22"])
            .prop_map(|code| format!("\x1b[{code}m")),
        1 => (1..4u16, 3..8u16).prop_map(|(top, bottom)| format!("\x1b[{top};{bottom}r")),
        1 => Just("\x1b[r".to_owned()),
        1 => prop::sample::select(vec!["\r\x1b[L", "\r\x1b[M", "\r\x1b[2L"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["\r\x1b7", "\x1b8"]).prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn agrees(parts in prop::collection::vec(output(), 1..25)) {
        let bytes = parts.concat();
        let mut ours = Terminal::new(Size { cols: COLS, rows: ROWS }, 1000);
        ours.feed(bytes.as_bytes(), &mut Vec::new());
        let mut theirs = Term::new(Config::default(), &Room, VoidListener);
        Processor::<StdSyncHandler>::new().advance(&mut theirs, bytes.as_bytes());

        let grid = theirs.grid();
        let point = grid.cursor.point;
        let place = (point.line.0 as u16, point.column.0 as u16, grid.cursor.input_needs_wrap);
        let cursor = ours.cursor();
        prop_assert_eq!((cursor.row, cursor.col, cursor.pending_wrap), place);
        prop_assert_eq!(ours.screen_start(), grid.history_size() as u64);
        let first = -(grid.history_size() as i32);
        for line in first..i32::from(ROWS) {
            let text: String = (0..usize::from(COLS))
                .map(|col| &grid[Line(line)][Column(col)])
                .filter(|cell| !cell.flags.contains(Flags::WIDE_CHAR_SPACER))
                .map(|cell| cell.c)
                .collect();
            let number = (i64::from(line) - i64::from(first)) as u64;
            prop_assert_eq!(ours.line(number).unwrap().text(), text.trim_end_matches(' '));
        }
    }
}
