//! Durations as people write and read them.

use std::time::Duration;

/// Reads `10s`, `5m`, `1h30m`, `500ms`, `2d`. A bare number is seconds.
///
/// # Errors
/// One line for the person who typed it.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration such as 500ms, 10s, 5m or 1h30m");
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let unit_end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let milliseconds = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "" if total.is_zero() && tail.is_empty() => 1_000,
            _ => return Err(wrong()),
        };
        let part = number.checked_mul(milliseconds).map(Duration::from_millis);
        total = part.and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        rest = tail;
    }
    Ok(total)
}

/// An age in the two or three characters that a column has for it: `5s`, `12m`, `3h`, `8d`.
pub(crate) fn age(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A duration in words that [`parse`] reads: `1h30m`, `2.5s` rounded to whole units.
pub(crate) fn words(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    if milliseconds < 1_000 {
        return format!("{milliseconds}ms");
    }
    let seconds = duration.as_secs();
    let mut text = String::new();
    for (length, unit) in [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")] {
        let count = match unit {
            "d" => seconds / 86_400,
            "h" => seconds % 86_400 / 3_600,
            "m" => seconds % 3_600 / 60,
            _ => seconds % 60,
        };
        if count > 0 && seconds >= length {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, milliseconds) in [
            ("10s", 10_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("500ms", 500),
            ("1m500ms", 60_500),
            ("2d", 172_800_000),
            ("7", 7_000),
            ("0", 0),
            (" 3s ", 3_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "s",
            "1x",
            "-1s",
            "1.5s",
            "10s5",
            "99999999999999999999s",
            "5 m",
            "18446744073709551615d",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_written() {
        for (seconds, expected_age, expected_words) in [
            (0, "0s", "0ms"),
            (59, "59s", "59s"),
            (60, "1m", "1m"),
            (5_400, "1h", "1h30m"),
            (90_061, "1d", "1d1h1m1s"),
        ] {
            let duration = Duration::from_secs(seconds);
            assert_eq!(
                (age(duration).as_str(), words(duration).as_str()),
                (expected_age, expected_words)
            );
        }
    }
}
