//! A reboot, as far as it can be played: all processes gone at once, and another boot id afterwards. And programs
//! that are started again.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use towline_testkit::{Random, Tow, wait_until};

use crate::{processes, tow};

/// Says where its environment is from, and lives.
const PROGRAM: &str = "echo \"run $$ ${FROM_CALLER-none} ${FROM_PROFILE-none}\"; exec sleep 1000";

const POLICIES: [&str; 4] = ["never", "on-failure", "on-reboot", "always"];

/// A host that can be started again.
struct Host {
    tow: Tow,
    boots: u32,
}

impl Host {
    fn new() -> Self {
        let mut host = Self { tow: tow(), boots: 0 };
        // What a login shell makes of the environment.
        std::fs::write(host.home().join(".profile"), "FROM_PROFILE=profile\nexport FROM_PROFILE\n")
            .unwrap();
        host.boot();
        host
    }

    fn home(&self) -> PathBuf {
        self.tow.work().parent().unwrap().join("home")
    }

    fn boot_id(&self) -> PathBuf {
        self.tow.work().parent().unwrap().join("boot_id")
    }

    fn boot(&mut self) {
        self.boots += 1;
        std::fs::write(self.boot_id(), format!("boot {}\n", self.boots)).unwrap();
        self.start();
    }

    /// Starts a server, which other commands then find.
    fn start(&self) {
        let mut command = self.tow.command(&["server", "start"]);
        command.env("TOWLINE_BOOT_ID_FILE", self.boot_id());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// Ends all at once, as a power cut does.
    fn crash(&self, panes: &[&str]) {
        let programs: Vec<i32> =
            panes.iter().map(|pane| processes::program(&self.tow, pane)).collect();
        let holders: Vec<i32> =
            panes.iter().map(|pane| processes::holder(&self.tow, pane)).collect();
        self.tow.kill_server();
        for pid in holders.into_iter().chain(programs) {
            processes::kill(pid);
        }
    }

    fn spawn(&self, name: &str, restart: &str, program: &str) {
        let words =
            ["spawn", "--detach", "--name", name, "--restart", restart, "--", "sh", "-c", program];
        let mut command = self.tow.command(&words);
        command.env("FROM_CALLER", "caller");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// The lines that a pane's programs said about themselves.
    fn runs(&self, name: &str) -> Vec<String> {
        let text = self.tow.ok(&["peek", name]);
        text.lines().filter(|line| line.starts_with("run ")).map(str::to_owned).collect()
    }

    fn wait_running(&self, name: &str) -> Value {
        wait_until("it runs", || {
            let pane = self.tow.pane(name);
            (pane["status"] == "running").then_some(pane)
        })
    }
}

#[test]
fn after_a_reboot_panes_have_ended_and_those_that_shall_begin_again() {
    let mut host = Host::new();
    for policy in POLICIES {
        host.spawn(policy, policy, PROGRAM);
        host.tow.wait_output(policy, "run ");
    }
    let before = POLICIES.map(|policy| host.tow.pane(policy));
    host.crash(&POLICIES);
    host.boot();
    for (policy, before) in POLICIES.iter().zip(&before) {
        let old = format!("run {} caller none", before["pid"]);
        if matches!(*policy, "never" | "on-failure") {
            let pane = host.tow.pane(policy);
            assert_eq!(pane["exit"]["lost"], "reboot", "{pane}");
            assert_eq!(pane["pid"], Value::Null);
            assert_eq!(host.runs(policy), [old]);
            continue;
        }
        let pane = host.wait_running(policy);
        for same in ["id", "name", "created_at", "cwd", "command", "session", "window"] {
            assert_eq!(pane[same], before[same], "{same}");
        }
        assert_ne!(pane["pid"], before["pid"]);
        assert_eq!(pane["exit"], Value::Null);
        // A fresh program, in the environment of the login shell, below what the old one printed.
        let new = format!("run {} none profile", pane["pid"]);
        wait_until("both have spoken", || (host.runs(policy) == [&*old, &*new]).then_some(()));
    }
    // A name whose pane has ended is free; one whose pane lives again is not.
    assert_eq!(host.tow.spawn("never", "exec sleep 1000"), "never");
    assert_eq!(host.tow.spawn("always", "exec sleep 1000"), "always-2");
    // And all of that is as true for the next server of the same boot.
    let again = host.tow.pane("always");
    host.tow.kill_server();
    host.start();
    assert_eq!(host.tow.pane("always")["pid"], again["pid"]);
    assert_eq!(host.tow.pane("on-failure")["exit"]["lost"], "reboot");
}

#[test]
fn a_server_that_dies_right_after_a_reboot_leaves_nothing_undone() {
    let mut random = Random::new();
    let mut host = Host::new();
    let names = ["a", "b", "c"];
    for name in names {
        host.spawn(name, "on-reboot", PROGRAM);
        host.tow.wait_output(name, "run ");
    }
    host.crash(&names);
    host.boots += 1;
    std::fs::write(host.boot_id(), "another boot\n").unwrap();
    for _ in 0..6 {
        let mut command = host.tow.command(&["server", "start"]);
        let mut child = command.env("TOWLINE_BOOT_ID_FILE", host.boot_id()).spawn().unwrap();
        let server = wait_until("a server is started", || processes::server(&host.tow));
        random.moment(25);
        processes::kill(server);
        child.wait().unwrap();
    }
    host.start();
    for name in names {
        let pane = host.wait_running(name);
        assert!(processes::is_alive(i32::try_from(pane["pid"].as_i64().unwrap()).unwrap()));
        wait_until("it has spoken", || {
            host.runs(name).last().unwrap().ends_with("none profile").then_some(())
        });
        assert!(host.runs(name)[0].ends_with("caller none"), "{:?}", host.runs(name));
    }
    assert_eq!(host.tow.panes().len(), 3);
}

#[test]
fn a_program_that_fails_is_started_again_after_a_pause_and_not_when_it_is_done() {
    let host = Host::new();
    let program =
        "date +%s%N >> times; echo \"run $$\"; [ $(wc -l < times) -ge 3 ] && exit 0; exit 7";
    host.spawn("x", "on-failure", program);
    // A wait for the end waits for the last one.
    host.tow.ok(&["wait", "x", "--exit"]);
    let pane = host.tow.pane("x");
    assert_eq!((&pane["exit"]["status"], &pane["restarts"]), (&0.into(), &2.into()), "{pane}");
    assert_eq!(host.runs("x").len(), 3);
    let times = std::fs::read_to_string(host.tow.work().join("times")).unwrap();
    let times: Vec<Duration> =
        times.lines().map(|time| Duration::from_nanos(time.parse().unwrap())).collect();
    let pauses: Vec<Duration> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses[0] >= Duration::from_millis(950), "{pauses:?}");
    assert!(pauses[1] >= Duration::from_millis(1950), "{pauses:?}");
    assert_eq!(times.len(), 3);
}

#[test]
fn a_restart_that_is_due_outlives_the_server() {
    let host = Host::new();
    host.spawn(
        "x",
        "on-failure",
        "echo x >> times; [ $(wc -l < times) -ge 2 ] && exec sleep 1000; exit 7",
    );
    wait_until("it has failed", || (!host.tow.pane("x")["exit"].is_null()).then_some(()));
    // While it waits to be started again its name is its own.
    assert_eq!(host.tow.spawn("x", "exec sleep 1000"), "x-2");
    host.tow.kill_server();
    host.start();
    let pane = host.wait_running("x");
    assert_eq!(pane["restarts"], 1);
    let names: Vec<String> = host.tow.panes().iter().map(|pane| pane["name"].to_string()).collect();
    assert_eq!(names, ["\"x\"", "\"x-2\""]);
}

#[test]
fn a_pane_that_waits_to_be_started_again_can_be_killed() {
    let host = Host::new();
    host.spawn("x", "always", "echo x >> times; exit 0");
    wait_until("it has ended", || (!host.tow.pane("x")["exit"].is_null()).then_some(()));
    assert_eq!(host.tow.ok(&["kill", "x"]), "killed x\n");
    assert!(host.tow.panes().is_empty());
    let times = || std::fs::read_to_string(host.tow.work().join("times")).unwrap();
    let before = times();
    // Longer than the pause before a restart.
    std::thread::sleep(Duration::from_millis(1300));
    assert!(host.tow.panes().is_empty());
    assert_eq!(times(), before);
    host.tow.kill_server();
    host.start();
    assert!(host.tow.panes().is_empty());
}

#[test]
fn what_ends_while_no_server_runs_is_started_again_by_the_next() {
    let host = Host::new();
    let program = "echo x >> times; [ $(wc -l < times) -ge 2 ] && exec sleep 1000; while [ ! -e go ]; do sleep 0.01; done; exit 7";
    host.spawn("x", "on-failure", program);
    let holder = processes::holder(&host.tow, "x");
    host.tow.ok(&["server", "stop"]);
    std::fs::write(host.tow.work().join("go"), "").unwrap();
    wait_until("its holder has left", || (!processes::is_alive(holder)).then_some(()));
    host.start();
    assert_eq!(host.wait_running("x")["restarts"], 1);
}
