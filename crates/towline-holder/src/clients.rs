//! Which inputs of which clients were written: what makes that none is written twice.

use crate::wire::{ClientId, RESERVED_CLIENT};

/// How many clients are remembered, in 48 bytes each. A pane has a handful at a time, but each `send` is one
/// more: an attached client whose person is away must outlast those of a busy script.
const CLIENTS_MAX: usize = 256;

/// What becomes of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is to be written.
    Accept,
    /// It waits to be written already.
    Pending,
    /// It was written.
    Duplicate,
    /// It was the last to be passed over.
    PassedOver,
    /// The client isn't in the table.
    Unknown,
    /// Inputs before it are missing.
    Sequence,
}

/// The clients, and the number of each one's last input.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    entries: Vec<Entry>,
    reserved: Numbers,
    /// Counts uses; the entry with the lowest was not used for longest.
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    client: ClientId,
    numbers: Numbers,
    used: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Numbers {
    /// The last that was written or passed over.
    written: u64,
    /// The last that was accepted: those after `written` wait.
    accepted: u64,
    /// The last that was passed over, 0 if none was.
    passed_over: u64,
}

impl Clients {
    /// A client begins or comes back. The number of its last input that was written or passed over, or `None`
    /// if it should be known and isn't.
    pub(crate) fn open(&mut self, client: ClientId, again: bool) -> Option<u64> {
        if client == RESERVED_CLIENT {
            return Some(self.reserved.written);
        }
        if let Some(numbers) = self.find(&client) {
            return Some(numbers.written);
        }
        if again || !self.make_room() {
            return None;
        }
        self.clock += 1;
        self.entries.push(Entry { client, numbers: Numbers::default(), used: self.clock });
        Some(0)
    }

    /// Decides about an input; an accepted one must later be [`written`](Self::written),
    /// [`passed_over`](Self::passed_over) or [`refused`](Self::refused).
    pub(crate) fn accept(&mut self, client: ClientId, seq: u64) -> Verdict {
        let holes = client == RESERVED_CLIENT;
        let Some(numbers) = self.find(&client) else { return Verdict::Unknown };
        if seq != 0 && seq == numbers.passed_over {
            Verdict::PassedOver
        } else if seq <= numbers.written {
            Verdict::Duplicate
        } else if seq <= numbers.accepted {
            Verdict::Pending
        } else if holes || seq == numbers.accepted + 1 {
            numbers.accepted = seq;
            Verdict::Accept
        } else {
            Verdict::Sequence
        }
    }

    /// An accepted input was written.
    pub(crate) fn written(&mut self, client: ClientId, seq: u64) {
        if let Some(numbers) = self.find(&client) {
            numbers.written = numbers.written.max(seq);
        }
    }

    /// An accepted input will not be written, and its number is used up: those after it are not held up.
    pub(crate) fn passed_over(&mut self, client: ClientId, seq: u64) {
        if let Some(numbers) = self.find(&client) {
            numbers.written = numbers.written.max(seq);
            numbers.passed_over = seq;
        }
    }

    /// An accepted input, and all of this client after it, will not be written. The numbers are free.
    pub(crate) fn refused(&mut self, client: ClientId) {
        if let Some(numbers) = self.find(&client) {
            numbers.accepted = numbers.written;
        }
    }

    fn find(&mut self, client: &ClientId) -> Option<&mut Numbers> {
        if *client == RESERVED_CLIENT {
            return Some(&mut self.reserved);
        }
        self.clock += 1;
        let entry = self.entries.iter_mut().find(|entry| entry.client == *client)?;
        entry.used = self.clock;
        Some(&mut entry.numbers)
    }

    /// Forgets the client that was silent for longest, if the table is full. `false`: each has input
    /// waiting, which must be remembered.
    fn make_room(&mut self) -> bool {
        if self.entries.len() < CLIENTS_MAX {
            return true;
        }
        let idle = |entry: &&Entry| entry.numbers.written == entry.numbers.accepted;
        let Some(oldest) = self.entries.iter().filter(idle).map(|entry| entry.used).min() else {
            return false;
        };
        self.entries.retain(|entry| entry.used != oldest);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u16) -> ClientId {
        let mut id = [1; 16];
        id[..2].copy_from_slice(&n.to_le_bytes());
        id
    }

    #[test]
    fn each_number_is_accepted_once_and_in_order() {
        let mut clients = Clients::default();
        assert_eq!(clients.accept(id(1), 1), Verdict::Unknown);
        assert_eq!(clients.open(id(1), true), None);
        assert_eq!(clients.open(id(1), false), Some(0));
        assert_eq!(clients.accept(id(1), 2), Verdict::Sequence);
        assert_eq!(clients.accept(id(1), 0), Verdict::Duplicate);
        assert_eq!(clients.accept(id(1), 1), Verdict::Accept);
        assert_eq!(clients.accept(id(1), 1), Verdict::Pending);
        assert_eq!(clients.accept(id(1), 2), Verdict::Accept);
        clients.written(id(1), 1);
        assert_eq!(clients.accept(id(1), 1), Verdict::Duplicate);
        assert_eq!(clients.open(id(1), false), Some(1));
        assert_eq!(clients.open(id(1), true), Some(1));
        clients.refused(id(1));
        assert_eq!(clients.accept(id(1), 2), Verdict::Accept);
    }

    #[test]
    fn a_number_that_is_passed_over_is_used_up() {
        let mut clients = Clients::default();
        clients.open(id(1), false);
        assert_eq!(clients.accept(id(1), 0), Verdict::Duplicate);
        clients.accept(id(1), 1);
        clients.accept(id(1), 2);
        clients.passed_over(id(1), 1);
        assert_eq!(clients.accept(id(1), 1), Verdict::PassedOver);
        assert_eq!(clients.accept(id(1), 2), Verdict::Pending);
        assert_eq!(clients.accept(id(1), 3), Verdict::Accept);
        clients.written(id(1), 3);
        assert_eq!(clients.open(id(1), true), Some(3));
        assert_eq!(clients.accept(id(1), 1), Verdict::PassedOver);
    }

    #[test]
    fn an_idle_client_outlasts_two_hundred_sends_and_coming_back_counts() {
        let mut clients = Clients::default();
        clients.open(id(0), false);
        for n in 1..=1000 {
            clients.open(id(n), false);
            clients.accept(id(n), 1);
            clients.written(id(n), 1);
            if n % 200 == 0 {
                assert_eq!(clients.open(id(0), n % 400 == 0), Some(0));
            }
        }
        assert_eq!(clients.entries.len(), CLIENTS_MAX);
    }

    #[test]
    fn the_reserved_client_is_always_there_and_may_leave_holes() {
        let mut clients = Clients::default();
        assert_eq!(clients.accept(RESERVED_CLIENT, 500), Verdict::Accept);
        assert_eq!(clients.accept(RESERVED_CLIENT, 400), Verdict::Pending);
        clients.written(RESERVED_CLIENT, 500);
        assert_eq!(clients.accept(RESERVED_CLIENT, 500), Verdict::Duplicate);
        assert_eq!(clients.accept(RESERVED_CLIENT, 501), Verdict::Accept);
        assert_eq!(clients.open(RESERVED_CLIENT, true), Some(500));
    }

    #[test]
    fn the_client_that_was_silent_longest_is_forgotten_but_not_its_waiting_input() {
        let mut clients = Clients::default();
        for n in 1..=256 {
            assert_eq!(clients.open(id(n), false), Some(0));
        }
        clients.accept(id(1), 1);
        clients.accept(id(2), 1);
        clients.written(id(2), 1);
        assert_eq!(clients.open(id(257), false), Some(0));
        assert_eq!(clients.open(id(3), true), None, "the third was silent longest");
        assert_eq!(clients.open(id(1), true), Some(0));
        for n in 258..=1000 {
            assert!(clients.open(id(n), false).is_some());
        }
        assert_eq!(clients.open(id(2), true), None);
        assert_eq!(clients.accept(id(1), 1), Verdict::Pending);
    }
}
