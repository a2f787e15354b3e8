//! The whole state behind a loaded terminal, what cannot be seen included.

use super::*;
use crate::support::{Step, apply, describe, size, steps};
use proptest::prelude::*;

const SCROLLBACK: usize = 20;

/// The state as bytes. Neither the numbers of extras nor the cells of rows change on the way.
fn state(terminal: &Terminal) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(terminal.screen(), terminal.parser(), &mut bytes);
    bytes
}

/// Saved and loaded after these steps it is the same, and stays so in the further ones.
fn check(size: Size, steps: &[Step], further: &[Step]) {
    let mut terminal = Terminal::new(size, SCROLLBACK);
    for step in steps {
        apply(&mut terminal, step);
    }
    let mut copy = Terminal::load(&terminal.save(), SCROLLBACK).unwrap();
    assert_eq!(state(&copy), state(&terminal));
    for step in further {
        apply(&mut terminal, step);
        apply(&mut copy, step);
        assert_eq!(describe(&copy), describe(&terminal), "after {step:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn nothing_is_lost(size in size(), steps in steps(40), further in steps(12)) {
        check(size, &steps, &further);
    }

    #[test]
    fn any_bytes_make_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut record = [&MAGIC[..], &[VERSION], &bytes].concat();
        let checksum = crc32fast::hash(&record);
        record.extend_from_slice(&checksum.to_le_bytes());
        let _ = Terminal::load(&record, 10);
    }

    #[test]
    fn a_changed_byte_makes_no_panic(
        size in size(),
        before in steps(20),
        after in steps(20),
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
    ) {
        let mut terminal = Terminal::new(size, SCROLLBACK);
        before.iter().for_each(|step| apply(&mut terminal, step));
        let mut record = terminal.save();
        record.truncate(record.len() - 4);
        let at = HEAD + at.index(record.len() - HEAD);
        record[at] = value;
        let checksum = crc32fast::hash(&record);
        record.extend_from_slice(&checksum.to_le_bytes());
        if let Ok(mut terminal) = Terminal::load(&record, SCROLLBACK) {
            after.iter().for_each(|step| apply(&mut terminal, step));
        }
    }
}

const SIZE: Size = Size { cols: 20, rows: 4 };

fn terminal(text: &str) -> Terminal {
    let mut terminal = Terminal::new(SIZE, 100);
    terminal.feed(text.as_bytes(), &mut Vec::new());
    terminal
}

fn lines(terminal: &Terminal) -> Vec<String> {
    let all = terminal.first_line()..terminal.end_line();
    all.filter_map(|number| terminal.line(number)).map(|line| line.text()).collect()
}

#[test]
fn a_terminal_comes_back_and_goes_on_alike() {
    let mut before = terminal("one\r\ntwo\r\nthree\r\nfour\r\n\x1b[1mfive\x1b]2;name\x07x");
    let mut after = Terminal::load(&before.save(), 100).unwrap();
    for one in [&mut before, &mut after] {
        one.feed(b"\x1b[3b\r\nsix", &mut Vec::new());
    }
    assert_eq!(lines(&before), lines(&after));
    assert_eq!(lines(&after)[4], "fivexxxx");
    assert_eq!((after.title(), after.screen_start()), ("name", before.screen_start()));
}

#[test]
fn less_room_keeps_the_newest_lines() {
    let before = terminal("1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8");
    let after = Terminal::load(&before.save(), 2).unwrap();
    assert_eq!((after.first_line(), after.screen_start()), (2, 4));
    assert_eq!(lines(&after), ["3", "4", "5", "6", "7", "8"]);
}

#[test]
fn an_unfinished_sequence_goes_on() {
    let texts = [
        "\x1b[1;31mx\x1b]2;name\x07\x1bP$qm\x1b\\\x1b]8;;http://a\x1b\\é漢\u{1f600}\x1b(0q\x1b#8",
        "\x1b[>4;2m\x1b[38:2::1:2:3mx\x1b_Ga=T;AAA\x1b\\y\x1bXignored\x1b\\z\x1bNa",
    ];
    for text in texts {
        let mut whole = Vec::new();
        let mut once = Terminal::new(SIZE, 10);
        once.feed(text.as_bytes(), &mut whole);
        for cut in 0..text.len() {
            let mut events = Vec::new();
            let mut first = Terminal::new(SIZE, 10);
            first.feed(&text.as_bytes()[..cut], &mut events);
            let mut second = Terminal::load(&first.save(), 10).unwrap();
            second.feed(&text.as_bytes()[cut..], &mut events);
            assert_eq!((describe(&second), &events), (describe(&once), &whole), "cut at {cut}");
        }
    }
}

#[test]
fn a_record_of_the_first_version_is_read() {
    let hex = "54565453010c000300000000000000000074000000990000001b5d323b6e616d651b5c6f6e650d0a74776f201b5b31\
        3b33316d7265641b5b6d0d0ae6bca265cc810d0a6c6173741b5b3f366c1b5b313b31481b5d383b3b1b5c1b5b6d1b28421b29421b2a421b2b42\
        0f1b371b5d383b3b1b5c1b5b6d1b28421b29421b2a421b2b420f1b5b3f366c1b5b313b33721b5b333b35481b5b3f32303034681b5d383b3b1b\
        5c1b5b6d1b28421b29421b2a421b2b420fda872b2d";
    let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).unwrap() as u8).collect();
    let record: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    let mut terminal = Terminal::load(&record, 10).unwrap();
    assert_eq!(lines(&terminal), ["one", "two red", "漢e\u{301}", "last"]);
    assert_eq!((terminal.title(), terminal.modes().bracketed_paste), ("name", true));
    terminal.feed(b"\x1b[2b", &mut Vec::new());
    assert_eq!(lines(&terminal)[3], "lasttt");
    assert_eq!(Terminal::load(&record[..record.len() - 5], 10).err(), Some(RecordError::Checksum));
}

#[test]
fn damage_is_found() {
    let whole = terminal("some text").save();
    let error = |record: &[u8]| Terminal::load(record, 10).err();
    assert_eq!(error(&whole), None);
    for length in 0..whole.len() {
        assert!(error(&whole[..length]).is_some(), "{length}");
    }
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        assert!(error(&damaged).is_some(), "{at}");
    }
    let mut newer = whole.clone();
    newer[4] = 3;
    assert_eq!(error(&newer), Some(RecordError::Version(3)));
    assert!(error(&[&whole[..], b"x"].concat()).is_some());
}
