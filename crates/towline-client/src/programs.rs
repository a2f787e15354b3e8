//! Programs on a PATH, and what a pane runs where no command is given: the same rule here and on another host.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// The shell of a user who has none.
const PLAIN_SHELL: &str = "/bin/sh";

/// Whether a program of this name is in a folder of `path`, and may be run.
pub fn is_on_path(program: impl AsRef<OsStr>, path: &OsStr) -> bool {
    find_on_path(program, path).is_some()
}

/// The program of this name in the first folder of `path` that has one which may be run.
pub fn find_on_path(program: impl AsRef<OsStr>, path: &OsStr) -> Option<PathBuf> {
    let may_run = |file: &Path| file.is_file() && access(file, Access::EXEC_OK).is_ok();
    // An empty entry means the current folder, which is no place to take an agent from unasked.
    let mut folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.find_map(|folder| Some(folder.join(program.as_ref())).filter(|file| may_run(file)))
}

/// The known agents on `path`, the one that is preferred first.
pub fn agents_on_path(path: &OsStr) -> impl Iterator<Item = &'static str> {
    towline_agents::PREFERRED.into_iter().filter(move |agent| is_on_path(agent, path))
}

/// The user's shell, as `SHELL` names it.
pub fn shell(variable: Option<OsString>) -> OsString {
    let named = variable.filter(|shell| Path::new(shell).is_absolute());
    named.unwrap_or_else(|| PLAIN_SHELL.into())
}

/// The configured command, else the first known agent on `path`, else the login shell that `SHELL` names.
pub fn default_command(
    configured: Option<&[String]>,
    path: &OsStr,
    shell_variable: Option<OsString>,
) -> Vec<OsString> {
    match (configured, agents_on_path(path).next()) {
        (Some(command), _) => command.iter().map(OsString::from).collect(),
        (None, Some(agent)) => vec![agent.into()],
        (None, None) => vec![shell(shell_variable), "-l".into()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_program_on_the_path_counts() {
        let path = OsStr::new("/none:/bin:/usr/bin");
        assert!(is_on_path("sh", path));
        assert!(!is_on_path("no-such-program", path));
        assert!(!is_on_path("bin", OsStr::new("/usr:/")));
    }
}
