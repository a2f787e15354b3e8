//! A terminal that was saved and loaded goes on as one that never stopped.

mod support;

use proptest::prelude::*;
use support::{Step, apply, assert_same, size, steps};
use towline_vt::{Event, Size, Terminal};

const SCROLLBACK: usize = 20;

fn restored(terminal: &Terminal) -> Terminal {
    Terminal::load(&terminal.save(), SCROLLBACK).expect("a record")
}

fn check(size: Size, steps: &[Step], further: &[Step]) {
    let mut terminal = Terminal::new(size, SCROLLBACK);
    for step in steps {
        apply(&mut terminal, step);
    }
    let mut copy = restored(&terminal);
    assert_same(&copy, &terminal, "restored");
    for step in further {
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

    /// Cut anywhere, again and again: also within sequences and characters.
    #[test]
    fn cuts_do_not_matter(
        size in size(),
        parts in prop::collection::vec(support::output(), 1..20),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
    ) {
        let bytes = parts.concat();
        let (mut whole, mut events) = (Terminal::new(size, SCROLLBACK), Vec::new());
        whole.feed(&bytes, &mut events);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let (mut terminal, mut told, mut at) = (Terminal::new(size, SCROLLBACK), Vec::<Event>::new(), 0);
        for cut in cuts {
            terminal.feed(&bytes[at..cut], &mut told);
            terminal = restored(&terminal);
            at = cut;
        }
        terminal.feed(&bytes[at..], &mut told);
        assert_same(&terminal, &whole, "cut");
        prop_assert_eq!(told, events);
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

#[test]
fn a_cursor_saved_under_margins_that_have_moved() {
    let steps = [Step::Feed(b"\x1b[2;4r\x1b[?6h\x1b[3;1H\x1b[s\x1b[?6l\x1b[1;2r".to_vec())];
    let further = [Step::Feed(b"\x1b[u!\x1b[1;6r\x1b[u?".to_vec())];
    check(Size { cols: 10, rows: 6 }, &steps, &further);
}
