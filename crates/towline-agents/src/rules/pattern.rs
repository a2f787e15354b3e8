//! One condition of a rule: a text, or a regular expression.

use regex::{Regex, RegexBuilder};

use super::shown::Region;

/// What is looked for.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// This text in the rows taken as one.
    Text(String),
    /// This regular expression in the rows, `^` and `$` being a row's ends.
    Regex(Regex),
}

impl Pattern {
    /// Reads `text` or `/regular expression/`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Some(inner) = between_slashes(text) {
            return regex(inner).map(Self::Regex);
        }
        let flat: Vec<&str> = text.split_whitespace().collect();
        if flat.is_empty() {
            return Err("an empty text is everywhere".into());
        }
        Ok(Self::Text(flat.join(" ")))
    }

    pub(super) fn is_in(&self, region: &Region<'_>) -> bool {
        match self {
            Self::Text(text) => region.flat.contains(text.as_str()),
            Self::Regex(regex) => regex.is_match(region.rows),
        }
    }
}

/// Reads the regular expression of a question, which has a group to be shown.
///
/// # Errors
/// What is wrong with it.
pub(super) fn question(text: &str) -> Result<Regex, String> {
    let inner = between_slashes(text).ok_or("a question is a /regular expression/")?;
    let regex = regex(inner)?;
    if regex.captures_len() < 2 {
        return Err("a question needs a (group): what is to be shown".into());
    }
    Ok(regex)
}

/// What the first group that took part has matched, as one line: in the rows, the last of several; else in the rows taken
/// as one, for a question that has wrapped.
pub(super) fn captured(question: &Regex, region: &Region<'_>) -> Option<String> {
    let captures = question.captures_iter(region.rows).last();
    let captures = captures.or_else(|| question.captures(region.flat))?;
    let found = captures.iter().skip(1).flatten().next()?.as_str();
    let line = one_line(found);
    (!line.is_empty()).then_some(line)
}

/// Text as one line: frames, line ends and control characters are blanks, runs of blanks one.
pub(crate) fn one_line(text: &str) -> String {
    let plain =
        |c: char| if c.is_control() || matches!(c, '\u{2500}'..='\u{259f}') { ' ' } else { c };
    let text: String = text.chars().map(plain).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn between_slashes(text: &str) -> Option<&str> {
    text.strip_prefix('/')?.strip_suffix('/').filter(|inner| !inner.is_empty())
}

/// The most memory that one expression may take compiled: a file of rules is not to cost more than a pane.
const REGEX_BYTES: usize = 1 << 20;

fn regex(text: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(text).multi_line(true).size_limit(REGEX_BYTES).build();
    built.map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
        format!("/{text}/ is no regular expression: {reason}")
    })
}
