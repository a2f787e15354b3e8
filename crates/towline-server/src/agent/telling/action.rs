//! The user's own commands: bounded in number and time, and told the facts by their environment alone.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use towline_client::config::Action;
use towline_client::target::{self, LOCAL_HOST, name_form};
use towline_protocol::v1;

use crate::child;

/// Commands that run at a time.
const AT_A_TIME: usize = 4;

/// Commands that run or wait for their turn; more than that are left out.
const MOST: usize = 32;

/// How long one may take.
const LONGEST: Duration = Duration::from_secs(30);

/// Runs the user's commands.
#[derive(Debug, Clone)]
pub(super) struct Actions {
    turns: Arc<Semaphore>,
    /// Those that run or wait.
    under_way: Arc<AtomicUsize>,
}

impl Default for Actions {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_A_TIME)), under_way: Arc::default() }
    }
}

impl Actions {
    /// Runs a command for a pane whose agent waits. Returns at once; what goes wrong is logged.
    pub(super) fn run(&self, action: &Action, pane: &v1::Pane) {
        let argv = action.argv();
        let facts = facts(pane);
        let what = format!("the command for {}", target_of(pane));
        if self.under_way.fetch_add(1, Ordering::Relaxed) >= MOST {
            self.under_way.fetch_sub(1, Ordering::Relaxed);
            tracing::warn!("{what} is left out: {MOST} are under way");
            return;
        }
        let Self { turns, under_way } = self.clone();
        tokio::spawn(async move {
            if let Ok(_turn) = turns.acquire().await
                && let Err(why) = run(&argv, facts).await
            {
                tracing::warn!("{what}, {:?}: {why}", argv.join(" "));
            }
            under_way.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// What a command is told of a pane.
fn facts(pane: &v1::Pane) -> Vec<(&'static str, OsString)> {
    let agent = pane.agent.clone().unwrap_or_default();
    let host = if pane.host.is_empty() { LOCAL_HOST } else { &pane.host };
    vec![
        ("TOWLINE_TARGET", target_of(pane).into()),
        ("TOWLINE_HOST", host.into()),
        ("TOWLINE_NAME", pane.name.clone().into()),
        ("TOWLINE_AGENT", agent.kind.into()),
        ("TOWLINE_STATE", agent.state.into()),
        ("TOWLINE_REASON", agent.reason.into()),
        ("TOWLINE_QUESTION", agent.question.into()),
        ("TOWLINE_CWD", OsStr::from_bytes(&pane.cwd).to_owned()),
    ]
}

/// The pane as commands take it.
fn target_of(pane: &v1::Pane) -> String {
    let host = if pane.host.is_empty() { LOCAL_HOST } else { &pane.host };
    format!("{host}:{}", name_form(&pane.name, &target::is_alias))
}

/// Runs one to its end, and says why it failed where it did.
async fn run(argv: &[String], facts: Vec<(&'static str, OsString)>) -> Result<(), String> {
    let argv: Vec<OsString> = argv.iter().map(OsString::from).collect();
    let facts = facts.into_iter().map(|(name, value)| (name, Some(value)));
    child::run(&argv, facts, LONGEST).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane() -> v1::Pane {
        v1::Pane {
            id: 3,
            name: "it's $(touch x)".into(),
            host: "thor".into(),
            cwd: b"/src/\xff".to_vec(),
            agent: Some(v1::Agent {
                kind: "claude".into(),
                state: "blocked".into(),
                reason: "permission".into(),
                question: "`rm -rf ~`; ok?".into(),
                ..v1::Agent::default()
            }),
            ..v1::Pane::default()
        }
    }

    async fn outcome(line: &str) -> Result<(), String> {
        run(&Action::Line(line.to_owned()).argv(), facts(&pane())).await
    }

    #[tokio::test]
    async fn facts_come_as_they_are_and_are_never_run() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("told");
        let line = format!(
            "printf '%s|' \"$TOWLINE_TARGET\" \"$TOWLINE_HOST\" \"$TOWLINE_NAME\" \"$TOWLINE_AGENT\" \
             \"$TOWLINE_STATE\" \"$TOWLINE_REASON\" \"$TOWLINE_QUESTION\" \"$TOWLINE_CWD\" > {}",
            file.display()
        );
        outcome(&line).await.unwrap();
        let expected = b"thor:it's $(touch x)|thor|it's $(touch x)|claude|blocked|permission|`rm -rf ~`; ok?|/src/\xff|";
        assert_eq!(std::fs::read(file).unwrap(), expected);
    }

    #[tokio::test]
    async fn there_is_an_end_to_how_many_run() {
        let actions = Actions::default();
        for _ in 0..MOST + 10 {
            actions.run(&Action::Program(vec!["true".to_owned()]), &pane());
        }
        assert_eq!(actions.under_way.load(Ordering::Relaxed), MOST);
        while actions.under_way.load(Ordering::Relaxed) > 0 {
            tokio::task::yield_now().await;
        }
    }
}
