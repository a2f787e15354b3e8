//! Points in time: microseconds since 1970 UTC on the wire, RFC 3339 for programs, ages for people.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::duration;

/// Now, in microseconds since 1970 UTC.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// A time as RFC 3339 in UTC; none for 0, which means that there is no such time.
pub(crate) fn rfc3339(microseconds: u64) -> Option<String> {
    let microseconds = i64::try_from(microseconds).ok().filter(|time| *time > 0)?;
    Timestamp::from_microsecond(microseconds).ok().map(|time| time.to_string())
}

/// This moment as RFC 3339 in UTC.
pub(crate) fn rfc3339_now() -> String {
    rfc3339(now()).unwrap_or_default()
}

/// How long ago a time was, in a column's few letters; `-` where there is no such time.
pub(crate) fn age(microseconds: u64, now: u64) -> String {
    match microseconds {
        0 => "-".into(),
        _ => duration::age(Duration::from_micros(now.saturating_sub(microseconds))),
    }
}

/// A time in the words of the place the person is at; `-` where there is no such time.
pub(crate) fn local(microseconds: u64) -> String {
    let microseconds = i64::try_from(microseconds).ok().filter(|time| *time > 0);
    let time = microseconds.and_then(|time| Timestamp::from_microsecond(time).ok());
    match time {
        Some(time) => {
            let zoned = time.to_zoned(TimeZone::system());
            zoned.strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
        }
        None => "-".into(),
    }
}

/// The time of the day at the place the person is at, with the date where that is another one than today's; `-` where there is
/// no such time.
pub(crate) fn local_clock(microseconds: u64) -> String {
    let read = |microseconds: u64| {
        let microseconds = i64::try_from(microseconds).ok().filter(|time| *time > 0)?;
        Some(Timestamp::from_microsecond(microseconds).ok()?.to_zoned(TimeZone::system()))
    };
    match (read(microseconds), read(now())) {
        (Some(time), Some(now)) if time.date() == now.date() => {
            time.strftime("%H:%M:%S%.3f").to_string()
        }
        (Some(time), _) => time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        (None, _) => "-".into(),
    }
}

/// Reads what `--since` takes: how long ago (`10m`), or a time (`2026-01-31T12:00:00Z`, `2026-01-31 12:00`; a
/// time without a zone is of this place). Microseconds since 1970 UTC.
///
/// # Errors
/// One line for the person who typed it.
pub(crate) fn parse_since(text: &str) -> Result<u64, String> {
    since(text, now(), &TimeZone::system())
}

fn since(text: &str, now: u64, zone: &TimeZone) -> Result<u64, String> {
    let text = text.trim();
    if let Ok(ago) = duration::parse(text) {
        let ago = u64::try_from(ago.as_micros()).unwrap_or(u64::MAX);
        // 0 would mean that everything is wanted in any case.
        return Ok(now.saturating_sub(ago).max(1));
    }
    let of_this_place = || text.parse::<DateTime>().ok()?.to_zoned(zone.clone()).ok();
    let time = text.parse::<Timestamp>().ok().or_else(|| Some(of_this_place()?.timestamp()));
    let microseconds = time.and_then(|time| u64::try_from(time.as_microsecond()).ok());
    microseconds
        .map(|time| time.max(1))
        .ok_or_else(|| format!("`{text}` is not a time such as 10m (ago) or 2026-01-31T12:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000_000_000_000;

    #[test]
    fn times_and_ages_are_read() {
        for (text, expected) in [
            ("10m", NOW - 600_000_000),
            ("1970-01-01T00:00:02Z", 2_000_000),
            ("1970-01-01T01:00:02+01:00", 2_000_000),
            ("1970-01-01 00:00:02", 2_000_000),
            ("1970-01-02", 86_400_000_000),
            ("99999d", 1),
        ] {
            assert_eq!(since(text, NOW, &TimeZone::UTC), Ok(expected), "{text}");
        }
        for text in ["", "yesterday", "25:00", "1960-01-01T00:00:00Z"] {
            assert!(since(text, NOW, &TimeZone::UTC).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_written() {
        assert_eq!(rfc3339(1_500_000).as_deref(), Some("1970-01-01T00:00:01.5Z"));
        assert_eq!(rfc3339(0), None);
        assert_eq!(age(0, NOW), "-");
        assert_eq!(age(NOW - 61_000_000, NOW), "1m");
        assert_eq!(age(NOW + 5, NOW), "0s");
    }
}
