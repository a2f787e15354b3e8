//! The line that is left on the terminal after an attach.

use towline_protocol::v1;

/// How an attach ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AttachEnd {
    /// The person detached; so many bytes that were typed are not known to have arrived.
    Detached {
        /// Those bytes.
        undelivered: usize,
    },
    /// The pane's program ended; `None`: nobody knows how.
    Ended(Option<v1::Exit>),
    /// Somebody stopped the server.
    Stopped,
    /// This client was told to end, by this signal.
    Signal(i32),
}

impl AttachEnd {
    /// The exit status of a command that did nothing but attach.
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            Self::Detached { .. } | Self::Ended(_) | Self::Stopped => 0,
            // As shells tell it.
            Self::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }

    /// The line to leave behind; `name` is the pane's, `target` the same with its host.
    pub(super) fn line(&self, name: &str, target: &str) -> Option<String> {
        match self {
            Self::Detached { undelivered: 0 } => Some(format!("[detached from {target}]")),
            Self::Detached { undelivered } => Some(format!(
                "[detached from {target}; the last {undelivered} bytes typed may not have arrived]"
            )),
            Self::Ended(exit) => Some(format!("[{name} ended{}]", how(exit.as_ref()))),
            Self::Stopped => Some("[server stopped; panes run on]".to_owned()),
            Self::Signal(_) => None,
        }
    }
}

fn how(exit: Option<&v1::Exit>) -> String {
    match exit {
        Some(v1::Exit { status: Some(status), .. }) => format!(": exit status {status}"),
        Some(v1::Exit { signal: Some(signal), .. }) => {
            format!(": {}", crate::signals::name(*signal))
        }
        Some(v1::Exit { lost, .. }) if lost == "reboot" => ": the host was restarted".to_owned(),
        Some(v1::Exit { lost, .. }) if lost == "holder" => ": its holder was killed".to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_tell_how_it_ended() {
        let ended = |exit| AttachEnd::Ended(Some(exit));
        for (end, expected, status) in [
            (AttachEnd::Detached { undelivered: 0 }, Some("[detached from local:x]"), 0),
            (
                AttachEnd::Detached { undelivered: 7 },
                Some("[detached from local:x; the last 7 bytes typed may not have arrived]"),
                0,
            ),
            (
                ended(v1::Exit { status: Some(0), ..Default::default() }),
                Some("[x ended: exit status 0]"),
                0,
            ),
            (
                ended(v1::Exit { status: Some(3), ..Default::default() }),
                Some("[x ended: exit status 3]"),
                0,
            ),
            (
                ended(v1::Exit { signal: Some(9), ..Default::default() }),
                Some("[x ended: SIGKILL]"),
                0,
            ),
            (
                ended(v1::Exit { lost: "reboot".to_owned(), ..Default::default() }),
                Some("[x ended: the host was restarted]"),
                0,
            ),
            (AttachEnd::Ended(None), Some("[x ended]"), 0),
            (AttachEnd::Stopped, Some("[server stopped; panes run on]"), 0),
            (AttachEnd::Signal(15), None, 143),
        ] {
            assert_eq!(end.line("x", "local:x").as_deref(), expected);
            assert_eq!(end.exit_status(), status);
        }
    }
}
