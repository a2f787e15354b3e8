//! Starting an agent once, to see whether it asks for something that only a person can do.

use std::time::Duration;

use towline_client::transport::ssh_words;

use super::super::remote::{self, Script};
use super::{Outcome, Setup, Step};
use crate::quote::shell_quoted;

const STEP: &str = "agent";

const AGENT: &str = include_str!("agent.sh");

/// How long it may take: the script gives the agent 20 s.
const DEADLINE: Duration = Duration::from_secs(90);

/// What an agent's first screen says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// To log in.
    Login,
    /// Whether the folder is to be trusted.
    Trust,
    /// What its colours should be, or the like: its first run.
    Welcome,
    /// For work.
    Nothing,
    /// That can't be told.
    Unknown,
}

/// What agents show, in lower case; the first that is found counts. Where a login is wanted little else is.
const SIGNS: &[(&str, Asks)] = &[
    ("select login method", Asks::Login),
    ("please run /login", Asks::Login),
    ("paste code here", Asks::Login),
    ("sign in with chatgpt", Asks::Login),
    ("how would you like to authenticate", Asks::Login),
    ("waiting for auth", Asks::Login),
    ("log in to continue", Asks::Login),
    ("do you trust", Asks::Trust),
    ("trust the files in this folder", Asks::Trust),
    ("trust this folder", Asks::Trust),
    ("is this a project you created or one you trust", Asks::Trust),
    ("choose the text style", Asks::Welcome),
    ("let's get started", Asks::Welcome),
    ("? for shortcuts", Asks::Nothing),
    ("type your message", Asks::Nothing),
    ("send a message", Asks::Nothing),
    ("ask anything", Asks::Nothing),
    ("⏎ send", Asks::Nothing),
    ("to get started, describe a task", Asks::Nothing),
];

/// Starts the first agent that is there.
pub(super) async fn run(setup: &mut Setup<'_>) {
    let step = step(setup).await;
    setup.came_to(step);
}

async fn step(setup: &Setup<'_>) -> Step {
    let skipped = |message: &str| Step::new(STEP, Outcome::Skipped, message);
    let Some(tow) = &setup.facts.tow else { return skipped("there is no tow to start one with") };
    let Some(agent) = setup.facts.agents.first() else {
        return skipped("no known agent is installed there");
    };
    let folder = setup.host.projects.clone().filter(|_| setup.facts.projects_there == Some(true));
    let folder = folder.unwrap_or_else(|| "~".into());
    setup.context.say(format_args!("  starting {} on {}…", agent.kind, setup.host.alias));
    let script = Script::new(AGENT, DEADLINE).arguments([&tow.path, &agent.path, &folder]);
    let ran = remote::run(&setup.host, &setup.options, &script, |_| {}).await;
    let screen = match ran.and_then(|ran| ran.succeeded(&format!("cannot start {}", agent.kind))) {
        Ok(screen) => screen,
        Err(error) => return Step::failed(STEP, error),
    };
    let kind = &agent.kind;
    let command = shell_quoted(&shell_quoted(&agent.path));
    let by_hand = format!("ssh -t {} {command}", ssh_words(&setup.host.address));
    match asks(&screen) {
        Asks::Login => {
            Step::new(STEP, Outcome::Skipped, format!("{kind} asks you to log in")).hint(by_hand)
        }
        Asks::Trust => {
            let message = format!("{kind} starts, and asks whether to trust {folder}");
            Step::new(STEP, Outcome::Done, message)
        }
        Asks::Welcome => {
            Step::new(STEP, Outcome::Skipped, format!("{kind} asks what it asks first"))
                .hint(by_hand)
        }
        Asks::Nothing => {
            Step::new(STEP, Outcome::Done, format!("{kind} starts, and asks for nothing"))
        }
        Asks::Unknown => {
            let line =
                screen.lines().find(|line| !line.trim().is_empty()).unwrap_or("nothing").trim();
            Step::new(STEP, Outcome::Done, format!("{kind} starts, and shows: {line}"))
                .hint(by_hand)
        }
    }
}

/// What a screen asks for, as far as it is one that is known.
fn asks(screen: &str) -> Asks {
    // A narrow screen breaks sentences into lines.
    let words = screen.to_lowercase();
    let words = words.split(|c: char| c.is_whitespace() || "│┃|".contains(c));
    let text = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let text = text.replace('’', "'");
    SIGNS.iter().find(|(sign, _)| text.contains(sign)).map_or(Asks::Unknown, |(_, asks)| *asks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_agent_asks_is_seen_on_its_screen() {
        for (screen, expected) in [
            ("Welcome to Claude Code\n\n Select login method:\n ❯ 1. Claude account", Asks::Login),
            ("Invalid API key · Please run /login\n ? for shortcuts", Asks::Login),
            ("│ Do you trust the files in │\n│ this folder? │", Asks::Trust),
            ("Let’s get started.\n\n Choose the text style that looks best", Asks::Welcome),
            ("> \n  ? for shortcuts", Asks::Nothing),
            ("Sign in with ChatGPT", Asks::Login),
            ("Do you trust the contents of this directory?", Asks::Trust),
            ("How would you like to authenticate for this project?", Asks::Login),
            (" >   Type your message or @path/to/file", Asks::Nothing),
            ("Segmentation fault", Asks::Unknown),
            ("", Asks::Unknown),
        ] {
            assert_eq!(asks(screen), expected, "{screen}");
        }
    }
}
