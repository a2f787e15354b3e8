//! Issues as verbs take and show them: what is shared by all that work on a ledger.
//!
//! [`line`](mod@line) and [`page`] are for people, [`json`] for programs; [`filter`] is the options by which issues are chosen,
//! [`many`] changes several and goes on past those that fail.

pub(crate) mod assignee;
pub(crate) mod filter;
pub(crate) mod input;
pub(crate) mod json;
pub(crate) mod line;
pub(crate) mod many;
pub(crate) mod page;
pub(crate) mod settle;

use towline_ledger::{Ledger, Ledgers, Lookup, Opened, Trouble};

use crate::context::Context;
use crate::error::CommandError;

/// Lines that can't be read, of which more than these are only counted.
const TOLD: usize = 3;

/// Whose issues are meant.
#[derive(Debug, clap::Args)]
pub(crate) struct Scope {
    /// The issues of this rig
    #[arg(long, value_name = "NAME", conflicts_with = "all_rigs")]
    rig: Option<String>,

    /// The issues of the whole town
    #[arg(long)]
    all_rigs: bool,
}

impl Scope {
    /// The ledgers that are meant, as [`opened`].
    ///
    /// # Errors
    /// As [`opened`].
    pub(crate) fn opened(
        &self,
        context: &Context,
        ledgers: &Ledgers,
    ) -> Result<Vec<Opened>, CommandError> {
        opened(context, ledgers, self.rig.as_deref(), self.all_rigs)
    }
}

/// The ledgers that are meant: one rig's, those of the whole town, or that of the place. What can't be read in them is told.
///
/// # Errors
/// Where there is none, or it can't be read. Of several, those that can't be read are told and left out.
pub(crate) fn opened(
    context: &Context,
    ledgers: &Ledgers,
    rig: Option<&str>,
    all: bool,
) -> Result<Vec<Opened>, CommandError> {
    let mut lookup = Lookup::new(ledgers);
    if let (true, Some(_)) = (all, &ledgers.place.town) {
        let found = ledgers.all().into_iter();
        let read = found.filter_map(|ledger| match lookup.open(ledger) {
            Ok(opened) => Some(opened),
            Err(error) => {
                context.say(format_args!("warning: {error}"));
                None
            }
        });
        let read: Vec<Opened> = read.collect();
        read.iter().for_each(|opened| warn(context, opened));
        return Ok(read);
    }
    let opened = lookup.open(of_rig(ledgers, rig)?)?;
    warn(context, &opened);
    Ok(vec![opened])
}

/// The ledger of a rig, or of the place.
///
/// # Errors
/// Where there is none.
pub(crate) fn of_rig(ledgers: &Ledgers, rig: Option<&str>) -> Result<Ledger, CommandError> {
    Ok(match rig {
        Some(rig) => ledgers.rig(rig)?,
        None => ledgers.here()?,
    })
}

/// Tells what can't be read in a ledger: reading goes on without it, and writing waits until it is mended.
pub(crate) fn warn(context: &Context, opened: &Opened) {
    let troubles = opened.issues.troubles();
    if troubles.is_empty() {
        return;
    }
    let file = opened.ledger.file();
    for Trouble { line, what } in troubles.iter().take(TOLD) {
        context.say(format_args!("warning: {} line {line}: {what}", file.display()));
    }
    let more = troubles.len().saturating_sub(TOLD);
    if more > 0 {
        context.say(format_args!("warning: {more} more lines like these"));
    }
    context.say("hint: tow ledger check    says what can be mended");
}
