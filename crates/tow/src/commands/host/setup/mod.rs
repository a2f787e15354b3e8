//! `tow host setup`: get a host ready.
//!
//! Each step is a file, can be run again, and does nothing where its work is done.

mod agent;
mod files;
mod projects;
mod unit;

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;
use towline_client::hosts::{Host, HostValue, HostsFile};
use towline_client::transport::DialOptions;

use super::check::{Facts, look};
use super::{connect, install, need_shell};
use crate::ask::Answers;
use crate::context::Context;
use crate::error::CommandError;
use crate::output;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str =
    "Clones your projects there by their git remotes, offers a copy of ~/.claude/CLAUDE.md and
settings.json, installs tow, offers a unit of systemd with lingering, and starts an
agent once to see whether it asks for something. Every step can be run again.

A PROJECT is a folder here, or the name of one in the folder of projects of
[host.local]; without one it is each folder in there.

Examples:
  tow host setup thor ~/src/app ~/src/lib
  tow host setup thor --projects '~/src' --yes
  tow host setup thor -A                   git there uses the keys of your ssh agent";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A host of the list, or [USER@]HOST[:PORT]
    host: String,
    /// Folders with git repositories
    #[arg(value_name = "PROJECT")]
    projects: Vec<PathBuf>,
    /// The folder where projects live there; it is written into the list
    #[arg(long = "projects", value_name = "DIR", id = "folder")]
    folder: Option<String>,
    /// Answer every question with yes
    #[arg(short, long)]
    yes: bool,
    /// Let git there use the keys of your ssh agent
    #[arg(short = 'A', long)]
    forward_agent: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// It was done now.
    Done,
    /// It had been done before.
    Already,
    /// It was left out: nobody said yes, or there was nothing to do it with.
    Skipped,
    /// It failed.
    Failed,
}

/// A step and what it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Step {
    step: &'static str,
    outcome: Outcome,
    /// One line.
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Step {
    fn new(step: &'static str, outcome: Outcome, message: impl Into<String>) -> Self {
        Self { step, outcome, message: output::one_line(&message.into()), hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    fn failed(step: &'static str, error: CommandError) -> Self {
        let hint = error.hints.into_iter().next();
        Self { hint, ..Self::new(step, Outcome::Failed, error.message) }
    }
}

/// What every step starts from.
struct Setup<'a> {
    context: &'a Context,
    host: Host,
    facts: Facts,
    options: DialOptions,
    answers: Answers,
    forward_agent: bool,
    steps: Vec<Step>,
}

#[derive(Debug, Serialize)]
struct ReportJson {
    host: String,
    steps: Vec<Step>,
}

/// Runs the verb: all steps, past those that fail.
pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let mut host = super::host(&super::hosts(context)?, &args.host)?;
    need_shell(&host)?;
    if let Some(folder) = &args.folder {
        host = with_folder(context, host, folder)?;
    }
    context.say(format_args!("looking at {}…", host.alias));
    let facts = look(&host, &connect::foreground(context)?).await?;
    let mut setup = Setup {
        context,
        host,
        facts,
        options: context.dial_options()?,
        answers: Answers::new(args.yes),
        forward_agent: args.forward_agent,
        steps: Vec::new(),
    };
    projects::run(&mut setup, &args.projects).await?;
    files::run(&mut setup).await;
    install_tow(&mut setup).await;
    unit::run(&mut setup).await;
    agent::run(&mut setup).await;

    let failed = setup.steps.iter().any(|step| step.outcome == Outcome::Failed);
    if args.json {
        output::json(&ReportJson { host: setup.host.alias, steps: setup.steps })?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The host with another folder of projects, in the list too where it is in there.
fn with_folder(context: &Context, host: Host, folder: &str) -> Result<Host, CommandError> {
    let path = context.paths()?.hosts();
    let mut file = HostsFile::open(&path)?;
    if super::hosts(context)?.get(&host.alias).is_some() {
        file.set(&host.alias, "projects", Some(&HostValue::Text(folder.to_owned())))?;
        file.save()?;
    }
    Ok(Host { projects: Some(folder.to_owned()), ..host })
}

impl Setup<'_> {
    /// Tells and keeps what a step came to.
    fn came_to(&mut self, step: Step) {
        let mark = match step.outcome {
            Outcome::Done => "✓",
            Outcome::Already => "=",
            Outcome::Skipped => "-",
            Outcome::Failed => "✗",
        };
        self.context.say(format_args!("{mark} {}: {}", step.step, step.message));
        if let Some(hint) = &step.hint {
            self.context.say(format_args!("  hint: {hint}"));
        }
        self.steps.push(step);
    }
}

async fn install_tow(setup: &mut Setup<'_>) {
    const STEP: &str = "tow";
    let alias = setup.host.alias.clone();
    if let Some(tow) = &setup.facts.tow {
        let message = format!("{} {}", tow.path, tow.version);
        return setup.came_to(Step::new(STEP, Outcome::Already, message));
    }
    if !setup.answers.yes(&format!("install tow on {alias}?")) {
        let step = Step::new(STEP, Outcome::Skipped, "not installed");
        return setup.came_to(step.hint(format!("tow host install {alias}")));
    }
    let installed = install::install(setup.context, &setup.host, None).await;
    let step = match installed {
        Ok(_) => match look(&setup.host, &setup.options).await {
            Ok(facts) => {
                setup.facts = facts;
                Step::new(STEP, Outcome::Done, "installed")
            }
            Err(error) => Step::failed(STEP, error),
        },
        Err(error) => Step::failed(STEP, error),
    };
    setup.came_to(step);
}
