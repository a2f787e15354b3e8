//! The words of its command line: which are options, which are options' values, and which are the prompt.

use std::borrow::Cow;

use super::super::words::{self, Named, Takes};

/// A word of its command line; an option by its long names, several where they are letters in one word.
pub(super) type Word<'a> = words::Word<'a, Vec<Cow<'a, str>>>;

impl Named for Vec<Cow<'_, str>> {
    fn is_one_of(&self, names: &[&str]) -> bool {
        self.iter().any(|name| names.contains(&name.as_ref()))
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
    let is_verb = VERBS.contains(&words::verb(words));
    is_verb || words.iter().any(|word| word.is(&ELSEWHERE))
}

/// The words of its arguments.
pub(super) fn words(arguments: &[String]) -> Vec<Word<'_>> {
    words::words(arguments, |text| {
        let names = names(text);
        // Of letters in one word the last takes the value.
        let last = names.last().map_or("", |name| name.as_ref());
        let takes = match last {
            _ if text.contains('=') => Takes::None,
            _ if WITH_VALUE.contains(&last) => Takes::One,
            _ if WITH_VALUE_OR_NONE.contains(&last) => Takes::OneOrNone,
            _ => Takes::None,
        };
        (names, takes)
    })
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
