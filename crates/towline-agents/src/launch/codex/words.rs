//! The words of its command line: which are options, which are options' values, and which are verbs or the prompt.

/// An option with its values, or a word that is no option.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// The option's name; `None`: a verb, what follows it, or the prompt.
    pub(super) name: Option<&'a str>,
    /// The words as they stand, the name's first.
    words: &'a [String],
}

impl<'a> Word<'a> {
    pub(super) fn is(&self, names: &[&str]) -> bool {
        self.name.is_some_and(|name| names.contains(&name))
    }

    /// Its value.
    pub(super) fn value(&self) -> Option<&'a str> {
        let (name, first) = (self.name?, self.words.first()?);
        match first.strip_prefix(name) {
            Some("") => self.words.get(1).map(String::as_str),
            joined => joined.map(|value| value.strip_prefix('=').unwrap_or(value)),
        }
    }

    pub(super) fn text(&self) -> Vec<String> {
        self.words.to_vec()
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
    let verb = words.iter().find(|word| word.name.is_none()).and_then(|word| word.words.first());
    let verb = verb.map_or("", String::as_str);
    let is_verb = !TALKS.contains(&verb) && VERBS.contains(&verb);
    is_verb || words.iter().any(|word| word.is(&ELSEWHERE))
}

/// The words of its arguments.
pub(super) fn words(arguments: &[String]) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(text) = arguments.get(at) {
        let is_option = |text: &String| text.len() > 1 && text.starts_with('-');
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
        let name = name(text);
        let rest = &arguments[at + 1..];
        let values = match name {
            _ if name.len() < text.len() => 0,
            _ if WITH_VALUES.contains(&name) => {
                rest.iter().take_while(|next| !is_option(next)).count()
            }
            _ if WITH_VALUE.contains(&name) => rest.len().min(1),
            _ => 0,
        };
        words.push(Word { name: Some(name), words: &arguments[at..=at + values] });
        at += 1 + values;
    }
    words
}

/// An option's name, without a value in the same word (`--model=x`, `-mx`).
fn name(text: &str) -> &str {
    if text.starts_with("--") {
        return text.split_once('=').map_or(text, |(name, _)| name);
    }
    let end = text.char_indices().nth(2).map_or(text.len(), |(end, _)| end);
    if WITH_VALUE.contains(&&text[..end]) { &text[..end] } else { text }
}
