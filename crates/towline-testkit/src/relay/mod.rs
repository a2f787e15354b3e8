//! A link that a test makes slow, thin or dead: a relay between a port of its own and a target, on loopback.
//!
//! What it can't imitate: a connection is made at once, whatever the delay, as the kernel does that by itself.

mod traffic;
mod way;

use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::port::Port;
use way::Line;

/// What a link that was cut does with new connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// They are refused, as by a machine on which nobody listens.
    Refuse,
    /// They are made and stay silent; [`Relay::restore`] lets them go on.
    Hang,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Flows,
    Frozen,
    Refuses,
    Hangs,
    Stopped,
}

/// How the link is to be.
#[derive(Debug, Clone, Copy)]
struct Link {
    state: State,
    /// To the target, and back.
    lines: [Line; 2],
    /// How often all connections were to be closed.
    cuts: u64,
    /// How often all connections were to fall silent.
    strands: u64,
    /// Grows with each change.
    version: u64,
    /// The last version that the relay's thread has put into effect.
    applied: u64,
}

#[derive(Debug)]
struct Shared {
    port: Port,
    target: Mutex<SocketAddr>,
    link: Mutex<Link>,
    changed: Condvar,
    /// Bytes to the target, and back.
    passed: [AtomicU64; 2],
    accepted: AtomicUsize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Link> {
        // The settings are right after each assignment, so a panic elsewhere spoils nothing.
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn link(&self) -> Link {
        *self.lock()
    }

    fn target(&self) -> SocketAddr {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn applied(&self, version: u64) {
        let mut link = self.lock();
        if link.applied != version {
            link.applied = version;
            self.changed.notify_all();
        }
    }
}

/// A relay from a port of its own to a target. It is fast and whole at first. Each change is in effect when the
/// call returns. Dropping it closes all its connections.
#[derive(Debug)]
pub struct Relay {
    shared: Arc<Shared>,
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// One to this address.
    pub fn new(target: SocketAddr) -> Self {
        let link = Link {
            state: State::Flows,
            lines: Default::default(),
            cuts: 0,
            strands: 0,
            version: 1,
            applied: 0,
        };
        let shared = Arc::new(Shared {
            port: Port::new(),
            target: Mutex::new(target),
            link: Mutex::new(link),
            changed: Condvar::new(),
            passed: Default::default(),
            accepted: AtomicUsize::new(0),
        });
        let (wake, woken) = UnixStream::pair().expect("a pair of sockets");
        for end in [&wake, &woken] {
            end.set_nonblocking(true).expect("a socket can be told not to block");
        }
        let its = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("relay".into());
        let thread = thread.spawn(move || traffic::run(&its, &woken)).expect("a thread");
        let relay = Self { shared, wake, thread: Some(thread) };
        relay.change(|_| ());
        relay
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shared.port.address()
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.shared.port.number()
    }

    /// New connections go to another address: the machine has moved.
    pub fn set_target(&self, target: SocketAddr) {
        *self.shared.target.lock().unwrap_or_else(PoisonError::into_inner) = target;
    }

    /// Each byte arrives this much later, both ways: a round trip takes twice as long. Throughput stays.
    pub fn set_delay(&self, delay: Duration) {
        self.set_delays(delay, delay);
    }

    /// The same with another delay towards the target than back.
    pub fn set_delays(&self, to_target: Duration, back: Duration) {
        self.change(|link| {
            link.lines[0].delay = to_target;
            link.lines[1].delay = back;
        });
    }

    /// The link is this thin in each direction and for each connection, in bytes a second; `None`: as fast as the
    /// machine.
    pub fn set_rate(&self, rate: Option<u64>) {
        self.set_rates(rate, rate);
    }

    /// The same with another rate towards the target than back.
    pub fn set_rates(&self, to_target: Option<u64>, back: Option<u64>) {
        // A rate of nothing is what freezing is for.
        let [to_target, back] = [to_target, back].map(|rate| rate.map(|rate| rate.max(1)));
        self.change(|link| {
            link.lines[0].rate = to_target;
            link.lines[1].rate = back;
        });
    }

    /// Closes all connections, and does this with new ones.
    pub fn cut(&self, new: Cut) {
        self.change(|link| {
            link.cuts += 1;
            link.state = match new {
                Cut::Refuse => State::Refuses,
                Cut::Hang => State::Hangs,
            };
        });
    }

    /// Closes all connections; new ones are passed on as before, or after a freeze again.
    pub fn drop_connections(&self) {
        self.change(|link| {
            link.cuts += 1;
            link.state = State::Flows;
        });
    }

    /// Nothing passes any more and nobody is told, as when a laptop sleeps or a network goes away. New connections
    /// are made and stay silent. Nothing is lost: what is under way arrives after [`restore`](Self::restore).
    pub fn freeze(&self) {
        self.change(|link| link.state = State::Frozen);
    }

    /// The connections that are there fall silent for ever and nobody is told; new ones are passed on. As when a laptop
    /// wakes in another network.
    pub fn strand(&self) {
        self.change(|link| {
            link.strands += 1;
            link.state = State::Flows;
        });
    }

    /// Passes on again, with delay and rate as they were set last.
    pub fn restore(&self) {
        self.change(|link| link.state = State::Flows);
    }

    /// Bytes that arrived at the target so far.
    pub fn bytes_to_target(&self) -> u64 {
        self.shared.passed[0].load(Ordering::SeqCst)
    }

    /// Bytes that arrived from the target so far.
    pub fn bytes_back(&self) -> u64 {
        self.shared.passed[1].load(Ordering::SeqCst)
    }

    /// How many connections were made to the target so far, or tried.
    pub fn connections(&self) -> usize {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// Changes the link and waits until the relay's thread has put that into effect.
    fn change(&self, change: impl FnOnce(&mut Link)) {
        let mut link = self.shared.lock();
        change(&mut link);
        link.version += 1;
        let version = link.version;
        drop(link);
        self.wake();
        let link = self.shared.lock();
        let waiting = |link: &mut Link| link.applied < version;
        let waited = self.shared.changed.wait_timeout_while(link, crate::DEADLINE, waiting);
        let waited = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!waited.1.timed_out(), "the relay's thread does not answer");
    }

    fn wake(&self) {
        // Full: then it is awake.
        let _ = std::io::Write::write(&mut &self.wake, b"x");
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.lock().state = State::Stopped;
        self.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
