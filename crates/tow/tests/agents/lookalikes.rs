//! What only looks like an agent, or no longer is one; and what must not be believed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use towline_testkit::{Demo, Tow, wait_until};

fn tow() -> (Tow, Demo) {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    let demo = Demo::install(&tow);
    (tow, demo)
}

/// What the demo agent's screen shows when it asks, and when it is idle.
const ASKS: &str = "run: rm -r build\nProceed? (y/n)\n";
const IDLE: &str = "────────────────────\n> ready\n────────────────────\n";

fn agent(tow: &Tow, target: &str) -> Value {
    tow.pane(target)["agent"].clone()
}

fn state(tow: &Tow, target: &str) -> String {
    agent(tow, target)["state"].as_str().unwrap_or("none").to_owned()
}

fn wait(tow: &Tow, target: &str, expected: &str) {
    wait_until(&format!("{target} is {expected}"), || {
        (state(tow, target) == expected).then_some(())
    });
}

/// It is in this state now, and stays so for longer than a look takes.
fn holds(tow: &Tow, target: &str, expected: &str) {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(1500) {
        assert_eq!(state(tow, target), expected);
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn program(tow: &Tow, name: &str, script: &str) -> PathBuf {
    let path = tow.work().join(name);
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn a_shell_with_an_agents_prompt_and_a_transcript_are_no_agents() {
    let (mut tow, _demo) = tow();
    fs::write(tow.work().join("transcript"), format!("{IDLE}{ASKS}")).unwrap();
    tow.set_env("PS1", "❯ ");
    let shell = tow.spawn("shell", "sh -i");
    tow.wait_output(&shell, "❯");
    tow.ok(&["send", &shell, "cat transcript"]);
    tow.wait_output(&shell, "Proceed");
    let cat = tow.spawn("cat", "sh -c 'cat transcript; exec cat'");
    tow.wait_output(&cat, "Proceed");
    for target in [&shell, &cat] {
        holds(&tow, target, "none");
        assert!(tow.ok(&["explain", target]).contains("none that is known"));
    }
}

#[test]
fn words_of_a_question_further_up_are_past() {
    let (tow, demo) = tow();
    let target = demo.spawn(&tow, "x", &["work=0.2"]);
    wait(&tow, &target, "idle");
    // The prompt's text stands in the transcript from then on.
    tow.ok(&["send", &target, "say: Proceed? (y/n)"]);
    wait(&tow, &target, "done");
    assert!(tow.ok(&["peek", &target]).contains("Proceed? (y/n)"));
    holds(&tow, &target, "done");
    tow.ok(&["send", &target, "ask"]);
    wait(&tow, &target, "blocked");
    tow.ok(&["send", &target, "--key", "n"]);
    wait(&tow, &target, "done");
}

#[test]
fn an_editor_that_shows_a_question_is_no_agent_that_asks() {
    if Command::new("vim").arg("--version").output().is_err() {
        eprintln!("skipped: there is no vim");
        return;
    }
    let (tow, _demo) = tow();
    fs::write(tow.work().join("question"), format!("{IDLE}{ASKS}")).unwrap();
    let plain = tow.spawn("plain", "vim -n -u NONE question");
    tow.wait_output(&plain, "Proceed");
    holds(&tow, &plain, "none");
    // An agent that has started it: who has the terminal is not the agent.
    program(&tow, "demo-agent", "#!/bin/bash\nset -m\nvim -n -u NONE question\nexec cat\n");
    let below = tow.spawn("below", "./demo-agent");
    tow.wait_output(&below, "Proceed");
    wait(&tow, &below, "unknown");
    holds(&tow, &below, "unknown");
    tow.ok(&["send", &below, "--key", "Escape", "--key", ":", "--key", "q", "--key", "Enter"]);
}

#[test]
fn an_agent_that_has_exited_is_told_so_though_its_screen_stays() {
    let (tow, demo) = tow();
    let program = demo.program().display();
    let target = tow.spawn("x", &format!("sh -c '{program} work=0.2; cat'"));
    tow.wait_output(&target, "^> ready");
    wait(&tow, &target, "idle");
    tow.ok(&["send", &target, "ask"]);
    wait(&tow, &target, "blocked");
    let pid = wait_until("its process", || {
        let found = Command::new("pgrep").args(["-f", &format!("{program}")]).output().unwrap();
        let text = String::from_utf8(found.stdout).unwrap();
        let pids = text.lines().filter_map(|line| line.parse::<i32>().ok());
        pids.max()
    });
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    wait(&tow, &target, "exited");
    assert!(tow.ok(&["peek", &target]).contains("Proceed? (y/n)"));
    holds(&tow, &target, "exited");
}

#[test]
fn an_agent_in_a_tmux_inside_a_pane_is_not_the_panes() {
    let (tow, demo) = tow();
    let socket = tow.folder().join("private");
    let line = format!(
        "tmux -u -f /dev/null -S {} new-session {}",
        socket.display(),
        demo.program().display()
    );
    let target = tow.spawn("x", &format!("sh -c '{line}; exec cat'"));
    tow.wait_output(&target, "> ready");
    holds(&tow, &target, "none");
    let tmux = |word: &str| {
        let mut tmux = Command::new("tmux");
        tmux.arg("-S").arg(&socket).arg(word).output().unwrap().status.success()
    };
    assert!(tmux("kill-server"));
    wait_until("tmux has left", || (!tmux("list-sessions")).then_some(()));
}

#[test]
fn a_narrow_pane_says_the_same() {
    let (tow, demo) = tow();
    let program = demo.program().display().to_string();
    tow.ok(&[
        "spawn", "--detach", "--name", "x", "--cols", "40", "--rows", "20", "--", &program,
        "work=1",
    ]);
    wait(&tow, "x", "idle");
    let long = "a prompt that is much longer than forty columns are wide, and goes on";
    tow.ok(&["send", "x", long]);
    wait(&tow, "x", "working");
    wait(&tow, "x", "done");
    tow.ok(&["send", "x", "ask"]);
    wait(&tow, "x", "blocked");
    assert_eq!(agent(&tow, "x")["question"], "run: rm -r build");
}

/// A hook's event, as `tow agent-event` would tell it with these in its environment.
fn event(tow: &Tow, pane: &str, secret: &str) -> towline_testkit::Outcome {
    let mut tow_event = tow.command(&["-v", "agent-event", "claude"]);
    tow_event.arg(r#"{"hook_event_name":"UserPromptSubmit","prompt":"x"}"#);
    tow_event.env("TOWLINE_PANE", pane).env("TOWLINE_SECRET", secret);
    let output = tow_event.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    towline_testkit::Outcome {
        status: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

#[test]
fn an_event_with_a_wrong_secret_or_from_elsewhere_is_not_believed() {
    let (tow, _demo) = tow();
    let target = tow.spawn("x", "sh -c 'echo secret:$TOWLINE_SECRET:$TOWLINE_PANE; exec cat'");
    let line = tow.wait_output(&target, "secret:.+:%[0-9]+");
    let mut words = line.trim().split(':').skip(1);
    let (secret, pane) = (words.next().unwrap(), words.next().unwrap());
    for (pane, secret, why) in [
        (pane, "wrong", "a wrong secret"),
        ("%4711", secret, "no such pane"),
        // The right ones, told from a process that is not below the pane.
        (pane, secret, "the event comes from"),
    ] {
        let told = event(&tow, pane, secret).expect_status(0);
        assert!(told.stdout.is_empty(), "{told:?}");
        assert!(told.stderr.contains(why), "{told:?}");
        assert_eq!(state(&tow, &target), "none");
    }
}

#[test]
fn a_broken_rule_file_stops_nothing_and_a_mended_one_counts_at_once() {
    let (tow, demo) = tow();
    let rules = tow.home().join("config/agents/demo.toml");
    let good = fs::read_to_string(&rules).unwrap();
    // What names the program is in the file, so that a broken one from the start leaves it a program as any.
    fs::write(&rules, good.replacen("state = \"blocked\"", "state = \"stuck\"", 1)).unwrap();
    let target = demo.spawn(&tow, "x", &["work=0.2"]);
    holds(&tow, &target, "none");
    let status = tow.json(&["server", "status", "--json"]);
    let told = status["degraded"].to_string();
    assert!(told.contains("demo.toml:") && told.contains("is no state of a rule"), "{status}");
    fs::write(&rules, &good).unwrap();
    // What it prints next shows that it is an agent.
    wait_until("the agent is found", || {
        tow.ok(&["send", &target, "--force", "--no-enter", "x"]);
        (state(&tow, &target) == "idle").then_some(())
    });
    // A rule that is added counts for what is shown, once it shows something else.
    let more = "\n[[rule]]\nname = \"odd\"\nstate = \"blocked\"\nreason = \"question\"\npriority = 99\nall = [\"why\"]\n";
    fs::write(&rules, format!("{good}{more}")).unwrap();
    wait_until("the rules are read again", || {
        tow.run(&["send", &target, "--force", "why"]);
        (agent(&tow, &target)["reason"] == "question").then_some(())
    });
    // One that breaks later leaves in force what was there.
    fs::write(&rules, "kind = \"demo\nx").unwrap();
    let _ = tow.json(&["server", "status", "--json"]);
    holds(&tow, &target, "blocked");
}
