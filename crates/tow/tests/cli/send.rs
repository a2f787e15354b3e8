//! `tow send`.

use towline_testkit::{Tow, exists, wait_until};

use crate::tow;

/// A pane that writes each line it reads into the file `lines`.
fn reader(tow: &Tow) -> std::path::PathBuf {
    let file = tow.work().join("lines");
    let line = "echo ready; while IFS= read -r x; do printf '%s\\n' \"$x\" >> lines; echo got; done; exec sleep 1000";
    tow.spawn("x", line);
    tow.wait_output("x", "ready");
    file
}

/// Waits until the file has so many lines, and returns them.
fn lines(file: &std::path::Path, count: usize) -> Vec<String> {
    wait_until("the lines are read", || {
        let text = std::fs::read_to_string(file).ok()?;
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        (lines.len() >= count).then_some(lines)
    })
}

#[test]
fn text_is_typed_literally_and_entered() {
    let tow = tow();
    let file = reader(&tow);
    assert_eq!(tow.ok(&["send", "x", "/status"]), "sent → x: \"/status\"\n");
    tow.ok(&["send", "x", "two", "words"]);
    tow.ok(&["send", "x", "--", "-n $(id) `id` \"'\\ Enter C-c"]);
    tow.ok(&["send", "-q", "x", "名前 é"]);
    let expected = ["/status", "two words", "-n $(id) `id` \"'\\ Enter C-c", "名前 é"];
    assert_eq!(lines(&file, 4), expected);
}

#[test]
fn enter_is_pressed_only_where_it_should_be() {
    let tow = tow();
    let file = reader(&tow);
    tow.ok(&["send", "x", "--no-enter", "half "]);
    tow.ok(&["send", "x", "and half"]);
    assert_eq!(tow.ok(&["send", "x", "keys", "--key", "Enter"]), "sent → x: \"keys\" Enter\n");
    tow.run_with_input(&["send", "x", "--stdin"], b"from\nstdin\n").expect_status(0);
    assert_eq!(lines(&file, 4), ["half and half", "keys", "from", "stdin"]);
}

#[test]
fn keys_are_pressed_by_their_names() {
    let tow = tow();
    let done = tow.work().join("interrupted");
    tow.spawn("x", "trap 'touch interrupted; exit' INT; echo ready; while :; do sleep 0.05; done");
    tow.wait_output("x", "ready");
    tow.ok(&["send", "x", "--key", "C-c"]);
    wait_until("the interrupt has come", || exists(&done));
    tow.spawn("y", "exec sleep 1000");
    tow.run(&["send", "y", "--key", "NoSuchKey"]).expect_error(2, "NoSuchKey");
}

#[test]
fn what_can_not_be_typed_is_told() {
    let tow = tow();
    tow.run(&["send", "none", "x"]).expect_error(3, "no pane `none`");
    tow.spawn("gone", "exit 0");
    tow.ok(&["wait", "gone", "--exit"]);
    tow.run(&["send", "gone", "x"]).expect_error(1, "has ended");
    let file = reader(&tow);
    let long = "x".repeat(5000);
    let told = tow.run(&["send", "x", &long]).expect_error(1, "4");
    assert!(told.stderr.contains("hint: "), "{told:?}");
    tow.ok(&["send", "x", "short"]);
    assert_eq!(lines(&file, 1), ["short"]);
}

#[test]
fn many_at_once_stay_whole() {
    let tow = tow();
    let file = reader(&tow);
    let texts: Vec<String> = (0..20).map(|n| format!("{n}-{}", "y".repeat(300))).collect();
    std::thread::scope(|scope| {
        for text in &texts {
            scope.spawn(|| tow.ok(&["send", "x", text]));
        }
    });
    let mut got = lines(&file, 20);
    got.sort();
    let mut expected = texts;
    expected.sort();
    assert_eq!(got, expected);
}

#[test]
fn json_tells_what_was_sent() {
    let tow = tow();
    tow.spawn("x", "exec sleep 1000");
    let sent = tow.json(&["send", "x", "hello", "--json"]);
    assert_eq!((sent["target"].as_str(), sent["text"].as_str()), (Some("x"), Some("hello")));
    assert_eq!(sent["enter"], true);
}

#[test]
fn an_empty_text_presses_no_enter() {
    let tow = tow();
    for arguments in [&["send", "x", ""][..], &["send", "x", "--stdin"]] {
        let told = tow.run_with_input(arguments, b"").expect_error(2, "nothing to send");
        assert!(told.stderr.contains("hint: tow send x --key Enter"), "{told:?}");
    }
    assert!(!tow.state().exists(), "wrong usage starts no server");
}

#[test]
fn a_text_that_may_yet_be_typed_has_an_unknown_outcome() {
    let tow = tow();
    tow.spawn("x", "stty raw -echo; echo ready; exec sleep 1000");
    tow.wait_output("x", "ready");
    // More than a terminal holds for a program that does not read.
    let text = "x".repeat(100_000);
    let told = tow.run_with_input(&["send", "x", "--stdin", "--timeout", "1s"], text.as_bytes());
    let told = told.expect_error(6, "nobody can say");
    assert!(told.stderr.contains("hint: tow peek x"), "{told:?}");
}
