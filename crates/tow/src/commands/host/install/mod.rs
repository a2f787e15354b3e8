//! `tow host install` and `upgrade`: copy tow to a host.

mod elf;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use towline_client::hosts::Host;
use towline_client::transport::ssh_words;

use super::check::{Facts, look};
use super::remote::{self, Script};
use super::{connect, need_shell};
use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;
use crate::quote::shell_quoted;
use crate::size::bytes_in_words;
use elf::Elf;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str =
    "Without --file it is the program that you run now: for a host of the same kind of
machine. It is written beside its place, has to run there, and is then renamed; a
server that runs there is restarted, and its panes run on.

Examples:
  tow host install thor
  tow host install pi --file ~/builds/aarch64/tow";

/// The end of the help of `upgrade`.
pub(super) const UPGRADE_EXAMPLES: &str = "Examples:
  tow host upgrade               all hosts of the list that have tow
  tow host upgrade thor jedi";

/// The script that puts the program in its place.
const PUT: &str = include_str!("put.sh");

/// The script that restarts the server: by systemd, where it is a unit of that (see `docs/always-on.md`).
const RESTART: &str = include_str!("restart.sh");

/// Where it is put, unless there is one already, or the list says where.
const PLACE: &str = "~/.local/bin/tow";

/// The status with which [`PUT`] ends where the program does not run.
const DOES_NOT_RUN: i32 = 3;

/// How long the copying may take: 20 MB over a very thin link.
const COPY_DEADLINE: Duration = Duration::from_secs(1800);

/// How long a server there may take to restart.
const RESTART_DEADLINE: Duration = Duration::from_secs(60);

/// What `install` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A host of the list, or [USER@]HOST[:PORT]
    host: String,
    /// The program for that machine
    #[arg(long, value_name = "BIN")]
    file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `upgrade` takes.
#[derive(Debug, clap::Args)]
pub(super) struct UpgradeArgs {
    /// Hosts of the list, or [USER@]HOST[:PORT]; all of the list where none is named
    #[arg(value_name = "HOST")]
    hosts: Vec<String>,
    /// The program for those machines
    #[arg(long, value_name = "BIN")]
    file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was done on a host.
#[derive(Debug, Serialize)]
pub(super) struct Installed {
    host: String,
    path: String,
    version: String,
    /// The version that was there before.
    before: Option<String>,
    /// False where the same program was there already.
    changed: bool,
    /// A server that ran there runs as this version now.
    restarted: bool,
}

/// What became of a host.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Upgraded {
    Installed(Installed),
    Skipped { host: String, skipped: &'static str },
    Failed { host: String, error: String },
}

#[derive(Debug, Serialize)]
struct UpgradedJson {
    hosts: Vec<Upgraded>,
}

/// Runs `install`.
pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let host = super::host(&super::hosts(context)?, &args.host)?;
    let installed = install(context, &host, args.file.as_deref()).await?;
    if args.json {
        output::json(&installed)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs `upgrade`: one host after the other, past those that fail.
pub(super) async fn upgrade(
    context: &Context,
    args: UpgradeArgs,
) -> Result<ExitCode, CommandError> {
    let listed = super::hosts(context)?;
    let named = !args.hosts.is_empty();
    let hosts: Vec<Host> = match named {
        true => {
            args.hosts.iter().map(|text| super::host(&listed, text)).collect::<Result<_, _>>()?
        }
        false => listed.iter().filter(|host| remote::has_shell(host)).cloned().collect(),
    };
    let mut done = Vec::new();
    let mut errors = Vec::new();
    for host in hosts {
        let alias = host.alias.clone();
        match upgrade_one(context, &host, args.file.as_deref(), named).await {
            Ok(Some(installed)) => done.push(Upgraded::Installed(installed)),
            Ok(None) => {
                context.say(format_args!("{alias}: no tow there: skipped"));
                done.push(Upgraded::Skipped { host: alias, skipped: "no tow there" });
            }
            Err(error) => {
                output::error(&error);
                done.push(Upgraded::Failed { host: alias, error: error.message });
                errors.push(error.kind);
            }
        }
    }
    let unreachable = errors.iter().all(|kind| *kind == ErrorKind::Unreachable);
    let status = match errors.len() {
        0 => ExitCode::SUCCESS,
        failed if failed == done.len() && unreachable => {
            ExitCode::from(ErrorKind::Unreachable.exit_status())
        }
        _ => ExitCode::FAILURE,
    };
    if args.json {
        output::json(&UpgradedJson { hosts: done })?;
    }
    Ok(status)
}

async fn upgrade_one(
    context: &Context,
    host: &Host,
    file: Option<&Path>,
    named: bool,
) -> Result<Option<Installed>, CommandError> {
    need_shell(host)?;
    let facts = look(host, &connect::foreground(context)?).await?;
    if facts.tow.is_none() {
        let error = || {
            CommandError::failed(format!("{} has no tow to upgrade", host.alias))
                .hint(format!("tow host install {}", host.alias))
        };
        return if named { Err(error()) } else { Ok(None) };
    }
    put(context, host, &facts, file).await.map(Some)
}

/// Copies tow to a host and has a server there run as it.
///
/// # Errors
/// Where the host can't be reached, or the program can't be put there or does not run there.
pub(super) async fn install(
    context: &Context,
    host: &Host,
    file: Option<&Path>,
) -> Result<Installed, CommandError> {
    need_shell(host)?;
    let facts = look(host, &connect::foreground(context)?).await?;
    put(context, host, &facts, file).await
}

async fn put(
    context: &Context,
    host: &Host,
    facts: &Facts,
    file: Option<&Path>,
) -> Result<Installed, CommandError> {
    let program = program(file)?;
    let elf = Elf::parse(&program);
    fits(host, facts, elf, file)?;
    let place = place(host, facts);
    let alias = &host.alias;
    context
        .say(format_args!("{alias}: copying {} to {place}", bytes_in_words(program.len() as u64)));
    let script = Script::new(PUT, COPY_DEADLINE);
    let script =
        Script { input: &program, ..script.arguments([&place, &program.len().to_string()]) };
    let progress = Progress::new(context, alias, program.len());
    let ran =
        remote::run(host, &context.dial_options()?, &script, |sent| progress.show(sent)).await;
    progress.end();
    let ran = ran?;
    if ran.status == DOES_NOT_RUN {
        let why = ran.stderr.first().map_or("it says nothing", String::as_str).to_owned();
        let error = CommandError::failed(format!("the program does not run on {alias}: {why}"));
        let is_static = elf.is_none_or(|elf| elf.is_static);
        return Err(if is_static { error } else { error.hint(STATIC_HINT) });
    }
    let output = ran.succeeded(&format!("cannot copy tow to {alias}"))?;
    let said = |key: &str| {
        let lines = output.lines().filter_map(|line| line.split_once('\t'));
        lines.filter(|(name, _)| *name == key).map(|(_, value)| value.to_owned()).next()
    };
    let path = said("path").unwrap_or(place);
    let version = said("version").unwrap_or_default();
    let version = version.strip_prefix("tow ").unwrap_or(&version).to_owned();
    let changed = said("same").as_deref() != Some("yes");
    let old = facts.server.as_ref().is_some_and(|server| server.version != version);
    let restarted = facts.server.is_some() && (changed || old);
    if restarted {
        context.say(format_args!("{alias}: restarting its server; the panes run on"));
        restart(context, host, &path).await?;
    }
    context.say(match changed {
        true => format!("{alias}: {path} is {version} now"),
        false => format!("{alias}: {path} is {version} already"),
    });
    if let Some(other) = facts.tow.as_ref().filter(|other| other.path != path) {
        let message = "warning: that one is found first there";
        context.say(format_args!("{message}: {}", other.path));
        context.say(format_args!("hint: set tow = \"{path}\" for {alias} in hosts.toml"));
    }
    let before = facts.tow.as_ref().map(|tow| tow.version.clone());
    Ok(Installed { host: alias.clone(), path, version, before, changed, restarted })
}

/// What to do about a program that needs more than the host has.
const STATIC_HINT: &str = "build one that needs no libraries: RUSTFLAGS='-C target-feature=+crt-static' \
    cargo build --release -p tow --target x86_64-unknown-linux-gnu, and name it with --file";

/// The program to be copied.
fn program(file: Option<&Path>) -> Result<Vec<u8>, CommandError> {
    // The file that this process runs, also where it has been replaced meanwhile.
    let path = file.unwrap_or(Path::new("/proc/self/exe"));
    let read = std::fs::read(path);
    read.map_err(|error| CommandError::io(format_args!("cannot read {}", path.display()), &error))
}

/// Refuses a program that is for another machine. One that says nothing of that is tried.
fn fits(
    host: &Host,
    facts: &Facts,
    elf: Option<Elf>,
    file: Option<&Path>,
) -> Result<(), CommandError> {
    let Facts { system, machine, .. } = facts;
    let Some(elf) = elf.filter(|elf| !elf.is_for(system, machine)) else { return Ok(()) };
    let own = elf.machine.unwrap_or("another machine");
    let what = match file {
        Some(file) => file.display().to_string(),
        None => "this tow".to_owned(),
    };
    let message = format!("{} is {system} {machine}; {what} is for Linux {own}", host.alias);
    Err(CommandError::failed(message)
        .hint(format!("tow host install {} --file BIN    with a tow for {machine}", host.alias)))
}

/// Where the program is put: where the list says, else where one is that is the user's own, else the usual place.
fn place(host: &Host, facts: &Facts) -> String {
    if let Some(path) = host.tow.as_ref().filter(|path| path.contains('/')) {
        return path.clone();
    }
    let home = format!("{}/", facts.home.trim_end_matches('/'));
    match &facts.tow {
        Some(tow) if facts.home.len() > 1 && tow.path.starts_with(&home) => tow.path.clone(),
        _ => PLACE.to_owned(),
    }
}

async fn restart(context: &Context, host: &Host, path: &str) -> Result<(), CommandError> {
    let script = Script::new(RESTART, RESTART_DEADLINE);
    let script = script.arguments([path]);
    let ran = remote::run(host, &context.dial_options()?, &script, |_| {}).await?;
    let failed = format!("cannot restart the server of {}", host.alias);
    ran.succeeded(&failed).map(|_| ()).map_err(|error| {
        let command = format!("{} server restart", shell_quoted(path));
        error.hint(format!("ssh {} {}", ssh_words(&host.address), shell_quoted(&command)))
    })
}

/// How far the copy is, on a terminal.
struct Progress<'a> {
    alias: &'a str,
    total: usize,
    shown: bool,
}

impl<'a> Progress<'a> {
    fn new(context: &Context, alias: &'a str, total: usize) -> Self {
        let shown = std::io::stderr().is_terminal() && !context.globals.quiet;
        Self { alias, total, shown }
    }

    fn show(&self, sent: usize) {
        if self.shown {
            let percent = sent * 100 / self.total.max(1);
            output::prompt(format_args!("\r{}: {percent}%\x1b[K", self.alias));
        }
    }

    fn end(&self) {
        if self.shown {
            output::prompt("\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::Program;
    use super::*;
    use towline_client::hosts::Address;

    fn host(tow: Option<&str>) -> Host {
        Host { tow: tow.map(str::to_owned), ..Host::new("thor", Address::ssh("thor").unwrap()) }
    }

    #[test]
    fn it_is_put_where_one_is_or_where_the_list_says() {
        for (listed, found, expected) in [
            (None, None, PLACE),
            (Some("/opt/tow"), Some("/home/me/bin/tow"), "/opt/tow"),
            (Some("tow-next"), None, PLACE),
            (None, Some("/home/me/bin/tow"), "/home/me/bin/tow"),
            (None, Some("/home/meg/bin/tow"), PLACE),
            (None, Some("/usr/local/bin/tow"), PLACE),
        ] {
            let tow = found.map(|path| Program { path: path.into(), version: "1".into() });
            let facts = Facts { home: "/home/me".into(), tow, ..Facts::default() };
            assert_eq!(place(&host(listed), &facts), expected, "{listed:?} {found:?}");
        }
    }

    #[test]
    fn a_program_for_another_machine_is_not_copied() {
        let facts = |system: &str, machine: &str| Facts {
            system: system.into(),
            machine: machine.into(),
            ..Facts::default()
        };
        let elf = Some(Elf { machine: Some("x86_64"), is_static: true });
        assert!(fits(&host(None), &facts("Linux", "x86_64"), elf, None).is_ok());
        assert!(fits(&host(None), &facts("Darwin", "arm64"), None, None).is_ok());
        let error = fits(&host(None), &facts("Linux", "aarch64"), elf, None).unwrap_err();
        assert_eq!(error.message, "thor is Linux aarch64; this tow is for Linux x86_64");
        let file = Some(Path::new("/x/tow"));
        let error = fits(&host(None), &facts("Darwin", "arm64"), elf, file).unwrap_err();
        assert_eq!(error.message, "thor is Darwin arm64; /x/tow is for Linux x86_64");
    }
}
