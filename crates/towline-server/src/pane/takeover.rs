//! Taking up panes whose holders outlived the last server, and finding out what became of the others.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use towline_journal::ExitStatus;
use towline_vt::Size;

use super::actor::{Actor, Ended};
use super::link::Link;
use super::{Pane, end, facts, folder};
use crate::server::Server;
use crate::store::{EndedAs, PaneRow, RowStatus};

/// Waits between attempts to reach a holder that lives and doesn't answer: from the first to the last.
const RETRY: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(5));

/// How long a process may take to die once one of its descriptors is closed.
const DYING: Duration = Duration::from_millis(200);

/// How long a holder that was just started may take from its lock to its socket.
const BORN: Duration = Duration::from_secs(1);

/// What is known of a holder by its lock and its socket.
enum Holder {
    Answers(Box<Link>, towline_holder::wire::Welcome),
    Silent(io::Error),
    Gone,
}

async fn find(folder: &Path) -> Holder {
    match Link::connect(folder, None).await {
        Ok((link, welcome)) => Holder::Answers(Box::new(link), welcome),
        Err(error) if towline_holder::is_alive(folder) => Holder::Silent(error),
        Err(_) => Holder::Gone,
    }
}

/// Serves a pane from now on: connects to its holder, runs its actor, and sees to what comes after its end.
/// `fresh` is the size of a pane whose program has just begun. Returns once the pane has been reached for the
/// first time, or is known to have ended or not to answer; the rest goes on in a task.
pub(crate) async fn serve(server: &Arc<Server>, pane: &Arc<Pane>, fresh: Option<Size>) {
    let status = pane.facts().row.status;
    let mut found = find(&pane.folder).await;
    let end = Instant::now() + BORN;
    while status == RowStatus::Starting
        && matches!(&found, Holder::Silent(error) if error.kind() != io::ErrorKind::TimedOut)
        && Instant::now() < end
    {
        // It has its lock and does not listen yet; or finds out that who started it is gone, and leaves.
        tokio::time::sleep(RETRY.0 / 10).await;
        found = find(&pane.folder).await;
    }
    let (server, pane) = (Arc::clone(server), Arc::clone(pane));
    let inbox = match &found {
        Holder::Answers(_, welcome) => {
            reached(&pane, welcome);
            if status != RowStatus::Running {
                server.write_down(&pane);
            }
            Some(pane.open_inbox())
        }
        Holder::Silent(_) => {
            pane.facts().unresponsive = true;
            None
        }
        Holder::Gone => return gone(&server, &pane),
    };
    tokio::spawn(async move {
        let kept = tokio::spawn(keep(Arc::clone(&server), Arc::clone(&pane), inbox, found, fresh));
        if kept.await.is_err() {
            // A bug of ours, told by the panic. The program knows nothing of it: its pane is taken up anew.
            tracing::error!("{}: the task that owned the pane broke off", pane.name());
            *pane.actor() = None;
            tokio::time::sleep(RETRY.1).await;
            serve_again(server, pane).await;
        }
    });
}

/// [`serve`], as a type that can name itself.
fn serve_again(
    server: Arc<Server>,
    pane: Arc<Pane>,
) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move { serve(&server, &pane, None).await })
}

/// The pane has no holder.
fn gone(server: &Arc<Server>, pane: &Arc<Pane>) {
    let status = pane.facts().row.status;
    match status {
        RowStatus::Starting if !pane.has_begun() => end::never_began(server, pane),
        RowStatus::Again if !has_begun_again(pane) => end::resume(server, pane),
        _ => end::lost(server, pane, last_words(server, pane)),
    }
}

/// Whether the program was started once more after the end that the store knows of.
fn has_begun_again(pane: &Pane) -> bool {
    let ended = pane.facts().row.ended.as_ref().map_or(0, |(_, at)| *at);
    towline_journal::summary(&pane.journal()).is_ok_and(|summary| summary.last_time > ended)
}

fn reached(pane: &Pane, welcome: &towline_holder::wire::Welcome) {
    let mut facts = pane.facts();
    facts.unresponsive = false;
    facts.degraded = welcome.degraded;
    facts.holder_pid = i32::try_from(welcome.holder_pid).unwrap_or(0);
    facts.pid = i32::try_from(welcome.child_pid).unwrap_or(0);
    facts.head = welcome.head;
    facts.row.status = RowStatus::Running;
    facts.row.ended = None;
    (facts.row.cols, facts.row.rows) = (welcome.cols, welcome.rows);
    drop(facts);
    pane.pulse.send_modify(|pulse| pulse.head = welcome.head);
}

/// Runs the pane's actor, over broken connections, until its program or its holder has ended.
async fn keep(
    server: Arc<Server>,
    pane: Arc<Pane>,
    mut inbox: Option<mpsc::UnboundedReceiver<super::Command>>,
    mut found: Holder,
    mut fresh: Option<Size>,
) {
    let mut wait = RETRY.0;
    loop {
        match found {
            Holder::Answers(link, welcome) => {
                wait = RETRY.0;
                reached(&pane, &welcome);
                server.changed();
                let commands = inbox.take().unwrap_or_else(|| pane.open_inbox());
                let mut actor = Actor::new(
                    Arc::clone(&server),
                    Arc::clone(&pane),
                    commands,
                    *link,
                    &welcome,
                    fresh.take(),
                );
                if let Ok(summary) = towline_journal::summary(&pane.journal()) {
                    actor.answer_recent(summary.last_time);
                }
                match actor.run().await {
                    Ended::Exit { status, at } => {
                        return end::exited(&server, &pane, actor, (facts::ended_as(status), at))
                            .await;
                    }
                    Ended::Broken(error) => {
                        tracing::warn!("{}: lost the holder: {error}", pane.name());
                        *pane.actor() = None;
                        if has_gone(&pane.folder).await {
                            let words = last_words(&server, &pane);
                            return end::broken(&server, &pane, actor, words);
                        }
                        // The views' clients attach again by themselves; nothing they typed is lost.
                        actor.abandon();
                    }
                }
            }
            Holder::Silent(error) => {
                tracing::warn!("{}: the holder does not answer: {error}", pane.name());
                pane.facts().unresponsive = true;
                server.changed();
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(RETRY.1);
            }
            Holder::Gone => return gone(&server, &pane),
        }
        found = find(&pane.folder).await;
    }
}

/// Whether a holder whose connection broke is gone. The kernel closes what a dying process has open one by one.
async fn has_gone(folder: &Path) -> bool {
    let end = Instant::now() + DYING;
    while towline_holder::is_alive(folder) {
        if Instant::now() > end {
            return false;
        }
        tokio::time::sleep(RETRY.0 / 10).await;
    }
    true
}

/// How a pane whose holder is gone ended, as far as its journal tells.
fn last_words(server: &Server, pane: &Pane) -> (EndedAs, u64) {
    let summary = towline_journal::summary(&pane.journal()).ok();
    if let Some(summary) = &summary {
        pane.facts().head = summary.head;
    }
    // What this server has started itself no reboot has ended.
    let rebooted = server.rebooted && pane.facts().row.started_at < server.started_at;
    let why = || EndedAs::Lost(if rebooted { "reboot" } else { "holder" }.into());
    match summary {
        Some(summary) => match summary.exit {
            Some((ExitStatus::Lost, at)) => (why(), at),
            Some((status, at)) => (facts::ended_as(status), at),
            None => (why(), summary.last_time),
        },
        None => (why(), pane.facts().row.created_at),
    }
}

/// A pane that the store does not know, from the description in its folder: its intent was committed to a
/// store that is gone. One without a holder has ended, and is not started again: nobody knows how often it was.
pub(crate) fn unknown(panes: &Path, id: u64) -> Option<PaneRow> {
    let folder = folder::of(panes, id);
    let described = folder::describe(&folder)?;
    let size = described.size.unwrap_or_default();
    let ended = (!towline_holder::is_alive(&folder)).then(|| {
        let summary = towline_journal::summary(&folder::journal(&folder)).unwrap_or_default();
        match summary.exit {
            Some((status, at)) => (facts::ended_as(status), at),
            None => (EndedAs::Lost("holder".into()), summary.last_time.max(described.created_at)),
        }
    });
    Some(PaneRow {
        id,
        name: described.name,
        session: described.session,
        window: described.window,
        command: described.command,
        cwd: described.cwd,
        cols: u16::try_from(size.cols).unwrap_or(80),
        rows: u16::try_from(size.rows).unwrap_or(24),
        restart: described.restart,
        restarts: 0,
        agent: described.agent,
        status: if ended.is_some() { RowStatus::Ended } else { RowStatus::Running },
        created_at: described.created_at,
        last_activity: ended.as_ref().map_or(described.created_at, |(_, at)| *at),
        ended,
        ..PaneRow::default()
    })
}
