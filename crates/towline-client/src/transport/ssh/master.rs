//! ssh's master connections: one per host, which carries every session there.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;

use super::words::{self, LastLines};
use super::{LAST_WORDS, argv, control};
use crate::hosts::Host;
use crate::transport::{DialError, DialOptions};

/// How long a master may take to answer a word. It runs on this machine.
const WORD_DEADLINE: Duration = Duration::from_secs(1);

/// A command for this argument vector.
pub(super) fn command(argv: &[OsString], options: &DialOptions) -> Command {
    let mut command = Command::new(argv.first().map_or_else(Default::default, Clone::clone));
    command.args(argv.get(1..).unwrap_or_default()).kill_on_drop(true);
    if !options.ssh_auth_sock.is_empty() {
        use std::os::unix::ffi::OsStringExt;
        command.env("SSH_AUTH_SOCK", OsString::from_vec(options.ssh_auth_sock.clone()));
    }
    if !options.interactive {
        // The terminal's Ctrl-C is for this program. One that may ask has to be in the foreground.
        command.process_group(0);
    }
    command
}

/// There is no ssh, or it can't be run.
pub(super) fn cannot_run(error: &std::io::Error) -> DialError {
    let (message, hints) = match error.kind() {
        std::io::ErrorKind::NotFound => (
            "there is no ssh on this machine's PATH".to_owned(),
            vec!["install OpenSSH's client".into()],
        ),
        _ => (format!("cannot run ssh: {}", crate::io_error_in_words(error)), Vec::new()),
    };
    DialError::Refused { message, hints }
}

/// Tells the master a word; `None` where it doesn't answer in time.
async fn tell(host: &Host, options: &DialOptions, path: &Path, word: &str) -> Option<ExitStatus> {
    let mut command = command(&argv::master_argv(host, path, word), options);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    tokio::time::timeout(WORD_DEADLINE, child.wait()).await.ok()?.ok()
}

/// Whether a master answers for this host. A socket that none answers at (it hangs since the machine slept, or has
/// been killed) is removed, so that the next ssh makes a new one.
pub(super) async fn is_up(host: &Host, options: &DialOptions) -> bool {
    let Some(path) = existing(host, options) else { return false };
    match tell(host, options, &path, "check").await {
        Some(status) if status.success() => true,
        _ => {
            tell(host, options, &path, "exit").await;
            let _ = std::fs::remove_file(&path);
            false
        }
    }
}

/// Lets the next ssh make a new master. The sessions of this one go on for as long as it lasts.
pub(super) async fn retire(host: &Host, options: &DialOptions) {
    if let Some(path) = existing(host, options) {
        tell(host, options, &path, "stop").await;
        let _ = std::fs::remove_file(&path);
    }
}

fn existing(host: &Host, options: &DialOptions) -> Option<PathBuf> {
    control::path(&options.control_dir, &host.address).filter(|path| path.exists())
}

/// Opens the host's master connection, which stays for ten minutes after its last use. With `options.interactive` ssh
/// asks on this process's terminal what it has to ask (a host key, a passphrase, a second factor), for as long as the
/// person takes.
///
/// # Errors
/// [`DialError`]; where nobody can be asked, at the latest after the deadline.
pub async fn connect_master(host: &Host, options: &DialOptions) -> Result<(), DialError> {
    if is_up(host, options).await {
        return Ok(());
    }
    // `true` is a command of every shell.
    let argv = argv::ssh_argv(host, options, &[], Some("true"));
    let mut command = command(&argv, options);
    command.stdout(Stdio::null());
    if options.interactive {
        command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
        let mut child = command.spawn().map_err(|error| cannot_run(&error))?;
        let status = child.wait().await.map_err(|error| cannot_run(&error))?;
        return match status.success() {
            true => Ok(()),
            // ssh has said why, on the terminal.
            false => Err(DialError::Unreachable("ssh did not get there".into())),
        };
    }
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| cannot_run(&error))?;
    let lines = LastLines::default();
    let reading = child.stderr.take().map(|stderr| {
        let lines = lines.clone();
        tokio::spawn(async move { lines.read(stderr).await })
    });
    let status = match tokio::time::timeout(options.patience(), child.wait()).await {
        Ok(status) => status.map_err(|error| cannot_run(&error))?,
        Err(_) => return Err(DialError::Unreachable("Connection timed out".into())),
    };
    if status.success() {
        return Ok(());
    }
    if let Some(reading) = reading {
        let _ = tokio::time::timeout(LAST_WORDS, reading).await;
    }
    Err(words::classify(&host.alias, &argv::ssh_words(&host.address), &lines.get()))
}

/// Closes the host's master connection, with every session on it. Whether there was one.
pub async fn disconnect_master(host: &Host, options: &DialOptions) -> bool {
    let Some(path) = existing(host, options) else { return false };
    let told = tell(host, options, &path, "exit").await.is_some_and(|status| status.success());
    let _ = std::fs::remove_file(&path);
    told
}
