//! `tow agents check`: what is wrong with files of rules.

use std::path::PathBuf;
use std::process::ExitCode;

use towline_client::rule_files;

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Your own rules are files in the folder agents beside the configuration. They take the place of those that Towline
brings along, as soon as they are saved.

Examples:
  tow agents check
  tow agents check ./mine.toml";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The files [default: all of your own]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let folder = context.paths()?.agents();
    let files = match args.files.is_empty() {
        true => rule_files::list(&folder),
        false => args.files,
    };
    let mut wrong = false;
    for file in &files {
        match rule_files::read(file) {
            Ok(rules) => {
                let count = rules.rules().len();
                let s = if count == 1 { "" } else { "s" };
                context.say(format_args!("{}: {count} rule{s} for {}", file.display(), rules.kind));
            }
            Err(trouble) => {
                wrong = true;
                output::message(output::one_line(&trouble));
            }
        }
    }
    if files.is_empty() {
        context.say(format_args!("{} has no files of rules", folder.display()));
    }
    Ok(if wrong { ExitCode::from(ErrorKind::Usage.exit_status()) } else { ExitCode::SUCCESS })
}
