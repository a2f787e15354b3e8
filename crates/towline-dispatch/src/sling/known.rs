//! What is known before anything is changed, and the steps that a sling is made of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use towline_ledger::formula::{Formula, Poured};
use towline_ledger::hook::{hooked, is_on_a_hook};
use towline_ledger::place::Town;
use towline_ledger::{Found, Identity, Issues, Ledger, Ledgers, Role};

use super::plan::{Facts, Plan, plan};
use super::write::{self, Work, Written};
use super::{Asked, Said, Slung, Target};
use crate::worktree::{Worktrees, ledger_of};
use crate::{DispatchError, worker};

/// What is known before anything is changed.
pub(super) struct Known<'a> {
    ledgers: &'a Ledgers,
    asked: &'a Asked<'a>,
    /// The ledger that the work is in, or is poured into.
    ledger: Ledger,
    /// The issue, where there is one.
    pub(super) found: Option<Found>,
    /// The other ledgers that the target's work may be in.
    others: Vec<(Ledger, Issues)>,
}

/// Who gets it.
pub(super) struct Picked {
    pub(super) identity: Identity,
    /// It was picked here, rather than named.
    pub(super) chosen: bool,
    /// It has no worktree yet.
    pub(super) new: bool,
}

impl<'a> Known<'a> {
    pub(super) fn of(ledgers: &'a Ledgers, asked: &'a Asked<'a>) -> Result<Self, DispatchError> {
        let place = &ledgers.place;
        let rig = match &asked.target {
            Target::Rig(rig) => Some(rig.clone()),
            Target::Somebody(identity) => identity.rig().map(str::to_owned),
        };
        if place.role == Role::Polecat && asked.target != Target::Somebody(place.identity.clone()) {
            return Err(DispatchError::refused("polecats cannot sling")
                .hint("tow done    hands your work in")
                .hint(format!(
                    "tow mail send {}/witness -s SUBJECT -m TEXT",
                    place.identity.rig().unwrap_or("RIG")
                )));
        }
        let found = asked.issue.map(|issue| ledgers.locate(issue)).transpose()?;
        let of_rig = match (&rig, &place.town) {
            (Some(rig), Some(town)) => Some(Ledger::at(ledger_of(&town.rig(rig)?)?)),
            _ => None,
        };
        let own = match (&of_rig, &asked.target) {
            (Some(ledger), _) => ledger.clone(),
            (None, Target::Somebody(identity)) if identity.role() == Role::Worker => {
                ledgers.here()?
            }
            (None, _) => ledgers.town()?,
        };
        let ledger = found.as_ref().map_or_else(|| own.clone(), |found| found.ledger.clone());
        let town = ledgers.town().ok();
        let reachable =
            [Some(&own), town.as_ref()].into_iter().flatten().any(|one| same(one, &ledger));
        if rig.is_some() && !reachable && !asked.force {
            let id = found.as_ref().map_or("", |found| found.id.as_str());
            let message = format!(
                "{id} is an issue of another rig than {}",
                rig.as_deref().unwrap_or_default()
            );
            return Err(DispatchError::refused(message).hint("--force slings it all the same"));
        }
        let mut others: Vec<(Ledger, Issues)> = Vec::new();
        // Whoever belongs to no rig may have work of any.
        let all = if rig.is_none() { ledgers.all() } else { Vec::new() };
        for one in [Some(own), town].into_iter().flatten().chain(all) {
            if !same(&one, &ledger) && !others.iter().any(|(other, _)| same(other, &one)) {
                let issues = one.read()?;
                others.push((one, issues));
            }
        }
        Ok(Self { ledgers, asked, ledger, found, others })
    }

    /// The issue's id; empty where a formula alone is slung.
    pub(super) fn id(&self) -> &str {
        self.found.as_ref().map_or("", |found| found.id.as_str())
    }

    pub(super) fn title(&self) -> String {
        let brief = self.found.as_ref().and_then(|found| found.issues.find(&found.id));
        brief.map(|brief| brief.issue().title().into_owned()).unwrap_or_default()
    }

    pub(super) fn heading(&self, who: &Identity) -> String {
        match (&self.asked.formula, self.id()) {
            (None, id) => format!("🎯 Slinging {id} to {who}..."),
            (Some(formula), "") => format!("🎯 Slinging formula {} to {who}...", formula.name),
            (Some(formula), id) => {
                format!("🎯 Slinging formula {} on {id} to {who}...", formula.name)
            }
        }
    }

    /// All issues that were read.
    fn issues(&self) -> Vec<&Issues> {
        let found = self.found.as_ref().map(|found| &found.issues);
        found.into_iter().chain(self.others.iter().map(|(_, issues)| issues)).collect()
    }

    fn town(&self) -> Result<&'a Town, DispatchError> {
        self.ledgers.place.town.as_ref().ok_or_else(|| DispatchError::refused("this is no town"))
    }

    fn worktrees(&self, rig: &str) -> Result<Worktrees<'a>, DispatchError> {
        Worktrees::of(self.town()?, rig, self.asked.settings)
    }

    /// Who gets it. Of a rig's polecats the one that has it already, else one that is free.
    pub(super) fn target(&self, passed_over: &[String]) -> Result<Picked, DispatchError> {
        let rig = match &self.asked.target {
            Target::Somebody(identity) => {
                let there =
                    self.ledgers.place.town.as_ref().and_then(|town| town.worktree_of(identity));
                let missing = there.is_some_and(|folder| !folder.exists());
                let new = identity.role() == Role::Polecat && missing && !self.asked.elsewhere;
                return Ok(Picked { identity: identity.clone(), chosen: false, new });
            }
            Target::Rig(rig) => rig,
        };
        if let Some(brief) = self.found.as_ref().and_then(|found| found.issues.find(&found.id))
            && is_on_a_hook(&brief)
            && let Ok(identity) = self.town()?.resolve(&brief.assignee())
            && identity.role() == Role::Polecat
            && identity.rig() == Some(rig)
        {
            return Ok(Picked { identity, chosen: false, new: false });
        }
        self.check(None, true)?;
        let read;
        let mut issues = self.issues();
        if self.found.is_none() {
            read = self.ledger.read()?;
            issues.push(&read);
        }
        let chosen =
            worker::choose(&self.worktrees(rig)?, &issues, passed_over, self.asked.elsewhere);
        let identity = Identity::polecat(rig, &chosen.name)?;
        Ok(Picked { identity, chosen: true, new: chosen.new && !self.asked.elsewhere })
    }

    /// Whether it can be slung, as far as is known before the ledger is locked. A worker who was picked here is asked about later.
    pub(super) fn check(
        &self,
        target: Option<&Identity>,
        chosen: bool,
    ) -> Result<Plan, DispatchError> {
        if let Some(who) = target.filter(|who| who.role() == Role::Crew && !self.asked.elsewhere)
            && self.town()?.worktree_of(who).is_none_or(|folder| !folder.exists())
        {
            return Err(
                DispatchError::not_found(format!("{who} has no folder")).hint("tow rig list")
            );
        }
        let read;
        let issues = match &self.found {
            Some(found) => &found.issues,
            None => {
                read = self.ledger.read()?;
                &read
            }
        };
        let others = match target.filter(|_| !chosen) {
            Some(target) => self.on_the_hook(issues, target),
            None => Vec::new(),
        };
        self.plan(issues, target, &others)
    }

    /// What else somebody has on the hook: ids and titles.
    fn on_the_hook(&self, issues: &Issues, who: &Identity) -> Vec<(String, String)> {
        let all = std::iter::once(issues).chain(self.others.iter().map(|(_, issues)| issues));
        let on_hook = all.flat_map(|issues| hooked(issues, who));
        on_hook
            .filter(|brief| brief.id() != self.id())
            .map(|brief| (brief.id().to_owned(), brief.issue().title().into_owned()))
            .collect()
    }

    fn plan(
        &self,
        issues: &Issues,
        target: Option<&Identity>,
        others: &[(String, String)],
    ) -> Result<Plan, DispatchError> {
        let force = self.asked.force;
        let Some(brief) = issues.find(self.id()).filter(|brief| !brief.is_tombstone()) else {
            // A formula alone: a new issue, which nobody has.
            let status = towline_ledger::Status::Open;
            let facts = Facts {
                id: "",
                issue_type: "molecule",
                status,
                on_hook: false,
                assignee: "",
                target,
                others,
                molecule: "",
                force,
            };
            return plan(&facts);
        };
        let assignee = brief.assignee();
        let attached = match self.asked.formula {
            Some(_) => write::attached(&brief.issue()).attached_molecule,
            None => String::new(),
        };
        plan(&Facts {
            id: brief.id(),
            issue_type: brief.issue_type(),
            status: brief.status(),
            on_hook: is_on_a_hook(&brief),
            assignee: &assignee,
            target,
            others,
            molecule: &attached,
            force,
        })
    }

    /// The worker's worktree, made where it is missing; `None` for those who have none here.
    pub(super) fn folder(
        &self,
        who: &Identity,
        say: &mut dyn FnMut(String),
    ) -> Result<Option<PathBuf>, DispatchError> {
        let (Some(rig), Role::Polecat, false) = (who.rig(), who.role(), self.asked.elsewhere)
        else {
            let town = self.ledgers.place.town.as_ref().filter(|_| !self.asked.elsewhere);
            return Ok(town.and_then(|town| town.worktree_of(who)));
        };
        let worktrees = self.worktrees(rig)?;
        let name = who.name().unwrap_or_default();
        let worktree = worker::prepare(&worktrees, name, &self.issues(), self.id(), say)?;
        Ok(Some(worktree.folder))
    }

    /// The values for the formula's variables: those given, and what it can know of the issue.
    fn vars(&self, formula: &Formula, title: &str) -> BTreeMap<String, String> {
        let mut vars = self.asked.vars.clone();
        let known = [("feature", title), ("issue", self.id())];
        for (name, value) in known.into_iter().filter(|(_, value)| !value.is_empty()) {
            if formula.var(name).is_some() {
                vars.entry(name.to_owned()).or_insert_with(|| value.to_owned());
            }
        }
        vars
    }

    /// The plan of the formula's issues, where one is to be poured.
    pub(super) fn poured(&self) -> Result<Option<Poured>, DispatchError> {
        let Some(formula) = self.asked.formula else { return Ok(None) };
        formula.pour(&self.vars(formula, &self.title())).map(Some).map_err(write::pour_error)
    }

    /// Writes it; `None` where a worker who was picked here has got other work meanwhile.
    pub(super) fn hook(
        &self,
        who: &Identity,
        chosen: bool,
        poured: Option<&Poured>,
    ) -> Result<Option<Written>, DispatchError> {
        let actor = self.ledgers.actor();
        let written = self.ledger.change(&actor, |change| {
            let others = self.on_the_hook(change.issues(), who);
            if chosen && !others.is_empty() && !self.asked.force {
                return Ok::<_, DispatchError>(None);
            }
            let plan = self.plan(change.issues(), Some(who), &others)?;
            let work = Work {
                id: self.id(),
                who,
                poured,
                vars: &self.asked.vars,
                args: self.asked.args,
                release: &others,
            };
            write::write(change, plan, &work).map(Some)
        })?;
        if let Some(written) = &written
            && !written.already
        {
            self.release_elsewhere(who)?;
        }
        Ok(written)
    }

    /// What the target has in other ledgers is put back, once they have the new work by force.
    fn release_elsewhere(&self, who: &Identity) -> Result<(), DispatchError> {
        for (ledger, issues) in &self.others {
            if hooked(issues, who).is_empty() {
                continue;
            }
            ledger.change(&self.ledgers.actor(), |change| {
                let ids: Vec<String> = hooked(change.issues(), who)
                    .iter()
                    .map(|brief| brief.id().to_owned())
                    .collect();
                ids.iter().try_for_each(|id| towline_ledger::hook::release(change, id).map(|_| ()))
            })?;
        }
        Ok(())
    }

    pub(super) fn finish(
        &self,
        target: Identity,
        written: Written,
        folder: Option<PathBuf>,
        say: &mut dyn FnMut(Said),
    ) -> Result<Slung, DispatchError> {
        for (id, title) in &written.released {
            say(Said::Remark(format!(
                "⚠ {id} ({title}) was taken off the hook, and is open again"
            )));
        }
        if let Some(from) = &written.from {
            say(Said::Remark(format!("⚠ {} was hooked to {from}, and is no longer", written.id)));
        }
        if let Some(molecule) = &written.molecule {
            say(Said::Line(format!("✓ Formula poured: {molecule}")));
        }
        say(Said::Line(match written.already {
            true => format!("○ Bead {} is already hooked to {target}, no-op", written.id),
            false => "✓ Work attached to hook".to_owned(),
        }));
        if written.args_stored {
            say(Said::Line("✓ Args stored in bead (durable)".to_owned()));
        }
        Ok(Slung {
            id: written.id,
            title: written.title,
            labels: written.labels,
            ledger: self.ledger.folder().to_owned(),
            target,
            already: written.already,
            args_stored: written.args_stored,
            formula: self.asked.formula.map(|formula| formula.name.clone()).unwrap_or_default(),
            molecule: written.molecule,
            folder,
        })
    }
}

/// Whether two are the same ledger.
fn same(one: &Ledger, other: &Ledger) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    one.folder() == other.folder() || real(one.folder()) == real(other.folder())
}
