//! Frames on their way to the server.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use crate::wire::FromHolder;

/// The most bytes of output that wait; more is dropped, as the journal has it. Enough for what a screen
/// prints at once, small enough that a stalled server costs a holder little memory.
const OUTPUT_MAX: usize = 256 * 1024;

/// Output up to this length goes along with an answer as short as this, in one system call. It is not dropped
/// then, which is allowed: a server that is behind passes over what it has read already.
const MERGED: usize = 1024;

/// How long the word that an input was written waits for the output that it causes, as a rule an echo: together
/// they wake the server once rather than twice, before the echo is shown.
const PATIENCE: Duration = Duration::from_millis(2);

/// No more is read from the server while so many bytes of answers wait.
const ANSWERS_MAX: usize = 256 * 1024;

/// What the server hears of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Live {
    /// Nothing, until it says from where.
    Off,
    /// All.
    On,
    /// Some was dropped, which it is told when what is left was sent.
    Behind,
}

/// What is to be sent. Output is dropped when the server is slow; all else is kept.
#[derive(Debug)]
pub(crate) struct Outbox {
    frames: VecDeque<Frame>,
    /// How much of the first frame is sent.
    sent: usize,
    output_bytes: usize,
    answer_bytes: usize,
    live: Live,
    /// Only answers that can wait are queued, until then.
    patience: Option<Instant>,
}

#[derive(Debug)]
struct Frame {
    bytes: Vec<u8>,
    output: bool,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self {
            frames: VecDeque::new(),
            sent: 0,
            output_bytes: 0,
            answer_bytes: 0,
            live: Live::Off,
            patience: None,
        }
    }

    /// Queues a message that is never dropped and goes with the next output, or when [`PATIENCE`] has passed.
    pub(crate) fn push_patiently(&mut self, message: &FromHolder<'_>, now: Instant) {
        let patience = if self.is_empty() { Some(now + PATIENCE) } else { self.patience };
        self.push(message);
        self.patience = patience;
    }

    /// Until when all that is queued can wait; `None` where something can't, or nothing is queued.
    pub(crate) fn patience(&self) -> Option<Instant> {
        self.patience
    }

    /// Queues a message that is never dropped.
    pub(crate) fn push(&mut self, message: &FromHolder<'_>) {
        self.patience = None;
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        self.answer_bytes += bytes.len();
        self.frames.push_back(Frame { bytes, output: false });
    }

    /// The server has read up to `offset` and wants what comes after it.
    pub(crate) fn go_live(&mut self, offset: u64, head: u64) {
        self.drop_output();
        if offset == head {
            self.live = Live::On;
        } else {
            self.live = Live::Off;
            self.push(&FromHolder::Behind { head });
        }
    }

    /// Whether the server is to get output.
    pub(crate) fn is_live(&self) -> bool {
        self.live == Live::On
    }

    /// Queues output for a server that is live.
    pub(crate) fn push_output(&mut self, message: &FromHolder<'_>) {
        if self.live != Live::On {
            return;
        }
        self.patience = None;
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        if bytes.len() <= MERGED
            && let Some(answer) = self.unsent_answer()
        {
            answer.extend_from_slice(&bytes);
            self.answer_bytes += bytes.len();
            return;
        }
        if self.output_bytes + bytes.len() > OUTPUT_MAX {
            self.drop_output();
            self.live = Live::Behind;
        } else {
            self.output_bytes += bytes.len();
            self.frames.push_back(Frame { bytes, output: true });
        }
    }

    /// The answer at the back, where it is short and nothing of it is sent.
    fn unsent_answer(&mut self) -> Option<&mut Vec<u8>> {
        let is_begun = self.frames.len() == 1 && self.sent > 0;
        let back = self.frames.back_mut().filter(|_| !is_begun)?;
        (!back.output && back.bytes.len() <= MERGED).then_some(&mut back.bytes)
    }

    /// Whether there is something to send.
    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.live != Live::Behind
    }

    /// Whether so many answers wait that no more questions should be read.
    pub(crate) fn is_full(&self) -> bool {
        self.answer_bytes > ANSWERS_MAX
    }

    /// Sends with `send` until that takes no more.
    ///
    /// # Errors
    /// What `send` failed with, but for `WouldBlock`.
    pub(crate) fn flush(
        &mut self,
        head: u64,
        mut send: impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        self.patience = None;
        // Whether the frame in front tells the server that it is behind.
        let mut telling = false;
        loop {
            let Some(frame) = self.frames.front() else {
                if self.live == Live::Behind {
                    self.push(&FromHolder::Behind { head });
                    self.live = Live::Off;
                    telling = true;
                    continue;
                }
                return Ok(());
            };
            match send(&frame.bytes[self.sent..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if telling && self.sent == 0 {
                        // It would tell a head of long ago when the server gets to it.
                        self.pop();
                        self.live = Live::Behind;
                    }
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
            if self.sent == frame.bytes.len() {
                self.pop();
            }
        }
    }

    fn pop(&mut self) {
        self.sent = 0;
        if let Some(frame) = self.frames.pop_front() {
            if frame.output {
                self.output_bytes -= frame.bytes.len();
            } else {
                self.answer_bytes -= frame.bytes.len();
            }
        }
    }

    /// Drops queued output, but for a frame of which a part is sent.
    fn drop_output(&mut self) {
        let mut begun = self.sent > 0;
        let mut left = 0;
        self.frames.retain(|frame| {
            let keep = std::mem::take(&mut begun) || !frame.output;
            if keep && frame.output {
                left += frame.bytes.len();
            }
            keep
        });
        self.output_bytes = left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Decoder;

    /// Sends `count` bytes at most and returns them.
    fn send(outbox: &mut Outbox, mut count: usize) -> Vec<u8> {
        let mut sent = Vec::new();
        outbox
            .flush(99, |bytes| {
                let now = bytes.len().min(count);
                if now == 0 {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                count -= now;
                sent.extend_from_slice(&bytes[..now]);
                Ok(now)
            })
            .unwrap();
        sent
    }

    fn told(bytes: &[u8]) -> Vec<String> {
        let mut decoder = Decoder::new();
        decoder.push(bytes);
        let mut told = Vec::new();
        while let Some(message) = decoder.next::<FromHolder<'_>>().unwrap() {
            told.push(match message {
                FromHolder::Output { offset, data, .. } => format!("{} at {offset}", data.len()),
                other => format!("{other:?}"),
            });
        }
        assert_eq!(decoder.buffered(), 0);
        told
    }

    fn output(offset: u64, data: &[u8]) -> FromHolder<'_> {
        FromHolder::Output { offset, time: 0, data }
    }

    #[test]
    fn a_slow_server_loses_output_but_no_answers_and_learns_it() {
        let mut outbox = Outbox::new();
        outbox.push_output(&output(0, b"not yet"));
        assert!(outbox.is_empty());
        outbox.go_live(7, 7);
        let data = [0; 60_000];
        outbox.push_output(&output(7, &data));
        let mut bytes = send(&mut outbox, 100);
        outbox.push(&FromHolder::KillDone { remaining: 0 });
        for n in 1..5 {
            outbox.push_output(&output(7 + n * 60_000, &data));
        }
        assert!(!outbox.is_live());
        outbox.push_output(&output(0, &data));
        bytes.extend(send(&mut outbox, usize::MAX));
        assert_eq!(
            told(&bytes),
            ["60000 at 7", "KillDone { remaining: 0 }", "Behind { head: 99 }"]
        );
        assert!(outbox.is_empty());
        outbox.go_live(98, 99);
        assert_eq!(told(&send(&mut outbox, usize::MAX)), ["Behind { head: 99 }"]);
        outbox.go_live(99, 99);
        outbox.push_output(&output(99, b"x"));
        assert_eq!(told(&send(&mut outbox, usize::MAX)), ["1 at 99"]);
        assert_eq!((outbox.output_bytes, outbox.answer_bytes), (0, 0));
    }

    #[test]
    fn too_many_answers_make_it_full() {
        let mut outbox = Outbox::new();
        for _ in 0..30_000 {
            outbox.push(&FromHolder::KillDone { remaining: 0 });
        }
        assert!(outbox.is_full());
        send(&mut outbox, usize::MAX);
        assert!(!outbox.is_full());
    }
}
