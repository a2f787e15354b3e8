//! Conditions of steps: `{{x}}`, `!{{x}}`, `{{x}} == value`, `{{x}} != value`.

use super::text::is_name;

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Always,
    /// The variable says yes.
    Yes(String),
    /// It says no, or nothing.
    No(String),
    Equal(String, String),
    NotEqual(String, String),
}

impl Condition {
    /// Reads one; `None` where it isn't of any of the forms.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Some(Self::Always);
        }
        if let Some(negated) = text.strip_prefix('!') {
            let (name, rest) = variable(negated.trim_start())?;
            return rest.is_empty().then_some(Self::No(name));
        }
        let (name, rest) = variable(text)?;
        if rest.is_empty() {
            return Some(Self::Yes(name));
        }
        let (equal, value) = match (rest.strip_prefix("=="), rest.strip_prefix("!=")) {
            (Some(value), _) => (true, value),
            (_, Some(value)) => (false, value),
            _ => return None,
        };
        let value = unquoted(value.trim())?;
        Some(if equal { Self::Equal(name, value) } else { Self::NotEqual(name, value) })
    }

    /// The variable it asks for.
    pub(super) fn variable(&self) -> Option<&str> {
        match self {
            Self::Always => None,
            Self::Yes(name) | Self::No(name) => Some(name),
            Self::Equal(name, _) | Self::NotEqual(name, _) => Some(name),
        }
    }

    /// Whether it holds. A variable without a value is as an empty one.
    pub(super) fn holds<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> bool {
        let value = |name: &str| value(name).unwrap_or_default();
        match self {
            Self::Always => true,
            Self::Yes(name) => says_yes(value(name)),
            Self::No(name) => !says_yes(value(name)),
            Self::Equal(name, expected) => value(name) == expected,
            Self::NotEqual(name, other) => value(name) != other,
        }
    }
}

/// The variable that a text begins with, and the rest.
fn variable(text: &str) -> Option<(String, &str)> {
    let (name, rest) = text.strip_prefix("{{")?.split_once("}}")?;
    let name = name.trim();
    is_name(name).then(|| (name.to_owned(), rest.trim()))
}

/// A value without its quotes, if it has some; without any it must be there.
fn unquoted(text: &str) -> Option<String> {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return Some(inner.to_owned());
        }
    }
    (!text.is_empty()).then(|| text.to_owned())
}

/// Everything but nothing and the words for no.
fn says_yes(value: &str) -> bool {
    let no = ["", "false", "0", "no", "off"];
    !no.iter().any(|no| value.trim().eq_ignore_ascii_case(no))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_hold_or_not() {
        let value = |name: &str| match name {
            "yes" => Some("yes"),
            "no" => Some("No"),
            "env" => Some("prod"),
            "empty" => Some(""),
            _ => None,
        };
        for (text, holds) in [
            ("", Some(true)),
            ("  ", Some(true)),
            ("{{yes}}", Some(true)),
            (" {{ yes }} ", Some(true)),
            ("{{no}}", Some(false)),
            ("{{empty}}", Some(false)),
            ("{{unset}}", Some(false)),
            ("!{{yes}}", Some(false)),
            ("! {{no}}", Some(true)),
            ("!{{unset}}", Some(true)),
            ("{{env}} == prod", Some(true)),
            ("{{env}}==prod", Some(true)),
            ("{{env}} == 'prod'", Some(true)),
            ("{{env}} == \"test\"", Some(false)),
            ("{{env}} != test", Some(true)),
            ("{{env}} != prod", Some(false)),
            ("{{unset}} == ''", Some(true)),
            ("{{env}} == a b", Some(false)),
            ("{{env}} ==", None),
            ("{{env}} = prod", None),
            ("{{env}} > 1", None),
            ("!{{env}} == prod", None),
            ("env", None),
            ("{{a-b}}", None),
            ("{{yes}} and {{no}}", None),
            ("true", None),
        ] {
            let condition = Condition::parse(text);
            assert_eq!(condition.map(|condition| condition.holds(value)), holds, "{text}");
        }
    }
}
