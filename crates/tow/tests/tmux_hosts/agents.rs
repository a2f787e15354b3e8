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
    assert_eq!(agents(&fleet), known(&[["app", "agents", "claude"]]));
}

#[test]
fn agents_are_found_below_a_shell_and_outside_any_tmux() {
    let fleet = with_agent();
    let host = fleet.host_named("loki");
    host.tmux(&["new-session", "-d", "-s", "mine", "-n", "work", "sh -c 'claude; exec cat'"]);
    // Somebody's terminal without tmux.
    let mut outside = host.command("sh", &["-c", "exec claude"]);
    let mut outside = outside.stdin(std::process::Stdio::piped()).spawn().unwrap();
    let expected = known(&[["claude", "detached", "claude"], ["work", "mine", "claude"]]);
    wait_until("both are listed", || {
        let agents = agents(&fleet);
        eprintln!("{agents:?}");
        expected.iter().all(|agent| agents.contains(agent)).then_some(())
    });
    let refused = fleet.tow.run(&["send", "loki:claude", "x"]);
    refused.expect_error(2, "runs outside any tmux");
    let sent = fleet.tow.ok(&["broadcast", "--yes", "hello"]);
    assert_eq!(sent, "sent → loki:work: \"hello\"\n");
    fleet.tow.wait_output("loki:work", "agent got hello");
    drop(outside.stdin.take());
    outside.wait().unwrap();
    wait_until("it is gone", || (agents(&fleet).len() == 1).then_some(()));
}
