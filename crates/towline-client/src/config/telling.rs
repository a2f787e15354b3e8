//! How a person is told that an agent waits: settings of their own kinds.

use super::source::Value;

/// What an attached client does when an agent elsewhere comes to wait for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notify {
    /// A line, the terminal's bell and a desktop notification.
    All,
    /// A line and the bell.
    Bell,
    /// A line and a desktop notification.
    Desktop,
    /// A line.
    Line,
    /// Nothing.
    Off,
}

impl Notify {
    /// All of them, with the name each has in the file.
    pub const ALL: [(&'static str, Self); 5] = [
        ("all", Self::All),
        ("bell", Self::Bell),
        ("desktop", Self::Desktop),
        ("line", Self::Line),
        ("off", Self::Off),
    ];

    /// The name in the file.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, one)| *one == self).map_or("", |(name, _)| name)
    }

    /// Whether the bell is rung.
    pub fn rings(self) -> bool {
        matches!(self, Self::All | Self::Bell)
    }

    /// Whether the desktop is told.
    pub fn tells_desktop(self) -> bool {
        matches!(self, Self::All | Self::Desktop)
    }
}

/// A command of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A line for `sh -c`.
    Line(String),
    /// A program and its arguments, run as they are.
    Program(Vec<String>),
}

impl Action {
    /// What it "must be" in the file.
    pub(super) const MUST: &'static str =
        "a command line, or a list of a program and its arguments";

    pub(super) fn of(value: &Value) -> Result<Self, String> {
        match value {
            Value::Text(line) if !line.trim().is_empty() => Ok(Self::Line(line.clone())),
            Value::List(argv) if argv.first().is_some_and(|program| !program.is_empty()) => {
                Ok(Self::Program(argv.clone()))
            }
            _ => Err(Self::MUST.to_owned()),
        }
    }

    pub(super) fn value(&self) -> Value {
        match self {
            Self::Line(line) => Value::Text(line.clone()),
            Self::Program(argv) => Value::List(argv.clone()),
        }
    }

    /// The argument vector that runs it.
    pub fn argv(&self) -> Vec<String> {
        match self {
            Self::Line(line) => ["/bin/sh", "-c", line].map(str::to_owned).into(),
            Self::Program(argv) => argv.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_to_a_shell_and_a_list_to_nobody() {
        let text = |text: &str| Value::Text(text.to_owned());
        let list =
            |words: &[&str]| Value::List(words.iter().map(|word| word.to_string()).collect());
        let argv = |value: &Value| Action::of(value).map(|action| action.argv().join("|"));
        assert_eq!(argv(&text("a; b")).unwrap(), "/bin/sh|-c|a; b");
        assert_eq!(argv(&list(&["a", "; b"])).unwrap(), "a|; b");
        for wrong in [text(" "), list(&[]), list(&[""]), Value::Flag(true)] {
            assert_eq!(Action::of(&wrong), Err(Action::MUST.to_owned()));
        }
    }

    #[test]
    fn names_lead_back() {
        for (name, notify) in Notify::ALL {
            assert_eq!(notify.name(), name);
        }
        assert!(Notify::All.rings() && !Notify::Line.rings() && !Notify::Bell.tells_desktop());
    }
}
