//! Random programs, and the comparison of terminals.

#![allow(dead_code, reason = "each test uses a part")]

use proptest::prelude::*;
use towline_vt::{Size, Terminal};

/// Something that happens to a terminal.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A program prints.
    Feed(Vec<u8>),
    /// The pane takes another size.
    Resize(Size),
    /// Another program begins.
    Restart,
    /// Output is missing.
    Gap,
}

/// Does a step.
pub(crate) fn apply(terminal: &mut Terminal, step: &Step) {
    match step {
        Step::Feed(bytes) => terminal.feed(bytes, &mut Vec::new()),
        Step::Resize(size) => terminal.resize(*size),
        Step::Restart => terminal.restart(),
        Step::Gap => terminal.mark_gap(12_345),
    }
}

/// Small sizes, where edges are met often.
pub(crate) fn size() -> impl Strategy<Value = Size> {
    prop_oneof![
        8 => (2..24u16, 2..9u16),
        1 => (1..4u16, 1..4u16),
        1 => (0..130u16, 0..40u16),
    ]
    .prop_map(|(cols, rows)| Size { cols, rows })
}

/// Many steps.
pub(crate) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..most)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        60 => output().prop_map(Step::Feed),
        2 => size().prop_map(Step::Resize),
        1 => Just(Step::Restart),
        1 => Just(Step::Gap),
    ]
}

/// What a program may print in one go.
pub(crate) fn output() -> impl Strategy<Value = Vec<u8>> {
    let text = |s: &'static str| Just(s.as_bytes().to_vec());
    let other = prop::sample::select(vec![
        "\x1b7",
        "\x1b8",
        "\x1b[s",
        "\x1b[u",
        "\x1bD",
        "\x1bM",
        "\x1bE",
        "\x1bc",
        "\x1bH",
        "\x1b=",
        "\x1b>",
        "\x1b(0",
        "\x1b(B",
        "\x1b)0",
        "\x0e",
        "\x0f",
        "\x1bn",
        "\x1b#8",
        "\x1b[!p",
        "\x1b[3g",
        "\x1b[g",
        "\x1b[22t",
        "\x1b[23t",
        "\x1b[?5W",
        "\x1b]104\x07",
        "\x1b]4;7;#aabbcc\x07",
        "\x1b]11;rgb:10/20/30\x1b\\",
        "\x1b[?1048h",
        "\x1b[?1048l",
        "\x1b]99;i=1:d=0;part\x1b\\",
        "\x1b]99;i=1:p=body;end\x1b\\",
        "\x1bN",
        "\x1bO",
        "\x1b*0",
        "\x1b+A",
        "\x1b6",
        "\x1b9",
        "\x1b[?69h",
        "\x1b[?69h\x1b[3;6s",
        "\x1b[?69h\x1b[2;9s\x1b[2;4r",
        "\x1b[1\"q",
        "\x1b[0\"q",
        "\x1b[2 @",
        "\x1b[ A",
        "\x1b[2'}",
        "\x1b['~",
        "\x1b[?J",
        "\x1b[?1J",
        "\x1b[?2K",
        "\x1b[?6;7;2027s",
        "\x1b[?6;7;2027r",
        "\x1bP=1s\x1b\\",
        "\x1bP0;1q\"1;1;20;40#0!9~\x1b\\",
        "\x1b_Ga=T,f=100,m=1;AAAA\x1b\\",
        "\x1b_Gm=0;AAAA\x1b\\",
        "\x1b]1337;MultipartFile=width=3;height=2:AA\x07",
        "\x1b]1337;FilePart=AAAA\x07",
        "\x1b]1337;FileEnd\x07",
        "\u{1f468}\u{200d}\u{1f469}",
        "\u{1f1e9}\u{1f1ea}",
        "\u{2764}\u{fe0f}",
    ]);
    let link = prop::sample::select(vec![
        "\x1b]8;;http://a.example/x;y\x1b\\",
        "\x1b]8;id=1;http://b.example\x07",
        "\x1b]8;;\x1b\\",
    ]);
    prop_oneof![
        10 => "[ -~]{1,30}".prop_map(String::into_bytes),
        4 => "[a-z ]{1,6}(\r\n[a-z ]{0,9}){1,6}".prop_map(String::into_bytes),
        4 => "[あ漢éßж─█😀a \u{301}\u{fe0f}\u{200d}]{1,14}".prop_map(String::into_bytes),
        5 => prop::sample::select(vec!["\r\n", "\r", "\n", "\x08", "\t", "\x07"])
            .prop_map(|s| s.as_bytes().to_vec()),
        10 => csi(),
        6 => sgr(),
        6 => mode(),
        3 => other.prop_map(|s| s.as_bytes().to_vec()),
        2 => link.prop_map(|s| s.as_bytes().to_vec()),
        1 => "[a-zé;]{0,8}".prop_map(|t| format!("\x1b]2;{t}\x07").into_bytes()),
        1 => text("\x1b[?1049h"),
        1 => text("\x1b[?1049l"),
        1 => text("\x1b[?2027h"),
        1 => (0..6u8, 0..4u8).prop_map(|(flags, how)| match how {
            0 => format!("\x1b[>{flags}u"),
            1 => format!("\x1b[<{flags}u"),
            how => format!("\x1b[={flags};{how}u"),
        }.into_bytes()),
        2 => prop::collection::vec(any::<u8>(), 0..12),
        2 => prop::collection::vec(prop::sample::select(b"\x1b[]P_X;:?0129mhHJsq\x07\\\x18\xe3\x81\x82\x80\xff".to_vec()), 1..20),
    ]
}

fn csi() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![
        4 => (0..12u32).prop_map(|n| n.to_string()),
        1 => Just(String::new()),
        1 => Just("9999999999".to_owned()),
    ];
    let last = prop::sample::select(b"@ABCDEFGHIJKLMPSTXZ`abdefgr^HHHJKKLMPSrr".to_vec());
    (number.clone(), number, last)
        .prop_map(|(a, b, last)| format!("\x1b[{a};{b}{}", char::from(last)).into_bytes())
        .prop_map(|mut bytes| {
            // SD and others take one parameter.
            if bytes.ends_with(b";T") {
                bytes = b"\x1b[T".to_vec();
            }
            bytes
        })
}

fn sgr() -> impl Strategy<Value = Vec<u8>> {
    let code = prop_oneof![
        (0..10u8).prop_map(|n| n.to_string()),
        (20..60u8).prop_map(|n| n.to_string()),
        (90..108u8).prop_map(|n| n.to_string()),
        any::<u8>().prop_map(|n| format!("38;5;{n}")),
        any::<u8>().prop_map(|n| format!("48;2;{n};1;2")),
        any::<u8>().prop_map(|n| format!("58:2::{n}:1:2")),
        (0..7u8).prop_map(|n| format!("4:{n}")),
    ];
    prop::collection::vec(code, 0..4)
        .prop_map(|codes| format!("\x1b[{}m", codes.join(";")).into_bytes())
}

fn mode() -> impl Strategy<Value = Vec<u8>> {
    let private = prop::sample::select(vec![
        1u16, 5, 6, 7, 9, 12, 25, 45, 47, 69, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016,
        1045, 1047, 1049, 2004, 2026, 2027, 2031,
    ]);
    prop_oneof![
        6 => (private, any::<bool>())
            .prop_map(|(n, on)| format!("\x1b[?{n}{}", if on { 'h' } else { 'l' }).into_bytes()),
        1 => (prop::sample::select(vec![4, 20]), any::<bool>())
            .prop_map(|(n, on)| format!("\x1b[{n}{}", if on { 'h' } else { 'l' }).into_bytes()),
        1 => (0..8u8).prop_map(|n| format!("\x1b[{n} q").into_bytes()),
        1 => (0..3u8).prop_map(|n| format!("\x1b[>4;{n}m").into_bytes()),
    ]
}

/// A terminal as text, for comparing and for reading in a failure.
pub(crate) fn describe(terminal: &Terminal) -> String {
    let mut out = format!(
        "{:?} {:?} title {:?} sync {}\n{:?}\n{} {} {}\n",
        terminal.size(),
        terminal.cursor(),
        terminal.title(),
        terminal.synchronized(),
        terminal.modes(),
        terminal.first_line(),
        terminal.screen_start(),
        terminal.end_line(),
    );
    let end = terminal.screen_start() + u64::from(terminal.size().rows);
    for number in terminal.first_line()..end {
        let line = terminal.line(number).expect("a kept line");
        let wrapped = if line.wrapped() { " wrapped" } else { "" };
        out.push_str(&format!("{number}: {:?} {:?}{wrapped}\n", line.text(), line.ansi()));
    }
    assert!(terminal.line(end).is_none());
    assert!(terminal.first_line() == 0 || terminal.line(terminal.first_line() - 1).is_none());
    out
}

/// Fails with the first difference.
pub(crate) fn assert_same(is: &Terminal, should: &Terminal, when: &str) {
    let (is, should) = (describe(is), describe(should));
    if let Some((is, should)) = is.lines().zip(should.lines()).find(|(a, b)| a != b) {
        panic!("{when}\n    is {is}\nshould {should}");
    }
    assert_eq!(is, should);
}
