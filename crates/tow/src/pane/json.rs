//! The JSON of panes and hosts. Its names are a contract: see the documentation of the command line.

use serde::Serialize;
use towline_client::target::{LOCAL_HOST, id_text};
use towline_protocol::v1::{Exit, Host, HostState, HostStatus, Pane};

use crate::pane::target::host_of;
use crate::time::{rfc3339, rfc3339_now};

/// What `tow list --json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct ListJson<'a> {
    /// The hosts asked, reachable or not.
    pub(crate) hosts: Vec<HostJson>,
    /// The panes of all of them.
    pub(crate) panes: Vec<PaneJson<'a>>,
}

/// A host.
#[derive(Debug, Serialize)]
pub(crate) struct HostJson {
    host: String,
    /// Absent where no server is known there.
    id: Option<String>,
    status: &'static str,
    /// Absent where it was never reached.
    seen_at: Option<String>,
    rtt_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// The alias under which the same server is listed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_as: Option<String>,
}

impl HostJson {
    /// The host of the server that answered, after so many milliseconds.
    pub(crate) fn local(host: &Host, rtt_ms: f64) -> Self {
        Self {
            host: LOCAL_HOST.into(),
            id: Some(uuid_text(&host.id)),
            status: "online",
            seen_at: Some(rfc3339_now()),
            rtt_ms: Some(rtt_ms),
            error: None,
            same_as: None,
        }
    }

    /// Another host.
    pub(crate) fn remote(state: &HostState) -> Self {
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Self {
            host: state.name.clone(),
            id: state.host.as_ref().map(|host| uuid_text(&host.id)).filter(|id| !id.is_empty()),
            status: match state.status() {
                HostStatus::Online => "online",
                HostStatus::Connecting => "connecting",
                HostStatus::Unreachable | HostStatus::Unspecified => "unreachable",
            },
            seen_at: rfc3339(state.seen_at),
            rtt_ms: (state.rtt_us > 0).then(|| f64::from(state.rtt_us) / 1e3),
            error: text(&state.error),
            same_as: text(&state.same_as),
        }
    }
}

/// A pane.
#[derive(Debug, Serialize)]
pub(crate) struct PaneJson<'a> {
    host: &'a str,
    session: &'a str,
    window: u32,
    pane: u32,
    /// In the form that is a target.
    id: String,
    name: &'a str,
    target: &'a str,
    /// What isn't UTF-8 in it is shown by replacement characters.
    command: Vec<String>,
    cwd: String,
    /// Absent where the program does not run.
    pid: Option<i32>,
    created_at: Option<String>,
    last_activity_at: Option<String>,
    cols: u32,
    rows: u32,
    attached: u32,
    title: &'a str,
    cpu_percent: f64,
    memory_bytes: u64,
    exit: Option<ExitJson<'a>>,
    agent: Option<AgentJson<'a>>,
    /// Prompts that wait until the agent is idle.
    queued: u32,
}

/// The coding agent that runs in it.
#[derive(Debug, Serialize)]
struct AgentJson<'a> {
    kind: &'a str,
    state: &'a str,
    since: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    question: &'a str,
    source: &'a str,
    /// The agent's own id of the conversation.
    #[serde(skip_serializing_if = "str::is_empty")]
    session_id: &'a str,
}

impl<'a> AgentJson<'a> {
    fn of(agent: &'a towline_protocol::v1::Agent) -> Self {
        Self {
            kind: &agent.kind,
            state: super::agent::word(agent),
            since: rfc3339(agent.since),
            reason: &agent.reason,
            question: &agent.question,
            source: &agent.source,
            session_id: &agent.conversation,
        }
    }
}

/// How a program ended.
#[derive(Debug, Serialize)]
struct ExitJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<i32>,
    #[serde(skip_serializing_if = "str::is_empty")]
    lost: &'a str,
    at: Option<String>,
}

impl<'a> PaneJson<'a> {
    /// The pane, meant by `target`.
    pub(crate) fn new(pane: &'a Pane, target: &'a str) -> Self {
        let size = pane.size.unwrap_or_default();
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        Self {
            host: host_of(pane),
            session: &pane.session,
            window: pane.window,
            pane: pane.pane,
            id: id_text(pane.id),
            name: &pane.name,
            target,
            command: pane.command.iter().map(text).collect(),
            cwd: text(&pane.cwd),
            pid: (pane.pid > 0).then_some(pane.pid),
            created_at: rfc3339(pane.created_at),
            last_activity_at: rfc3339(pane.last_activity_at),
            cols: size.cols,
            rows: size.rows,
            attached: pane.attached,
            title: &pane.title,
            cpu_percent: pane.cpu_percent,
            memory_bytes: pane.memory_bytes,
            exit: pane.exit.as_ref().map(exit),
            agent: pane.agent.as_ref().map(AgentJson::of),
            queued: pane.queued,
        }
    }
}

fn exit(exit: &Exit) -> ExitJson<'_> {
    ExitJson { status: exit.status, signal: exit.signal, lost: &exit.lost, at: rfc3339(exit.at) }
}

/// Sixteen bytes as people write a UUID; anything else as hexadecimal digits.
pub(crate) fn uuid_text(bytes: &[u8]) -> String {
    let dash = |at| bytes.len() == 16 && matches!(at, 4 | 6 | 8 | 10);
    let digits =
        |(at, byte): (usize, &u8)| format!("{}{byte:02x}", if dash(at) { "-" } else { "" });
    bytes.iter().enumerate().map(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_contract() {
        let pane = Pane {
            id: 17,
            exit: Some(Exit { signal: Some(9), at: 1, ..Default::default() }),
            ..Default::default()
        };
        let json = serde_json::to_value(PaneJson::new(&pane, "%17")).unwrap();
        let names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = [
            "host",
            "session",
            "window",
            "pane",
            "id",
            "name",
            "target",
            "command",
            "cwd",
            "pid",
            "created_at",
            "last_activity_at",
            "cols",
            "rows",
            "attached",
            "title",
            "cpu_percent",
            "memory_bytes",
            "exit",
            "agent",
            "queued",
        ];
        expected.sort_unstable();
        let mut names = names;
        names.sort_unstable();
        assert_eq!(names, expected);
        assert_eq!(
            json["exit"],
            serde_json::json!({"signal": 9, "at": "1970-01-01T00:00:00.000001Z"})
        );
        assert_eq!(json["agent"], serde_json::Value::Null);
    }

    #[test]
    fn a_uuid_has_dashes() {
        let bytes: Vec<u8> = (0..16).collect();
        assert_eq!(uuid_text(&bytes), "00010203-0405-0607-0809-0a0b0c0d0e0f");
        assert_eq!(uuid_text(&[1, 2]), "0102");
    }
}
