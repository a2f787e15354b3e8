//! A snapshot makes an equal terminal.

mod support;

use proptest::prelude::*;
use support::{Step, apply, assert_same, size, steps};
use towline_vt::{Size, Terminal};

const SCROLLBACK: usize = 20;

fn restored(terminal: &Terminal) -> Terminal {
    let mut copy = Terminal::starting_at(terminal.size(), SCROLLBACK, terminal.first_line());
    copy.feed(&terminal.snapshot(), &mut Vec::new());
    copy
}

fn check(size: Size, steps: &[Step], further: &[Step]) {
    let mut terminal = Terminal::new(size, SCROLLBACK);
    for step in steps {
        apply(&mut terminal, step);
    }
    // A snapshot cannot hold the beginning of a sequence.
    terminal.feed(b"\x18", &mut Vec::new());
    let mut copy = restored(&terminal);
    assert_same(&copy, &terminal, "restored");
    // What cannot be seen is equal too when both go on alike. (What REP repeats is not kept.)
    for step in [Step::Feed(b"x".to_vec())].iter().chain(further) {
        apply(&mut terminal, step);
        apply(&mut copy, step);
        assert_same(&copy, &terminal, &format!("after {step:?}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn equals(size in size(), steps in steps(40), further in steps(12)) {
        check(size, &steps, &further);
    }
}

fn check_text(text: &str) {
    let size = Size { cols: 10, rows: 4 };
    check(size, &[Step::Feed(text.as_bytes().to_vec())], &[]);
}

#[test]
fn examples() {
    let texts = [
        "",
        "one\r\ntwo\r\nthree\r\nfour\r\nfive\r\nsix",
        "a long line that wraps over several rows and into the history of it",
        "123456789漢 a wide character that has no room",
        "\x1b[44mblue\x1b[K\r\n\r\n\r\n\r\nback\x1b[J",
        "0123456789",
        "main\x1b[?1049halt\x1b[5;1Hbottom",
        "\x1b[2;3r\x1b[?6h\x1b[1;1Horigin",
        "\x1b(0lqk\x1b(B\x1b[3g\x1b[5G\x1bH",
        "\x1b]2;one\x07\x1b[22t\x1b]2;two\x07\x1b[>1u\x1b[>5u",
    ];
    for text in texts {
        check_text(text);
    }
}

#[test]
fn a_wide_character_in_a_single_column() {
    // It had no room, yet made the cursor wait to wrap on a row that was wrapped already.
    let size = Size { cols: 1, rows: 2 };
    check(size, &[Step::Feed("/a\x1b[H漢".into())], &[Step::Feed(b"b".to_vec())]);
}
