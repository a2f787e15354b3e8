//! What a pane runs where no command is given.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use towline_client::config;
use towline_protocol::v1;

use crate::context::Context;
use crate::error::CommandError;

/// The agents that are looked for, in this order.
pub(crate) const AGENTS: &[&str] = &towline_agents::PREFERRED;

/// The shell of a user who has none.
const PLAIN_SHELL: &str = "/bin/sh";

/// The configured command, else the first known agent on the PATH, else the login shell.
///
/// # Errors
/// Where the configuration can't be read.
pub(crate) fn default_command(context: &Context) -> Result<Vec<OsString>, CommandError> {
    if let Some(command) = context.config()?.command {
        return Ok(command.into_iter().map(OsString::from).collect());
    }
    Ok(match agents_on_path().first() {
        Some(agent) => vec![OsString::from(agent)],
        None => vec![shell(), OsString::from("-l")],
    })
}

/// The known agents on this program's PATH, the one that is preferred first.
pub(crate) fn agents_on_path() -> Vec<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    AGENTS.iter().copied().filter(|agent| is_on_path(agent, &path)).collect()
}

/// Whether this is the name of a program on this program's PATH.
pub(crate) fn is_program(name: &OsStr) -> bool {
    use std::os::unix::ffi::OsStrExt;
    let path = std::env::var_os("PATH").unwrap_or_default();
    !name.as_bytes().contains(&b'/') && is_on_path(name, &path)
}

/// When the configuration has panes started again.
///
/// # Errors
/// Where the configuration can't be read.
pub(crate) fn default_restart(context: &Context) -> Result<v1::Restart, CommandError> {
    Ok(match context.config()?.restart {
        config::Restart::Never => v1::Restart::Never,
        config::Restart::OnReboot => v1::Restart::OnReboot,
        config::Restart::OnFailure => v1::Restart::OnFailure,
        config::Restart::Always => v1::Restart::Always,
    })
}

/// A command line, run by the user's shell.
pub(crate) fn shell_command(line: OsString) -> Vec<OsString> {
    vec![shell(), OsString::from("-c"), line]
}

fn shell() -> OsString {
    let shell = std::env::var_os("SHELL").filter(|shell| Path::new(shell).is_absolute());
    shell.unwrap_or_else(|| PLAIN_SHELL.into())
}

fn is_on_path(program: impl AsRef<OsStr>, path: &OsStr) -> bool {
    let is_executable = |file: &Path| {
        std::fs::metadata(file)
            .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    // An empty entry means the current folder, which is no place to take an agent from unasked.
    let mut folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.any(|folder| is_executable(&folder.join(program.as_ref())))
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

    #[test]
    fn a_command_line_goes_to_the_shell_whole() {
        let argv = shell_command("a 'b c' | d".into());
        assert_eq!(argv[1..], [OsString::from("-c"), OsString::from("a 'b c' | d")]);
    }
}
