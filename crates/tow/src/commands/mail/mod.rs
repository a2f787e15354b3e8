//! `tow mail`: messages between workers.

mod check;
pub(crate) mod json;
mod look;
mod put_away;
mod send;

use std::io::Read;
use std::process::ExitCode;

use towline_ledger::mail::{self, Address, AddressError, GROUPS, Mail};
use towline_ledger::{Identity, Ledger, Ledgers};

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::work;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Messages are in the town's ledger, outside of a town in the project's. Who is who is told by TOWLINE_ROLE,
else by the folder.

Examples:
  tow mail send mayor/ -s \"Done\" -m \"the build is green\"
  tow mail send demo/Toast -s Review -m - < notes.md
  tow mail send @polecats/demo -s \"Pull first\"
  tow mail inbox
  tow mail read hq-abc
  tow mail reply hq-abc -m \"will do\"
  tow mail archive hq-abc
  tow mail check                     status 0 with mail, 1 without";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Send a message
    #[command(after_help = send::EXAMPLES)]
    Send(send::SendArgs),
    /// List your messages, the newest first
    #[command(
        visible_alias = "list",
        alias = "ls",
        after_help = "Examples:\n  tow mail inbox\n  tow mail inbox -u          only what is unread"
    )]
    Inbox(look::InboxArgs),
    /// Show messages, and mark them as read
    #[command(alias = "show", after_help = "Examples:\n  tow mail read hq-abc")]
    Read(look::ReadArgs),
    /// Show the most urgent of the unread ones, and leave it unread; status 1 where there is none
    #[command(after_help = "Examples:\n  tow mail peek")]
    Peek(look::PeekArgs),
    /// Answer a message
    #[command(after_help = "Examples:\n  tow mail reply hq-abc \"will do\"")]
    Reply(send::ReplyArgs),
    /// Show all messages of a thread, or of the one that a message is in
    #[command(after_help = "Examples:\n  tow mail thread hq-abc")]
    Thread(look::ThreadArgs),
    /// Put messages away
    #[command(after_help = "Examples:\n  tow mail archive hq-abc hq-def")]
    Archive(put_away::IdsArgs),
    /// Delete messages
    #[command(visible_alias = "rm", after_help = "Examples:\n  tow mail delete hq-abc")]
    Delete(put_away::IdsArgs),
    /// Mark messages as read
    #[command(after_help = "Examples:\n  tow mail mark-read hq-abc")]
    MarkRead(put_away::IdsArgs),
    /// Mark messages as unread
    #[command(after_help = "Examples:\n  tow mail mark-unread hq-abc")]
    MarkUnread(put_away::IdsArgs),
    /// Tell whether there is mail: status 0 with, 1 without; for agents' hooks
    #[command(
        after_help = "Examples:\n  tow mail check && tow mail inbox\n  tow mail check --inject     for an agent's hook"
    )]
    Check(check::CheckArgs),
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    match args.action {
        Action::Send(args) => send::send(context, args).await,
        Action::Inbox(args) => look::inbox(context, args),
        Action::Read(args) => look::read(context, args),
        Action::Peek(args) => look::peek(context, args),
        Action::Reply(args) => send::reply(context, args).await,
        Action::Thread(args) => look::thread(context, args),
        Action::Archive(args) => put_away::archive(context, args),
        Action::Delete(args) => put_away::delete(context, args),
        Action::MarkRead(args) => put_away::mark_read(context, args),
        Action::MarkUnread(args) => put_away::mark_unread(context, args),
        Action::Check(args) => check::run(context, args),
    }
}

/// The text of a message: as it is given, or standard input for `-`.
///
/// # Errors
/// Where that can't be read, or is no text.
pub(crate) fn body_of(given: Option<&str>) -> Result<String, CommandError> {
    match given {
        Some("-") => {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|error| CommandError::io("cannot read standard input", &error))?;
            String::from_utf8(bytes)
                .map_err(|_| CommandError::usage("what standard input says is no UTF-8 text"))
        }
        Some(text) => Ok(text.to_owned()),
        None => Ok(String::new()),
    }
}

/// The beginning of a text: as many whole characters as fit into so many bytes.
pub(crate) fn beginning(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// Who gets a message: each once, and the sender only where nobody else does. What is odd is warned of.
///
/// # Errors
/// An address that means nobody.
pub(crate) fn addressees(
    context: &Context,
    ledgers: &Ledgers,
    texts: &[String],
) -> Result<Vec<Address>, CommandError> {
    let mut found: Vec<Address> = Vec::new();
    for text in texts {
        for address in mail::addresses(ledgers.place.town.as_ref(), text)? {
            if !found.iter().any(|one| one.who == address.who) {
                found.push(address);
            }
        }
    }
    if found.len() > 1 {
        found.retain(|one| one.who != ledgers.place.identity);
    }
    for doubt in found.iter().filter_map(|one| one.doubt.as_deref()) {
        context.say(format_args!("warning: {doubt}"));
    }
    Ok(found)
}

/// Somebody who is named by a person, or whoever runs this.
///
/// # Errors
/// Where the name is none.
fn whose(ledgers: &Ledgers, named: Option<&str>) -> Result<Identity, CommandError> {
    let Some(named) = named else { return Ok(ledgers.place.identity.clone()) };
    let found = match &ledgers.place.town {
        Some(town) => town.resolve(named),
        None => Identity::parse(named),
    };
    found.map_err(|error| CommandError::from(AddressError::from(error)))
}

/// The message that somebody calls so, and the ledger that it is in.
///
/// # Errors
/// Where there is none, or it is an issue of another kind.
fn locate(ledgers: &Ledgers, text: &str) -> Result<(Ledger, Mail), CommandError> {
    let found = ledgers.locate(text)?;
    let Some(brief) = found.issues.find(&found.id) else {
        return Err(CommandError::new(ErrorKind::NotFound, format!("there is no message {text}")));
    };
    let issue = brief.issue();
    match Mail::of(&issue) {
        Some(mail) => Ok((found.ledger, mail)),
        None => Err(mail::no_message(&found.id, &issue).into()),
    }
}

/// Runs something for each id, goes on past failures, and tells each: whether all succeeded.
fn each(
    ids: &[String],
    mut with: impl FnMut(&str) -> Result<(), CommandError>,
) -> Vec<(String, CommandError)> {
    let mut failed = Vec::new();
    for id in ids {
        if let Err(error) = with(id) {
            failed.push((id.clone(), error));
        }
    }
    failed
}

impl From<AddressError> for CommandError {
    fn from(error: AddressError) -> Self {
        let kind = match &error {
            AddressError::Identity(_) | AddressError::Group { .. } => ErrorKind::Usage,
            AddressError::Town(_) => ErrorKind::NotFound,
            _ => ErrorKind::Failed,
        };
        let message = error.to_string();
        match error {
            AddressError::Group { .. } => Self::new(kind, message).hint(GROUPS.join(" ")),
            AddressError::Town(_) => Self::new(kind, message).hint("tow rig list"),
            AddressError::NoTown(_) => Self::new(kind, message).hint("tow town init DIR"),
            _ => Self::new(kind, message),
        }
    }
}

/// The ledger that mail is in.
fn post(_context: &Context) -> Result<(Ledgers, Ledger), CommandError> {
    let ledgers = work::ledgers(_context)?;
    let ledger = ledgers.town()?;
    Ok((ledgers, ledger))
}
