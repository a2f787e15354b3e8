//! What sequences tell and answer.

use towline_vt::{Event, Location, ProgressState, PromptMark, Size, Terminal};

fn events(text: &str) -> Vec<Event> {
    let mut terminal = Terminal::new(Size { cols: 80, rows: 24 }, 100);
    let mut events = Vec::new();
    terminal.feed(text.as_bytes(), &mut events);
    events
}

fn check(text: &str, expected: Event) {
    assert_eq!(events(text), [expected], "{text:?}");
}

fn check_reply(text: &str, reply: &str) {
    check(text, Event::Reply(reply.as_bytes().to_vec()));
}

fn notification(title: Option<&str>, body: &str) -> Event {
    Event::Notification { title: title.map(str::to_owned), body: body.to_owned() }
}

#[test]
fn bells_in_a_row_are_one() {
    check("\x07\x07\x07", Event::Bell);
}

#[test]
fn titles() {
    check("\x1b]2;a;b\x07", Event::Title("a;b".into()));
    check("\x1b]0;é\x1b\\", Event::Title("é".into()));
    assert_eq!(events("\x1b]2;a\x07\x1b]2;a\x07").len(), 1, "the same again is no change");
    assert_eq!(
        events("\x1b]2;a\x07\x1b[22;0t\x1b]2;b\x07\x1b[23;0t").last(),
        Some(&Event::Title("a".into()))
    );
}

#[test]
fn notifications() {
    check("\x1b]9;done; really\x07", notification(None, "done; really"));
    check("\x1b]777;notify;Title;Body;more\x07", notification(Some("Title"), "Body;more"));
    check("\x1b]99;;Hello\x1b\\", notification(None, "Hello"));
    check(
        "\x1b]99;i=1:d=0;Title\x1b\\\x1b]99;i=1:d=1:p=body;Body\x1b\\",
        notification(Some("Title"), "Body"),
    );
    check("\x1b]99;e=1;SGVsbG8=\x1b\\", notification(None, "Hello"));
    assert_eq!(events("\x1b]99;i=1:p=?;\x1b\\\x1b]777;other;x\x07\x1b]9;\x07\x1b]9;2;x\x07"), []);
}

#[test]
fn progress() {
    let progress = |state, percent| Event::Progress { state, percent };
    check("\x1b]9;4;1;50\x07", progress(ProgressState::Normal, Some(50)));
    check("\x1b]9;4;2;200\x07", progress(ProgressState::Error, Some(100)));
    check("\x1b]9;4;3\x07", progress(ProgressState::Indeterminate, None));
    check("\x1b]9;4;0;\x07", progress(ProgressState::None, None));
}

#[test]
fn status() {
    let text = "state=blocked:app=codex:kind=permission";
    check(&format!("\x1b]7501;{text}\x1b\\"), Event::Status(text.into()));
    assert_eq!(events("\x1b]7501\x07"), []);
    check("\x1b]7501;?\x07", Event::Reply(b"\x1b]7501;?\x07".to_vec()));
}

#[test]
fn prompts() {
    check("\x1b]133;A;k=i\x07", Event::Prompt(PromptMark::Prompt));
    check("\x1b]133;B\x07", Event::Prompt(PromptMark::Command));
    check("\x1b]133;C\x07", Event::Prompt(PromptMark::Output));
    check("\x1b]133;D\x07", Event::Prompt(PromptMark::End(None)));
    check("\x1b]133;D;130;aid=1\x07", Event::Prompt(PromptMark::End(Some(130))));
}

#[test]
fn folders() {
    let folder = |host: &str, path: &str| {
        Event::WorkingDirectory(Location { host: host.into(), path: path.into() })
    };
    check("\x1b]7;file://box/home/a%20b/%C3%A9\x07", folder("box", "/home/a b/é"));
    check("\x1b]7;file:///tmp\x07", folder("", "/tmp"));
    check("\x1b]9;9;\"/tmp\"\x07", folder("", "/tmp"));
    assert_eq!(events("\x1b]7;http://x/y\x07"), []);
}

#[test]
fn clipboard() {
    check("\x1b]52;c;aGVsbG8=\x07", Event::Clipboard(b"hello".to_vec()));
    check("\x1b]52;;aGVsbG8\x1b\\", Event::Clipboard(b"hello".to_vec()));
    assert_eq!(events("\x1b]52;c;?\x07"), [], "nobody reads the clipboard");
    let big = "QUJD".repeat(200_000);
    check(&format!("\x1b]52;c;{big}\x07"), Event::Clipboard(b"ABC".repeat(200_000)));
    assert_eq!(events(&format!("\x1b]52;c;{}\x07", "QUJD".repeat(300_000))), []);
}

#[test]
fn a_string_without_end_takes_no_memory_and_ends() {
    let text = format!("\x1b]2;{}\x07after\x1b[6n", "x".repeat(1_000_000));
    check_reply(&text, "\x1b[1;6R");
    let text = format!("\x1bP+q{}\x1b\\after\x1b[6n", "x".repeat(1_000_000));
    check_reply(&text, "\x1b[1;6R");
}

#[test]
fn replies() {
    let cases = [
        ("\x1b[5n", "\x1b[0n"),
        ("\x1b[3;4H\x1b[6n", "\x1b[3;4R"),
        ("\x1b[3;9r\x1b[?6h\x1b[2;4H\x1b[6n", "\x1b[2;4R"),
        ("\x1b[?6n", "\x1b[?1;1;1R"),
        ("\x1b[c", "\x1b[?62;22;52c"),
        ("\x1b[0c", "\x1b[?62;22;52c"),
        ("\x1b[>c", "\x1b[>41;380;0c"),
        ("\x1b[=c", "\x1bP!|00000000\x1b\\"),
        ("\x1b[?1049h\x1b[?1049$p", "\x1b[?1049;1$y"),
        ("\x1b[?2026$p", "\x1b[?2026;2$y"),
        ("\x1b[?31337$p", "\x1b[?31337;0$y"),
        ("\x1b[4$p", "\x1b[4;2$y"),
        ("\x1b]11;?\x07", "\x1b]11;rgb:0000/0000/0000\x07"),
        ("\x1b]10;?\x1b\\", "\x1b]10;rgb:e5e5/e5e5/e5e5\x1b\\"),
        ("\x1b]4;196;?\x07", "\x1b]4;196;rgb:ffff/0000/0000\x07"),
        ("\x1b]4;1;#123456\x07\x1b]4;1;?\x07", "\x1b]4;1;rgb:1212/3434/5656\x07"),
        ("\x1b]4;1;#123456\x07\x1b]104;1\x07\x1b]4;1;?\x07", "\x1b]4;1;rgb:cdcd/0000/0000\x07"),
        ("\x1b[?u", "\x1b[?0u"),
        ("\x1b[>5u\x1b[?u", "\x1b[?5u"),
        ("\x1b[>5u\x1b[=2;2u\x1b[?u", "\x1b[?7u"),
        ("\x1b[>5u\x1b[>1u\x1b[<u\x1b[?u", "\x1b[?5u"),
        ("\x1b[>5u\x1b[?1049h\x1b[?u", "\x1b[?0u"),
        ("\x1b[14t", "\x1b[4;384;640t"),
        ("\x1b[16t", "\x1b[6;16;8t"),
        ("\x1b[18t", "\x1b[8;24;80t"),
        ("\x1b[?4m", "\x1b[>4;0m"),
        ("\x1b[?996n", "\x1b[?997;1n"),
        ("\x1b[1;31m\x1bP$qm\x1b\\", "\x1bP1$r0;1;31m\x1b\\"),
        ("\x1bP$qr\x1b\\", "\x1bP1$r1;24r\x1b\\"),
        ("\x1bP$qx\x1b\\", "\x1bP0$r\x1b\\"),
        ("\x1bP+q5858\x1b\\", "\x1bP0+r\x1b\\"),
    ];
    for (text, reply) in cases {
        check_reply(text, reply);
    }
    let version = events("\x1b[>q");
    assert!(matches!(&version[..], [Event::Reply(r)] if r.starts_with(b"\x1bP>|towline ")));
}

#[test]
fn a_title_is_never_told() {
    check_reply("\x1b[21t", "\x1b]l\x1b\\");
}
