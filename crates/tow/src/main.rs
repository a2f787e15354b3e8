//! The `tow` command.

mod ask;
mod attach;
mod caller;
mod cli;
mod commands;
mod context;
mod duration;
mod error;
mod issue;
mod launch;
mod output;
mod pane;
mod program;
mod quote;
mod redraw;
mod request;
mod resume;
mod signals;
mod size;
mod table;
mod time;
mod usage;
mod work;

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Verb};
use crate::commands::server;
use crate::context::Context;
use crate::error::CommandError;

fn main() -> ExitCode {
    // A pane's holder must stay small: it does nothing of what follows.
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        Some(first) if first == program::HOLDER_ARGUMENT => return program::holder(arguments),
        Some(first) if first == towline_client::start::SERVER_ARGUMENT => {
            return program::server(arguments);
        }
        _ => {}
    }
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| format!(" ({at})")).unwrap_or_default();
        output::error(&CommandError::failed(format!("a fault in tow itself{place}")));
    }));
    match std::panic::catch_unwind(|| run(std::env::args_os())) {
        Ok(status) => status,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Parses the command line and runs its verb.
fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    let outcome = match Cli::try_parse_from(&arguments) {
        Ok(cli) => verb(cli),
        Err(error) => {
            let words: Vec<&OsStr> = arguments.iter().skip(1).map(OsString::as_os_str).collect();
            usage::explain(&error, &words)
        }
    };
    outcome.unwrap_or_else(|error| {
        output::error(&error);
        ExitCode::from(error.kind.exit_status())
    })
}

fn verb(cli: Cli) -> Result<ExitCode, CommandError> {
    let context = Context::new(cli.globals);
    // The server brings its own runtime.
    if let Some(Verb::Server(server::Args { what: server::What::Run(args) })) = cli.verb {
        let (paths, secret_file) = (context.paths()?.clone(), context.secret_file());
        return program::foreground_server(paths, args.addresses(), secret_file);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CommandError::io("cannot set up the program", &error))?;
    let outcome = runtime.block_on(commands::run(&context, cli.verb));
    // Nothing that still runs in the background is worth waiting for.
    runtime.shutdown_background();
    outcome
}
