//! Questions to the person at the terminal.

use std::io::{BufRead, IsTerminal};

use crate::output;

/// How questions are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// With yes, unasked.
    Yes,
    /// By the person at the terminal.
    Ask,
    /// Nobody is there: with no.
    No,
}

impl Answers {
    /// As the options and the terminal have it.
    pub(crate) fn new(yes: bool) -> Self {
        match (yes, has_person()) {
            (true, _) => Self::Yes,
            (false, true) => Self::Ask,
            (false, false) => Self::No,
        }
    }

    /// Whether the answer to a question is yes.
    pub(crate) fn yes(self, question: &str) -> bool {
        match self {
            Self::Yes => true,
            Self::No => false,
            Self::Ask => {
                output::prompt(format_args!("{question} [y/N] "));
                let mut line = String::new();
                let read = std::io::stdin().lock().read_line(&mut line);
                read.is_ok() && is_yes(&line)
            }
        }
    }
}

/// Whether somebody is there to answer.
pub(crate) fn has_person() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn is_yes(line: &str) -> bool {
    matches!(line.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        for (line, expected) in [
            ("y\n", true),
            ("Yes\n", true),
            ("n\n", false),
            ("\n", false),
            ("", false),
            ("yeah", false),
        ] {
            assert_eq!(is_yes(line), expected, "{line:?}");
        }
    }
}
