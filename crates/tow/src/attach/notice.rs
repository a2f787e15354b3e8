//! Which line lies over the bottom row.

use std::time::{Duration, Instant};

use super::overlay::RECONNECTING;

/// How long a line for the person stays.
const SHOWN: Duration = Duration::from_secs(5);

/// The line, where there is one.
#[derive(Debug, Default)]
pub(super) struct Notice {
    /// The server is away: said as long as it is.
    away: Option<String>,
    text: Option<(String, Instant)>,
}

impl Notice {
    /// Shows a text for a while.
    pub(super) fn say(&mut self, text: String, now: Instant) {
        self.text = Some((text, now + SHOWN));
    }

    /// The server is away; why, where it is known. What was known before stays.
    pub(super) fn away(&mut self, why: Option<&str>) {
        match why {
            None => _ = self.away.get_or_insert_with(|| RECONNECTING.to_owned()),
            Some(why) => self.away = Some(format!("{RECONNECTING} ({why})")),
        }
    }

    /// The server is back.
    pub(super) fn back(&mut self) {
        self.away = None;
    }

    /// What lies over the bottom row.
    pub(super) fn line(&self) -> Option<&str> {
        self.away.as_deref().or(self.text.as_ref().map(|(text, _)| text.as_str()))
    }

    /// When [`Notice::expire`] is due.
    pub(super) fn until(&self) -> Option<Instant> {
        self.text.as_ref().map(|(_, until)| *until)
    }

    /// Takes away a text whose time is over; tells whether the row is to be painted again.
    pub(super) fn expire(&mut self, now: Instant) -> bool {
        let over = self.until().is_some_and(|until| until <= now);
        if over {
            self.text = None;
        }
        over && self.away.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_goes_by_itself_and_reconnecting_does_not() {
        let start = Instant::now();
        let mut notice = Notice::default();
        assert_eq!((notice.line(), notice.until()), (None, None));
        notice.say("hello".to_owned(), start);
        assert_eq!(notice.line(), Some("hello"));
        assert!(!notice.expire(start));
        notice.away(None);
        assert_eq!(notice.line(), Some(RECONNECTING));
        assert!(!notice.expire(start + SHOWN), "nothing to paint from");
        assert_eq!(notice.line(), Some(RECONNECTING));
        notice.away(Some("x's holder does not answer"));
        notice.away(None);
        assert_eq!(notice.line(), Some("reconnecting… (x's holder does not answer)"));
        notice.back();
        assert_eq!(notice.line(), None);
        notice.say("again".to_owned(), start);
        assert!(notice.expire(start + SHOWN));
        assert!(!notice.expire(start + SHOWN));
    }
}
