//! What a holder says to the server.

use towline_journal::{ExitStatus, Micros};

use super::fields::{Fields, Put};
use super::{ClientId, frame, sealed};

/// Who the holder is and how things stand: the answer to [`Hello`](super::ToHolder::Hello).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Welcome {
    /// [`VERSION`](super::VERSION).
    pub version: u32,
    /// The pane's id, as it was given when the holder was started.
    pub pane_id: u64,
    /// The holder's process id.
    pub holder_pid: u32,
    /// The program's process id; it may have been reused once the program has ended.
    pub child_pid: u32,
    /// The offset of the next byte that the program prints.
    pub head: u64,
    /// The terminal's columns.
    pub cols: u16,
    /// The terminal's rows.
    pub rows: u16,
    /// The journal loses output just now: the disk is full or broken.
    pub degraded: bool,
    /// How the program ended, if it has.
    pub exit: Option<Exited>,
    /// When the program was started.
    pub started_at: Micros,
}

/// The end of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exited {
    /// How many bytes it had printed.
    pub offset: u64,
    /// When it was noticed.
    pub time: Micros,
    /// How it ended.
    pub status: ExitStatus,
}

/// What became of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckStatus {
    /// The terminal has taken the last of its bytes.
    Written,
    /// It was dealt with before; nothing was written now.
    Duplicate,
    /// In canonical mode the kernel would cut its line; nothing was written. An input that stands alone has used
    /// up its number: the client goes on with the next, and gets this answer (or `Duplicate`, if another was
    /// refused since) if it sends the same again. The number of one that is part of a transaction is free.
    LineTooLong,
    /// The holder doesn't know the client, and so not what it has written for it; nothing was written.
    Unknown,
    /// The program has ended; nothing, or not all of it, was written.
    Ended,
    /// There is a hole before its number; nothing was written.
    Sequence,
}

/// A message of a holder to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromHolder<'a> {
    /// Answer to `Hello`.
    Welcome(Welcome),
    /// The program printed this. Only while the server is live; each begins where the last ended.
    Output {
        /// Number of the first byte.
        offset: u64,
        /// When it was read.
        time: Micros,
        /// The bytes.
        data: &'a [u8],
    },
    /// Output was left out, or `Live` gave an offset from which the journal goes on: no output comes until the
    /// server has read the journal and sent `Live` again.
    Behind {
        /// The head when this was sent.
        head: u64,
    },
    /// The terminal has a new size.
    Resized {
        /// The offset from which on it has it.
        offset: u64,
        /// When.
        time: Micros,
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// These bytes are not in the journal. Sent when a full disk let the journal go on, and to a server that goes
    /// live where they are missing.
    Gap {
        /// Number of the first byte.
        offset: u64,
        /// When it was noticed.
        time: Micros,
        /// Number of the first byte that is kept again.
        to: u64,
    },
    /// The program ended; no output comes after this.
    Exited(Exited),
    /// Answer to `Open`.
    Opened {
        /// Whose.
        client: ClientId,
        /// The number of the last input written for it or used up by [`AckStatus::LineTooLong`], 0 if none.
        last: u64,
        /// It was opened again, but the holder doesn't know it.
        unknown: bool,
    },
    /// Answer to `Input`.
    Ack {
        /// Whose input.
        client: ClientId,
        /// Its number.
        seq: u64,
        /// What became of it.
        status: AckStatus,
    },
    /// The journal began or ceased to lose output.
    Degraded {
        /// It loses output now.
        on: bool,
    },
    /// Answer to `Kill`, when no process is left or the holder gave up.
    KillDone {
        /// Processes that couldn't be ended (in uninterruptible sleep, another user's, or a Towline server or
        /// holder that is the pane's program).
        remaining: u32,
    },
}

const WELCOME: u8 = 1;
const OUTPUT: u8 = 2;
const BEHIND: u8 = 3;
const RESIZED: u8 = 4;
const GAP: u8 = 5;
const EXITED: u8 = 6;
const OPENED: u8 = 7;
const ACK: u8 = 8;
const DEGRADED: u8 = 9;
const KILL_DONE: u8 = 10;

impl FromHolder<'_> {
    /// Appends this message to `out` as one frame.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Welcome(welcome) => frame(out, WELCOME, |out| put_welcome(out, &welcome)),
            Self::Output { offset, time, data } => frame(out, OUTPUT, |out| {
                out.put_u64(offset);
                out.put_u64(time);
                out.extend_from_slice(data);
            }),
            Self::Behind { head } => frame(out, BEHIND, |out| out.put_u64(head)),
            Self::Resized { offset, time, cols, rows } => frame(out, RESIZED, |out| {
                out.put_u64(offset);
                out.put_u64(time);
                out.put_u16(cols);
                out.put_u16(rows);
            }),
            Self::Gap { offset, time, to } => frame(out, GAP, |out| {
                out.put_u64(offset);
                out.put_u64(time);
                out.put_u64(to);
            }),
            Self::Exited(exited) => frame(out, EXITED, |out| put_exited(out, &exited)),
            Self::Opened { client, last, unknown } => frame(out, OPENED, |out| {
                out.extend_from_slice(&client);
                out.put_u64(last);
                out.put_bool(unknown);
            }),
            Self::Ack { client, seq, status } => frame(out, ACK, |out| {
                out.extend_from_slice(&client);
                out.put_u64(seq);
                out.push(status as u8);
            }),
            Self::Degraded { on } => frame(out, DEGRADED, |out| out.put_bool(on)),
            Self::KillDone { remaining } => frame(out, KILL_DONE, |out| out.put_u32(remaining)),
        }
    }
}

impl<'a> sealed::Decode<'a> for FromHolder<'a> {
    fn knows(tag: u8) -> bool {
        (WELCOME..=KILL_DONE).contains(&tag)
    }

    fn decode(tag: u8, fields: &mut Fields<'a>) -> Option<Self> {
        Some(match tag {
            WELCOME => Self::Welcome(take_welcome(fields)?),
            OUTPUT => {
                Self::Output { offset: fields.u64()?, time: fields.u64()?, data: fields.rest() }
            }
            BEHIND => Self::Behind { head: fields.u64()? },
            RESIZED => Self::Resized {
                offset: fields.u64()?,
                time: fields.u64()?,
                cols: fields.u16()?,
                rows: fields.u16()?,
            },
            GAP => Self::Gap { offset: fields.u64()?, time: fields.u64()?, to: fields.u64()? },
            EXITED => Self::Exited(take_exited(fields)?),
            OPENED => Self::Opened {
                client: fields.array()?,
                last: fields.u64()?,
                unknown: fields.bool()?,
            },
            ACK => Self::Ack {
                client: fields.array()?,
                seq: fields.u64()?,
                status: ack_status(fields.u8()?)?,
            },
            DEGRADED => Self::Degraded { on: fields.bool()? },
            KILL_DONE => Self::KillDone { remaining: fields.u32()? },
            _ => return None,
        })
    }
}

fn ack_status(byte: u8) -> Option<AckStatus> {
    use AckStatus::{Duplicate, Ended, LineTooLong, Sequence, Unknown, Written};
    [Written, Duplicate, LineTooLong, Unknown, Ended, Sequence].get(usize::from(byte)).copied()
}

fn put_exited(out: &mut Vec<u8>, exited: &Exited) {
    out.put_u64(exited.offset);
    out.put_u64(exited.time);
    out.put_status(exited.status);
}

fn take_exited(fields: &mut Fields<'_>) -> Option<Exited> {
    Some(Exited { offset: fields.u64()?, time: fields.u64()?, status: fields.status()? })
}

fn put_welcome(out: &mut Vec<u8>, welcome: &Welcome) {
    out.put_u32(welcome.version);
    out.put_u64(welcome.pane_id);
    out.put_u32(welcome.holder_pid);
    out.put_u32(welcome.child_pid);
    out.put_u64(welcome.head);
    out.put_u16(welcome.cols);
    out.put_u16(welcome.rows);
    out.put_bool(welcome.degraded);
    out.put_u64(welcome.started_at);
    out.put_bool(welcome.exit.is_some());
    if let Some(exited) = &welcome.exit {
        put_exited(out, exited);
    }
}

fn take_welcome(fields: &mut Fields<'_>) -> Option<Welcome> {
    Some(Welcome {
        version: fields.u32()?,
        pane_id: fields.u64()?,
        holder_pid: fields.u32()?,
        child_pid: fields.u32()?,
        head: fields.u64()?,
        cols: fields.u16()?,
        rows: fields.u16()?,
        degraded: fields.bool()?,
        started_at: fields.u64()?,
        exit: if fields.bool()? { Some(take_exited(fields)?) } else { None },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Decoder;

    #[test]
    fn every_message_survives_the_way_there_and_back() {
        let client = [1; 16];
        let exited = Exited { offset: 5, time: 6, status: ExitStatus::Signal(9) };
        let welcome = Welcome {
            version: 1,
            pane_id: 2,
            holder_pid: 3,
            child_pid: 4,
            head: 5,
            cols: 6,
            rows: 7,
            degraded: true,
            exit: None,
            started_at: 8,
        };
        let mut messages = vec![
            FromHolder::Welcome(welcome),
            FromHolder::Welcome(Welcome { exit: Some(exited), ..welcome }),
            FromHolder::Output { offset: 1, time: 2, data: b"hi" },
            FromHolder::Behind { head: 3 },
            FromHolder::Resized { offset: 1, time: 2, cols: 3, rows: 4 },
            FromHolder::Gap { offset: 1, time: 2, to: 3 },
            FromHolder::Exited(exited),
            FromHolder::Exited(Exited { status: ExitStatus::Lost, ..exited }),
            FromHolder::Opened { client, last: 3, unknown: true },
            FromHolder::Degraded { on: true },
            FromHolder::KillDone { remaining: 2 },
        ];
        for byte in 0..6 {
            let status = ack_status(byte).unwrap();
            assert_eq!(status as u8, byte);
            messages.push(FromHolder::Ack { client, seq: 3, status });
        }
        let mut bytes = Vec::new();
        for message in &messages {
            message.encode(&mut bytes);
        }
        let mut decoder = Decoder::new();
        decoder.push(&bytes);
        for message in messages {
            assert_eq!(decoder.next(), Ok(Some(message)));
        }
        assert_eq!(decoder.next::<FromHolder<'_>>(), Ok(None));
    }
}
