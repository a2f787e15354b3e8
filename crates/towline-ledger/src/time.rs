//! Times as the ledger has them: RFC 3339, in nanoseconds with the zeros at the end left out, as Go writes them.

use jiff::{Timestamp, ToSpan};

/// A time as it is written in a ledger, in UTC.
pub fn write(time: Timestamp) -> String {
    time.to_string()
}

/// The time that a text is, with any offset from UTC; `None` where it is none.
pub fn read(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// The time for a change that is made at `now` of what was changed last at `before`: later than that, whatever the clocks say.
pub fn after(now: Timestamp, before: Option<Timestamp>) -> Timestamp {
    match before {
        Some(before) if before >= now => before.checked_add(1.nanosecond()).unwrap_or(before),
        _ => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_go_writes_them() {
        for (text, written) in [
            ("2025-12-26T12:00:00Z", "2025-12-26T12:00:00Z"),
            ("2025-12-26T12:00:00.100000000Z", "2025-12-26T12:00:00.1Z"),
            ("2025-12-26T12:00:00.000000001Z", "2025-12-26T12:00:00.000000001Z"),
            ("2025-10-16T20:46:09.714211-07:00", "2025-10-17T03:46:09.714211Z"),
        ] {
            assert_eq!(write(read(text).unwrap()), written, "{text}");
        }
        assert_eq!(read("yesterday"), None);
    }

    #[test]
    fn a_change_is_later_than_the_one_before() {
        let now = read("2026-01-01T00:00:00Z").unwrap();
        let later = read("2026-01-02T00:00:00Z").unwrap();
        assert_eq!(after(now, None), now);
        assert_eq!(after(later, Some(now)), later);
        assert_eq!(write(after(now, Some(later))), "2026-01-02T00:00:00.000000001Z");
        assert_eq!(write(after(now, Some(now))), "2026-01-01T00:00:00.000000001Z");
    }
}
