//! Each verb that has something to say about a pane of tmux.

use towline_testkit::{Setup, wait_until};

use crate::{loki, spawn};

#[test]
fn a_pane_is_started_in_its_project_and_listed_whole() {
    let fleet = loki(Setup::tmux());
    let host = fleet.host_named("loki");
    let folder = host.project("gridplay");
    let options = ["--env", "A=it's \"x\"", "--cols", "90", "--rows", "20"];
    let spawned = [&["spawn", "--on", "loki", "gridplay", "-d", "--json"], &options[..]].concat();
    let command = ["--", "sh", "-c", "echo \"<$A> $(stty size)\"; exec cat", "sh", "a b;"];
    let pane = fleet.tow.json(&[&spawned[..], &command].concat());
    assert_eq!(pane["target"], "loki:gridplay");
    fleet.tow.wait_output("loki:gridplay", "<it's \"x\"> 20 90");
    let pane = fleet.tow.json(&["info", "loki:gridplay", "--json"]);
    assert_eq!(pane["session"], "agents");
    assert_eq!(pane["name"], "gridplay");
    assert_eq!(pane["cwd"], folder.to_str().unwrap());
    assert_eq!(pane["command"].as_array().unwrap().len(), 5);
    assert_eq!(pane["command"][4], "a b;");
    assert_eq!((&pane["cols"], &pane["rows"]), (&90.into(), &20.into()));
    assert!(pane["pid"].as_i64().unwrap() > 0 && pane["attached"] == 0, "{pane}");
    assert!(pane["memory_bytes"].as_u64().unwrap() > 0 && pane["exit"].is_null(), "{pane}");
    // A tmux on the host itself sees what people expect of such a tool.
    let windows = host.tmux(&["list-windows", "-a", "-F", "#{session_name}:#{window_name}"]);
    assert_eq!(windows, "agents:gridplay\n");
    for target in ["gridplay", "loki:gridplay", "loki:agents:0.0", "loki:agents:gridplay.0"] {
        let found = fleet.tow.json(&["info", target, "--json"]);
        assert_eq!(found["id"], pane["id"], "{target}");
    }
    let taken = fleet.tow.run(&["spawn", "--on", "loki", "gridplay", "-d", "--", "cat"]);
    taken.expect_error(2, "loki has a window gridplay already");
    let nowhere = fleet.tow.run(&["spawn", "--on", "loki", "nowhere", "-d", "--", "cat"]);
    let folder = host.projects().join("nowhere");
    nowhere.expect_error(2, &format!("loki has no folder {}", folder.display()));
    let program = ["spawn", "--on", "loki", "gridplay", "-d", "--name", "other", "--", "no-such"];
    fleet.tow.run(&program).expect_error(1, "loki has no program no-such");
    assert_eq!(host.tmux(&["list-windows", "-a"]).lines().count(), 1);
}

#[test]
fn the_last_lines_are_shown_as_towline_shows_its_own() {
    let fleet = loki(Setup::tmux());
    let line =
        r"for i in $(seq 100); do printf '\033[32mline %s\033[0m\n' $i; done; printf 'end é'; cat";
    spawn(&fleet, "app", line);
    fleet.tow.wait_output("loki:app", "end é");
    let peeked = fleet.tow.ok(&["peek", "loki:app", "-n", "3"]);
    assert_eq!(peeked, "line 99\nline 100\nend é\n");
    let all = fleet.tow.ok(&["peek", "loki:app", "-n", "1000"]);
    assert_eq!(all.lines().count(), 101);
    let screen = fleet.tow.ok(&["peek", "loki:app", "--screen"]);
    assert!(screen.trim_end().ends_with("line 100\nend é") && !screen.contains("line 50\n"));
    let colours = fleet.tow.ok(&["peek", "loki:app", "-n", "2", "--ansi"]);
    assert!(colours.contains("\x1b[32mline 100\x1b["), "{colours:?}");
    let json = fleet.tow.json(&["peek", "loki:app", "-n", "2", "--json"]);
    assert_eq!(json["lines"].as_array().unwrap().len(), 2);
    fleet.tow.run(&["peek", "loki:app", "--raw"]).expect_error(1, "tmux does not keep");
    fleet.tow.run(&["peek", "loki:none"]).expect_error(3, "no pane");
}

#[test]
fn a_follow_prints_each_line_once() {
    let fleet = loki(Setup::tmux());
    spawn(&fleet, "app", "while read n; do for i in $(seq $n); do echo row $n $i; done; done");
    let follow = fleet.tow.start(&["peek", "loki:app", "--follow", "-n", "0"]);
    for count in ["30", "700", "2"] {
        fleet.tow.ok(&["send", "loki:app", count]);
        for number in 1..=count.parse::<u32>().unwrap() {
            let expected = format!("row {count} {number}");
            // Between them is what was typed.
            let line =
                std::iter::repeat_with(|| follow.line()).find(|line| line.starts_with("row"));
            assert_eq!(line.unwrap(), expected);
        }
    }
    fleet.tow.ok(&["kill", "loki:app"]);
    assert!(follow.rest().iter().all(|line| !line.starts_with("row")));
}

#[test]
fn keys_and_texts_are_typed() {
    let fleet = loki(Setup::tmux());
    spawn(&fleet, "app", "stty raw -echo; printf '\\033[?2004hready'; exec cat -v");
    fleet.tow.wait_output("loki:app", "ready");
    fleet.tow.ok(&["send", "loki:app", "--no-enter", "two\nlines"]);
    fleet.tow.ok(&["send", "loki:app", "--no-enter", "/status"]);
    fleet.tow.ok(&["send", "loki:app", "--key", "C-c", "--key", "Up", "--key", "Escape"]);
    let expected = "ready^[[200~two^Mlines^[[201~/status^C^[[A^[";
    wait_until("all was typed", || {
        (fleet.tow.ok(&["peek", "loki:app"]).trim_end() == expected).then_some(())
    });
    fleet.tow.run(&["send", "loki:app", "--key", "Entr"]).expect_error(2, "no key is named");
    let sent = fleet.tow.run_with_input(&["send", "loki:app", "--stdin"], b"from a pipe\n");
    sent.expect_status(0);
    fleet.tow.wait_output("loki:app", r"\^\[\[200~from a pipe\^\[\[201~\^M");
    fleet.tow.run(&["send", "loki:none", "x"]).expect_error(3, "no pane");
}

#[test]
fn an_end_is_waited_for_and_brought_about() {
    let fleet = loki(Setup::tmux());
    spawn(&fleet, "app", "trap 'echo interrupted' INT; while :; do sleep 0.1; done");
    spawn(&fleet, "other", "read x");
    let waiting = fleet.tow.start(&["wait", "loki:other", "--exit"]);
    fleet.tow.ok(&["kill", "loki:app", "--signal", "INT"]);
    fleet.tow.wait_output("loki:app", "interrupted");
    fleet.tow.ok(&["send", "loki:other", "x"]);
    let mut waiting = waiting;
    assert!(waiting.finish().success());
    fleet.tow.run(&["wait", "loki:app", "--exit", "--timeout", "1s"]).expect_status(124);
    fleet.tow.ok(&["rename", "loki:app", "new name"]);
    assert_eq!(fleet.tow.ok(&["kill", "loki:new name"]), "killed loki:new name\n");
    wait_until("the list is empty", || {
        let list = fleet.tow.json(&["list", "--json"]);
        list["panes"].as_array().unwrap().is_empty().then_some(())
    });
}
