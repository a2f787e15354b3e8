use super::*;

fn shown(text: &str) -> Shown {
    Shown::new(text.lines())
}

/// (what it is about, the text, before, typed, after, what the last screen tells)
type Case = (&'static str, &'static str, Option<&'static str>, &'static str, &'static str, Look);

#[test]
fn a_text_stands_in_the_box_until_it_is_taken() {
    let cases: &[Case] = &[
        (
            "a transcript above a framed box",
            "fix the tests",
            Some("hello\n╭──╮\n│ > │\n╰──╯\n  ? for shortcuts"),
            "hello\n╭──╮\n│ > fix the tests │\n╰──╯\n",
            "hello\n> fix the tests\n\n* Thinking (esc to interrupt)\n╭──╮\n│ > │\n╰──╯",
            Look::Left,
        ),
        (
            "Enter was taken for a new line",
            "fix the tests",
            Some("❯\n────"),
            "❯ fix the tests\n────",
            "❯ fix the tests\n\n────",
            Look::Stands,
        ),
        (
            "the same was sent before",
            "go on",
            Some("❯ go on\n⏺ done\n────\n❯\n────\n hint"),
            "❯ go on\n⏺ done\n────\n❯ go on\n────\n hint",
            "❯ go on\n⏺ done\n────\n❯ go on\n────\n hint",
            Look::Stands,
        ),
        (
            "the same was sent before, and is taken now",
            "go on",
            Some("❯ go on\n⏺ done\n────\n❯\n────\n hint"),
            "❯ go on\n⏺ done\n────\n❯ go on\n────\n hint",
            "⏺ done\n❯ go on\n✶ Working\n────\n❯ Try \"fix lint errors\"\n────\n hint",
            Look::Left,
        ),
        (
            "a list of commands opens beneath the box, and its marked row begins alike",
            "/clear",
            Some("› Ask anything\n\n  status line"),
            "› /clear\n\n  /clear   begins anew\n  /compact keeps a summary\n  /config\n  /cost",
            "› /clear\n  (no content)\n\n› Ask anything\n\n  status line",
            Look::Left,
        ),
        (
            "a dialog takes the place of the box",
            "/model",
            Some("› Ask anything\n\n  status line"),
            "› /model\n\n  /model  choose",
            "  Select a model\n› 1. small\n  2. large\n  Esc to go back",
            Look::Left,
        ),
        (
            "a dialog, and nothing with that mark any longer",
            "/model",
            Some("❯\n  hint"),
            "❯ /model\n  hint",
            "Choose a model\n  1. small",
            Look::Left,
        ),
        (
            "a dialog beneath a copy of the command",
            "/model",
            Some("hello\n───\n> ready\n───"),
            "hello\n───\n> /model\n───",
            "hello\n> /model\n\nChoose a model\n  1. small\n  2. large",
            Look::Left,
        ),
        (
            "it is queued while the agent works",
            "and then deploy",
            Some("* Working (3s • esc to interrupt)\n\n› Ask\n\n status"),
            "* Working (4s • esc to interrupt)\n\n› and then deploy\n\n status",
            "* Working (5s • esc to interrupt)\n  ↳ and then deploy\n\n› Ask\n\n status",
            Look::Left,
        ),
        (
            "a box without a mark, its text wrapped in a narrow pane",
            "please run all of the tests again",
            Some("hi\n┃\n┃  Build  model\n hint"),
            "hi\n┃  please run all of\n┃  the tests again\n┃\n┃  Build  model\n hint",
            "hi\n┃  please run all of\n┃  the tests again\n┃\n┃  Build  model\n hint",
            Look::Stands,
        ),
        (
            "the same, taken",
            "please run all of the tests again",
            Some("hi\n┃\n┃  Build  model\n hint"),
            "hi\n┃  please run all of\n┃  the tests again\n┃\n┃  Build  model\n hint",
            "┃  please run all of\n┃  the tests again\n\n▣ Build\n\n┃\n┃\n┃  Build  model\n hint",
            Look::Left,
        ),
        (
            "a paste that is shown as a word, and Enter was taken for a new line",
            "one\ntwo\nthree\nfour",
            Some("❯\n hint"),
            "❯ [Pasted text #1 +3 lines]\n hint",
            "❯ [Pasted text #1 +3 lines]\n\n hint",
            Look::Stands,
        ),
        (
            "a paste that was shown as a word is taken",
            "one\ntwo\nthree\nfour",
            Some("❯\n hint"),
            "❯ [Pasted text #1 +3 lines]\n hint",
            "❯ one\n  two\n  three\n  four\n✶ Working\n❯\n hint",
            Look::Left,
        ),
        (
            "nothing is shown of what is typed",
            "secret",
            Some("Password:"),
            "Password:",
            "Password:",
            Look::Unseen,
        ),
        (
            "a server that began anew knows no screen from before: it stands",
            "fix the tests",
            None,
            "❯ old\n⏺ done\n❯ fix the tests\n hint",
            "❯ old\n⏺ done\n❯ fix the tests\n hint",
            Look::Stands,
        ),
        (
            "the same: it was taken before that",
            "fix the tests",
            None,
            "❯ fix the tests\n✶ Working\n❯\n hint",
            "❯ fix the tests\n✶ Working\n❯\n hint",
            Look::Left,
        ),
    ];
    for (about, text, before, typed, after, expected) in cases {
        let before = before.map(shown);
        let found = Typed::find(text, before.as_ref(), &shown(typed));
        assert_eq!(found.look(&shown(after)), *expected, "{about}: {found:?}");
    }
}

#[test]
fn what_it_does_afterwards_proves_that_it_was_taken() {
    use State::{Blocked, Done, Exited, Idle, Starting, Unknown, Working};
    let base = Facts {
        before: Idle,
        entered: 1_000_000,
        state: Idle,
        since: 500_000,
        taken_at: 0,
        look: Look::Stands,
        look_since: 1_000_000,
        command: false,
        now: 2_000_000,
    };
    let cases = [
        ("nothing happened", base, None),
        ("a hook", Facts { taken_at: 1_000_001, ..base }, Some(Proof::Hook)),
        ("a hook of before", Facts { taken_at: 999_999, ..base }, None),
        ("it works", Facts { state: Working, since: 1_200_000, ..base }, Some(Proof::Works)),
        ("it worked before", Facts { before: Working, state: Working, ..base }, None),
        (
            "it worked before, and the text left the box",
            Facts { before: Working, state: Working, look: Look::Left, ..base },
            Some(Proof::Left),
        ),
        ("it asks at once", Facts { state: Blocked, since: 1_200_000, ..base }, Some(Proof::Asks)),
        (
            "it worked, and asks: its question hides the box",
            Facts { before: Working, state: Blocked, since: 1_200_000, look: Look::Left, ..base },
            None,
        ),
        ("the box is empty", Facts { look: Look::Left, ..base }, Some(Proof::Left)),
        (
            "the box is empty just now",
            Facts { look: Look::Left, look_since: 1_999_000, ..base },
            None,
        ),
        ("nothing was ever seen", Facts { look: Look::Unseen, ..base }, None),
        ("it died", Facts { state: Exited, look: Look::Left, ..base }, None),
        (
            "it was told to end",
            Facts { state: Exited, look: Look::Left, command: true, ..base },
            Some(Proof::Ended),
        ),
        (
            "what it does isn't known",
            Facts { before: Unknown, state: Unknown, look: Look::Left, ..base },
            Some(Proof::Left),
        ),
        (
            "done is idle",
            Facts { before: Done, state: Done, look: Look::Left, ..base },
            Some(Proof::Left),
        ),
        (
            "it begins",
            Facts { before: Starting, state: Working, since: 1_000_000, ..base },
            Some(Proof::Works),
        ),
    ];
    for (about, facts, expected) in cases {
        assert_eq!(decide(&facts), expected, "{about}");
    }
}

#[test]
fn an_answer_is_what_stands_between_the_prompt_and_the_box() {
    for (about, prompt, screen, expected) in [
        (
            "a framed box",
            "say hi",
            "> old\nold answer\n> say hi\n\nhi there\n\n  and more\n────\n> ready\n────",
            "hi there\n\n  and more",
        ),
        (
            "a prompt over two rows",
            "please say hi to everybody who is here",
            "❯ please say hi to everybody\n  who is here\n⏺ hi\n────\n❯\n────\n hint",
            "⏺ hi",
        ),
        ("no answer", "say hi", "> say hi\n────\n> ready", ""),
        ("it has scrolled off", "say hi", "hi there\n────\n> ready", ""),
        ("a box without a mark", "say hi", "┃ say hi\n\nhi there", "hi there"),
        ("nothing asked", "", "> a\nb", ""),
    ] {
        let lines: Vec<String> = screen.lines().map(str::to_owned).collect();
        assert_eq!(answer(prompt, &lines), expected, "{about}");
    }
}

#[test]
fn a_command_is_one_line_with_a_slash() {
    assert!(is_command("/status"));
    assert!(!is_command("see /status"));
    assert!(!is_command("/a\nb"));
}
