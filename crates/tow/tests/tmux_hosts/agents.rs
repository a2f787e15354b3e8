//! Agents: started, found wherever they run, and spoken to together.

use towline_testkit::{Fleet, Setup, wait_until};

use crate::{AGENT, loki};

fn with_agent() -> Fleet {
    let fleet = loki(Setup::tmux());
    fleet.host_named("loki").install("claude", AGENT);
    fleet
}

/// The panes of the host with agents in them: name, session, kind.
fn agents(fleet: &Fleet) -> Vec<(String, String, String)> {
    let list = fleet.tow.json(&["list", "--agents", "--host", "loki", "--json"]);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut agents: Vec<_> = list["panes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pane| (text(&pane["name"]), text(&pane["session"]), text(&pane["agent"]["kind"])))
        .collect();
    agents.sort();
    agents
}

fn known(agents: &[[&str; 3]]) -> Vec<(String, String, String)> {
    agents
        .iter()
        .map(|[name, session, kind]| ((*name).into(), (*session).into(), (*kind).into()))
        .collect()
}

#[test]
fn without_a_command_the_first_agent_there_is_started() {
    let fleet = with_agent();
    fleet.host_named("loki").project("app");
    fleet.tow.ok(&["spawn", "--on", "loki", "app", "-d"]);
    fleet.tow.wait_output("loki:app", "agent here");
    assert!(agents(&fleet).contains(&known(&[["app", "agents", "claude"]])[0]));
}

#[test]
fn agents_are_found_below_a_shell_and_outside_any_tmux() {
    let fleet = with_agent();
    let host = fleet.host_named("loki");
    // Nobody has rules for this one: what is typed is typed.
    host.install("amp", AGENT);
    host.tmux(&["new-session", "-d", "-s", "mine", "-n", "work", "sh -c 'amp; exec cat'"]);
    // Somebody's terminal without tmux. Other tests' agents may run on this machine, too: this one has its pid.
    let mut outside = host.command("sh", &["-c", "exec amp"]);
    let mut outside = outside.stdin(std::process::Stdio::piped()).spawn().unwrap();
    let pid = outside.id();
    let detached = || {
        let list = fleet.tow.json(&["list", "--host", "loki", "--json"]);
        let panes = list["panes"].as_array().unwrap().clone();
        panes.into_iter().find(|pane| pane["pid"] == pid)
    };
    let pane = wait_until("it is listed", detached);
    assert_eq!((&pane["session"], &pane["agent"]["kind"]), (&"detached".into(), &"amp".into()));
    wait_until("the other is listed", || {
        agents(&fleet).contains(&known(&[["work", "mine", "amp"]])[0]).then_some(())
    });
    let refused = fleet.tow.run(&["send", pane["target"].as_str().unwrap(), "x"]);
    // Where another test has one of that name, too, it is not known which is meant.
    if refused.status != 4 {
        refused.expect_error(2, "runs outside any tmux");
    }
    let sent = fleet.tow.ok(&["broadcast", "--yes", "hello"]);
    assert_eq!(sent, "sent → loki:work: \"hello\"\n");
    fleet.tow.wait_output("loki:work", "agent got hello");
    drop(outside.stdin.take());
    outside.wait().unwrap();
    wait_until("it is gone", || detached().is_none().then_some(()));
}
