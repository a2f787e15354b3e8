//! `tow nudge`: tell a worker something in their pane, or by mail where they have none.

use std::process::ExitCode;

use serde::Serialize;
use towline_client::Connection;
use towline_dispatch::nudge::{self, Nudged, PATIENCE};
use towline_ledger::mail::{self, Message};
use towline_ledger::place::Town;
use towline_ledger::{Identity, LedgerError};

use crate::commands::mail::{addressees, body_of};
use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Into the pane of an agent it is typed when that is idle; whoever has no pane finds it in their mail.

Examples:
  tow nudge mayor \"the build is green\"
  tow nudge demo/Toast look at your mail
  tow nudge @polecats/demo \"pull before you push\"";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Who: mayor, demo/Toast, demo/witness, … or a group such as @polecats/demo
    target: String,

    /// The text; several are joined by blanks; - takes standard input
    #[arg(value_name = "TEXT")]
    text: Vec<String>,

    /// The text
    #[arg(short, long, value_name = "TEXT", conflicts_with = "text")]
    message: Option<String>,

    /// Print what came of it as JSON
    #[arg(long)]
    json: bool,

    /// Taken for gt's sake; nudges are always delivered surely
    #[arg(short, long, hide = true)]
    force: bool,
}

/// What came of one.
#[derive(Debug, Serialize)]
struct NudgedJson {
    target: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pane: Option<String>,
    /// The message that was left where there was no pane.
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let text = match (&args.message, args.text.is_empty()) {
        (Some(text), _) => Some(text.clone()),
        (None, false) => Some(args.text.join(" ")),
        (None, true) => None,
    };
    let text = body_of(text.as_deref())?;
    if text.trim().is_empty() {
        return Err(
            CommandError::usage("nothing to say: the text is empty").hint("tow nudge TARGET TEXT")
        );
    }
    let ledgers = work::ledgers(context)?;
    let sender = ledgers.place.identity.clone();
    let targets = addressees(context, &ledgers, &[args.target])?;
    let mut told = Vec::new();
    let reached = reach(context).await;
    for target in targets {
        let typed = format!("[from {}] {text}", mail::box_of(&sender.to_string()));
        let nudged = to(&reached, ledgers.place.town.as_ref(), &target.who, &typed).await;
        let who = target.who.to_string();
        let json = match nudged {
            Nudged::Typed { pane } => {
                NudgedJson { target: who, pane: Some(pane), mail: None, reason: None }
            }
            Nudged::NoPane { reason } => {
                let message = Message {
                    to: who.clone(),
                    exact: target.exact,
                    subject: subject_of(&text),
                    body: text.clone(),
                    ..Message::default()
                };
                let sent =
                    ledgers.town()?.change(&ledgers.actor(), |change| mail::send(change, &message));
                let sent = sent.map_err(|error: LedgerError| {
                    let error = CommandError::from(error);
                    CommandError {
                        message: format!(
                            "no pane for {who} ({reason}), and no mail: {}",
                            error.message
                        ),
                        ..error
                    }
                })?;
                let id = sent.id().into_owned();
                NudgedJson { target: who, pane: None, mail: Some(id), reason: Some(reason) }
            }
        };
        told.push(json);
    }
    if args.json {
        output::json(&told)?;
        return Ok(ExitCode::SUCCESS);
    }
    for NudgedJson { target, pane, mail, reason } in &told {
        output::line(match (pane, mail) {
            (Some(pane), _) => format!("▶ Nudged {target} ({})", output::one_line(pane)),
            (None, mail) => format!(
                "○ No pane for {target}: left as mail {} ({})",
                mail.as_deref().unwrap_or_default(),
                output::one_line(reason.as_deref().unwrap_or_default())
            ),
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The way to the server that runs, or why there is none.
pub(crate) type Reached = Result<Connection, String>;

/// Finds the server, if it runs, within two seconds. None is started.
pub(crate) async fn reach(context: &Context) -> Reached {
    match tokio::time::timeout(PATIENCE, context.connect_running()).await {
        Ok(Ok(Some(connection))) => Ok(connection),
        Ok(Ok(None)) => Err("no server runs".to_owned()),
        Ok(Err(error)) => Err(error.message),
        Err(_) => Err(format!("the server did not answer within {} s", PATIENCE.as_secs())),
    }
}

/// Types a text into somebody's pane, if there is one.
pub(crate) async fn to(
    reached: &Reached,
    town: Option<&Town>,
    who: &Identity,
    text: &str,
) -> Nudged {
    match (reached, town) {
        (Err(reason), _) => Nudged::no_pane(reason.as_str()),
        (_, None) => Nudged::no_pane("this is no town, and has no workers' panes"),
        (Ok(connection), Some(town)) => nudge::nudge(Some(connection), town, who, text).await,
    }
}

/// What a nudge that is left as mail is about: its beginning.
fn subject_of(text: &str) -> String {
    /// As much as an inbox shows in a line.
    const LONGEST: usize = 72;
    let line = text.trim().lines().next().unwrap_or_default();
    let short: String = line.chars().take(LONGEST).collect();
    if short.len() < line.len() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nudge_is_about_its_first_line() {
        assert_eq!(subject_of("look\nhere"), "look");
        assert_eq!(subject_of(&"x".repeat(80)).chars().count(), 73);
    }
}
