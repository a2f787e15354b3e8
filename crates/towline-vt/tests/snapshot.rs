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

#[test]
fn a_saved_cursor_below_a_screen_that_got_lower_and_higher() {
    // Saved in the seventh row; the snapshot was of a screen of three.
    let steps =
        [Step::Feed(b"\x1b[7;9H\x1b7\x1b[H".to_vec()), Step::Resize(Size { cols: 4, rows: 3 })];
    let further = [Step::Resize(Size { cols: 12, rows: 9 }), Step::Feed(b"\x1b[u!".to_vec())];
    check(Size { cols: 12, rows: 9 }, &steps, &further);
    // The same on the alternate screen, and from it.
    let alternate = Step::Feed(b"\x1b[8;10H\x1b[?1049h".to_vec());
    let further = [further.as_slice(), &[Step::Feed(b"\x1b[?1049l!".to_vec())]].concat();
    check(Size { cols: 12, rows: 9 }, &[[alternate].as_slice(), &steps].concat(), &further);
}

#[test]
fn a_cursor_saved_on_an_alternate_screen_that_was_left() {
    let steps = [Step::Feed(b"\x1b[?1047h\x1b[3;4H\x1b[32m\x1b7\x1b[?1047l".to_vec())];
    let further = [Step::Feed(b"\x1b[?1047h\x1b8!".to_vec())];
    check(Size { cols: 10, rows: 4 }, &steps, &further);
}

#[test]
fn a_combining_character_on_a_blank_with_a_colour() {
    let steps = [Step::Feed(b"\x1b[90m \r\n \x1b[?1049ha".to_vec())];
    let further = [Step::Feed("\x1b[?1049l\u{fe0f}".into())];
    check(Size { cols: 2, rows: 2 }, &steps, &further);
}

#[test]
fn the_gap_before_a_wide_character_that_was_written_over_and_came_again() {
    let size = Size { cols: 4, rows: 3 };
    let steps = [Step::Feed("abc漢\rde".into())];
    let further = [Step::Feed("\r漢".into()), Step::Resize(Size { cols: 8, rows: 3 })];
    check(size, &steps, &further);
}
