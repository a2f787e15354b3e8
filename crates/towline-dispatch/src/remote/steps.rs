//! The steps of a sling to another host, each of which can be done again.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use towline_client::target::id_text;
use towline_client::{Connection, RequestError};
use towline_ledger::place::Town;
use towline_ledger::{Identity, Ledger};
use towline_protocol::Message as _;
use towline_protocol::v1::{self, reply, request};

use super::exchange::{Exchanged, exchange};
use super::messages::{Begin, FarTown, Prepare};
use super::near::{NotDone, Swapping, There};
use super::push;
use super::record::{Owed, Record, Records};
use crate::nudge::in_words;
use crate::sling::Said;
use crate::worktree::Worktrees;
use crate::{DispatchError, panes};

/// How long the pane's start may take there: an agent may be slow to be found.
const START: Duration = Duration::from_secs(30);

/// How long a fresh pane is waited for until its agent can be told something: one that is known, and one that may yet be found. And
/// how often that is tried.
const READY: Duration = Duration::from_secs(15);
const FOUND: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(250);

/// Everything that the steps need.
pub(super) struct Course<'a> {
    pub(super) records: &'a Records,
    pub(super) there: &'a There,
    pub(super) town: &'a Town,
    /// The text of `.claude/settings.local.json` for worktrees here.
    pub(super) settings: &'a str,
    /// The server here.
    pub(super) connection: Result<Connection, String>,
}

/// What was done, for who hears that something else was not.
#[derive(Debug, Default)]
pub(super) struct Done(Vec<&'static str>);

impl Done {
    /// The same error, with what is done already.
    fn but(&self, error: DispatchError) -> NotDone {
        let mut message = error.to_string();
        if !self.0.is_empty() {
            let _ = write!(message, " (done already: {})", self.0.join(", "));
        }
        let hints = error.hints().to_vec();
        NotDone::Failed(
            hints.into_iter().fold(DispatchError::refused(message), DispatchError::hint),
        )
    }

    fn or<T>(&self, outcome: Result<T, NotDone>) -> Result<T, NotDone> {
        outcome.map_err(|error| match error {
            NotDone::Failed(error) => self.but(error),
            away @ NotDone::Away { .. } => away,
        })
    }
}

impl Course<'_> {
    /// Gets what is owed done.
    ///
    /// # Errors
    /// Where the host is away, or a step fails: it names those that are done.
    pub(super) async fn carry_on(
        &self,
        record: &mut Record,
        owed: &Owed,
        say: &mut dyn FnMut(Said),
    ) -> Result<(), NotDone> {
        let alias = self.there.host.alias.clone();
        let mut done = Done(vec!["the work is hooked"]);
        let worker = Identity::parse(&owed.worker).map_err(DispatchError::from)?;
        let rig_name = worker.rig().unwrap_or_default().to_owned();
        let worktrees = Worktrees::of(self.town, &rig_name, self.settings)?;
        let branch = worktrees.target()?;
        let far = self.far_town()?;
        let begin = Begin {
            id: record.id.clone(),
            town: far.clone(),
            rig: rig_name.clone(),
            url: worktrees.rig.url.clone().filter(|url| !is_local(url)),
            branch: branch.clone(),
        };
        let begun = done.or(self.there.begin(begin).await)?;
        if let Some(note) = &begun.note {
            say(Said::Remark(format!("warning: {note}; it gets the commits from here")));
        }
        let pushed =
            push::push(&worktrees, &self.there.host, &self.there.options, begun.push_to.as_deref());
        let pushed = pushed.map_err(|error| done.but(error))?;
        done.0.push("the branch is pushed");
        say(Said::Line(match pushed.as_str() {
            "" => format!("✓ Branch {branch} is up to date"),
            what => format!("✓ Branch {branch} pushed ({what})"),
        }));
        let prepare = Prepare {
            id: record.id.clone(),
            town: far,
            rig: rig_name.clone(),
            url: begun.url,
            branch,
            prefix: worktrees.rig.prefix.clone().unwrap_or_default(),
            worker: owed.worker.clone(),
            issue: owed.issue.clone(),
        };
        let prepared = done.or(self.there.prepare(prepare).await)?;
        prepared.said.iter().for_each(|line| say(Said::Remark(format!("{alias}: {line}"))));
        done.0.push("the worktree is ready");
        let worktree = prepared.worktree.display();
        say(Said::Line(format!("✓ Worktree ready: {alias}:{worktree} ({})", prepared.branch)));
        record.town_name.clone_from(&self.town.name);
        record.workers.insert(owed.worker.clone(), prepared.worktree.clone());
        let ledgers = super::ledgers_of(self.town);
        for name in ["", rig_name.as_str()] {
            if let Some(folder) = ledgers.get(name) {
                record.ledgers.insert(name.to_owned(), folder.clone());
            }
        }
        match begun.push_to {
            Some(folder) => record.repositories.insert(rig_name, folder),
            None => record.repositories.remove(&rig_name),
        };
        self.records.write(record, None)?;

        done.or(self.exchange(record).await)?;
        done.0.push("the ledgers are exchanged");
        say(Said::Line(format!("✓ Ledgers exchanged with {alias}")));

        let connection = self.connection.as_ref().map_err(|why| {
            done.but(
                DispatchError::refused(format!("no pane is started: {why}"))
                    .hint("tow server start"),
            )
        })?;
        let (pane, new) =
            done.or(self.pane(connection, &worker, owed, &prepared.worktree).await)?;
        done.0.push("the pane is there");
        let name = format!("{alias}:{}", pane.name);
        say(Said::Line(match new {
            true => format!("✓ Pane started: {name}"),
            false => format!("✓ Pane is there: {name}"),
        }));
        let told = self.prompt(connection, &pane, &owed.prompt, new).await;
        say(Said::Line(match told {
            Ok(()) => "▶ Start prompt sent".to_owned(),
            Err(why) => {
                format!("○ No pane to nudge (agent will discover work via tow prime): {why}")
            }
        }));
        record.owed.retain(|one| one != owed);
        self.records.write(record, None)?;
        Ok(())
    }

    fn far_town(&self) -> Result<FarTown, DispatchError> {
        let mut issues = Vec::new();
        for folder in super::ledgers_of(self.town).into_values() {
            let read = Ledger::at(folder).read()?;
            issues.extend(read.iter().map(|brief| brief.id().to_owned()));
        }
        let projects = self.there.host.projects.as_deref().unwrap_or("~").trim_end_matches('/');
        let folder = self.town.root.file_name().unwrap_or_default().to_string_lossy();
        Ok(FarTown { name: self.town.name.clone(), folder: format!("{projects}/{folder}"), issues })
    }

    /// Exchanges the ledgers, and writes down what both sides have now.
    pub(super) async fn exchange(&self, record: &Record) -> Result<Exchanged, NotDone> {
        let mut far = Swapping { there: self.there, id: &record.id, away: None };
        match exchange(self.records, record, &mut far, Timestamp::now()).await {
            Ok(exchanged) => {
                self.records.write(record, exchanged.settled.clone())?;
                Ok(exchanged)
            }
            Err(error) => Err(match far.away {
                Some((why, hints)) => NotDone::Away { why, hints },
                None => NotDone::Failed(error),
            }),
        }
    }

    /// The worker's pane on the other host, started where there is none; whether it was.
    async fn pane(
        &self,
        connection: &Connection,
        worker: &Identity,
        owed: &Owed,
        worktree: &Path,
    ) -> Result<(v1::Pane, bool), NotDone> {
        let alias = &self.there.host.alias;
        let list = v1::List { hosts: vec![alias.clone()], fleet: true, ..v1::List::default() };
        let listed = match connection.request(request::Body::List(list)).await {
            Ok(reply::Body::Listed(listed)) => listed,
            Ok(_) => {
                return Err(NotDone::Failed(DispatchError::refused(
                    "the server is of another version",
                )));
            }
            Err(error) => return Err(of_request(error)),
        };
        let there =
            listed.hosts.iter().filter(|host| host.name == *alias).flat_map(|host| &host.panes);
        let there: Vec<&v1::Pane> = there.filter(|pane| is_below(pane, worktree)).collect();
        if let Some(pane) = panes::find(there, worker, self.town) {
            return Ok((pane.clone(), false));
        }
        let spawn = bytes_of(&owed.spawn).and_then(|bytes| v1::Spawn::decode(&*bytes).ok());
        let spawn = spawn
            .ok_or_else(|| DispatchError::refused("what the pane is to be isn't known any more"))?;
        let spawn = v1::Spawn { project: worktree.to_string_lossy().into_owned(), ..spawn };
        let key = towline_client::exchanges::new_id().ok().and_then(|id| bytes_of(&id));
        let key = key.and_then(|key| <[u8; 16]>::try_from(key).ok()).unwrap_or_default();
        let asked = connection.request_keyed(key, alias, request::Body::Spawn(spawn));
        match tokio::time::timeout(START, asked).await {
            Ok(Ok(reply::Body::Spawned(v1::Spawned { pane: Some(pane), .. }))) => Ok((pane, true)),
            Ok(Ok(_)) => {
                Err(NotDone::Failed(DispatchError::refused("the server is of another version")))
            }
            Ok(Err(error)) => Err(of_request(error)),
            Err(_) => {
                let message =
                    format!("{alias} did not start the pane within {} s", START.as_secs());
                Err(NotDone::Failed(DispatchError::refused(message)))
            }
        }
    }

    /// Leaves the prompt with the agent in the pane. That of a fresh one has to be seen first.
    async fn prompt(
        &self,
        connection: &Connection,
        pane: &v1::Pane,
        text: &str,
        new: bool,
    ) -> Result<(), String> {
        let alias = &self.there.host.alias;
        let target =
            v1::Target { text: format!("{alias}:{}", id_text(pane.id)), ..v1::Target::default() };
        let enqueue = v1::Enqueue { target: Some(target), text: text.to_owned() };
        let patience = match (new, &pane.agent) {
            (false, _) => Duration::ZERO,
            (true, Some(_)) => READY,
            (true, None) => FOUND,
        };
        let end = tokio::time::Instant::now() + patience;
        loop {
            let error = match connection.request(request::Body::Enqueue(enqueue.clone())).await {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            let early = matches!(&error, RequestError::Remote(error)
                if error.kind() == v1::ErrorKind::NotTaken || error.kind() == v1::ErrorKind::Invalid);
            if !early || tokio::time::Instant::now() >= end {
                return Err(in_words(error));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Whether an address is a path of this machine.
fn is_local(url: &str) -> bool {
    let scp = url.split_once(':').is_some_and(|(host, _)| !host.contains('/'));
    url.starts_with("file:") || (!url.contains("://") && !scp)
}

fn is_below(pane: &v1::Pane, folder: &Path) -> bool {
    use std::os::unix::ffi::OsStrExt;
    Path::new(std::ffi::OsStr::from_bytes(&pane.cwd)).starts_with(folder)
}

fn of_request(error: RequestError) -> NotDone {
    match &error {
        RequestError::Remote(remote) if remote.kind() == v1::ErrorKind::Unreachable => {
            NotDone::Away { why: remote.message.clone(), hints: remote.hints.clone() }
        }
        RequestError::Remote(remote) => {
            let refused = DispatchError::refused(remote.message.clone());
            NotDone::Failed(remote.hints.iter().cloned().fold(refused, DispatchError::hint))
        }
        _ => NotDone::Failed(DispatchError::refused(in_words(error))),
    }
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_addresses() {
        for (url, local) in [
            ("/srv/demo.git", true),
            ("../demo", true),
            ("file:///srv/demo.git", true),
            ("./a:b", true),
            ("https://example.org/demo.git", false),
            ("ssh://git@example.org/demo.git", false),
            ("git@example.org:demo.git", false),
        ] {
            assert_eq!(is_local(url), local, "{url}");
        }
    }

    #[test]
    fn bytes_come_back_from_their_digits() {
        for bytes in [&b""[..], b"\x00\xff\x10a"] {
            assert_eq!(bytes_of(&hex(bytes)).unwrap(), bytes);
        }
        for text in ["a", "0g", "ü0"] {
            assert_eq!(bytes_of(text), None);
        }
    }

    #[test]
    fn what_is_done_is_named_with_what_is_not() {
        let done = Done(vec!["the work is hooked", "the branch is pushed"]);
        let NotDone::Failed(error) = done.but(DispatchError::refused("no room").hint("make room"))
        else {
            panic!("it failed");
        };
        assert_eq!(
            error.to_string(),
            "no room (done already: the work is hooked, the branch is pushed)"
        );
        assert_eq!(error.hints(), ["make room"]);
    }
}
