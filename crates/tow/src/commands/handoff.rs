//! `tow handoff`: a note for one's own next session, and that session.

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::handoff;
use towline_ledger::{Ledgers, Lookup, hook};
use towline_protocol::v1::{self, request};

use crate::commands::mail::body_of;
use crate::commands::nudge;
use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::quote::shell_quoted;
use crate::work;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "The note is shown by tow prime: until you leave another one or clear it, and no longer than what is on your hook now is
yours. In a pane the agent is started anew, with an empty context; elsewhere you are told how to go on.

Examples:
  tow handoff -s \"Half of it\" -m \"the parser is done, tests are next\"
  tow handoff -m - < notes.md
  tow handoff --no-restart -m \"see branch x\"
  tow handoff --clear";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the note is about
    #[arg(short, long)]
    subject: Option<String>,

    /// What it says; - takes standard input
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,

    /// Leave the note, and go on in this session
    #[arg(long)]
    no_restart: bool,

    /// Empty the note that is there, and do nothing else
    #[arg(long, conflicts_with_all = ["subject", "message"])]
    clear: bool,

    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
}

/// What was done.
#[derive(Debug, Serialize)]
struct HandedJson {
    agent: String,
    /// The issue that the note is.
    note: Option<String>,
    /// The agent in this pane is started anew.
    restarting: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cleared: Option<bool>,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let who = ledgers.place.identity.clone();
    let mut told = HandedJson {
        agent: who.to_string(),
        note: None,
        restarting: false,
        reason: None,
        cleared: None,
    };
    if args.clear {
        let cleared =
            ledgers.town()?.change(&ledgers.actor(), |change| handoff::clear(change, &who))?;
        told.cleared = Some(cleared);
        match (args.json, cleared) {
            (true, _) => output::json(&told)?,
            (false, true) => output::line(format!("✓ Cleared handoff content for {who}"))?,
            (false, false) => output::line(format!("ℹ There is no handoff note for {who}"))?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let say = |line: String| if args.json { Ok(()) } else { output::line(line) };
    say(format!("🤝 Handing off {who}..."))?;
    match text_of(args.subject.as_deref(), &body_of(args.message.as_deref())?) {
        Some(text) => {
            let id = leave(&ledgers, &text)?;
            say(format!("✓ Note left for your next session: {id}"))?;
            told.note = Some(id);
        }
        None => say("○ No note was left (-m TEXT leaves one)".to_owned())?,
    }
    if args.no_restart {
        told.reason = Some("--no-restart".to_owned());
        if args.json {
            output::json(&told)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    match pane(context).await {
        Ok(pane) => {
            told.restarting = true;
            // Said first: what runs this ends with the session.
            match args.json {
                true => output::json(&told)?,
                false => output::line("🔄 Restarting the agent in this pane...")?,
            }
            if let Err(reason) = pane.renew().await {
                context.say(format_args!("warning: the pane could not be restarted: {reason}"));
                by_hand(context);
            }
        }
        Err(reason) => {
            told.reason = Some(reason.clone());
            if args.json {
                output::json(&told)?;
            }
            say(format!("○ No pane to restart ({})", output::one_line(&reason)))?;
            by_hand(context);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What the note says; `None` where there is nothing to say.
fn text_of(subject: Option<&str>, body: &str) -> Option<String> {
    let parts = [subject.unwrap_or_default().trim(), body.trim()];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    (!text.is_empty()).then_some(text)
}

/// Leaves the note, with the work that is on the hook now.
fn leave(ledgers: &Ledgers, text: &str) -> Result<String, CommandError> {
    let who = &ledgers.place.identity;
    let held = hook::held(ledgers, &mut Lookup::new(ledgers), who);
    let work: Vec<String> = held.iter().map(|one| one.issue.id().into_owned()).collect();
    let note = ledgers
        .town()?
        .change(&ledgers.actor(), |change| handoff::leave(change, who, text, &work))?;
    Ok(note.id().into_owned())
}

/// How to go on where nothing restarts the agent.
fn by_hand(context: &Context) {
    let folder = crate::caller::folder(None).unwrap_or_else(|_| PathBuf::from("."));
    context.say("To go on: end this session, and start the agent again in the same folder:");
    context.say(format_args!("  cd {}", shell_quoted(&folder.to_string_lossy())));
    context.say("Its hook, or `tow prime`, shows it the note and its work.");
}

/// The pane that this runs in.
struct OwnPane {
    connection: towline_client::Connection,
    renew: v1::Renew,
}

impl OwnPane {
    /// Has the agent ended and started anew.
    async fn renew(self) -> Result<(), String> {
        let request = self.connection.request(request::Body::Renew(self.renew));
        match tokio::time::timeout(towline_dispatch::nudge::PATIENCE, request).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(CommandError::from(error).message),
            Err(_) => Err("the server did not answer in time".to_owned()),
        }
    }
}

/// The pane that this runs in, where its server answers; else why there is none.
async fn pane(context: &Context) -> Result<OwnPane, String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let id = variable("TOWLINE_PANE").and_then(|text| text.strip_prefix('%')?.parse().ok());
    let (Some(pane), Some(secret), Some(_)) =
        (id, variable("TOWLINE_SECRET"), variable("TOWLINE_SOCKET"))
    else {
        return Err("this is no pane of Towline's".to_owned());
    };
    let connection = nudge::reach(context).await?;
    Ok(OwnPane { connection, renew: v1::Renew { pane, secret } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_its_subject_and_its_text() {
        for (subject, body, text) in [
            (Some("S"), "B\n", Some("S\n\nB")),
            (None, " B ", Some("B")),
            (Some("S"), "", Some("S")),
            (None, "\n", None),
        ] {
            assert_eq!(text_of(subject, body).as_deref(), text);
        }
    }
}
