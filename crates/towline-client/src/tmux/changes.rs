//! Being told when a host's panes may have changed, rather than asking again and again.
//!
//! A client of tmux in control mode that sees no output, has no say in sizes and types nothing is told of new and
//! closed windows, and of what a format that runs over all panes gives, once a second. Where there is no server to be
//! a client of, or an old one, a loop on the host looks and says only what changed.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::{mpsc, watch};
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

/// What a change of is told: which panes there are, what they are called, what runs in them, whether it has ended, and who
/// looks at them.
const WATCHED: &str = "#{S:#{session_attached}#{W:#{window_active}#{P:#{pane_id} #{window_name} \
    #{pane_current_command} #{pane_dead};}}}";

/// What else a change of is told, of panes that somebody wants to know of when they are drawn to: when tmux says that
/// they were, in whole seconds, and what most drawing changes.
const DRAWN: &str = "#{window_activity} #{cursor_x} #{cursor_y} #{history_size} #{pane_title}";

/// What one of the two subscriptions to it is called.
const DRAWN_NAME: &str = "towline-drawn";

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
    drawn: mpsc::Receiver<()>,
    wanted: watch::Sender<Vec<u64>>,
    task: AbortHandle,
}

/// What may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The panes, or what runs in them.
    Panes,
    /// One of the panes that were asked about was drawn to.
    Drawn,
}

/// Where changes are told.
struct Tell {
    changed: mpsc::Sender<Result<(), TmuxError>>,
    drawn: mpsc::Sender<()>,
    /// Panes of which it is wanted to know when they are drawn to.
    wanted: watch::Receiver<Vec<u64>>,
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Changes {
    /// Begins to watch.
    pub(super) fn of(place: Place) -> Self {
        // One place each: several changes that nobody has looked at yet are one.
        let (changed, told) = mpsc::channel(1);
        let (tell_drawn, drawn) = mpsc::channel(1);
        let (wanted, wants) = watch::channel(Vec::new());
        let tell = Tell { changed, drawn: tell_drawn, wanted: wants };
        let task = tokio::spawn(keep_watching(place, tell)).abort_handle();
        Self { told, drawn, wanted, task }
    }

    /// Of these panes it is wanted to know when they are drawn to: within a second or so.
    pub fn watch_drawing(&self, panes: Vec<u64>) {
        self.wanted.send_if_modified(|wanted| {
            let news = *wanted != panes;
            *wanted = panes;
            news
        });
    }

    /// Waits until something may have changed since the last call; the first time also where nothing did.
    ///
    /// # Errors
    /// Why nobody watches now. The next call waits for the next try.
    pub async fn next(&mut self) -> Result<Change, TmuxError> {
        // The task ends only with this: neither is ever closed.
        tokio::select! {
            Some(told) = self.told.recv() => told.map(|()| Change::Panes),
            Some(()) = self.drawn.recv() => Ok(Change::Drawn),
            else => std::future::pending().await,
        }
    }
}

async fn keep_watching(place: Place, mut tell: Tell) {
    let mut pause = PAUSE.0;
    loop {
        let began = Instant::now();
        match watch_once(&place, &mut tell).await {
            Ok(()) => {
                let _ = tell.changed.try_send(Ok(()));
            }
            Err(error) => {
                let _ = tell.changed.send(Err(error)).await;
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
async fn watch_once(place: &Place, tell: &mut Tell) -> Result<(), TmuxError> {
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
    let _ = tell.changed.try_send(Ok(()));
    if stdin.write_all(&script(&found)).await.is_err() {
        return Ok(());
    }
    let mut lines = BufReader::new(stdout);
    let mut subscribed = false;
    let mut line = Vec::new();
    loop {
        let mut limited = (&mut lines).take(LINE_MAX as u64);
        let count = tokio::select! {
            // What has been read of a line when the other comes first stays in it.
            count = limited.read_until(b'\n', &mut line) => count,
            Ok(()) = tell.wanted.changed(), if subscribed => {
                let wanted = tell.wanted.borrow_and_update().clone();
                if stdin.write_all(&subscribe_drawn(&wanted)).await.is_err() {
                    return Ok(());
                }
                continue;
            }
        };
        if !matches!(count, Ok(count) if count > 0) {
            return Ok(());
        }
        if line.starts_with(b"%session-changed") && !subscribed {
            subscribed = true;
            let wanted = tell.wanted.borrow_and_update().clone();
            let mut commands = format!("refresh-client -B 'towline::{WATCHED}'\n").into_bytes();
            if !wanted.is_empty() {
                commands.extend(subscribe_drawn(&wanted));
            }
            if stdin.write_all(&commands).await.is_err() {
                return Ok(());
            }
        }
        match change(&line) {
            Some(Change::Panes) => drop(tell.changed.try_send(Ok(()))),
            Some(Change::Drawn) => drop(tell.drawn.try_send(())),
            None => {}
        }
        line.clear();
    }
}

/// The command of a control client that tells when these panes are drawn to, in place of those before.
fn subscribe_drawn(panes: &[u64]) -> Vec<u8> {
    if panes.is_empty() {
        return format!("refresh-client -B {DRAWN_NAME}\n").into_bytes();
    }
    let ids: Vec<String> = panes.iter().map(u64::to_string).collect();
    let ours = format!("#{{m/r:^%({})$,#{{pane_id}}}}", ids.join("|"));
    let format = format!("#{{S:#{{W:#{{P:#{{?{ours},{DRAWN};,}}}}}}}}");
    format!("refresh-client -B '{DRAWN_NAME}::{format}'\n").into_bytes()
}

/// What a line says may have changed.
fn change(line: &[u8]) -> Option<Change> {
    let drawn = [format!("%subscription-changed {DRAWN_NAME} "), "%drawn".to_owned()];
    if drawn.iter().any(|word| line.starts_with(word.as_bytes())) {
        return Some(Change::Drawn);
    }
    let aside = ASIDE.iter().any(|word| line.starts_with(word.as_bytes()));
    (line.starts_with(b"%") && !aside).then_some(Change::Panes)
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
        r##"tow_old= tow_drawn=
while :; do{control}
  tow_new=$({tmux} list-panes -a -F '{WATCHED_ONE}' 2>/dev/null </dev/null)
  tow_now=$({tmux} list-panes -a -F '{DRAWN}' 2>/dev/null </dev/null)
  if [ "$tow_new" != "$tow_old" ]; then echo %changed; else echo %alive; fi || exit
  [ "$tow_now" = "$tow_drawn" ] || echo %drawn
  tow_old=$tow_new tow_drawn=$tow_now
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
            let expected = expected.then_some(Change::Panes);
            assert_eq!(change(line.as_bytes()), expected, "{line}");
        }
        for line in ["%subscription-changed towline-drawn $0 - - - : 1;", "%drawn"] {
            assert_eq!(change(line.as_bytes()), Some(Change::Drawn), "{line}");
        }
    }

    #[test]
    fn only_panes_that_are_asked_about_are_told_of() {
        let command = String::from_utf8(subscribe_drawn(&[5, 12])).unwrap();
        assert!(command.contains("#{m/r:^%(5|12)$,#{pane_id}}"), "{command}");
        assert_eq!(subscribe_drawn(&[]), b"refresh-client -B towline-drawn\n");
    }
}
