//! Closing convoys that have arrived, and telling who waits for them.

use std::collections::HashSet;
use std::fs;
use std::rc::Rc;

use memchr::memmem;

use super::known::Known;
use super::{Convoy, TRACKS, TYPE, tracked_id};
use crate::issue::{LONGEST_TITLE, Status};
use crate::issues::{Brief, Issues, LinkKind};
use crate::ledger::{Change, Ledger, LedgerError};
use crate::ledgers::Ledgers;
use crate::mail::{self, Message};

/// Why a convoy is closed that has arrived, in Gas Town's words.
pub const CLOSE_REASON: &str = "All tracked issues completed";

/// A convoy of which all issues are closed, and which was closed therefore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Who was told by mail, as the convoy has them.
    pub told: Vec<String>,
}

/// Closes the convoys that wait for nothing any more, now that these issues are closed, and tells their owners by mail. To be
/// called after the issues were closed, by whoever did. Where there is no town, or no convoy tracks any of them, nothing happens.
///
/// # Errors
/// Where the town's ledger can't be read or written. The issues are closed all the same.
pub fn settle(ledgers: &Ledgers, closed: &[String]) -> Result<Vec<Landed>, LedgerError> {
    let mut known = Known::of(ledgers);
    let Some(issues) = town_that_tracks(ledgers, &mut known, closed)? else {
        return Ok(Vec::new());
    };
    let tracks = |convoy: &Convoy| closed.iter().any(|id| convoy.tracked.contains(id));
    land(ledgers, known, &issues, tracks)
}

/// Closes all convoys that wait for nothing any more, and tells their owners by mail.
///
/// # Errors
/// Where the town's ledger can't be read or written.
pub fn check(ledgers: &Ledgers) -> Result<Vec<Landed>, LedgerError> {
    let mut known = Known::of(ledgers);
    let issues = known.town()?;
    land(ledgers, known, &issues, |_| true)
}

/// The preset that an issue inherits from the open convoy that tracks it.
///
/// # Errors
/// Where the town's ledger can't be read.
pub fn preset_of(ledgers: &Ledgers, issue: &str) -> Result<Option<String>, LedgerError> {
    let ids = [issue.to_owned()];
    let mut known = Known::of(ledgers);
    let Some(issues) = town_that_tracks(ledgers, &mut known, &ids)? else { return Ok(None) };
    let convoys = open(&issues).into_iter().filter(|convoy| convoy.tracked.contains(&ids[0]));
    Ok(convoys.map(|convoy| convoy.preset).find(|preset| !preset.is_empty()))
}

/// The town's issues, if an open convoy among them tracks one of these.
fn town_that_tracks(
    ledgers: &Ledgers,
    known: &mut Known<'_>,
    ids: &[String],
) -> Result<Option<Rc<Issues>>, LedgerError> {
    let Ok(town) = ledgers.town() else { return Ok(None) };
    if ids.is_empty() || !may_track(&town) {
        return Ok(None);
    }
    let issues = known.town()?;
    let ids: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let tracks = |brief: &Brief<'_>| {
        let mut tracked = brief.links().filter(|link| link.kind == LinkKind::Tracks);
        tracked.any(|link| ids.contains(tracked_id(link.target)))
    };
    let any = issues.iter().any(|brief| !brief.status().is_over() && tracks(&brief));
    Ok(any.then_some(issues))
}

/// Whether anything in a ledger tracks issues: told by the bytes of its file, because most who close an issue have no convoy.
fn may_track(ledger: &Ledger) -> bool {
    let word = format!("\"{TRACKS}\"");
    fs::read(ledger.file()).is_ok_and(|text| memmem::find(&text, word.as_bytes()).is_some())
}

/// The convoys that are under way.
fn open(issues: &Issues) -> Vec<Convoy> {
    let tracks = |kind| kind == LinkKind::Tracks;
    issues
        .iter()
        .filter(|brief| !brief.status().is_over())
        .filter(|brief| brief.issue_type() == TYPE || brief.links().any(|link| tracks(link.kind)))
        .filter_map(|brief| Convoy::of(&brief.issue()))
        .filter(Convoy::is_open)
        .collect()
}

/// Closes those of the convoys that have arrived.
fn land(
    ledgers: &Ledgers,
    mut known: Known<'_>,
    issues: &Issues,
    concerned: impl Fn(&Convoy) -> bool,
) -> Result<Vec<Landed>, LedgerError> {
    let convoys: Vec<Convoy> = open(issues)
        .into_iter()
        .filter(|convoy| !convoy.owned && !convoy.tracked.is_empty() && concerned(convoy))
        .collect();
    let arrived: Vec<Convoy> =
        convoys.into_iter().filter(|convoy| known.are_over(&convoy.tracked)).collect();
    if arrived.is_empty() {
        return Ok(Vec::new());
    }
    ledgers.town()?.change(&ledgers.actor(), |change| {
        let mut landed = Vec::new();
        for convoy in &arrived {
            landed.extend(close(change, convoy)?);
        }
        Ok(landed)
    })
}

/// Closes a convoy and tells who waits for it, unless somebody else has done so, or has added to it, meanwhile.
fn close(change: &mut Change<'_>, seen: &Convoy) -> Result<Option<Landed>, LedgerError> {
    let now = change.find(&seen.id).and_then(|issue| Convoy::of(&issue));
    if !now.is_some_and(|now| now.is_open() && now.tracked == seen.tracked) {
        return Ok(None);
    }
    change.update(&seen.id, |issue, at| {
        issue.set_status(&Status::Closed, at);
        issue.set_text("close_reason", CLOSE_REASON);
        Ok::<_, LedgerError>(())
    })?;
    let mut told: Vec<String> = Vec::new();
    for who in [&seen.owner, &seen.notify] {
        if !who.is_empty() && !told.contains(who) && tell(change, seen, who).is_ok() {
            told.push(who.clone());
        }
    }
    Ok(Some(Landed { id: seen.id.clone(), title: seen.title.clone(), told }))
}

/// Who can't be told, because that is no address, isn't: the convoy has arrived all the same.
fn tell(change: &mut Change<'_>, convoy: &Convoy, who: &str) -> Result<(), LedgerError> {
    let subject = format!("🚚 Convoy landed: {}", convoy.title);
    mail::send(
        change,
        &Message {
            to: who.to_owned(),
            subject: subject.chars().take(LONGEST_TITLE).collect(),
            body: format!(
                "Convoy {} has completed.\n\nAll tracked issues are now closed.",
                convoy.id
            ),
            ..Message::default()
        },
    )?;
    Ok(())
}
