//! The kitty keyboard protocol's stack of flags.

/// Entries kept of a stack; a push beyond drops the oldest, as the protocol asks.
const DEPTH: usize = 16;

/// All flags the protocol defines.
const ALL: u8 = 0b1_1111;

/// The flags of one screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keyboard {
    pub(crate) flags: u8,
    pub(crate) below: Vec<u8>,
}

impl Keyboard {
    /// The flags in force.
    pub(crate) fn flags(&self) -> u8 {
        self.flags
    }

    /// Whether it could have come about by pushing.
    pub(crate) fn is_sound(&self) -> bool {
        self.flags <= ALL && self.below.len() <= DEPTH
    }

    pub(super) fn push(&mut self, flags: u16) {
        if self.below.len() == DEPTH {
            self.below.remove(0);
        }
        self.below.push(self.flags);
        self.flags = flags as u8 & ALL;
    }

    pub(super) fn pop(&mut self, count: usize) {
        for _ in 0..count.min(DEPTH + 1) {
            self.flags = self.below.pop().unwrap_or(0);
        }
    }

    /// `CSI = flags ; how u`.
    pub(super) fn set(&mut self, flags: u16, how: u16) {
        let flags = flags as u8 & ALL;
        match how {
            2 => self.flags |= flags,
            3 => self.flags &= !flags,
            _ => self.flags = flags,
        }
    }
}
