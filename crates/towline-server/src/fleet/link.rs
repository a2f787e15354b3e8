//! The state of a link, and what follows from it: pure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use towline_client::Connection;
use towline_client::tmux::Driver;
use towline_protocol::v1;

use crate::fault::Fault;

/// The shortest and the longest pause between two tries to reach a host. A host that has just come back answers the
/// first; one that is switched off is asked once a minute.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(60));

/// The state of a link.
#[derive(Debug, Clone)]
pub(super) enum Link {
    /// A try to connect is under way, or about to be.
    Connecting,
    /// It is there.
    Up(Reach),
    /// It is not, and why.
    Down(Trouble),
}

/// The way to a host that is there.
#[derive(Debug, Clone)]
pub(crate) enum Reach {
    /// To its Towline server.
    Towline(Connection),
    /// To its tmux: it has no Towline.
    Tmux(Arc<Driver>),
}

impl Reach {
    /// Whether it is there, as far as is known.
    pub(super) fn is_up(&self) -> bool {
        match self {
            Self::Towline(connection) => connection.is_up(),
            Self::Tmux(_) => true,
        }
    }
}

/// Why a host can't be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) message: String,
    pub(super) hints: Vec<String>,
}

impl Trouble {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new() }
    }

    pub(super) fn fault(&self, alias: &str) -> Fault {
        let message = format!("{alias} is unreachable: {}", self.message);
        let fault = Fault::new(v1::ErrorKind::Unreachable, message);
        self.hints.iter().fold(fault, |fault, hint| fault.hint(hint))
    }
}

/// The link with the number of tries that it took.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) link: Link,
    /// Tries begun.
    pub(super) tries: u64,
    /// When the last one was.
    pub(super) tried: Instant,
    /// Why the last one failed; it stays while the next is under way, and goes when the link is up.
    pub(super) trouble: Option<Trouble>,
}

impl State {
    /// No try yet.
    pub(super) fn new() -> Self {
        Self { link: Link::Connecting, tries: 0, tried: Instant::now(), trouble: None }
    }

    /// A try begins.
    pub(super) fn begin(&mut self) {
        self.link = Link::Connecting;
        self.tries += 1;
        self.tried = Instant::now();
    }

    pub(super) fn up(&mut self, reach: Reach) {
        self.link = Link::Up(reach);
        self.trouble = None;
    }

    /// Whether anybody learns something new from it.
    pub(super) fn down(&mut self, trouble: Trouble) -> bool {
        let news = self.trouble.as_ref() != Some(&trouble);
        self.trouble = Some(trouble.clone());
        self.link = Link::Down(trouble);
        news
    }

    /// Being connected to, and not known to be away.
    pub(super) fn settling(&self) -> bool {
        matches!(self.link, Link::Connecting) && self.trouble.is_none()
    }

    /// The try whose outcome counts for who asks now: one that is under way, else the next.
    pub(super) fn next_try(&self) -> u64 {
        match self.link {
            Link::Connecting => self.tries,
            Link::Up(_) | Link::Down(_) => self.tries + 1,
        }
    }
}

/// The pauses between tries, growing, with jitter so that many clients of a host don't come back all at once.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self { next: PAUSES.0 }
    }

    /// The next pause; `random` decides where it lies between half of it and all.
    pub(super) fn pause(&mut self, random: u8) -> Duration {
        let pause = self.next;
        self.next = (self.next * 2).min(PAUSES.1);
        pause / 2 + pause.mul_f64(f64::from(random) / 510.0)
    }

    /// It worked: the next loss is another one.
    pub(super) fn reset(&mut self) {
        self.next = PAUSES.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let mut backoff = Backoff::new();
        let pauses: Vec<u128> = (0..10).map(|_| backoff.pause(255).as_millis()).collect();
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
        backoff.reset();
        assert_eq!(backoff.pause(0), PAUSES.0 / 2);
    }

    #[test]
    fn a_host_that_was_away_is_not_waited_for() {
        let mut state = State::new();
        state.begin();
        assert!(state.settling());
        assert!(state.down(Trouble::new("no route")));
        state.begin();
        assert!(!state.settling());
        assert!(!state.down(Trouble::new("no route")), "the same again is no news");
        assert!(state.down(Trouble::new("refused")));
    }

    #[test]
    fn who_asks_gets_the_outcome_of_a_try_that_began_no_earlier() {
        let down = Link::Down(Trouble::new("x"));
        assert_eq!(State { link: down, tries: 3, ..State::new() }.next_try(), 4);
        assert_eq!(State { tries: 3, ..State::new() }.next_try(), 3);
    }
}
