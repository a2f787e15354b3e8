//! What the parser of the command line says, in the form of all other errors.

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind as Parsed;

use crate::cli::Cli;
use crate::error::CommandError;
use crate::output;

/// Shows the help or version that was asked for; any other outcome of parsing is an error of usage.
///
/// # Errors
/// The usage error, in one line with hints.
pub(crate) fn explain(error: &clap::Error, words: &[&OsStr]) -> Result<ExitCode, CommandError> {
    if matches!(error.kind(), Parsed::DisplayHelp | Parsed::DisplayVersion) {
        use std::io::IsTerminal;
        let text = error.render();
        let plain = !std::io::stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some();
        output::print(if plain { text.to_string() } else { text.ansi().to_string() })?;
        return Ok(ExitCode::SUCCESS);
    }
    let (path, verb) = verb_path(words);
    let message = match error.kind() {
        Parsed::DisplayHelpOnMissingArgumentOrSubcommand => {
            let verbs: Vec<_> = verb.get_subcommands().map(clap::Command::get_name).collect();
            format!("`{path}` needs one of: {}", verbs.join(", "))
        }
        _ => in_one_line(&error.render().to_string()),
    };
    let hint = similar(error).unwrap_or_else(|| format!("{path} --help"));
    Err(CommandError::usage(message).hint(hint))
}

/// What may have been meant, where the parser knows something similar.
fn similar(error: &clap::Error) -> Option<String> {
    use clap::error::{ContextKind, ContextValue};
    let kinds =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let values = match kinds.iter().find_map(|kind| error.get(*kind))? {
        ContextValue::String(value) => vec![value.clone()],
        ContextValue::Strings(values) => values.clone(),
        _ => return None,
    };
    // Where several are similar, those that begin as what was typed does are likelier.
    let typed =
        [ContextKind::InvalidSubcommand, ContextKind::InvalidArg, ContextKind::InvalidValue];
    let typed = typed.iter().find_map(|kind| match error.get(*kind) {
        Some(ContextValue::String(typed)) => typed.trim_start_matches('-').chars().next(),
        _ => None,
    });
    let begins = |value: &&String| value.trim_start_matches('-').chars().next() == typed;
    let likely: Vec<String> = values.iter().filter(begins).cloned().collect();
    let values = if likely.is_empty() { values } else { likely };
    let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    (!values.is_empty()).then(|| format!("did you mean {}?", values.join(" or ")))
}

/// What is wrong, of all that the parser says. The usage that follows is left to `--help`.
fn in_one_line(text: &str) -> String {
    let wrong = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim);
    let wrong = wrong.collect::<Vec<_>>().join(" ");
    let message = wrong.strip_prefix("error: ").unwrap_or(&wrong).to_owned();
    let possible = text.lines().map(str::trim).find(|line| line.starts_with("[possible values:"));
    match possible.filter(|values| !message.contains(values)) {
        Some(values) => format!("{message} {values}"),
        None => message,
    }
}

/// The verb that was meant, as far as the words name one: `tow server start`.
fn verb_path(words: &[&OsStr]) -> (String, clap::Command) {
    let mut path = String::from("tow");
    let mut command = Cli::command();
    for word in words.iter().take_while(|word| **word != "--") {
        if let Some(verb) = word.to_str().and_then(|word| command.find_subcommand(word)) {
            path.push(' ');
            path.push_str(verb.get_name());
            command = verb.clone();
        }
    }
    (path, command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn told(words: &[&str]) -> CommandError {
        let error = Cli::try_parse_from(["tow"].iter().chain(words)).unwrap_err();
        let words: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
        explain(&error, &words).unwrap_err()
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn usage_errors_are_one_line_with_a_hint() {
        for (words, message, hint) in [
            (vec!["send", "--zzz"], "unexpected argument '--zzz' found", "tow send --help"),
            (
                vec!["rename", "x"],
                "the following required arguments were not provided: <NAME>",
                "tow rename --help",
            ),
            (
                vec!["ls", "--color"],
                "a value is required for '--color <WHEN>' but none was supplied [possible values: auto, always, never]",
                "tow list --help",
            ),
            (
                vec!["list", "--josn"],
                "unexpected argument '--josn' found",
                "did you mean `--json`?",
            ),
            (vec!["lits"], "unrecognized subcommand 'lits'", "did you mean `list`?"),
            (
                vec!["list", "--color", "alway"],
                "invalid value 'alway' for '--color <WHEN>' [possible values: auto, always, never]",
                "did you mean `always`?",
            ),
            (vec!["frobnicate"], "unrecognized subcommand 'frobnicate'", "tow --help"),
            (
                vec!["server"],
                "`tow server` needs one of: start, stop, restart, status, run, pair, clients, revoke",
                "tow server --help",
            ),
        ] {
            let error = told(&words);
            assert_eq!(error.message, message);
            assert_eq!(error.hints, [hint], "{words:?}");
            assert_eq!(error.kind.exit_status(), 2);
        }
    }

    #[test]
    fn every_verb_shows_examples() {
        fn check(command: &clap::Command, path: &str) {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let nested = command.get_subcommands().count() > 0;
            assert!(after.contains("Examples:"), "`{path} --help` shows no examples");
            assert!(after.contains(path) || nested, "the examples of `{path}` don't show it");
            for verb in command.get_subcommands() {
                check(verb, &format!("{path} {}", verb.get_name()));
            }
        }
        let mut root = Cli::command();
        root.build();
        check(&root, "tow");
    }
}
