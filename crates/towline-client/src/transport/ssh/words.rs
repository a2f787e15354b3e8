//! What ssh says of its own end, and what it means for a person.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::transport::{DialError, Words};

/// So many lines of standard error are kept.
const LINES: usize = 12;

/// So many characters of each.
const LINE: usize = 300;

/// The last lines of a program's standard error. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastLines(Arc<Mutex<Vec<String>>>);

impl LastLines {
    /// The lines, the oldest first, without control characters.
    pub(crate) fn get(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn push(&self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text: String = text.chars().filter(|c| !c.is_control()).take(LINE).collect();
        if text.trim().is_empty() {
            return;
        }
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.remove(0);
        }
        lines.push(text);
    }

    /// Reads a stream to its end.
    pub(crate) async fn read(&self, mut stream: impl AsyncRead + Unpin) {
        let mut line = Vec::new();
        let mut bytes = [0; 1024];
        loop {
            let count = stream.read(&mut bytes).await.unwrap_or(0);
            for byte in &bytes[..count] {
                match byte {
                    b'\n' => {
                        self.push(&line);
                        line.clear();
                    }
                    byte if line.len() < 4 * LINE => line.push(*byte),
                    _ => {}
                }
            }
            if count == 0 {
                return self.push(&line);
            }
        }
    }
}

/// What a `tow` on the other host said of its failure: its message, and its hints as commands of this host.
pub(super) fn of_tow(destination: &str, lines: &[String]) -> Option<Words> {
    let at = lines.iter().rposition(|line| line.starts_with("tow: "))?;
    let message = lines[at]["tow: ".len()..].to_owned();
    let hints = lines[at + 1..].iter().filter_map(|line| line.strip_prefix("hint: "));
    let there = |hint: &str| match hint.starts_with("tow ") {
        true => format!("ssh {destination} {hint}"),
        false => hint.to_owned(),
    };
    Some(Words { message, hints: hints.map(there).collect() })
}

/// Why ssh ended before there was a stream, by its last lines. `alias` is what the host is called here.
pub(crate) fn classify(alias: &str, destination: &str, lines: &[String]) -> DialError {
    let connect = || vec![format!("tow host connect {alias}")];
    let has = |text: &str| lines.iter().any(|line| line.contains(text));
    // The last of the many lines that it has for this.
    if has("has changed and you have requested strict checking") {
        return DialError::NeedsPerson {
            message: "the host's key is not the one that is known".into(),
            hints: vec![format!(
                "ssh {destination}    shows which; go on only if you know why it changed"
            )],
        };
    }
    let message = last(lines).unwrap_or_else(|| "ssh ended without a word".into());
    let asks = [
        "Host key verification failed",
        "Permission denied (",
        "Too many authentication failures",
        "read_passphrase",
    ];
    if asks.iter().any(|text| message.contains(text)) {
        return DialError::NeedsPerson { message, hints: connect() };
    }
    DialError::Unreachable(message)
}

/// The line that says why, in ssh's own words, without what is known anyway.
fn last(lines: &[String]) -> Option<String> {
    // What ssh says about its multiplexing is a consequence, not a cause.
    let told = |line: &&String| {
        let aside = ["mux_client", "ControlSocket", "debug", "Warning: Permanently added", "** "];
        !aside.iter().any(|start| line.starts_with(start))
    };
    let line = lines.iter().rfind(told)?.trim_end_matches('.');
    // "ssh: connect to host thor port 22: Connection refused", "mac@thor: Permission denied (publickey)."
    let reason = match line.split_once(": connect to host ").map(|(_, rest)| rest) {
        Some(rest) => rest.split_once(": ").map_or(rest, |(_, reason)| reason),
        None => line.strip_prefix("ssh: ").unwrap_or(line),
    };
    let reason = reason.find("Permission denied (").map_or(reason, |at| &reason[at..]);
    Some(reason.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn ssh_is_quoted_in_short() {
        let unreachable = |text: &str| DialError::Unreachable(text.into());
        let person = |message: &str| DialError::NeedsPerson {
            message: message.into(),
            hints: vec!["tow host connect thor".into()],
        };
        for (said, expected) in [
            (
                "ssh: connect to host 10.0.0.1 port 22: Connection refused",
                unreachable("Connection refused"),
            ),
            ("ssh: connect to host ::1 port 22: No route to host", unreachable("No route to host")),
            (
                "ssh: Could not resolve hostname thor: Name or service not known",
                unreachable("Could not resolve hostname thor: Name or service not known"),
            ),
            (
                "kex_exchange_identification: Connection closed by remote host\nConnection closed by 10.0.0.1 port 22",
                unreachable("Connection closed by 10.0.0.1 port 22"),
            ),
            (
                "Connection timed out during banner exchange",
                unreachable("Connection timed out during banner exchange"),
            ),
            (
                "No ED25519 host key is known for thor and you have requested strict checking.\nHost key verification failed.",
                person("Host key verification failed"),
            ),
            (
                "mac@thor: Permission denied (publickey,password).",
                person("Permission denied (publickey,password)"),
            ),
            ("", unreachable("ssh ended without a word")),
        ] {
            assert_eq!(classify("thor", "mac@thor", &lines(said)), expected, "{said}");
        }
        let changed = lines(
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key for thor has changed and you have requested strict checking.\nHost key verification failed.",
        );
        assert!(matches!(classify("thor", "thor", &changed), DialError::NeedsPerson { .. }));
    }

    #[test]
    fn a_tow_over_there_is_quoted_with_its_hints() {
        let said = lines("motd\ntow: the server was stopped\nhint: tow server start\nhint: other");
        let words = of_tow("mac@thor", &said).unwrap();
        assert_eq!(words.message, "the server was stopped");
        assert_eq!(words.hints, ["ssh mac@thor tow server start", "other"]);
        assert_eq!(of_tow("thor", &lines("sh: tow: not found")), None);
    }

    #[tokio::test]
    async fn only_the_last_lines_are_kept() {
        let kept = LastLines::default();
        let mut text = "a\u{1b}[31mb\r\n\n".to_owned();
        (0..LINES - 1).for_each(|n| text.push_str(&format!("{n}\n")));
        kept.read(text.as_bytes()).await;
        assert_eq!(kept.get().len(), LINES);
        assert_eq!(kept.get()[0], "a[31mb");
        kept.read("x".repeat(LINE * 9).as_bytes()).await;
        assert_eq!(kept.get().len(), LINES);
        assert_eq!(kept.get()[LINES - 1].len(), LINE);
    }
}
