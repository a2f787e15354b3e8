//! `tow mail send`, `tow mail reply`.

use std::process::ExitCode;

use towline_dispatch::nudge::Nudged;
use towline_ledger::mail::{self, KINDS, Mail, Message, Urgency};
use towline_ledger::{LedgerError, Ledgers};

use super::{addressees, body_of, json, locate, post};
use crate::commands::nudge;
use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Groups: @town, @witnesses, @refineries, @polecats, @crew, of one rig with /RIG behind them; RIG/ or @rig/RIG;
@overseer is the person.

Examples:
  tow mail send mayor/ -s \"Done\" -m \"the build is green\"
  tow mail send demo/Toast demo/Nux -s \"Pull first\"
  tow mail send demo/ -s Review -m - < notes.md
  tow mail send --self -s \"For later\" -m \"look at the log\"";

#[derive(Debug, clap::Args)]
pub(super) struct SendArgs {
    /// Who gets it
    #[arg(value_name = "WHO", required_unless_present = "own")]
    to: Vec<String>,

    /// Send it to yourself
    #[arg(long = "self", conflicts_with = "to")]
    own: bool,

    /// What it is about
    #[arg(short, long)]
    subject: String,

    /// What it says; - takes standard input
    #[arg(short, long, visible_alias = "body", value_name = "TEXT")]
    message: Option<String>,

    /// 0 (urgent) to 3 (low), or urgent, high, normal, low
    #[arg(long, value_name = "PRIORITY", value_parser = urgency, default_value = "normal")]
    priority: Urgency,

    /// The same as --priority urgent
    #[arg(long, conflicts_with = "priority")]
    urgent: bool,

    /// What it is for: notification, task, scavenge, reply
    #[arg(long = "type", value_name = "TYPE", value_parser = KINDS)]
    kind: Option<String>,

    /// The message that it answers
    #[arg(long, value_name = "ID")]
    reply_to: Option<String>,

    /// Who gets a copy
    #[arg(long, value_name = "WHO", value_delimiter = ',')]
    cc: Vec<String>,

    /// Tell them in their panes, too
    #[arg(short, long)]
    notify: bool,

    /// Print the messages as JSON
    #[arg(long)]
    json: bool,

    /// Taken for gt's sake: all messages stay until they are put away
    #[arg(long, hide = true)]
    permanent: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ReplyArgs {
    /// The message to answer
    #[arg(value_name = "ID")]
    id: String,

    /// What to say; - takes standard input
    #[arg(value_name = "TEXT", conflicts_with = "message", required_unless_present = "message")]
    text: Option<String>,

    /// The same
    #[arg(short, long, visible_alias = "body", value_name = "TEXT")]
    message: Option<String>,

    /// What it is about [default: Re: and what the message is about]
    #[arg(short, long)]
    subject: Option<String>,

    /// Tell them in their pane, too
    #[arg(short, long)]
    notify: bool,

    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// The urgency that a person writes as a number or a word.
fn urgency(text: &str) -> Result<Urgency, String> {
    let named = [Urgency::Urgent, Urgency::High, Urgency::Normal, Urgency::Low];
    let number = text.trim_start_matches(['P', 'p']).parse::<u8>().ok();
    let found = match number {
        Some(4) => Some(Urgency::Low),
        Some(number) => named.into_iter().find(|one| one.priority() == number),
        None => named.into_iter().find(|one| one.name() == text),
    };
    found.ok_or_else(|| "it is one of urgent (0), high (1), normal (2), low (3)".to_owned())
}

pub(super) async fn send(context: &Context, args: SendArgs) -> Result<ExitCode, CommandError> {
    let (ledgers, _) = post(context)?;
    let body = body_of(args.message.as_deref())?;
    let own = [ledgers.place.identity.to_string()];
    let to = addressees(context, &ledgers, if args.own { &own } else { &args.to })?;
    let cc: Vec<String> = match args.cc.is_empty() {
        true => Vec::new(),
        false => {
            addressees(context, &ledgers, &args.cc)?.iter().map(|one| one.who.to_string()).collect()
        }
    };
    let answered =
        args.reply_to.as_deref().map(|id| locate(&ledgers, id)).transpose()?.map(|(_, mail)| mail);
    let urgency = match (args.urgent, args.notify, args.priority) {
        (true, ..) => Urgency::Urgent,
        // As Gas Town has it: what somebody is told of at once is not of the usual kind.
        (_, true, Urgency::Normal) => Urgency::High,
        (_, _, urgency) => urgency,
    };
    let messages: Vec<Message> = to
        .iter()
        .map(|address| Message {
            to: address.who.to_string(),
            exact: address.exact,
            subject: args.subject.clone(),
            body: body.clone(),
            urgency,
            kind: args.kind.clone().unwrap_or_default(),
            thread: answered.as_ref().map(|mail| mail.thread.clone()).unwrap_or_default(),
            reply_to: answered.as_ref().map(|mail| mail.id.clone()).unwrap_or_default(),
            cc: cc.clone(),
            from: String::new(),
        })
        .collect();
    let sent = put(&ledgers, &messages)?;
    if args.json {
        output::json(&json::all(&sent))?;
    } else {
        let mut text = String::new();
        for mail in &sent {
            text.push_str(&format!("✓ Message sent to {}\n", output::one_line(&mail.to)));
        }
        if let Some(mail) = sent.first() {
            text.push_str(&format!("  Subject: {}\n", output::one_line(&mail.subject)));
            if !mail.cc.is_empty() {
                text.push_str(&format!("  CC: {}\n", output::one_line(&mail.cc.join(", "))));
            }
            if mail.kind != KINDS[0] {
                text.push_str(&format!("  Type: {}\n", mail.kind));
            }
        }
        output::print(text)?;
    }
    if args.notify {
        notify(context, &ledgers, &sent).await;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn reply(context: &Context, args: ReplyArgs) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let (_, answered) = locate(&ledgers, &args.id)?;
    let body = body_of(args.message.as_deref().or(args.text.as_deref()))?;
    let own = &ledgers.place.identity;
    // What one has sent oneself goes on to whoever got it.
    let to = match own.same_as(&answered.sender) && !own.same_as(&answered.to) {
        true => answered.to.clone(),
        false => answered.sender.clone(),
    };
    if to.is_empty() {
        return Err(CommandError::failed(format!("{} doesn't say who sent it", answered.id))
            .hint(format!("tow mail send WHO --reply-to {} -s SUBJECT", answered.id)));
    }
    let message = Message {
        exact: to.contains("/crew/") || to.contains("/polecats/"),
        to,
        subject: args.subject.clone().unwrap_or_else(|| answered.reply_subject()),
        body,
        kind: "reply".into(),
        thread: answered.thread.clone(),
        reply_to: answered.id.clone(),
        ..Message::default()
    };
    let sent = put(&ledgers, &[message])?;
    if let Some(mail) = sent.first() {
        match args.json {
            true => output::json(&json::MailJson::from(mail))?,
            false => output::print(format!(
                "✓ Reply sent to {}\n  Subject: {}\n  Thread: {}\n",
                output::one_line(&mail.to),
                output::one_line(&mail.subject),
                output::one_line(&mail.thread)
            ))?,
        }
    }
    if args.notify {
        notify(context, &ledgers, &sent).await;
    }
    Ok(ExitCode::SUCCESS)
}

/// Puts messages into the town's ledger, all or none.
fn put(ledgers: &Ledgers, messages: &[Message]) -> Result<Vec<Mail>, CommandError> {
    let sent = ledgers.town()?.change(&ledgers.actor(), |change| {
        let sent = messages.iter().map(|message| mail::send(change, message));
        sent.collect::<Result<Vec<_>, LedgerError>>()
    })?;
    Ok(sent.iter().filter_map(Mail::of).collect())
}

/// Tells those who got a message so in their panes, where they have one.
async fn notify(context: &Context, ledgers: &Ledgers, sent: &[Mail]) {
    let reached = nudge::reach(context).await;
    for mail in sent {
        let resolved = ledgers.place.town.as_ref().and_then(|town| town.resolve(&mail.to).ok());
        let Some(who) = resolved.filter(|who| *who != ledgers.place.identity) else { continue };
        let text = format!(
            "📬 You have new mail from {}. Subject: {}. Run 'tow mail inbox' to read.",
            mail.from, mail.subject
        );
        match nudge::to(&reached, ledgers.place.town.as_ref(), &who, &text).await {
            Nudged::Typed { pane } => context.say(format_args!("▶ Nudged {who} ({pane})")),
            Nudged::NoPane { reason } => {
                context.say(format_args!("○ No pane to nudge for {who}: {reason}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgencies_are_numbers_or_words() {
        for (text, expected) in [
            ("0", Some(Urgency::Urgent)),
            ("P1", Some(Urgency::High)),
            ("normal", Some(Urgency::Normal)),
            ("4", Some(Urgency::Low)),
            ("5", None),
            ("soon", None),
        ] {
            assert_eq!(urgency(text).ok(), expected, "{text}");
        }
    }
}
