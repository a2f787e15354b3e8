//! Words for messages: an I/O error without its number, the known word that was probably meant.

use std::io;

/// An I/O error as it stands inside a sentence: without the number the standard library appends.
pub(crate) fn io_error(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split_once(" (os error ").map_or(text.as_str(), |(words, _)| words);
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// The word among `known` that is nearest to `word`, where one is near enough to be worth naming: at most a third of it, and
/// one letter of a short one, is other.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

/// `; did you mean X?`, or nothing.
pub(crate) fn did_you_mean(meant: Option<&str>) -> String {
    meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_no_numbers() {
        assert_eq!(io_error(&io::Error::from_raw_os_error(2)), "no such file or directory");
        assert_eq!(io_error(&io::ErrorKind::NotFound.into()), "entity not found");
    }

    #[test]
    fn only_near_words_are_named() {
        let known = ["issue", "version", "x"];
        for (word, meant) in [
            ("isue", Some("issue")),
            ("isseu", Some("issue")),
            ("verison", Some("version")),
            ("banana", None),
            ("", Some("x")),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }
}
