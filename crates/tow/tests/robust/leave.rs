//! The outer terminal is left exactly as it was, however an attach ends and whatever runs inside.

use rustix::process::Signal;
use towline_testkit::{Outer, Tow, wait_until};
use towline_vt::Modes;

use crate::tmux::Tmux;
use crate::tow;

/// Sets every mode that a full-screen program sets, says that it has, and then reads.
const VIM: &str = r"printf '\033]2;a title\007\033[?1049h\033[?1h\033=\033[?1003h\033[?1006h\033[?2004h\033[?1004h\033[>5u\033[>4;2m\033[5 q\033[?25l\033[3;9r\033[?6hinside\033[1;4;31m\033[4h\033(0'; read line; exit 3";

/// Where the shell's text is when `tow attach` begins, and the command line that begins it.
pub(crate) const SHELL: &str =
    r#"printf '\033]2;outer\007one\ntwo\n'; "$TOW" attach x; echo "status $?"; printf next"#;

fn vim() -> Tow {
    let tow = tow();
    tow.spawn("x", VIM);
    tow.wait_output("x", "inside");
    tow
}

/// What must hold after an attach that says `farewell`; `status` is what it ended with.
#[track_caller]
pub(crate) fn check_left(outer: &mut Outer, farewell: Option<&str>, status: i32) {
    outer.finish();
    outer.wait_for("the shell has gone on", |seen| {
        seen.rows().last().is_some_and(|row| row == "next")
    });
    let status = format!("status {status}");
    let mut expected = vec!["one", "two"];
    expected.extend(farewell);
    expected.extend([status.as_str(), "next"]);
    let seen = outer.seen();
    assert_eq!(seen.rows(), expected);
    assert_eq!(seen.ansi(), expected, "no colour is left");
    assert_eq!(seen.terminal.modes(), Modes::default());
    assert_eq!(seen.terminal.title(), "outer");
    let cursor = seen.terminal.cursor();
    assert_eq!((usize::from(cursor.row), cursor.col), (expected.len() - 1, 4));
    drop(seen);
    assert_eq!(outer.termios(), outer.before());
    // Margins, insert mode and character sets are as they were too.
    let mut terminal = outer.seen();
    let below = "\r\n".repeat(30);
    terminal
        .terminal
        .feed(format!("{below}qx\x1b[H!\x1b[1;1Hab\x1b[1;1Hc").as_bytes(), &mut vec![]);
    let rows = terminal.rows();
    assert_eq!((rows[0].as_str(), rows[23].as_str()), ("cb", "qx"), "{rows:#?}");
}

fn attached(tow: &Tow) -> Outer {
    let outer = Outer::shell(tow, SHELL, (80, 24));
    outer.wait_for("the program's modes are there", |seen| {
        seen.terminal.modes().keyboard == 5 && !seen.terminal.modes().cursor_visible
    });
    outer
}

#[test]
fn by_a_detach() {
    let tow = vim();
    let mut outer = attached(&tow);
    // The terminal speaks the kitty protocol now: Ctrl-b is no control character.
    outer.type_in("\x1b[98;5u\x1b[100u");
    check_left(&mut outer, Some("[detached from local:x]"), 0);
}

#[test]
fn by_the_panes_end() {
    let tow = vim();
    let mut outer = attached(&tow);
    outer.type_in("\r");
    check_left(&mut outer, Some("[x ended: exit status 3]"), 0);
}

#[test]
fn by_a_signal() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let tow = vim();
        let mut outer = attached(&tow);
        let client = child_of(outer.pid().as_raw_nonzero().get());
        rustix::process::kill_process(client, signal).unwrap();
        check_left(&mut outer, None, status);
    }
}

/// The one child of a process.
fn child_of(pid: i32) -> rustix::process::Pid {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let children = wait_until("the shell has started it", || {
        std::fs::read_to_string(&path).ok().filter(|text| !text.trim().is_empty())
    });
    rustix::process::Pid::from_raw(children.trim().parse().unwrap()).unwrap()
}

#[test]
fn by_the_servers_stop() {
    let tow = vim();
    let mut outer = attached(&tow);
    tow.ok(&["server", "stop"]);
    check_left(&mut outer, Some("[server stopped; panes run on]"), 0);
}

#[test]
fn by_a_detach_while_reconnecting() {
    let tow = vim();
    let mut outer = attached(&tow);
    let silent = silence(&tow);
    outer.wait_text("reconnecting…");
    outer.type_in("\x1b[98;5u\x1b[100u");
    check_left(&mut outer, Some("[detached from local:x]"), 0);
    drop(silent);
    std::fs::remove_file(tow.state().join("server.sock")).unwrap();
}

/// Kills the server, and puts in its place one that says nothing.
fn silence(tow: &Tow) -> std::os::unix::net::UnixListener {
    let socket = tow.state().join("server.sock");
    let pid = rustix::process::Pid::from_raw(tow.server_pid().unwrap()).unwrap();
    std::fs::remove_file(&socket).unwrap();
    let silent = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
    silent
}

#[test]
fn by_a_signal_while_reconnecting() {
    let tow = vim();
    let mut outer = attached(&tow);
    let client = child_of(outer.pid().as_raw_nonzero().get());
    let silent = silence(&tow);
    outer.wait_text("reconnecting…");
    rustix::process::kill_process(client, Signal::TERM).unwrap();
    check_left(&mut outer, None, 143);
    drop(silent);
    std::fs::remove_file(tow.state().join("server.sock")).unwrap();
}

#[test]
fn after_it_was_stopped_and_went_on() {
    let tow = vim();
    let mut outer = attached(&tow);
    let client = child_of(outer.pid().as_raw_nonzero().get());
    for _ in 0..3 {
        rustix::process::kill_process(client, Signal::STOP).unwrap();
        // Something else has the terminal meanwhile.
        outer.scribble("\x1b[?1049l\x1b[?1000h\x1b[Hscribbled\x1b[?1049h");
        rustix::process::kill_process(client, Signal::CONT).unwrap();
        outer.wait_for("it is painted anew", |seen| {
            seen.rows().iter().any(|row| row.contains("inside"))
                && seen.terminal.modes().mouse == towline_vt::MouseMode::Motion
        });
        outer.scribble("\x1b[?1049l\x1b[Hone      \x1b[3H\x1b[?1049h");
    }
    outer.type_in("\x1b[98;5u\x1b[100u");
    check_left(&mut outer, Some("[detached from local:x]"), 0);
}

#[test]
fn after_the_window_had_other_sizes() {
    let tow = vim();
    let mut outer = attached(&tow);
    for (cols, rows) in [(100, 40), (33, 7), (80, 24)] {
        outer.resize(cols, rows);
        wait_until("the pane has the size", || (tow.pane("x")["rows"] == rows).then_some(()));
    }
    outer.type_in("\x1b[98;5u\x1b[100u");
    check_left(&mut outer, Some("[detached from local:x]"), 0);
}

#[test]
fn after_a_spawn_that_attached() {
    let tow = tow();
    let line =
        SHELL.replace("attach x", "spawn --name x -- sh -c 'echo inside; read line; exit 4'");
    let mut outer = Outer::shell(&tow, &line, (80, 24));
    outer.wait_text("inside");
    outer.type_in("\r");
    check_left(&mut outer, Some("[x ended: exit status 4]"), 0);
}

#[test]
fn by_a_detach_in_the_middle_of_a_flood() {
    let tow = tow();
    tow.spawn("x", "trap '' INT; while :; do printf '\\033[3%dm日本 %d \\033[?25l' $((i % 8)) $i; i=$((i + 1)); done");
    let mut outer = Outer::shell(&tow, SHELL, (80, 24));
    outer.wait_for("it floods", |seen| seen.rows().len() > 10);
    outer.type_in("\x02d");
    check_left(&mut outer, Some("[detached from local:x]"), 0);
}

#[test]
fn tmux_shows_the_shells_lines_right_below() {
    let tow = vim();
    let line = format!("{SHELL}; exec cat");
    let tmux = Tmux::start(&tow, &line);
    tmux.wait_text("inside");
    tmux.keys(&["C-b", "d"]);
    tmux.wait_rows(&["one", "two", "[detached from local:x]", "status 0", "next"]);
    let facts = "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_cursor_flag} #{keypad_flag} #{insert_flag} #{origin_flag} #{wrap_flag} #{scroll_region_upper} #{scroll_region_lower} #{cursor_x} #{cursor_y}";
    assert_eq!(tmux.fact(facts), "0 1 0 0 0 0 0 1 0 23 4 4");
}

#[test]
fn tmux_shows_them_where_the_attach_was_the_first_thing_in_a_window() {
    let tow = vim();
    let tmux = Tmux::start(&tow, r#""$TOW" attach x; echo "status $?"; printf next; exec cat"#);
    tmux.wait_text("inside");
    tmux.keys(&["C-b", "d"]);
    tmux.wait_rows(&["[detached from local:x]", "status 0", "next"]);
    assert_eq!(tmux.fact("#{cursor_x} #{cursor_y} #{alternate_on}"), "4 2 0");
}

#[test]
fn tmux_shows_them_where_the_window_was_full() {
    let tow = vim();
    let line = format!("seq 100; {SHELL}; exec cat");
    let tmux = Tmux::start(&tow, &line);
    tmux.wait_text("inside");
    tmux.keys(&["C-b", "d"]);
    tmux.wait_text("next");
    let rows = tmux.rows();
    let end = ["100", "one", "two", "[detached from local:x]", "status 0", "next"];
    assert_eq!(rows[rows.len() - end.len()..], end, "{rows:#?}");
    assert_eq!(rows.len(), 24);
}

#[test]
fn a_terminal_without_an_alternate_screen_is_left_clear() {
    let tow = vim();
    let tmux = Tmux::start(
        &tow,
        r#"tmux set-option -w alternate-screen off; "$TOW" attach x; echo "status $?"; printf next; exec cat"#,
    );
    tmux.wait_text("inside");
    tmux.keys(&["C-b", "d"]);
    tmux.wait_rows(&["[detached from local:x]", "status 0", "next"]);
}
