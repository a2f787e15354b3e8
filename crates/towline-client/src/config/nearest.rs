//! The known word that was probably meant.

/// The word among `known` nearest to `word`, where one is near enough to be worth naming.
///
/// For words with a dot the part after the last one counts too, so that a key in the wrong table is found.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let last = |key: &'a str| key.rsplit('.').next().unwrap_or(key);
    known
        .map(|key| (distance(word, key).min(distance(word, last(key))), key))
        .filter(|(distance, key)| *distance <= last(key).len() / 3)
        .min()
        .map(|(_, key)| key)
}

/// Levenshtein's distance in characters, by the row-at-a-time algorithm.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_levenshteins() {
        for (a, b, expected) in
            [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("abc", "abc", 0)]
        {
            assert_eq!(distance(a, b), expected);
            assert_eq!(distance(b, a), expected);
        }
    }

    #[test]
    fn only_near_words_are_named() {
        let known = ["prefix", "term", "ended.keep_days"];
        for (word, expected) in [
            ("perfix", Some("prefix")),
            ("trem", None),
            ("temr", None),
            ("terms", Some("term")),
            ("keep-days", Some("ended.keep_days")),
            ("ended.keepdays", Some("ended.keep_days")),
            ("banana", None),
        ] {
            assert_eq!(nearest(word, known.into_iter()), expected, "{word}");
        }
    }
}
