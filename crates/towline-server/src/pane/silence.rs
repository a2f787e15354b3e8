//! Whether a holder still answers. It does at once, whatever its program does; one that was stopped, or hangs in the
//! kernel, says nothing and holds its lock all the same.

use std::time::Duration;

use tokio::time::Instant;

/// How long a holder may be silent before it is asked, and then until it counts as unresponsive. It has one thread
/// that never blocks for long.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is known of a holder by when it spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Silence {
    /// It owes no word.
    #[default]
    Idle,
    /// It was told something that it answers as a rule, though not where its program reads nothing: if it says
    /// nothing by then, it is to be asked.
    Told(Instant),
    /// It was asked what it always answers: if it says nothing by then, it is unresponsive.
    Asked(Instant),
    /// It is unresponsive.
    Unresponsive,
}

/// What follows from the time.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// Ask it.
    Ask,
    /// It has just become unresponsive.
    Unresponsive,
}

impl Silence {
    /// It was told something that has an answer.
    pub(super) fn told(&mut self, now: Instant) {
        if *self == Self::Idle {
            *self = Self::Told(now + PATIENCE);
        }
    }

    /// Whether to ask it now. One that was asked already is not asked again.
    pub(super) fn ask(&mut self, now: Instant) -> bool {
        let ask = matches!(self, Self::Idle | Self::Told(_));
        if ask {
            *self = Self::Asked(now + PATIENCE);
        }
        ask
    }

    /// It said something. Returns whether it was unresponsive before.
    pub(super) fn heard(&mut self) -> bool {
        std::mem::take(self) == Self::Unresponsive
    }

    /// When [`due`](Self::due) has something to say.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match *self {
            Self::Told(until) | Self::Asked(until) => Some(until),
            Self::Idle | Self::Unresponsive => None,
        }
    }

    pub(super) fn due(&mut self, now: Instant) -> Due {
        match *self {
            Self::Told(until) if until <= now => {
                self.ask(now);
                Due::Ask
            }
            Self::Asked(until) if until <= now => {
                *self = Self::Unresponsive;
                Due::Unresponsive
            }
            _ => Due::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_asked_before_it_is_given_up() {
        let start = Instant::now();
        let after = |patience: u32| start + PATIENCE * patience;
        let mut silence = Silence::default();
        assert_eq!((silence.deadline(), silence.due(after(9))), (None, Due::Nothing));
        silence.told(start);
        silence.told(after(1));
        assert_eq!(silence.deadline(), Some(after(1)), "the first that it was told counts");
        assert_eq!(silence.due(start), Due::Nothing);
        assert_eq!(silence.due(after(1)), Due::Ask);
        assert!(!silence.ask(after(1)), "it was asked already");
        assert_eq!(silence.due(after(2)), Due::Unresponsive);
        assert_eq!((silence.deadline(), silence.due(after(9))), (None, Due::Nothing));
        assert!(silence.heard());
        assert!(!silence.heard());
        assert!(silence.ask(start));
        assert!(!silence.heard());
        assert_eq!(silence, Silence::Idle);
    }
}
