//! `wait --output`: a regular expression against each line, as the screen shows it or as it scrolls off.

use std::time::Duration;

use regex::Regex;
use tokio::sync::oneshot;
use towline_protocol::v1::ErrorKind;
use towline_vt::Terminal;

use crate::fault::Fault;

/// The regular expression that a person wrote.
///
/// # Errors
/// Where it is none; the hint says why.
pub(crate) fn pattern(text: &str) -> Result<Regex, Fault> {
    Regex::new(text).map_err(|error| {
        Fault::invalid(format!("{text:?} is no regular expression"))
            .hint(error.to_string().lines().last().unwrap_or_default().trim())
    })
}

/// Waits so many milliseconds; 0: for ever.
///
/// # Errors
/// That the time is over, or what the wait itself says.
pub(crate) async fn within<T>(
    timeout_ms: u64,
    waiting: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    if timeout_ms == 0 {
        return waiting.await;
    }
    let limit = Duration::from_millis(timeout_ms);
    tokio::time::timeout(limit, waiting).await.unwrap_or_else(|_| {
        let message = format!("nothing of the kind within {limit:?}");
        Err(Fault::new(ErrorKind::TimedOut, message))
    })
}

/// Somebody who waits for a line.
pub(super) struct Waiter {
    pattern: Box<Regex>,
    done: Option<oneshot::Sender<Result<String, Fault>>>,
    /// Lines before this one have scrolled off and were looked at.
    next: Option<u64>,
}

impl Waiter {
    pub(super) fn new(pattern: Box<Regex>, done: oneshot::Sender<Result<String, Fault>>) -> Self {
        Self { pattern, done: Some(done), next: None }
    }

    /// Looks at the screen and at what has scrolled off since the last look. True once there is nobody to
    /// tell any more: the line was found, or the one who waited has gone.
    pub(super) fn look(&mut self, terminal: &Terminal) -> bool {
        let from = self.next.unwrap_or_else(|| terminal.screen_start()).max(terminal.first_line());
        self.next = Some(terminal.screen_start());
        let found = (from..terminal.end_line())
            .filter_map(|number| terminal.line(number))
            .map(|line| line.text())
            .find(|text| self.pattern.is_match(text));
        if let Some(text) = found {
            if let Some(done) = self.done.take() {
                let _ = done.send(Ok(text));
            }
            return true;
        }
        self.done.as_ref().is_none_or(oneshot::Sender::is_closed)
    }
}
