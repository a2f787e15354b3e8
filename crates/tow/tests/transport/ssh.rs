//! `--addr ssh://HOST`: what works through it, and what is said where it doesn't.

use std::path::Path;

use towline_testkit::{Cut, Outer, Setup, wait_until};

use crate::fleet;

const THOR: &str = "--addr=ssh://thor";

#[test]
fn panes_of_another_host_are_started_listed_typed_into_and_ended() {
    let fleet = fleet().towline("thor");
    let tow = &fleet.tow;
    let command = ["spawn", "--detach", "--name", "x", "--", "sh", "-c", "echo ready; cat"];
    let target = tow.ok(&[&[THOR][..], &command].concat());
    assert_eq!(target.trim_end(), "x");
    tow.ok(&[THOR, "wait", "x", "--output", "ready", "--timeout", "30s"]);
    tow.ok(&[THOR, "send", "x", "héllo; $(touch y) `z`"]);
    let line = tow.ok(&[THOR, "wait", "x", "--output", "^h.*z`$", "--timeout", "30s"]);
    assert_eq!(line.trim_end(), "héllo; $(touch y) `z`");
    // They are the host's own, not the client's.
    assert_eq!(fleet.host_named("thor").there().panes().len(), 1);
    assert!(!tow.state().join("server.sock").exists());
    tow.ok(&[THOR, "kill", "x"]);
    assert_eq!(fleet.host_named("thor").there().panes().len(), 0);
}

#[test]
fn the_variable_names_a_host_too() {
    let mut fleet = fleet().towline("thor");
    fleet.host_named("thor").spawn("there", "cat");
    fleet.tow.set_env("TOWLINE_ADDR", "ssh://thor");
    assert!(fleet.tow.ok(&["list"]).contains("there"));
}

#[test]
fn every_login_shell_will_do_with_whatever_it_prints() {
    for shell in ["sh", "bash", "zsh", "fish", "tcsh", "csh", "ksh"] {
        if !["/bin", "/usr/bin"].iter().any(|folder| Path::new(folder).join(shell).exists()) {
            println!("no {shell} on this machine: not tried");
            continue;
        }
        let setup = Setup::towline().shell(shell).noise("welcome to thor").noise("towline");
        let fleet = fleet().host("thor", setup);
        let list = fleet.tow.run(&[THOR, "list"]).expect_status(0);
        assert_eq!((list.stdout.as_str(), list.stderr.contains("welcome")), ("", false), "{shell}");
    }
}

#[test]
fn programs_are_found_by_a_script_with_its_lines_as_they_are() {
    use towline_client::transport::FIND_PROGRAM;
    for text in [FIND_PROGRAM.to_owned(), FIND_PROGRAM.replace('\n', " ")] {
        let script = format!("{text}\nf no-such-program; echo \"[$p]\"; g sh; echo \"$p\"");
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.starts_with("[]\n/") && said.ends_with("/sh\n"), "{output:?}");
    }
}

#[test]
fn a_host_without_tow_is_told_from_one_that_is_away() {
    let fleet = fleet().tmux("thor").refusing("gone");
    let error = fleet.tow.run(&[THOR, "list"]).expect_error(5, "there is no tow on thor");
    assert!(error.stderr.contains("hint: tow host install thor"), "{error:?}");
    fleet.tow.run(&["--addr=ssh://gone", "list"]).expect_error(5, "Connection refused");
}

#[test]
fn a_host_that_says_nothing_is_given_up_in_time() {
    let fleet = fleet().silent("mute");
    let arguments = ["--addr=ssh://mute", "--timeout", "1s", "list"];
    fleet.tow.run(&arguments).expect_error(5, "timed out");
}

#[test]
fn what_a_person_has_to_answer_names_the_command_that_asks() {
    let fleet = fleet().host("thor", Setup::towline().untrusted());
    let error = fleet.tow.run(&[THOR, "list"]).expect_error(5, "Host key verification failed");
    assert!(error.stderr.contains("hint: tow host connect thor"), "{error:?}");
    let error = fleet.tow.run(&["--addr=ssh://nobody@thor", "list"]);
    assert!(error.expect_status(5).stderr.contains("hint: tow host connect nobody@thor"));
}

#[test]
fn a_changed_host_key_is_never_accepted() {
    let fleet = fleet().host("thor", Setup::towline().untrusted()).towline("loki");
    let other = fleet.host_named("loki").sshd.host_key();
    fleet.ssh.trust(fleet.host_named("thor").relay.address(), &other);
    fleet.tow.run(&[THOR, "list"]).expect_error(5, "the host's key is not the one that is known");
}

#[test]
fn an_address_that_is_none_is_wrong_usage() {
    let fleet = fleet();
    for address in ["ssh://-oProxyCommand=x", "ssh://", "thor", "ssh://a b", "http://thor"] {
        let error =
            fleet.tow.run(&[&format!("--addr={address}"), "list"]).expect_error(2, "--addr: ");
        assert!(error.stderr.contains("hint: addresses have the form"), "{error:?}");
    }
    assert_eq!(fleet.ssh.calls(), []);
}

#[test]
fn a_server_that_was_stopped_stays_so_and_one_that_died_does_not() {
    let fleet = fleet().towline("thor");
    let thor = fleet.host_named("thor");
    thor.spawn("x", "cat");
    thor.kill_server();
    assert!(fleet.tow.ok(&[THOR, "list"]).contains("x"));
    fleet.tow.ok(&[THOR, "server", "stop"]);
    let error = fleet.tow.run(&[THOR, "list"]).expect_error(5, "the server was stopped");
    assert!(error.stderr.contains("hint: ssh thor tow server start"), "{error:?}");
    thor.tow(&["server", "start"]).expect_status(0);
    assert!(fleet.tow.ok(&[THOR, "list"]).contains("x"));
}

#[test]
fn an_attached_pane_gets_what_was_typed_once_when_the_link_breaks() {
    let fleet = fleet().towline("thor");
    let thor = fleet.host_named("thor");
    thor.spawn("x", "echo ready; cat");
    let mut command = fleet.tow.command(&[THOR, "attach", "x"]);
    command.env("TERM", "xterm-256color");
    let mut outer = Outer::start(command, (80, 24));
    outer.wait_text("ready");
    outer.type_in("before\r");
    outer.wait_text("before");
    thor.relay.cut(Cut::Refuse);
    outer.type_in("mean");
    outer.type_in("while\r");
    outer.wait_text("reconnecting");
    thor.relay.restore();
    thor.there().wait_output("x", "^meanwhile$");
    outer.type_in("after\r");
    thor.there().wait_output("x", "^after$");
    outer.wait_text("after");
    // Each line twice: the terminal's echo, and what cat makes of it.
    let peek = thor.tow(&["peek", "x"]).expect_status(0).stdout;
    assert_eq!(peek, "ready\nbefore\nbefore\nmeanwhile\nmeanwhile\nafter\nafter\n");
    outer.type_in("\u{2}d");
    assert_eq!(outer.finish(), Some(0));
}

#[test]
fn a_followed_pane_goes_on_without_a_gap_when_the_link_breaks() {
    let fleet = fleet().towline("thor");
    let thor = fleet.host_named("thor");
    thor.spawn("x", "i=0; while read -r _; do i=$((i+1)); echo line $i; done");
    let follow = fleet.tow.start(&[THOR, "peek", "x", "--raw", "--follow"]);
    let press = |n: usize| {
        thor.tow(&["send", "x", "--key", "Enter"]).expect_status(0);
        thor.there().wait_output("x", &format!("^line {n}$"));
    };
    press(1);
    wait_until("the first line has come", || follow.line().contains("line 1").then_some(()));
    thor.relay.drop_connections();
    press(2);
    let next = wait_until("the next line has come", || {
        Some(follow.line()).filter(|line| line.contains("line"))
    });
    assert!(next.contains("line 2"), "{next}");
}
