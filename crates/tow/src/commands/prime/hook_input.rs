//! What an agent's hook says on standard input: which session begins, and why.

use std::io::{IsTerminal, Read};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::{Deserialize, Serialize};

use crate::output;

/// How long is waited for it. Agents write it before they start the hook, or never close its input.
const PATIENCE: Duration = Duration::from_millis(50);

/// The longest that is read.
const LONGEST: usize = 256 << 10;

/// The session that begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Session {
    /// The agent's own id of it.
    #[serde(rename(deserialize = "session_id"))]
    pub(super) id: String,
    /// Why it begins: startup, resume, clear, compact.
    pub(super) source: String,
}

/// Reads what is there, where standard input is no terminal.
pub(super) fn read() -> Option<Session> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return None;
    }
    let end = Instant::now() + PATIENCE;
    let mut text = Vec::new();
    let mut chunk = [0; 16 << 10];
    while text.len() < LONGEST {
        let left = end.saturating_duration_since(Instant::now());
        let mut fds = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
        let left = Timespec { tv_sec: 0, tv_nsec: i64::from(left.subsec_nanos()) };
        match poll(&mut fds, Some(&left)) {
            Ok(count) if count > 0 => {}
            _ => break,
        }
        match stdin.lock().read(&mut chunk) {
            Ok(0) | Err(_) => break,
            Ok(count) => text.extend_from_slice(&chunk[..count]),
        }
        if let Some(session) = parse(&text) {
            return Some(session);
        }
    }
    parse(&text)
}

fn parse(text: &[u8]) -> Option<Session> {
    // A list would do for a structure, too.
    if !text.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let session: Session = serde_json::from_slice(text).ok()?;
    Some(Session { id: output::one_line(&session.id), source: output::one_line(&session.source) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_what_the_hook_says() {
        let session =
            |id: &str, source: &str| Some(Session { id: id.into(), source: source.into() });
        for (text, expected) in [
            (
                r#"{"session_id":"a","transcript_path":"/x","source":"compact"}"#,
                session("a", "compact"),
            ),
            (r#"{"session_id":"a\u001b[2J"}"#, session("a [2J", "")),
            ("{}\n", session("", "")),
            (r#"{"session_id""#, None),
            ("", None),
            ("[]", None),
        ] {
            assert_eq!(parse(text.as_bytes()), expected, "{text}");
        }
    }
}
