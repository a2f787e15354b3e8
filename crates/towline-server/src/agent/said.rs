//! Verdicts in the protocol's words.

use std::sync::Arc;

use towline_agents::rules::Rules;
use towline_agents::{Claim, Line, Reason, Shows, Source, State, Tracker, Verdict};
use towline_protocol::v1;

/// What is told of an agent, with all else that is known of it kept.
pub(crate) fn agent(before: &v1::Agent, kind: &str, verdict: &Verdict) -> v1::Agent {
    v1::Agent {
        kind: kind.to_owned(),
        state: verdict.claim.state.name().into(),
        since: verdict.since,
        reason: verdict.claim.reason.map_or("", Reason::name).into(),
        question: verdict.claim.question.clone().unwrap_or_default(),
        source: verdict.source.map_or("", Source::name).into(),
        ..before.clone()
    }
}

/// A verdict as it was written down.
pub(crate) fn verdict(agent: &v1::Agent) -> Option<Verdict> {
    let question = Some(agent.question.clone()).filter(|question| !question.is_empty());
    Some(Verdict {
        claim: Claim {
            state: State::from_name(&agent.state)?,
            reason: Reason::from_name(&agent.reason),
            question,
        },
        since: agent.since,
        source: Source::from_name(&agent.source),
        because: "as it was when the server was started".into(),
    })
}

/// Why a verdict is what it is. `origin` is where the rules come from.
pub(crate) fn explained(
    tracker: &Tracker,
    rules: Option<&Arc<Rules>>,
    origin: String,
    shows: Shows<'_>,
    pane: v1::Pane,
) -> v1::Explained {
    let screen = shows.screen.text().lines().map(str::to_owned).collect();
    let explained = tracker.explain(rules.map(AsRef::as_ref), shows);
    let line = |line: Line| v1::ExplainedLine {
        source: line.source.name().into(),
        text: line.text,
        at: line.at,
        decided: line.decided,
    };
    v1::Explained {
        pane: Some(pane),
        because: explained.verdict.because,
        lines: explained.lines.into_iter().map(line).collect(),
        rules: origin,
        screen,
    }
}
