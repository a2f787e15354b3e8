//! The words of an agent's command line: which are options, which are options' values, and which are verbs or the prompt.
//!
//! What is common to all agents; which options there are, and how they are spelled, each says for itself.

/// An option with its values, or a word that is no option. `N` is how the agent's options are named.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word<'a, N> {
    /// The option; `None`: a verb, or a part of the prompt.
    pub(super) name: Option<N>,
    /// The words as they stand, the name's first.
    pub(super) words: &'a [String],
}

/// How an agent's options are named.
pub(super) trait Named {
    /// It is one of these names.
    fn is_one_of(&self, names: &[&str]) -> bool;
}

impl Named for &str {
    fn is_one_of(&self, names: &[&str]) -> bool {
        names.contains(self)
    }
}

impl<N: Named> Word<'_, N> {
    /// It is an option of one of these names.
    pub(super) fn is(&self, names: &[&str]) -> bool {
        self.name.as_ref().is_some_and(|name| name.is_one_of(names))
    }
}

impl<'a, N> Word<'a, N> {
    /// The first of an option's values: in the same word behind `=`, or the next word.
    pub(super) fn value(&self) -> Option<&'a str> {
        match self.words.first()?.split_once('=') {
            Some((_, value)) if self.name.is_some() => Some(value),
            _ => self.words.get(1).map(String::as_str),
        }
    }

    /// The words as they stand.
    pub(super) fn text(&self) -> Vec<String> {
        self.words.to_vec()
    }
}

/// How many values an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// None, or one that stands in the same word.
    None,
    /// The next word, whatever it is.
    One,
    /// The next word, unless it is an option.
    OneOrNone,
    /// All words up to the next option.
    Several,
}

/// Whether a word is an option. A dash alone is none.
pub(super) fn is_option(text: &str) -> bool {
    text.len() > 1 && text.starts_with('-')
}

/// The words of some arguments. `option` tells what one that is an option is, and what it takes.
pub(super) fn words<'a, N>(
    arguments: &'a [String],
    option: impl Fn(&'a str) -> (N, Takes),
) -> Vec<Word<'a, N>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(text) = arguments.get(at) {
        if text == "--" {
            // Nothing behind it is an option; it goes with what is there.
            words.push(Word { name: None, words: &arguments[at..] });
            break;
        }
        let rest = &arguments[at + 1..];
        let (name, values) = match is_option(text) {
            false => (None, 0),
            true => {
                let (name, takes) = option(text);
                let values = match takes {
                    Takes::None => 0,
                    Takes::One => rest.len().min(1),
                    Takes::OneOrNone => {
                        usize::from(rest.first().is_some_and(|next| !is_option(next)))
                    }
                    Takes::Several => rest.iter().take_while(|next| !is_option(next)).count(),
                };
                (Some(name), values)
            }
        };
        words.push(Word { name, words: &arguments[at..=at + values] });
        at += 1 + values;
    }
    words
}

/// The verb of a command line: its first word that is no option.
pub(super) fn verb<'a, N>(words: &[Word<'a, N>]) -> &'a str {
    let first = words.iter().find(|word| word.name.is_none()).and_then(|word| word.words.first());
    first.map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_take_what_is_theirs() {
        let line = "go --one x --maybe --all a b -c --maybe y - -- --one z";
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let option = |text: &'static str| -> (&'static str, Takes) {
            let takes = match text {
                "--one" => Takes::One,
                "--maybe" => Takes::OneOrNone,
                "--all" => Takes::Several,
                _ => Takes::None,
            };
            (text, takes)
        };
        let named = |text: &str| match text {
            "--one" => option("--one"),
            "--maybe" => option("--maybe"),
            "--all" => option("--all"),
            _ => option("-c"),
        };
        let found = words(&arguments, named);
        let told: Vec<_> = found.iter().map(|word| (word.name, word.words.join(" "))).collect();
        let expected = [
            (None, "go"),
            (Some("--one"), "--one x"),
            (Some("--maybe"), "--maybe"),
            (Some("--all"), "--all a b"),
            (Some("-c"), "-c"),
            (Some("--maybe"), "--maybe y"),
            (None, "-"),
            (None, "-- --one z"),
        ];
        assert_eq!(told, expected.map(|(name, text)| (name, text.to_owned())));
        assert_eq!(verb(&found), "go");
        assert_eq!(found[1].value(), Some("x"));
        assert_eq!(found[2].value(), None);
    }
}
