//! `tow host add`: put a host into the list, connect to it and check it.

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;
use towline_client::hosts::{
    ADDRESS_FORMS, Address, AttachBy, Backend, Host, HostsError, HostsFile, is_alias,
};

use super::check::{self, Checked};
use super::remote::{self, Script};
use super::{connect, install};
use crate::ask;
use crate::commands::doctor::finding::render;
use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;
use crate::table::terminal_width;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str =
    "The host is added also where it can't be reached now. On a terminal ssh may ask whether
its key is right, for a passphrase or a second factor; then what it lacks is offered.

Examples:
  tow host add thor                                  as ssh knows it
  tow host add thor ssh://mac@nixos-thor --projects /home/mac/1-Projects
  tow host add office tls://office:9999 --fingerprint SHA256:… --secret-file office
  tow host add phone mac@10.0.0.7 --port 8022 --backend tmux --attach mosh";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What you will call it: lower-case letters, digits and `-`
    alias: String,
    /// Where it is reached: ssh://[USER@]HOST[:PORT], tls://HOST:PORT, …; without one as ssh knows the alias
    address: Option<String>,
    /// The folder where projects live there; `~` is that host's home
    #[arg(long, value_name = "DIR")]
    projects: Option<String>,
    /// What keeps its panes
    #[arg(long, value_name = "BACKEND", value_parser = one_of(&Backend::ALL))]
    backend: Option<String>,
    /// How panes of tmux there are attached to
    #[arg(long, value_name = "BY", value_parser = one_of(&AttachBy::ALL))]
    attach: Option<String>,
    /// The port of its sshd, where ssh's own configuration doesn't say
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Where tow is there, if a login shell's PATH doesn't say
    #[arg(long, value_name = "PATH")]
    tow: Option<String>,
    /// Where tmux is there, if a login shell's PATH doesn't say
    #[arg(long, value_name = "PATH")]
    tmux: Option<String>,
    /// Take the host's key unseen the first time
    #[arg(long)]
    accept_new: bool,
    /// For tls: the key that the server is to have
    #[arg(long, value_name = "SHA256:…")]
    fingerprint: Option<String>,
    /// For tcp and tls: the file with the shared secret
    #[arg(long, value_name = "PATH")]
    secret_file: Option<PathBuf>,
    /// Only write the entry
    #[arg(long)]
    no_check: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The names of a table as the values of an option.
fn one_of<T>(all: &'static [(&'static str, T)]) -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(all.iter().map(|(name, _)| *name))
}

#[derive(Debug, Serialize)]
struct AddedJson {
    /// False where the list had the same entry already.
    added: bool,
    #[serde(flatten)]
    checked: Option<Checked>,
}

/// Runs the verb.
pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let host = host(&args)?;
    let path = context.paths()?.hosts();
    let added = write(&path, &host)?;
    context.say(match added {
        true => format!("added {} to {}", host.alias, path.display()),
        false => format!("{} is in {} already", host.alias, path.display()),
    });
    // As the file has it: there a relative path begins in its folder.
    let host = super::host(&super::hosts(context)?, &host.alias)?;
    let checked = match args.no_check {
        true => None,
        false => Some(connect_and_check(context, &host).await?),
    };
    if args.json {
        output::json(&AddedJson { added, checked })?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The host that the options describe.
fn host(args: &Args) -> Result<Host, CommandError> {
    if !is_alias(&args.alias) {
        let alias = args.alias.escape_debug();
        let message =
            format!("`{alias}` can't be an alias: lower-case letters, digits and `-` can");
        let lower = args.alias.to_lowercase().replace(['_', '.', ' '], "-");
        let error = CommandError::usage(message);
        return Err(match is_alias(&lower) {
            true => error.hint(format!("tow host add {lower} …")),
            false => error,
        });
    }
    let text = args.address.as_deref().unwrap_or(&args.alias);
    let schemes = ["ssh:", "tcp:", "tls:", "unix:"];
    let is_address = text.contains("://") || schemes.iter().any(|scheme| text.starts_with(scheme));
    let address = if is_address { Address::parse(text) } else { Address::ssh(text) };
    let usage = |message: String| CommandError::usage(message).hint(ADDRESS_FORMS);
    let mut host = Host::new(&args.alias, address.map_err(|error| usage(error.to_string()))?);
    match (&mut host.address, args.port) {
        (_, None) => {}
        (Address::Ssh { port: Some(own), .. }, Some(port)) if *own != port => {
            return Err(usage(format!("--port {port} and the address's own port {own} differ")));
        }
        (Address::Ssh { port, .. }, given) => *port = given,
        (address, Some(_)) => {
            return Err(usage(format!(
                "--port goes with ssh://; that of {address} is a part of it"
            )));
        }
    }
    let named = |name: &Option<String>, all: &[(&str, Backend)]| {
        all.iter().find(|(known, _)| Some(*known) == name.as_deref()).map(|(_, it)| *it)
    };
    host.backend = named(&args.backend, &Backend::ALL).unwrap_or_default();
    let attach = AttachBy::ALL.iter().find(|(known, _)| Some(*known) == args.attach.as_deref());
    host.attach = attach.map_or_else(AttachBy::default, |(_, it)| *it);
    host.projects.clone_from(&args.projects);
    host.tow.clone_from(&args.tow);
    host.tmux.clone_from(&args.tmux);
    host.accept_new = args.accept_new;
    host.fingerprint.clone_from(&args.fingerprint);
    host.secret_file.clone_from(&args.secret_file);
    Ok(host)
}

/// Writes the entry; `false` where there is the same already.
fn write(path: &std::path::Path, host: &Host) -> Result<bool, CommandError> {
    let mut file = HostsFile::open(path)?;
    match file.add(host) {
        Ok(()) => {
            file.save()?;
            Ok(true)
        }
        Err(HostsError::Taken(alias)) => {
            let listed = towline_client::hosts::load(path)?;
            // A relative path means one beside the file.
            let beside = |path: &PathBuf| file.folder().join(path);
            let wanted =
                Host { secret_file: host.secret_file.as_ref().map(beside), ..host.clone() };
            match listed.get(&alias) == Some(&wanted) {
                true => Ok(false),
                false => Err(HostsError::Taken(alias).into()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// Connects, looks at the host, tells what it lacks and offers it. A host that can't be reached now is a warning.
async fn connect_and_check(context: &Context, host: &Host) -> Result<Checked, CommandError> {
    let options = connect::foreground(context)?;
    context.say(format_args!("connecting to {}…", host.address));
    if remote::has_shell(host) && options.interactive {
        // ssh's own questions; how it came out is told by the check.
        let _ = remote::connect(host, &options).await;
    }
    let background = context.dial_options()?;
    let mut checked = check::check(host.clone(), background.clone()).await;
    if let Some(error) = checked.unreachable() {
        context.say(format_args!("warning: {} can't be reached now: {error}", host.alias));
        checked.faults().iter().filter_map(|fault| fault.fix.as_ref()).for_each(|fix| {
            context.say(format_args!("hint: {fix}"));
        });
        return Ok(checked);
    }
    if options.interactive && offer(context, host, &checked).await? {
        checked = check::check(host.clone(), background).await;
    }
    let faults = checked.faults();
    match faults.is_empty() {
        true => context.say(format_args!("{} has all it needs", host.alias)),
        false => context.say(render(&faults, terminal_width(), false).trim_end()),
    }
    // The server's own link comes up while the person reads.
    if let Err(error) = connect::connect_server(context, host).await
        && error.kind != ErrorKind::Unreachable
    {
        return Err(error);
    }
    Ok(checked)
}

/// Offers what the host lacks; whether something was done about it.
async fn offer(context: &Context, host: &Host, checked: &Checked) -> Result<bool, CommandError> {
    let Some(facts) = checked.facts.as_ref().filter(|_| remote::has_shell(host)) else {
        return Ok(false);
    };
    let answers = ask::Answers::new(false);
    let alias = &host.alias;
    let mut done = false;
    // What fails is told; the host is in the list all the same.
    let told = |outcome: Result<(), CommandError>| outcome.inspect_err(output::error).is_ok();
    if facts.tow.is_none()
        && host.backend != Backend::Tmux
        && answers.yes(&format!("{alias} has no tow: install it there?"))
    {
        done |= told(install::install(context, host, None).await.map(|_| ()));
    }
    if let Some(folder) = host.projects.as_ref().filter(|_| facts.projects_there == Some(false))
        && answers.yes(&format!("{alias} has no folder {folder}: make it?"))
    {
        done |= told(mend(context, host, MAKE_FOLDER, folder).await);
    }
    if facts.linger == Some(false)
        && answers
            .yes(&format!("have panes on {alias} outlive logging out (loginctl enable-linger)?"))
    {
        done |= told(mend(context, host, "loginctl enable-linger", "").await);
    }
    Ok(done)
}

/// Makes the folder `$1`.
const MAKE_FOLDER: &str =
    "case $1 in '~/'*) d=$HOME/${1#??} ;; *) d=$1 ;; esac; mkdir -p -- \"$d\"";

/// Runs a short script on the host.
async fn mend(
    context: &Context,
    host: &Host,
    script: &str,
    argument: &str,
) -> Result<(), CommandError> {
    let script = Script::new(script, context.step_timeout()).arguments([argument]);
    let ran = remote::run(host, &context.dial_options()?, &script, |_| {}).await?;
    ran.succeeded(&format!("{} can't do that", host.alias)).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn read(words: &[&str]) -> Result<Host, String> {
        let line =
            Line::try_parse_from(["add"].iter().chain(words)).map_err(|it| it.to_string())?;
        host(&line.args).map_err(|error| error.message)
    }

    #[test]
    fn options_describe_a_host() {
        let ssh = |alias: &str, address: &str| Host::new(alias, Address::ssh(address).unwrap());
        for (words, expected) in [
            (vec!["thor"], ssh("thor", "thor")),
            (vec!["thor", "mac@nixos-thor"], ssh("thor", "mac@nixos-thor")),
            (
                vec!["thor", "ssh://mac@nixos-thor", "--port", "2222"],
                ssh("thor", "mac@nixos-thor:2222"),
            ),
            (vec!["thor", "t:22", "--port", "22"], ssh("thor", "t:22")),
            (
                vec!["o", "tls://o:1", "--fingerprint", "SHA256:x", "--secret-file", "s"],
                Host {
                    fingerprint: Some("SHA256:x".into()),
                    secret_file: Some("s".into()),
                    ..Host::new("o", Address::parse("tls://o:1").unwrap())
                },
            ),
            (
                vec![
                    "p",
                    "--projects",
                    "~/x",
                    "--backend",
                    "tmux",
                    "--attach",
                    "mosh",
                    "--accept-new",
                    "--tow",
                    "/t",
                    "--tmux",
                    "/m",
                ],
                Host {
                    projects: Some("~/x".into()),
                    backend: Backend::Tmux,
                    attach: AttachBy::Mosh,
                    accept_new: true,
                    tow: Some("/t".into()),
                    tmux: Some("/m".into()),
                    ..ssh("p", "p")
                },
            ),
        ] {
            assert_eq!(read(&words), Ok(expected), "{words:?}");
        }
    }

    #[test]
    fn what_can_be_no_host_is_refused() {
        for (words, expected) in [
            (vec!["Thor"], "`Thor` can't be an alias: lower-case letters, digits and `-` can"),
            (vec!["local"], "`local` can't be an alias: lower-case letters, digits and `-` can"),
            (vec!["t", "http://t"], "`http://t` is not an address"),
            (vec!["t", "a b"], "`a b` holds a blank or a control character"),
            (vec!["t", "t:22", "--port", "23"], "--port 23 and the address's own port 22 differ"),
            (
                vec!["t", "tls://t", "--port", "23"],
                "--port goes with ssh://; that of tls://t:9999 is a part of it",
            ),
        ] {
            assert_eq!(read(&words), Err(expected.to_owned()), "{words:?}");
        }
    }
}
