//! What waits to be written to the terminal: the stream's bytes, and what the client draws between them.

use super::boundary::Boundary;
use super::terminal::CUT;

/// Ends a synchronized update: the terminal shows what it was sent.
const SHOW: &[u8] = b"\x1b[?2026l";

/// What may be on its way of a stream, in bytes. A server paints from its model, so no more is needed to keep up with any
/// program: over a link of 100 ms it is a large screen forty times a second. More would be paintings that are old when
/// they arrive, and on a thin link a key's echo behind them.
pub(super) const CREDIT: u64 = 64 * 1024;

/// Credit is given back in pieces of this size, so that an echo doesn't cost a frame each time.
const CREDIT_PIECE: u64 = CREDIT / 8;

/// How much that is written already may stay in front of what waits, in bytes.
const COMPACT: usize = 64 * 1024;

/// The queue in front of the terminal. It is bounded by the stream's credit.
#[derive(Debug)]
pub(super) struct Screen {
    queue: Vec<u8>,
    /// How much of `queue` the terminal has taken.
    written: usize,
    /// Bytes of the stream in what is left of `queue`.
    streamed: u64,
    /// Bytes of the stream that were taken and not credited yet.
    taken: u64,
    boundary: Boundary,
    /// What the stream was in the middle of has been cut off: its rest is left out.
    cut: bool,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self {
            queue: Vec::new(),
            written: 0,
            streamed: 0,
            taken: 0,
            boundary: Boundary::new(),
            cut: false,
        }
    }

    /// Queues bytes of the stream.
    pub(super) fn paint(&mut self, bytes: Vec<u8>) {
        let rest = if self.cut { self.boundary.finish(&bytes) } else { 0 };
        self.taken += rest as u64;
        self.cut = self.cut && !self.boundary.here();
        self.boundary.pass(&bytes[rest..]);
        self.streamed += (bytes.len() - rest) as u64;
        if self.queue.is_empty() && rest == 0 {
            self.queue = bytes;
        } else {
            self.queue.extend_from_slice(&bytes[rest..]);
        }
    }

    /// Passes over bytes of the stream that are not to be seen.
    pub(super) fn skip(&mut self, bytes: &[u8]) {
        self.boundary.pass(bytes);
        self.cut = !self.boundary.here();
        self.taken += bytes.len() as u64;
    }

    /// Whether [`Screen::draw`] may be used: the stream is between two sequences.
    pub(super) fn ready(&self) -> bool {
        self.cut || self.boundary.here()
    }

    /// Makes it ready, by cutting off a sequence where need be, and ends a synchronized update, whose end may
    /// not be seen any more. What the terminal shows has to be painted again.
    pub(super) fn interrupt(&mut self) {
        if !self.ready() {
            self.draw(CUT);
            self.cut = true;
        }
        self.draw(SHOW);
    }

    /// Queues bytes of the client's own.
    pub(super) fn draw(&mut self, bytes: &[u8]) {
        self.queue.extend_from_slice(bytes);
    }

    /// Another stream begins, with a painting of everything.
    pub(super) fn restart(&mut self) {
        self.interrupt();
        self.boundary = Boundary::new();
        self.cut = false;
        self.streamed = 0;
        self.taken = 0;
    }

    /// What the terminal has yet to take.
    pub(super) fn waiting(&self) -> &[u8] {
        &self.queue[self.written..]
    }

    /// The terminal took so many of the waiting bytes.
    pub(super) fn wrote(&mut self, bytes: usize) {
        self.written += bytes;
        let streamed = self.streamed.min(bytes as u64);
        self.streamed -= streamed;
        self.taken += streamed;
        if self.written == self.queue.len() {
            self.queue.clear();
            self.written = 0;
        } else if self.written >= COMPACT {
            // A terminal that is always a little behind never empties it.
            self.queue.drain(..self.written);
            self.written = 0;
        }
    }

    /// The credit to give back now; 0 while it isn't worth a frame.
    pub(super) fn credit(&mut self) -> u64 {
        if self.taken < CREDIT_PIECE { 0 } else { std::mem::take(&mut self.taken) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(screen: &Screen) -> String {
        screen.waiting().escape_ascii().to_string()
    }

    #[test]
    fn drawing_waits_for_the_end_of_a_sequence() {
        let mut screen = Screen::new();
        screen.paint(b"a\x1b[3".to_vec());
        assert!(!screen.ready());
        screen.paint(b"1mb".to_vec());
        assert!(screen.ready());
        screen.draw(b"!");
        assert_eq!(text(&screen), "a\\x1b[31mb!");
    }

    #[test]
    fn the_rest_of_a_sequence_that_was_cut_is_left_out() {
        let mut screen = Screen::new();
        screen.paint(b"a\x1b[3".to_vec());
        screen.interrupt();
        screen.draw(b"!");
        screen.paint(b"1".to_vec());
        assert!(screen.ready());
        screen.paint(b"mb".to_vec());
        assert_eq!(text(&screen), "a\\x1b[3\\x1b\\\\\\x1b[?2026l!b");
    }

    #[test]
    fn a_skipped_stream_goes_on_at_the_next_sequence() {
        let mut screen = Screen::new();
        screen.skip(b"x\x1b[3");
        screen.paint(b"1mb".to_vec());
        assert_eq!(text(&screen), "b");
    }

    #[test]
    fn credit_is_what_the_terminal_took_of_the_stream() {
        let piece = usize::try_from(CREDIT_PIECE).unwrap();
        let mut screen = Screen::new();
        screen.paint(vec![b'x'; piece]);
        screen.draw(b"own");
        screen.wrote(piece - 1);
        assert_eq!(screen.credit(), 0);
        screen.wrote(4);
        assert_eq!(screen.credit(), CREDIT_PIECE);
        assert!(screen.waiting().is_empty());
        screen.skip(&vec![b'x'; piece]);
        screen.paint(vec![b'x'; COMPACT + 2]);
        screen.wrote(COMPACT + 1);
        assert_eq!(screen.waiting(), b"x");
        screen.wrote(1);
        screen.taken = piece as u64;
        assert_eq!(screen.credit(), CREDIT_PIECE);
        assert_eq!(screen.credit(), 0);
    }
}
