//! Workers on other hosts, and their ledgers that come home by themselves.
//!
//! A sling to another host hooks the work here first; that is what lasts. Then come the [`steps`]: the rig's branch goes there, a town
//! with the rig and the worker's worktree is made there, the ledgers are exchanged, and a pane is started by this host's server and
//! told. What can't be done while the host is away is written down ([`record`]) and done when it is back: this host's server starts
//! [`exchange_now`] then, as it does whenever a ledger on either side has changed.
//!
//! The other host does its part in processes of its own, each of which is given one question and answers it ([`serve`]).

mod exchange;
mod messages;
mod near;
mod news;
mod push;
mod record;
mod serve;
mod steps;

use std::collections::BTreeMap;
use std::path::PathBuf;

use towline_client::hosts::Host;
use towline_client::transport::DialOptions;
use towline_client::{Connection, Paths};
use towline_ledger::place::Town;
use towline_ledger::routes::{BEADS, follow};
use towline_ledger::{Identity, Ledgers};
use towline_protocol::Message as _;
use towline_protocol::v1;

use crate::DispatchError;
use crate::sling::Said;
use crate::worktree::{Worktrees, ledger_of};
use near::{NotDone, There};
use record::{Owed, Record, Records};
use steps::Course;

pub use serve::{Served, serve};

/// What a sling to another host begins with.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The host.
    pub host: Host,
    /// How it is dialled.
    pub options: DialOptions,
    /// This host's town.
    pub town: &'a Town,
    /// Who is to do it.
    pub worker: &'a Identity,
    /// The issue that is on their hook.
    pub issue: &'a str,
    /// The pane, without the folder that it is started in.
    pub spawn: v1::Spawn,
    /// What is typed into it.
    pub prompt: &'a str,
    /// The text of `.claude/settings.local.json` for worktrees of this town.
    pub settings: &'a str,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is done.
    Done,
    /// The host is away. What is still to be done is written down, and done when it is back.
    Away {
        /// Why it can't be reached.
        why: String,
        /// Lines that help.
        hints: Vec<String>,
    },
}

/// Gets work that is on a hook to the worker's host. `connection` is that to this host's server.
///
/// # Errors
/// Where a step fails: it says which are done. It stays written down, and is begun again by the next sling of the same work, and
/// when the host is connected anew.
pub async fn sling(
    paths: &Paths,
    wanted: Wanted<'_>,
    connection: Result<Connection, String>,
    say: &mut dyn FnMut(Said),
) -> Result<Outcome, DispatchError> {
    let records = Records::at(paths.exchanges());
    let mut record = records.between(&wanted.town.root, &wanted.host.alias)?;
    let _lock = records.lock(&record.id)?;
    // What was written while the lock was waited for.
    record = records.read(&record.id)?.unwrap_or(record);
    let owed = Owed {
        issue: wanted.issue.to_owned(),
        worker: wanted.worker.to_string(),
        spawn: steps::hex(&wanted.spawn.encode_to_vec()),
        prompt: wanted.prompt.to_owned(),
    };
    forget(&records, wanted.issue, &record.id)?;
    record.owed.retain(|one| one.issue != owed.issue);
    record.owed.push(owed.clone());
    records.write(&record, None)?;
    let there = There { host: wanted.host, options: wanted.options };
    let course = Course {
        records: &records,
        there: &there,
        town: wanted.town,
        settings: wanted.settings,
        connection,
    };
    match course.carry_on(&mut record, &owed, say).await {
        Ok(()) => Ok(Outcome::Done),
        Err(NotDone::Away { why, hints }) => Ok(Outcome::Away { why, hints }),
        Err(NotDone::Failed(error)) => Err(error),
    }
}

/// The work is done on this host after all, or by nobody: it no longer goes to another one.
///
/// # Errors
/// Where that can't be written down.
pub fn stays_here(paths: &Paths, issue: &str) -> Result<(), DispatchError> {
    forget(&Records::at(paths.exchanges()), issue, "")
}

/// No exchange but `except` owes the issue any longer.
fn forget(records: &Records, issue: &str, except: &str) -> Result<(), DispatchError> {
    let owes = |record: &Record| record.owed.iter().any(|owed| owed.issue == issue);
    for found in records.all().iter().filter(|record| record.id != except && owes(record)) {
        let _lock = records.lock(&found.id)?;
        if let Some(mut record) = records.read(&found.id)? {
            record.owed.retain(|owed| owed.issue != issue);
            records.write(&record, None)?;
        }
    }
    Ok(())
}

/// Whether work is still on the hook of who was to get it.
fn is_hooked(ledgers: &Ledgers, owed: &Owed) -> Result<bool, DispatchError> {
    let found = ledgers.locate(&owed.issue)?;
    let worker = Identity::parse(&owed.worker)?;
    let brief = found.issues.find(&found.id);
    Ok(brief.is_some_and(|brief| brief.status().is_hooked() && worker.same_as(&brief.assignee())))
}

/// What an exchange is about, for who begins it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// The other host; empty on the side that only answers.
    pub host: String,
    /// The town's folder on this side.
    pub town: PathBuf,
    /// The rigs whose ledgers are exchanged.
    pub rigs: Vec<String>,
    /// Who works there.
    pub workers: Vec<String>,
    /// Work that isn't there yet.
    pub owed: Vec<String>,
}

/// All exchanges of this host.
pub fn known(paths: &Paths) -> Vec<Known> {
    let known = |record: Record| Known {
        rigs: record.ledgers.into_keys().filter(|name| !name.is_empty()).collect(),
        workers: record.workers.into_keys().collect(),
        owed: record.owed.into_iter().map(|owed| owed.issue).collect(),
        id: record.id,
        host: record.host,
        town: record.town,
    };
    Records::at(paths.exchanges()).all().into_iter().map(known).collect()
}

/// What an exchange brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// How many issues came, and how many went.
    pub came: usize,
    /// See `came`.
    pub went: usize,
    /// Branches that came, each with its rig.
    pub branches: Vec<String>,
}

/// Makes the ledgers of an exchange the same on both sides, tells those who work here what is new, and gets done what is owed.
///
/// # Errors
/// Where the host is away, or something can't be done. All that can be is done first.
pub async fn exchange_now(
    paths: &Paths,
    id: &str,
    there: (Host, DialOptions),
    ledgers: &Ledgers,
    settings: &str,
    connection: Result<Connection, String>,
    say: &mut dyn FnMut(Said),
) -> Result<Brought, DispatchError> {
    let records = Records::at(paths.exchanges());
    let _lock = records.lock(id)?;
    let mut record = records
        .read(id)?
        .filter(|record| !record.host.is_empty())
        .ok_or_else(|| DispatchError::not_found(format!("there is no exchange {id}")))?;
    let town = Town::read(&record.town)?;
    let there = There { host: there.0, options: there.1 };
    let course = Course { records: &records, there: &there, town: &town, settings, connection };
    let mut brought = Brought::default();
    let mut failed = None;
    // Before anything was there, nothing is to be exchanged.
    if !record.ledgers.is_empty() {
        let exchanged = course.exchange(&record).await.map_err(|error| away(&there, error))?;
        brought.went = exchanged.went;
        brought.came = exchanged.came.values().map(|came| came.delta.count()).sum();
        brought.branches = branches(&course, &record).unwrap_or_else(|error| {
            failed = Some(error);
            Vec::new()
        });
        let news = news::news(exchanged.came.values(), &town);
        news::deliver(news, &town, Some(ledgers), course.connection.as_ref().ok()).await;
    }
    for owed in record.owed.clone() {
        // Somebody has it taken away, or done, meanwhile. Where the ledger can't say, it is left for later.
        if is_hooked(ledgers, &owed).is_ok_and(|hooked| !hooked) {
            say(Said::Remark(format!(
                "{} is no longer on the hook of {}",
                owed.issue, owed.worker
            )));
            record.owed.retain(|one| *one != owed);
            records.write(&record, None)?;
            continue;
        }
        if let Err(error) = course.carry_on(&mut record, &owed, say).await {
            let error = away(&there, error);
            failed.get_or_insert(error);
        }
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(brought),
    }
}

/// Gets what workers there have pushed to repositories of that host.
fn branches(course: &Course<'_>, record: &Record) -> Result<Vec<String>, DispatchError> {
    let mut came = Vec::new();
    for (rig, folder) in &record.repositories {
        let worktrees = Worktrees::of(course.town, rig, course.settings)?;
        let there = course.there;
        let branches = push::fetch(&worktrees, &there.host, &there.options, folder)?;
        came.extend(branches.into_iter().map(|branch| format!("{rig}: {branch}")));
    }
    Ok(came)
}

fn away(there: &There, error: NotDone) -> DispatchError {
    match error {
        NotDone::Away { why, hints } => {
            let error = DispatchError::refused(format!("{} is away: {why}", there.host.alias));
            hints.into_iter().fold(error, DispatchError::hint)
        }
        NotDone::Failed(error) => error,
    }
}

/// The folders of a town's ledgers, by the rig; the town's own has no name. Those that can't be found are left out.
fn ledgers_of(town: &Town) -> BTreeMap<String, PathBuf> {
    let own = follow(&town.root.join(BEADS)).ok().filter(|folder| folder.is_dir());
    let rigs = town.rigs().rigs.into_iter();
    let rigs = rigs.filter_map(|rig| Some((rig.name.clone(), ledger_of(&rig).ok()?)));
    own.map(|folder| (String::new(), folder)).into_iter().chain(rigs).collect()
}
