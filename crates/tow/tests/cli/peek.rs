//! `tow peek`.

use crate::tow;

/// Prints numbered lines, and stays.
const NUMBERS: &str =
    "i=1; while [ $i -le 200 ]; do echo line $i; i=$((i+1)); done; exec sleep 1000";

#[test]
fn the_last_lines_are_shown_without_blank_ones() {
    let tow = tow();
    tow.spawn("x", NUMBERS);
    tow.wait_output("x", "^line 200$");
    let text = tow.ok(&["peek", "x"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[49]), (50, "line 151", "line 200"));
    assert_eq!(tow.ok(&["peek", "x", "-n", "2"]), "line 199\nline 200\n");
    assert_eq!(tow.ok(&["peek", "x", "-n", "0"]), "");
    assert_eq!(tow.ok(&["peek", "x", "-n", "500"]).lines().count(), 200);
    let json = tow.json(&["peek", "x", "-n", "1", "--json"]);
    assert_eq!(json["lines"], serde_json::json!(["line 200"]));
    assert_eq!((json["first_line"].as_u64(), json["gap"].as_bool()), (Some(199), Some(false)));
    assert_eq!(json["pane"]["name"], "x");
}

#[test]
fn the_screen_is_only_what_is_on_it() {
    let tow = tow();
    tow.ok(&["spawn", "--detach", "--name", "x", "--rows", "10", "--", "sh", "-c", NUMBERS]);
    tow.wait_output("x", "^line 200$");
    let text = tow.ok(&["peek", "x", "--screen"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.first(), lines.contains(&"line 191")), (Some(&"line 192"), false), "{text}");
}

#[test]
fn colours_are_kept_only_when_asked_for() {
    let tow = tow();
    tow.spawn("x", "printf '\\033[31mred\\033[m plain\\n'; exec sleep 1000");
    tow.wait_output("x", "red plain");
    assert_eq!(tow.ok(&["peek", "x"]), "red plain\n");
    let text = tow.ok(&["peek", "x", "--ansi"]);
    assert!(text.contains("\x1b[") && text.contains("red"), "{text:?}");
}

#[test]
fn raw_is_what_was_printed_byte_for_byte() {
    let tow = tow();
    tow.spawn("x", "stty raw; printf 'a\\033[31mb\\n\\376'");
    tow.ok(&["wait", "x", "--exit"]);
    let output = tow.command(&["peek", "x", "--raw"]).output().unwrap();
    assert_eq!(output.stdout, b"a\x1b[31mb\n\xfe");
}

#[test]
fn an_ended_pane_can_still_be_read() {
    let tow = tow();
    tow.spawn("x", "echo last words; exit 4");
    tow.ok(&["wait", "x", "--exit"]);
    assert_eq!(tow.ok(&["peek", "x"]), "last words\n");
}

#[test]
fn since_leaves_out_what_is_older() {
    let tow = tow();
    tow.spawn("x", "echo old; read line; echo new; exec sleep 1000");
    tow.wait_output("x", "old");
    let then = now();
    tow.ok(&["send", "x", "--key", "Enter"]);
    tow.wait_output("x", "new");
    let text = tow.ok(&["peek", "x", "--since", &then]);
    assert!(text.contains("new") && !text.contains("old"), "{text}");
    assert!(tow.ok(&["peek", "x", "--since", "1h"]).contains("old"));
}

/// This moment, in a form that `--since` takes.
fn now() -> String {
    jiff::Timestamp::now().to_string()
}

#[test]
fn a_pipe_that_follows_gets_each_row_once() {
    let tow = tow();
    let line = "i=1; while read x; do j=0; while [ $j -lt 40 ]; do echo row $i; i=$((i+1)); j=$((j+1)); done; done";
    tow.spawn("x", &format!("stty -echo; echo ready; {line}"));
    tow.wait_output("x", "ready");
    let follow = tow.start(&["peek", "x", "--follow", "-n", "10"]);
    assert_eq!(follow.line(), "ready");
    for round in 0..5 {
        tow.ok(&["send", "x", "--key", "Enter"]);
        for row in 1..=40 {
            assert_eq!(follow.line(), format!("row {}", round * 40 + row));
        }
    }
    tow.ok(&["send", "x", "--key", "C-d"]);
    let mut follow = follow;
    assert_eq!(follow.finish().code(), Some(0));
    assert_eq!(follow.rest(), Vec::<String>::new());
}

#[test]
fn following_goes_on_without_a_gap_when_the_server_is_killed() {
    let tow = tow();
    tow.spawn("x", "stty -echo; echo ready; while read x; do echo row $x; done");
    tow.wait_output("x", "ready");
    let rows = tow.start(&["peek", "x", "--follow"]);
    let raw = tow.start(&["peek", "x", "--follow", "--raw"]);
    assert_eq!((rows.line(), raw.line()), ("ready".into(), "ready\r".into()));
    for round in 1..=3 {
        tow.kill_server();
        tow.ok(&["send", "x", &round.to_string()]);
        assert_eq!(rows.line(), format!("row {round}"));
        assert_eq!(raw.line(), format!("row {round}\r"));
        while !rows.error_line().contains("lost") {}
    }
}

#[test]
fn following_ends_when_the_server_is_stopped() {
    let tow = tow();
    tow.spawn("x", "echo ready; exec sleep 1000");
    let mut follow = tow.start(&["peek", "x", "--follow"]);
    assert_eq!(follow.line(), "ready");
    tow.ok(&["server", "stop"]);
    assert_eq!(follow.finish().code(), Some(5));
    assert!(tow.server_pid().is_none(), "a client that reconnects starts no stopped server");
}
