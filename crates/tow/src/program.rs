//! The two long-lived processes that this program also is: a pane's holder, and the server.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitCode;

use towline_client::Paths;
use towline_client::hosts::Address;
use towline_server::{ListenError, StartError};

use crate::error::{CommandError, ErrorKind};
use crate::output;

/// The first argument that makes the program a pane's holder; the pane's folder follows.
pub(crate) const HOLDER_ARGUMENT: &str = "__holder";

/// Runs as the holder of the pane in the folder that is the next argument.
pub(crate) fn holder(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        return ExitCode::from(2);
    };
    towline_holder::run(&folder)
}

/// Runs as the server of the configuration and state folders that are the next arguments. What keeps it from
/// that is told to whoever reads its standard output.
pub(crate) fn server(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let (Some(config), Some(state)) = (arguments.next(), arguments.next()) else {
        return ExitCode::from(2);
    };
    let paths = Paths { config_dir: config.into(), state_dir: state.into() };
    let ready = match take_stdout() {
        Ok(ready) => ready,
        Err(error) => {
            output::error(&CommandError::io("cannot set up the server", &error));
            return ExitCode::FAILURE;
        }
    };
    let options = towline_server::Options {
        paths,
        ready: Some(ready),
        foreground: false,
        listen: Vec::new(),
        secret_file: None,
    };
    match towline_server::run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Takes the pipe that is the standard output, which then leads nowhere.
fn take_stdout() -> std::io::Result<OwnedFd> {
    let stdout = std::io::stdout();
    let pipe = rustix::io::fcntl_dupfd_cloexec(&stdout, 3)?;
    let null = std::fs::File::options().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    Ok(pipe)
}

/// Runs the server in the foreground until it ends.
///
/// # Errors
/// Why it can't run.
pub(crate) fn foreground_server(
    paths: Paths,
    listen: Vec<Address>,
    secret_file: Option<PathBuf>,
) -> Result<ExitCode, CommandError> {
    let options =
        towline_server::Options { paths, ready: None, foreground: true, listen, secret_file };
    towline_server::run(options).map_err(|error| {
        let kind = match error {
            StartError::Listen(ListenError::Bind { .. }) => ErrorKind::Failed,
            StartError::Listen(_) => ErrorKind::Usage,
            _ => ErrorKind::Failed,
        };
        let message = format!("cannot run the server: {error}");
        error.hints().into_iter().fold(CommandError::new(kind, message), CommandError::hint)
    })?;
    Ok(ExitCode::SUCCESS)
}
