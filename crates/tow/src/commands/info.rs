//! `tow info`: all that is known of a pane.

use std::process::ExitCode;

use serde::Serialize;
use towline_client::target::id_text;
use towline_protocol::v1::{self, Pane, reply, request};

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::json::PaneJson;
use crate::pane::state::state;
use crate::pane::target::target_of;
use crate::quote::{controls_escaped, shell_quoted};
use crate::request::{Again, target_to_look_at, unexpected};
use crate::size::bytes_in_words;
use crate::table::{folded, terminal_width};
use crate::time;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow info app
  tow info app --json | jq .pid";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pane; the beginning of its name will do
    #[arg(value_name = "TARGET")]
    target: String,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A pane with what a list leaves out.
#[derive(Debug, Serialize)]
struct InfoJson<'a> {
    #[serde(flatten)]
    pane: PaneJson<'a>,
    status: String,
    restart: &'static str,
    restarts: u32,
    restart_limit: u32,
    restart_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<ConversationJson<'a>>,
    degraded: bool,
    holder_pid: Option<i32>,
    output_bytes: u64,
    kept_from: u64,
    folder: String,
}

/// How a pane's agent was started, and what it goes on with.
#[derive(Debug, Serialize)]
struct ConversationJson<'a> {
    /// Absent where it is not known.
    id: Option<&'a str>,
    /// Something was said in it.
    begun: bool,
    /// It is continued when the agent is started again.
    continues: bool,
    isolated: bool,
    model: Option<&'a str>,
    preset: Option<&'a str>,
    hooks: bool,
}

impl<'a> ConversationJson<'a> {
    fn of(agent: &'a v1::Agent) -> Self {
        let text = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        Self {
            id: text(&agent.conversation),
            begun: !agent.unused,
            continues: !agent.forgetful,
            isolated: agent.isolated,
            model: text(&agent.model),
            preset: text(&agent.preset),
            hooks: !agent.no_hooks,
        }
    }
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let request = v1::Info { target: target_to_look_at(&args.target) };
    let reply::Body::Info(pane) = context.ask(request::Body::Info(request), Again::AsItIs).await?
    else {
        return Err(unexpected());
    };
    let target = target_of(&pane);
    if args.json {
        output::json(&InfoJson {
            pane: PaneJson::new(&pane, &target),
            status: state(&pane),
            restart: restart(&pane),
            restarts: pane.restarts,
            restart_limit: pane.restart_limit,
            restart_at: time::rfc3339(pane.restart_at).filter(|_| pane.restart_at > 0),
            conversation: pane.agent.as_ref().map(ConversationJson::of),
            degraded: pane.degraded,
            holder_pid: (pane.holder_pid > 0).then_some(pane.holder_pid),
            output_bytes: pane.output_bytes,
            kept_from: pane.kept_from,
            folder: String::from_utf8_lossy(&pane.folder).into_owned(),
        })?;
    } else {
        output::line(in_words(&pane, &target))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn restart(pane: &Pane) -> &'static str {
    match pane.restart() {
        v1::Restart::Never | v1::Restart::Unsaid => "never",
        v1::Restart::OnReboot => "on-reboot",
        v1::Restart::OnFailure => "on-failure",
        v1::Restart::Always => "always",
    }
}

/// The restart policy, and what has come of it.
fn restarts(pane: &Pane) -> String {
    let policy = restart(pane);
    let mut notes = Vec::new();
    match pane.restarts {
        0 => {}
        1 => notes.push("started again once".to_owned()),
        count => notes.push(format!("started again {count} times in a row")),
    }
    if pane.restarts > 0 && pane.restarts >= pane.restart_limit && pane.restart_limit > 0 {
        notes.push("which is the limit".to_owned());
    }
    if pane.restart_at > 0 && pane.status() == v1::PaneStatus::Restarting {
        notes.push(format!("again at {}", time::local(pane.restart_at)));
    }
    if notes.is_empty() { policy.to_owned() } else { format!("{policy} ({})", notes.join(", ")) }
}

/// What an agent does, and what it waits for.
fn doing(agent: &v1::Agent) -> String {
    match (agent.reason.as_str(), agent.question.as_str()) {
        ("", _) => agent.state.clone(),
        (reason, "") => format!("{}: {reason}", agent.state),
        (reason, question) => format!("{}: {reason}: {question}", agent.state),
    }
}

/// The conversation, and what becomes of it.
fn conversation(agent: &v1::Agent) -> String {
    let id = &agent.conversation;
    match (id.is_empty(), agent.unused, agent.forgetful) {
        (true, _, _) => String::new(),
        (false, true, _) => format!("{id} (nothing said yet)"),
        (false, false, true) => format!("{id} (is not continued at a restart)"),
        (false, false, false) => id.clone(),
    }
}

fn in_words(pane: &Pane, target: &str) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let command: Vec<String> = pane.command.iter().map(|word| shell_quoted(&text(word))).collect();
    let size = pane.size.unwrap_or_default();
    let pid = |pid: i32| if pid > 0 { pid.to_string() } else { "-".into() };
    let kept = pane.output_bytes.saturating_sub(pane.kept_from);
    let told = pane.agent.clone().unwrap_or_default();
    let isolated = if told.isolated { " (with a configuration folder of its own)" } else { "" };
    let agent = match told.kind.is_empty() {
        true => String::new(),
        false => format!("{}, {}{isolated}", told.kind, doing(&told)),
    };
    let place = format!("{}:{}.{}", pane.session, pane.window, pane.pane);
    let fields = [
        ("target", target.to_owned()),
        ("id", id_text(pane.id)),
        ("place", place),
        ("state", state(pane)),
        ("agent", agent),
        ("model", told.model.clone()),
        ("preset", told.preset.clone()),
        ("conversation", conversation(&told)),
        ("command", command.join(" ")),
        ("folder", text(&pane.cwd)),
        ("title", pane.title.clone()),
        ("pid", pid(pane.pid)),
        ("holder", pid(pane.holder_pid)),
        ("size", format!("{} × {}", size.cols, size.rows)),
        ("attached", pane.attached.to_string()),
        ("created", time::local(pane.created_at)),
        ("active", time::local(pane.last_activity_at)),
        ("ended", time::local(pane.exit.as_ref().map_or(0, |exit| exit.at))),
        ("load", format!("{:.0}% {}", pane.cpu_percent, bytes_in_words(pane.memory_bytes))),
        ("output", format!("{}, {} kept", bytes_in_words(pane.output_bytes), bytes_in_words(kept))),
        ("restart", restarts(pane)),
        ("journal", text(&pane.folder)),
    ];
    let shown = fields.iter().filter(|(_, value)| !value.is_empty() && value != "-");
    let width = terminal_width();
    let line = |(name, value): &(&str, String)| {
        folded(&format!("{name:<12} "), &controls_escaped(value), width)
    };
    shown.map(line).collect::<Vec<_>>().join("\n")
}
