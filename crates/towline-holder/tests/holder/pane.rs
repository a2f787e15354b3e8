//! A pane with a real holder, and the server's side of its connection.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use towline_holder::wire::{AckStatus, ClientId, Decoder, Exited, FromHolder, ToHolder, Welcome};
use towline_holder::{connect, is_alive};
use towline_journal::{ExitStatus, Reader, Record};
use towline_protocol::Message;
use towline_protocol::holder::SpawnSpec;

/// Everything in these tests happens within this time or has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The client that tests send input as, if they don't care.
pub(crate) const ME: ClientId = [9; 16];

/// A message that owns its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    Output(u64, Vec<u8>),
    Other(FromHolder<'static>),
}

/// The server's side of a connection.
pub(crate) struct Link {
    stream: UnixStream,
    decoder: Decoder,
    seq: u64,
    /// The end of the program, if that came before the connection.
    exit: Option<Exited>,
}

impl Link {
    pub(crate) fn new(dir: &Path) -> Self {
        let stream = connect(dir).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Self { stream, decoder: Decoder::new(), seq: 0, exit: None }
    }

    pub(crate) fn send(&mut self, message: &ToHolder<'_>) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        self.stream.write_all(&bytes).unwrap();
    }

    /// The next message; `None` when the holder has closed the connection.
    pub(crate) fn try_next(&mut self) -> Option<Told> {
        loop {
            if let Some(message) = self.decoder.next::<FromHolder<'_>>().unwrap() {
                return Some(own(message));
            }
            let mut buffer = [0; 65536];
            let count = match self.stream.read(&mut buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => 0,
                read => read.expect("the holder answers in time"),
            };
            if count == 0 {
                return None;
            }
            self.decoder.push(&buffer[..count]);
        }
    }

    pub(crate) fn next(&mut self) -> Told {
        self.try_next().expect("the holder stays connected")
    }

    /// Skips what `pick` doesn't take.
    pub(crate) fn wait_for<T>(&mut self, mut pick: impl FnMut(&Told) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            assert!(Instant::now() < deadline, "what is waited for doesn't come");
            let told = self.next();
            if let Some(found) = pick(&told) {
                return found;
            }
        }
    }

    pub(crate) fn hello(&mut self, live_from: Option<u64>) -> Welcome {
        self.send(&ToHolder::Hello { live_from });
        match self.next() {
            Told::Other(FromHolder::Welcome(welcome)) => {
                self.exit = welcome.exit;
                welcome
            }
            other => panic!("{other:?} instead of a welcome"),
        }
    }

    /// Waits until the output, from now on, contains `text`; returns it.
    pub(crate) fn wait_for_output(&mut self, text: &str) -> String {
        let mut seen = Vec::new();
        self.wait_for(|told| {
            if let Told::Output(_, bytes) = told {
                seen.extend_from_slice(bytes);
            }
            let seen = String::from_utf8_lossy(&seen);
            seen.contains(text).then(|| seen.into_owned())
        })
    }

    pub(crate) fn wait_for_exit(&mut self) -> Exited {
        if let Some(exited) = self.exit {
            return exited;
        }
        self.wait_for(|told| match told {
            Told::Other(FromHolder::Exited(exited)) => Some(*exited),
            _ => None,
        })
    }

    pub(crate) fn wait_for_ack(&mut self, client: ClientId, seq: u64) -> AckStatus {
        self.wait_for(|told| match told {
            Told::Other(FromHolder::Ack { client: c, seq: s, status })
                if (*c, *s) == (client, seq) =>
            {
                Some(*status)
            }
            _ => None,
        })
    }

    pub(crate) fn open(&mut self, client: ClientId, again: bool) -> (u64, bool) {
        self.send(&ToHolder::Open { client, again });
        self.wait_for(|told| match told {
            Told::Other(FromHolder::Opened { client: c, last, unknown }) if *c == client => {
                Some((*last, *unknown))
            }
            _ => None,
        })
    }

    pub(crate) fn input(&mut self, client: ClientId, seq: u64, data: &[u8]) {
        self.send(&ToHolder::Input { client, seq, more: false, data });
    }

    /// Types text as [`ME`] and waits until it is written.
    pub(crate) fn type_text(&mut self, text: &str) {
        if self.seq == 0 {
            self.open(ME, false);
        }
        self.seq += 1;
        self.input(ME, self.seq, text.as_bytes());
    }

    pub(crate) fn close(&mut self) {
        self.stream.shutdown(std::net::Shutdown::Both).unwrap();
    }

    pub(crate) fn kill(&mut self, grace_ms: u32) -> u32 {
        self.send(&ToHolder::Kill { grace_ms });
        self.wait_for(|told| match told {
            Told::Other(FromHolder::KillDone { remaining }) => Some(*remaining),
            _ => None,
        })
    }
}

fn own(message: FromHolder<'_>) -> Told {
    Told::Other(match message {
        FromHolder::Output { offset, data, .. } => return Told::Output(offset, data.to_vec()),
        FromHolder::Welcome(welcome) => FromHolder::Welcome(welcome),
        FromHolder::Behind { head } => FromHolder::Behind { head },
        FromHolder::Resized { offset, time, cols, rows } => {
            FromHolder::Resized { offset, time, cols, rows }
        }
        FromHolder::Gap { offset, time, to } => FromHolder::Gap { offset, time, to },
        FromHolder::Exited(exited) => FromHolder::Exited(exited),
        FromHolder::Opened { client, last, unknown } => {
            FromHolder::Opened { client, last, unknown }
        }
        FromHolder::Ack { client, seq, status } => FromHolder::Ack { client, seq, status },
        FromHolder::Degraded { on } => FromHolder::Degraded { on },
        FromHolder::KillDone { remaining } => FromHolder::KillDone { remaining },
    })
}

/// A pane, and a connection to its holder.
pub(crate) struct Pane {
    dir: PathBuf,
    _folder: Option<TempDir>,
    pub(crate) child: i32,
    pub(crate) link: Link,
}

/// An order to run `command` with nothing unusual.
pub(crate) fn spec(command: &[&str]) -> SpawnSpec {
    SpawnSpec {
        pane_id: 7,
        command: command.iter().map(|word| word.as_bytes().to_vec()).collect(),
        cwd: b"/".to_vec(),
        env: vec![
            [b"PATH=", std::env::var("PATH").unwrap().as_bytes()].concat(),
            b"TERM=xterm".to_vec(),
            b"LC_ALL=C".to_vec(),
        ],
        cols: 80,
        rows: 24,
        umask: None,
        limits: vec![],
        keep_bytes: 16 << 20,
        segment_bytes: 1 << 20,
        again: false,
    }
}

/// The program that is nothing but a holder.
pub(crate) fn holder_exe() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let exe = exe.parent().and_then(Path::parent).unwrap().join("examples/holder");
    assert!(exe.exists(), "build the examples first: {}", exe.display());
    exe
}

/// The command that starts a holder for `dir`, with its streams as the server gives them.
pub(crate) fn holder_command(dir: &Path) -> Command {
    let mut command = Command::new(holder_exe());
    command
        .arg0("tow: holder")
        .arg("__holder")
        .arg(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// Starts a holder, and returns the line that it answers with.
pub(crate) fn start(mut command: Command, spec: &SpawnSpec) -> String {
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&order(spec)).unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line != "locked").unwrap_or_default();
    child.wait().unwrap();
    line
}

/// What a holder is told: the order's length, the order, and to go on.
pub(crate) fn order(spec: &SpawnSpec) -> Vec<u8> {
    let spec = spec.encode_to_vec();
    [&u32::try_from(spec.len()).unwrap().to_be_bytes(), &spec[..], b"g"].concat()
}

impl Pane {
    /// A pane with `script` run by `sh`, connected and live from its beginning.
    pub(crate) fn sh(script: &str) -> Self {
        Self::new(&spec(&["sh", "-c", script]))
    }

    pub(crate) fn new(spec: &SpawnSpec) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut pane = Self::start_in(folder.path(), spec, |_| ()).unwrap();
        pane._folder = Some(folder);
        pane
    }

    /// A pane in a folder of the test's, or the holder's answer if that is not "ready".
    pub(crate) fn start_in(
        dir: &Path,
        spec: &SpawnSpec,
        change: impl FnOnce(&mut Command),
    ) -> Result<Self, String> {
        let mut command = holder_command(dir);
        change(&mut command);
        let line = start(command, spec);
        let Some(child) = line.strip_prefix("ready ") else { return Err(line) };
        assert!(is_alive(dir));
        let mut pane = Self {
            dir: dir.to_owned(),
            _folder: None,
            child: child.parse().unwrap(),
            link: Link::new(dir),
        };
        // What was printed already comes through the journal.
        let welcome = pane.link.hello(None);
        assert_eq!(welcome.child_pid, pane.child as u32);
        Ok(pane)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Another connection, in place of the one there is.
    pub(crate) fn reconnect(&mut self) -> Welcome {
        self.link = Link::new(&self.dir);
        self.link.hello(None)
    }

    /// Reads what is in the journal up to now, and goes live behind it.
    pub(crate) fn catch_up(&mut self) -> String {
        let mut reader = Reader::open(&self.dir.join("journal")).unwrap();
        let mut text = Vec::new();
        let mut at = 0;
        loop {
            while let Some(entry) = reader.next().unwrap() {
                if let Record::Output(bytes) = entry.record {
                    text.extend_from_slice(bytes);
                }
                at = entry.end();
            }
            self.link.send(&ToHolder::Live { offset: at });
            // An answer that is only given in turn tells whether that was the head.
            self.link.send(&ToHolder::Open { client: [8; 16], again: false });
            let behind = self.link.wait_for(|told| match told {
                Told::Other(FromHolder::Behind { .. }) => Some(true),
                Told::Other(FromHolder::Opened { .. }) => Some(false),
                // Printed in between: it is live already.
                Told::Output(offset, bytes) if *offset >= at => {
                    text.extend_from_slice(bytes);
                    None
                }
                _ => None,
            });
            if !behind {
                return String::from_utf8_lossy(&text).into_owned();
            }
            self.link.wait_for(|told| {
                matches!(told, Told::Other(FromHolder::Opened { .. })).then_some(())
            });
        }
    }

    /// Waits until the program has printed `text`, from its beginning, and stays live.
    pub(crate) fn wait_for_output(&mut self, text: &str) -> String {
        let before = self.catch_up();
        if before.contains(text) { before } else { before + &self.link.wait_for_output(text) }
    }

    /// The journal in words.
    pub(crate) fn journal(&self) -> Vec<String> {
        journal(&self.dir)
    }

    /// All output in the journal.
    pub(crate) fn text(&self) -> String {
        let mut reader = Reader::open(&self.dir.join("journal")).unwrap();
        let mut text = Vec::new();
        while let Some(entry) = reader.next().unwrap() {
            if let Record::Output(bytes) = entry.record {
                text.extend_from_slice(bytes);
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    pub(crate) fn wait_until_gone(&self) {
        wait_until("the holder has left", || !is_alive(&self.dir));
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        // Whatever a test has left: the program and all it started, then the holder.
        let Ok(mut stream) = connect(&self.dir) else { return };
        let _ = stream.set_read_timeout(Some(DEADLINE));
        let mut bytes = Vec::new();
        ToHolder::Hello { live_from: None }.encode(&mut bytes);
        ToHolder::Kill { grace_ms: 0 }.encode(&mut bytes);
        let _ = stream.write_all(&bytes);
        let mut decoder = Decoder::new();
        let mut buffer = [0; 65536];
        'done: while let Ok(count @ 1..) = stream.read(&mut buffer) {
            decoder.push(&buffer[..count]);
            while let Ok(Some(message)) = decoder.next::<FromHolder<'_>>() {
                if let FromHolder::KillDone { .. } = message {
                    break 'done;
                }
            }
        }
        bytes.clear();
        ToHolder::Release.encode(&mut bytes);
        let _ = stream.write_all(&bytes);
        let deadline = Instant::now() + DEADLINE;
        while is_alive(&self.dir) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The journal in words; outputs that follow each other are one.
pub(crate) fn journal(dir: &Path) -> Vec<String> {
    let mut reader = Reader::open(&dir.join("journal")).unwrap();
    let mut words = Vec::new();
    let mut text = Vec::new();
    loop {
        let entry = reader.next().unwrap();
        if let Some(Record::Output(bytes)) = entry.as_ref().map(|entry| entry.record) {
            text.extend_from_slice(bytes);
            continue;
        }
        if !text.is_empty() {
            words.push(String::from_utf8_lossy(&std::mem::take(&mut text)).into_owned());
        }
        let Some(entry) = entry else { return words };
        words.push(match entry.record {
            Record::Start { cols, rows } => format!("start {cols}x{rows}"),
            Record::Resize { cols, rows } => format!("resize {cols}x{rows}"),
            Record::Gap { .. } => "gap".to_owned(),
            Record::Exit(ExitStatus::Code(code)) => format!("exit {code}"),
            Record::Exit(ExitStatus::Signal(signal)) => format!("signal {signal}"),
            Record::Exit(ExitStatus::Lost) => "lost".to_owned(),
            Record::Output(_) => unreachable!("handled above"),
        });
    }
}

/// Waits for something that tells nobody when it happens.
pub(crate) fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !happened() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process lives and is no zombie.
pub(crate) fn lives(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.starts_with(" Z"))
}
