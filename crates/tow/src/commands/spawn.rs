//! `tow spawn`: start a pane, and attach to it.

pub(crate) mod agent;
mod begun;
mod worker;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use towline_client::target::{LOCAL_HOST, check_name};
use towline_protocol::v1::{self, reply, request};

use crate::caller;
use crate::context::Context;
use crate::error::CommandError;
use crate::launch;
use crate::quote::shell_quoted;
use crate::request::{Again, unexpected};

pub(crate) use begun::Begun;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow spawn                          the configured agent in this folder, and attach
  tow spawn ~/src/app -- claude      claude in that folder
  tow spawn --agent codex            codex in this folder; or a preset of the configuration
  tow spawn --agent claude --resume 0b2d…    go on with a conversation
  tow spawn --on thor gridplay       in that host's folder of projects
  tow spawn --name tests --detach -- cargo watch -x test
  tow spawn --restart on-failure --env RUST_LOG=debug -- ./serve
  tow spawn demo/Toast --issue de-x7k    a worker of a town's rig, with that work
  tow spawn demo --issue de-x7k --naked  the same, to be started by hand";

/// The size of a pane that nobody looks at yet: what programs take a terminal to be.
const DEFAULT_SIZE: (u16, u16) = (80, 24);

/// What the verb takes.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// The folder to start in [default: this one]; with --on a project there, or a path
    #[arg(value_name = "DIR", conflicts_with = "cwd")]
    folder: Option<PathBuf>,

    /// Start it on this host: an alias, or [user@]host[:port]
    #[arg(long, value_name = "HOST")]
    on: Option<String>,

    /// The pane's name [default: the folder's]
    #[arg(long)]
    name: Option<String>,

    /// The folder to start in
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,

    /// A variable of the pane's environment, on top of this one's; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    env: Vec<OsString>,

    /// Don't attach
    #[arg(short, long)]
    detach: bool,

    /// Columns of the terminal, until somebody attaches
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    cols: Option<u16>,

    /// Rows of the terminal, until somebody attaches
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    rows: Option<u16>,

    /// When to start the command again [default: the configuration's, else an agent after a reboot]
    #[arg(long, value_name = "WHEN", value_enum)]
    restart: Option<Restart>,

    /// Print the pane as JSON, and don't attach
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    agent: agent::Args,

    #[command(flatten)]
    work: worker::Args,

    /// The command [default: the configured one, else the first known agent, else the login shell]
    #[arg(last = true, value_name = "CMD")]
    argv: Vec<OsString>,
}

/// When a pane's command is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Restart {
    /// Once it has ended, it has ended
    Never,
    /// After the machine has started again
    OnReboot,
    /// When it ends with a status other than 0, or by a signal; an agent with a conversation also after the machine has
    /// started again
    OnFailure,
    /// However it ends
    Always,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    match args.work.issue.is_some() {
        true => worker::run(context, args).await,
        false => spawn(context, args, None).await,
    }
}

impl Args {
    /// A pane for somebody of a town.
    pub(crate) fn for_work(
        folder: PathBuf,
        name: String,
        env: Vec<OsString>,
        agent: agent::Args,
        detach: bool,
    ) -> Self {
        Self { name: Some(name), cwd: Some(folder), env, agent, detach, ..Self::default() }
    }
}

/// Starts a pane. `command_line` is a whole command line for the user's shell, in place of a command.
pub(crate) async fn spawn(
    context: &Context,
    args: Args,
    command_line: Option<OsString>,
) -> Result<ExitCode, CommandError> {
    if let Some(name) = &args.name {
        check_name(name).map_err(|error| CommandError::usage(format!("--name: {error}")))?;
    }
    let choice = agent::choose(context, &args.agent, args.on.as_deref())?;
    let host = args.on.clone().or_else(|| choice.host.clone());
    if let Some(host) = host.filter(|host| *host != LOCAL_HOST) {
        let request = remote(&args, choice, command_line)?;
        return start(context, &host, request, &args).await;
    }
    let preset_cwd = choice.cwd.as_deref().map(at_home);
    let cwd = args.folder.as_deref().or(args.cwd.as_deref()).or(preset_cwd.as_deref());
    let cwd =
        caller::folder(cwd).map_err(|error| meant_as_command(error, args.folder.as_deref()))?;
    let command = match command_line {
        Some(line) => launch::shell_command(line),
        None if !args.argv.is_empty() => args.argv.clone(),
        None if !choice.command.is_empty() => choice.command.clone(),
        // The server looks where the pane would.
        None if !choice.kind.is_empty() => Vec::new(),
        None => launch::default_command(context)?,
    };
    let restart = match args.restart {
        Some(restart) => restart.into(),
        None => match choice.restart {
            Some(restart) => launch::restart(restart),
            None => launch::default_restart(context)?,
        },
    };
    let pairs = [&choice.env[..], &args.env[..]].concat();
    let (cols, rows) = size(args.cols, args.rows);
    let request = v1::Spawn {
        name: args.name.clone().unwrap_or_default(),
        command: command.into_iter().map(caller::bytes).collect(),
        env: caller::environment(&cwd, &pairs)?,
        kept_env: caller::pairs(&pairs)?,
        cwd: caller::bytes(cwd),
        login_env: false,
        size: Some(v1::Size { cols: cols.into(), rows: rows.into() }),
        restart: restart.into(),
        session: String::new(),
        umask: Some(caller::umask()),
        limits: caller::limits(),
        exact_name: false,
        project: String::new(),
        agent: choice.kind,
        start: choice.start,
    };
    start(context, "", request, &args).await
}

/// A pane on another host for an agent that works by itself: what a preset says, or what panes there run otherwise.
///
/// # Errors
/// A preset that there isn't.
pub(crate) fn on_host(
    context: &Context,
    host: &str,
    preset: Option<String>,
    name: String,
    env: Vec<OsString>,
) -> Result<v1::Spawn, CommandError> {
    let choice = agent::choose(context, &agent::Args::chosen(None, preset, None), Some(host))?;
    remote(&Args { name: Some(name), env, ..Args::default() }, choice, None)
}

/// What is asked of another host: it has folders, an environment and a configuration of its own.
fn remote(
    args: &Args,
    choice: agent::Choice,
    command_line: Option<OsString>,
) -> Result<v1::Spawn, CommandError> {
    let project = match (&args.folder, &args.cwd) {
        (Some(project), _) | (None, Some(project)) => project.to_str().ok_or_else(|| {
            CommandError::usage("the name of a folder on another host must be UTF-8")
        })?,
        (None, None) => choice.cwd.as_deref().unwrap_or_default(),
    };
    let env = caller::pairs(&[&choice.env[..], &args.env[..]].concat())?;
    let restart = match (args.restart, choice.restart) {
        (Some(restart), _) => restart.into(),
        (None, Some(restart)) => launch::restart(restart),
        (None, None) => v1::Restart::Unsaid,
    };
    let (cols, rows) = size(args.cols, args.rows);
    let argv = match command_line {
        Some(line) => vec!["sh".into(), "-c".into(), line],
        None if args.argv.is_empty() => choice.command,
        None => args.argv.clone(),
    };
    Ok(v1::Spawn {
        name: args.name.clone().unwrap_or_default(),
        project: project.to_owned(),
        command: argv.into_iter().map(caller::bytes).collect(),
        kept_env: env.clone(),
        env,
        agent: choice.kind,
        start: choice.start,
        login_env: true,
        size: Some(v1::Size { cols: cols.into(), rows: rows.into() }),
        restart: restart.into(),
        ..v1::Spawn::default()
    })
}

async fn start(
    context: &Context,
    host: &str,
    request: v1::Spawn,
    args: &Args,
) -> Result<ExitCode, CommandError> {
    let attach = !args.detach && !args.json && can_attach();
    let program = request.command.clone();
    let reply = context
        .ask_on(host, request::Body::Spawn(request), Again::WithKey)
        .await
        .map_err(|error| meant_as_command_line(error, &program))?;
    let reply::Body::Spawned(spawned) = reply else { return Err(unexpected()) };
    let begun = Begun { attach, json: args.json, continues: args.agent.resume.is_some() };
    begun.tell(context, spawned).await
}

/// A folder with the home folder for a leading `~`.
fn at_home(folder: &str) -> PathBuf {
    match (folder.strip_prefix('~'), std::env::home_dir()) {
        (Some(""), Some(home)) => home,
        (Some(rest), Some(home)) if rest.starts_with('/') => {
            home.join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(folder),
    }
}

/// A hint for who gave a program where a folder is expected: `tow spawn claude`.
fn meant_as_command(error: CommandError, folder: Option<&Path>) -> CommandError {
    match folder.filter(|folder| launch::is_program(folder.as_os_str())) {
        Some(program) => {
            let program = shell_quoted(&program.to_string_lossy());
            error.hint(format!("tow spawn -- {program}"))
        }
        None => error,
    }
}

/// A hint for who gave a whole command line as one word: `tow spawn -- 'echo hi'`.
fn meant_as_command_line(error: CommandError, command: &[Vec<u8>]) -> CommandError {
    let [line] = command else { return error };
    let line = String::from_utf8_lossy(line);
    let not_found = error.message.to_lowercase().contains("no such file");
    if !line.contains(' ') || !not_found {
        return error;
    }
    error.hint(format!("tow new --command {}", shell_quoted(&line)))
}

/// Whether this terminal can be given to a pane: inside tmux or Towline one would look through two.
pub(crate) fn can_attach() -> bool {
    let inside = ["TMUX", "TOWLINE_PANE"].iter().any(|name| std::env::var_os(name).is_some());
    !inside && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// The size asked for, else that of the terminal here, where there is one.
fn size(cols: Option<u16>, rows: Option<u16>) -> (u16, u16) {
    let here = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
    let here = here.filter(|size| size.ws_col > 0 && size.ws_row > 0);
    let here = here.map_or(DEFAULT_SIZE, |size| (size.ws_col, size.ws_row));
    (cols.unwrap_or(here.0), rows.unwrap_or(here.1))
}

impl From<Restart> for v1::Restart {
    fn from(restart: Restart) -> Self {
        match restart {
            Restart::Never => Self::Never,
            Restart::OnReboot => Self::OnReboot,
            Restart::OnFailure => Self::OnFailure,
            Restart::Always => Self::Always,
        }
    }
}
