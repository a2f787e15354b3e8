//! The words of its command line: which are options, which are options' values, and which are others.

use super::super::words::{self, Takes};

/// A word of its command line; an option by the name it has in [`KNOWN`].
pub(super) type Word<'a> = words::Word<'a, &'static str>;

/// An option's value, which may follow a letter in the same word: `-sID`.
pub(super) fn value<'a>(word: &Word<'a>) -> Option<&'a str> {
    let first = word.words.first()?;
    let behind = || first.get(2..).filter(|id| !first.starts_with("--") && !id.is_empty());
    word.value().or_else(behind)
}

/// Its options that take a value and those that matter here, by all of their names. Others are left where they are.
const KNOWN: [(&str, &[&str], bool); 15] = [
    ("agent", &["--agent"], true),
    ("continue", &["--continue", "-c"], false),
    ("cors", &["--cors"], true),
    ("fork", &["--fork"], false),
    ("help", &["--help", "-h"], false),
    ("hostname", &["--hostname"], true),
    ("log-level", &["--log-level"], true),
    ("mdns-domain", &["--mdns-domain"], true),
    ("model", &["--model", "-m"], true),
    ("port", &["--port"], true),
    ("prompt", &["--prompt"], true),
    ("pure", &["--pure"], false),
    ("replay-limit", &["--replay-limit"], true),
    ("session", &["--session", "-s"], true),
    ("version", &["--version", "-v"], false),
];

/// Its verbs: with one of them it is no conversation in this terminal, or one on another host.
const VERBS: [&str; 24] = [
    "acp",
    "agent",
    "attach",
    "auth",
    "completion",
    "console",
    "db",
    "debug",
    "export",
    "github",
    "import",
    "mcp",
    "models",
    "plug",
    "plugin",
    "pr",
    "providers",
    "run",
    "serve",
    "session",
    "stats",
    "uninstall",
    "upgrade",
    "web",
];

/// The command runs no conversation in this terminal that people would come back to, so that nothing is to be added.
pub(super) fn own(words: &[Word<'_>]) -> bool {
    let is_verb = VERBS.contains(&words::verb(words));
    is_verb || words.iter().any(|word| word.is(&["help", "version"]))
}

/// The words of its arguments.
pub(super) fn words(arguments: &[String]) -> Vec<Word<'_>> {
    words::words(arguments, option)
}

/// The option that a word is, and whether its value is the next word.
fn option(text: &str) -> (&'static str, Takes) {
    let find = |spelled: &str| KNOWN.iter().find(|(_, names, _)| names.contains(&spelled));
    let (spelled, joined) = text.split_once('=').map_or((text, false), |(name, _)| (name, true));
    if let Some((name, _, takes)) = find(spelled) {
        return (name, if *takes && !joined { Takes::One } else { Takes::None });
    }
    // `-sID`: the value in the same word.
    let letter = text.get(..2).filter(|_| !text.starts_with("--")).and_then(find);
    (letter.map_or("", |(name, _, _)| name), Takes::None)
}
