//! `tow man`: the manual's pages, one for each verb.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::cli::Cli;
use crate::context::Context;
use crate::error::CommandError;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow man ~/.local/share/man/man1    then: man tow-spawn
  tow man .                          and look at them with: man ./tow.1";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder to write the pages into; it is made where it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let doing = |path: &Path| format!("cannot write {}", path.display());
    std::fs::create_dir_all(&args.folder)
        .map_err(|error| CommandError::io(doing(&args.folder), &error))?;
    let pages = pages();
    for (name, page) in &pages {
        let path = args.folder.join(name);
        std::fs::write(&path, page).map_err(|error| CommandError::io(doing(&path), &error))?;
    }
    context.say(format_args!("{} pages written to {}", pages.len(), args.folder.display()));
    Ok(ExitCode::SUCCESS)
}

/// All pages, by file name.
fn pages() -> Vec<(String, Vec<u8>)> {
    let mut root = Cli::command();
    root.build();
    let mut pages = Vec::new();
    collect(&root, "tow", &mut pages);
    pages
}

fn collect(command: &Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) {
    let mut page = Vec::new();
    // Writing to memory doesn't fail.
    let _ =
        Man::new(command.clone().display_name(name)).title(name.to_uppercase()).render(&mut page);
    pages.push((format!("{name}.1"), page));
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        collect(verb, &format!("{name}-{}", verb.get_name()), pages);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_has_a_page_with_examples() {
        let pages = pages();
        for verb in Cli::command().get_subcommands().filter(|verb| !verb.is_hide_set()) {
            let name = format!("tow-{}.1", verb.get_name());
            let (_, page) = pages.iter().find(|(page, _)| *page == name).unwrap();
            let page = String::from_utf8_lossy(page);
            assert!(page.contains("Examples:"), "{name}");
            assert!(page.contains("SYNOPSIS"), "{name}");
        }
    }
}
