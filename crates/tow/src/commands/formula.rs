//! `tow formula`: how kinds of work are done, as files that are poured into issues.

mod check;
mod show;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use towline_ledger::formula::{FindError, Formula, Formulas, PourError, Source};
use towline_ledger::{Ledger, Ledgers};

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::quote::shell_quoted;
use crate::work;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "A formula is a file NAME.formula.toml in .beads/formulas of the project, in ~/.beads/formulas or
in .beads/formulas of the town; the first of a name counts.

Examples:
  tow formula list
  tow formula show mol-polecat-work
  tow formula check                      all of them
  tow formula check ./release.formula.toml
  tow mol pour release --var version=2.0";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the formulas that can be poured here
    #[command(visible_alias = "ls", after_help = show::LIST)]
    List(show::ListArgs),
    /// Show a formula's variables and steps
    #[command(after_help = show::SHOW)]
    Show(show::ShowArgs),
    /// Say what is wrong with formulas
    #[command(after_help = check::CHECK)]
    Check(check::CheckArgs),
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let formulas = formulas(context, &ledgers);
    match args.action {
        Action::List(args) => show::list(context, &formulas, args.json),
        Action::Show(args) => show::show(&formulas, &args),
        Action::Check(args) => check::check(&formulas, &args),
    }
}

/// The formulas that can be poured from a place: the project's, the user's, the town's, and those that Towline comes with.
pub(crate) fn formulas(context: &Context, ledgers: &Ledgers) -> Formulas {
    let folder = |ledger: Ledger| ledger.folder().to_owned();
    let project = ledgers.here().ok().map(folder);
    let town = ledgers.place.town.as_ref().and_then(|_| ledgers.town().ok()).map(folder);
    // Without a home there are none of the user's.
    let own = context.paths().ok().map(|paths| paths.config_dir.join("formulas"));
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    let beads = home.map(|home| PathBuf::from(home).join(".beads/formulas"));
    Formulas::new(project.as_deref(), own.into_iter().chain(beads), town.as_deref())
}

/// The formula of a name, or in a file, with where it comes from; of a file `None`.
///
/// # Errors
/// Where there is none, or it can't be read.
pub(crate) fn load(
    formulas: &Formulas,
    text: &str,
) -> Result<(Formula, Option<Source>), CommandError> {
    let path = Path::new(text);
    if !is_file(text) {
        let found = formulas.find(text).map_err(find_error)?;
        return Ok((found.formula, Some(found.source)));
    }
    // What it extends is looked for beside it first.
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = name.strip_suffix(".formula.toml").or(name.strip_suffix(".formula.json"));
    if let (Some(name), true) = (name, path.is_file()) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        let others = formulas.folders().map(|(_, folder)| folder.to_owned());
        let beside = Formulas::new(None, std::iter::once(folder).chain(others), None);
        // Of a TOML and a JSON file of one name the other may be found.
        let found = beside.find(name);
        if found.as_ref().map_or(true, |found| found.formula.file.file_name() == path.file_name()) {
            return Ok((found.map_err(find_error)?.formula, None));
        }
    }
    let bytes = std::fs::read_to_string(path).map_err(|error| {
        CommandError::io(format_args!("cannot read {}", path.display()), &error)
    })?;
    let formula =
        Formula::parse(path, &bytes).map_err(|error| find_error(FindError::Formula(error)))?;
    Ok((formula, None))
}

/// Whether a text is meant as the path of a file.
fn is_file(text: &str) -> bool {
    text.contains('/') || text.ends_with(".toml") || text.ends_with(".json")
}

/// Why a formula isn't found or can't be read.
pub(crate) fn find_error(error: FindError) -> CommandError {
    let kind = match &error {
        FindError::None { .. } => ErrorKind::NotFound,
        FindError::Name { .. } => ErrorKind::Usage,
        _ => ErrorKind::Failed,
    };
    let hint = match &error {
        FindError::None { meant: Some(meant), .. } => {
            format!("tow formula show {}", shell_quoted(meant))
        }
        FindError::Formula(_) | FindError::Extends { .. } | FindError::Circle { .. } => {
            "tow formula check".into()
        }
        _ => "tow formula list".into(),
    };
    CommandError::new(kind, error.to_string()).hint(hint)
}

/// Why a formula can't be poured.
pub(crate) fn pour_error(error: PourError) -> CommandError {
    let (kind, hint) = match &error {
        PourError::Broken { formula, .. } | PourError::Kind { formula, .. } => {
            (ErrorKind::Failed, format!("tow formula check {}", shell_quoted(formula)))
        }
        PourError::Unknown { formula, .. }
        | PourError::Missing { formula, .. }
        | PourError::Value { formula, .. }
        | PourError::Nearly { formula, .. } => {
            (ErrorKind::Usage, format!("tow formula show {}", shell_quoted(formula)))
        }
        _ => (ErrorKind::Failed, "tow formula list".to_owned()),
    };
    CommandError::new(kind, error.to_string()).hint(hint)
}

/// The variables of `--var K=V`.
///
/// # Errors
/// Where one has no `=`, or comes twice with other values.
pub(crate) fn variables(given: &[String]) -> Result<BTreeMap<String, String>, CommandError> {
    let mut variables = BTreeMap::new();
    for text in given {
        let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.trim().is_empty())
        else {
            return Err(CommandError::usage(format!("--var {text:?} is no NAME=VALUE"))
                .hint("--var version=2.0"));
        };
        let before = variables.insert(name.trim().to_owned(), value.to_owned());
        if before.is_some_and(|before| before != value) {
            return Err(CommandError::usage(format!("--var {} is given twice", name.trim())));
        }
    }
    Ok(variables)
}
