//! The words of its command line: which are options, which are options' values, and which are the prompt.

use std::borrow::Cow;

/// An option with its value, or a word that is no option.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// The options' long names, several where they are letters in one word; `None`: a part of the prompt, or a verb.
    pub(super) name: Option<Vec<Cow<'a, str>>>,
    /// The words as they stand, the name's first.
    pub(super) words: &'a [String],
}

impl<'a> Word<'a> {
    /// It is an option of one of these names.
    pub(super) fn is(&self, names: &[&str]) -> bool {
        self.name.iter().flatten().any(|name| names.contains(&name.as_ref()))
    }

    /// The option's value.
    pub(super) fn value(&self) -> Option<&'a str> {
        match self.words.first()?.split_once('=') {
            Some((_, value)) => Some(value),
            None => self.words.get(1).map(String::as_str),
        }
    }
}

/// Its options that are letters, and their long names.
const LETTERS: [(char, &str); 13] = [
    ('d', "debug"),
    ('e', "extensions"),
    ('h', "help"),
    ('i', "prompt-interactive"),
    ('l', "list-extensions"),
    ('m', "model"),
    ('o', "output-format"),
    ('p', "prompt"),
    ('r', "resume"),
    ('s', "sandbox"),
    ('v', "version"),
    ('w', "worktree"),
    ('y', "yolo"),
];

/// Options that take the next word, whatever it is.
const WITH_VALUE: [&str; 16] = [
    "admin-policy",
    "allowed-mcp-server-names",
    "allowed-tools",
    "approval-mode",
    "delete-session",
    "extensions",
    "fake-responses",
    "fake-responses-non-strict",
    "include-directories",
    "model",
    "output-format",
    "policy",
    "prompt",
    "prompt-interactive",
    "session-file",
    "session-id",
];

/// Options that take the next word unless it is an option.
const WITH_VALUE_OR_NONE: [&str; 2] = ["resume", "worktree"];

/// Its verbs: with one of them it is no conversation.
const VERBS: [&str; 8] =
    ["extension", "extensions", "gemma", "hook", "hooks", "mcp", "skill", "skills"];

/// Options with which it is no conversation in this terminal, or one that nobody would come back to.
const ELSEWHERE: [&str; 8] = [
    "acp",
    "delete-session",
    "experimental-acp",
    "help",
    "list-extensions",
    "list-sessions",
    "prompt",
    "version",
];

/// The command runs no conversation in this terminal, so that nothing is to be added.
pub(super) fn own(words: &[Word<'_>]) -> bool {
    let verb = words.iter().find(|word| word.name.is_none()).and_then(|word| word.words.first());
    let is_verb = verb.is_some_and(|verb| VERBS.contains(&verb.as_str()));
    is_verb || words.iter().any(|word| word.is(&ELSEWHERE))
}

/// The words of its arguments.
pub(super) fn words(arguments: &[String]) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(text) = arguments.get(at) {
        if text == "--" {
            // Nothing behind it is an option; it goes with what is there.
            words.push(Word { name: None, words: &arguments[at..] });
            break;
        }
        if !is_option(text) {
            words.push(Word { name: None, words: &arguments[at..=at] });
            at += 1;
            continue;
        }
        let names = names(text);
        // Of letters in one word the last takes the value.
        let last = names.last().map_or("", |name| name.as_ref());
        let next = arguments.get(at + 1);
        let takes = WITH_VALUE.contains(&last) && next.is_some()
            || WITH_VALUE_OR_NONE.contains(&last) && next.is_some_and(|next| !is_option(next));
        let values = usize::from(takes && !text.contains('='));
        words.push(Word { name: Some(names), words: &arguments[at..=at + values] });
        at += 1 + values;
    }
    words
}

fn is_option(text: &str) -> bool {
    text.len() > 1 && text.starts_with('-')
}

/// The long names of an option. It knows each also in camel case: `--sessionId`.
fn names(text: &str) -> Vec<Cow<'_, str>> {
    let name = text.split_once('=').map_or(text, |(name, _)| name);
    let Some(long) = name.strip_prefix("--") else {
        let of = |letter: char| LETTERS.iter().find(|(known, _)| *known == letter);
        return name.chars().skip(1).filter_map(of).map(|(_, name)| Cow::Borrowed(*name)).collect();
    };
    if !long.contains(|c: char| c.is_ascii_uppercase()) {
        return vec![Cow::Borrowed(long)];
    }
    let mut kebab = String::new();
    for c in long.chars() {
        if c.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(c.to_ascii_lowercase());
    }
    vec![Cow::Owned(kebab)]
}
