//! Looking at a pane: the model of a living one, or a replay of the journal.

use std::path::Path;

use towline_protocol::v1;
use towline_vt::Terminal;

use super::model::{self, LIVE_SCROLLBACK, Loaded};
use super::{Command, Pane};
use crate::fault::Fault;
use crate::server::Server;

/// At most so many bytes of lines are one reply, which must fit a frame.
const REPLY_MAX: usize = towline_protocol::FRAME_CAP / 2;

/// What a look found.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    pub(crate) lines: Vec<String>,
    /// Number of the first line, counted from the first that is kept.
    pub(crate) first_line: u64,
    /// What the program had printed before is not kept, or was damaged.
    pub(crate) gap: bool,
}

/// The last lines that a request asks for.
///
/// # Errors
/// Where the journal can't be read, or the pane's holder is lost meanwhile.
pub(crate) async fn peek(
    server: &Server,
    pane: &Pane,
    request: &v1::Peek,
) -> Result<Looked, Fault> {
    let wanted = usize::try_from(request.lines).unwrap_or(usize::MAX);
    let ansi = request.ansi;
    let deep = request.since > 0 || wanted > LIVE_SCROLLBACK;
    if !deep
        && let Some(looked) =
            live(pane, move |terminal| last_lines(terminal, wanted, ansi, 0)).await
    {
        return Ok(looked);
    }
    let since = request.since;
    let scrollback = server.settings.scrollback;
    let journal = pane.journal();
    let replayed = tokio::task::spawn_blocking(move || {
        let (loaded, from) = replay_since(&journal, scrollback, since)?;
        let mut looked = last_lines(&loaded.model.terminal, wanted, ansi, from);
        looked.gap |= loaded.gap;
        drop(loaded);
        crate::system::give_memory_back();
        Ok::<_, towline_journal::Error>(looked)
    });
    match replayed.await {
        Ok(Ok(looked)) => Ok(looked),
        Ok(Err(error)) => {
            let name = pane.name();
            Err(Fault::internal(format!("{name}'s journal can't be read: {error}")))
        }
        Err(error) => Err(Fault::internal(error.to_string())),
    }
}

/// Replays a journal; returns also the number of the first line that something was printed to at or after
/// `since`.
fn replay_since(
    journal: &Path,
    scrollback: usize,
    since: u64,
) -> Result<(Loaded, u64), towline_journal::Error> {
    let mut first = (since == 0).then_some(0);
    let loaded = model::load_while(journal, scrollback, |model, entry| {
        if first.is_none() && entry.time >= since {
            // The line the cursor was in may go on with what is printed now.
            first = Some(model.terminal.end_line().saturating_sub(1));
        }
        true
    })?;
    let first = first.unwrap_or_else(|| loaded.model.terminal.end_line());
    Ok((loaded, first))
}

/// The last line that matches, among those printed to since a time. `None` where none does or the journal can't be
/// read.
pub(crate) async fn last_match(
    server: &Server,
    pane: &Pane,
    pattern: regex::Regex,
    since: u64,
) -> Option<String> {
    let journal = pane.journal();
    let scrollback = server.settings.scrollback;
    let found = tokio::task::spawn_blocking(move || {
        let (loaded, from) = replay_since(&journal, scrollback, since).ok()?;
        let terminal = &loaded.model.terminal;
        let lines = text(terminal, from.max(terminal.first_line()), terminal.end_line(), false);
        lines.into_iter().rev().find(|line| pattern.is_match(line))
    });
    found.await.ok().flatten()
}

/// Calls `look` with the model of a living pane; `None` where the pane has ended.
pub(crate) async fn live<T: Send + 'static>(
    pane: &Pane,
    look: impl FnOnce(&Terminal) -> T + Send + 'static,
) -> Option<T> {
    let (answer, wait) = tokio::sync::oneshot::channel();
    let command = Command::Look(Box::new(move |terminal| {
        let _ = answer.send(look(terminal));
    }));
    pane.tell(command).ok()?;
    wait.await.ok()
}

/// The last `wanted` lines from `from` on, or with 0 the whole screen.
fn last_lines(terminal: &Terminal, wanted: usize, ansi: bool, from: u64) -> Looked {
    let (first, end) = if wanted == 0 {
        (terminal.screen_start(), terminal.screen_start() + u64::from(terminal.size().rows))
    } else {
        let end = written(terminal);
        (end.saturating_sub(wanted as u64).max(terminal.first_line()).max(from), end)
    };
    let mut lines = text(terminal, first, end, ansi);
    let mut bytes = 0;
    let fits = lines.iter().rev().take_while(|line| {
        bytes += line.len();
        bytes <= REPLY_MAX
    });
    let left_out = lines.len() - fits.count();
    lines.drain(..left_out);
    Looked { lines, first_line: first + left_out as u64, gap: left_out > 0 }
}

/// One past the last line that holds something. The line the cursor waits in is no line of output until
/// something is in it.
pub(super) fn written(terminal: &Terminal) -> u64 {
    let blank = |number: &u64| terminal.line(number - 1).is_none_or(|line| line.text().is_empty());
    let first = terminal.first_line();
    (first + 1..=terminal.end_line()).rev().find(|number| !blank(number)).unwrap_or(first)
}

/// Lines `first` to `end`, those that are there.
pub(super) fn text(terminal: &Terminal, first: u64, end: u64, ansi: bool) -> Vec<String> {
    (first..end)
        .filter_map(|number| terminal.line(number))
        .map(|line| if ansi { line.ansi() } else { line.text() })
        .collect()
}
