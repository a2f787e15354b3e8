//! What an agent reads: Markdown, with what matters most first. An agent may cut what a hook says, so long texts are cut here.

use jiff::Timestamp;
use towline_ledger::Role;
use towline_ledger::mail::{Mail, Urgency};

use super::gather::{Primed, Step, Work};
use super::{patrol, role};
use crate::commands::mail::beginning;
use crate::output;

/// So much of a description is shown, in bytes; the rest is one command away.
const LONGEST: usize = 4000;

/// So many messages are named.
const NAMED: usize = 10;

/// All that is told, or nothing where there is nothing to tell.
pub(super) fn markdown(told: &Primed) -> String {
    if told.nothing && told.hook.is_empty() && told.warnings.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    if let Some(session) = &told.session {
        for (name, value) in [("session", &session.id), ("source", &session.source)] {
            if !value.is_empty() {
                text.push_str(&format!("[{name}:{value}]\n"));
            }
        }
    }
    context(&mut text, told);
    for warning in &told.warnings {
        text.push_str(&format!("> warning: {}\n", output::one_line(warning)));
    }
    if !told.warnings.is_empty() {
        text.push('\n');
    }
    if let Some(note) = &told.handoff {
        let left = note.left_at.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
        let left = left.map(|at| format!("Left {}.\n\n", ago(at))).unwrap_or_default();
        let shown = cut(&note.text, &format!("tow issue show {}", note.id));
        text.push_str(&format!("## Handoff from Previous Session\n\n{left}{shown}\n\n"));
        text.push_str("(Clear with: tow handoff --clear)\n\n");
    }
    if let Some(root) = &told.patrol {
        let name = told.part.and_then(patrol::formula_of).unwrap_or_default();
        text.push_str(&format!(
            "## Patrol Status\n\nA new round was put on your hook: {root} ({name}).\n\n"
        ));
    }
    if let Some((first, others)) = told.hook.split_first() {
        attached(&mut text, told, first);
        hooked(&mut text, first);
        if !others.is_empty() {
            text.push_str("## Also on Your Hook\n\n");
            for other in others {
                text.push_str(&format!("- {}: {}\n", other.id, output::one_line(&other.title)));
                if !other.attached_args.is_empty() {
                    text.push_str(&arguments(&other.attached_args));
                }
            }
            text.push('\n');
        }
    }
    lines(&mut text, "## Work in Progress", &told.in_progress, told.in_progress.len(), "");
    mail(&mut text, &told.mail);
    if told.hook.is_empty() && told.part != Some(Role::Polecat) {
        lines(&mut text, "## Ready Work", &told.ready, told.ready_count, "tow ready");
    }
    startup(&mut text, told);
    text
}

/// Who and where.
fn context(text: &mut String, told: &Primed) {
    let Some(part) = told.part.filter(|_| !told.nothing) else { return };
    text.push_str(&format!("{}\n\n", role::heading(part)));
    text.push_str("> **Recovery**: Run `tow prime` after compaction, clear, or new session\n\n");
    let town = told.town.as_ref().map(|town| format!(" of the town {town}")).unwrap_or_default();
    let rig = told.rig.as_ref().map(|rig| format!(", rig {rig}")).unwrap_or_default();
    text.push_str(&format!(
        "You are **{}** ({}{rig}){town}.\n\n{}\n\n",
        told.identity,
        told.role,
        role::purpose(part)
    ));
    if let Some(root) = &told.town_root {
        text.push_str(&format!("Town root: {}\n", output::one_line(root)));
    }
    text.push_str(&format!("Working directory: {}\n\n", output::one_line(&told.folder)));
    for (command, what) in role::commands(part) {
        text.push_str(&format!("- `{}`: {what}\n", of_rig(command, told)));
    }
    text.push('\n');
}

/// The work on the hook: arguments first, then how far it is, and the step that comes now.
fn attached(text: &mut String, told: &Primed, work: &Work) {
    text.push_str(&format!("## ATTACHED WORK DETECTED\n\nPinned bead: {}\n", work.id));
    for (name, value) in
        [("Attached molecule", &work.attached_molecule), ("Attached at", &work.attached_at)]
    {
        if !value.is_empty() {
            text.push_str(&format!("{name}: {}\n", output::one_line(value)));
        }
    }
    if !work.dispatched_by.is_empty() {
        text.push_str(&format!("Dispatched by: {}\n", output::one_line(&work.dispatched_by)));
    }
    text.push('\n');
    if !work.attached_args.is_empty() {
        text.push_str("ARGS (use these to guide execution):\n");
        text.push_str(&arguments(&work.attached_args));
        text.push('\n');
    }
    let Some(progress) = &work.progress else {
        text.push_str(&format!("When it is done: {}\n\n", finish(told, work)));
        return;
    };
    text.push_str(&format!(
        "**Progress:** {}/{} steps complete\n\n",
        progress.done_steps, progress.total_steps
    ));
    if progress.complete {
        text.push_str(&format!(
            "✓ MOLECULE COMPLETE\n\nAll steps are done. To finish: {}\n\n",
            finish(told, work)
        ));
    } else if let Some(step) = &work.current_step {
        current(text, told, work, step);
    } else {
        text.push_str("No step can be begun now.\n");
        if !progress.gates.is_empty() {
            text.push_str(&format!(
                "Waiting for somebody's word: {} (`tow gate list`). Ask for it by mail, then wait: you are told, or see it at your \
                 next start.\n",
                progress.gates.join(", ")
            ));
        } else {
            text.push_str(&format!(
                "Waiting: {} (`tow blocked`)\n",
                progress.blocked_steps.join(", ")
            ));
        }
        text.push('\n');
    }
}

fn current(text: &mut String, told: &Primed, work: &Work, step: &Step) {
    let state = match step.status.as_str() {
        "open" => "open (ready to execute)".to_owned(),
        other => other.to_owned(),
    };
    text.push_str(&format!(
        "## CURRENT STEP: {}\n\n**Step ID:** {}\n**Status:** {state}\n\n",
        output::one_line(&step.title),
        step.id
    ));
    if !step.instructions.is_empty() {
        let shown = cut(&step.instructions, &format!("tow issue show {}", step.id));
        text.push_str(&format!("### Instructions\n\n{shown}\n\n"));
    }
    text.push_str(&format!(
        "When complete:\n  1. Close the step: `tow mol step done {}`, which shows the next one\n  \
         2. See it again: `tow issue show {}`; see them all: `tow mol status`\n  \
         3. Continue until all steps are done, then finish: {}\n\n",
        step.id,
        step.id,
        finish(told, work)
    ));
}

/// How all of it is finished.
fn finish(told: &Primed, work: &Work) -> String {
    match told.part {
        Some(Role::Polecat) => "`tow done`".to_owned(),
        Some(role)
            if role.patrols() && work.attached_molecule.is_empty() && work.progress.is_some() =>
        {
            format!("`tow mol squash {}`, then `tow prime` for the next round", work.id)
        }
        _ if work.from.is_some() => format!("`tow mail archive {}`", work.id),
        _ => format!("`tow issue close {}`", work.id),
    }
}

/// The issue itself.
fn hooked(text: &mut String, work: &Work) {
    text.push_str(&format!(
        "## Hooked Work\n\n  Bead ID: {}\n  Title: {}\n",
        work.id,
        output::one_line(&work.title)
    ));
    match &work.from {
        Some(from) => text.push_str(&format!("  From: {}\n", output::one_line(from))),
        None => text.push_str(&format!(
            "  Type: {} (P{})\n",
            output::one_line(&work.issue_type),
            work.priority
        )),
    }
    if !work.description.is_empty() {
        let shown = cut(&work.description, &format!("tow issue show {}", work.id));
        text.push_str(&format!("  Description:\n\n{}", indented(&shown, 4)));
    }
    text.push('\n');
}

fn mail(text: &mut String, unread: &[Mail]) {
    if unread.is_empty() {
        return;
    }
    let count = unread.len();
    text.push_str(&format!("## Unread Mail ({count})\n\n"));
    for mail in unread.iter().take(NAMED) {
        let urgent = match mail.urgency {
            Urgency::Urgent => " [URGENT]",
            Urgency::High => " [HIGH]",
            _ => "",
        };
        text.push_str(&format!(
            "- {} from {}: {}{urgent}\n",
            mail.id,
            output::one_line(&mail.from),
            output::one_line(&mail.subject)
        ));
    }
    if count > NAMED {
        text.push_str(&format!("- and {} more: `tow mail inbox`\n", count - NAMED));
    }
    text.push_str("\nRead with `tow mail read ID`.\n\n");
}

fn lines(text: &mut String, heading: &str, some: &[super::gather::Line], count: usize, more: &str) {
    if some.is_empty() {
        return;
    }
    text.push_str(&format!("{heading}\n\n"));
    for line in some {
        text.push_str(&format!(
            "- [P{}] [{}] {}: {}\n",
            line.priority,
            output::one_line(&line.issue_type),
            line.id,
            output::one_line(&line.title)
        ));
    }
    if count > some.len() {
        text.push_str(&format!("- and {} more: `{more}`\n", count - some.len()));
    }
    text.push('\n');
}

/// What comes first.
fn startup(text: &mut String, told: &Primed) {
    let Some(part) = told.part.filter(|_| !told.nothing) else { return };
    text.push_str("---\n\n");
    let announce = &told.announced;
    if let Some(work) = told.hook.first() {
        text.push_str(&format!(
            "**STARTUP**: There is work on your hook. Announce in one line: \"{announce}\" Then begin with {} at once: whoever \
             gave it to you has decided already, and nobody waits to confirm it.\n",
            work.id
        ));
        return;
    }
    text.push_str("**STARTUP**: Nothing is on your hook.\n\n");
    text.push_str(&format!("1. Announce: \"{announce}\"\n"));
    text.push_str("2. Check mail: `tow mail inbox`\n");
    let first = match part {
        Role::Polecat => {
            "3. A polecat without work is a mistake: tell your witness (`tow mail send RIG/witness -s \"No work\"`), and stop.\n"
        }
        Role::Mayor => "3. Hand out what is ready, or await what the person says.\n",
        _ if part.patrols() => "3. Begin your round: `tow prime` makes one.\n",
        _ if !told.in_progress.is_empty() => {
            "3. Go on with what is in progress, or await what the person says.\n"
        }
        _ => "3. Await what the person says, or take on what is ready: `tow hook ID`.\n",
    };
    text.push_str(&of_rig(first, told));
}

/// A text in which `RIG` stands for one's own; the mayor's may be any.
fn of_rig(text: &str, told: &Primed) -> String {
    match &told.rig {
        Some(rig) if told.part != Some(Role::Mayor) => text.replace("RIG", rig),
        _ => text.to_owned(),
    }
}

/// Arguments, each line indented.
fn arguments(text: &str) -> String {
    indented(&plain(text), 2)
}

fn indented(text: &str, by: usize) -> String {
    let line = |line: &str| match line.is_empty() {
        true => "\n".to_owned(),
        false => format!("{:by$}{line}\n", ""),
    };
    text.lines().map(line).collect()
}

/// A text that others wrote, without what would move a cursor, and cut where it is long.
fn cut(text: &str, more: &str) -> String {
    let text = plain(text.trim());
    if text.len() <= LONGEST {
        return text;
    }
    let start = beginning(&text, LONGEST);
    let end = start.rfind('\n').filter(|at| *at > LONGEST / 2).unwrap_or(start.len());
    format!("{}\n… ({more} shows all of it)", start[..end].trim_end())
}

fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() && !matches!(c, '\n' | '\t') { ' ' } else { c };
    text.replace("\r\n", "\n").chars().map(shown).collect()
}

/// How long ago, in words.
fn ago(at: Timestamp) -> String {
    let seconds = Timestamp::now().duration_since(at).as_secs().max(0);
    let (count, unit) = match seconds {
        0..60 => return "just now".to_owned(),
        60..3600 => (seconds / 60, "min"),
        3600..172_800 => (seconds / 3600, "h"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit} ago")
}

#[cfg(test)]
mod tests;
