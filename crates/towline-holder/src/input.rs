//! Input on its way to the terminal: each written once, whole, and in its turn.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use crate::canonical::{Line, LineMode};
use crate::clients::{Clients, Verdict};
use crate::wire::{AckStatus, ClientId};

/// How long others wait for the next part of a transaction. A paste over the worst link is through by
/// then; a client that died must not shut the others out for longer.
const TRANSACTION_MAX: Duration = Duration::from_secs(10);

/// No more is read from the server while so many bytes wait to be written: then it isn't heard at all, whatever
/// it asks. It holds input back long before that; this bounds the memory where it doesn't.
const PENDING_MAX: usize = 8 * 1024 * 1024;

/// What an input takes besides its bytes, roughly, so that empty ones are bounded too.
const OVERHEAD: usize = 96;

/// The most bytes of one write: what a terminal takes at once (`tty_write` in the kernel).
const WRITE_MAX: usize = 64 * 1024;

/// Where input goes.
pub(crate) trait Terminal {
    /// Its settings in canonical mode, `None` in any other.
    fn line_mode(&self) -> Option<LineMode>;
    /// Writes what can be written at once. `WouldBlock`: nothing just now.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
}

/// The end of an input's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) client: ClientId,
    pub(crate) seq: u64,
    pub(crate) status: AckStatus,
}

/// All input that is not written yet.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    clients: Clients,
    /// In the order in which they came. The one that is being written is at the front.
    queue: VecDeque<Input>,
    pending: usize,
    line: Line,
    /// Whose transaction is going on, and until when others wait for it.
    transaction: Option<(ClientId, Instant)>,
}

#[derive(Debug)]
struct Input {
    client: ClientId,
    seq: u64,
    more: bool,
    data: Vec<u8>,
    written: usize,
    /// It was found to fit; its first byte may be written.
    begun: bool,
}

impl Inputs {
    /// A client begins or comes back; see [`Clients::open`].
    pub(crate) fn open(&mut self, client: ClientId, again: bool) -> Option<u64> {
        self.clients.open(client, again)
    }

    /// Takes an input. The answer, if there is one already.
    pub(crate) fn take(
        &mut self,
        client: ClientId,
        seq: u64,
        more: bool,
        data: &[u8],
    ) -> Option<AckStatus> {
        match self.clients.accept(client, seq) {
            Verdict::Accept => {
                self.pending += data.len() + OVERHEAD;
                let data = data.to_vec();
                self.queue.push_back(Input { client, seq, more, data, written: 0, begun: false });
                None
            }
            Verdict::Pending => None,
            Verdict::Duplicate => Some(AckStatus::Duplicate),
            Verdict::PassedOver => Some(AckStatus::LineTooLong),
            Verdict::Unknown => Some(AckStatus::Unknown),
            Verdict::Sequence => Some(AckStatus::Sequence),
        }
    }

    /// Whether so much waits that no more should be read from the server.
    pub(crate) fn is_full(&self) -> bool {
        self.pending > PENDING_MAX
    }

    /// Whether there is something to write as soon as the terminal takes it.
    pub(crate) fn wants_to_write(&mut self, now: Instant) -> bool {
        self.choose(now).is_some()
    }

    /// When something that waits for a transaction may be written all the same. `None` while an input is being
    /// written: others wait for that one, however long it takes.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let (_, until) = self.transaction?;
        self.queue.front().filter(|input| !input.begun).map(|_| until)
    }

    /// Writes what the terminal takes now, and tells which inputs are done with.
    pub(crate) fn write_to(&mut self, terminal: &mut impl Terminal, now: Instant) -> Vec<Done> {
        let mut done = Vec::new();
        while let Some(index) = self.choose(now) {
            // To the front, where it stays until its last byte is written.
            if let Some(input) = self.queue.remove(index) {
                self.queue.push_front(input);
            }
            let Some(input) = self.queue.front_mut() else { break };
            let mode = terminal.line_mode();
            if !input.begun
                && let Some(mode) = &mode
                && !self.line.fits(mode, &input.data)
            {
                self.refuse(&mut done);
                continue;
            }
            input.begun = true;
            let end = input.data.len().min(input.written + WRITE_MAX);
            let bytes = &input.data[input.written..end];
            if !bytes.is_empty() {
                match terminal.write(bytes) {
                    Ok(0) => break,
                    Ok(count) => {
                        self.line.wrote(mode.as_ref(), &bytes[..count]);
                        input.written += count;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
            if input.written == input.data.len() {
                self.finish(now, &mut done);
            }
        }
        done
    }

    /// The program has ended: nothing more is written.
    pub(crate) fn end(&mut self) -> Vec<Done> {
        self.pending = 0;
        self.transaction = None;
        let mut done = Vec::new();
        for Input { client, seq, .. } in self.queue.drain(..) {
            self.clients.refused(client);
            done.push(Done { client, seq, status: AckStatus::Ended });
        }
        done
    }

    /// Which input is to be written next.
    fn choose(&mut self, now: Instant) -> Option<usize> {
        if self.queue.front().is_some_and(|input| input.begun) {
            return Some(0);
        }
        let (client, until) = match self.transaction {
            Some(transaction) => transaction,
            None => return (!self.queue.is_empty()).then_some(0),
        };
        if now >= until {
            self.transaction = None;
            return (!self.queue.is_empty()).then_some(0);
        }
        self.queue.iter().position(|input| input.client == client)
    }

    /// The input at the front is written.
    fn finish(&mut self, now: Instant, done: &mut Vec<Done>) {
        let Some(Input { client, seq, more, data, .. }) = self.queue.pop_front() else { return };
        self.pending -= data.len() + OVERHEAD;
        self.clients.written(client, seq);
        self.transaction = more.then_some((client, now + TRANSACTION_MAX));
        done.push(Done { client, seq, status: AckStatus::Written });
    }

    /// The input at the front doesn't fit. One that stands alone is passed over: whoever types on goes on with
    /// the next number. If it is part of a transaction, that is over, and those of the same client behind it have
    /// a hole before them now.
    fn refuse(&mut self, done: &mut Vec<Done>) {
        let Some(&Input { client, seq, more, ref data, .. }) = self.queue.front() else { return };
        let mut status = AckStatus::LineTooLong;
        if !more && self.transaction.is_none_or(|(of, _)| of != client) {
            self.pending -= data.len() + OVERHEAD;
            self.queue.pop_front();
            self.clients.passed_over(client, seq);
            done.push(Done { client, seq, status });
            return;
        }
        for input in self.queue.iter().filter(|input| input.client == client) {
            done.push(Done { client, seq: input.seq, status });
            status = AckStatus::Sequence;
        }
        self.queue.retain(|input| input.client != client);
        self.pending = self.queue.iter().map(|input| input.data.len() + OVERHEAD).sum();
        self.clients.refused(client);
        self.transaction = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::tests::SANE;
    use crate::wire::RESERVED_CLIENT;

    const A: ClientId = [1; 16];
    const B: ClientId = [2; 16];

    /// A terminal that takes so many bytes and then no more.
    struct Fake {
        room: usize,
        mode: Option<LineMode>,
        written: Vec<u8>,
    }

    impl Terminal for Fake {
        fn line_mode(&self) -> Option<LineMode> {
            self.mode
        }

        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let count = bytes.len().min(self.room);
            self.room -= count;
            self.written.extend_from_slice(&bytes[..count]);
            Ok(count)
        }
    }

    fn fake(room: usize) -> Fake {
        Fake { room, mode: None, written: Vec::new() }
    }

    fn two_clients() -> Inputs {
        let mut inputs = Inputs::default();
        inputs.open(A, false);
        inputs.open(B, false);
        inputs
    }

    fn statuses(done: &[Done]) -> Vec<(u8, u64, AckStatus)> {
        done.iter().map(|done| (done.client[0], done.seq, done.status)).collect()
    }

    #[test]
    fn an_input_is_acknowledged_after_its_last_byte_and_its_copy_never_written() {
        let now = Instant::now();
        let mut inputs = two_clients();
        let mut terminal = fake(3);
        assert_eq!(inputs.take(A, 1, false, b"hello"), None);
        assert!(inputs.wants_to_write(now));
        assert_eq!(inputs.write_to(&mut terminal, now), []);
        assert_eq!(inputs.take(A, 1, false, b"hello"), None, "still being written");
        terminal.room = 100;
        let done = inputs.write_to(&mut terminal, now);
        assert_eq!(statuses(&done), [(1, 1, AckStatus::Written)]);
        assert_eq!(inputs.take(A, 1, false, b"hello"), Some(AckStatus::Duplicate));
        assert_eq!(terminal.written, b"hello");
        assert!(!inputs.wants_to_write(now));
    }

    #[test]
    fn others_wait_for_the_end_of_a_transaction() {
        let now = Instant::now();
        let mut inputs = two_clients();
        let mut terminal = fake(100);
        inputs.take(A, 1, true, b"paste");
        inputs.take(B, 1, false, b"b");
        inputs.take(RESERVED_CLIENT, 7, false, b"r");
        let done = inputs.write_to(&mut terminal, now);
        assert_eq!(statuses(&done), [(1, 1, AckStatus::Written)]);
        assert!(!inputs.wants_to_write(now));
        assert_eq!(inputs.deadline(), Some(now + TRANSACTION_MAX));
        inputs.take(A, 2, false, b"\r");
        inputs.take(A, 3, false, b"a");
        assert_eq!(inputs.write_to(&mut terminal, now).len(), 4);
        assert_eq!(terminal.written, b"paste\rbra");
        assert_eq!(inputs.deadline(), None);
    }

    #[test]
    fn a_transaction_that_never_ends_ends() {
        let now = Instant::now();
        let mut inputs = two_clients();
        let mut terminal = fake(100);
        inputs.take(A, 1, true, b"paste");
        inputs.take(B, 1, false, b"b");
        inputs.write_to(&mut terminal, now);
        assert_eq!(inputs.write_to(&mut terminal, now + TRANSACTION_MAX).len(), 1);
        assert_eq!(terminal.written, b"pasteb");
    }

    #[test]
    fn a_line_that_would_be_cut_is_refused_and_what_belongs_to_it() {
        let now = Instant::now();
        let mut inputs = two_clients();
        let mut terminal = fake(100_000);
        terminal.mode = Some(SANE);
        inputs.take(A, 1, true, &[b'x'; 4096]);
        inputs.take(A, 2, false, b"\r");
        inputs.take(B, 1, false, b"b\r");
        let done = inputs.write_to(&mut terminal, now);
        assert_eq!(
            statuses(&done),
            [
                (1, 1, AckStatus::LineTooLong),
                (1, 2, AckStatus::Sequence),
                (2, 1, AckStatus::Written)
            ]
        );
        assert_eq!(terminal.written, b"b\r");
        // The number is free for what fits.
        assert_eq!(inputs.take(A, 1, false, b"short\r"), None);
        assert_eq!(inputs.write_to(&mut terminal, now).len(), 1);
        terminal.mode = None;
        inputs.take(A, 2, false, &[b'x'; 90_000]);
        assert_eq!(statuses(&inputs.write_to(&mut terminal, now)), [(1, 2, AckStatus::Written)]);
    }

    #[test]
    fn a_client_types_on_after_a_line_that_was_refused() {
        let now = Instant::now();
        let mut inputs = two_clients();
        let mut terminal = fake(100_000);
        terminal.mode = Some(SANE);
        inputs.take(A, 1, false, &[b'x'; 4096]);
        inputs.take(A, 2, false, b"a\r");
        let done = inputs.write_to(&mut terminal, now);
        assert_eq!(statuses(&done), [(1, 1, AckStatus::LineTooLong), (1, 2, AckStatus::Written)]);
        assert_eq!((terminal.written.as_slice(), inputs.pending), (&b"a\r"[..], 0));
        // It comes back and sends what it has no answer to.
        assert_eq!(inputs.open(A, true), Some(2));
        assert_eq!(inputs.take(A, 1, false, &[b'x'; 4096]), Some(AckStatus::LineTooLong));
        assert_eq!(inputs.take(A, 2, false, b"a\r"), Some(AckStatus::Duplicate));
        assert_eq!(inputs.take(A, 3, false, b"b\r"), None);
        assert_eq!(inputs.write_to(&mut terminal, now).len(), 1);
        // The last part of a transaction doesn't stand alone.
        inputs.take(A, 4, true, b"paste");
        inputs.take(A, 5, false, &[b'x'; 4096]);
        inputs.take(A, 6, false, b"c\r");
        assert_eq!(
            statuses(&inputs.write_to(&mut terminal, now)),
            [
                (1, 4, AckStatus::Written),
                (1, 5, AckStatus::LineTooLong),
                (1, 6, AckStatus::Sequence)
            ]
        );
        assert_eq!(inputs.take(A, 5, false, b"\r"), None);
    }

    #[test]
    fn a_transaction_that_expires_while_its_input_is_written_keeps_nobody_awake() {
        let now = Instant::now();
        let mut inputs = two_clients();
        let mut terminal = fake(7);
        inputs.take(A, 1, true, b"paste");
        inputs.take(A, 2, true, b" more");
        inputs.take(B, 1, false, b"b");
        assert_eq!(inputs.write_to(&mut terminal, now).len(), 1);
        let late = now + TRANSACTION_MAX * 2;
        assert!(inputs.wants_to_write(late), "as soon as the terminal takes it");
        assert_eq!(inputs.deadline(), None);
        terminal.room = 3;
        assert_eq!(inputs.write_to(&mut terminal, late).len(), 1);
        assert_eq!(inputs.deadline(), Some(late + TRANSACTION_MAX));
    }

    #[test]
    fn no_more_is_read_while_eight_mebibytes_wait() {
        let mut inputs = two_clients();
        assert!(!inputs.is_full());
        inputs.take(A, 1, false, &vec![0; PENDING_MAX]);
        assert!(inputs.is_full());
        for _ in 0..2 {
            assert_eq!(statuses(&inputs.end()), [(1, 1, AckStatus::Ended)]);
            assert!(!inputs.is_full());
            assert_eq!(inputs.take(A, 1, false, b"again"), None);
        }
        inputs.end();
        for seq in 1..100_000 {
            inputs.take(B, seq, false, b"");
        }
        assert!(inputs.is_full());
        let done = inputs.write_to(&mut fake(0), Instant::now());
        assert_eq!(done.len(), 99_999);
        assert!(!inputs.is_full());
    }
}
