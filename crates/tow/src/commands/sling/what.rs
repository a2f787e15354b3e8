//! What is slung: an issue, a formula, or both.

use std::collections::BTreeMap;

use towline_ledger::Ledgers;
use towline_ledger::formula::Formula;

use crate::commands::formula;
use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;

/// What is to be slung.
#[derive(Debug)]
pub(super) struct What {
    /// The issue's id.
    pub(super) issue: Option<String>,
    pub(super) formula: Option<Formula>,
}

impl What {
    /// Finds the work by what somebody called it: an issue, else a formula (with or without `mol-` in front). `on` is the issue that
    /// a formula is for.
    pub(super) fn of(
        context: &Context,
        ledgers: &Ledgers,
        work: &str,
        on: Option<&str>,
    ) -> Result<Self, CommandError> {
        let find = |name: &str| formula::load(&formula::formulas(context, ledgers), name);
        let formula = || match find(work) {
            Err(error) if !work.starts_with("mol-") => {
                find(&format!("mol-{work}")).map_err(|_| error)
            }
            found => found,
        };
        if let Some(on) = on {
            let issue = ledgers.locate(on)?.id;
            return Ok(Self { issue: Some(issue), formula: Some(formula()?.0) });
        }
        let located = match ledgers.locate(work) {
            Ok(found) if found.id == work => {
                return Ok(Self { issue: Some(found.id), formula: None });
            }
            located => located.map_err(CommandError::from),
        };
        match (located, formula()) {
            (Err(error), Ok((formula, _)))
                if error.kind != ErrorKind::Ambiguous || formula.name == work =>
            {
                Ok(Self { issue: None, formula: Some(formula) })
            }
            (Ok(_), Ok((formula, _))) if formula.name == work => {
                Ok(Self { issue: None, formula: Some(formula) })
            }
            (Ok(found), _) => Ok(Self { issue: Some(found.id), formula: None }),
            (Err(error), _) if error.kind != ErrorKind::NotFound => Err(error),
            (Err(_), Err(error)) if error.kind != ErrorKind::NotFound => Err(error),
            _ => {
                let what = output::one_line(work);
                Err(CommandError::new(
                    ErrorKind::NotFound,
                    format!("'{what}' is not a valid bead or formula"),
                )
                .hint("tow ready    lists issues")
                .hint("tow formula list"))
            }
        }
    }
}

/// The values that were given for variables.
pub(super) fn vars(
    given: &[String],
    formula: Option<&Formula>,
) -> Result<BTreeMap<String, String>, CommandError> {
    if !given.is_empty() && formula.is_none() {
        return Err(CommandError::usage("--var is for formulas, and an issue is slung")
            .hint("tow sling FORMULA --on ISSUE --var NAME=VALUE"));
    }
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(CommandError::usage(format!(
            "--var: `{}` is not NAME=VALUE",
            output::one_line(text)
        ))),
    };
    given.iter().map(pair).collect()
}
