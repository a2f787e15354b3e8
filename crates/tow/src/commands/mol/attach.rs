//! `tow mol attach` and `tow mol detach`: doing a piece of work by the steps of a molecule.

use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::{Ledgers, Lookup, molecule};

use super::status::Work;
use crate::error::CommandError;
use crate::output;

/// The end of the help of `attach`.
pub(crate) const ATTACH: &str = "Examples:
  tow mol attach gt-xyz gt-abc       do the work gt-xyz by the steps of gt-abc
  tow mol attach gt-abc              the work on your hook";

/// The end of the help of `detach`.
pub(crate) const DETACH: &str = "Examples:
  tow mol detach gt-xyz
  tow mol detach                     the work on your hook";

#[derive(Debug, clap::Args)]
pub(crate) struct AttachArgs {
    /// The work, and the molecule's root; one alone is the molecule for the work on your hook
    #[arg(value_name = "ISSUE|ROOT", required = true, num_args = 1..=2)]
    issues: Vec<String>,

    /// Also where it has another molecule
    #[arg(short, long)]
    force: bool,

    /// Print what came of it as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DetachArgs {
    /// The work; without one, that on your hook
    #[arg(value_name = "ISSUE")]
    issue: Option<String>,

    /// Print what came of it as JSON
    #[arg(long)]
    json: bool,
}

/// What is attached, in Gas Town's words.
#[derive(Debug, Serialize)]
struct AttachedJson<'a> {
    issue_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    attached_molecule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attached_at: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detached_molecule: Option<&'a str>,
}

/// Runs `attach`.
pub(crate) fn attach(ledgers: &Ledgers, args: &AttachArgs) -> Result<ExitCode, CommandError> {
    let mut lookup = Lookup::new(ledgers);
    let (issue, root) = match args.issues.as_slice() {
        [issue, root] => (issue.clone(), root.as_str()),
        [root] => (own_work(ledgers, &mut lookup)?, root.as_str()),
        _ => return Err(CommandError::usage("one or two issues are needed")),
    };
    let (opened, issue) = lookup.locate(&issue)?;
    let (held, root) = lookup.locate(root)?;
    let is_root = held.issues.find(&root).is_some_and(|brief| molecule::is_root(&brief));
    let is_epic = held.issues.find(&root).is_some_and(|brief| brief.issue_type() == "epic");
    if !is_root && !is_epic {
        return Err(CommandError::usage(format!("{root} is no molecule")).hint("tow mol list"));
    }
    let attached = opened
        .ledger
        .change(&ledgers.actor(), |change| molecule::attach(change, &issue, &root, args.force))?;
    if args.json {
        output::json(&AttachedJson {
            issue_id: &issue,
            attached_molecule: Some(&root),
            attached_at: Some(&attached.attached_at),
            detached_molecule: None,
        })?;
    } else {
        output::line(format!("✓ Attached {root} to {issue}"))?;
        output::line(format!("  attached_at: {}", attached.attached_at))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs `detach`.
pub(crate) fn detach(ledgers: &Ledgers, args: &DetachArgs) -> Result<ExitCode, CommandError> {
    let mut lookup = Lookup::new(ledgers);
    let issue = match &args.issue {
        Some(issue) => issue.clone(),
        None => own_work(ledgers, &mut lookup)?,
    };
    let (opened, issue) = lookup.locate(&issue)?;
    let root = opened.ledger.change(&ledgers.actor(), |change| molecule::detach(change, &issue))?;
    if args.json {
        output::json(&AttachedJson {
            issue_id: &issue,
            attached_molecule: None,
            attached_at: None,
            detached_molecule: root.as_deref(),
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(match root {
        Some(root) => format!("✓ Detached {root} from {issue}"),
        None => format!("ℹ No molecule attached to {issue}"),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The work on one's own hook.
fn own_work(ledgers: &Ledgers, lookup: &mut Lookup<'_>) -> Result<String, CommandError> {
    let who = &ledgers.place.identity;
    match Work::of(ledgers, lookup, who)? {
        Some(work) => Ok(work.issue.id().into_owned()),
        None => {
            Err(CommandError::failed(format!("nothing is on the hook of {who}"))
                .hint("tow hook ISSUE"))
        }
    }
}
