//! `tow agents list`: the kinds of agents, and where they are installed.

use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

use serde::Serialize;
use towline_client::config::Preset;
use towline_client::target::LOCAL_HOST;
use towline_protocol::v1::{self, HostStatus, reply, request};

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::request::{Again, unexpected};
use crate::table::{Align, Cell, Table, terminal_width};

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Examples:
  tow agents list
  tow agents list --host thor --host loki
  tow agents list --json | jq -r '.hosts[].agents[] | select(.program) | .kind'";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this host; may be repeated [default: all that are there]
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct ListJson {
    hosts: Vec<HostJson>,
    presets: Vec<PresetJson>,
}

#[derive(Debug, Serialize)]
struct HostJson {
    host: String,
    agents: Vec<AgentJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A kind of agent on a host.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct AgentJson {
    kind: String,
    /// Absent where it is not installed.
    program: Option<String>,
    /// Absent where its files don't tell.
    version: Option<String>,
    /// A file, or `built in`; absent where there are none, and its state is never known.
    rules: Option<String>,
    /// It tells by hooks what it does.
    hooks: bool,
    /// Its conversations can be continued.
    resumes: bool,
}

/// A preset of this machine's configuration.
#[derive(Debug, Serialize)]
struct PresetJson {
    name: String,
    kind: Option<String>,
    command: Option<Vec<String>>,
    host: Option<String>,
    model: Option<String>,
    isolation: bool,
    /// What can't be right with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Runs the verb.
pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let names = match args.host.is_empty() {
        true => online(context).await?,
        false => args.host,
    };
    let asked = names.into_iter().map(|host| ask(context, host));
    let hosts: Vec<HostJson> = futures_util::future::join_all(asked).await;
    let failed = hosts.iter().any(|host| host.error.is_some());
    let known: Vec<String> =
        hosts.iter().flat_map(|host| &host.agents).map(|agent| agent.kind.clone()).collect();
    let presets = context.config()?.presets;
    let presets: Vec<PresetJson> =
        presets.iter().map(|(name, preset)| preset_of(name, preset, &known)).collect();
    if args.json {
        output::json(&ListJson { hosts, presets })?;
    } else {
        output::print(shown(&hosts, &presets, terminal_width(), context.colors()))?;
        for host in &hosts {
            if let Some(error) = &host.error {
                output::message(format_args!("tow: {error}"));
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// This host, and those of the fleet that have a Towline which can be asked.
async fn online(context: &Context) -> Result<Vec<String>, CommandError> {
    /// How long hosts that are still being connected to are waited for, in milliseconds.
    const PATIENCE_MS: u32 = 2000;
    let list =
        v1::List { fleet: context.is_own(), patience_ms: PATIENCE_MS, ..v1::List::default() };
    let reply::Body::Listed(listed) = context.ask(request::Body::List(list), Again::AsItIs).await?
    else {
        return Err(unexpected());
    };
    let there = listed.hosts.into_iter().filter(|host| {
        host.status() == HostStatus::Online && !host.tmux && host.same_as.is_empty()
    });
    Ok([LOCAL_HOST.to_owned()].into_iter().chain(there.map(|host| host.name)).collect())
}

async fn ask(context: &Context, host: String) -> HostJson {
    let here = host == LOCAL_HOST;
    // What is started here finds its program where this command does; elsewhere the login shell says.
    let path = match here && context.is_own() {
        true => std::env::var_os("PATH").unwrap_or_default().into_vec(),
        false => Vec::new(),
    };
    let request = request::Body::Agents(v1::Agents { path });
    let reply = context.ask_on(if here { "" } else { &host }, request, Again::AsItIs).await;
    let (agents, error) = match reply {
        Ok(reply::Body::Agents(agents)) => (agents.kinds, None),
        Ok(_) => (Vec::new(), Some(unexpected().message)),
        // What a host itself says begins with its name.
        Err(error) if here || error.message.starts_with(&format!("{host}: ")) => {
            (Vec::new(), Some(error.message))
        }
        Err(error) => (Vec::new(), Some(format!("{host}: {}", error.message))),
    };
    HostJson { host, agents: agents.into_iter().map(agent_of).collect(), error }
}

fn agent_of(kind: v1::AgentKind) -> AgentJson {
    let text = |text: String| Some(text).filter(|text| !text.is_empty());
    AgentJson {
        program: text(kind.program),
        version: text(kind.version),
        rules: text(kind.rules),
        hooks: kind.hooks,
        resumes: kind.resumes,
        kind: kind.kind,
    }
}

fn preset_of(name: &str, preset: &Preset, known: &[String]) -> PresetJson {
    let unknown = |kind: &String| !known.is_empty() && !known.contains(kind);
    let error = preset.kind.as_ref().filter(|kind| unknown(kind));
    PresetJson {
        name: name.to_owned(),
        kind: preset.kind.clone(),
        command: preset.command.clone(),
        host: preset.host.clone(),
        model: preset.model.clone(),
        isolation: preset.isolation,
        error: error.map(|kind| format!("no kind of agent is called {kind:?}")),
    }
}

const COLUMNS: &[(&str, Align)] = &[
    ("KIND", Align::Left),
    ("HOST", Align::Left),
    ("VERSION", Align::Left),
    ("HOOKS", Align::Left),
    ("RESUMES", Align::Left),
    ("RULES", Align::Left),
    ("PROGRAM", Align::Left),
];

fn shown(hosts: &[HostJson], presets: &[PresetJson], width: Option<usize>, colors: bool) -> String {
    let mut table = Table::new(COLUMNS).dispensable(&["RULES", "RESUMES", "HOOKS"]);
    let mut kinds: Vec<&str> = Vec::new();
    for agent in hosts.iter().flat_map(|host| &host.agents) {
        if !kinds.contains(&agent.kind.as_str()) {
            kinds.push(&agent.kind);
        }
    }
    for kind in kinds {
        let of = |host: &&HostJson| host.agents.iter().any(|agent| agent.kind == kind);
        let mut rows: Vec<(&str, &AgentJson)> = Vec::new();
        for host in hosts.iter().filter(of) {
            let here = host.agents.iter().filter(|agent| agent.kind == kind);
            rows.extend(here.map(|agent| (host.host.as_str(), agent)));
        }
        // Where it is installed; one row says that it is nowhere.
        let nowhere = rows.iter().all(|(_, agent)| agent.program.is_none());
        rows.retain(|(_, agent)| nowhere || agent.program.is_some());
        rows.truncate(if nowhere { 1 } else { usize::MAX });
        for (host, agent) in rows {
            let yes = |yes: bool| if yes { "yes" } else { "-" };
            let cells = [
                kind,
                if nowhere { "-" } else { host },
                agent.version.as_deref().unwrap_or("-"),
                yes(agent.hooks),
                yes(agent.resumes),
                agent.rules.as_deref().unwrap_or("none"),
                agent.program.as_deref().unwrap_or("not installed"),
            ];
            table.row(cells.iter().map(Cell::plain).collect());
        }
    }
    let any = hosts.iter().any(|host| !host.agents.is_empty());
    let mut lines = if any { table.lines(width, colors) } else { Vec::new() };
    if any && !presets.is_empty() {
        lines.push(String::new());
    }
    for preset in presets {
        let command = preset.command.as_deref().map(|command| command.join(" "));
        let parts = [
            preset.kind.clone(),
            command,
            preset.model.as_ref().map(|model| format!("model {model}")),
            preset.host.as_ref().map(|host| format!("on {host}")),
            preset.isolation.then(|| "isolated".to_owned()),
            preset.error.clone(),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        lines.push(output::one_line(&format!("preset {}: {}", preset.name, parts.join(", "))));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_shown_where_it_is_installed_and_once_where_it_is_not() {
        let agent = |kind: &str, program: Option<&str>, version: Option<&str>| AgentJson {
            kind: kind.into(),
            program: program.map(str::to_owned),
            version: version.map(str::to_owned),
            rules: (kind == "claude").then(|| "built in".to_owned()),
            hooks: kind == "claude",
            resumes: kind == "claude",
        };
        let host = |name: &str, agents| HostJson { host: name.into(), agents, error: None };
        let hosts = [
            host(
                "local",
                vec![agent("claude", Some("/bin/claude"), None), agent("amp", None, None)],
            ),
            host("thor", vec![agent("claude", Some("/x"), Some("2.1")), agent("amp", None, None)]),
        ];
        let preset = Preset {
            kind: Some("claud".into()),
            model: Some("opus".into()),
            isolation: true,
            ..Preset::default()
        };
        let presets = [preset_of("review", &preset, &["claude".to_owned()])];
        assert_eq!(
            shown(&hosts, &presets, None, false),
            "KIND    HOST   VERSION  HOOKS  RESUMES  RULES     PROGRAM\n\
             claude  local  -        yes    yes      built in  /bin/claude\n\
             claude  thor   2.1      yes    yes      built in  /x\n\
             amp     -      -        -      -        none      not installed\n\
             \n\
             preset review: claud, model opus, isolated, no kind of agent is called \"claud\"\n"
        );
    }
}
