//! `tow spawn RIG/NAME --issue ISSUE`: a worker with work: worktree, hook, mail, and then the pane.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use towline_dispatch::panes;
use towline_dispatch::sling::{self, Asked, Said, Slung, Told};
use towline_ledger::Ledgers;

use super::agent;
use crate::commands::role::{environment, living};
use crate::commands::sling::place::Given;
use crate::commands::sling::{nudge_line, remote, send_mail, tell, where_to, worker};
use crate::context::Context;
use crate::error::CommandError;
use crate::pane::target::target_of;
use crate::quote::shell_quoted;
use crate::{launch, output, work};

/// What the verb takes about work.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Work")]
#[group(skip)]
pub(crate) struct Args {
    /// Give this issue to the worker of a town's rig that DIR names: RIG/NAME, or RIG for one who is free
    #[arg(long, value_name = "ISSUE", requires = "folder")]
    pub(super) issue: Option<String>,

    /// What the worker is to know, in plain words; kept with the work
    #[arg(long, value_name = "TEXT", requires = "issue", allow_hyphen_values = true)]
    pub(super) args: Option<String>,

    /// Start no pane, and say how to start the agent by hand
    #[arg(long, requires = "issue")]
    pub(super) naked: bool,

    /// Also what is somebody else's, deferred, or in the way of other work
    #[arg(long, requires = "issue")]
    pub(super) force: bool,
}

/// Makes the worker ready, and starts the pane.
///
/// # Errors
/// As `tow sling` and `tow spawn`; what is done before one fails stays done, and the same command goes on from there.
pub(super) async fn run(context: &Context, args: super::Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let town = work::town(&ledgers)?;
    let folder = args.folder.as_deref().unwrap_or(Path::new(""));
    let target = worker(&ledgers, &folder.to_string_lossy())?;
    let issue = args.work.issue.as_deref().unwrap_or_default();
    let config = context.config()?;
    let preset = args.agent.preset.as_deref();
    let preset =
        preset.or(args.agent.agent.as_deref().filter(|kind| config.presets.contains_key(*kind)));
    // An agent that was named is not to be taken for another by the issue's label.
    let host = match (args.on.as_deref(), &args.agent.agent, args.argv.is_empty()) {
        (Some(host), ..) => Some(host),
        (None, Some(_), _) | (None, _, false) if preset.is_none() => Some("local"),
        _ => None,
    };
    let place = where_to(context, &ledgers, Given { preset, heavy: false, host }, Some(issue))?;
    let settings = work::settings()?;
    let given = args.work.args.as_deref().unwrap_or_default();
    let asked = Asked {
        issue: Some(issue),
        formula: None,
        vars: BTreeMap::new(),
        target,
        args: given,
        force: args.work.force,
        elsewhere: place.host.is_some(),
        settings: &settings,
    };
    let mut lines = Ok(());
    let slung = sling::sling(&ledgers, &asked, &mut |said| match said {
        Said::Line(text) if !args.json && lines.is_ok() => {
            lines = output::line(output::one_line(&text))
        }
        Said::Line(text) | Said::Remark(text) => context.say(output::one_line(&text)),
    })?;
    lines?;
    let told = Told { id: &slung.id, formula: "", subject: "", message: "", args: given };
    if !slung.already || slung.args_stored {
        send_mail(context, &ledgers, &slung, &told)?;
    }
    let prompt = sling::prompt(&told);
    if place.host.is_some() {
        return remote::sling(context, &ledgers, &slung, &place, &prompt, args.json).await;
    }
    if args.work.naked {
        return by_hand(context, &args, &slung, place.preset);
    }
    let panes = living(context).await;
    if let Some(pane) = panes::find(&panes, &slung.target, town) {
        return told_in(context, &ledgers, &slung, &prompt, pane).await;
    }
    let name = args.name.clone().unwrap_or_else(|| panes::name_of(&slung.target, town));
    let env: Vec<OsString> =
        environment(&slung.target).into_iter().chain(args.env.clone()).collect();
    let mut agent = args.agent;
    if agent.preset.is_none() && agent.agent.is_none() && args.argv.is_empty() {
        agent.preset = place.preset;
    }
    let args = super::Args {
        folder: None,
        on: None,
        name: Some(name),
        cwd: slung.folder.clone(),
        env,
        agent,
        work: Args::default(),
        ..args
    };
    super::spawn(context, args, None).await
}

/// The worker has a pane already: it is told there.
async fn told_in(
    context: &Context,
    ledgers: &Ledgers,
    slung: &Slung,
    prompt: &str,
    pane: &towline_protocol::v1::Pane,
) -> Result<ExitCode, CommandError> {
    let target = target_of(pane);
    context.say(format_args!("{} has a pane already: {}", slung.target, output::one_line(&target)));
    let nudged = tell(context, ledgers, slung, prompt).await;
    context.say(nudge_line(&nudged));
    output::line(output::one_line(&target))?;
    Ok(ExitCode::SUCCESS)
}

/// Says how to start the agent by hand.
fn by_hand(
    context: &Context,
    args: &super::Args,
    slung: &Slung,
    preset: Option<String>,
) -> Result<ExitCode, CommandError> {
    let folder = slung.folder.as_deref().unwrap_or(Path::new("."));
    let folder = folder.to_string_lossy();
    let command = match (args.argv.is_empty(), preset) {
        (false, _) => args.argv.clone(),
        (true, preset) => of_agent(context, &args.agent, preset)?,
    };
    let words: Vec<String> =
        command.iter().map(|word| shell_quoted(&word.to_string_lossy())).collect();
    if args.json {
        let command: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
        output::json(&serde_json::json!({
            "issue": slung.id, "target": slung.target.to_string(), "folder": folder, "command": command,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(
        "\n🔧 NO PANE (--naked)\nThe agent must be started by hand.\n\nTo start the agent:",
    )?;
    output::line(format!("  cd {}", shell_quoted(&folder)))?;
    output::line(format!("  {}", words.join(" ")))?;
    output::line("\nAgent will discover work via tow prime on startup.")?;
    Ok(ExitCode::SUCCESS)
}

/// The command of the agent that would be started.
fn of_agent(
    context: &Context,
    args: &agent::Args,
    preset: Option<String>,
) -> Result<Vec<OsString>, CommandError> {
    /// Where nothing says which agent it is.
    const USUAL: &str = "claude";
    let chosen = match (&args.agent, &args.preset) {
        (None, None) => agent::Args::chosen(None, preset, None),
        _ => agent::Args::chosen(args.agent.clone(), args.preset.clone(), None),
    };
    let choice = agent::choose(context, &chosen, None)?;
    if !choice.command.is_empty() {
        return Ok(choice.command);
    }
    if !choice.kind.is_empty() {
        let program = towline_agents::program_of(&choice.kind).unwrap_or(&choice.kind);
        return Ok(vec![program.into()]);
    }
    let configured = context.config()?.command;
    let found = launch::agents_on_path().first().map(|agent| vec![OsString::from(agent)]);
    let configured = configured.map(|words| words.into_iter().map(OsString::from).collect());
    Ok(configured.or(found).unwrap_or_else(|| vec![USUAL.into()]))
}
