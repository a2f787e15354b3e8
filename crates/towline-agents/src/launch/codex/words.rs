//! The words of its command line: which are options, which are options' values, and which are verbs or the prompt.

use super::super::words::{self, Takes};

/// A word of its command line; an option by its spelling.
pub(super) type Word<'a> = words::Word<'a, &'a str>;

/// An option's value, which may follow a letter in the same word.
pub(super) fn value<'a>(word: &Word<'a>) -> Option<&'a str> {
    let (name, first) = (word.name?, word.words.first()?);
    match first.strip_prefix(name) {
        Some("") => word.words.get(1).map(String::as_str),
        joined => joined.map(|value| value.strip_prefix('=').unwrap_or(value)),
    }
}

/// Its options with a value, from its own help.
const WITH_VALUE: [&str; 20] = [
    "-C",
    "--add-dir",
    "-a",
    "--ask-for-approval",
    "-c",
    "--cd",
    "--config",
    "--disable",
    "--enable",
    "-i",
    "--image",
    "--local-provider",
    "-m",
    "--model",
    "-p",
    "--profile",
    "--remote",
    "--remote-auth-token-env",
    "-s",
    "--sandbox",
];

/// Its option with any number of values.
const WITH_VALUES: [&str; 2] = ["-i", "--image"];

/// Verbs with which it holds a conversation in this terminal.
const TALKS: [&str; 2] = ["resume", "fork"];

/// Its other verbs.
const VERBS: [&str; 27] = [
    "a",
    "agents",
    "app-server",
    "apply",
    "archive",
    "cloud",
    "completion",
    "debug",
    "delete",
    "doctor",
    "e",
    "exec",
    "exec-server",
    "features",
    "help",
    "login",
    "logout",
    "mcp",
    "mcp-server",
    "plugin",
    "queue",
    "remote-control",
    "review",
    "sandbox",
    "migrate-rollouts",
    "unarchive",
    "update",
];

/// Options with which the conversation is elsewhere, or there is none.
const ELSEWHERE: [&str; 5] = ["--help", "-h", "--remote", "--version", "-V"];

/// The command holds no conversation in this terminal, so that nothing is to be added.
pub(super) fn own(words: &[Word<'_>]) -> bool {
    let verb = words::verb(words);
    let is_verb = !TALKS.contains(&verb) && VERBS.contains(&verb);
    is_verb || words.iter().any(|word| word.is(&ELSEWHERE))
}

/// The words of its arguments.
pub(super) fn words(arguments: &[String]) -> Vec<Word<'_>> {
    words::words(arguments, |text| {
        let name = name(text);
        let takes = match name {
            _ if name.len() < text.len() => Takes::None,
            _ if WITH_VALUES.contains(&name) => Takes::Several,
            _ if WITH_VALUE.contains(&name) => Takes::One,
            _ => Takes::None,
        };
        (name, takes)
    })
}

/// An option's name, without a value in the same word (`--model=x`, `-mx`).
fn name(text: &str) -> &str {
    if text.starts_with("--") {
        return text.split_once('=').map_or(text, |(name, _)| name);
    }
    let end = text.char_indices().nth(2).map_or(text.len(), |(end, _)| end);
    if WITH_VALUE.contains(&&text[..end]) { &text[..end] } else { text }
}
