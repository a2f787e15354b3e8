//! Programs that the server runs to their end: bounded in time, and what they say last is kept for the log.

use std::ffi::OsString;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

/// Bytes of what one says that are kept.
const SAID: usize = 1024;

/// What one says may take so long to come after its end.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// Runs a program to its end, in the user's home folder, and says why it failed where it did. One that takes longer than
/// `longest` is ended, with all that it has started. Variables without a value are taken out of its environment.
///
/// # Errors
/// In words: it can't be started, it failed, it took too long.
pub(crate) async fn run<N: Into<OsString>>(
    argv: &[OsString],
    variables: impl IntoIterator<Item = (N, Option<OsString>)>,
    longest: Duration,
) -> Result<(), String> {
    let Some((program, arguments)) = argv.split_first() else { return Ok(()) };
    let mut command = Command::new(program);
    command
        .args(arguments)
        // The server's own folder is the root.
        .current_dir(std::env::var_os("HOME").unwrap_or_else(|| "/".into()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // What it starts ends with it, where it takes too long.
        .process_group(0);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name.into(), value),
            None => command.env_remove(name.into()),
        };
    }
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let mut said = Vec::new();
    let status = match tokio::time::timeout(longest, finish(&mut child, &mut said)).await {
        Ok(status) => status.map_err(|error| error.to_string())?,
        Err(_) => {
            let group = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
            let _ = group.map(|group| kill_process_group(group, Signal::KILL));
            let _ = child.wait().await;
            return Err(format!("it took longer than {} s and was ended", longest.as_secs()));
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

    async fn outcome(argv: &[&str]) -> Result<(), String> {
        let argv: Vec<OsString> = argv.iter().map(OsString::from).collect();
        let variables = [("SET", Some("a b".into())), ("PATH_INFO", None::<OsString>)];
        run(&argv, variables, Duration::from_secs(30)).await
    }

    async fn line(line: &str) -> Result<(), String> {
        outcome(&["sh", "-c", line]).await
    }

    #[tokio::test]
    async fn a_failure_is_told_with_its_last_words() {
        let why = line("echo first >&2; echo no such host >&2; exit 3").await.unwrap_err();
        assert_eq!(why, "exit status: 3: no such host");
        assert_eq!(line("exit 1").await.unwrap_err(), "exit status: 1");
        let missing = outcome(&["/none/such"]).await.unwrap_err();
        assert!(missing.contains("No such file"), "{missing}");
        // More than is kept, and more than a pipe takes.
        let much = "i=0; while [ $i -lt 9000 ]; do echo 0123456789 >&2; i=$((i+1)); done; echo end >&2; exit 1";
        assert_eq!(line(much).await.unwrap_err(), "exit status: 1: end");
        line("test \"$SET\" = 'a b'").await.unwrap();
    }

    #[tokio::test]
    async fn one_that_takes_too_long_is_ended_with_what_it_started() {
        let argv: Vec<OsString> = ["sh", "-c", "sleep 600 & wait"].map(OsString::from).into();
        let none: [(OsString, Option<OsString>); 0] = [];
        let why = run(&argv, none, Duration::from_millis(50)).await.unwrap_err();
        assert_eq!(why, "it took longer than 0 s and was ended");
    }

    #[tokio::test]
    async fn what_is_left_running_is_not_waited_for() {
        let begun = std::time::Instant::now();
        line("sleep 5 & exit 0").await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    }
}
