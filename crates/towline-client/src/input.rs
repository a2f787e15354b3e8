//! What was typed and has not been acknowledged yet.

use std::collections::VecDeque;

/// The bookkeeping of one input: numbers what is typed, keeps it until it was written to the pane, and
/// tells what to send again after a reconnect.
///
/// Sequence numbers begin at 1 and have no holes.
#[derive(Debug, Default)]
pub struct PendingInput {
    /// The number of the last piece that was handed out.
    last_sent: u64,
    /// The number of the last piece known to be written.
    acked: u64,
    /// Numbers `acked + 1 ..= last_sent`, in order.
    waiting: VecDeque<Vec<u8>>,
    /// Bytes in `waiting`.
    bytes: usize,
}

impl PendingInput {
    /// An input of which nothing was typed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a piece and gives it the next number.
    pub fn push(&mut self, bytes: Vec<u8>) -> u64 {
        self.bytes += bytes.len();
        self.waiting.push_back(bytes);
        self.last_sent += 1;
        self.last_sent
    }

    /// Everything up to `seq` was written: forget it. Old and unknown numbers change nothing.
    pub fn ack(&mut self, seq: u64) {
        while self.acked < seq.min(self.last_sent) {
            if let Some(piece) = self.waiting.pop_front() {
                self.bytes -= piece.len();
            }
            self.acked += 1;
        }
    }

    /// The pane's side has written up to `last`: the pieces to send again, with their numbers.
    pub fn resume(&mut self, last: u64) -> impl Iterator<Item = (u64, &[u8])> {
        self.ack(last);
        (self.acked + 1..).zip(self.waiting.iter().map(Vec::as_slice))
    }

    /// Forgets all that waits and begins again at 1, for an input that the pane's side no longer knows;
    /// the pieces that may or may not have been written are given back.
    pub fn restart(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(self).waiting.into()
    }

    /// How many pieces wait for their acknowledgement.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether all that was typed is known to be written.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many bytes wait for their acknowledgement.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pieces: &[&str]) -> PendingInput {
        let mut input = PendingInput::new();
        for piece in pieces {
            input.push(piece.as_bytes().to_vec());
        }
        input
    }

    fn resent(input: &mut PendingInput, last: u64) -> Vec<(u64, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        input.resume(last).map(|(seq, bytes)| (seq, text(bytes))).collect()
    }

    #[test]
    fn what_was_not_written_is_sent_again_under_its_number() {
        for (acks, last, expected) in [
            (vec![], 0, vec![(1, "a"), (2, "b"), (3, "c")]),
            (vec![1], 0, vec![(2, "b"), (3, "c")]),
            (vec![1], 2, vec![(3, "c")]),
            (vec![2, 1], 1, vec![(3, "c")]),
            (vec![], 3, vec![]),
            (vec![], 99, vec![]),
        ] {
            let mut input = typed(&["a", "b", "c"]);
            acks.iter().for_each(|seq| input.ack(*seq));
            let expected: Vec<_> = expected.iter().map(|(n, t)| (*n, (*t).to_owned())).collect();
            assert_eq!(resent(&mut input, last), expected, "acks {acks:?}, last {last}");
        }
    }

    #[test]
    fn numbers_go_on_after_a_resume() {
        let mut input = typed(&["a", "b"]);
        input.resume(2).for_each(drop);
        assert!(input.is_empty());
        assert_eq!(input.bytes(), 0);
        assert_eq!(input.push(b"c".to_vec()), 3);
        assert_eq!((input.len(), input.bytes()), (1, 1));
    }

    #[test]
    fn an_unknown_input_begins_again() {
        let mut input = typed(&["a", "b"]);
        input.ack(1);
        assert_eq!(input.restart(), vec![b"b".to_vec()]);
        assert_eq!(input.push(b"c".to_vec()), 1);
    }
}
