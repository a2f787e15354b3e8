//! `tow mail inbox`, `read`, `peek`, `thread`: looking at messages.

use std::process::ExitCode;

use anstyle::Style;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use towline_ledger::LedgerError;
use towline_ledger::mail::{self, Filter, Mail, Urgency};

use super::{beginning, json, locate, post, whose};
use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;
use crate::work;

/// As much of a message as a peek shows, in bytes.
const PEEK: usize = 500;

#[derive(Debug, clap::Args)]
pub(super) struct InboxArgs {
    /// Somebody else's
    #[arg(value_name = "WHO")]
    who: Option<String>,

    /// The same
    #[arg(long, value_name = "WHO", hide = true, conflicts_with = "who")]
    identity: Option<String>,

    /// Only those that weren't read
    #[arg(short, long)]
    unread: bool,

    /// Those too that were put away
    #[arg(short, long, conflicts_with = "unread")]
    all: bool,

    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ReadArgs {
    /// The messages' ids
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,

    /// Don't mark them as read
    #[arg(long)]
    keep_unread: bool,

    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct PeekArgs {
    /// Somebody else's
    #[arg(value_name = "WHO")]
    who: Option<String>,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ThreadArgs {
    /// The thread's name, or a message of it
    #[arg(value_name = "THREAD|ID")]
    thread: String,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn inbox(context: &Context, args: InboxArgs) -> Result<ExitCode, CommandError> {
    let (ledgers, ledger) = post(context)?;
    let who = whose(&ledgers, args.who.as_deref().or(args.identity.as_deref()))?;
    let filter = match (args.unread, args.all) {
        (true, _) => Filter::Unread,
        (_, true) => Filter::All,
        _ => Filter::Kept,
    };
    let mails = mail::inbox(&ledger.read()?, &who, filter);
    if args.json {
        output::json(&json::all(&mails))?;
        return Ok(ExitCode::SUCCESS);
    }
    let unread = mails.iter().filter(|mail| !mail.read).count();
    let count = match mails.len() {
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    };
    let mut text =
        format!("📬 Inbox: {} ({count}, {unread} unread)\n\n", mail::box_of(&who.to_string()));
    if mails.is_empty() {
        text.push_str("  (no messages)\n");
    }
    let (bold, dim) = styles(context);
    for mail in &mails {
        let mark = if mail.read { "○" } else { "●" };
        let kind =
            if mail.kind == mail::KINDS[0] { String::new() } else { format!(" [{}]", mail.kind) };
        let urgent = if mail.urgency <= Urgency::High { " !" } else { "" };
        let wisp = if mail.wisp { " (wisp)" } else { "" };
        let style = if mail.read { Style::new() } else { bold };
        text.push_str(&format!(
            "  {mark} {style}{}{style:#}{kind}{urgent}{wisp}\n    {dim}{} from {}\n    {}{dim:#}\n",
            output::one_line(&mail.subject),
            mail.id,
            output::one_line(&mail.from),
            local(mail.at, "%Y-%m-%d %H:%M"),
        ));
    }
    output::print(text)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn read(context: &Context, args: ReadArgs) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let who = ledgers.place.identity.clone();
    let mut shown: Vec<Mail> = Vec::new();
    let mut failed: Option<CommandError> = None;
    for id in &args.ids {
        let one = locate(&ledgers, id).map(|(ledger, mail)| {
            // One that is read, or put away, is left as it is.
            if !mail.closed && !args.keep_unread {
                let marked = ledger
                    .change(&ledgers.actor(), |change| mail::mark_read(change, &mail.id, &who));
                // It can be read all the same.
                if let Err(error) = marked {
                    let error: LedgerError = error;
                    context.say(format_args!("warning: it is not marked as read: {error}"));
                }
            }
            mail
        });
        match one {
            Ok(mail) => shown.push(mail),
            Err(error) => {
                if let Some(before) = failed.replace(error) {
                    output::error(&before);
                }
            }
        }
    }
    if args.json {
        // One is an object, as Gas Town prints it.
        match (shown.as_slice(), args.ids.len()) {
            ([one], 1) => output::json(&json::MailJson::from(one))?,
            ([], 1) => {}
            (all, _) => output::json(&json::all(all))?,
        }
    } else {
        let texts: Vec<String> = shown.iter().map(|mail| whole(context, mail)).collect();
        output::print(texts.join("\n---\n\n"))?;
    }
    failed.map_or(Ok(ExitCode::SUCCESS), Err)
}

pub(super) fn peek(context: &Context, args: PeekArgs) -> Result<ExitCode, CommandError> {
    let (ledgers, ledger) = post(context)?;
    let who = whose(&ledgers, args.who.as_deref())?;
    let mut unread = mail::unread(&ledger.read()?, &who);
    mail::by_urgency(&mut unread);
    let Some(first) = unread.first() else { return Ok(ExitCode::from(1)) };
    if args.json {
        output::json(&json::MailJson::from(first))?;
        return Ok(ExitCode::SUCCESS);
    }
    let (bold, _) = styles(context);
    let urgent = match first.urgency {
        Urgency::Urgent => " [URGENT]",
        Urgency::High => " [!]",
        _ => "",
    };
    let mut text = format!(
        "📬 {bold}{}{bold:#}{urgent}\nFrom: {}\nID: {}\n",
        output::one_line(&first.subject),
        output::one_line(&first.from),
        first.id
    );
    if !first.body.is_empty() {
        let shown = beginning(&first.body, PEEK);
        let more = if shown.len() < first.body.len() { "\n..." } else { "" };
        text.push_str(&format!("\n{}{more}\n", plain(shown)));
    }
    if unread.len() > 1 {
        text.push_str(&format!("\n(+{} more unread)\n", unread.len() - 1));
    }
    output::print(text)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn thread(context: &Context, args: ThreadArgs) -> Result<ExitCode, CommandError> {
    let (ledgers, ledger) = post(context)?;
    let name = match args.thread.starts_with("thread-") {
        true => args.thread.clone(),
        false => match locate(&ledgers, &args.thread)?.1 {
            mail if mail.thread.is_empty() => mail.id,
            mail => mail.thread,
        },
    };
    let mut mails = mail::thread(&ledger.read()?, &name);
    if mails.is_empty() {
        // A message without a thread is one of its own.
        match locate(&ledgers, &name) {
            Ok((_, mail)) => mails.push(mail),
            Err(_) => {
                let message = format!("no message is in a thread {name}");
                return Err(CommandError::new(ErrorKind::NotFound, message).hint("tow mail inbox"));
            }
        }
    }
    if args.json {
        output::json(&json::all(&mails))?;
        return Ok(ExitCode::SUCCESS);
    }
    let count = match mails.len() {
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    };
    let parts: Vec<String> = mails.iter().map(|mail| whole(context, mail)).collect();
    output::print(format!("🧵 Thread: {name} ({count})\n\n{}", parts.join("│\n")))?;
    Ok(ExitCode::SUCCESS)
}

/// A message with all that is said of it.
fn whole(context: &Context, mail: &Mail) -> String {
    let (bold, _) = styles(context);
    let kind =
        if mail.kind == mail::KINDS[0] { String::new() } else { format!(" [{}]", mail.kind) };
    let urgent = match mail.urgency {
        Urgency::Urgent => " [URGENT]",
        Urgency::High => " [HIGH PRIORITY]",
        _ => "",
    };
    let mut text = format!(
        "{bold}Subject: {}{bold:#}{kind}{urgent}\n\nFrom: {}\nTo: {}\n",
        output::one_line(&mail.subject),
        output::one_line(&mail.from),
        output::one_line(&mail.to)
    );
    if !mail.cc.is_empty() {
        text.push_str(&format!("CC: {}\n", output::one_line(&mail.cc.join(", "))));
    }
    text.push_str(&format!("Date: {}\nID: {}\n", local(mail.at, "%Y-%m-%d %H:%M:%S"), mail.id));
    for (name, value) in [("Thread", &mail.thread), ("Reply-To", &mail.reply_to)] {
        if !value.is_empty() {
            text.push_str(&format!("{name}: {}\n", output::one_line(value)));
        }
    }
    if !mail.body.is_empty() {
        text.push_str(&format!("\n{}\n", plain(&mail.body)));
    }
    text
}

/// Text that others wrote, without what would move the cursor.
fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() && !matches!(c, '\n' | '\t') { ' ' } else { c };
    text.chars().map(shown).collect()
}

/// A time in the words of the place the person is at.
fn local(at: Option<Timestamp>, format: &str) -> String {
    let zoned = at.map(|at| at.to_zoned(TimeZone::system()));
    zoned.map_or_else(|| "-".to_owned(), |zoned| zoned.strftime(format).to_string())
}

/// Bold and dim, where standard output has colours.
fn styles(context: &Context) -> (Style, Style) {
    match context.colors() {
        true => (Style::new().bold(), Style::new().dimmed()),
        false => (Style::new(), Style::new()),
    }
}
