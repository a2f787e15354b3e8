//! `tow mail archive`, `delete`, `mark-read`, `mark-unread`: what becomes of messages.

use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::mail;
use towline_ledger::{Change, Identity, LedgerError};

use super::{each, locate};
use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::work;

#[derive(Debug, clap::Args)]
pub(super) struct IdsArgs {
    /// The messages' ids
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,

    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
}

/// What was done.
#[derive(Debug, Serialize)]
struct DoneJson<'a> {
    done: Vec<&'a str>,
    failed: Vec<FailedJson<'a>>,
}

#[derive(Debug, Serialize)]
struct FailedJson<'a> {
    id: &'a str,
    error: &'a str,
}

pub(super) fn archive(context: &Context, args: IdsArgs) -> Result<ExitCode, CommandError> {
    for_all(context, &args, "archived", mail::archive)
}

pub(super) fn delete(context: &Context, args: IdsArgs) -> Result<ExitCode, CommandError> {
    for_all(context, &args, "deleted", |change, id, _| change.delete(id, "mail deleted").map(drop))
}

pub(super) fn mark_read(context: &Context, args: IdsArgs) -> Result<ExitCode, CommandError> {
    for_all(context, &args, "marked as read", |change, id, who| {
        mail::mark_read(change, id, who).map(drop)
    })
}

pub(super) fn mark_unread(context: &Context, args: IdsArgs) -> Result<ExitCode, CommandError> {
    for_all(context, &args, "marked as unread", |change, id, who| {
        mail::mark_unread(change, id, who).map(drop)
    })
}

/// Does something to each message, goes on past failures, and tells them.
fn for_all(
    context: &Context,
    args: &IdsArgs,
    done: &str,
    deed: impl Fn(&mut Change<'_>, &str, &Identity) -> Result<(), LedgerError>,
) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let who = &ledgers.place.identity;
    let failed = each(&args.ids, |text| {
        let (ledger, mail) = locate(&ledgers, text)?;
        ledger.change(&ledgers.actor(), |change| deed(change, &mail.id, who))?;
        Ok(())
    });
    let (all, bad) = (args.ids.len(), failed.len());
    let code = if bad == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) };
    if args.json {
        let is_bad = |id: &&str| failed.iter().any(|(one, _)| one == id);
        output::json(&DoneJson {
            done: args.ids.iter().map(String::as_str).filter(|id| !is_bad(id)).collect(),
            failed: failed
                .iter()
                .map(|(id, error)| FailedJson { id, error: &error.message })
                .collect(),
        })?;
        return Ok(code);
    }
    if let ([(_, error)], 1) = (failed.as_slice(), all) {
        return Err(error.clone());
    }
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars
            .next()
            .map(|first| first.to_uppercase().chain(chars).collect::<String>())
            .unwrap_or_default()
    };
    match (all, bad) {
        (1, 0) => output::line(format!("✓ Message {done}"))?,
        (all, 0) => output::line(format!("✓ {} {all} messages", capital(done)))?,
        (all, bad) => {
            output::line(format!("⚠ {} {}/{all} messages", capital(done), all - bad))?;
            for (id, error) in &failed {
                output::message(format_args!(
                    "  Error: {}: {}",
                    output::one_line(id),
                    output::one_line(&error.message)
                ));
            }
        }
    }
    Ok(code)
}
