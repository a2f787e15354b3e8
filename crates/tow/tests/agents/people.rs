//! What a person sees of agents, and how they are told: list, next, explain, wait and notices.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;
use towline_testkit::{Demo, Fleet, Outer, Running, Tow, wait_until};

fn tow() -> Tow {
    Tow::new(env!("CARGO_BIN_EXE_tow"))
}

/// A client and a host, each with a demo agent installed.
fn fleet() -> (Fleet, Demo, Demo) {
    let fleet = Fleet::new(env!("CARGO_BIN_EXE_tow")).towline("thor");
    let here = Demo::install(&fleet.tow);
    let there = Demo::install(fleet.host_named("thor").there());
    (fleet, here, there)
}

/// Waits until the pane's agent is in a state, and returns which of them.
#[track_caller]
fn wait_state(tow: &Tow, target: &str, states: &str) -> String {
    tow.ok(&["wait", target, "--state", states, "--timeout", "30s"]).trim_end().to_owned()
}

/// Has the agent ask for leave.
#[track_caller]
fn ask(tow: &Tow, target: &str) {
    tow.ok(&["send", target, "ask"]);
    assert_eq!(wait_state(tow, target, "blocked"), "blocked");
}

/// Allows what the agent asks, from its own keyboard.
#[track_caller]
fn allow(tow: &Tow, target: &str) {
    tow.ok(&["send", target, "--key", "y"]);
    wait_state(tow, target, "idle");
}

fn pane<'a>(list: &'a Value, name: &str) -> &'a Value {
    let mut panes = list["panes"].as_array().unwrap().iter();
    panes.find(|pane| pane["name"] == name).unwrap_or_else(|| panic!("no pane {name}: {list}"))
}

/// Reads lists until one is right.
#[track_caller]
fn wait_list(watch: &Running, right: impl Fn(&Value) -> bool) -> Value {
    loop {
        let list: Value = serde_json::from_str(&watch.line()).unwrap();
        if right(&list) {
            return list;
        }
    }
}

#[test]
fn who_needs_a_person_is_listed_first_with_the_question() {
    let tow = tow();
    let demo = Demo::install(&tow);
    tow.spawn("shell", "sleep 1000");
    demo.spawn(&tow, "calm", &[]);
    demo.spawn(&tow, "asker", &[]);
    ask(&tow, "asker");
    wait_state(&tow, "calm", "idle");
    let text = tow.ok(&["list"]);
    let rows: Vec<&str> = text.lines().collect();
    assert!(rows[0].starts_with("TARGET  AGENT  STATE"), "{text}");
    assert!(rows[0].contains("WAITING") && rows[0].ends_with("ASKS"), "{text}");
    assert!(rows[1].starts_with("asker   demo   blocked"), "{text}");
    assert!(rows[1].ends_with("permission: run: rm -r build"), "{text}");
    assert!(text.contains("shell   -      running"), "{text}");
    // On a terminal of 80 columns the question is beneath.
    let mut outer = Outer::start(tow.command(&["list"]), (80, 24));
    outer.finish();
    outer.wait_for("the question is beneath", |seen| {
        seen.rows().iter().any(|row| row == "  ↳ permission: run: rm -r build")
    });
    let list = tow.json(&["list", "--json"]);
    let agent = &pane(&list, "asker")["agent"];
    assert_eq!(agent["kind"], "demo");
    assert_eq!(agent["state"], "blocked");
    assert_eq!(agent["reason"], "permission");
    assert_eq!(agent["question"], "run: rm -r build");
    assert_eq!(agent["source"], "screen");
    assert!(agent["since"].as_str().unwrap().ends_with('Z'), "{agent}");
    assert_eq!(pane(&list, "shell")["agent"], Value::Null);
    let listed = |states: &str| {
        let list = tow.json(&["list", "--json", "--state", states]);
        let panes = list["panes"].as_array().unwrap().clone();
        panes.iter().map(|pane| pane["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed("blocked"), ["asker"]);
    assert_eq!(listed("idle,blocked"), ["calm", "asker"]);
    assert_eq!(listed("working"), [""; 0]);
    tow.run(&["list", "--state", "busy"]).expect_error(2, "one of starting, working, blocked");
}

#[test]
fn a_watched_list_follows_agents_of_another_host() {
    let (fleet, _here, there) = fleet();
    let thor = fleet.host_named("thor").there();
    there.spawn(thor, "app", &["work=1"]);
    let watch = fleet.tow.start(&["list", "--watch", "--json"]);
    let is = |state: &'static str| {
        move |list: &Value| {
            let panes = list["panes"].as_array().unwrap();
            panes.iter().any(|pane| pane["host"] == "thor" && pane["agent"]["state"] == state)
        }
    };
    wait_list(&watch, is("idle"));
    fleet.tow.ok(&["send", "thor:app", "ask"]);
    wait_list(&watch, is("working"));
    let list = wait_list(&watch, is("blocked"));
    assert_eq!(pane(&list, "app")["agent"]["question"], "run: rm -r build");
    fleet.tow.ok(&["send", "thor:app", "--key", "y"]);
    wait_list(&watch, is("done"));
    // It ends before it can be seen to have taken that.
    fleet.tow.run(&["send", "thor:app", "quit"]);
    wait_list(&watch, |list| {
        let panes = list["panes"].as_array().unwrap();
        panes.iter().all(|pane| pane["name"] != "app")
    });
}

#[test]
fn next_goes_to_who_has_waited_longest_on_any_host() {
    let (fleet, here, there) = fleet();
    let thor = fleet.host_named("thor").there();
    let tow = &fleet.tow;
    tow.ok(&["host", "connect", "thor"]);
    tow.run(&["next"]).expect_error(1, "no agent waits for a person");
    here.spawn(tow, "finished", &[]);
    there.spawn(thor, "far", &[]);
    here.spawn(tow, "near", &[]);
    tow.ok(&["send", "finished", "work"]);
    assert_eq!(wait_state(tow, "finished", "done"), "done");
    ask(tow, "thor:far");
    ask(tow, "near");
    // It has finished first, but who is blocked can't go on.
    assert_eq!(tow.ok(&["next"]), "thor:far\n");
    assert_eq!(tow.ok(&["next", "--host", "local"]), "near\n");
    assert_eq!(tow.json(&["next", "--json"])["agent"]["state"], "blocked");
    let mut outer = Outer::start(tow.command(&["next"]), (80, 24));
    outer.wait_text("Proceed? (y/n)");
    outer.type_in("y");
    outer.wait_text("allowed");
    // Somebody looks at it.
    assert_eq!(wait_state(tow, "thor:far", "idle"), "idle");
    outer.type_in("\x02d");
    assert_eq!(outer.finish(), Some(0));
    outer.wait_text("[detached from thor:far]");
    // That it goes on is on its way here.
    wait_until("the other one is next", || (tow.ok(&["next"]) == "near\n").then_some(()));
    allow(tow, "near");
    assert_eq!(tow.ok(&["next"]), "finished\n");
    fleet.host_named("thor").relay.cut(towline_testkit::Cut::Refuse);
    tow.ok(&["kill", "finished", "near"]);
    wait_until("the host is away", || {
        let told = tow.run(&["next"]).expect_status(1).stderr;
        told.contains("as far as is known: thor is away").then_some(())
    });
}

#[test]
fn explain_tells_what_decided() {
    let (fleet, _here, there) = fleet();
    let tow = &fleet.tow;
    let thor = fleet.host_named("thor").there();
    there.spawn(thor, "app", &[]);
    tow.ok(&["host", "connect", "thor"]);
    ask(tow, "thor:app");
    let text = tow.ok(&["explain", "thor:app"]);
    for line in [
        "pane      thor:app",
        "agent     demo",
        "state     blocked",
        "asks      permission: run: rm -r build",
    ] {
        assert!(text.lines().any(|row| row == line), "{line}: {text}");
    }
    let decided = text.lines().find(|row| row.starts_with('→')).unwrap();
    assert!(decided.contains("screen") && decided.contains("permission prompt"), "{text}");
    assert!(text.contains("demo.toml"), "{text}");
    assert!(!text.contains("Proceed?"), "{text}");
    let text = tow.ok(&["explain", "thor:app", "--screen"]);
    assert!(text.lines().any(|row| row == "│ Proceed? (y/n)"), "{text}");
    let json = tow.json(&["explain", "thor:app", "--json", "--screen"]);
    assert_eq!(json["target"], "thor:app");
    assert_eq!(json["agent"]["state"], "blocked");
    assert!(json["because"].as_str().unwrap().contains("permission prompt"), "{json}");
    let sources = json["sources"].as_array().unwrap();
    assert!(
        sources.iter().any(|one| one["source"] == "screen" && one["decided"] == true),
        "{json}"
    );
    assert!(json["screen"].as_array().unwrap().iter().any(|row| row == "Proceed? (y/n)"), "{json}");
    // A pane without an agent is no error: that it has none is the answer.
    tow.spawn("shell", "sleep 1000");
    let text = tow.ok(&["explain", "shell"]);
    assert!(text.contains("none that is known") && text.contains("claude"), "{text}");
    assert_eq!(tow.json(&["explain", "shell", "--json"])["agent"], Value::Null);
    tow.run(&["explain", "none"]).expect_error(3, "none");
}

#[test]
fn a_wait_ends_with_the_state() {
    let tow = tow();
    let demo = Demo::install(&tow);
    demo.spawn(&tow, "app", &["work=1"]);
    assert_eq!(wait_state(&tow, "app", "idle"), "idle");
    tow.run(&["wait", "app", "--state", "idel"]).expect_error(2, "unknown");
    tow.spawn("shell", "sleep 1000");
    tow.run(&["wait", "shell", "--state", "idle"])
        .expect_error(2, "shell runs no agent that is known");
    tow.run(&["wait", "app", "--state", "idle", "--exit"]).expect_error(2, "--state");
    tow.run(&["wait", "app", "--state", "blocked", "--timeout", "200ms"])
        .expect_error(124, "app was not blocked within 200ms: it is idle");
    let working = tow.start(&["wait", "app", "--state", "working"]);
    let waiting = tow.start(&["wait", "app", "--state", "done,blocked", "--json"]);
    tow.ok(&["send", "app", "ask"]);
    assert_eq!(working.line(), "working");
    let waited: Value = serde_json::from_str(&waiting.rest().join("\n")).unwrap();
    assert_eq!(waited["pane"]["agent"]["question"], "run: rm -r build");
    tow.run(&["wait", "app", "--state", "idle", "--timeout", "200ms"])
        .expect_error(124, "it is blocked (permission: run: rm -r build)");
    // It goes on with the next server.
    let waiting = tow.start(&["wait", "app", "--state", "idle"]);
    wait_for_company(&tow);
    tow.kill_server();
    assert!(waiting.error_line().contains("reconnecting"));
    wait_state(&tow, "app", "blocked");
    tow.ok(&["send", "app", "--key", "y"]);
    assert_eq!(waiting.line(), "done");
}

/// Waits until somebody else has something under way with this Towline's server.
#[track_caller]
fn wait_for_company(tow: &Tow) {
    wait_until("it waits, beside who asks", || {
        let status = tow.json(&["server", "status", "--json"]);
        (status["clients"].as_u64()? > 1).then_some(())
    });
}

#[test]
fn a_wait_for_a_state_goes_on_when_the_host_is_back() {
    let (fleet, _here, there) = fleet();
    let host = fleet.host_named("thor");
    there.spawn(host.there(), "app", &[]);
    fleet.tow.ok(&["host", "connect", "thor"]);
    let waiting = fleet.tow.start(&["wait", "thor:app", "--state", "blocked,exited"]);
    wait_for_company(&fleet.tow);
    // It is connected, and has asked the host by the time that another has asked and been answered.
    fleet.tow.ok(&["peek", "thor:app"]);
    host.relay.cut(towline_testkit::Cut::Refuse);
    assert!(waiting.error_line().contains("thor"));
    ask(host.there(), "app");
    host.relay.restore();
    assert_eq!(waiting.line(), "blocked");
    assert_eq!(waiting.rest(), [""; 0]);
}

#[test]
fn a_wait_for_one_that_exits_tells_so() {
    let tow = tow();
    let demo = Demo::install(&tow);
    demo.spawn(&tow, "dies", &[]);
    wait_state(&tow, "dies", "idle");
    let mut waiting = tow.start(&["wait", "dies", "--state", "blocked,working"]);
    let gone = tow.start(&["wait", "dies", "--state", "exited"]);
    tow.run(&["send", "dies", "die"]);
    assert_eq!(waiting.finish().code(), Some(1));
    let told = waiting.error_line();
    assert!(
        told.contains("dies exited with status 3, and was not blocked or working before"),
        "{told}"
    );
    assert_eq!(gone.line(), "exited");
    // In a shell that lives on.
    let program = demo.program().display();
    tow.spawn("inside", &format!("{program}; echo; echo over; cat"));
    wait_state(&tow, "inside", "idle");
    let mut waiting = tow.start(&["wait", "inside", "--state", "blocked"]);
    tow.run(&["send", "inside", "die"]);
    tow.wait_output("inside", "^over");
    assert_eq!(waiting.finish().code(), Some(1));
    let told = waiting.error_line();
    assert!(told.contains("demo in inside has exited, and was not blocked before"), "{told}");
    assert_eq!(wait_state(&tow, "inside", "exited"), "exited");
    let list = tow.json(&["list", "--json"]);
    assert_eq!(pane(&list, "inside")["agent"]["state"], "exited");
}

/// The shell that a person is attached to, on a terminal of which nothing is known but its name.
fn attached(tow: &Tow) -> Outer {
    let outer = Outer::attach(tow, &["shell"], (80, 24));
    outer.wait_text("here");
    outer
}

/// How often a text was sent to a terminal.
fn count(outer: &Outer, text: &str) -> usize {
    outer.sent().matches(text).count()
}

#[test]
fn an_attached_client_tells_of_agents_elsewhere_once() {
    let (mut fleet, here, there) = fleet();
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "VTE_VERSION"] {
        fleet.tow.set_env(name, "");
    }
    let tow = &fleet.tow;
    let thor = fleet.host_named("thor").there();
    there.spawn(thor, "far", &[]);
    here.spawn(tow, "asker", &[]);
    tow.ok(&["host", "connect", "thor"]);
    // What is so already is no news.
    ask(tow, "asker");
    tow.spawn("shell", "echo here; exec cat");
    let outer = attached(tow);
    ask(tow, "thor:far");
    outer.wait_text("thor:far is blocked · permission: run: rm -r build");
    outer.wait_sent("\x1b]9;thor:far is blocked: permission: run: rm -r build\x1b\\");
    assert!(count(&outer, "\x07") >= 1);
    assert_eq!(count(&outer, "\x1b]9;"), 1);
    // One that has finished; the link's break and return in between is nothing new.
    fleet.host_named("thor").relay.cut(towline_testkit::Cut::Refuse);
    wait_until("the host is away", || {
        tow.ok(&["list"]).contains("thor  unreachable").then_some(())
    });
    fleet.host_named("thor").relay.restore();
    tow.ok(&["host", "connect", "thor"]);
    tow.ok(&["send", "asker", "--key", "y"]);
    outer.wait_text("asker is done · demo has finished");
    assert_eq!(count(&outer, "far is blocked:"), 1);
    // The server that comes next knows what is old.
    tow.kill_server();
    wait_state(tow, "asker", "idle");
    tow.ok(&["host", "connect", "thor"]);
    ask(tow, "asker");
    outer.wait_text("asker is blocked · permission");
    assert_eq!(count(&outer, "far is blocked:"), 1);
    assert_eq!(count(&outer, "]9;asker is done"), 1);
}

#[test]
fn nobody_is_told_of_what_is_before_them() {
    let mut tow = tow();
    tow.set_env("DISPLAY", "");
    let demo = Demo::install(&tow);
    demo.spawn(&tow, "asker", &[]);
    tow.spawn("shell", "echo here; exec cat");
    let asker = Outer::attach(&tow, &["asker"], (80, 24));
    let other = attached(&tow);
    wait_state(&tow, "asker", "idle");
    ask(&tow, "asker");
    other.wait_text("asker is blocked");
    asker.wait_text("Proceed? (y/n)");
    assert_eq!(count(&asker, "is blocked"), 0);
    // Nor where nothing is to be told.
    write_config(&tow, "notify = \"off\"\n");
    let quiet = attached(&tow);
    write_config(&tow, "notify = \"line\"\n");
    let line = attached(&tow);
    allow(&tow, "asker");
    ask(&tow, "asker");
    line.wait_text("asker is blocked");
    assert_eq!((count(&line, "\x07"), count(&line, "\x1b]9;")), (0, 0));
    assert_eq!(count(&quiet, "is blocked"), 0);
}

#[test]
fn a_desktop_is_told_by_its_own_program() {
    let mut tow = tow();
    let bin = tow.folder().join("desktop");
    fs::create_dir(&bin).unwrap();
    let told = tow.folder().join("told");
    let script =
        format!("#!/bin/sh\nprintf '%s|' \"$@\" > {0}.new; mv {0}.new {0}\n", told.display());
    fs::write(bin.join("notify-send"), script).unwrap();
    fs::set_permissions(bin.join("notify-send"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    tow.set_env("PATH", format!("{}:{path}", bin.display()));
    tow.set_env("DISPLAY", ":77");
    let demo = Demo::install(&tow);
    demo.spawn(&tow, "asker", &[]);
    tow.spawn("shell", "echo here; exec cat");
    let outer = attached(&tow);
    ask(&tow, "asker");
    outer.wait_text("asker is blocked");
    wait_until("the desktop is told", || told.exists().then_some(()));
    assert_eq!(
        fs::read_to_string(told).unwrap(),
        "--app-name=Towline|--|asker is blocked|permission: run: rm -r build|"
    );
    assert_eq!(count(&outer, "\x1b]9;"), 0);
}

#[test]
fn an_agent_on_a_host_with_only_tmux_is_told_of_like_any_other() {
    let mut fleet = Fleet::new(env!("CARGO_BIN_EXE_tow")).tmux("odin");
    fleet.tow.set_env("DISPLAY", "");
    let tow = &fleet.tow;
    Demo::install(tow);
    let odin = fleet.host_named("odin");
    let program = Demo::program_in(&odin.home().join("demo"));
    let program = program.to_str().unwrap();
    odin.tmux(&["new-session", "-d", "-s", "main", "-n", "far", program]);
    let keys = |words: &[&str]| odin.tmux(&[&["send-keys", "-t", "main"], words].concat());
    tow.ok(&["host", "connect", "odin"]);
    wait_state(tow, "odin:far", "idle");
    tow.spawn("shell", "echo here; exec cat");
    let outer = attached(tow);
    keys(&["ask", "Enter"]);
    outer.wait_text("odin:far is blocked · permission: run: rm -r build");
    assert_eq!(tow.ok(&["next"]), "odin:far\n");
    assert_eq!(wait_state(tow, "odin:far", "blocked"), "blocked");
    keys(&["y"]);
    outer.wait_text("odin:far is done");
    assert_eq!(count(&outer, "\x1b]9;"), 2);
}

fn write_config(tow: &Tow, text: &str) {
    let file = tow.home().join("config/config.toml");
    fs::create_dir_all(file.parent().unwrap_or(Path::new("/"))).unwrap();
    fs::write(file, text).unwrap();
}

#[test]
fn the_users_commands_are_run_for_agents_of_all_hosts() {
    let (fleet, here, there) = fleet();
    let tow = &fleet.tow;
    let file = tow.folder().join("told");
    let told = || -> Vec<String> {
        let text = fs::read_to_string(&file).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    };
    let line = "echo \"$TOWLINE_TARGET $TOWLINE_HOST $TOWLINE_NAME $TOWLINE_AGENT $TOWLINE_STATE $TOWLINE_REASON \
                $TOWLINE_QUESTION\"";
    write_config(
        tow,
        &format!(
            "on_blocked = '{line} >> {0}'\non_done = [\"sh\", \"-c\", '{line} >> {0}; echo no such thing >&2; exit 7']\n",
            file.display()
        ),
    );
    let thor = fleet.host_named("thor").there();
    there.spawn(thor, "far", &[]);
    here.spawn(tow, "near", &[]);
    tow.ok(&["host", "connect", "thor"]);
    ask(tow, "thor:far");
    wait_until("it is run", || (told().len() == 1).then_some(()));
    assert_eq!(told(), ["thor:far thor far demo blocked permission run: rm -r build"]);
    tow.ok(&["send", "near", "work"]);
    wait_until("it is run", || (told().len() == 2).then_some(()));
    assert_eq!(told()[1], "local:near local near demo done  ");
    let log = tow.state().join("log/server.log");
    wait_until("the failure is in the log", || {
        let text = fs::read_to_string(&log).unwrap_or_default();
        text.contains("exit status: 7: no such thing").then_some(())
    });
    // What the next server finds is no news to it; and it reads what is changed.
    tow.kill_server();
    tow.ok(&["host", "connect", "thor"]);
    assert_eq!(wait_state(tow, "thor:far", "blocked"), "blocked");
    write_config(tow, &format!("on_blocked = 'echo changed >> {}'\n", file.display()));
    ask(tow, "near");
    wait_until("it is run", || (told().len() == 3).then_some(()));
    assert_eq!(told()[2], "changed");
}
