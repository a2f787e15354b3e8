//! Attaching a molecule to the work that is done by its steps.

use super::away::seconds;
use super::root::is_root;
use crate::attachment::Attachment;
use crate::issues::{Brief, Issues};
use crate::ledger::{Change, LedgerError};

/// Attaches a molecule to an issue, and returns what it is attached since. What else is attached to it stays.
///
/// # Errors
/// Where there is no such issue, it is closed, or has another molecule (which `force` passes over).
pub fn attach(
    change: &mut Change<'_>,
    issue: &str,
    molecule: &str,
    force: bool,
) -> Result<Attachment, LedgerError> {
    let at = seconds(change);
    let there = change.get(issue)?;
    if there.status().is_over() {
        return Err(LedgerError::refused(format!("{issue} is closed"))
            .hint(format!("tow issue reopen {issue}")));
    }
    if issue == molecule {
        return Err(LedgerError::invalid(format!("{issue} can't be attached to itself")));
    }
    let mut attachment = Attachment::read(&there.description());
    let other =
        !attachment.attached_molecule.is_empty() && attachment.attached_molecule != molecule;
    if other && !force {
        return Err(LedgerError::refused(format!(
            "{issue} has the molecule {} already",
            attachment.attached_molecule
        ))
        .hint(format!("tow mol detach {issue}"))
        .hint("--force takes its place"));
    }
    if attachment.attached_molecule != molecule {
        attachment.attached_molecule = molecule.to_owned();
        attachment.attached_at = at;
    }
    write(change, issue, &attachment)?;
    Ok(attachment)
}

/// Takes the molecule off an issue, and returns its id; `None` where there was none. Arguments and whatever else is attached
/// stay; what says how the molecule was poured goes with it.
///
/// # Errors
/// Where there is no such issue.
pub fn detach(change: &mut Change<'_>, issue: &str) -> Result<Option<String>, LedgerError> {
    let mut attachment = Attachment::read(&change.get(issue)?.description());
    if attachment.attached_molecule.is_empty() {
        return Ok(None);
    }
    let molecule = std::mem::take(&mut attachment.attached_molecule);
    attachment.attached_at.clear();
    attachment.attached_formula.clear();
    attachment.attached_vars.clear();
    attachment.formula_vars.clear();
    write(change, issue, &attachment)?;
    Ok(Some(molecule))
}

/// The root of the molecule that a piece of work is done by: the one that is attached to it, or its own.
pub fn carried_by(brief: &Brief<'_>) -> Option<String> {
    let attached = Attachment::read(&brief.issue().description()).attached_molecule;
    match attached.is_empty() {
        false => Some(attached),
        true => is_root(brief).then(|| brief.id().to_owned()),
    }
}

/// The open issues that a molecule is attached to.
pub fn holders(issues: &Issues, molecule: &str) -> Vec<String> {
    let open = issues.iter().filter(|brief| !brief.status().is_over());
    // Few lines name it: only those are taken apart.
    let naming = open.filter(|brief| {
        memchr::memmem::find(brief.line().as_bytes(), molecule.as_bytes()).is_some()
    });
    let holds = |description: &str| Attachment::read(description).attached_molecule == molecule;
    naming
        .filter(|brief| holds(&brief.issue().description()))
        .map(|brief| brief.id().to_owned())
        .collect()
}

fn write(change: &mut Change<'_>, issue: &str, attachment: &Attachment) -> Result<(), LedgerError> {
    change.update(issue, |issue, _| {
        let description = attachment.write(&issue.description());
        issue.set_text("description", &description);
        Ok::<_, LedgerError>(())
    })?;
    Ok(())
}
