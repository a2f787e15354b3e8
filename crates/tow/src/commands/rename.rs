//! `tow rename`: give a pane another name.

use std::process::ExitCode;

use serde::Serialize;
use towline_client::target::check_name;
use towline_protocol::v1::{self, reply, request};

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::target::target_of;
use crate::request::{Again, target, unexpected};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow rename app website
  tow rename %17 'code review'";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pane
    #[arg(value_name = "TARGET")]
    target: String,

    /// Its new name
    #[arg(value_name = "NAME")]
    name: String,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was renamed.
#[derive(Debug, Serialize)]
struct RenamedJson<'a> {
    from: &'a str,
    name: &'a str,
    target: String,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    check_name(&args.name).map_err(|error| CommandError::usage(error.to_string()))?;
    let request = v1::Rename { target: target(&args.target), name: args.name.clone() };
    let reply::Body::Info(pane) =
        context.ask(request::Body::Rename(request), Again::WithKey).await?
    else {
        return Err(unexpected());
    };
    if args.json {
        let (from, name) = (args.target.as_str(), args.name.as_str());
        output::json(&RenamedJson { from, name, target: target_of(&pane) })?;
    } else if !context.globals.quiet {
        output::line(format!("renamed {} → {}", output::one_line(&args.target), args.name))?;
    }
    Ok(ExitCode::SUCCESS)
}
