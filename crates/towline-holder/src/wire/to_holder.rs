//! What the server says to a holder.

use super::fields::{Fields, Put};
use super::{frame, sealed};

/// Who sends input: 128 bits that each client draws at random.
pub type ClientId = [u8; 16];

/// The sender of answers to a program's queries. It needs no [`ToHolder::Open`], its sequence numbers
/// may leave holes (they are the queries' offsets), and the holder never forgets its last one.
pub const RESERVED_CLIENT: ClientId = [0; 16];

/// A message of the server to a holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToHolder<'a> {
    /// The first message. The holder answers with [`Welcome`](super::Welcome).
    Hello {
        /// As if [`Live`](Self::Live) with this offset followed; `None`: tell no output yet.
        live_from: Option<u64>,
    },
    /// Tell output as it comes, from this offset on. If that is the head, the holder does so; if not, it
    /// answers [`Behind`](super::FromHolder::Behind), and the server reads the journal first. Where the journal has
    /// lost all from this offset on, it tells a [`Gap`](super::FromHolder::Gap) up to the head and goes on from
    /// there.
    Live {
        /// The offset up to which the server knows the output.
        offset: u64,
    },
    /// A client wants to send input. Answered by [`Opened`](super::FromHolder::Opened).
    Open {
        /// Whose input.
        client: ClientId,
        /// It has sent some before: never take it for a new one, whose numbers begin at 1.
        again: bool,
    },
    /// Bytes for the program. Answered by one [`Ack`](super::FromHolder::Ack), after the last byte was
    /// written or once it is known that none will be.
    Input {
        /// Whose input.
        client: ClientId,
        /// Its number: one more than this client's last.
        seq: u64,
        /// The next input of this client belongs to this one: others wait until it has come, for at
        /// most 10 s.
        more: bool,
        /// The bytes.
        data: &'a [u8],
    },
    /// Set the terminal's size. Answered by [`Resized`](super::FromHolder::Resized).
    Resize {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// The server has taken in the output before this offset.
    Consumed {
        /// The offset of the first byte that it hasn't.
        offset: u64,
    },
    /// End the program and everything it started. Answered by
    /// [`KillDone`](super::FromHolder::KillDone).
    Kill {
        /// How long they may take to end by themselves, in milliseconds.
        grace_ms: u32,
    },
    /// Send a signal to the foreground process group of the terminal, or else to the program's.
    Signal {
        /// The signal's number on this system.
        signal: i32,
    },
    /// The server has noted the exit; the holder may leave. Ignored while the program runs.
    Release,
    /// Make the program paint itself again: the size changes by one row and back.
    Nudge,
}

const HELLO: u8 = 1;
const LIVE: u8 = 2;
const OPEN: u8 = 3;
const INPUT: u8 = 4;
const RESIZE: u8 = 5;
pub(super) const CONSUMED: u8 = 6;
const KILL: u8 = 7;
const SIGNAL: u8 = 8;
const RELEASE: u8 = 9;
const NUDGE: u8 = 10;

impl ToHolder<'_> {
    /// Appends this message to `out` as one frame.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Hello { live_from } => frame(out, HELLO, |out| {
                out.put_bool(live_from.is_some());
                out.put_u64(live_from.unwrap_or(0));
            }),
            Self::Live { offset } => frame(out, LIVE, |out| out.put_u64(offset)),
            Self::Open { client, again } => frame(out, OPEN, |out| {
                out.extend_from_slice(&client);
                out.put_bool(again);
            }),
            Self::Input { client, seq, more, data } => frame(out, INPUT, |out| {
                out.extend_from_slice(&client);
                out.put_u64(seq);
                out.put_bool(more);
                out.extend_from_slice(data);
            }),
            Self::Resize { cols, rows } => frame(out, RESIZE, |out| {
                out.put_u16(cols);
                out.put_u16(rows);
            }),
            Self::Consumed { offset } => frame(out, CONSUMED, |out| out.put_u64(offset)),
            Self::Kill { grace_ms } => frame(out, KILL, |out| out.put_u32(grace_ms)),
            Self::Signal { signal } => frame(out, SIGNAL, |out| out.put_i32(signal)),
            Self::Release => frame(out, RELEASE, |_| ()),
            Self::Nudge => frame(out, NUDGE, |_| ()),
        }
    }
}

impl<'a> sealed::Decode<'a> for ToHolder<'a> {
    fn knows(tag: u8) -> bool {
        (HELLO..=NUDGE).contains(&tag)
    }

    fn decode(tag: u8, fields: &mut Fields<'a>) -> Option<Self> {
        Some(match tag {
            HELLO => {
                let some = fields.bool()?;
                let offset = fields.u64()?;
                Self::Hello { live_from: some.then_some(offset) }
            }
            LIVE => Self::Live { offset: fields.u64()? },
            OPEN => Self::Open { client: fields.array()?, again: fields.bool()? },
            INPUT => Self::Input {
                client: fields.array()?,
                seq: fields.u64()?,
                more: fields.bool()?,
                data: fields.rest(),
            },
            RESIZE => Self::Resize { cols: fields.u16()?, rows: fields.u16()? },
            CONSUMED => Self::Consumed { offset: fields.u64()? },
            KILL => Self::Kill { grace_ms: fields.u32()? },
            SIGNAL => Self::Signal { signal: fields.i32()? },
            RELEASE => Self::Release,
            NUDGE => Self::Nudge,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Decoder;

    #[test]
    fn every_message_survives_the_way_there_and_back() {
        let client = [7; 16];
        let messages = [
            ToHolder::Hello { live_from: None },
            ToHolder::Hello { live_from: Some(0) },
            ToHolder::Live { offset: u64::MAX },
            ToHolder::Open { client, again: true },
            ToHolder::Input { client, seq: 3, more: true, data: b"ls\r" },
            ToHolder::Input { client: RESERVED_CLIENT, seq: 9, more: false, data: b"" },
            ToHolder::Resize { cols: 80, rows: 24 },
            ToHolder::Consumed { offset: 8 },
            ToHolder::Kill { grace_ms: 1500 },
            ToHolder::Signal { signal: 15 },
            ToHolder::Release,
            ToHolder::Nudge,
        ];
        let mut bytes = Vec::new();
        for message in &messages {
            message.encode(&mut bytes);
        }
        let mut decoder = Decoder::new();
        decoder.push(&bytes);
        for message in messages {
            assert_eq!(decoder.next(), Ok(Some(message)));
        }
        assert_eq!(decoder.next::<ToHolder<'_>>(), Ok(None));
    }
}
