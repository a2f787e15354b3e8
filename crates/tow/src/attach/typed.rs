//! What was typed: what the pane's side has yet to acknowledge, and what waits for the server to come back.

use std::time::Duration;

use towline_client::PendingInput;
use towline_protocol::STREAM_CHUNK;

/// The most bytes that are kept while the server is away. A person types a few; more is a paste into a
/// screen that says `reconnecting…`.
const KEPT_AWAY: usize = 64 * 1024;

/// The most bytes on their way to a program. A program that reads takes a paste of any length, as fast as
/// it reads.
const ON_THE_WAY: usize = 256 * 1024;

/// How long the terminal is left unread while nothing on the way arrives. After that it is read again, so
/// that one can detach from a program that reads nothing.
const PATIENCE: Duration = Duration::from_secs(2);

/// What became of a piece that was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Send it, under this number.
    Send(u64, Vec<u8>),
    /// It waits for the server.
    Kept,
    /// There is no room for it: it is dropped.
    Refused,
}

/// All that was typed and is not known to be written.
#[derive(Debug, Default)]
pub(super) struct Typed {
    pending: PendingInput,
    /// Never sent yet.
    away: Vec<u8>,
}

impl Typed {
    /// Takes a piece. It is refused as a whole: half a paste is worse than none.
    pub(super) fn take(&mut self, bytes: Vec<u8>, connected: bool) -> Taken {
        if connected {
            if self.pending.bytes() >= ON_THE_WAY {
                return Taken::Refused;
            }
            let seq = self.pending.push(bytes.clone());
            return Taken::Send(seq, bytes);
        }
        if self.away.len() + bytes.len() > KEPT_AWAY {
            return Taken::Refused;
        }
        self.away.extend_from_slice(&bytes);
        Taken::Kept
    }

    /// Whether to read on from the terminal, so long after the last piece arrived.
    pub(super) fn wants_more(&self, connected: bool, since_progress: Duration) -> bool {
        !connected || self.pending.bytes() < ON_THE_WAY || since_progress >= PATIENCE
    }

    /// When [`Typed::wants_more`] will change by itself, counted from the last piece that arrived.
    pub(super) fn patience(&self, connected: bool) -> Option<Duration> {
        (connected && self.pending.bytes() >= ON_THE_WAY).then_some(PATIENCE)
    }

    /// Everything up to `seq` was written, or has its answer.
    pub(super) fn ack(&mut self, seq: u64) {
        self.pending.ack(seq);
    }

    /// The server is back, and everything up to `last` was written: what is to be sent, in order.
    pub(super) fn resume(&mut self, last: u64) -> Vec<(u64, Vec<u8>)> {
        self.pending.ack(last);
        for piece in std::mem::take(&mut self.away).chunks(STREAM_CHUNK) {
            self.pending.push(piece.to_vec());
        }
        self.pending.resume(last).map(|(seq, bytes)| (seq, bytes.to_vec())).collect()
    }

    /// The pane's side no longer knows this input: numbers begin again. Returns how many bytes may or may
    /// not have been written; what was never sent is kept.
    pub(super) fn forgotten(&mut self) -> usize {
        self.pending.restart().iter().map(Vec::len).sum()
    }

    /// How many bytes are not known to be written.
    pub(super) fn bytes(&self) -> usize {
        self.pending.bytes() + self.away.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(length: usize) -> Vec<u8> {
        vec![b'x'; length]
    }

    #[test]
    fn what_is_typed_while_the_server_is_away_is_sent_once_after_the_rest() {
        let mut typed = Typed::default();
        assert_eq!(typed.take(b"a".to_vec(), true), Taken::Send(1, b"a".to_vec()));
        assert_eq!(typed.take(b"b".to_vec(), true), Taken::Send(2, b"b".to_vec()));
        assert_eq!(typed.take(b"c".to_vec(), false), Taken::Kept);
        assert_eq!(typed.take(b"d".to_vec(), false), Taken::Kept);
        assert_eq!(typed.resume(1), [(2, b"b".to_vec()), (3, b"cd".to_vec())]);
        // Lost again before any answer: the same numbers, nothing twice under another one.
        assert_eq!(typed.resume(2), [(3, b"cd".to_vec())]);
        typed.ack(3);
        assert_eq!(typed.bytes(), 0);
    }

    #[test]
    fn a_forgotten_input_keeps_only_what_was_never_sent() {
        let mut typed = Typed::default();
        typed.take(b"maybe".to_vec(), true);
        typed.take(b"kept".to_vec(), false);
        assert_eq!(typed.forgotten(), 5);
        assert_eq!(typed.resume(0), [(1, b"kept".to_vec())]);
    }

    #[test]
    fn a_piece_is_kept_or_refused_as_a_whole() {
        let mut typed = Typed::default();
        assert_eq!(typed.take(piece(KEPT_AWAY), false), Taken::Kept);
        assert_eq!(typed.take(piece(1), false), Taken::Refused);
        assert_eq!(typed.resume(0).len(), KEPT_AWAY / STREAM_CHUNK);
    }

    #[test]
    fn a_program_that_reads_nothing_does_not_stop_the_keys_for_long() {
        let mut typed = Typed::default();
        assert!(typed.wants_more(true, Duration::ZERO));
        typed.take(piece(ON_THE_WAY), true);
        assert!(!typed.wants_more(true, Duration::ZERO));
        assert!(typed.wants_more(true, PATIENCE));
        assert!(typed.wants_more(false, Duration::ZERO));
        assert_eq!(typed.take(piece(1), true), Taken::Refused);
        typed.ack(1);
        assert!(typed.wants_more(true, Duration::ZERO));
    }
}
