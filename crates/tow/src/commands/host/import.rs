//! `tow host import`: take over hosts from files that other tools left.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use towline_client::hosts::{Host, HostsFile, ImportError, import, load};

use crate::context::Context;
use crate::error::CommandError;
use crate::output;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str =
    "Files may have lines ALIAS|HOST|FOLDER, or the directives remote_host:, remote_alias:,
remote_port: and remote_attach:. Without a FILE those are read that are there:
$TRIMTAB_REMOTE_HOSTS (the lines themselves, or a file), ~/.config/trimtab/hosts,
.agent-tmux.conf in this folder and ~/.config/atmux/config.

Examples:
  tow host import
  tow host import ~/old/hosts --dry-run";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file of another tool
    file: Option<PathBuf>,
    /// Only show what would be added
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What became of a host that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// It is in the list now.
    Added,
    /// The list has the same already.
    Known,
    /// The list has another host of this alias.
    Taken,
}

#[derive(Debug, Serialize)]
struct ImportedJson {
    host: String,
    address: String,
    file: String,
    line: usize,
    outcome: Outcome,
}

#[derive(Debug, Serialize)]
struct ReportJson {
    hosts: Vec<ImportedJson>,
}

/// A text to be read, and what it is called in messages.
struct Source {
    name: PathBuf,
    text: String,
}

/// Runs the verb.
pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let sources = match &args.file {
        Some(file) => vec![read(file)?],
        None => usual()?,
    };
    if sources.is_empty() {
        return Err(CommandError::failed("none of the files that other tools leave is here")
            .hint("tow host import FILE"));
    }
    let path = context.paths()?.hosts();
    let mut file = HostsFile::open(&path)?;
    let mut known = load(&path)?.iter().cloned().collect();
    let mut hosts = Vec::new();
    for source in &sources {
        for found in import(&source.name, &source.text)? {
            let outcome = take(&mut known, &found.host);
            if outcome == Outcome::Added {
                file.add(&found.host)?;
            }
            hosts.push(ImportedJson {
                host: found.host.alias,
                address: found.host.address.to_string(),
                file: source.name.display().to_string(),
                line: found.line,
                outcome,
            });
        }
    }
    let added = hosts.iter().any(|host| host.outcome == Outcome::Added);
    if added && !args.dry_run {
        file.save()?;
    }
    let taken = hosts.iter().any(|host| host.outcome == Outcome::Taken);
    match args.json {
        true => output::json(&ReportJson { hosts })?,
        false => {
            hosts.iter().for_each(|host| context.say(in_words(host, args.dry_run)));
            if hosts.is_empty() {
                context.say("there are no hosts in it");
            } else if added && !args.dry_run {
                context.say("hint: tow host check");
            }
        }
    }
    Ok(if taken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Decides about a host, by those that are known.
fn take(known: &mut Vec<Host>, found: &Host) -> Outcome {
    match known.iter().find(|host| host.alias == found.alias) {
        Some(host) if host == found => Outcome::Known,
        Some(_) => Outcome::Taken,
        None => {
            known.push(found.clone());
            Outcome::Added
        }
    }
}

fn in_words(host: &ImportedJson, dry_run: bool) -> String {
    let ImportedJson { host: alias, address, file, line, outcome } = host;
    match (outcome, dry_run) {
        (Outcome::Added, false) => format!("added {alias} ({address})"),
        (Outcome::Added, true) => format!("would add {alias} ({address})"),
        (Outcome::Known, _) => format!("{alias} is in the list already"),
        (Outcome::Taken, _) => {
            format!("{file}:{line}: {alias} ({address}) is another host in the list: left as it is")
        }
    }
}

fn read(path: &Path) -> Result<Source, CommandError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Source { name: path.to_owned(), text }),
        Err(error) => Err(CommandError::io(format_args!("cannot read {}", path.display()), &error)),
    }
}

/// What is where other tools leave it.
fn usual() -> Result<Vec<Source>, CommandError> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let mut sources = Vec::new();
    if let Some(value) = variable("TRIMTAB_REMOTE_HOSTS") {
        let text = value.to_string_lossy();
        sources.push(match text.contains('|') {
            true => Source { name: "$TRIMTAB_REMOTE_HOSTS".into(), text: text.into_owned() },
            false => read(Path::new(&value))?,
        });
    }
    let home = std::env::home_dir().unwrap_or_default();
    let config = variable("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
    let files = [
        config.join("trimtab/hosts"),
        PathBuf::from(".agent-tmux.conf"),
        config.join("atmux/config"),
    ];
    for file in files.iter().filter(|file| file.is_file()) {
        sources.push(read(file)?);
    }
    Ok(sources)
}

impl From<ImportError> for CommandError {
    fn from(error: ImportError) -> Self {
        Self::usage(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use towline_client::hosts::Address;

    #[test]
    fn a_host_is_taken_over_once() {
        let host = |alias: &str, place: &str| Host::new(alias, Address::ssh(place).unwrap());
        let mut known = vec![host("thor", "thor")];
        assert_eq!(take(&mut known, &host("jedi", "jedi")), Outcome::Added);
        assert_eq!(take(&mut known, &host("jedi", "jedi")), Outcome::Known);
        assert_eq!(take(&mut known, &host("thor", "other")), Outcome::Taken);
        assert_eq!(known.len(), 2);
    }
}
