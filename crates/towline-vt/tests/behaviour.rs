//! What a program sees its output become.

use towline_vt::{MouseEncoding, MouseMode, Size, Terminal};

fn terminal(cols: u16, rows: u16, text: &str) -> Terminal {
    let mut terminal = Terminal::new(Size { cols, rows }, 100);
    feed(&mut terminal, text);
    terminal
}

fn feed(terminal: &mut Terminal, text: &str) {
    terminal.feed(text.as_bytes(), &mut Vec::new());
}

fn texts(terminal: &Terminal) -> Vec<String> {
    (terminal.first_line()..terminal.end_line())
        .map(|number| terminal.line(number).expect("a kept line").text())
        .collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(texts(&terminal(10, 4, text)), expected, "{text:?}");
}

#[test]
fn text() {
    check("one\r\ntwo", &["one", "two"]);
    check("0123456789", &["0123456789"]);
    check("0123456789a", &["0123456789", "a"]);
    check("0123456789\r\na", &["0123456789", "a"]);
    check("a\tb", &["a       b"]);
    check("a\x08b", &["b"]);
    check("123456789漢", &["123456789", "漢"]);
    check("e\u{301}x", &["e\u{301}x"]);
    check("\x1b(0qx\x1b(Bq", &["─│q"]);
    check("a\x1b[3b", &["aaaa"]);
    check("\x1b[?7l0123456789abc", &["012345678c"]);
    check("1\r\n2\r\n3\r\n4\r\n5", &["1", "2", "3", "4", "5"]);
}

#[test]
fn editing() {
    check("abcdef\x1b[3G\x1b[2@", &["ab  cdef"]);
    check("abcdef\x1b[3G\x1b[2P", &["abef"]);
    check("abcdef\x1b[3G\x1b[2X", &["ab  ef"]);
    check("abcdef\x1b[3G\x1b[K", &["ab"]);
    check("abcdef\x1b[3G\x1b[1K", &["   def"]);
    check("漢漢\x1b[2Gx", &[" x漢"]);
    check("漢漢\x1b[3Gx", &["漢x"]);
    check("a\r\nb\r\nc\x1b[2;1H\x1b[L", &["a", "", "b", "c"]);
    check("a\r\nb\r\nc\x1b[2;1H\x1b[M", &["a", "c"]);
    check("a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[3;1H\n", &["a", "c", "", "d"]);
    check("\x1b[4hbc\ra", &["abc"]);
}

#[test]
fn the_alternate_screen_leaves_the_main_one_alone() {
    let mut t = terminal(10, 3, "main\x1b[?1049h\x1b[Halt");
    assert_eq!(texts(&t), ["alt"]);
    assert!(t.modes().alt_screen);
    feed(&mut t, "\x1b[?1049l!");
    assert_eq!(texts(&t), ["main!"]);
}

#[test]
fn styles() {
    let ansi = |text: &str| terminal(30, 2, text).line(0).unwrap().ansi();
    assert_eq!(ansi("\x1b[1;31mred\x1b[0m plain"), "\x1b[1;31mred \x1b[mplain");
    assert_eq!(ansi("\x1b[4:3;58:2::1:2:3mx"), "\x1b[4:3;58:2::1:2:3mx\x1b[m");
    assert_eq!(ansi("\x1b[38;2;1;2;3;48;5;200mx"), "\x1b[38;2;1;2;3;48;5;200mx\x1b[m");
    assert_eq!(ansi("\x1b[38:2:1:2:3mx"), "\x1b[38;2;1;2;3mx\x1b[m");
    assert_eq!(ansi("\x1b]8;;http://x\x07l\x1b]8;;\x07"), "\x1b]8;;http://x\x1b\\l\x1b]8;;\x1b\\");
    assert_eq!(ansi("\x1b[1m bold blanks   "), " \x1b[1mbold blanks\x1b[m");
}

#[test]
fn modes() {
    let m = terminal(10, 3, "\x1b[?1;25;1003;1006;2004;1004;2026h\x1b=\x1b[5 q").modes();
    assert!(m.app_cursor && m.app_keypad && m.bracketed_paste && m.focus_events);
    assert_eq!((m.mouse, m.mouse_encoding), (MouseMode::Motion, MouseEncoding::Sgr));
    let mut t = terminal(10, 3, "\x1b[?2026h");
    assert!(t.synchronized());
    feed(&mut t, "\x1b[?2026l");
    assert!(!t.synchronized());
}

#[test]
fn a_restart_leaves_text_and_nothing_else() {
    let mut t =
        terminal(10, 3, "old\r\nprompt\x1b[31m\x1b[?1049h\x1b[?1003h\x1b[2;3r\x1b(0alt\x1b[>3u");
    t.restart();
    assert_eq!(t.modes(), towline_vt::Modes::default());
    feed(&mut t, "new q");
    assert_eq!(texts(&t), ["old", "prompt", "new q"]);
    assert_eq!(t.line(2).unwrap().ansi(), "new q");
    assert_eq!(t.program_start(), 2);
    t.restart();
    feed(&mut t, "x");
    assert_eq!(t.program_start(), 3);
    assert_eq!(texts(&t), ["old", "prompt", "new q", "x"]);
    assert_eq!(t.screen_start(), 1);
    // One that goes to the top has all of the screen.
    feed(&mut t, "\x1b[H\x1b[Jy");
    assert_eq!(t.program_start(), 1);
}

#[test]
fn a_gap_is_told_and_numbers_go_on() {
    let mut t = terminal(60, 3, "a\r\nb\r\nc\r\nd\x1b[?1003h");
    t.mark_gap(12_345_678);
    assert_eq!(texts(&t), ["a", "b", "c", "d", "[towline: 12.3 MB of output are gone]", ""]);
    assert_eq!((t.first_line(), t.screen_start(), t.cursor().row), (0, 4, 1));
    assert_eq!(t.modes(), towline_vt::Modes::default());
    let mut t = terminal(60, 3, "");
    t.mark_gap(5);
    assert_eq!(texts(&t), ["[towline: 5 bytes of output are gone]", ""]);
    let mut t = terminal(60, 3, "main\r\n\x1b[?1049h\x1b[3Halternate");
    t.mark_gap(5);
    feed(&mut t, "after");
    assert_eq!(texts(&t), ["main", "[towline: 5 bytes of output are gone]", "after"]);
}

#[test]
fn clearing_the_history_keeps_numbers() {
    let mut t = terminal(10, 2, "a\r\nb\r\nc\r\nd");
    assert_eq!((t.first_line(), t.screen_start(), t.end_line()), (0, 2, 4));
    feed(&mut t, "\x1b[3J");
    assert_eq!((t.first_line(), t.screen_start(), t.end_line()), (2, 2, 4));
    feed(&mut t, "\x1bc");
    assert_eq!((t.first_line(), t.screen_start(), t.end_line()), (2, 2, 3));
}

#[test]
fn scrollback_is_bounded() {
    let text: String = (0..1000).map(|n| format!("{n}\r\n")).collect();
    let t = terminal(10, 4, &text);
    assert_eq!(t.screen_start() - t.first_line(), 100);
    assert_eq!(t.line(t.first_line()).unwrap().text(), "897");
    assert!(t.line(t.first_line() - 1).is_none());
    assert!(t.line(u64::MAX).is_none());
}

#[test]
fn a_narrower_screen_wraps_and_a_wider_one_joins() {
    let mut t = terminal(10, 4, "0123456789abc\r\nx");
    t.resize(Size { cols: 5, rows: 4 });
    assert_eq!(texts(&t), ["01234", "56789", "abc", "x"]);
    t.resize(Size { cols: 20, rows: 4 });
    assert_eq!(texts(&t), ["0123456789abc", "x"]);
    assert_eq!((t.cursor().row, t.cursor().col), (1, 1));
}

#[test]
fn zero_sizes_become_one() {
    let mut t = Terminal::new(Size { cols: 0, rows: 0 }, 0);
    feed(&mut t, "漢字abc");
    assert_eq!(t.size(), Size { cols: 1, rows: 1 });
    t.resize(Size { cols: 0, rows: 3 });
    assert_eq!(t.size(), Size { cols: 1, rows: 3 });
}

#[test]
fn hostile_numbers_cost_little() {
    let start = std::time::Instant::now();
    let text = "x\x1b[9999999999b\x1b[9999999999S\x1b[9999999999T\x1b[9999999999L\x1b[9999999999@\x1b[9999999999I";
    let mut t = Terminal::new(Size { cols: 80, rows: 24 }, 1000);
    for _ in 0..200 {
        feed(&mut t, text);
    }
    assert!(start.elapsed().as_secs() < 10);
}

#[test]
fn endless_combining_characters_and_links_are_bounded() {
    let mut t = terminal(10, 3, &format!("a{}", "\u{301}".repeat(100_000)));
    assert!(t.line(0).unwrap().text().chars().count() < 20);
    for n in 0..200_000 {
        feed(&mut t, &format!("\x1b]8;;http://example/{n}\x1b\\x"));
    }
    let number = t.screen_start();
    let ansi = t.line(number).unwrap().ansi();
    assert!(ansi.contains("http://example/1999"), "{ansi}");
}
