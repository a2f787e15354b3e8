//! Sizes in bytes as people write them.

/// Units by name. As with most tools `M` is `MiB`, and `MB` is a million.
const UNITS: [(&str, u64); 14] = [
    ("", 1),
    ("B", 1),
    ("K", 1 << 10),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("M", 1 << 20),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("G", 1 << 30),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("T", 1 << 40),
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
];

/// Reads a size such as `16MiB`, `2 GB`, `1.5G` or `4096`; `None` where it is none.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim();
    let (_, factor) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    match number.split_once('.') {
        None => number.parse::<u64>().ok()?.checked_mul(*factor),
        Some((whole, fraction)) => {
            // No floating point: "0.1GiB" is the same number everywhere. Nine digits are a billionth.
            if fraction.is_empty() || fraction.len() > 9 {
                return None;
            }
            let whole = whole.parse::<u64>().ok()?.checked_mul(*factor)?;
            let scale = 10u128.pow(u32::try_from(fraction.len()).ok()?);
            let part = u128::from(fraction.parse::<u64>().ok()?) * u128::from(*factor) / scale;
            whole.checked_add(u64::try_from(part).ok()?)
        }
    }
}

/// Writes a size in the largest unit that it is a whole number of, so that [`parse_bytes`] gives it back.
pub fn format_bytes(bytes: u64) -> String {
    for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] {
        if bytes > 0 && bytes.is_multiple_of(1 << shift) {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, expected) in [
            ("0", Some(0)),
            ("4096", Some(4096)),
            ("16MiB", Some(16 << 20)),
            ("16 mib", Some(16 << 20)),
            ("16M", Some(16 << 20)),
            ("2GB", Some(2_000_000_000)),
            ("1.5GiB", Some(3 << 29)),
            ("0.5 K", Some(512)),
            ("1B", Some(1)),
            ("", None),
            ("MiB", None),
            ("-1", None),
            ("1.", None),
            ("1.2.3M", None),
            ("16 potatoes", None),
            ("99999999999999999999", None),
            ("16777216TiB", None),
        ] {
            assert_eq!(parse_bytes(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for bytes in [0, 1, 1000, 1024, 16 << 20, (16 << 20) + 1, 2 << 30, u64::MAX] {
            assert_eq!(parse_bytes(&format_bytes(bytes)), Some(bytes));
        }
        assert_eq!(format_bytes(2 << 30), "2GiB");
    }
}
