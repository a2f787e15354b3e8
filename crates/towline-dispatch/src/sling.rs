//! Slinging: putting work on somebody's hook, with what they need to know, all of it in the ledger. Telling them is another thing.

mod known;
mod plan;
mod prompt;
mod target;
mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;

use towline_ledger::formula::Formula;
use towline_ledger::{Identity, Ledgers};

use crate::DispatchError;

use known::Known;
use plan::Plan;

pub use prompt::{Told, mail_body, mail_subject, prompt};
pub use target::{Target, read as read_target};

/// How often another polecat is looked for when somebody else was quicker.
const TRIES: usize = 5;

/// What is to be slung, and to whom.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// What an issue was called; `None` where only a formula is slung.
    pub issue: Option<&'a str>,
    /// The formula to be poured: as the work itself, or as the steps of the issue.
    pub formula: Option<&'a Formula>,
    /// Values for the formula's variables.
    pub vars: BTreeMap<String, String>,
    /// To whom.
    pub target: Target,
    /// The arguments; empty where there are none.
    pub args: &'a str,
    /// Over what would stand in the way.
    pub force: bool,
    /// The worker works on another host: no worktree is made here.
    pub elsewhere: bool,
    /// The text of `.claude/settings.local.json` in worktrees.
    pub settings: &'a str,
}

/// Something to tell while it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A line of the result.
    Line(String),
    /// A remark beside it.
    Remark(String),
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slung {
    /// The id of the issue that is on the hook.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// The ledger that it is in.
    pub ledger: PathBuf,
    /// Whose hook it is on.
    pub target: Identity,
    /// It was there before.
    pub already: bool,
    /// The arguments were stored.
    pub args_stored: bool,
    /// The formula that was poured; empty where none was.
    pub formula: String,
    /// The root of the molecule that was poured.
    pub molecule: Option<String>,
    /// The worker's worktree, where they have one here.
    pub folder: Option<PathBuf>,
}

/// Puts the work on the hook: picks the worker where a rig is meant, makes their worktree, and writes all of it in one change of
/// the ledger.
///
/// # Errors
/// Where there is no such work, it can't be slung as it stands, or the target has other work. Then nothing is changed.
pub fn sling(
    ledgers: &Ledgers,
    asked: &Asked<'_>,
    say: &mut dyn FnMut(Said),
) -> Result<Slung, DispatchError> {
    let known = Known::of(ledgers, asked)?;
    // Before anything is made.
    let poured = known.poured()?;
    let mut passed_over = Vec::new();
    for _ in 0..TRIES {
        let target = known.target(&passed_over)?;
        known.check(Some(&target.identity), target.chosen)?;
        let folder = known.folder(&target.identity, &mut |text| say(Said::Remark(text)))?;
        say(Said::Line(known.heading(&target.identity)));
        match known.hook(&target.identity, target.chosen, poured.as_ref())? {
            Some(written) => return known.finish(target.identity, written, folder, say),
            None => passed_over.extend(target.identity.name().map(str::to_owned)),
        }
    }
    Err(DispatchError::refused("others took every worker that was picked")
        .hint("try again, or name one: RIG/polecats/NAME"))
}

/// Says what [`sling`] would do, and changes nothing. The pane that would be told is for the caller to say.
///
/// # Errors
/// As [`sling`].
pub fn rehearse(
    ledgers: &Ledgers,
    asked: &Asked<'_>,
    say: &mut dyn FnMut(Said),
) -> Result<Identity, DispatchError> {
    let known = Known::of(ledgers, asked)?;
    let target = known.target(&[])?;
    let already = known.check(Some(&target.identity), target.chosen)? == Plan::Already;
    let who = &target.identity;
    if target.new {
        say(Said::Line(format!("Would make polecat {who}")));
    }
    say(Said::Line(known.heading(who)));
    if already {
        say(Said::Line(format!("○ Bead {} is already hooked to {who}, no-op", known.id())));
    }
    if let Some(formula) = asked.formula {
        known.poured()?;
        say(Said::Line(format!("Would pour formula: {}", formula.name)));
        for (name, value) in &asked.vars {
            say(Said::Line(format!("  --var {name}={value}")));
        }
    }
    let id = if known.found.is_some() { known.id() } else { "(its root)" };
    if !already {
        say(Said::Line(format!(
            "Would run: tow issue update {id} --status hooked --assignee {who}"
        )));
    }
    if !asked.args.is_empty() {
        say(Said::Line(format!("Would store args: {}", asked.args)));
    }
    Ok(target.identity)
}
