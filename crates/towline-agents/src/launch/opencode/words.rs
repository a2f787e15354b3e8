//! The words of its command line: which are options, which are options' values, and which are others.

/// An option with its value, or a word that is no option.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// The option's name; `None`: a folder, or a verb.
    pub(super) name: Option<&'static str>,
    /// The words as they stand, the name's first.
    pub(super) words: &'a [String],
}

impl<'a> Word<'a> {
    /// It is an option of one of these names.
    pub(super) fn is(&self, names: &[&str]) -> bool {
        self.name.is_some_and(|name| names.contains(&name))
    }

    /// The option's value, in the same word or the next.
    pub(super) fn value(&self) -> Option<&'a str> {
        let first = self.words.first()?;
        match (first.split_once('='), self.words.get(1)) {
            (Some((_, value)), _) => Some(value),
            (None, Some(value)) => Some(value),
            // `-sID`
            (None, None) if !first.starts_with("--") => first.get(2..).filter(|id| !id.is_empty()),
            (None, None) => None,
        }
    }
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
    let verb = words.iter().find(|word| word.name.is_none()).and_then(|word| word.words.first());
    let is_verb = verb.is_some_and(|verb| VERBS.contains(&verb.as_str()));
    is_verb || words.iter().any(|word| word.is(&["help", "version"]))
}

/// The words of its arguments.
pub(super) fn words(arguments: &[String]) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(text) = arguments.get(at) {
        if text == "--" {
            words.push(Word { name: None, words: &arguments[at..] });
            break;
        }
        let (name, apart) = option(text);
        let length = if apart { (arguments.len() - at).min(2) } else { 1 };
        words.push(Word { name, words: &arguments[at..at + length] });
        at += length;
    }
    words
}

/// The option that a word is, and whether its value is the next word.
fn option(text: &str) -> (Option<&'static str>, bool) {
    if text.len() < 2 || !text.starts_with('-') {
        return (None, false);
    }
    let find = |spelled: &str| KNOWN.iter().find(|(_, names, _)| names.contains(&spelled));
    let (spelled, joined) = text.split_once('=').map_or((text, false), |(name, _)| (name, true));
    if let Some((name, _, takes)) = find(spelled) {
        return (Some(name), *takes && !joined);
    }
    // `-sID`: the value in the same word.
    let letter = text.get(..2).filter(|_| !text.starts_with("--")).and_then(find);
    (Some(letter.map_or("", |(name, _, _)| name)), false)
}
