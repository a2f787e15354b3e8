//! `tow doctor`: what is wrong on this machine, and what helps.
//!
//! Each area is a module that gathers facts in one place and judges them in pure functions.

mod disk;
pub(crate) mod finding;
mod holders;
mod limits;
pub(crate) mod login;
mod server;
mod terminal;

use std::process::ExitCode;

use serde::Serialize;

use crate::commands::host;
use crate::context::Context;
use crate::error::CommandError;
use crate::launch;
use crate::output;
use crate::table::terminal_width;
use finding::{Finding, Status, render};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str =
    "Lines with ✗ are wrong and end with exit status 1; lines with ! may surprise you one day.

Examples:
  tow doctor              look at this machine
  tow doctor --host thor  look at another one
  tow doctor --json       for a script";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Look at this host instead: one of the list, or [USER@]HOST[:PORT]
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    checks: Vec<Finding>,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    if let Some(host) = &args.host {
        return host::check::doctor(context, host, args.json).await;
    }
    let paths = context.paths()?;
    let mut checks = vec![configuration(context), hosts(context)];
    checks.extend(disk::state_folder(&paths.state_dir));
    checks.push(disk::store(&paths.store()));
    let (connection, found) = server::check(context).await;
    let troubles = towline_client::rule_files::troubles(&paths.agents());
    // Those are told below, whether a server runs or not.
    checks.extend(found.into_iter().filter(|finding| !troubles.contains(&finding.message)));
    checks.extend(holders::check(&paths.panes(), connection.as_ref()).await);
    checks.extend(login::check());
    checks.extend(terminal::check(&term_in_panes(context)));
    checks.push(agents());
    checks.extend(troubles.into_iter().map(rules));
    checks.extend(limits::check(&paths.store()));

    let ok = checks.iter().all(|finding| finding.status != Status::Failed);
    if args.json {
        output::json(&Report { ok, checks })?;
    } else {
        output::print(render(&checks, terminal_width(), context.colors()))?;
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn configuration(context: &Context) -> Finding {
    let finding = Finding::of("configuration");
    let Ok(paths) = context.paths() else { return finding.failed("no home folder") };
    let path = paths.config();
    match towline_client::config::load(&path) {
        Err(error) => finding.failed(error.to_string()).fix(format!("$EDITOR {}", path.display())),
        Ok(loaded) => match loaded.warnings.first() {
            Some(warning) => {
                finding.warning(warning.to_string()).fix(format!("$EDITOR {}", path.display()))
            }
            None if path.exists() => finding.ok(path.display().to_string()),
            None => finding.ok("none: everything is at its default"),
        },
    }
}

fn hosts(context: &Context) -> Finding {
    let finding = Finding::of("hosts");
    let Ok(paths) = context.paths() else { return finding.failed("no home folder") };
    let path = paths.hosts();
    match towline_client::hosts::load(&path) {
        Err(error) => finding.failed(error.to_string()).fix(format!("$EDITOR {}", path.display())),
        Ok(hosts) if hosts.is_empty() => finding.ok("none but this machine"),
        Ok(hosts) => finding.ok(format!("{} in {}", hosts.len(), path.display())),
    }
}

/// The terminal that programs in panes see. Where the configuration is wrong, that has been told already.
fn term_in_panes(context: &Context) -> String {
    context.config().unwrap_or_default().term
}

/// What is wrong with a file of rules.
fn rules(trouble: String) -> Finding {
    Finding::of("rules").failed(trouble).fix("tow agents check")
}

fn agents() -> Finding {
    let finding = Finding::of("agents");
    let found = launch::agents_on_path();
    if found.is_empty() {
        return finding
            .warning("no known agent on the PATH: tow spawn starts a shell")
            .fix("tow spawn -- COMMAND, or set command in the configuration");
    }
    finding.ok(found.join(", "))
}
