//! What a pane runs where no command is given.

use std::ffi::{OsStr, OsString};

use towline_client::{config, programs};
use towline_protocol::v1;

use crate::context::Context;
use crate::error::CommandError;

/// The agents that are looked for, in this order.
pub(crate) const AGENTS: &[&str] = &towline_agents::PREFERRED;

/// The configured command, else the first known agent on the PATH, else the login shell.
///
/// # Errors
/// Where the configuration can't be read.
pub(crate) fn default_command(context: &Context) -> Result<Vec<OsString>, CommandError> {
    let configured = context.config()?.command;
    Ok(programs::default_command(configured.as_deref(), &path(), std::env::var_os("SHELL")))
}

/// The known agents on this program's PATH, the one that is preferred first.
pub(crate) fn agents_on_path() -> Vec<&'static str> {
    programs::agents_on_path(&path()).collect()
}

/// Whether this is the name of a program on this program's PATH.
pub(crate) fn is_program(name: &OsStr) -> bool {
    use std::os::unix::ffi::OsStrExt;
    !name.as_bytes().contains(&b'/') && programs::is_on_path(name, &path())
}

/// When the configuration has panes started again.
///
/// # Errors
/// Where the configuration can't be read.
pub(crate) fn default_restart(context: &Context) -> Result<v1::Restart, CommandError> {
    let loaded = config::load(&context.paths()?.config())?;
    // A default is nobody's word: then it is the host's to say.
    Ok(match loaded.lines.contains_key("restart") {
        true => restart(loaded.config.restart),
        false => v1::Restart::Unsaid,
    })
}

/// A restart of the configuration's as the protocol has it.
pub(crate) fn restart(restart: config::Restart) -> v1::Restart {
    match restart {
        config::Restart::Never => v1::Restart::Never,
        config::Restart::OnReboot => v1::Restart::OnReboot,
        config::Restart::OnFailure => v1::Restart::OnFailure,
        config::Restart::Always => v1::Restart::Always,
    }
}

/// A command line, run by the user's shell.
pub(crate) fn shell_command(line: OsString) -> Vec<OsString> {
    vec![programs::shell(std::env::var_os("SHELL")), OsString::from("-c"), line]
}

fn path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_goes_to_the_shell_whole() {
        let argv = shell_command("a 'b c' | d".into());
        assert_eq!(argv[1..], [OsString::from("-c"), OsString::from("a 'b c' | d")]);
    }
}
