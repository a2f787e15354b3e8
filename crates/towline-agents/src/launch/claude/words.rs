//! The words of its command line: which are options, which are options' values, and which are the prompt.

/// An option with its values, or a word that is no option.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// The option's name; `None`: a part of the prompt, or a verb.
    pub(super) name: Option<&'a str>,
    /// The words as they stand, the name's first.
    words: &'a [String],
}

impl<'a> Word<'a> {
    pub(super) fn is(&self, names: &[&str]) -> bool {
        let Some(name) = self.name else { return false };
        // `-cp`: several of one letter in one word; `-rID`: the value in the same word.
        let letters = name.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        names.iter().any(|wanted| match (letters, wanted.strip_prefix('-')) {
            (Some(letters), Some(letter)) if letter.len() == 1 => {
                letters.starts_with(letter) || letters.len() == 2 && letters.ends_with(letter)
            }
            _ => name == *wanted,
        })
    }

    /// The first of its values.
    pub(super) fn value(&self) -> Option<&'a str> {
        match self.words.first()?.split_once('=') {
            Some((_, value)) if self.name.is_some() => Some(value),
            _ => self.words.get(1).map(String::as_str),
        }
    }

    pub(super) fn text(&self) -> Vec<String> {
        self.words.to_vec()
    }
}

/// How many values an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// The next word, whatever it is.
    One,
    /// The next word, unless it is an option.
    OneOrNone,
    /// All words up to the next option.
    Several,
}

/// Its options with values, from its own help and beyond.
const WITH_VALUES: [(&str, Takes); 68] = {
    use Takes::{One, OneOrNone, Several};
    [
        ("--add-dir", Several),
        ("--advisor", One),
        ("--agent", One),
        ("--agent-color", One),
        ("--agent-id", One),
        ("--agent-name", One),
        ("--agent-type", One),
        ("--agents", One),
        ("--allowed-tools", Several),
        ("--allowedTools", Several),
        ("--append-subagent-system-prompt", One),
        ("--append-subagent-system-prompt-file", One),
        ("--append-system-prompt", One),
        ("--append-system-prompt-file", One),
        ("--autocompact", One),
        ("--betas", Several),
        ("--channels", Several),
        ("--cloud", OneOrNone),
        ("--dangerously-load-development-channels", Several),
        ("--debug", OneOrNone),
        ("-d", OneOrNone),
        ("--debug-file", One),
        ("--disallowed-tools", Several),
        ("--disallowedTools", Several),
        ("--effort", One),
        ("--environment", One),
        ("--fallback-model", One),
        ("--fast-mode", One),
        ("--file", Several),
        ("--from-pr", OneOrNone),
        ("--input-format", One),
        ("--json-schema", One),
        ("--managed-settings", One),
        ("--max-budget-usd", One),
        ("--max-thinking-tokens", One),
        ("--max-turns", One),
        ("--mcp-config", Several),
        ("--model", One),
        ("--name", One),
        ("-n", One),
        ("--output-format", One),
        ("--permission-mode", One),
        ("--permission-prompt-tool", One),
        ("--permission-prompts", One),
        ("--plan-mode-instructions", One),
        ("--plugin-dir", One),
        ("--plugin-dir-no-mcp", One),
        ("--plugin-url", One),
        ("--prefill", One),
        ("--profile", One),
        ("--prompt-suggestions", OneOrNone),
        ("--rc", OneOrNone),
        ("--remote", OneOrNone),
        ("--remote-control", OneOrNone),
        ("--remote-control-session-name-prefix", One),
        ("--resume", OneOrNone),
        ("-r", OneOrNone),
        ("--resume-session-at", One),
        ("--session-id", One),
        ("--setting-sources", One),
        ("--settings", One),
        ("--system-prompt", One),
        ("--system-prompt-file", One),
        ("--system-prompt-snapshot", One),
        ("--teleport", OneOrNone),
        ("--tools", Several),
        ("--worktree", OneOrNone),
        ("-w", OneOrNone),
    ]
};

/// Its verbs: with one of them it is no conversation in this terminal.
const VERBS: [&str; 24] = [
    "agents",
    "attach",
    "auth",
    "auto-mode",
    "doctor",
    "gateway",
    "import",
    "install",
    "kill",
    "logs",
    "mcp",
    "migrate-installer",
    "plugin",
    "plugins",
    "project",
    "purge",
    "respawn",
    "rm",
    "setup-token",
    "stop",
    "ultrareview",
    "update",
    "upgrade",
    "remote-control",
];

/// Options with which the conversation is elsewhere, or there is none.
const ELSEWHERE: [&str; 9] =
    ["--background", "--bg", "--cloud", "--desktop", "--help", "-h", "--remote", "--version", "-v"];

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
        let name = text.split_once('=').map_or(text.as_str(), |(name, _)| name);
        let takes = WITH_VALUES.iter().find(|(known, _)| *known == name);
        let rest = &arguments[at + 1..];
        let values = match takes {
            _ if name.len() < text.len() => 0,
            None => 0,
            Some((_, Takes::One)) => rest.len().min(1),
            Some((_, Takes::OneOrNone)) => {
                usize::from(rest.first().is_some_and(|next| !is_option(next)))
            }
            Some((_, Takes::Several)) => rest.iter().take_while(|next| !is_option(next)).count(),
        };
        words.push(Word { name: Some(name), words: &arguments[at..=at + values] });
        at += 1 + values;
    }
    words
}
