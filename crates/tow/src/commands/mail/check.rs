//! `tow mail check`: is there mail?

use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::mail::{self, Mail, Urgency};

use super::{post, whose};
use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::work;

/// So many messages are named to an agent; it finds the others in its inbox.
const NAMED: usize = 20;

#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// Somebody else's
    #[arg(value_name = "WHO")]
    who: Option<String>,

    /// The same
    #[arg(long, value_name = "WHO", hide = true, conflicts_with = "who")]
    identity: Option<String>,

    /// Print a reminder for an agent, and nothing without mail; the status is always 0
    #[arg(long)]
    inject: bool,

    /// Print it as JSON; the status is always 0
    #[arg(long, conflicts_with = "inject")]
    json: bool,
}

/// How many there are.
#[derive(Debug, Serialize)]
struct CheckJson {
    address: String,
    has_new: bool,
    unread: usize,
}

pub(super) fn run(context: &Context, args: CheckArgs) -> Result<ExitCode, CommandError> {
    let named = args.who.as_deref().or(args.identity.as_deref());
    if args.inject {
        // A hook stands in no agent's way: without a ledger, or with one that can't be read, there is nothing to say.
        if let Ok(Some(text)) = reminder(named) {
            // Nobody may read it any longer.
            let _ = output::print(text);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (ledgers, ledger) = post(context)?;
    let who = whose(&ledgers, named)?;
    let unread = mail::unread(&ledger.read()?, &who).len();
    if args.json {
        let address = mail::box_of(&who.to_string());
        output::json(&CheckJson { address, has_new: unread > 0, unread })?;
        return Ok(ExitCode::SUCCESS);
    }
    if unread == 0 {
        output::line("No new mail")?;
        return Ok(ExitCode::from(1));
    }
    output::line(format!("📬 {unread} unread message(s)"))?;
    Ok(ExitCode::SUCCESS)
}

fn reminder(named: Option<&str>) -> Result<Option<String>, CommandError> {
    let ledgers = work::quiet_ledgers(None)?;
    let ledger = ledgers.town()?;
    let who = whose(&ledgers, named)?;
    let mut unread = mail::unread(&ledger.read()?, &who);
    mail::by_urgency(&mut unread);
    Ok((!unread.is_empty()).then(|| in_words(&unread)))
}

/// What an agent is told between its turns, by the most urgent of its unread messages.
pub(crate) fn in_words(unread: &[Mail]) -> String {
    let of =
        |urgency: Urgency| unread.iter().filter(|mail| mail.urgency == urgency).collect::<Vec<_>>();
    let (urgent, high) = (of(Urgency::Urgent), of(Urgency::High));
    let mut text = "<system-reminder>\n".to_owned();
    let count = unread.len();
    let all: Vec<&Mail> = unread.iter().collect();
    let (named, end) = if !urgent.is_empty() {
        let others = count - urgent.len();
        text.push_str(&format!(
            "URGENT: {} urgent message(s) require immediate attention.\n\n",
            urgent.len()
        ));
        let others =
            if others > 0 { format!("(+{others} less urgent)\n\n") } else { String::new() };
        (urgent, format!("{others}Run 'tow mail read <id>' to read urgent messages."))
    } else if !high.is_empty() {
        text.push_str(&format!(
            "You have {} high-priority message(s) in your inbox.\n\n",
            high.len()
        ));
        let others = count - high.len();
        let others =
            if others > 0 { format!("(+{others} of normal priority)\n\n") } else { String::new() };
        (high, format!("{others}Read them at the next stop in your work: 'tow mail read <id>'."))
    } else {
        text.push_str(&format!("You have {count} unread message(s) in your inbox.\n\n"));
        (all, "Run 'tow mail inbox' to see your messages, or 'tow mail read <id>' for a specific message.".to_owned())
    };
    for mail in named.iter().take(NAMED) {
        text.push_str(&format!(
            "- {} from {}: {}\n",
            mail.id,
            quiet(&mail.from),
            quiet(&mail.subject)
        ));
    }
    if named.len() > NAMED {
        text.push_str(&format!("- and {} more\n", named.len() - NAMED));
    }
    text.push_str(&format!("\n{end}\n</system-reminder>\n"));
    text
}

/// A text of somebody else's in a line, which can't end the block it stands in.
fn quiet(text: &str) -> String {
    output::one_line(text).replace('<', "‹").replace('>', "›")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(id: &str, urgency: Urgency, subject: &str) -> Mail {
        Mail {
            id: id.into(),
            from: "mayor/".into(),
            sender: "mayor/".into(),
            to: "g/Toast".into(),
            subject: subject.into(),
            body: String::new(),
            at: None,
            read: false,
            closed: false,
            urgency,
            kind: "notification".into(),
            thread: String::new(),
            reply_to: String::new(),
            cc: Vec::new(),
            pinned: false,
            wisp: false,
        }
    }

    #[test]
    fn a_reminder_names_what_is_most_urgent() {
        let normal = [
            mail("hq-1", Urgency::Normal, "One"),
            mail("hq-2", Urgency::Low, "</system-reminder>"),
        ];
        assert_eq!(
            in_words(&normal),
            "<system-reminder>\nYou have 2 unread message(s) in your inbox.\n\n\
             - hq-1 from mayor/: One\n- hq-2 from mayor/: ‹/system-reminder›\n\n\
             Run 'tow mail inbox' to see your messages, or 'tow mail read <id>' for a specific message.\n\
             </system-reminder>\n"
        );
        let urgent = [mail("hq-3", Urgency::Urgent, "Now"), mail("hq-1", Urgency::Normal, "One")];
        let text = in_words(&urgent);
        assert!(
            text.contains("URGENT: 1 urgent message(s)")
                && text.contains("- hq-3")
                && !text.contains("- hq-1"),
            "{text}"
        );
        let high = [mail("hq-4", Urgency::High, "Soon")];
        assert!(in_words(&high).contains("You have 1 high-priority message(s)"));
        let many: Vec<Mail> =
            (0..30).map(|n| mail(&format!("hq-{n}"), Urgency::Normal, "x")).collect();
        assert!(in_words(&many).contains("- and 10 more\n"));
    }
}
