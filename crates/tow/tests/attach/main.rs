//! `tow attach` on a real pseudo-terminal, against a server whose every word the test decides.

#![allow(clippy::unwrap_used, reason = "a test tells by a panic what is wrong")]

mod client;
mod server;

use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use server::{Client, Server, pane};
use towline_protocol::v1::{self, client_frame, goodbye, reply, request};
use towline_testkit::Outer;

const PREFIX: &str = "\x02";

/// Attaches to a pane `x`, up to where the server has answered.
fn attached(server: &Server, more: &[&str]) -> (Outer, Client, u64, v1::Attach) {
    let outer = client::start(server, &[&["attach", "x"], more].concat());
    let mut client = server.accept();
    let (id, attach) = client.expect_attach();
    client.reply(id, attached_reply(0, false));
    (outer, client, id, attach)
}

fn attached_reply(last: u64, unknown: bool) -> reply::Body {
    let input = v1::InputOpened { pane: 7, last, unknown, ..Default::default() };
    reply::Body::Attached(v1::Attached { pane: Some(pane(7, "x")), input: Some(input) })
}

#[test]
fn bytes_go_both_ways_and_the_terminal_is_left_as_it_was() {
    let server = Server::new();
    let (mut outer, mut client, id, attach) = attached(&server, &[]);
    assert_eq!(attach.target.unwrap().text, "x");
    assert_eq!((attach.client.len(), attach.again, attach.read_only), (16, false, false));
    assert_eq!(attach.size, Some(v1::Size { cols: 80, rows: 24 }));
    outer.wait_sent("\x1b[?1049h");
    client.data(id, b"hello \x1b[1mthere");
    outer.wait_sent("hello \x1b[1mthere");
    outer.type_in("é");
    client.expect_input(1, "é".as_bytes());
    client.ack(id, 1);
    outer.type_in(&format!("{PREFIX}{PREFIX}"));
    client.expect_input(2, b"\x02");
    client.ack(id, 2);
    outer.type_in(&format!("{PREFIX}d"));
    outer.wait_sent("[detached from local:x]");
    assert_eq!(outer.finish(), Some(0));
    let text = outer.sent();
    let left = text.find("\x1b[?1049l").unwrap();
    assert!(left < text.find("[detached").unwrap(), "told after the terminal is left: {text:?}");
    assert!(text.contains("\x1b[?25h") && text.contains("\x1b[?2004l"), "{text:?}");
    assert_eq!(outer.termios(), outer.before(), "as before");
}

#[test]
fn the_end_of_the_pane_is_told() {
    let server = Server::new();
    let (mut outer, mut client, id, _) = attached(&server, &[]);
    let exit = v1::Exit { status: Some(0), ..Default::default() };
    client.end(id, Some(exit));
    outer.wait_sent("[x ended: exit status 0]");
    assert_eq!(outer.finish(), Some(0));
}

#[test]
fn an_unknown_pane_is_told_on_an_untouched_terminal() {
    let server = Server::new();
    let mut outer = client::start(&server, &["attach", "x"]);
    let mut client = server.accept();
    let (id, _) = client.expect_attach();
    client.error(id, v1::ErrorKind::NotFound, "there is no pane x");
    outer.wait_sent("tow: there is no pane x");
    assert_eq!(outer.finish(), Some(3));
    assert!(!outer.sent().contains("\x1b[?1049h"));
}

#[test]
fn what_was_not_written_is_sent_again_and_nothing_twice() {
    let server = Server::new();
    let (mut outer, mut client, id, first) = attached(&server, &[]);
    for (seq, key) in [(1, "a"), (2, "b")] {
        outer.type_in(key);
        client.expect_input(seq, key.as_bytes());
    }
    client.data(id, b"half a sequence \x1b[3");
    outer.wait_sent("\x1b[3");
    drop(client);
    outer.wait_sent("reconnecting…");
    outer.type_in("cd");
    // Keys that come in one by one while the server is away are one input afterwards.
    let mut client = server.accept();
    let (id, again) = client.expect_attach();
    assert_eq!(again.target.unwrap().text, "%7");
    assert_eq!((again.again, &again.client), (true, &first.client));
    client.reply(id, attached_reply(1, false));
    client.expect_input(2, b"b");
    client.expect_input(3, b"cd");
    client.data(id, b"painted again");
    outer.wait_sent("painted again");
    outer.type_in("e");
    client.expect_input(4, b"e");
    (2..=4).for_each(|seq| client.ack(id, seq));
    outer.type_in(&format!("{PREFIX}d"));
    outer.wait_sent("[detached from local:x]");
    assert_eq!(outer.finish(), Some(0));
}

#[test]
fn an_input_that_nobody_knows_any_more_is_told_and_begins_again() {
    let server = Server::new();
    let (outer, mut client, _, first) = attached(&server, &[]);
    outer.type_in("abc");
    client.expect_input(1, b"abc");
    drop(client);
    outer.wait_sent("reconnecting…");
    let mut client = server.accept();
    let (id, _) = client.expect_attach();
    client.reply(id, attached_reply(0, true));
    outer.type_in("later");
    client.expect_cancel(id);
    drop(client);
    let mut client = server.accept();
    let (id, fresh) = client.expect_attach();
    assert!(!fresh.again);
    assert_ne!(fresh.client, first.client);
    client.reply(id, attached_reply(0, false));
    client.expect_input(1, b"later");
    outer.wait_sent("the last 3 bytes typed may not have arrived");
}

#[test]
fn one_can_detach_while_the_server_is_away() {
    let server = Server::new();
    let (mut outer, client, ..) = attached(&server, &[]);
    outer.wait_sent("\x1b[?1049h");
    drop(client);
    outer.wait_sent("reconnecting…");
    outer.type_in("lost");
    outer.type_in(&format!("{PREFIX}d"));
    outer.wait_sent("[detached from local:x; the last 4 bytes typed may not have arrived]");
    assert_eq!(outer.finish(), Some(0));
}

#[test]
fn a_server_that_was_stopped_ends_the_attach() {
    let server = Server::new();
    let (mut outer, mut client, ..) = attached(&server, &[]);
    client.goodbye(goodbye::Reason::Stopped);
    drop(client);
    outer.wait_sent("[server stopped; panes run on]");
    assert_eq!(outer.finish(), Some(0));
}

#[test]
fn a_stop_mark_ends_it_too() {
    let server = Server::new();
    let (mut outer, client, ..) = attached(&server, &[]);
    outer.wait_sent("\x1b[?1049h");
    let mark = server.stop();
    drop(client);
    outer.wait_sent("[server stopped; panes run on]");
    assert_eq!(outer.finish(), Some(0));
    assert!(mark.exists());
}

#[test]
fn a_pane_that_ended_meanwhile_is_told() {
    let server = Server::new();
    let (mut outer, client, ..) = attached(&server, &[]);
    drop(client);
    let mut client = server.accept();
    let (id, _) = client.expect_attach();
    client.error(id, v1::ErrorKind::Ended, "x has ended");
    let (id, body) = client.expect_request();
    assert!(matches!(body, request::Body::Info(_)), "{body:?}");
    let exit = v1::Exit { signal: Some(9), ..Default::default() };
    client.reply(id, reply::Body::Info(v1::Pane { exit: Some(exit), ..pane(7, "x") }));
    outer.wait_sent("[x ended: SIGKILL]");
    assert_eq!(outer.finish(), Some(0));
}

#[test]
fn help_covers_the_pane_until_a_key_and_its_bytes_are_credited() {
    let server = Server::new();
    let (mut outer, mut client, id, _) = attached(&server, &[]);
    outer.type_in(&format!("{PREFIX}?"));
    outer.wait_sent("any key returns");
    for _ in 0..4 {
        client.data(id, &[b'#'; 8 * 1024]);
    }
    // How much is credited at once depends on how much had arrived when the client read. All four have, before it goes on.
    let mut credited = 0;
    while credited < 4 * 8 * 1024 {
        credited += client.expect(|body| match body {
            client_frame::Body::Credit(credit) => Some(credit.bytes),
            _ => None,
        });
    }
    outer.type_in("q");
    client.expect(|body| matches!(body, client_frame::Body::Repaint(_)).then_some(()));
    client.data(id, b"back");
    outer.wait_sent("back");
    assert!(!outer.sent().contains('#'), "nothing is painted under the help");
    outer.type_in("z");
    client.expect_input(1, b"z");
    client.ack(id, 1);
    outer.type_in(&format!("{PREFIX}d"));
    assert_eq!(outer.finish(), Some(0));
}

#[test]
fn a_new_size_is_told() {
    let server = Server::new();
    let (outer, mut client, ..) = attached(&server, &[]);
    outer.wait_sent("\x1b[?1049h");
    outer.resize(100, 30);
    let size = client.expect(|body| match body {
        client_frame::Body::ViewSize(view) => view.size,
        _ => None,
    });
    assert_eq!(size, v1::Size { cols: 100, rows: 30 });
}

#[test]
fn a_signal_leaves_the_terminal_as_it_was() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let server = Server::new();
        let (mut outer, _client, ..) = attached(&server, &[]);
        outer.wait_sent("\x1b[?1049h");
        // Ctrl-Z is a key, and so the signal does nothing.
        outer.signal(Signal::TSTP);
        outer.signal(signal);
        assert_eq!(outer.finish(), Some(status));
        // The terminal may be read a little after the client has ended.
        outer.wait_sent("\x1b[?1049l");
        assert_eq!(outer.termios(), outer.before());
    }
}

#[test]
fn a_reader_types_nothing() {
    let server = Server::new();
    let (mut outer, mut client, id, attach) = attached(&server, &["--read-only"]);
    assert!(attach.read_only);
    client.data(id, b"text");
    outer.wait_sent("text");
    outer.type_in("typed");
    outer.type_in(&format!("{PREFIX}d"));
    outer.wait_sent("[detached from local:x]");
    assert_eq!(outer.finish(), Some(0));
    assert!(client.rest().iter().all(|body| !matches!(body, client_frame::Body::Input(_))));
}

#[test]
fn a_prefix_in_a_paste_is_text() {
    let server = Server::new();
    let (mut outer, mut client, id, _) = attached(&server, &[]);
    outer.wait_sent("\x1b[?1049h");
    let paste = "\x1b[200~one\x02d two\x1b[201~";
    outer.type_in(paste);
    let mut got = Vec::new();
    while got.len() < paste.len() {
        let (seq, data) = client.expect(|body| match body {
            client_frame::Body::Input(input) => Some((input.seq, input.data)),
            _ => None,
        });
        client.ack(id, seq);
        got.extend(data);
    }
    assert_eq!(got, paste.as_bytes());
    outer.type_in(&format!("{PREFIX}d"));
    assert_eq!(outer.finish(), Some(0));
}

#[test]
fn one_can_detach_from_a_terminal_that_takes_nothing() {
    let server = Server::new();
    let (mut outer, mut client, id, _) = attached(&server, &[]);
    outer.wait_sent("\x1b[?1049h");
    outer.pause();
    for _ in 0..16 {
        client.data(id, &[b'x'; 16 * 1024]);
    }
    outer.type_in(&format!("{PREFIX}d"));
    // The connection ends although the terminal has not taken what was painted.
    client.wait_closed();
    outer.resume();
    outer.wait_sent("[detached from local:x]");
    assert_eq!(outer.finish(), Some(0));
}

#[test]
fn a_newcomer_is_told_how_to_detach_five_times() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::new();
    for attach in 0..6 {
        let mut outer = client::start_in(home.path(), &server, &["attach", "x"]);
        let mut client = server.accept();
        let (id, _) = client.expect_attach();
        client.reply(id, attached_reply(0, false));
        client.data(id, b"first painting");
        outer.wait_sent("first painting");
        if attach < 5 {
            outer.wait_sent("Ctrl-b d detaches");
        }
        outer.type_in(&format!("{PREFIX}d"));
        outer.wait_sent("[detached");
        assert_eq!(outer.finish(), Some(0));
        assert_eq!(outer.sent().contains("Ctrl-b d detaches"), attach < 5, "attach {attach}");
    }
}

#[test]
fn a_pane_is_chosen_from_a_list() {
    let server = Server::new();
    let mut outer = client::start(&server, &["attach"]);
    let mut client = server.accept();
    let (id, body) = client.expect_request();
    assert!(matches!(body, request::Body::List(_)), "{body:?}");
    let panes = vec![pane(4, "app"), pane(5, "docs")];
    client.reply(id, reply::Body::Listed(v1::Listed { panes, ..Default::default() }));
    outer.wait_sent("2 docs");
    outer.type_in("2");
    let mut client = server.accept();
    let (id, attach) = client.expect_attach();
    assert_eq!(attach.target.unwrap().text, "%5");
    client.reply(id, attached_reply(0, false));
    outer.type_in(&format!("{PREFIX}d"));
    outer.wait_sent("[detached from local:x]");
    assert_eq!(outer.finish(), Some(0));
}

#[test]
fn without_a_terminal_there_is_a_hint() {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_tow"))
        .args(["attach", "x"])
        .env("TOWLINE_HOME", home.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.ends_with("hint: tow peek x --follow\n"), "{said}");
    assert!(output.stdout.is_empty());
}

/// The longest any step of these tests waits.
const PATIENCE: Duration = Duration::from_secs(20);
