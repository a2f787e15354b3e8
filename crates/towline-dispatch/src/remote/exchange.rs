//! Making two hosts' ledgers the same, from the near side.
//!
//! What both sides last had in common is kept here. The far side's text is only ever replaced by one that was merged from just that
//! text (compare and swap), the near side's under its lock. So neither side waits for the other while it writes, and whatever is
//! killed wherever: the base is then older than it could be, and merging what is merged already changes nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use towline_client::exchanges::{Settled, digest};
use towline_ledger::merge::{Delta, Merged, Side, merge};
use towline_ledger::{Issues, Ledger};

use super::record::{Record, Records};
use crate::DispatchError;

/// So often the far side may have written something in between.
const TRIES: usize = 8;

/// One ledger's text as it is to be put there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Put {
    /// What is to be there: its digest.
    pub(super) expect: String,
    /// What goes in its place; `None`: nothing, it is only looked whether it is so.
    pub(super) text: Option<Vec<u8>>,
}

/// The far side.
pub(super) trait Far {
    /// Replaces those of its texts that are what is expected, and returns those that aren't.
    ///
    /// # Errors
    /// Where it can't be asked, or refuses.
    async fn swap(
        &mut self,
        puts: &BTreeMap<String, Put>,
    ) -> Result<BTreeMap<String, Vec<u8>>, DispatchError>;
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Exchanged {
    /// By the ledger: what is new on this side.
    pub(super) came: BTreeMap<String, Came>,
    /// By the ledger: how many issues went to the other side.
    pub(super) went: usize,
    /// What both sides have now.
    pub(super) settled: Option<Settled>,
}

/// What came into one ledger.
#[derive(Debug)]
pub(super) struct Came {
    pub(super) delta: Delta,
    pub(super) before: Issues,
    pub(super) after: Issues,
}

/// One ledger on its way.
struct Course {
    ledger: Ledger,
    base: Vec<u8>,
    ours: Vec<u8>,
    /// What the far side has, as far as is known.
    theirs: Vec<u8>,
    /// What both shall have.
    merged: Merged,
    settled: bool,
}

impl Course {
    fn merge(&mut self, now: Timestamp) {
        self.merged = merge(&self.base, &self.ours, &self.theirs, now);
    }

    fn put(&self) -> Put {
        let text = (self.merged.text != self.theirs).then(|| self.merged.text.clone());
        Put { expect: digest(&[&self.theirs]), text }
    }
}

/// Exchanges the ledgers of a record.
///
/// # Errors
/// Where a ledger can't be read or written, has lines that can't be read, or the far side can't be asked.
pub(super) async fn exchange(
    records: &Records,
    record: &Record,
    far: &mut impl Far,
    now: Timestamp,
) -> Result<Exchanged, DispatchError> {
    let mut courses: BTreeMap<String, Course> = BTreeMap::new();
    for (name, folder) in &record.ledgers {
        let ledger = Ledger::at(folder);
        let ours = ledger.read()?.bytes().to_vec();
        let base = records.base(&record.id, name)?;
        // Most often nothing has changed there.
        let theirs = base.clone();
        let merged = merge(&base, &ours, &theirs, now);
        courses.insert(name.clone(), Course { ledger, base, ours, theirs, merged, settled: false });
    }
    for attempt in 0.. {
        for (name, course) in &courses {
            check(record, name, &course.merged)?;
        }
        let open = courses.iter().filter(|(_, course)| !course.settled);
        let puts: BTreeMap<String, Put> =
            open.map(|(name, course)| (name.clone(), course.put())).collect();
        let mut other = far.swap(&puts).await?;
        for (name, course) in courses.iter_mut().filter(|(_, course)| !course.settled) {
            match other.remove(name) {
                Some(theirs) => {
                    course.theirs = theirs;
                    course.merge(now);
                }
                None => course.settled = true,
            }
        }
        if courses.values().all(|course| course.settled) {
            break;
        }
        if attempt == TRIES {
            return Err(DispatchError::refused(format!(
                "{} keeps writing its ledgers",
                record.host
            )));
        }
    }
    take(records, record, courses, now)
}

/// Writes what came on this side, and down what both have now.
fn take(
    records: &Records,
    record: &Record,
    courses: BTreeMap<String, Course>,
    now: Timestamp,
) -> Result<Exchanged, DispatchError> {
    let mut exchanged = Exchanged::default();
    let (mut here, mut there) = (Vec::new(), Vec::new());
    for (name, course) in courses {
        let far = course.merged.text;
        exchanged.went += course.merged.report.went.count();
        let mut came = None;
        let mut written = Vec::new();
        let mut meanwhile = false;
        course.ledger.rewrite::<DispatchError>(|issues| {
            let merged = merge(&course.base, issues.bytes(), &far, now);
            check(record, &name, &merged)?;
            written.clone_from(&merged.text);
            meanwhile = issues.bytes() != course.ours;
            let news = merged.text != issues.bytes();
            came = news.then(|| Came {
                delta: merged.report.came,
                before: Issues::parse(issues.bytes().to_vec()),
                after: Issues::parse(merged.text.clone()),
            });
            Ok(news.then_some(merged.text))
        })?;
        records.set_base(&record.id, &name, &far)?;
        // What somebody wrote here meanwhile has yet to go there.
        here.push(if meanwhile { far.clone() } else { written });
        there.push(far);
        if let Some(came) = came.filter(|came| came.delta.count() > 0) {
            exchanged.came.insert(name, came);
        }
    }
    exchanged.settled = Some(Settled { here: digest(&here), there: digest(&there) });
    Ok(exchanged)
}

/// Lines that can't be read stay where they are until a person has mended them.
fn check(record: &Record, name: &str, merged: &Merged) -> Result<(), DispatchError> {
    let Some(conflict) = merged.report.conflicts.first() else { return Ok(()) };
    let whose = match name {
        "" => "the town's ledger".to_owned(),
        rig => format!("the ledger of {rig}"),
    };
    let (place, hint) = match conflict.side {
        Side::Theirs => {
            (format!(" on {}", record.host), format!("ssh {} tow ledger check --fix", record.host))
        }
        Side::Base | Side::Ours => (String::new(), "tow ledger check --fix".to_owned()),
    };
    let message =
        format!("line {} of {whose}{place} can't be read: {}", conflict.line, conflict.what);
    Err(DispatchError::refused(message).hint(hint))
}

#[cfg(test)]
mod tests;
