//! `tow completions`: what a shell needs to complete the command line.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::context::Context;
use crate::error::CommandError;
use crate::output;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow completions bash > ~/.local/share/bash-completion/completions/tow
  tow completions zsh > ~/.zfunc/_tow            with fpath+=~/.zfunc before compinit in ~/.zshrc
  tow completions fish > ~/.config/fish/completions/tow.fish";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs the verb.
pub(crate) async fn run(_: &Context, args: Args) -> Result<ExitCode, CommandError> {
    output::print(script(args.shell))?;
    Ok(ExitCode::SUCCESS)
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tow", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_shell_gets_every_verb() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(script(*shell)).unwrap();
            for verb in Cli::command().get_subcommands().filter(|verb| !verb.is_hide_set()) {
                assert!(script.contains(verb.get_name()), "{shell}: {}", verb.get_name());
            }
        }
    }
}
