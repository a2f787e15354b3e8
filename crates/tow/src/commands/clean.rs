//! `tow clean`: remove the panes that have ended.

use std::process::ExitCode;

use serde::Serialize;
use towline_client::target::id_text;
use towline_protocol::v1::{self, reply, request};

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::request::{Again, unexpected};
use crate::size::bytes_in_words;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow list --ended                   what there is to remove
  tow clean
  tow clean --isolated               and the folders that isolated agents had of their own";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Also remove the configuration folders that isolated agents had, with the conversations in them
    #[arg(long)]
    isolated: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was removed.
#[derive(Debug, Serialize)]
struct CleanedJson {
    removed: Vec<RemovedJson>,
    /// Configuration folders of isolated agents.
    isolated: Vec<String>,
    bytes: u64,
}

/// One removed pane.
#[derive(Debug, Serialize)]
struct RemovedJson {
    id: String,
    name: String,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let request = request::Body::Clean(v1::Clean { isolated: args.isolated });
    let reply::Body::Cleaned(cleaned) = context.ask(request, Again::WithKey).await? else {
        return Err(unexpected());
    };
    let panes = cleaned.panes;
    if args.json {
        let removed = |pane: v1::Pane| RemovedJson { id: id_text(pane.id), name: pane.name };
        let removed = panes.into_iter().map(removed).collect();
        let path = |path: &Vec<u8>| String::from_utf8_lossy(path).into_owned();
        let isolated = cleaned.isolated.iter().map(path).collect();
        output::json(&CleanedJson { removed, isolated, bytes: cleaned.bytes })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines: Vec<String> =
        panes.iter().map(|pane| format!("removed {}", output::one_line(&pane.name))).collect();
    let folder =
        |path: &Vec<u8>| format!("removed {}", output::one_line(&String::from_utf8_lossy(path)));
    lines.extend(cleaned.isolated.iter().map(folder));
    lines.push(match panes.len() {
        0 if cleaned.isolated.is_empty() => "nothing to remove".into(),
        0 => bytes_in_words(cleaned.bytes),
        1 => format!("1 pane, {}", bytes_in_words(cleaned.bytes)),
        count => format!("{count} panes, {}", bytes_in_words(cleaned.bytes)),
    });
    if !context.globals.quiet {
        output::line(lines.join("\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}
