//! Screens of Gemini CLI that the recordings don't have: other ways to log in, other views, and its own dialogs, which nothing is known of.

use towline_agents::rules::{On, Shown};
use towline_agents::{Reason, State, shipped};

const FOOT: &str = "────────────────────────────────────────
 Shift+Tab to accept edits
▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
 >   Type your message or @path/to/file
▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀
 workspace (/directory)           /model
 ~/app                    gemini-2.5-pro";

const PERMISSION: &str = "\
╭─────────────────────────────────────╮▄
│ ? Shell  touch one.txt two.t…1 of 2 │█
│ ╭─────────────────────────────────╮ │█
│ │ touch one.txt two.txt           │ │█
│ │ three.txt                       │ │█
│ ╰─────────────────────────────────╯ │█
│ Allow execution of [Shell]?         │█
│                                     │█
│ ● 1. Allow once                     │█
│   2. Allow for this session         │█
│   3. No, suggest changes (esc)      │█
╰─────────────────────────────────────╯█";

#[test]
fn what_stands_at_the_bottom_tells() {
    let rules = shipped::rules("gemini").expect("it has rules");
    let blocked =
        |reason, question: &str| Some((State::Blocked, Some(reason), question.to_owned()));
    let plain = |state| Some((state, None, String::new()));
    for (what, screen, expected) in [
        (
            "a scroll bar beside it",
            PERMISSION.to_owned(),
            blocked(Reason::Permission, "touch one.txt two.txt three.txt"),
        ),
        ("the same, further up", format!("{PERMISSION}\n\n\n{FOOT}"), plain(State::Idle)),
        (
            "a diff that has pushed its head off",
            "│ │ 1 - alpha  │ │\n│ ╰────────────╯ │\n│ Apply this change?  │\n│ ● 1. Allow once  │\n\
             │   2. Modify with external editor │\n│   3. No, suggest changes (esc)  │\n╰───────────────────╯"
                .to_owned(),
            blocked(Reason::Permission, "Apply this change?"),
        ),
        (
            "a view for screen readers",
            "? Shell   touch x\ntouch x\nAllow execution of [Shell]?\n(checked) 1. Allow once\n2. Allow for this session\n\
             3. No, suggest changes (esc)"
                .to_owned(),
            blocked(Reason::Permission, "Allow execution of [Shell]?"),
        ),
        (
            "a key is asked for",
            "╭──────────────────────────────────╮\n│ Enter Gemini API Key             │\n│ Paste your API key here          │\n\
             │ (Press Enter to submit, Esc to   │\n│ cancel)                          │\n╰──────────────────────────────────╯"
                .to_owned(),
            blocked(Reason::Login, "Enter Gemini API Key"),
        ),
        (
            "a code is asked for",
            "Please visit the following URL to authorize the application:\n\nhttps://accounts.example.org/x\n\n\
             Enter the authorization code:"
                .to_owned(),
            blocked(Reason::Login, "Enter the authorization code:"),
        ),
        (
            "a spinner in a narrow pane",
            format!(" ⠋ Thinking... (esc to cancel, 1\n? for shortcuts\n{FOOT}"),
            plain(State::Working),
        ),
        ("the first frame", FOOT.to_owned(), plain(State::Starting)),
        ("a shell command typed", format!("hello\n\n{}", FOOT.replace(" > ", " ! ")), plain(State::Idle)),
        (
            "a dialog of a command to itself",
            "╭──────────────────────────────────╮\n│ Select Model                     │\n│ ● 2. Manual (gemini-2.5-pro)     │\n\
             │ (Press Esc to close)             │\n╰──────────────────────────────────╯"
                .to_owned(),
            None,
        ),
    ] {
        let found = rules.on_screen(&Shown::new(screen.lines()));
        let found = found.map(|found| {
            (found.claim.state, found.claim.reason, found.claim.question.unwrap_or_default())
        });
        assert_eq!(found, expected, "{what}:\n{screen}");
    }
}

#[test]
fn a_title_tells_of_work_and_of_questions_but_of_no_rest() {
    let rules = shipped::rules("gemini").expect("it has rules");
    for (title, expected) in [
        ("◇  Ready (app)", None),
        ("✦  Working… (app)", Some(State::Working)),
        ("✦  Considering the matter (app)", Some(State::Working)),
        ("⏲  Working… (app)", Some(State::Working)),
        ("✋  Action Required (app)", Some(State::Blocked)),
        ("Gemini CLI (app)", None),
        ("", None),
    ] {
        let found = rules.on_text(On::Title, title).map(|found| found.claim.state);
        assert_eq!(found, expected, "{title}");
    }
    // What it asks isn't known then, nor how it is allowed.
    let blank = Shown::default();
    assert!(rules.keys_for("✋  Action Required (app)", "", &blank).approve.is_empty());
    assert_eq!(rules.keys_for("", "", &Shown::new(PERMISSION.lines())).approve, ["1"]);
}
