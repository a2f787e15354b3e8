//! The user's own commands: bounded in number and time, and told the facts by their environment alone.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use towline_client::config::Action;
use towline_client::target::{self, LOCAL_HOST, name_form};
use towline_protocol::v1;

/// Commands that run at a time.
const AT_A_TIME: usize = 4;

/// Commands that run or wait for their turn; more than that are left out.
const MOST: usize = 32;

/// How long one may take.
const LONGEST: Duration = Duration::from_secs(30);

/// Bytes of what one says that are kept for the log.
const SAID: usize = 1024;

/// What one says may take so long to come after its end.
const LAST_WORDS: Duration = Duration::from_millis(100);

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
    let Some((program, arguments)) = argv.split_first() else { return Ok(()) };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .envs(facts)
        // The server's own folder is the root.
        .current_dir(std::env::var_os("HOME").unwrap_or_else(|| "/".into()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // What it starts ends with it, where it takes too long.
        .process_group(0);
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let mut said = Vec::new();
    let status = match tokio::time::timeout(LONGEST, finish(&mut child, &mut said)).await {
        Ok(status) => status.map_err(|error| error.to_string())?,
        Err(_) => {
            let group = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
            let _ = group.map(|group| kill_process_group(group, Signal::KILL));
            let _ = child.wait().await;
            return Err(format!("it took longer than {} s and was ended", LONGEST.as_secs()));
        }
    };
    if status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&said);
    Err(match said.lines().rfind(|line| !line.trim().is_empty()) {
        Some(line) => format!("{status}: {}", line.trim().escape_debug()),
        None => status.to_string(),
    })
}

/// Waits for the end, and takes in what is said meanwhile.
async fn finish(child: &mut Child, said: &mut Vec<u8>) -> std::io::Result<ExitStatus> {
    let stderr = child.stderr.take();
    let listening = async {
        let Some(mut stderr) = stderr else { return };
        let mut bytes = [0; SAID];
        // What it says is read to the end, so that it is never held up.
        while let Ok(count @ 1..) = stderr.read(&mut bytes).await {
            let surplus = (said.len() + count).saturating_sub(SAID).min(said.len());
            said.drain(..surplus);
            said.extend_from_slice(&bytes[..count]);
        }
    };
    tokio::pin!(listening);
    let status = tokio::select! {
        status = child.wait() => status?,
        () = &mut listening => return child.wait().await,
    };
    // Something that it has left running may keep the other end open for ever.
    let _ = tokio::time::timeout(LAST_WORDS, listening).await;
    Ok(status)
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
    async fn a_failure_is_told_with_its_last_words() {
        let why = outcome("echo first >&2; echo no such host >&2; exit 3").await.unwrap_err();
        assert_eq!(why, "exit status: 3: no such host");
        assert_eq!(outcome("exit 1").await.unwrap_err(), "exit status: 1");
        let missing = run(&["/none/such".to_owned()], Vec::new()).await.unwrap_err();
        assert!(missing.contains("No such file"), "{missing}");
        // More than is kept, and more than a pipe takes.
        let much = "i=0; while [ $i -lt 9000 ]; do echo 0123456789 >&2; i=$((i+1)); done; echo end >&2; exit 1";
        assert_eq!(outcome(much).await.unwrap_err(), "exit status: 1: end");
    }

    #[tokio::test]
    async fn what_is_left_running_is_not_waited_for() {
        let begun = std::time::Instant::now();
        outcome("sleep 5 & exit 0").await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
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
