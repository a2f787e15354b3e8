//! Showing a pane by another command: a pane of tmux, here or on another host, or one that is reached by ssh or mosh.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use towline_client::target::id_text;
use towline_protocol::v1;

use crate::context::Context;
use crate::error::CommandError;
use crate::launch;
use crate::output;
use crate::pane::target::target_of;

/// Runs the command on this terminal, in place of this process; inside tmux in a new window, unless `here`.
pub(super) fn run(
    context: &Context,
    by: v1::AttachBy,
    here: bool,
) -> Result<ExitCode, CommandError> {
    let pane = by.pane.unwrap_or_default();
    let target = target_of(&pane);
    let argv = words(by.argv);
    let otherwise = words(by.otherwise);
    let program = argv.first().cloned().unwrap_or_default();
    let argv = if otherwise.is_empty() || launch::is_program(&program) {
        argv
    } else {
        let program = program.to_string_lossy();
        output::message(format_args!("tow: {program} is not installed here: going by ssh"));
        otherwise
    };
    let inside = std::env::var_os("TMUX").is_some_and(|value| !value.is_empty());
    let argv = match (inside, here, pane.host.is_empty()) {
        (false, ..) => argv,
        // Its own tmux shows a pane to who is in it already.
        (true, _, true) => switch(&argv, &pane),
        (true, true, false) => argv,
        (true, false, false) => {
            context.say(format_args!("{target} is in a new tmux window"));
            new_window(&target, &argv)
        }
    };
    let Some((program, arguments)) = argv.split_first() else {
        return Err(CommandError::failed("the server names no command that shows the pane"));
    };
    let error = Command::new(program).args(arguments).exec();
    Err(CommandError::io(format_args!("cannot run {}", program.to_string_lossy()), &error))
}

fn words(argv: Vec<Vec<u8>>) -> Vec<OsString> {
    argv.into_iter().map(OsString::from_vec).collect()
}

/// Brings the pane before the tmux client that this runs in.
fn switch(argv: &[OsString], pane: &v1::Pane) -> Vec<OsString> {
    let tmux = argv.first().cloned().unwrap_or_else(|| "tmux".into());
    vec![tmux, "switch-client".into(), "-t".into(), id_text(pane.id).into()]
}

/// A new window of the tmux that this runs in, with the command in it.
fn new_window(name: &str, argv: &[OsString]) -> Vec<OsString> {
    // A window's name is a format, in which `#(…)` would run a command.
    let name = name.replace('#', "##");
    let mut line: Vec<OsString> = ["tmux", "new-window", "-n"].map(OsString::from).into();
    line.push(literal(OsStr::new(&name)));
    line.push("--".into());
    line.extend(argv.iter().map(|word| literal(word)));
    line
}

/// A word that tmux takes as it is: a `;` at its end would end tmux's command.
fn literal(word: &OsStr) -> OsString {
    match word.as_bytes().strip_suffix(b";") {
        Some(rest) => OsString::from_vec([rest, b"\\;"].concat()),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tmux_takes_every_word_as_it_is() {
        let argv = ["ssh", "thor", "tmux ';' x;", ";"].map(OsString::from);
        let line = new_window("thor:#(touch x);", &argv);
        let shown: Vec<_> = line.iter().map(|word| word.to_string_lossy()).collect();
        assert_eq!(
            shown,
            [
                "tmux",
                "new-window",
                "-n",
                "thor:##(touch x)\\;",
                "--",
                "ssh",
                "thor",
                "tmux ';' x\\;",
                "\\;"
            ]
        );
    }
}
