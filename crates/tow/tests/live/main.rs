//! Real agents in Towline's panes, against a scripted model: each state they come to, and how soon and how rightly it is told.
//!
//! `TOWLINE_AGENTS_TABLE=1 cargo nextest run -p tow --test live table --no-capture` walks all of them some times over, one after
//! the other, and writes what came out into docs/agents.md. `TOWLINE_RECORD=1 cargo nextest run -p tow --test live record
//! --no-capture` records them anew for the tests of the rules (crates/towline-agents/tests/recorded).

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tables and screens are for who runs the tests"
)]

mod cast;
mod claude;
mod isolated;
mod judge;
mod record;
mod table;
mod walk;
mod watch;

use std::path::Path;

use towline_testkit::real::{self, Agent, Installed};

/// The agents, or `None` where this machine can't have them, which is said. In continuous integration that is a failure.
fn installed() -> Option<Installed> {
    match real::install(Path::new(env!("CARGO_TARGET_TMPDIR"))) {
        Ok(installed) => Some(installed),
        Err(why) => {
            let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
            assert!(!ci, "the real agents can't be had: {why}");
            eprintln!("PASSED OVER: no real agents on this machine: {why}");
            None
        }
    }
}

/// What a variable of the environment switches on.
fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

fn agent(kind: &str) -> &'static dyn Agent {
    let found = real::AGENTS.iter().find(|agent| agent.kind() == kind);
    *found.unwrap_or_else(|| panic!("{kind} is not among the agents"))
}

/// Walks one agent through all that it does, and fails where it was told of wrongly.
fn walk_through(kind: &str) {
    let Some(installed) = installed() else { return };
    let findings = once(agent(kind), &installed);
    println!("{}", table::markdown(&[(kind, findings.clone())]));
    judge::check(kind, &findings);
}

/// Has one agent run with a folder of its own, where the user's is `config` and the event `hook` tells of a prompt.
fn alone(kind: &str, config: &str, hook: &str) {
    let Some(installed) = installed() else { return };
    isolated::alone(agent(kind), &installed, config, hook);
}

/// All walks of one agent.
fn once(agent: &dyn Agent, installed: &Installed) -> Vec<judge::Finding> {
    let mut findings = walk::ready(agent, installed, walk::WIDE, None);
    findings.extend(walk::beginnings(agent, installed, walk::WIDE));
    findings
}

#[test]
fn claude() {
    walk_through("claude");
}

#[test]
fn claude_with_a_folder_of_its_own() {
    alone("claude", ".claude", "UserPromptSubmit");
}

#[test]
fn codex() {
    walk_through("codex");
}

#[test]
fn codex_with_a_folder_of_its_own() {
    alone("codex", ".codex", "UserPromptSubmit");
}

#[test]
fn gemini() {
    walk_through("gemini");
}

#[test]
fn gemini_with_a_folder_of_its_own() {
    alone("gemini", ".gemini", "BeforeAgent");
}

#[test]
fn gemini_beside_another() {
    let Some(installed) = installed() else { return };
    isolated::beside(agent("gemini"), &installed);
}

#[test]
fn opencode() {
    walk_through("opencode");
}

#[test]
fn table() {
    if is_set("TOWLINE_AGENTS_TABLE") {
        table::write();
    }
}

#[test]
fn record() {
    if is_set("TOWLINE_RECORD") {
        record::all();
    }
}
