//! The environment of a pane's program: the login shell's, what was given by name, and Towline's own.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::pane::folder;

/// How long a login shell may take to tell its environment. One that asks something never does.
const LOGIN_SHELL: Duration = Duration::from_secs(5);

/// What comes before the environment in a login shell's output, whatever else it prints.
const MARK: &[u8] = b"\0towline-environment\0";

/// An environment, later values over earlier ones.
pub(crate) type Environment = BTreeMap<Vec<u8>, Vec<u8>>;

/// A `KEY=VALUE` pair in two; `None` where it is none.
pub(crate) fn split(pair: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let at = pair.iter().position(|byte| *byte == b'=').filter(|at| *at > 0)?;
    Some((pair[..at].to_vec(), pair[at + 1..].to_vec()))
}

/// Keeps what was given by name for the next starts of the pane's program.
///
/// # Errors
/// Where the pane's folder can't be written.
pub(super) fn keep(pane: &Path, pairs: &[Vec<u8>]) -> io::Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    let text: Vec<u8> = pairs.iter().flat_map(|pair| pair.iter().copied().chain([0])).collect();
    folder::write_private(&folder::kept_environment(pane), &text)
}

/// What was kept.
pub(crate) fn kept(pane: &Path) -> Environment {
    let text = std::fs::read(folder::kept_environment(pane)).unwrap_or_default();
    text.split(|byte| *byte == 0).filter_map(split).collect()
}

/// The environment of the user's interactive login shell, where a PATH set in its start-up files finds the
/// agents; the server's own where the shell doesn't tell in time.
pub(crate) async fn login_environment() -> Environment {
    let asked = tokio::task::spawn_blocking(ask_login_shell);
    match tokio::time::timeout(LOGIN_SHELL + Duration::from_secs(1), asked).await {
        Ok(Ok(Some(environment))) => environment,
        _ => {
            tracing::warn!(
                "the login shell did not tell its environment: the server's own is used"
            );
            std::env::vars_os().map(|(key, value)| (key.into_vec(), value.into_vec())).collect()
        }
    }
}

fn ask_login_shell() -> Option<Environment> {
    let shell = std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
    // printf and env mean the same in sh, zsh, fish and csh.
    let script = r"printf '\000towline-environment\000'; env -0";
    let mut command = Command::new(shell);
    command
        .args(["-i", "-l", "-c", script])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    // An interactive shell would take the terminal away from whoever has it.
    // SAFETY: setsid is async-signal-safe and touches no memory of ours.
    unsafe {
        command.pre_exec(|| {
            let _ = rustix::process::setsid();
            Ok(())
        });
    }
    let mut child = command.spawn().ok()?;
    let (tell, told) = std::sync::mpsc::channel();
    let mut stdout = child.stdout.take()?;
    std::thread::spawn(move || {
        let mut output = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stdout, &mut output);
        let _ = tell.send(output);
    });
    let output = told.recv_timeout(LOGIN_SHELL).ok();
    let _ = child.kill();
    let _ = child.wait();
    parse_environment(&output?)
}

fn parse_environment(output: &[u8]) -> Option<Environment> {
    let start = output.windows(MARK.len()).rposition(|window| window == MARK)? + MARK.len();
    let environment: Environment =
        output[start..].split(|byte| *byte == 0).filter_map(split).collect();
    environment.contains_key(&b"PATH"[..]).then_some(environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_around_a_login_shells_environment_is_skipped() {
        let output =
            b"motd\nPATH=wrong\n\0towline-environment\0PATH=/bin\0A=b=c\0BAD\0MULTI=x\ny\0";
        let environment = parse_environment(output).unwrap();
        assert_eq!(environment[&b"PATH"[..]], b"/bin");
        assert_eq!(environment[&b"A"[..]], b"b=c");
        assert_eq!(environment[&b"MULTI"[..]], b"x\ny");
        assert_eq!(environment.len(), 3);
        assert!(parse_environment(b"nothing of the kind").is_none());
    }
}
