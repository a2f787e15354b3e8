//! Numbers of bytes for people.

/// A number of bytes in the few letters of a column: `812K`, `3.4M`, `12G`.
pub(crate) fn bytes_in_words(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "K", "M", "G", "T"];
    let mut value = bytes as f64;
    let mut unit = 0;
    // 1000 would be four digits.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit > 0 && value < 9.95 {
        format!("{value:.1}{}", UNITS[unit])
    } else {
        format!("{value:.0}{}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_short() {
        for (bytes, expected) in [
            (0, "0B"),
            (999, "999B"),
            (1000, "1.0K"),
            (10 << 10, "10K"),
            (1 << 20, "1.0M"),
            (999 << 20, "999M"),
            (1 << 30, "1.0G"),
            (u64::MAX, "16777216T"),
        ] {
            assert_eq!(bytes_in_words(bytes), expected);
        }
    }
}
