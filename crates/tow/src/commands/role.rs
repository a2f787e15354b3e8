//! `tow mayor`, `deacon`, `witness` and `refinery`: the panes of those who look after a town and its rigs.

use std::ffi::OsString;
use std::process::ExitCode;

use serde::Serialize;
use towline_client::target::LOCAL_HOST;
use towline_dispatch::nudge::PATIENCE;
use towline_dispatch::panes;
use towline_ledger::place::Town;
use towline_ledger::{Identity, Role};
use towline_protocol::v1::{self, reply, request};

use crate::commands::attach::attach_to;
use crate::commands::{kill, nudge, spawn};
use crate::context::Context;
use crate::error::CommandError;
use crate::pane::target::target_of;
use crate::quote::shell_quoted;
use crate::{output, work};

/// The end of the verbs' help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow mayor attach                   work with the mayor, who is started where absent
  tow mayor attach --agent codex
  tow mayor start                    only start
  tow witness attach demo            of the rig demo
  tow witness stop demo
  tow deacon status --json";

/// What the verbs of a town's roles take.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Attach to the pane; where there is none, start it
    #[command(
        visible_alias = "at",
        after_help = "Examples:\n  tow mayor attach\n  tow deacon attach"
    )]
    Attach(AgentArgs),
    /// Start the pane, and don't attach
    #[command(after_help = "Examples:\n  tow mayor start\n  tow deacon start")]
    Start(AgentArgs),
    /// End what runs in the pane, and remove it
    #[command(after_help = "Examples:\n  tow mayor stop\n  tow deacon stop")]
    Stop,
    /// Tell whether there is a pane
    #[command(after_help = "Examples:\n  tow mayor status\n  tow deacon status")]
    Status(StatusArgs),
}

/// What the verbs of a rig's roles take.
#[derive(Debug, clap::Args)]
pub(crate) struct RigArgs {
    #[command(subcommand)]
    action: RigAction,
}

#[derive(Debug, clap::Subcommand)]
enum RigAction {
    /// Attach to the pane; where there is none, start it
    #[command(
        visible_alias = "at",
        after_help = "Examples:\n  tow witness attach app\n  tow refinery attach app"
    )]
    Attach {
        /// The rig [default: the one this folder is in]
        rig: Option<String>,
        #[command(flatten)]
        agent: AgentArgs,
    },
    /// Start the pane, and don't attach
    #[command(after_help = "Examples:\n  tow witness start app\n  tow refinery start app")]
    Start {
        /// The rig [default: the one this folder is in]
        rig: Option<String>,
        #[command(flatten)]
        agent: AgentArgs,
    },
    /// End what runs in the pane, and remove it
    #[command(after_help = "Examples:\n  tow witness stop app\n  tow refinery stop app")]
    Stop {
        /// The rig [default: the one this folder is in]
        rig: Option<String>,
    },
    /// Tell whether there is a pane
    #[command(after_help = "Examples:\n  tow witness status app\n  tow refinery status app")]
    Status {
        /// The rig [default: the one this folder is in]
        rig: Option<String>,
        #[command(flatten)]
        how: StatusArgs,
    },
}

#[derive(Debug, clap::Args)]
struct AgentArgs {
    /// Start this kind of agent, or this preset, where it isn't running
    #[arg(long, value_name = "KIND", conflicts_with = "preset")]
    agent: Option<String>,

    /// Start what [agent.NAME] of the configuration says
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,

    /// The model the agent is to use
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::Args)]
struct StatusArgs {
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// Whether somebody's pane is there.
#[derive(Debug, Serialize)]
struct StatusJson {
    identity: String,
    running: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pane: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    attached: u32,
}

/// Runs `tow mayor`.
pub(crate) async fn mayor(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    run(context, args.action, |_| Ok(Identity::mayor())).await
}

/// Runs `tow deacon`.
pub(crate) async fn deacon(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    run(context, args.action, |_| Ok(Identity::deacon())).await
}

/// Runs `tow witness`.
pub(crate) async fn witness(context: &Context, args: RigArgs) -> Result<ExitCode, CommandError> {
    of_rig(context, args.action, Role::Witness).await
}

/// Runs `tow refinery`.
pub(crate) async fn refinery(context: &Context, args: RigArgs) -> Result<ExitCode, CommandError> {
    of_rig(context, args.action, Role::Refinery).await
}

async fn of_rig(
    context: &Context,
    action: RigAction,
    role: Role,
) -> Result<ExitCode, CommandError> {
    let (rig, action) = match action {
        RigAction::Attach { rig, agent } => (rig, Action::Attach(agent)),
        RigAction::Start { rig, agent } => (rig, Action::Start(agent)),
        RigAction::Stop { rig } => (rig, Action::Stop),
        RigAction::Status { rig, how } => (rig, Action::Status(how)),
    };
    run(context, action, |place| {
        let rig = rig.or_else(|| place.rig.clone()).ok_or_else(|| {
            CommandError::usage("which rig is meant isn't known here")
                .hint(format!("tow {role} attach RIG"))
        })?;
        if let Some(town) = &place.town {
            town.rig(&rig).map_err(towline_dispatch::DispatchError::from)?;
        }
        let identity = match role {
            Role::Witness => Identity::witness(&rig),
            _ => Identity::refinery(&rig),
        };
        identity.map_err(|error| CommandError::usage(error.to_string()))
    })
    .await
}

async fn run(
    context: &Context,
    action: Action,
    identity: impl FnOnce(&towline_ledger::place::Place) -> Result<Identity, CommandError>,
) -> Result<ExitCode, CommandError> {
    let ledgers = work::quiet_ledgers(None)?;
    let town = work::town(&ledgers)?;
    let identity = identity(&ledgers.place)?;
    let panes = living(context).await;
    let pane = panes::find(&panes, &identity, town);
    match action {
        Action::Attach(agent) => {
            if let Some(pane) = pane {
                return match spawn::can_attach() {
                    true => attach_to(context, pane).await,
                    false => told_where(context, pane),
                };
            }
            context.say(format_args!("{identity} isn't running: starting..."));
            start(context, town, &identity, agent, false).await
        }
        Action::Start(_) if pane.is_some() => {
            let pane = pane.map(target_of).unwrap_or_default();
            output::line(format!("● {identity} is running already ({})", output::one_line(&pane)))?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Start(agent) => start(context, town, &identity, agent, true).await,
        Action::Stop => stop(context, &identity, pane).await,
        Action::Status(how) => status(&identity, pane, how),
    }
}

/// Where no terminal can be given to the pane.
fn told_where(context: &Context, pane: &v1::Pane) -> Result<ExitCode, CommandError> {
    let target = target_of(pane);
    output::line(output::one_line(&target))?;
    context.say(format_args!("attach with: tow attach {}", shell_quoted(&target)));
    Ok(ExitCode::SUCCESS)
}

async fn start(
    context: &Context,
    town: &Town,
    identity: &Identity,
    agent: AgentArgs,
    detach: bool,
) -> Result<ExitCode, CommandError> {
    let folder = town.worktree_of(identity).filter(|folder| folder.is_dir()).ok_or_else(|| {
        CommandError::failed(format!("{identity} has no folder in {}", town.root.display()))
            .hint("tow rig list")
    })?;
    let agent = spawn::agent::Args::chosen(agent.agent, agent.preset, agent.model);
    let name = panes::name_of(identity, town);
    let args = spawn::Args::for_work(folder, name, environment(identity), agent, detach);
    spawn::run(context, args).await
}

/// What an agent's environment says of who it is, whatever this one's says.
pub(crate) fn environment(identity: &Identity) -> Vec<OsString> {
    let mut pairs = vec![format!("TOWLINE_ROLE={identity}"), format!("BD_ACTOR={identity}")];
    // Those of whoever starts it would speak of them. An empty one says nothing.
    for name in ["GT_ROLE", "GT_RIG", "GT_POLECAT", "GT_CREW", "BEADS_ACTOR", "BEADS_DIR"] {
        if std::env::var_os(name).is_some_and(|value| !value.is_empty()) {
            pairs.push(format!("{name}="));
        }
    }
    pairs.into_iter().map(OsString::from).collect()
}

async fn stop(
    context: &Context,
    identity: &Identity,
    pane: Option<&v1::Pane>,
) -> Result<ExitCode, CommandError> {
    let Some(pane) = pane else {
        output::line(format!("○ {identity} is not running"))?;
        return Ok(ExitCode::SUCCESS);
    };
    kill::by_id(context, pane).await?;
    output::line(format!("✓ {identity} stopped"))?;
    Ok(ExitCode::SUCCESS)
}

fn status(
    identity: &Identity,
    pane: Option<&v1::Pane>,
    how: StatusArgs,
) -> Result<ExitCode, CommandError> {
    let target = pane.map(target_of);
    if how.json {
        output::json(&StatusJson {
            identity: identity.to_string(),
            running: pane.is_some(),
            pane: target,
            state: pane.and_then(|pane| Some(pane.agent.as_ref()?.state.clone())),
            attached: pane.map_or(0, |pane| pane.attached),
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(pane) = pane else {
        output::line(format!("○ {identity} is not running"))?;
        return Ok(ExitCode::SUCCESS);
    };
    output::line(format!(
        "● {identity} is running ({})",
        output::one_line(&target.unwrap_or_default())
    ))?;
    output::line(format!("  Status: {}", if pane.attached > 0 { "attached" } else { "detached" }))?;
    if let Some(agent) = &pane.agent {
        output::line(format!(
            "  Agent:  {} ({})",
            output::one_line(&agent.kind),
            output::one_line(&agent.state)
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The panes of all hosts as the server knows them, asked within two seconds. Without a server there are none, and none is started.
pub(crate) async fn living(context: &Context) -> Vec<v1::Pane> {
    let asked = async {
        let connection = nudge::reach(context).await.ok()?;
        let list = v1::List { fleet: context.is_own(), ..v1::List::default() };
        match connection.request(request::Body::List(list)).await {
            Ok(reply::Body::Listed(listed)) => Some(listed),
            _ => None,
        }
    };
    let Ok(Some(listed)) = tokio::time::timeout(PATIENCE, asked).await else { return Vec::new() };
    let mut panes = listed.panes;
    for host in listed.hosts.into_iter().filter(|host| host.name != LOCAL_HOST) {
        panes.extend(host.panes);
    }
    panes
}
