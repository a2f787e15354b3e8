//! `tow mol squash` and `tow mol burn`: doing away with a molecule.

use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::molecule::{self, Gone};
use towline_ledger::{Change, Ledger, LedgerError, Ledgers, Lookup};

use super::identity;
use super::status::Work;
use crate::context::Context;
use crate::error::CommandError;
use crate::issue::settle::settle;
use crate::output::{self, one_line};

/// The end of the help of `squash`.
pub(crate) const SQUASH: &str = "Examples:
  tow mol squash                     the one on your hook
  tow mol squash gt-abc -m \"quiet patrol\"
  tow mol squash demo/witness --json";

/// The end of the help of `burn`.
pub(crate) const BURN: &str = "Steps are closed; those of a wisp are removed.

Examples:
  tow mol burn                       the one on your hook
  tow mol burn gt-abc";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose molecule (mayor, RIG/NAME, …), or its root; without one, your own
    #[arg(value_name = "TARGET|ROOT")]
    target: Option<String>,

    /// What came of it
    #[arg(short, long, value_name = "TEXT", default_value = "")]
    message: String,

    /// Print what came of it as JSON
    #[arg(long)]
    json: bool,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// One closed issue tells of it.
    Squash,
    /// Nothing does.
    Burn,
}

/// What came of it, in Gas Town's words.
#[derive(Debug, Serialize)]
struct GoneJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    squashed: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    burned: Option<&'a str>,
    from: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    handoff_id: Option<&'a str>,
    children_closed: usize,
}

/// A molecule that is to go.
struct Meant {
    root: String,
    ledger: Ledger,
    /// Who has it.
    from: String,
    /// The work that is done by it, where that is another issue.
    holder: Option<(Ledger, String)>,
}

/// Runs the verb.
pub(crate) fn run(
    context: &Context,
    ledgers: &Ledgers,
    args: &Args,
    how: How,
) -> Result<ExitCode, CommandError> {
    let Some(meant) = meant(ledgers, args.target.as_deref(), how)? else {
        return Ok(ExitCode::SUCCESS);
    };
    let actor = ledgers.actor();
    let root = &meant.root;
    let away = |change: &mut Change<'_>| match how {
        How::Squash => molecule::squash(change, root, &meant.from, &args.message),
        How::Burn => molecule::burn(change, root, &args.message),
    };
    let apart = |ledger: &Ledger| ledger.folder() != meant.ledger.folder();
    let gone = meant.ledger.change(&actor, |change| {
        if let Some((_, holder)) = meant.holder.as_ref().filter(|(ledger, _)| !apart(ledger)) {
            molecule::detach(change, holder)?;
        }
        away(change)
    })?;
    if let Some((ledger, holder)) = meant.holder.as_ref().filter(|(ledger, _)| apart(ledger)) {
        ledger.change(&actor, |change| molecule::detach(change, holder))?;
    }
    settle(context, ledgers, &gone.closed);
    let holder = meant.holder.as_ref().map(|(_, holder)| holder.as_str());
    if args.json {
        let json = GoneJson {
            squashed: (how == How::Squash).then_some(&meant.root),
            digest_id: gone.digest.as_deref(),
            burned: (how == How::Burn).then_some(&meant.root),
            from: &meant.from,
            handoff_id: holder,
            children_closed: gone.children_closed,
        };
        output::json(&json)?;
    } else {
        output::print(in_words(&gone, &meant.from))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn in_words(gone: &Gone, from: &str) -> String {
    let title = one_line(&gone.title);
    let first = match &gone.digest {
        Some(digest) => format!("📦 Squashed molecule {} ({title}) → digest {digest}", gone.root),
        None => format!("🔥 Burned molecule {} ({title}) from {}", gone.root, one_line(from)),
    };
    let what = if gone.wisp { "Removed" } else { "Closed" };
    format!("{first}\n  {what} {} step issues\n", gone.children_closed)
}

/// The molecule that is meant: by whose it is, or by its root. `None` where somebody has none, which was said.
fn meant(ledgers: &Ledgers, target: Option<&str>, how: How) -> Result<Option<Meant>, CommandError> {
    let mut lookup = Lookup::new(ledgers);
    if let Some(text) = target.filter(|text| !text.contains('/') && *text != ".") {
        match lookup.locate(text) {
            Ok((opened, root)) => {
                return of_root(ledgers, &mut lookup, opened.ledger, root).map(Some);
            }
            // What is no issue may be somebody.
            Err(error) if text.contains('-') => return Err(error.into()),
            Err(_) => {}
        }
    }
    let who = identity(ledgers, target)?;
    let work = Work::of(ledgers, &mut lookup, &who)?;
    let root = work.as_ref().and_then(|work| work.molecule.as_ref());
    let Some(root) = root.map(|root| root.id().into_owned()) else {
        let what = if how == How::Squash { "squash" } else { "burn" };
        output::line(format!("ℹ No molecule attached to {who} - nothing to {what}"))?;
        return Ok(None);
    };
    let (opened, root) = lookup.locate(&root)?;
    let meant = of_root(ledgers, &mut lookup, opened.ledger, root)?;
    Ok(Some(Meant { from: who.to_string(), ..meant }))
}

/// The molecule with this root, and the work that is done by it.
fn of_root(
    ledgers: &Ledgers,
    lookup: &mut Lookup<'_>,
    ledger: Ledger,
    root: String,
) -> Result<Meant, CommandError> {
    let opened = lookup.open(ledger.clone())?;
    let brief = opened.issues.find(&root).filter(|brief| !brief.is_tombstone());
    if !brief.is_some_and(|brief| molecule::is_root(&brief)) {
        let error = LedgerError::invalid(format!("{root} is no molecule")).hint("tow mol list");
        return Err(error.into());
    }
    let mut holder = None;
    for other in ledgers.all() {
        let other = lookup.open(other)?;
        if let Some(id) = molecule::holders(&other.issues, &root).into_iter().next() {
            holder = Some((other, id));
            break;
        }
    }
    let assignee = |issues: &towline_ledger::Issues, id: &str| {
        issues.find(id).map(|brief| brief.assignee()).filter(|who| !who.is_empty())
    };
    let from = match &holder {
        Some((opened, id)) => assignee(&opened.issues, id),
        None => assignee(&opened.issues, &root),
    };
    Ok(Meant {
        from: from.unwrap_or_else(|| ledgers.actor().0),
        holder: holder.map(|(opened, id)| (opened.ledger, id)),
        root,
        ledger,
    })
}
