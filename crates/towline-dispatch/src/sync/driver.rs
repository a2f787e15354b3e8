//! The merge driver: the line in `.gitattributes` that asks for it, and the command in git's configuration that is run.
//!
//! Where a line says `merge=beads`, as beads writes it, that name stays, so that the other clones of people who use `bd` go on
//! to work; in this clone the name then stands for Towline's driver, which keeps the fields that beads' drops.

use std::path::Path;

use super::Repository;
use crate::DispatchError;
use crate::git::GitError;

/// The file that asks for it.
pub const ATTRIBUTES: &str = ".gitattributes";

/// The file that says what of a ledger's folder is not for git.
pub const IGNORES: &str = ".gitignore";

/// The driver's name where no other is there.
const NAME: &str = "tow";

/// The name that beads gives its own.
const BEADS: &str = "beads";

/// How git shows it to people.
const TITLE: &str = "Merges a ledger issue by issue (tow)";

/// Whether git merges a ledger with Towline's driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It does.
    Installed,
    /// `.gitattributes` asks for nothing: git merges line by line.
    NotAsked,
    /// `.gitattributes` asks for a driver of this name, and the configuration has another command for it, or none.
    Other {
        /// The driver's name.
        name: String,
        /// The command that is there.
        command: Option<String>,
    },
    /// `.gitattributes` asks for something that is not for ledgers.
    Foreign(String),
}

/// What was done to install it; empty where all was there.
pub type Done = Vec<String>;

/// How git merges a ledger. `tow` is this program.
///
/// # Errors
/// Where git can't be run.
pub fn state(repository: &Repository, tow: &Path) -> Result<State, GitError> {
    let name = match asked(repository)?.as_str() {
        "unspecified" | "unset" | "set" => return Ok(State::NotAsked),
        name @ ("union" | "text" | "binary") => return Ok(State::Foreign(name.to_owned())),
        name => name.to_owned(),
    };
    let there = configured(repository, &name)?;
    match there {
        Some(there) if there == command(tow) => Ok(State::Installed),
        // Another Towline's is as good, as long as it is there.
        Some(there)
            if is_ours(&there)
                && first_path(&there).is_some_and(|path| Path::new(&path).exists()) =>
        {
            Ok(State::Installed)
        }
        command => Ok(State::Other { name, command }),
    }
}

/// Has git merge a ledger with Towline's driver: writes the line, unless there is one, and the command. What is there already stays.
///
/// # Errors
/// Where a file can't be written, or git refuses.
pub fn install(repository: &Repository, tow: &Path) -> Result<Done, DispatchError> {
    let mut done = Done::new();
    let name = match state(repository, tow)? {
        State::Installed => return Ok(done),
        State::Other { name, .. } => name,
        State::NotAsked | State::Foreign(_) => {
            let path = repository.beside_ledger(ATTRIBUTES);
            let path = repository.root().join(path);
            let before = std::fs::read(&path).unwrap_or_default();
            let text = with_line(&before, &format!("{} merge={NAME}", pattern(repository)));
            std::fs::write(&path, text)
                .map_err(|error| DispatchError::io("write", &path, &error))?;
            done.push(format!("{}: {} merge={NAME}", path.display(), pattern(repository)));
            NAME.to_owned()
        }
    };
    let name = match asked(repository)?.as_str() {
        // Something deeper or in git's own attributes has the last word.
        other if ["unspecified", "unset", "set", "union", "text", "binary"].contains(&other) => {
            name
        }
        other => other.to_owned(),
    };
    let before = configured(repository, &name)?;
    let wanted = command(tow);
    if before.as_deref() != Some(&wanted) {
        let git = repository.git();
        git.run(&["config", "--local", &format!("merge.{name}.name"), TITLE])?;
        git.run(&["config", "--local", &format!("merge.{name}.driver"), &wanted])?;
        done.push(match before.filter(|before| !is_ours(before)) {
            Some(before) => format!("git config merge.{name}.driver: tow (it was: {before})"),
            None => format!("git config merge.{name}.driver: tow"),
        });
    }
    Ok(done)
}

/// The command: the program where it is now, else the one on the search path, else git's own merging, which leaves marks.
fn command(tow: &Path) -> String {
    let quoted = format!("'{}'", tow.to_string_lossy().replace('\'', r"'\''").replace('%', "%%"));
    format!(
        "t={quoted}; command -v \"$t\" >/dev/null || t=tow; if command -v \"$t\" >/dev/null; then \"$t\" ledger merge-driver %O %A %B; else git merge-file %A %O %B; fi"
    )
}

fn is_ours(command: &str) -> bool {
    command.contains("ledger merge-driver")
}

/// The program that a command of ours names.
fn first_path(command: &str) -> Option<String> {
    let (quoted, _) = command.strip_prefix("t='")?.split_once("'; ")?;
    Some(quoted.replace(r"'\''", "'").replace("%%", "%"))
}

fn configured(repository: &Repository, name: &str) -> Result<Option<String>, GitError> {
    let asked =
        repository.git().output(&["config", "--get", &format!("merge.{name}.driver")], None)?;
    let text = String::from_utf8_lossy(&asked.stdout).trim_end_matches('\n').to_owned();
    Ok((asked.status.success() && !text.is_empty()).then_some(text))
}

/// What git's attributes say of the ledger's file.
fn asked(repository: &Repository) -> Result<String, GitError> {
    let text = repository.git().run(&["check-attr", "-z", "merge", "--", &repository.file])?;
    Ok(text.split('\0').nth(2).unwrap_or("unspecified").to_owned())
}

/// The ledger's file as `.gitattributes` beside its folder calls it.
fn pattern(repository: &Repository) -> String {
    let mut parts = repository.file.rsplit('/');
    let (file, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{folder}/{file}")
}

/// The line of a `.gitattributes` that asks for a driver for the ledger.
pub(super) fn line_in(text: &[u8], repository: &Repository) -> Option<String> {
    let pattern = pattern(repository);
    let text = String::from_utf8_lossy(text);
    let asks = |line: &&str| {
        let mut words = line.split_whitespace();
        words.next().is_some_and(|word| word.trim_start_matches('/') == pattern)
            && words.any(|word| [NAME, BEADS].iter().any(|name| word == format!("merge={name}")))
    };
    text.lines().find(asks).map(str::to_owned)
}

/// A text with one more line.
pub(super) fn with_line(before: &[u8], line: &str) -> Vec<u8> {
    let mut text = before.to_vec();
    if !text.is_empty() && !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    text.extend_from_slice(line.as_bytes());
    text.push(b'\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_the_program_whatever_it_is_called() {
        for path in ["/usr/bin/tow", "/a b/it's 100%/tow"] {
            let command = command(Path::new(path));
            assert_eq!(first_path(&command).as_deref(), Some(path), "{command}");
            assert!(is_ours(&command));
        }
        assert_eq!(first_path("bd merge %A %O %A %B"), None);
    }
}
