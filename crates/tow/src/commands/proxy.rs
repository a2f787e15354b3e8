//! `tow proxy`: what ssh runs on a host. Standard input and output are joined to this host's server.
//!
//! Two threads that block: what comes is written at once, and nothing is done while nothing comes.

use std::io::{self, IsTerminal, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;

use towline_client::paths::connect_unix;
use towline_client::{HelloOptions, StartPolicy, ensure_server};

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "A server that was stopped is left alone; any other is started.

Examples:
  ssh thor tow proxy        what `tow --addr ssh://thor` speaks to";

/// How much is carried at once: the largest frames of a stream, four times.
const PIECE: usize = 64 * 1024;

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Runs the verb.
pub(crate) async fn run(context: &Context, _: Args) -> Result<ExitCode, CommandError> {
    if io::stdin().is_terminal() {
        return Err(
            CommandError::usage("`tow proxy` speaks to programs, not to people").hint("tow list")
        );
    }
    let socket = server(context).await?;
    join(socket).map_err(|error| CommandError::io("cannot speak to the server", &error))?;
    Ok(ExitCode::SUCCESS)
}

/// Connects to the server, and starts it first where it does not run.
async fn server(context: &Context) -> Result<UnixStream, CommandError> {
    let paths = context.paths()?;
    let path = context.globals.socket.clone().unwrap_or_else(|| paths.socket());
    if let Ok(stream) = open(&path).await {
        return Ok(stream);
    }
    let unreachable = |error: io::Error| {
        let reason = towline_client::io_error_in_words(&error);
        let message = format!("cannot reach the server at {}: {reason}", path.display());
        CommandError::new(ErrorKind::Unreachable, message)
    };
    if context.globals.socket.is_none() {
        let deadline = context.step_timeout();
        let hello = HelloOptions { deadline, request_timeout: deadline, ..HelloOptions::default() };
        drop(ensure_server(paths, StartPolicy::Background, hello).await?);
    }
    open(&path).await.map_err(unreachable)
}

/// Connects to a server of this user's.
async fn open(path: &Path) -> io::Result<UnixStream> {
    let stream = connect_unix(path).await?;
    if stream.peer_cred()?.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// Carries bytes both ways until either side ends.
fn join(server: UnixStream) -> io::Result<()> {
    let upward = server.try_clone()?;
    std::thread::Builder::new().name("upward".into()).spawn(move || {
        carry(&mut io::stdin().lock(), &mut &upward);
        // Wakes the other direction, which ends the process.
        let _ = upward.shutdown(Shutdown::Both);
    })?;
    // Standard output as it is: the library's own writer would look for line ends and hold the rest back.
    let stdout = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
    carry(&mut &server, &mut std::fs::File::from(stdout));
    Ok(())
}

/// Carries bytes one way until one of the two ends.
fn carry(from: &mut impl Read, to: &mut impl Write) {
    let mut bytes = vec![0; PIECE];
    loop {
        match from.read(&mut bytes) {
            Ok(0) => return,
            Ok(count) if to.write_all(&bytes[..count]).is_err() => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_carried_as_they_are_until_the_end() {
        let sent: Vec<u8> = (0..200_000u32).map(|n| n.to_le_bytes()[0]).collect();
        let mut received = Vec::new();
        carry(&mut sent.as_slice(), &mut received);
        assert!(received == sent);
    }
}
