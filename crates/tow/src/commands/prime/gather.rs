//! What there is to tell: each ledger is read once.

use std::rc::Rc;

use jiff::Timestamp;
use serde::Serialize;
use towline_ledger::attachment::Attachment;
use towline_ledger::handoff::{self, Note};
use towline_ledger::hook::{self, Held};
use towline_ledger::mail::{self, Mail};
use towline_ledger::molecule::Progress;
use towline_ledger::ready::Graph;
use towline_ledger::{Identity, Issue, Ledgers, Lookup, Opened, Role};

use super::hook_input::Session;
use super::patrol;
use crate::commands::mail::json::MailJson;
use crate::context::Context;

/// So much of what can be begun is shown.
const READY: usize = 10;

/// What an agent is told.
#[derive(Debug, Default, Serialize)]
pub(super) struct Primed {
    pub(super) role: &'static str,
    pub(super) identity: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) town: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) town_root: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rig: Option<String>,
    pub(super) folder: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<Session>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) handoff: Option<NoteJson>,
    /// What is on the hook, the most urgent first.
    pub(super) hook: Vec<Work>,
    /// What was begun without being on the hook.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) in_progress: Vec<Line>,
    /// The round that was begun just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) patrol: Option<String>,
    /// Unread, the most urgent first.
    #[serde(serialize_with = "as_mail")]
    pub(super) mail: Vec<Mail>,
    /// What can be begun, where the hook is empty.
    pub(super) ready: Vec<Line>,
    pub(super) ready_count: usize,
    pub(super) warnings: Vec<String>,
    /// There is neither a town nor a ledger here: nothing is to be told.
    #[serde(skip)]
    pub(super) nothing: bool,
    /// The part that is played here.
    #[serde(skip)]
    pub(super) part: Option<Role>,
    /// How somebody of this name announces themselves.
    #[serde(skip)]
    pub(super) announced: String,
}

/// The note of the last session.
#[derive(Debug, Serialize)]
pub(super) struct NoteJson {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) left_at: Option<String>,
}

/// A piece of work.
#[derive(Debug, Default, Serialize)]
pub(super) struct Work {
    pub(super) id: String,
    pub(super) title: String,
    /// Without what is attached.
    pub(super) description: String,
    pub(super) status: String,
    pub(super) priority: u8,
    pub(super) issue_type: String,
    pub(super) attached_molecule: String,
    pub(super) attached_at: String,
    pub(super) attached_args: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) dispatched_by: String,
    pub(super) progress: Option<Progress>,
    pub(super) current_step: Option<Step>,
    /// Who sent it, where it is a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<String>,
}

/// The step to work on.
#[derive(Debug, Default, Serialize)]
pub(super) struct Step {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) status: String,
    pub(super) instructions: String,
}

/// An issue in a line.
#[derive(Debug, Default, Serialize)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) priority: u8,
    pub(super) issue_type: String,
}

impl Primed {
    /// Nothing is known, for this reason.
    pub(super) fn nowhere(why: &str) -> Self {
        Self { role: Role::Worker.name(), warnings: vec![why.to_owned()], ..Self::default() }
    }
}

/// Finds out what there is to tell whoever runs this.
pub(super) fn gather(
    context: &Context,
    ledgers: &Ledgers,
    session: Option<Session>,
    dry_run: bool,
) -> Primed {
    let place = &ledgers.place;
    let mut told = Primed {
        role: place.role.name(),
        identity: place.identity.to_string(),
        town: place.town.as_ref().map(|town| town.name.clone()),
        town_root: place.town.as_ref().map(|town| town.root.display().to_string()),
        rig: place.rig.clone(),
        folder: place.folder.display().to_string(),
        session,
        warnings: place.warnings.clone(),
        part: Some(place.role),
        announced: announced(&place.identity),
        ..Primed::default()
    };
    let mut lookup = Lookup::new(ledgers);
    let here = match ledgers.here().map(|ledger| lookup.open(ledger)) {
        Ok(Ok(opened)) => Some(opened),
        Ok(Err(error)) => {
            told.warnings.push(error.to_string());
            None
        }
        Err(error) => {
            match place.town {
                Some(_) => told.warnings.push(error.to_string()),
                None => told.nothing = true,
            }
            None
        }
    };
    let post = match ledgers.town().map(|ledger| lookup.open(ledger)) {
        Ok(Ok(opened)) => Some(opened),
        _ => None,
    };
    let who = &place.identity;
    let mut held = hook::held(ledgers, &mut lookup, who);
    if held.is_empty()
        && here.is_some()
        && !dry_run
        && let Some(name) = patrol::formula_of(place.role)
    {
        match patrol::pour(context, ledgers, name) {
            Ok(root) => {
                told.patrol = Some(root);
                // Of the ledger as it is now.
                lookup = Lookup::new(ledgers);
                held = hook::held(ledgers, &mut lookup, who);
            }
            Err(error) => told.warnings.push(format!("there is no patrol: {}", error.message)),
        }
    }
    for opened in lookup.read() {
        let damage = opened.issues.troubles().iter().find(|trouble| trouble.is_damage());
        if let Some(trouble) = damage {
            let file = opened.ledger.file();
            told.warnings.push(format!(
                "{} line {} can't be read: {}; tow ledger check says more",
                file.display(),
                trouble.line,
                trouble.what
            ));
        }
    }
    for one in &held {
        told.hook.push(work(&mut lookup, one, &mut told.warnings));
    }
    if told.hook.is_empty() {
        nothing_hooked(&mut told, here.as_ref(), &lookup, who);
    }
    if let Some(post) = &post {
        let mut unread = mail::unread(&post.issues, who);
        mail::by_urgency(&mut unread);
        // What lies on the hook is told in full.
        unread.retain(|mail| !told.hook.iter().any(|work| work.id == mail.id));
        told.mail = unread;
        told.handoff = handoff::find(&post.issues, who)
            .filter(|note| note.holds(|id| is_theirs(&mut lookup, id, who)))
            .map(as_json);
    }
    told
}

/// What can be begun, and what was.
fn nothing_hooked(told: &mut Primed, here: Option<&Opened>, lookup: &Lookup<'_>, who: &Identity) {
    for opened in lookup.read() {
        told.in_progress
            .extend(hook::begun(&opened.issues, who).iter().map(|brief| line(&brief.issue())));
    }
    if let Some(here) = here {
        let graph = Graph::of(&here.issues);
        let ready = graph.ready(&here.issues, Timestamp::now());
        // What others have taken on is theirs.
        let free: Vec<_> = ready
            .into_iter()
            .filter(|brief| !brief.is_assigned() || who.same_as(&brief.assignee()))
            .filter(|brief| !told.in_progress.iter().any(|one| one.id == brief.id()))
            .collect();
        told.ready_count = free.len();
        told.ready = free.iter().take(READY).map(|brief| line(&brief.issue())).collect();
    }
}

/// Whether somebody still has a piece of work.
fn is_theirs(lookup: &mut Lookup<'_>, id: &str, who: &Identity) -> bool {
    let Ok((opened, id)) = lookup.locate(id) else { return false };
    opened.issues.find(&id).is_some_and(|brief| {
        !brief.status().is_over() && brief.is_assigned() && who.same_as(&brief.assignee())
    })
}

fn as_json(note: Note) -> NoteJson {
    NoteJson { id: note.id, text: note.text, left_at: note.at.map(|at| at.to_string()) }
}

fn line(issue: &Issue) -> Line {
    Line {
        id: issue.id().into_owned(),
        title: issue.title().into_owned(),
        priority: issue.priority(),
        issue_type: issue.issue_type().into_owned(),
    }
}

fn work(lookup: &mut Lookup<'_>, held: &Held, warnings: &mut Vec<String>) -> Work {
    let (issue, attachment) = (&held.issue, &held.attachment);
    if !attachment.attached_molecule.is_empty() && held.progress.is_none() {
        warnings.push(format!(
            "the molecule {} of {} can't be found, or has no steps",
            attachment.attached_molecule,
            issue.id()
        ));
    }
    let current = held.progress.as_ref().and_then(|progress| progress.current.clone());
    let current_step = current.and_then(|id| {
        let (opened, id): (Opened, String) = match lookup.open(held.ledger.clone()) {
            Ok(opened) if opened.issues.find(&id).is_some() => (opened, id),
            _ => lookup.locate(&id).ok()?,
        };
        let issues = Rc::clone(&opened.issues);
        let step = issues.find(&id)?.issue();
        Some(Step {
            id,
            title: step.title().into_owned(),
            status: step.status().to_string(),
            instructions: step.description().trim().to_owned(),
        })
    });
    Work {
        id: issue.id().into_owned(),
        title: issue.title().into_owned(),
        description: Attachment::text(&issue.description()).trim().to_owned(),
        status: issue.status().to_string(),
        priority: issue.priority(),
        issue_type: issue.issue_type().into_owned(),
        attached_molecule: attachment.attached_molecule.clone(),
        attached_at: attachment.attached_at.clone(),
        attached_args: attachment.attached_args.clone(),
        dispatched_by: attachment.dispatched_by.clone(),
        progress: held.progress.clone(),
        current_step,
        from: Mail::of(issue).map(|mail| mail.from),
    }
}

/// How somebody announces themselves, as Gas Town has it.
fn announced(who: &Identity) -> String {
    let (rig, name) = (who.rig().unwrap_or_default(), who.name().unwrap_or_default());
    match who.role() {
        Role::Mayor => "Mayor, checking in.".to_owned(),
        Role::Deacon => "Deacon, checking in.".to_owned(),
        Role::Witness => format!("{rig} Witness, checking in."),
        Role::Refinery => format!("{rig} Refinery, checking in."),
        Role::Polecat => format!("{rig} Polecat {name}, checking in."),
        Role::Crew => format!("{rig} Crew {name}, checking in."),
        Role::Worker => format!("{name}, checking in."),
    }
}

fn as_mail<S: serde::Serializer>(mails: &[Mail], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(mails.iter().map(MailJson::from))
}
