//! Reading a file of rules, with the line of what is wrong in it.

use serde::Deserialize;
use toml::Spanned;

use super::pattern::{self, Pattern};
use super::{Keys, On, Rule, Rules};
use crate::state::{Reason, State};

/// What is wrong with a file of rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct RulesError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kind: Spanned<String>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    programs: Vec<String>,
    #[serde(default)]
    keys: KeysTable,
    settle_ms: Option<Spanned<i64>>,
    #[serde(default)]
    rule: Vec<Spanned<RuleTable>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct KeysTable {
    approve: Vec<String>,
    deny: Vec<String>,
    interrupt: Vec<String>,
    clear: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    name: Spanned<String>,
    on: Option<Spanned<String>>,
    state: Spanned<String>,
    reason: Option<Spanned<String>>,
    #[serde(default)]
    priority: i64,
    bottom: Option<Spanned<i64>>,
    #[serde(default)]
    all: Vec<Spanned<String>>,
    #[serde(default)]
    any: Vec<Spanned<String>>,
    #[serde(default)]
    not: Vec<Spanned<String>>,
    question: Option<Spanned<String>>,
    approve: Option<Vec<String>>,
    deny: Option<Vec<String>>,
}

/// How long an input box must stand after the start, unless the file says.
const SETTLE_MS: u64 = 250;

/// Nothing that takes longer than this to appear belongs to the start.
const LONGEST_SETTLE_MS: u64 = 10_000;

pub(super) fn parse(text: &str) -> Result<Rules, RulesError> {
    let at = |span: std::ops::Range<usize>, message: String| RulesError {
        line: 1 + text.get(..span.start).unwrap_or(text).matches('\n').count(),
        message,
    };
    let file: File = toml::from_str(text)
        .map_err(|error| at(error.span().unwrap_or_default(), one_line(error.message())))?;
    if file.kind.get_ref().is_empty()
        || !file.kind.get_ref().chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    {
        let message = "a kind is letters, digits, `-` and `_`".into();
        return Err(at(file.kind.span(), message));
    }
    let settle_ms = match &file.settle_ms {
        None => SETTLE_MS,
        Some(number) => u64::try_from(*number.get_ref())
            .ok()
            .filter(|ms| *ms <= LONGEST_SETTLE_MS)
            .ok_or_else(|| {
                let message = format!("`settle_ms` is milliseconds, from 0 to {LONGEST_SETTLE_MS}");
                at(number.span(), message)
            })?,
    };
    let mut rules: Vec<Rule> = Vec::new();
    for table in file.rule {
        let span = table.span();
        let rule = rule(table.into_inner(), span).map_err(|(span, message)| at(span, message))?;
        rules.push(rule);
    }
    Ok(Rules {
        kind: file.kind.into_inner(),
        versions: file.versions,
        programs: file.programs,
        keys: Keys {
            approve: file.keys.approve,
            deny: file.keys.deny,
            interrupt: file.keys.interrupt,
            clear: file.keys.clear,
        },
        settle_ms,
        rules,
    })
}

type Wrong = (std::ops::Range<usize>, String);

fn rule(table: RuleTable, span: std::ops::Range<usize>) -> Result<Rule, Wrong> {
    if table.name.get_ref().trim().is_empty() {
        return Err((table.name.span(), "a rule needs a name".into()));
    }
    let on = match &table.on {
        None => On::Screen,
        Some(text) => on(text.get_ref()).ok_or_else(|| {
            let message = format!(
                "{:?} can't be looked at: it is `screen`, `status`, `title`, `progress` or `notification`",
                text.get_ref()
            );
            (text.span(), message)
        })?,
    };
    let state = rulable(table.state.get_ref()).ok_or_else(|| {
        let message = format!(
            "{:?} is no state of a rule: it is `starting`, `working`, `blocked`, `idle` or `unknown`",
            table.state.get_ref()
        );
        (table.state.span(), message)
    })?;
    let reason = match &table.reason {
        None => None,
        Some(text) => Some(Reason::from_name(text.get_ref()).ok_or_else(|| {
            let names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
            let message = format!("{:?} is no reason: it is {}", text.get_ref(), names.join(", "));
            (text.span(), message)
        })?),
    };
    if let (Some(text), false) = (&table.reason, state == State::Blocked) {
        return Err((text.span(), "only `blocked` has a reason".into()));
    }
    let bottom = match &table.bottom {
        None => None,
        Some(rows) => match usize::try_from(*rows.get_ref()) {
            Ok(rows) if rows > 0 => Some(rows),
            _ => return Err((rows.span(), "`bottom` is a number of rows, from 1".into())),
        },
    };
    if let (Some(rows), false) = (&table.bottom, on == On::Screen) {
        return Err((rows.span(), "only the screen has a `bottom`".into()));
    }
    if table.all.is_empty() && table.any.is_empty() {
        let message = "a rule needs something that it asks for, in `all` or `any`".into();
        return Err((span, message));
    }
    let keys = table.approve.as_ref().or(table.deny.as_ref());
    if let (Some(_), false) = (keys, state == State::Blocked) {
        return Err((span, "only `blocked` is answered by keys".into()));
    }
    let question = match &table.question {
        None => None,
        Some(text) => {
            Some(pattern::question(text.get_ref()).map_err(|message| (text.span(), message))?)
        }
    };
    Ok(Rule {
        name: table.name.into_inner(),
        on,
        state,
        reason,
        priority: table.priority,
        bottom,
        all: patterns(&table.all)?,
        any: patterns(&table.any)?,
        not: patterns(&table.not)?,
        question,
        approve: table.approve,
        deny: table.deny,
    })
}

fn patterns(texts: &[Spanned<String>]) -> Result<Vec<Pattern>, Wrong> {
    let parse = |text: &Spanned<String>| {
        Pattern::parse(text.get_ref()).map_err(|message| (text.span(), message))
    };
    texts.iter().map(parse).collect()
}

fn on(name: &str) -> Option<On> {
    Some(match name {
        "screen" => On::Screen,
        "status" => On::Status,
        "title" => On::Title,
        "progress" => On::Progress,
        "notification" => On::Notification,
        _ => return None,
    })
}

/// The states that what is shown can prove, and `unknown` for what looks like another and isn't: the others are Towline's to
/// say.
fn rulable(name: &str) -> Option<State> {
    let state = State::from_name(name)?;
    (!matches!(state, State::Done | State::Exited)).then_some(state)
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
