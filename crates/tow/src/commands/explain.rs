//! `tow explain`: why a pane's agent is said to be doing what it does.

use std::process::ExitCode;

use serde::Serialize;
use towline_protocol::v1::{self, Explained, Pane, reply, request};

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::agent::{asks, doing};
use crate::pane::json::PaneJson;
use crate::pane::state::lives;
use crate::pane::target::{by_id, target_of};
use crate::quote::controls_escaped;
use crate::request::{Again, target_to_look_at, unexpected};
use crate::table::{Align, Cell, Table, folded, terminal_width};
use crate::time;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow explain app
  tow explain app --screen            with the rows that the rules were held against
  tow explain app --json | jq .because";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pane; the beginning of its name will do
    #[arg(value_name = "TARGET")]
    target: String,

    /// Show the screen that was looked at, too
    #[arg(long)]
    screen: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The verdict with all that is known beside it.
#[derive(Debug, Serialize)]
struct ExplainJson<'a> {
    #[serde(flatten)]
    pane: PaneJson<'a>,
    /// The rule, event or fact that decided.
    because: &'a str,
    /// Where the rules come from: a file, or "built in"; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<&'a str>,
    sources: Vec<SourceJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    screen: Option<&'a [String]>,
}

/// What one source says.
#[derive(Debug, Serialize)]
struct SourceJson<'a> {
    source: &'a str,
    says: &'a str,
    at: Option<String>,
    decided: bool,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let info = v1::Info { target: target_to_look_at(&args.target) };
    let reply::Body::Info(pane) = context.ask(request::Body::Info(info), Again::AsItIs).await?
    else {
        return Err(unexpected());
    };
    let explained = if pane.agent.is_none() {
        let because = "no agent that is known runs in it".to_owned();
        Explained { pane: Some(pane.clone()), because, ..Explained::default() }
    } else {
        let explain = v1::Explain { target: target_to_look_at(&by_id(&pane)) };
        match context.ask(request::Body::Explain(explain), Again::AsItIs).await? {
            reply::Body::Explained(explained) => explained,
            _ => return Err(unexpected()),
        }
    };
    // As it was looked at; on another host it doesn't know what it is called here.
    let now = explained.pane.as_ref().map(|now| Pane { host: pane.host.clone(), ..now.clone() });
    let pane = now.unwrap_or(pane);
    let target = target_of(&pane);
    if args.json {
        output::json(&document(&pane, &target, &explained, args.screen))?;
    } else {
        let colors = context.colors();
        let mut lines = in_words(&pane, &target, &explained, terminal_width(), colors);
        if args.screen {
            lines.push(String::new());
            lines.extend(explained.screen.iter().map(|row| format!("│ {}", controls_escaped(row))));
        }
        output::line(lines.join("\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn document<'a>(
    pane: &'a Pane,
    target: &'a str,
    explained: &'a Explained,
    screen: bool,
) -> ExplainJson<'a> {
    let source = |line: &'a v1::ExplainedLine| SourceJson {
        source: &line.source,
        says: &line.text,
        at: time::rfc3339(line.at),
        decided: line.decided,
    };
    ExplainJson {
        pane: PaneJson::new(pane, target),
        because: &explained.because,
        rules: Some(explained.rules.as_str()).filter(|rules| !rules.is_empty()),
        sources: explained.lines.iter().map(source).collect(),
        screen: screen.then_some(&explained.screen),
    }
}

fn in_words(
    pane: &Pane,
    target: &str,
    explained: &Explained,
    width: Option<usize>,
    colors: bool,
) -> Vec<String> {
    let Some(agent) = &pane.agent else { return no_agent(pane, target, width) };
    let mut fields = vec![
        ("pane", target.to_owned()),
        ("agent", agent.kind.clone()),
        ("state", if lives(pane) { doing(pane) } else { format!("exited: {}", doing(pane)) }),
    ];
    if let Some(asks) = asks(pane) {
        fields.push(("asks", asks));
    }
    let rules = match explained.rules.as_str() {
        "" => "none for this kind: what it shows says nothing".to_owned(),
        rules => rules.to_owned(),
    };
    fields.extend([
        ("since", time::local(agent.since)),
        ("because", explained.because.clone()),
        ("rules", rules),
    ]);
    let field = |(name, value): (&str, String)| {
        folded(&format!("{name:<9} "), &controls_escaped(&value), width)
    };
    let mut lines: Vec<String> = fields.into_iter().map(field).collect();
    if !explained.lines.is_empty() {
        lines.push(String::new());
        lines.extend(sources(explained, width, colors));
    }
    lines
}

/// What each source says, the strongest first; the one that decided is marked.
fn sources(explained: &Explained, width: Option<usize>, colors: bool) -> Vec<String> {
    let mut table =
        Table::new(&[("SOURCE", Align::Left), ("AT", Align::Left), ("SAYS", Align::Left)]);
    for line in &explained.lines {
        let mark = if line.decided { "→" } else { " " };
        let style = match line.decided {
            true => anstyle::Style::new().bold(),
            false => anstyle::Style::new(),
        };
        table.row(vec![
            Cell::styled(format!("{mark} {}", line.source), style),
            Cell::plain(time::local_clock(line.at)),
            Cell::styled(&line.text, style),
        ]);
    }
    table.lines(width, colors)
}

/// That a pane has no agent, and how one is recognised.
fn no_agent(pane: &Pane, target: &str, width: Option<usize>) -> Vec<String> {
    let words: Vec<_> = pane.command.iter().map(|word| String::from_utf8_lossy(word)).collect();
    let kinds: Vec<&str> = towline_agents::KINDS.into();
    let fields = [
        ("pane", target.to_owned()),
        ("agent", "none that is known".to_owned()),
        ("command", words.join(" ")),
        (
            "known by",
            format!(
                "a process on the pane's terminal, as soon as it runs there: {}, and the programs that your own rule \
                 files name",
                kinds.join(", ")
            ),
        ),
    ];
    let field = |(name, value): (&str, String)| {
        folded(&format!("{name:<9} "), &controls_escaped(&value), width)
    };
    fields.into_iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocked() -> (Pane, Explained) {
        let agent = v1::Agent {
            kind: "claude".into(),
            state: "blocked".into(),
            reason: "permission".into(),
            question: "Do you want to proceed?".into(),
            ..Default::default()
        };
        let pane = Pane { name: "app".into(), agent: Some(agent), ..Default::default() };
        let line = |source: &str, text: &str, decided| v1::ExplainedLine {
            source: source.into(),
            text: text.into(),
            at: 0,
            decided,
        };
        let explained = Explained {
            because: "rule \"permission prompt\"".into(),
            rules: "built in".into(),
            lines: vec![
                line("hook", "PreToolUse", false),
                line("screen", "\"permission prompt\" says blocked (permission)", true),
            ],
            screen: vec!["❯ 1. Yes".into()],
            ..Default::default()
        };
        (pane, explained)
    }

    #[test]
    fn what_decided_is_marked() {
        let (pane, explained) = blocked();
        assert_eq!(
            in_words(&pane, "app", &explained, None, false),
            [
                "pane      app",
                "agent     claude",
                "state     blocked",
                "asks      permission: Do you want to proceed?",
                "since     -",
                "because   rule \"permission prompt\"",
                "rules     built in",
                "",
                "SOURCE    AT  SAYS",
                "  hook    -   PreToolUse",
                "→ screen  -   \"permission prompt\" says blocked (permission)",
            ]
        );
    }

    #[test]
    fn a_pane_without_an_agent_tells_how_one_is_recognised() {
        let pane = Pane { name: "sh".into(), command: vec![b"sh".to_vec()], ..Default::default() };
        let lines = in_words(&pane, "sh", &Explained::default(), None, false).join("\n");
        assert!(lines.contains("agent     none that is known"), "{lines}");
        assert!(lines.contains("claude"), "{lines}");
    }

    #[test]
    fn the_document_has_the_screen_only_where_it_is_asked_for() {
        let (pane, explained) = blocked();
        let json =
            |screen| serde_json::to_value(document(&pane, "app", &explained, screen)).unwrap();
        assert_eq!(json(false)["because"], "rule \"permission prompt\"");
        assert_eq!(json(false)["agent"]["reason"], "permission");
        assert_eq!(json(false)["sources"][1]["decided"], true);
        assert_eq!(json(false)["screen"], serde_json::Value::Null);
        assert_eq!(json(true)["screen"][0], "❯ 1. Yes");
    }
}
