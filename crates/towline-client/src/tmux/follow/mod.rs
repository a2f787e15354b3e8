//! Rows of panes as they change.
//!
//! What is followed is looked at on its host, several times a second, and only what has changed is sent over: tmux
//! would send a control client all that a program prints, and stop reading from the program where the link is slower
//! than that. All followers of a host share one shell.

mod settle;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use towline_protocol::v1;

use super::frame::nonce;
use super::peek::{self, Captured};
use super::setup::Found;
use super::shell::Shell;
use super::{Place, TmuxError};
use settle::{ABOVE_MAX, Above, Settle};

/// One script looks so often, at most, before it answers: what is added meanwhile waits for the next script.
const LOOKS: u32 = 3;

/// The pause between two looks, in seconds, as `sleep` takes it: while something changes, and when nothing has for
/// [`STILL`]. A look costs the host some three milliseconds.
const PAUSES: (&str, &str) = ("0.1", "0.3");

/// When nothing has changed for so long, it is looked at less often.
const STILL: Duration = Duration::from_secs(5);

/// How long one script may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// So many changes wait for a slow reader; then nothing is looked at for it.
const WAITING: usize = 4;

/// So many a look may bring: rows, and the last ones of a pane that has ended.
const PER_LOOK: usize = 2;

/// Rows of a pane.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Followed {
    /// The rows: those that are new, or with `redraw` the last ones.
    pub lines: Vec<String>,
    /// Number of the first, counted from the oldest that tmux keeps.
    pub first_line: u64,
    /// Rows before these are lost.
    pub gap: bool,
}

/// Rows of a pane, as they change. Dropping it ends the follow.
#[derive(Debug)]
pub struct Follow {
    rows: mpsc::Receiver<Result<Followed, TmuxError>>,
}

impl Follow {
    /// The next rows; `None` when the pane has ended.
    ///
    /// # Errors
    /// Where the host can't be asked any more. A follow that begins anew with `from_line` goes on.
    pub async fn next(&mut self) -> Option<Result<Followed, TmuxError>> {
        self.rows.recv().await
    }
}

/// Who follows a host's panes.
#[derive(Debug)]
pub(super) struct Followers {
    shell: Shell,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Those that the task hasn't seen yet.
    new: Vec<Follower>,
    /// How many there have been. A key is never used again: the shell remembers what each was shown.
    keys: u64,
    /// A task looks after them.
    running: bool,
    /// Keys of those that have left, which the shell may forget.
    gone: Vec<u64>,
}

#[derive(Debug)]
struct Follower {
    pane: u64,
    mode: Mode,
    rows: mpsc::Sender<Result<Followed, TmuxError>>,
    /// The name of what it was last shown, in the shell.
    key: u64,
}

#[derive(Debug)]
enum Mode {
    Redraw { lines: u32, ansi: bool, shown: Option<Vec<String>> },
    Settle(Box<Settle>),
}

impl Followers {
    pub(super) fn new(place: Place) -> Self {
        Self { shell: Shell::new(place), state: Mutex::default() }
    }

    pub(super) fn follow(self: &Arc<Self>, pane: u64, request: &v1::Follow) -> Follow {
        let (sender, rows) = mpsc::channel(WAITING);
        let mode = match request.redraw {
            true => Mode::Redraw { lines: request.lines, ansi: request.ansi, shown: None },
            false => {
                let settle = Settle::new(request.lines, request.from_line, request.ansi);
                Mode::Settle(Box::new(settle))
            }
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.keys += 1;
        let key = state.keys;
        state.new.push(Follower { pane, mode, rows: sender, key });
        if !std::mem::replace(&mut state.running, true) {
            tokio::spawn(self.clone().run());
        }
        Follow { rows }
    }

    /// Looks until nobody follows any more.
    async fn run(self: Arc<Self>) {
        let mut followers: Vec<Follower> = Vec::new();
        let mut gone = Vec::new();
        let mut changed = Instant::now();
        loop {
            let before: Vec<u64> = followers.iter().map(|follower| follower.key).collect();
            followers.retain(|follower| !follower.rows.is_closed());
            let stayed = |key: &u64| followers.iter().any(|follower| follower.key == *key);
            gone.extend(before.into_iter().filter(|key| !stayed(key)));
            {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                followers.append(&mut state.new);
                gone.append(&mut state.gone);
                if followers.is_empty() {
                    state.gone = gone;
                    state.running = false;
                    return;
                }
            }
            let pause = if changed.elapsed() < STILL { PAUSES.0 } else { PAUSES.1 };
            match self.look(&mut followers, &mut gone, pause).await {
                Ok(true) => changed = Instant::now(),
                Ok(false) => {}
                Err(error) => {
                    for follower in followers.drain(..) {
                        let _ = follower.rows.try_send(Err(error.clone()));
                    }
                }
            }
        }
    }

    /// Looks at what is followed until something has changed, a few times at most; whether it has.
    async fn look(
        &self,
        followers: &mut Vec<Follower>,
        gone: &mut Vec<u64>,
        pause: &str,
    ) -> Result<bool, TmuxError> {
        let mark = nonce(8).map_err(|error| TmuxError::Invalid(error.to_string()))?;
        let able = |follower: &&Follower| follower.rows.capacity() >= PER_LOOK;
        let looked: Vec<u64> = followers.iter().filter(able).map(|one| one.key).collect();
        if looked.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            return Ok(false);
        }
        let answer = self
            .shell
            .run(PATIENCE, |found| {
                let followers = followers.iter().filter(|one| looked.contains(&one.key));
                [forget(gone), script(found, &mark, followers, pause)].concat()
            })
            .await?;
        gone.clear();
        let text = String::from_utf8_lossy(&answer.output);
        let mut changed: Vec<(u64, u64, &str)> = Vec::new();
        for piece in text.split(mark.as_str()).skip(1) {
            let (head, rest) = piece.split_once('\n').unwrap_or((piece, ""));
            let mut numbers = head.split(' ').map(|word| word.parse::<u64>().unwrap_or(0));
            let (key, above) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
            changed.push((key, above, rest.strip_suffix('\n').unwrap_or(rest)));
        }
        let news = !changed.is_empty();
        followers.retain_mut(|follower| {
            if !looked.contains(&follower.key) {
                return true;
            }
            match changed.iter().find(|(key, ..)| *key == follower.key) {
                Some((_, above, text)) => {
                    follower.changed(peek::captured(text.as_bytes(), follower.pane, *above))
                }
                None => {
                    follower.still();
                    true
                }
            }
        });
        Ok(news)
    }
}

impl Follower {
    /// Takes a look; false where the pane has ended.
    fn changed(&mut self, captured: Option<Captured>) -> bool {
        let ended = captured.as_ref().is_none_or(|captured| captured.dead);
        let mut told = Vec::new();
        match (&mut self.mode, captured) {
            (Mode::Redraw { lines, ansi, shown }, Some(captured)) => {
                let peeked = peek::peeked(captured, *lines, *ansi);
                // A shell that was opened anew doesn't know what was shown.
                if shown.as_ref() != Some(&peeked.lines) {
                    *shown = Some(peeked.lines.clone());
                    let (lines, first_line) = (peeked.lines, peeked.first_line);
                    told.push(Followed { lines, first_line, gap: false });
                }
            }
            (Mode::Redraw { .. }, None) => {}
            (Mode::Settle(settle), captured) => {
                told.extend(captured.map(|captured| settle.look(captured)));
                if ended {
                    told.push(settle.end());
                }
            }
        }
        for followed in told {
            self.tell(followed);
        }
        !ended
    }

    fn still(&mut self) {
        if let Mode::Settle(settle) = &mut self.mode {
            let followed = settle.still();
            self.tell(followed);
        }
    }

    fn tell(&self, followed: Followed) {
        let nothing = followed.lines.is_empty() && !followed.gap;
        if !nothing || matches!(self.mode, Mode::Redraw { .. }) {
            // There is room: who has none isn't looked at.
            let _ = self.rows.try_send(Ok(followed));
        }
    }
}

/// The script that forgets what followers were shown.
fn forget(keys: &[u64]) -> Vec<u8> {
    keys.iter().map(|key| format!("unset tow_seen{key}\n")).collect::<String>().into_bytes()
}

/// The script that looks at each pane until one of them has changed, a few times at most. What changed is printed
/// behind the mark, the follower's key and the number of rows above the screen.
fn script<'a>(
    found: &Found,
    mark: &str,
    followers: impl Iterator<Item = &'a Follower>,
    pause: &str,
) -> Vec<u8> {
    let tmux = found.tmux();
    let mut looks = String::new();
    for Follower { pane, mode, key, .. } in followers {
        let above = match mode {
            Mode::Redraw { lines, .. } => {
                Above { rows: u64::from(*lines).min(ABOVE_MAX), since: None, anew: false }
            }
            Mode::Settle(settle) => settle.above(),
        };
        if above.anew {
            looks.push_str(&format!("tow_seen{key}=\n"));
        }
        let words = peek::words(*pane, "$tow_above");
        // The third word of what is printed is how many rows have scrolled off.
        let enough = match above.since {
            None => "true".to_owned(),
            Some(since) => format!(
                r#"tow_hs=${{tow_now#* * }}; tow_hs=${{tow_hs%% *}}
  case $tow_hs in ''|*[!0-9]*) break ;; esac
  tow_need=$((tow_hs - {since})); [ "$tow_need" -le "$tow_a" ] || [ "$tow_a" -ge {ABOVE_MAX} ]"#
            ),
        };
        looks.push_str(&format!(
            r#"tow_a={rows} tow_try=0
while :; do
  tow_above=; [ "$tow_a" -eq 0 ] || tow_above="-S -$tow_a"
  tow_now=$({tmux} {words})
  {enough} && break
  tow_try=$((tow_try + 1)); [ "$tow_try" -lt 6 ] || break
  tow_a=$((tow_need + tow_need - tow_a + 100)); [ "$tow_a" -le {ABOVE_MAX} ] || tow_a={ABOVE_MAX}
done
if [ "$tow_now" != "$tow_seen{key}" ]; then
  tow_seen{key}=$tow_now; tow_hit=1
  printf '%s%s\n%s\n' '{mark}' '{key} '"$tow_a" "$tow_now"
fi
"#,
            rows = above.rows,
        ));
    }
    format!(
        r#"tow_hit= tow_n=0
while :; do
{looks}
[ -z "$tow_hit" ] || break
tow_n=$((tow_n + 1)); [ $tow_n -lt {LOOKS} ] || break
sleep {pause} 2>/dev/null || {{ sleep 1; break; }}
done
"#
    )
    .into_bytes()
}
