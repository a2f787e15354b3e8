//! `tow queue`: the prompts that wait until agents are idle.

use std::process::ExitCode;

use futures_util::future::join_all;
use serde::Serialize;
use towline_client::target::{LOCAL_HOST, TMUX_ID, id_text};
use towline_protocol::v1::{self, HostStatus, Queued, reply, request};

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;
use crate::pane::target::on_host;
use crate::quote::{controls_escaped, shell_quoted};
use crate::request::{Again, target_to_look_at, unexpected};
use crate::time::rfc3339;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Prompts are left by `tow send --when idle`.

Examples:
  tow queue list
  tow queue list thor:app --json
  tow queue drop 3                   takes it back
  tow queue drop thor:7
  tow queue drop --all app           all that wait for the pane app";

const LIST: &str = "Examples:
  tow queue list
  tow queue list thor:app --json";

const DROP: &str = "Examples:
  tow queue drop 3
  tow queue drop thor:7 thor:8
  tow queue drop --all app";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the prompts that wait, on all hosts
    #[command(visible_alias = "ls", after_help = LIST)]
    List(ListArgs),
    /// Take prompts back
    #[command(after_help = DROP)]
    Drop(DropArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Only those for this pane
    #[arg(value_name = "TARGET")]
    target: Option<String>,

    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct DropArgs {
    /// The prompts' numbers, as `tow queue list` shows them; with --all: a pane
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<String>,

    /// All prompts; or all of these panes
    #[arg(long)]
    all: bool,
}

/// A prompt.
#[derive(Debug, Serialize)]
pub(crate) struct QueuedJson<'a> {
    /// As `tow queue drop` takes it.
    id: String,
    host: &'a str,
    /// The pane's id; absent where its host has not been asked yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pane: Option<String>,
    name: &'a str,
    text: &'a str,
    queued_at: Option<String>,
    held_here: bool,
    /// Why it could not be delivered.
    #[serde(skip_serializing_if = "str::is_empty")]
    error: &'a str,
}

impl<'a> QueuedJson<'a> {
    /// A prompt as a server tells of it.
    pub(crate) fn of(item: &'a Queued) -> Self {
        Self {
            id: id_of(item),
            host: if item.host.is_empty() { LOCAL_HOST } else { &item.host },
            pane: (item.pane > 0).then(|| id_text(item.pane)),
            name: &item.name,
            text: &item.text,
            queued_at: rfc3339(item.at),
            held_here: item.held_here,
            error: &item.trouble,
        }
    }
}

/// What a person calls a prompt: the number, with the host that it lies on.
pub(crate) fn id_of(item: &Queued) -> String {
    if item.held_here { item.id.to_string() } else { on_host(&item.host, &item.id.to_string()) }
}

/// Whether it lies here only until its host is there; a tmux keeps none.
pub(crate) fn is_held(item: &Queued) -> bool {
    item.held_here && item.pane < TMUX_ID
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    match args.action {
        Action::List(args) => list(context, args).await,
        Action::Drop(args) => drop(context, args).await,
    }
}

async fn list(context: &Context, args: ListArgs) -> Result<ExitCode, CommandError> {
    let items = match &args.target {
        Some(target) => of_pane(context, target).await?,
        None => all(context).await?,
    };
    if args.json {
        output::json(&items.iter().map(QueuedJson::of).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if items.is_empty() {
        context.say("no prompt waits");
    }
    for item in &items {
        output::line(in_words(item))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A prompt in a line.
fn in_words(item: &Queued) -> String {
    /// More of a text stands in the JSON.
    const SHOWN: usize = 100;
    let text: String = controls_escaped(&item.text).chars().take(SHOWN).collect();
    let cut = if controls_escaped(&item.text).chars().nth(SHOWN).is_some() { "…" } else { "" };
    let target = output::one_line(&on_host(&item.host, &item.name));
    let state = match (&item.trouble[..], is_held(item)) {
        ("", false) => String::new(),
        ("", true) => format!("  (until {} is back)", output::one_line(&item.host)),
        (trouble, _) => format!("  (not delivered: {})", output::one_line(trouble)),
    };
    format!("{}  {target}  \"{text}{cut}\"{state}", id_of(item))
}

/// The prompts that wait on all hosts that are there, and those that lie here for others.
async fn all(context: &Context) -> Result<Vec<Queued>, CommandError> {
    let mut items = on(context, "").await?;
    if !context.is_own() {
        return Ok(items);
    }
    let list = v1::List { fleet: true, ..v1::List::default() };
    let reply::Body::Listed(listed) = context.ask(request::Body::List(list), Again::AsItIs).await?
    else {
        return Err(unexpected());
    };
    let has_some = |host: &&v1::HostState| host.panes.iter().any(|pane| pane.queued > 0);
    let hosts = listed.hosts.iter().filter(has_some);
    let asked = hosts.map(|host| async move {
        match host.status() {
            HostStatus::Online => (host, on(context, &host.name).await),
            _ => {
                let why = format!("{} is unreachable: {}", host.name, host.error);
                (host, Err(CommandError::new(ErrorKind::Unreachable, why)))
            }
        }
    });
    for (host, outcome) in join_all(asked).await {
        match outcome {
            Ok(more) => items.extend(more),
            // One that is away hides no other's.
            Err(error) => {
                let count: u32 = host.panes.iter().map(|pane| pane.queued).sum();
                context.say(format!("tow: {}: {count} wait there", error.message));
            }
        }
    }
    Ok(items)
}

/// The prompts that lie on a host; empty: with the server that is asked.
async fn on(context: &Context, host: &str) -> Result<Vec<Queued>, CommandError> {
    let request = request::Body::Queue(v1::Queue { target: None });
    match context.ask_on(host, request, Again::AsItIs).await? {
        reply::Body::Queues(queues) => Ok(queues.items),
        _ => Err(unexpected()),
    }
}

/// The prompts that wait for a pane.
async fn of_pane(context: &Context, target: &str) -> Result<Vec<Queued>, CommandError> {
    let mut items = on(context, "").await?;
    let info = request::Body::Info(v1::Info { target: target_to_look_at(target) });
    match context.ask(info, Again::AsItIs).await {
        Ok(reply::Body::Info(pane)) => {
            let here =
                |item: &Queued| if item.host == LOCAL_HOST { "" } else { &*item.host } == pane.host;
            items.retain(|item| here(item) && item.pane == pane.id);
            if !pane.host.is_empty() && pane.queued > 0 {
                let mut there = on(context, &pane.host).await?;
                there.retain(|item| item.pane == pane.id);
                items.extend(there);
            }
            Ok(items)
        }
        Ok(_) => Err(unexpected()),
        // Some may lie here for it.
        Err(error) if error.kind == ErrorKind::Unreachable => {
            items.retain(|item| {
                let (name, id) = (&item.name, id_text(item.pane));
                item.held_here
                    && (on_host(&item.host, name) == target || on_host(&item.host, &id) == target)
            });
            if items.is_empty() { Err(error) } else { Ok(items) }
        }
        Err(error) => Err(error),
    }
}

async fn drop(context: &Context, args: DropArgs) -> Result<ExitCode, CommandError> {
    let mut dropped = Vec::new();
    if args.all {
        let items = match &args.ids[..] {
            [] => all(context).await?,
            targets => {
                let mut items = Vec::new();
                for target in targets {
                    items.extend(of_pane(context, target).await?);
                }
                items
            }
        };
        dropped.extend(items.iter().map(place));
    } else {
        for id in &args.ids {
            dropped.push(parse(id)?);
        }
    }
    dropped.sort();
    dropped.dedup();
    if dropped.is_empty() {
        context.say("no prompt waits");
    }
    let mut failed = None;
    for of_host in dropped.chunk_by(|one, two| one.0 == two.0) {
        let host = &of_host[0].0;
        let ids: Vec<u64> = of_host.iter().map(|(_, id)| *id).collect();
        let request = request::Body::Dequeue(v1::Dequeue { ids });
        match context.ask_on(host, request, Again::UntilGone).await {
            Ok(_) => {
                for (host, id) in of_host {
                    output::line(format!("dropped {}", on_host(host, &id.to_string())))?;
                }
            }
            Err(error) => {
                if let Some(before) = failed.replace(error) {
                    output::error(&before);
                }
            }
        }
    }
    match failed {
        None => Ok(ExitCode::SUCCESS),
        Some(error) => Err(error),
    }
}

/// Where a prompt lies, and its number there.
fn place(item: &Queued) -> (String, u64) {
    (if item.held_here { String::new() } else { item.host.clone() }, item.id)
}

fn parse(text: &str) -> Result<(String, u64), CommandError> {
    let (host, id) = text.rsplit_once(':').unwrap_or(("", text));
    let host = if host == LOCAL_HOST { "" } else { host };
    match id.parse() {
        Ok(id) => Ok((host.to_owned(), id)),
        Err(_) => Err(CommandError::usage(format!("{text:?} is no prompt's number"))
            .hint("tow queue list    shows them")
            .hint(format!("tow queue drop --all {}    drops those of a pane", shell_quoted(text)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_called_by_where_it_lies() {
        let item = |host: &str, held_here| Queued {
            id: 3,
            host: host.into(),
            name: "app".into(),
            text: "a\nb".into(),
            held_here,
            ..Queued::default()
        };
        for (item, id, words) in [
            (item("", false), "3", r#"3  app  "a\nb""#),
            (item("thor", false), "thor:3", r#"thor:3  thor:app  "a\nb""#),
            (item("thor", true), "3", r#"3  thor:app  "a\nb"  (until thor is back)"#),
        ] {
            assert_eq!((id_of(&item).as_str(), in_words(&item).as_str()), (id, words));
            assert_eq!(parse(&id_of(&item)).unwrap(), place(&item));
        }
        assert!(parse("app").is_err());
        assert_eq!(parse("local:3").unwrap(), (String::new(), 3));
    }
}
