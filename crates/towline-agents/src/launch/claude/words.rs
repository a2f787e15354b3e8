//! The words of its command line: which are options, which are options' values, and which are the prompt.

use super::super::words::{self, Named, Takes};

/// A word of its command line.
pub(super) type Word<'a> = words::Word<'a, Spelled<'a>>;

/// An option as it is spelled, without a value behind `=`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spelled<'a>(&'a str);

impl Named for Spelled<'_> {
    fn is_one_of(&self, names: &[&str]) -> bool {
        // `-cp`: several of one letter in one word; `-rID`: the value in the same word.
        let letters = self.0.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        names.iter().any(|wanted| match (letters, wanted.strip_prefix('-')) {
            (Some(letters), Some(letter)) if letter.len() == 1 => {
                letters.starts_with(letter) || letters.len() == 2 && letters.ends_with(letter)
            }
            _ => self.0 == *wanted,
        })
    }
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
    let is_verb = VERBS.contains(&words::verb(words));
    is_verb || words.iter().any(|word| word.is(&ELSEWHERE))
}

/// The words of its arguments.
pub(super) fn words(arguments: &[String]) -> Vec<Word<'_>> {
    words::words(arguments, |text| {
        let name = text.split_once('=').map_or(text, |(name, _)| name);
        let takes = WITH_VALUES.iter().find(|(known, _)| *known == name);
        let joined = name.len() < text.len();
        (Spelled(name), takes.filter(|_| !joined).map_or(Takes::None, |(_, takes)| *takes))
    })
}
