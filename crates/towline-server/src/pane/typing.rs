//! `send`: steps of text and keys, typed as one transaction.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use towline_protocol::v1::{self, send_step::Step};
use towline_vt::Modes;

use super::look;
use super::{Acknowledge, ClientId, Command, Pane, Typed};
use crate::fault::Fault;

/// Output that is still for so long is calm: longer than programs pause between two writes of one echo,
/// short enough that nobody notices.
const CALM: Duration = Duration::from_millis(40);

/// A program that never falls still (a spinner) is not waited for longer than this.
const CALM_LIMIT: Duration = Duration::from_millis(500);

/// A text is typed in parts of about so many bytes: less than half of what a holder takes in one frame, so that a
/// part may grow to twice as much to end with a line.
const PART: usize = 256 * 1024;

/// Types the steps of `send`. Done again after a broken connection, it writes nothing twice: each step keeps its
/// number, and the holder knows which it has written.
///
/// # Errors
/// A key that has no name, a line the terminal would cut, an ended pane, a lost holder.
pub(crate) async fn send(pane: &Arc<Pane>, send: &v1::Send) -> Result<(), Fault> {
    let client = client_id(&send.client)?;
    check(&send.steps)?;
    steps(pane, client, send.seq, &send.steps, false).await
}

/// Looks for a key that is none, which is to be found before anything is typed.
///
/// # Errors
/// That there is one.
pub(crate) fn check(steps: &[v1::SendStep]) -> Result<(), Fault> {
    for step in steps.iter().filter_map(|step| step.step.as_ref()) {
        if let Step::Key(_) = step {
            encode(step, &Modes::default())?;
        }
    }
    Ok(())
}

/// How many numbers steps take.
pub(crate) fn count(steps: &[v1::SendStep]) -> u64 {
    let parts = |step: &v1::SendStep| step.step.as_ref().map_or(1, count_of_parts) as u64;
    steps.iter().map(parts).sum()
}

/// Types steps under the numbers from `seq` on. `more`: the transaction goes on after them.
///
/// # Errors
/// As [`send`].
pub(crate) async fn steps(
    pane: &Arc<Pane>,
    client: ClientId,
    mut seq: u64,
    steps: &[v1::SendStep],
    more: bool,
) -> Result<(), Fault> {
    let last = steps.len().saturating_sub(1);
    for (index, step) in steps.iter().enumerate() {
        if step.calm {
            calm(pane).await;
        }
        let Some(step) = step.step.clone() else {
            return Err(Fault::invalid("a step of this send is empty"));
        };
        let modes = look::live(pane, |terminal| terminal.modes())
            .await
            .ok_or_else(|| Fault::ended(&pane.name()))?;
        let data = encode(&step, &modes)?;
        let parts = cut(&data, count_of_parts(&step));
        for (at, part) in parts.iter().enumerate() {
            let more = more || index < last || at + 1 < parts.len();
            type_once(pane, client, seq, more, part.to_vec()).await?;
            seq += 1;
        }
    }
    Ok(())
}

/// Opens an input, as a client does; the number of the last that was written under it, 0 for none. `None` where `again` says
/// that it was opened before, and the holder doesn't know it.
///
/// # Errors
/// A pane that has ended, or whose holder doesn't answer.
pub(crate) async fn open(pane: &Pane, client: ClientId, again: bool) -> Result<Option<u64>, Fault> {
    let opened = pane.ask(|done| Command::Open { client, again, tried: None, done }).await?;
    Ok((!opened.unknown).then_some(opened.last))
}

/// Lets others type who wait for the rest of a transaction that does not come: its next number is used up.
pub(crate) async fn give_way(pane: &Pane, client: ClientId, seq: u64) {
    let _ = type_once(pane, client, seq, false, Vec::new()).await;
}

/// In how many parts a step is typed. It depends on the step alone, so that a second try gives each part and what
/// follows the same number.
fn count_of_parts(step: &Step) -> usize {
    let length = match step {
        Step::Text(text) => text.len(),
        Step::Raw(bytes) => bytes.len(),
        Step::Key(_) => 0,
    };
    length.div_ceil(PART).max(1)
}

/// Cuts bytes into so many parts, where there are lines at their ends: a line that the terminal would cut is then
/// refused whole.
fn cut(data: &[u8], count: usize) -> Vec<&[u8]> {
    let mut parts = Vec::with_capacity(count);
    let mut start = 0;
    for part in 1..=count {
        let most = data.len() * part / count;
        let line_end = data[start..most].iter().rposition(|byte| matches!(byte, b'\r' | b'\n'));
        let end = match line_end {
            Some(at) if part < count => start + at + 1,
            _ => most,
        };
        parts.push(&data[start..end]);
        start = end;
    }
    parts
}

async fn type_once(
    pane: &Pane,
    client: ClientId,
    seq: u64,
    more: bool,
    data: Vec<u8>,
) -> Result<(), Fault> {
    pane.ask(|done: oneshot::Sender<Result<(), Fault>>| {
        Command::Type(Typed { client, seq, more, data, done: Acknowledge::Task(done), view: None })
    })
    .await
}

/// A step as the bytes that a terminal would send for it.
fn encode(step: &Step, modes: &Modes) -> Result<Vec<u8>, Fault> {
    match step {
        // An agent takes a pasted "/status" for text; typed, it is a command.
        Step::Text(text) if text.starts_with('/') && !text.contains('\n') => {
            Ok(text.clone().into_bytes())
        }
        Step::Text(text) => Ok(towline_vt::encode_paste(text, modes)),
        Step::Key(key) => {
            towline_vt::encode_key(key, modes).map_err(|error| Fault::invalid(error.to_string()))
        }
        Step::Raw(bytes) => Ok(bytes.clone()),
    }
}

/// Waits until the pane has printed nothing for a moment, at most a bounded time.
pub(crate) async fn calm(pane: &Pane) {
    let mut pulse = pane.pulse.subscribe();
    let still =
        async { while matches!(tokio::time::timeout(CALM, pulse.changed()).await, Ok(Ok(()))) {} };
    let _ = tokio::time::timeout(CALM_LIMIT, still).await;
}

/// A client's input id as it came.
///
/// # Errors
/// Where it has not 16 bytes, or is the one that answers to queries use.
pub(crate) fn client_id(bytes: &[u8]) -> Result<ClientId, Fault> {
    match ClientId::try_from(bytes) {
        Ok(id) if id != towline_holder::wire::RESERVED_CLIENT => Ok(id),
        _ => Err(Fault::invalid("an input id has 16 bytes that are not all zero")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_behind_lines_where_there_are_any() {
        for (data, count, expected) in [
            ("", 1, vec![""]),
            ("abc", 1, vec!["abc"]),
            ("abcdef", 3, vec!["ab", "cd", "ef"]),
            ("ab\rcdefgh", 2, vec!["ab\r", "cdefgh"]),
            ("a\rb\rc\rd\r", 2, vec!["a\rb\r", "c\rd\r"]),
            ("a", 3, vec!["", "", "a"]),
        ] {
            let parts: Vec<&str> = cut(data.as_bytes(), count)
                .iter()
                .map(|p| std::str::from_utf8(p).unwrap())
                .collect();
            assert_eq!(parts, expected, "{data:?} in {count}");
        }
    }

    #[test]
    fn no_part_is_longer_than_a_holder_takes() {
        let text = "x".repeat(PART * 3 + 1) + "\n" + &"y".repeat(PART * 2);
        let step = Step::Text(text.clone());
        let parts = cut(text.as_bytes(), count_of_parts(&step));
        assert_eq!(parts.len(), 6);
        assert!(parts.iter().all(|part| part.len() <= 2 * PART));
        assert_eq!(parts.concat(), text.as_bytes());
    }
}
