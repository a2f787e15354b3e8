//! The relay's thread: all its connections in one loop.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::way::{Line, Way};
use super::{Link, Shared, State};

/// A connection and what is under way on it: from the client at first, from the target at second.
struct Connection {
    ends: [TcpStream; 2],
    ways: [Way; 2],
    /// The stream's end was passed on.
    ended: [bool; 2],
    /// Nothing passes on it any more.
    stranded: bool,
}

/// What became of a connection.
#[derive(PartialEq)]
enum Fate {
    Lives,
    Done,
}

impl Connection {
    fn new(client: TcpStream, target: SocketAddr) -> std::io::Result<Self> {
        let target = TcpStream::connect(target)?;
        for end in [&client, &target] {
            end.set_nonblocking(true)?;
            end.set_nodelay(true)?;
        }
        Ok(Self {
            ends: [client, target],
            ways: Default::default(),
            ended: [false; 2],
            stranded: false,
        })
    }

    /// Reads and writes what there is to read and to write now.
    fn pass(&mut self, lines: [Line; 2], now: Instant, shared: &Shared) -> std::io::Result<Fate> {
        if self.stranded {
            return Ok(Fate::Lives);
        }
        for (way, line) in lines.into_iter().enumerate() {
            self.read(way, line, now)?;
            self.write(way, now, shared)?;
        }
        Ok(if self.ended == [true; 2] { Fate::Done } else { Fate::Lives })
    }

    fn read(&mut self, way: usize, line: Line, now: Instant) -> std::io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        loop {
            let room = self.ways[way].room(line, now).min(buffer.len());
            if room == 0 {
                return Ok(());
            }
            match (&self.ends[way]).read(&mut buffer[..room]) {
                Ok(count) => self.ways[way].push(line, now, &buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn write(&mut self, way: usize, now: Instant, shared: &Shared) -> std::io::Result<()> {
        let other = &self.ends[1 - way];
        while let Some(bytes) = self.ways[way].arrived(now) {
            // Counted before they can be seen at the other end, and taken back where they were too many.
            let offered = bytes.len() as u64;
            shared.passed[way].fetch_add(offered, Ordering::SeqCst);
            let written = (&*other).write(bytes);
            let passed = written.as_ref().map_or(0, |count| *count as u64);
            shared.passed[way].fetch_sub(offered - passed, Ordering::SeqCst);
            match written {
                Ok(count) => self.ways[way].take(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.ways[way].ended(now) && !self.ended[way] {
            self.ended[way] = true;
            // Its peer may have gone already.
            let _ = other.shutdown(Shutdown::Write);
        }
        Ok(())
    }

    /// What each end is to be asked about.
    fn interest(&self, end: usize, lines: [Line; 2], now: Instant) -> PollFlags {
        let mut flags = PollFlags::empty();
        if self.stranded {
            return flags;
        }
        if self.ways[end].room(lines[end], now) > 0 {
            flags |= PollFlags::IN;
        }
        if self.ways[1 - end].arrived(now).is_some() {
            flags |= PollFlags::OUT;
        }
        flags
    }
}

/// Passes on until it is told to stop. `wake` gets a byte after each change of the settings.
pub(super) fn run(shared: &Arc<Shared>, mut wake: &UnixStream) {
    let mut listener: Option<TcpListener> = None;
    let mut connections: Vec<Connection> = Vec::new();
    let (mut cuts, mut strands) = (0, 0);
    loop {
        let link = shared.link();
        if link.state == State::Stopped {
            return;
        }
        if link.cuts != cuts {
            cuts = link.cuts;
            connections.clear();
            // Those that nobody has accepted yet are made, to whoever made them.
            while listener.as_ref().is_some_and(|it| it.accept().is_ok()) {}
        }
        if link.strands != strands {
            strands = link.strands;
            connections.iter_mut().for_each(|it| it.stranded = true);
        }
        if link.state == State::Refuses {
            listener = None;
        } else if listener.is_none() {
            listener = Some(shared.port.listen());
        }
        let flows = link.state == State::Flows;
        if flows {
            while let Some(client) = listener.as_ref().and_then(|it| it.accept().ok()) {
                shared.accepted.fetch_add(1, Ordering::Relaxed);
                // Where the target refuses, the client finds its connection closed.
                connections.extend(Connection::new(client.0, shared.target()));
            }
            let now = Instant::now();
            connections
                .retain_mut(|it| matches!(it.pass(link.lines, now, shared), Ok(Fate::Lives)));
        }
        shared.applied(link.version);
        wait(&link, listener.as_ref().filter(|_| flows), &connections, wake);
        while wake.read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
    }
}

/// Waits until there is something to do.
fn wait(
    link: &Link,
    listener: Option<&TcpListener>,
    connections: &[Connection],
    wake: &UnixStream,
) {
    let now = Instant::now();
    let mut asked = vec![PollFd::new(wake, PollFlags::IN)];
    asked.extend(listener.map(|listener| PollFd::new(listener, PollFlags::IN)));
    let flowing = if link.state == State::Flows { connections } else { &[] };
    for connection in flowing {
        for end in [0, 1] {
            let interest = connection.interest(end, link.lines, now);
            if !interest.is_empty() {
                asked.push(PollFd::from_borrowed_fd(connection.ends[end].as_fd(), interest));
            }
        }
    }
    let next = flowing
        .iter()
        .filter(|it| !it.stranded)
        .flat_map(|it| &it.ways)
        .filter_map(|way| way.next(now))
        .min();
    let timeout = next.map(|time| {
        let left = time.saturating_duration_since(Instant::now());
        Timespec::try_from(left).expect("a delay is short")
    });
    // An interruption is one more look.
    let _ = poll(&mut asked, timeout.as_ref());
}
