//! `tow attach` with everything real: the server, a pane, and tmux as the terminal.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test tells by a panic what is wrong"
)]

use std::process::Command;

use towline_testkit::{Tow, wait_until};

/// A tmux of the test's own with one window, in which a shell runs.
struct Tmux {
    socket: std::path::PathBuf,
}

impl Tmux {
    fn start(tow: &Tow) -> Self {
        let tmux = Self { socket: tow.work().join("tmux.sock") };
        let like_tow = tow.command(&[] as &[&str]);
        let mut command =
            tmux.command(&["new-session", "-d", "-x", "80", "-y", "24", "PS1='$ ' sh"]);
        for (name, value) in like_tow.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(tow.work()).env("TOW", env!("CARGO_BIN_EXE_tow"));
        assert!(command.status().unwrap().success());
        tmux.wait_for("$");
        tmux
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket).args(["-f", "/dev/null"]).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Types a text, and then named keys.
    fn type_in(&self, text: &str, keys: &[&str]) {
        if !text.is_empty() {
            self.run(&["send-keys", "-l", text]);
        }
        if !keys.is_empty() {
            self.run(&[&["send-keys"], keys].concat());
        }
    }

    /// Runs a command line in its shell.
    fn shell(&self, line: &str) {
        self.type_in(line, &["Enter"]);
    }

    fn screen(&self) -> String {
        self.run(&["capture-pane", "-p"])
    }

    #[track_caller]
    fn wait_for(&self, text: &str) -> String {
        wait_until(&format!("the screen shows {text:?}"), || {
            let screen = self.screen();
            screen.contains(text).then_some(screen)
        })
    }

    /// Runs a command line that attaches, and waits until it has.
    #[track_caller]
    fn attach(&self, line: &str) {
        self.shell(line);
        wait_until("it is attached", || self.alternate_screen().then_some(()));
    }

    fn alternate_screen(&self) -> bool {
        self.run(&["display-message", "-p", "#{alternate_on}"]).trim() == "1"
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let screen = self.command(&["capture-pane", "-p"]).output();
            let screen = screen.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
            eprintln!("the screen at last:\n{}", screen.unwrap_or_default().trim_end());
        }
        let _ = self.command(&["kill-server"]).status();
    }
}

#[test]
fn one_works_in_a_pane_and_leaves_it_running() {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    tow.spawn("x", "PS1='pane> ' exec sh");
    let tmux = Tmux::start(&tow);
    tmux.attach("stty -g > before; $TOW attach x");
    tmux.wait_for("pane>");
    tmux.shell("echo $((40 + 2)) ü; stty size");
    tmux.wait_for("42 ü");
    tmux.wait_for("24 80");
    tmux.type_in("", &["C-b", "d"]);
    tmux.wait_for("[detached from local:x]");
    assert!(!tmux.alternate_screen());
    tmux.shell("stty -g > after; cmp before after && echo the same");
    tmux.wait_for("\nthe same");
    assert!(tow.ok(&["peek", "x"]).contains("42 ü"));
}

#[test]
fn the_screen_is_the_panes() {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    tow.spawn("x", r"i=0; while [ $i -lt 60 ]; do printf '\033[3%dmline %d\033[m\n' $((i % 8)) $i; i=$((i + 1)); done; printf 'end 日本 e\314\201'; cat");
    let tmux = Tmux::start(&tow);
    tmux.attach("$TOW attach x");
    // The line for newcomers goes by itself.
    let shown = wait_until("the newcomer's line is gone", || {
        let screen = tmux.screen();
        (screen.contains("end 日本") && !screen.contains("detaches")).then_some(screen)
    });
    let peeked = tow.ok(&["peek", "x", "--screen"]);
    assert_eq!(shown.trim_end(), peeked.trim_end());
    tmux.run(&["resize-window", "-x", "60", "-y", "10"]);
    wait_until("the pane has the new size", || {
        let pane = tow.pane("x");
        (pane["cols"] == 60 && pane["rows"] == 10).then_some(())
    });
    wait_until("both show the same", || {
        (tmux.screen().trim_end() == tow.ok(&["peek", "x", "--screen"]).trim_end()).then_some(())
    });
}

#[test]
fn the_end_of_the_program_is_told() {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    tow.spawn("x", "read line; exit 3");
    let tmux = Tmux::start(&tow);
    tmux.attach("$TOW attach x; echo status $?");
    tmux.type_in("", &["Enter"]);
    let screen = tmux.wait_for("status 0");
    assert!(screen.contains("[x ended: exit status 3]"), "{screen}");
}

#[test]
fn a_killed_server_comes_back_and_each_key_is_typed_once() {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    tow.spawn("x", "cat");
    let tmux = Tmux::start(&tow);
    tmux.attach("$TOW attach x");
    tmux.type_in("before ", &[]);
    tmux.wait_for("before");
    for round in 0..5 {
        tow.kill_server();
        tmux.type_in(&format!("round{round} "), &[]);
    }
    tmux.type_in("after", &["Enter"]);
    let line = "before round0 round1 round2 round3 round4 after";
    let screen = wait_until("cat has answered", || {
        let screen = tmux.screen();
        (screen.matches(line).count() == 2).then_some(screen)
    });
    assert!(!screen.contains("reconnecting"), "{screen}");
    tmux.type_in("", &["C-b", "d"]);
    tmux.wait_for("[detached from local:x]");
}

#[test]
fn stopping_the_server_ends_the_attach_and_not_the_pane() {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    tow.spawn("x", "echo here; cat");
    let tmux = Tmux::start(&tow);
    tmux.attach("$TOW attach x; echo status $?");
    tmux.wait_for("here");
    tow.ok(&["server", "stop"]);
    let screen = tmux.wait_for("status 0");
    assert!(screen.contains("[server stopped; panes run on]"), "{screen}");
    tow.ok(&["server", "start"]);
    assert_eq!(tow.pane("x")["exit"], serde_json::Value::Null);
}

#[test]
fn a_restarting_server_is_waited_for() {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    tow.spawn("x", "cat");
    let tmux = Tmux::start(&tow);
    tmux.attach("$TOW attach x");
    tmux.type_in("one ", &[]);
    tmux.wait_for("one");
    tow.ok(&["server", "restart"]);
    tmux.type_in("two", &["Enter"]);
    wait_until("cat has answered", || {
        (tmux.screen().matches("one two").count() == 2).then_some(())
    });
}

#[test]
fn of_several_panes_one_is_chosen() {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    tow.spawn("app", "echo this is app; cat");
    tow.spawn("docs", "echo this is docs; cat");
    let tmux = Tmux::start(&tow);
    tmux.shell("$TOW attach");
    let screen = tmux.wait_for("q leaves");
    let number = screen.lines().find(|line| line.contains("docs")).unwrap().trim_start();
    tmux.type_in(&number[..1], &[]);
    tmux.wait_for("this is docs");
    tmux.type_in("", &["C-b", "d"]);
    tmux.wait_for("[detached from local:docs]");
}
