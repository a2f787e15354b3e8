//! Being told when a host's panes may have changed, rather than asking again and again.
//!
//! A client of tmux in control mode that sees no output, has no say in sizes and types nothing is told of new and
//! closed windows, and of what a format that runs over all panes gives, once a second. Where there is no server to be
//! a client of, or an old one, a loop on the host looks and says only what changed.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

use super::frame::{Frames, framed, nonce};
use super::setup::{self, Found};
use super::shell::{process, why};
use super::{Place, TmuxError};
use crate::transport::LastLines;

/// How long it may take until there is a shell.
const PATIENCE: Duration = Duration::from_secs(15);

/// The pauses between two tries, the first and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// One that held so long was a good one.
const GOOD: Duration = Duration::from_secs(30);

/// A longer line is no notification of ours to read whole.
const LINE_MAX: usize = 1024 * 1024;

/// What a change of is told: which panes there are, what they are called, what runs in them, and whether it has ended.
const WATCHED: &str =
    "#{S:#{W:#{P:#{pane_id} #{window_name} #{pane_current_command} #{pane_dead};}}}";

/// Notifications that say nothing of what is listed.
const ASIDE: [&str; 9] = [
    "%begin",
    "%end",
    "%output",
    "%extended-output",
    "%session-window-changed",
    "%window-pane-changed",
    "%client-",
    "%pane-mode-changed",
    "%alive",
];

/// Tells when a host's panes may have changed. Dropping it ends the watch.
#[derive(Debug)]
pub struct Changes {
    told: mpsc::Receiver<Result<(), TmuxError>>,
    task: AbortHandle,
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Changes {
    /// Begins to watch.
    pub(super) fn of(place: Place) -> Self {
        // One place: several changes that nobody has looked at yet are one.
        let (tell, told) = mpsc::channel(1);
        let task = tokio::spawn(watch(place, tell)).abort_handle();
        Self { told, task }
    }

    /// Waits until something may have changed since the last call; the first time also where nothing did.
    ///
    /// # Errors
    /// Why nobody watches now. The next call waits for the next try.
    pub async fn next(&mut self) -> Result<(), TmuxError> {
        match self.told.recv().await {
            Some(told) => told,
            // The task ends only with this.
            None => std::future::pending().await,
        }
    }
}

async fn watch(place: Place, tell: mpsc::Sender<Result<(), TmuxError>>) {
    let mut pause = PAUSE.0;
    loop {
        let began = Instant::now();
        match watch_once(&place, &tell).await {
            Ok(()) => {
                let _ = tell.try_send(Ok(()));
            }
            Err(error) => {
                let _ = tell.send(Err(error)).await;
            }
        }
        if began.elapsed() > GOOD {
            pause = PAUSE.0;
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

/// Watches until the host's tmux, or the way to it, ends.
async fn watch_once(
    place: &Place,
    tell: &mpsc::Sender<Result<(), TmuxError>>,
) -> Result<(), TmuxError> {
    let mut child = process(place)?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut stdin), Some(mut stdout), Some(stderr)) = pipes else {
        return Err(why(place, &LastLines::default()));
    };
    let said = LastLines::default();
    let hearing = {
        let said = said.clone();
        tokio::spawn(async move { said.read(stderr).await })
    };
    let found = match timeout(PATIENCE, open(place, &mut stdin, &mut stdout)).await {
        Ok(Some(found)) => found,
        Ok(None) => {
            let _ = timeout(Duration::from_millis(500), hearing).await;
            return Err(why(place, &said));
        }
        Err(_) => {
            return Err(TmuxError::TimedOut {
                host: place.host.clone(),
                seconds: PATIENCE.as_secs(),
            });
        }
    };
    if found.tmux.is_none() {
        return Err(TmuxError::NoTmux { host: place.host.clone() });
    }
    let _ = tell.try_send(Ok(()));
    if stdin.write_all(&script(&found)).await.is_err() {
        return Ok(());
    }
    let mut lines = BufReader::new(stdout);
    let mut subscribed = false;
    let mut line = Vec::new();
    loop {
        line.clear();
        let count = (&mut lines).take(LINE_MAX as u64).read_until(b'\n', &mut line).await;
        if !matches!(count, Ok(count) if count > 0) {
            return Ok(());
        }
        if line.starts_with(b"%session-changed") && !subscribed {
            subscribed = true;
            let command = format!("refresh-client -B 'towline::{WATCHED}'\n");
            if stdin.write_all(command.as_bytes()).await.is_err() {
                return Ok(());
            }
        }
        if is_change(&line) {
            let _ = tell.try_send(Ok(()));
        }
    }
}

/// Whether a line says that what is listed may have changed.
fn is_change(line: &[u8]) -> bool {
    let aside = ASIDE.iter().any(|word| line.starts_with(word.as_bytes()));
    line.starts_with(b"%") && !aside
}

async fn open(place: &Place, stdin: &mut ChildStdin, stdout: &mut ChildStdout) -> Option<Found> {
    let nonce = nonce(16).ok()?;
    stdin.write_all(&framed(&nonce, &setup::script(&place.tmux))).await.ok()?;
    let mut frames = Frames::default();
    let mut bytes = [0; 4096];
    loop {
        if let Some(answer) = frames.next(&nonce) {
            return Some(setup::found(&answer.output));
        }
        match stdout.read(&mut bytes).await {
            Ok(count) if count > 0 => frames.feed(&bytes[..count]),
            _ => return None,
        }
    }
}

/// The script that watches. The loop says something each time, so that it ends when nobody hears it any more. The
/// client joins the session that was used least recently: people who attach without naming one are led to the others.
fn script(found: &Found) -> Vec<u8> {
    let tmux = found.tmux();
    // Read-only clients without output, and formats that are watched, came with 3.2.
    let control = match found.at_least(3, 2) {
        true => format!(
            r##"
  tow_id=$({tmux} list-sessions -F '#{{session_activity}} #{{session_id}}' 2>/dev/null </dev/null | sort -n | sed -n '1s/.* //p')
  if [ -n "$tow_id" ]; then exec {tmux} -C attach-session -E -f no-output,ignore-size,read-only -t "$tow_id"; fi"##
        ),
        false => String::new(),
    };
    format!(
        r##"tow_old=
while :; do{control}
  tow_new=$({tmux} list-panes -a -F '{WATCHED_ONE}' 2>/dev/null </dev/null)
  if [ "$tow_new" = "$tow_old" ]; then echo %alive; else echo %changed; fi || exit
  tow_old=$tow_new
  sleep 3
done
"##
    )
    .into_bytes()
}

/// As [`WATCHED`], for one pane.
const WATCHED_ONE: &str =
    "#{session_id} #{pane_id} #{window_name} #{pane_current_command} #{pane_dead}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_of_other_things_are_passed_over() {
        for (line, expected) in [
            ("%sessions-changed", true),
            ("%unlinked-window-add @2", true),
            ("%window-renamed @2 x", true),
            ("%subscription-changed towline $0 - - - : %1 x", true),
            ("%layout-change @1 x", true),
            ("%exit", true),
            ("%changed", true),
            ("%alive", false),
            ("%begin 1 2 0", false),
            ("%end 1 2 0", false),
            ("%output %1 x", false),
            ("motd", false),
            ("", false),
        ] {
            assert_eq!(is_change(line.as_bytes()), expected, "{line}");
        }
    }
}
