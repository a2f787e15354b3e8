//! Starting a holder.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use towline_client::scope::{self, Scope};
use towline_protocol::Message;
use towline_protocol::holder::SpawnSpec;
use towline_protocol::v1::ErrorKind;

use crate::fault::Fault;

/// What a holder's process is called, in its argument vector.
const NAME: &str = "tow: holder";

/// How long the program may take to start. An exec from a dead network mount could take for ever.
const START: Duration = Duration::from_secs(20);

/// Starts a holder for the pane in `folder`; returns once its program runs.
///
/// # Errors
/// The holder's own line where the program can't be started (no such command, no such folder).
pub(crate) async fn launch(folder: &Path, spec: SpawnSpec) -> Result<(), Fault> {
    let folder: Arc<Path> = folder.into();
    let go = Arc::new(Go::default());
    let asked = Arc::clone(&go);
    let start = tokio::task::spawn_blocking(move || start(&folder, &spec, &asked));
    match tokio::time::timeout(START, start).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Err(Fault::internal(format!("can't start a holder: {error}"))),
        // The holder has been told to go on, and is found by its lock: it is waited for like any that is silent.
        Err(_) if !go.call_off() => Ok(()),
        Err(_) => Err(Fault::new(
            ErrorKind::CannotStart,
            format!("the program was not started within {} s", START.as_secs()),
        )),
    }
}

/// Whether a holder may start its program. It is told once, or the start is called off: never both.
#[derive(Default)]
struct Go(AtomicU8);

impl Go {
    const OPEN: u8 = 0;
    const GONE: u8 = 1;
    const OFF: u8 = 2;

    fn settle(&self, as_what: u8) -> bool {
        let settled =
            self.0.compare_exchange(Self::OPEN, as_what, Ordering::AcqRel, Ordering::Acquire);
        settled.is_ok() || settled == Err(as_what)
    }

    /// Whether the holder may be told.
    fn ahead(&self) -> bool {
        self.settle(Self::GONE)
    }

    /// Whether the start could be called off.
    fn call_off(&self) -> bool {
        self.settle(Self::OFF)
    }
}

fn start(folder: &Path, spec: &SpawnSpec, go: &Go) -> Result<(), Fault> {
    let scope = Scope::find(&format!("pane-{}", spec.pane_id));
    if let Some(scope) = &scope {
        match speak(command(Some(scope), folder), spec, go)? {
            Word::Ready => return Ok(()),
            Word::Error(why) => return Err(Fault::new(ErrorKind::CannotStart, why)),
            Word::None => {
                tracing::warn!("the user manager gave no scope: a holder is started without")
            }
        }
    }
    match speak(command(None, folder), spec, go)? {
        Word::Ready => Ok(()),
        Word::Error(why) => Err(Fault::new(ErrorKind::CannotStart, why)),
        Word::None => Err(Fault::internal("the holder ended without a word")),
    }
}

fn command(scope: Option<&Scope>, folder: &Path) -> Command {
    // The program that is running, also where its file has been replaced: a holder of the server's own version.
    let program = format!("/proc/{}/exe", std::process::id());
    let mut command = scope::command(scope, program, NAME);
    command.env_clear();
    if let Some(scope) = scope {
        command.env("XDG_RUNTIME_DIR", &scope.runtime_dir);
    }
    command.arg("__holder").arg(folder);
    command
}

/// What a holder says at last.
enum Word {
    Ready,
    Error(String),
    /// It ended without.
    None,
}

/// Starts the holder, tells it what to run, and hears what it says.
fn speak(mut command: Command, spec: &SpawnSpec, go: &Go) -> Result<Word, Fault> {
    let failed = |what: &str, error: std::io::Error| {
        Fault::internal(format!("can't {what} a holder: {error}"))
    };
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed("start", error))?;
    let mut line = String::new();
    if let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) {
        let spec = spec.encode_to_vec();
        let length = u32::try_from(spec.len()).unwrap_or(u32::MAX).to_be_bytes();
        // One that ended before it read all says why below.
        let _ = stdin.write_all(&length).and_then(|()| stdin.write_all(&spec));
        let mut stdout = BufReader::new(stdout);
        let mut hear =
            |line: &mut String| stdout.read_line(line).map_err(|error| failed("hear from", error));
        hear(&mut line)?;
        // One that is not told to go on leaves when it finds the pipe closed.
        if line == "locked\n" && go.ahead() {
            // By its lock it is found from now on, whatever becomes of this server: it may go on.
            let _ = stdin.write_all(b"g");
            line.clear();
            hear(&mut line)?;
        }
    }
    // It has made itself a daemon: what is waited for here has ended already.
    child.wait().map_err(|error| failed("wait for", error))?;
    Ok(match line.trim_end().split_once(' ') {
        Some(("ready", _)) => Word::Ready,
        Some(("error", why)) => Word::Error(why.to_owned()),
        _ => Word::None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_begun_or_called_off() {
        let go = Go::default();
        assert!(go.ahead() && go.ahead());
        assert!(!go.call_off());
        let go = Go::default();
        assert!(go.call_off() && !go.ahead());
    }
}
