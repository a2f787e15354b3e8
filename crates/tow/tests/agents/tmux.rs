//! Agents in a tmux, of another host and of this machine: the same states, told by whoever drives it.

use std::time::{Duration, Instant};

use serde_json::Value;
use towline_testkit::{Demo, Fleet, Setup, wait_until};

/// How long after a change the state is told, at most, beside a slow machine's moments: what is aimed at is a second.
const SOON: Duration = Duration::from_secs(3);

/// A client with a host that has tmux only, and the demo agent in a pane of it.
struct Loki {
    fleet: Fleet,
    demo: std::path::PathBuf,
}

impl Loki {
    fn new() -> Self {
        let fleet = Fleet::new(env!("CARGO_BIN_EXE_tow")).host("loki", Setup::tmux());
        // The rules lie where the server runs that drives the host.
        Demo::install(&fleet.tow);
        let demo = Demo::program_in(&fleet.host_named("loki").home().join("bin"));
        Self { fleet, demo }
    }

    /// Starts the agent as `loki:NAME`, below a shell that stays when it ends.
    fn agent(&self, name: &str, options: &str) -> String {
        self.fleet.host_named("loki").project(name);
        let line = format!("{} {options}; exec sh", self.demo.display());
        self.fleet.tow.ok(&["spawn", "--on", "loki", name, "-d", "--", "sh", "-c", &line]);
        format!("loki:{name}")
    }

    fn state(&self, target: &str) -> Value {
        self.fleet.tow.pane(target)["agent"].clone()
    }

    fn wait(&self, target: &str, state: &str) -> Value {
        wait_until(&format!("{target} is {state}"), || {
            let agent = self.state(target);
            (agent["state"] == state).then_some(agent)
        })
    }

    fn taken(&self, name: &str) -> String {
        let file = self.fleet.host_named("loki").project(name).join("taken");
        std::fs::read_to_string(file).unwrap_or_default()
    }
}

#[test]
fn an_agent_on_a_tmux_host_is_seen_through_its_life() {
    let loki = Loki::new();
    let target = loki.agent("app", "work=3");
    assert_eq!(loki.wait(&target, "idle")["source"], "screen");
    let tow = &loki.fleet.tow;
    let sent = tow.ok(&["send", &target, "hello"]);
    assert!(sent.contains("sent → loki:app: \"hello\""), "{sent}");
    assert_eq!(loki.taken("app"), "hello\n");
    let begun = Instant::now();
    loki.wait(&target, "working");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    // Nobody has looked at what it did.
    loki.wait(&target, "done");
    tow.ok(&["send", &target, "ask"]);
    tow.ok(&["wait", &target, "--state", "blocked", "--timeout", "30s"]);
    let asks = loki.state(&target);
    let question = (asks["reason"].as_str(), asks["question"].as_str());
    assert_eq!(question, (Some("permission"), Some("run: rm -r build")));
    let explained = tow.json(&["explain", &target, "--json"]);
    assert_eq!(explained["because"], "permission prompt", "{explained}");
    assert!(explained["rules"].as_str().unwrap().ends_with("agents/demo.toml"), "{explained}");
    let waited = tow.start(&["wait", &target, "--state", "idle", "--timeout", "30s"]);
    let refused = tow.run(&["send", &target, "no prompt now"]).expect_error(1, "it asks for leave");
    assert!(
        refused.stderr.contains("hint: ") && refused.stderr.contains("tow approve"),
        "{refused:?}"
    );
    let answered = loki.fleet.host_named("loki").project("app").join("answered");
    tow.ok(&["approve", &target]);
    assert_eq!(std::fs::read_to_string(&answered).unwrap(), "yes\n");
    assert!({ waited }.finish().success());
    tow.run(&["approve", &target]).expect_error(1, "asks for nothing");
    tow.ok(&["send", &target, "ask"]);
    loki.wait(&target, "blocked");
    tow.ok(&["deny", &target]);
    assert_eq!(std::fs::read_to_string(&answered).unwrap(), "yes\nno\n");
    assert_eq!(loki.taken("app"), "hello\nask\nask\n");
    tow.ok(&["send", &target, "--force", "quit"]);
    loki.wait(&target, "exited");
    tow.run(&["wait", &target, "--state", "idle", "--timeout", "30s"])
        .expect_error(1, "has exited");
    // The shell that is left is no agent's, and one that begins anew is another.
    tow.ok(&["send", &target, &format!("{}", loki.demo.display())]);
    loki.wait(&target, "idle");
}

#[test]
fn a_prompt_is_seen_to_be_taken_and_its_answer_read() {
    let loki = Loki::new();
    let tow = &loki.fleet.tow;
    for (name, options) in
        [("plain", "work=0.5"), ("newline", "work=0.5 newline"), ("slow", "react=0.3")]
    {
        let target = loki.agent(name, options);
        loki.wait(&target, "idle");
        let answer = tow.ok(&["prompt", &target, "what now", "--timeout", "30s"]);
        assert_eq!(answer, "answer to: what now\n", "{name}");
        assert_eq!(loki.taken(name), "what now\n");
    }
    // A command to the agent itself starts no work.
    let sent = tow.ok(&["send", "loki:plain", "/status"]);
    assert!(sent.contains("/status"), "{sent}");
    let target = loki.agent("deaf", "deaf");
    loki.wait(&target, "idle");
    let failed = tow.run(&["send", &target, "hello", "--timeout", "3s"]).expect_status(1);
    assert!(failed.stderr.contains("stands typed in the input box"), "{failed:?}");
    assert_eq!(loki.taken("deaf"), "");
    // What works is interrupted first, where that is asked for.
    let target = loki.agent("busy", "work=60");
    loki.wait(&target, "idle");
    tow.ok(&["send", &target, "long"]);
    loki.wait(&target, "working");
    tow.ok(&["send", &target, "--interrupt", "other"]);
    assert_eq!(loki.taken("busy"), "long\nother\n");
    assert!(tow.ok(&["peek", &target]).contains("interrupted"));
}

#[test]
fn an_agent_that_another_program_stands_before_is_not_known() {
    let loki = Loki::new();
    let tow = &loki.fleet.tow;
    loki.fleet.host_named("loki").project("app");
    // A shell with job control: what is stopped leaves the terminal to it.
    let line = "exec bash --norc -i";
    tow.ok(&["spawn", "--on", "loki", "app", "-d", "--", "sh", "-c", line]);
    tow.ok(&["send", "loki:app", &format!("{} work=60", loki.demo.display())]);
    loki.wait("loki:app", "idle");
    let pid = tow.pane("loki:app")["pid"].as_i64().unwrap();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let agent = children.split_whitespace().next().unwrap().to_owned();
    let kill = |signal: &str| {
        let status = std::process::Command::new("kill").args([signal, &agent]).status().unwrap();
        assert!(status.success());
    };
    kill("-STOP");
    loki.wait("loki:app", "unknown");
    tow.ok(&["send", "loki:app", "fg"]);
    loki.wait("loki:app", "idle");
    kill("-KILL");
    loki.wait("loki:app", "exited");
}

#[test]
fn several_agents_of_a_host_are_told_apart_and_quiet_ones_are_not_looked_at() {
    let loki = Loki::new();
    let tow = &loki.fleet.tow;
    let targets: Vec<String> =
        (0..4).map(|number| loki.agent(&format!("a{number}"), "work=2")).collect();
    for target in &targets {
        loki.wait(target, "idle");
    }
    tow.ok(&["send", &targets[1], "ask"]);
    tow.ok(&["send", &targets[2], "hello"]);
    loki.wait(&targets[1], "blocked");
    loki.wait(&targets[2], "done");
    let states: Vec<String> = targets
        .iter()
        .map(|target| loki.state(target)["state"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(states, ["idle", "blocked", "done", "idle"]);
    // The server that drives the host goes, and what it knew is known to the next one.
    let since = loki.state(&targets[1])["since"].clone();
    tow.ok(&["server", "restart"]);
    loki.wait(&targets[2], "done");
    assert_eq!(loki.wait(&targets[1], "blocked")["since"], since);
}

#[test]
fn agents_in_this_machines_tmux_are_seen_too() {
    let tow = towline_testkit::Tow::new(env!("CARGO_BIN_EXE_tow"));
    let demo = Demo::install(&tow);
    let like = tow.command::<&str>(&[]);
    let tmux = |arguments: &[&str]| {
        let mut command = std::process::Command::new("tmux");
        command.args(["-u", "-f", "/dev/null"]).args(arguments).current_dir(tow.work());
        for (name, value) in like.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    };
    let line = format!("{} work=1; exec sh", demo.program().display());
    tmux(&["new-session", "-d", "-s", "mine", "-n", "theirs", "-x", "80", "-y", "24", &line]);
    let state = || tow.pane("theirs")["agent"]["state"].as_str().unwrap_or_default().to_owned();
    let wait = |expected: &str| {
        wait_until(expected, || (state() == expected).then_some(()));
    };
    // The first list looks before it answers.
    wait("idle");
    assert_eq!(
        tow.ok(&["prompt", "theirs", "what now", "--timeout", "30s"]),
        "answer to: what now\n"
    );
    tow.ok(&["send", "theirs", "ask"]);
    tow.ok(&["wait", "theirs", "--state", "blocked", "--timeout", "30s"]);
    tow.ok(&["approve", "theirs"]);
    wait("done");
    tow.ok(&["send", "theirs", "--force", "quit"]);
    wait("exited");
    tmux(&["kill-server"]);
    wait_until("it is gone", || tow.panes().is_empty().then_some(()));
}
