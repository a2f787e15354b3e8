//! A systemd scope for a process that shall outlive its starter.
//!
//! Where a user manager answers, the server and each holder get a scope of their own: the end of a login session
//! then ends none of them (if the user lingers), and one agent that runs out of memory takes nobody along.

use std::ffi::{OsStr, OsString};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// The program that makes a scope and then becomes the command it was given.
const SYSTEMD_RUN: &str = "systemd-run";

/// How to start a process in a scope of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The program to run in place of the command, and the arguments in front of the command's.
    pub program: PathBuf,
    /// Its arguments; the command's vector follows.
    pub arguments: Vec<OsString>,
    /// Where the user manager is found: `XDG_RUNTIME_DIR` must be in its environment.
    pub runtime_dir: PathBuf,
}

impl Scope {
    /// The scope for a process of this name (`server`, `pane-17`), where a systemd user manager answers.
    pub fn find(name: &str) -> Option<Self> {
        let runtime_dir = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?);
        // The manager's own socket: where it takes a connection, a manager runs.
        UnixStream::connect(runtime_dir.join("systemd/private")).ok()?;
        let program = find_program(&std::env::var_os("PATH")?, |path| path.is_file())?;
        Some(Self::new(program, runtime_dir, name))
    }

    fn new(program: PathBuf, runtime_dir: PathBuf, name: &str) -> Self {
        // Numbers make the name unique: a scope of that name may still be ending.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let (own, next) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let unit = format!("--unit=towline-{name}-{own}-{next}");
        let arguments = [
            "--user",
            "--scope",
            "--quiet",
            "--collect",
            &unit,
            "--property=OOMPolicy=continue",
            "--",
        ];
        Self { program, arguments: arguments.map(OsString::from).to_vec(), runtime_dir }
    }
}

/// A command that runs `program`, in the scope where there is one. `name` is what the process list shows, where
/// that can be had.
pub fn command(scope: Option<&Scope>, program: impl AsRef<OsStr>, name: &str) -> Command {
    match scope {
        None => {
            let mut command = Command::new(program);
            command.arg0(name);
            command
        }
        Some(scope) => {
            let mut command = Command::new(&scope.program);
            command.args(&scope.arguments).arg(program);
            command
        }
    }
}

fn find_program(path: &OsStr, is_file: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    std::env::split_paths(path).map(|dir| dir.join(SYSTEMD_RUN)).find(|program| is_file(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_follows_the_scope() {
        let scope = Scope::new("/bin/systemd-run".into(), "/run/user/1".into(), "pane-17");
        assert_eq!(scope.arguments.first().unwrap(), "--user");
        assert_eq!(scope.arguments.last().unwrap(), "--");
        assert!(
            scope.arguments.iter().any(|argument| {
                argument.to_str().unwrap().starts_with("--unit=towline-pane-17-")
            })
        );
    }

    #[test]
    fn the_first_on_the_path_is_taken() {
        let found = find_program(OsStr::new("/a:/b:/c"), |path| !path.starts_with("/a"));
        assert_eq!(found, Some("/b/systemd-run".into()));
        assert_eq!(find_program(OsStr::new(""), |_| false), None);
    }
}
