//! What to do when the server is away: when to try again, and when to give up.

use std::time::Duration;

use towline_client::RequestError;
use towline_protocol::v1::{self, goodbye};

use crate::error::CommandError;

/// The pauses between tries. A server that was killed is back within a tenth of a second; one that can't
/// start shouldn't be started many times a second.
const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// The pauses, growing.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self { next: FIRST }
    }

    /// The pause before the next try.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (self.next * 2).min(LONGEST);
        pause
    }

    /// It worked: the next loss is another one.
    pub(super) fn reset(&mut self) {
        self.next = FIRST;
    }
}

/// How a try to attach again went wrong, and what follows.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Try again after a pause; why, where that is worth telling.
    Retry(Option<String>),
    /// Somebody stopped the server; the panes run on.
    Stopped,
    /// The pane's program has ended meanwhile; how, where that is known.
    Ended(Option<v1::Exit>),
    /// Trying again can't help.
    GiveUp(CommandError),
}

/// What follows from a lost connection.
pub(super) fn after_loss(goodbye: Option<goodbye::Reason>) -> Verdict {
    match goodbye {
        Some(goodbye::Reason::Stopped) => Verdict::Stopped,
        Some(goodbye::Reason::Restarting | goodbye::Reason::Unspecified) | None => {
            Verdict::Retry(None)
        }
    }
}

/// What follows from an attach that was not accepted.
pub(super) fn after_refusal(error: RequestError) -> Verdict {
    match error {
        RequestError::Remote(error) => match error.kind() {
            v1::ErrorKind::Ended => Verdict::Ended(None),
            // The pane was there: a server that has just started may not have reached its holder yet.
            v1::ErrorKind::TimedOut
            | v1::ErrorKind::OutcomeUnknown
            | v1::ErrorKind::Internal
            // Its host may come back in a second or in a week.
            | v1::ErrorKind::Unreachable => Verdict::Retry(Some(error.message)),
            _ => Verdict::GiveUp(error.into()),
        },
        RequestError::Lost { goodbye } => after_loss(goodbye),
        _ => Verdict::Retry(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_two_seconds_and_begin_again() {
        let mut backoff = Backoff::new();
        let pauses: Vec<u128> = (0..8).map(|_| backoff.pause().as_millis()).collect();
        assert_eq!(pauses, [50, 100, 200, 400, 800, 1600, 2000, 2000]);
        backoff.reset();
        assert_eq!(backoff.pause(), FIRST);
    }

    #[test]
    fn only_what_can_pass_is_tried_again() {
        let remote = |kind: v1::ErrorKind| {
            RequestError::Remote(v1::Error { kind: kind.into(), ..Default::default() })
        };
        for (error, expected) in [
            (RequestError::Lost { goodbye: None }, "Retry"),
            (RequestError::Lost { goodbye: Some(goodbye::Reason::Restarting) }, "Retry"),
            (RequestError::Lost { goodbye: Some(goodbye::Reason::Stopped) }, "Stopped"),
            (RequestError::Timeout, "Retry"),
            (remote(v1::ErrorKind::TimedOut), "Retry"),
            (remote(v1::ErrorKind::Ended), "Ended"),
            (remote(v1::ErrorKind::NotFound), "GiveUp"),
            (remote(v1::ErrorKind::Internal), "Retry"),
            (remote(v1::ErrorKind::Unreachable), "Retry"),
            (remote(v1::ErrorKind::Forbidden), "GiveUp"),
        ] {
            let text = format!("{error:?}");
            let verdict = format!("{:?}", after_refusal(error));
            assert!(verdict.starts_with(expected), "{text} gives {verdict}");
        }
    }
}
