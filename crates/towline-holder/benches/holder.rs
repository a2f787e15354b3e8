//! What a holder costs: its private memory when idle, and how fast a program prints through it,
//! against a bare reader of the same terminal.
//!
//! Run with `__holder DIR` it is the holder itself.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use towline_holder::wire::{Decoder, FromHolder, ToHolder, Welcome};
use towline_protocol::Message;
use towline_protocol::holder::SpawnSpec;

/// Length of the file that is printed: some tenths of a second.
const FILE: usize = 60_000_000;
/// The best of so many runs counts.
const RUNS: usize = 5;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|arg| arg == "__holder") {
        return towline_holder::run(Path::new(&args.next().unwrap()));
    }
    memory();
    throughput();
    ExitCode::SUCCESS
}

/// A holder and the connection to it.
struct Pane {
    dir: tempfile::TempDir,
    stream: std::os::unix::net::UnixStream,
    decoder: Decoder,
}

impl Pane {
    fn start(command: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg0("tow: holder")
            .arg("__holder")
            .arg(dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let spec = SpawnSpec {
            command: command.iter().map(|word| word.as_bytes().to_vec()).collect(),
            cwd: b"/".to_vec(),
            env: std::env::vars().map(|(key, value)| format!("{key}={value}").into()).collect(),
            cols: 80,
            rows: 24,
            keep_bytes: 16 << 20,
            segment_bytes: 1 << 20,
            ..SpawnSpec::default()
        };
        let spec = spec.encode_to_vec();
        let length = u32::try_from(spec.len()).unwrap().to_be_bytes();
        child.stdin.take().unwrap().write_all(&[&length, &spec[..], b"g"].concat()).unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line != "locked").unwrap();
        child.wait().unwrap();
        assert!(line.starts_with("ready "), "{line}");
        let stream = towline_holder::connect(dir.path()).unwrap();
        Self { dir, stream, decoder: Decoder::new() }
    }

    fn send(&mut self, message: &ToHolder<'_>) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        self.stream.write_all(&bytes).unwrap();
    }

    /// Waits for the first message that `pick` takes.
    fn wait_for<T>(&mut self, mut pick: impl FnMut(FromHolder<'_>) -> Option<T>) -> T {
        let mut buffer = vec![0; 65536];
        loop {
            while let Some(message) = self.decoder.next::<FromHolder<'_>>().unwrap() {
                if let Some(found) = pick(message) {
                    return found;
                }
            }
            let count = self.stream.read(&mut buffer).unwrap();
            assert!(count > 0, "the holder has left");
            self.decoder.push(&buffer[..count]);
        }
    }

    fn hello(&mut self) -> Welcome {
        self.send(&ToHolder::Hello { live_from: Some(0) });
        self.wait_for(|message| match message {
            FromHolder::Welcome(welcome) => Some(welcome),
            _ => None,
        })
    }

    fn enter(&mut self) {
        self.send(&ToHolder::Open { client: [1; 16], again: false });
        self.send(&ToHolder::Input { client: [1; 16], seq: 1, more: false, data: b"\n" });
    }

    fn end(mut self) {
        self.send(&ToHolder::Kill { grace_ms: 0 });
        self.wait_for(|message| matches!(message, FromHolder::KillDone { .. }).then_some(()));
        self.send(&ToHolder::Release);
        while towline_holder::is_alive(self.dir.path()) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn memory() {
    let mut pane = Pane::start(&["sleep", "1000"]);
    let pid = pane.hello().holder_pid;
    println!(
        "idle            {:5} KiB private, of that {} KiB dirty",
        private(pid).0,
        private(pid).1
    );
    pane.end();
    let mut pane =
        Pane::start(&["sh", "-c", "read x; head -c 20000000 /dev/zero; echo; echo END; read x"]);
    let pid = pane.hello().holder_pid;
    pane.enter();
    // Without reading, so that as much as ever is queued for the server.
    std::thread::sleep(Duration::from_secs(3));
    let (private, dirty) = private(pid);
    println!("stalled server  {private:5} KiB private, of that {dirty} KiB dirty");
    pane.end();
}

/// A process's own memory in KiB, all and dirty, by proc(5).
fn private(pid: u32) -> (u64, u64) {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let field = |name| -> u64 {
        let line = rollup.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let dirty = field("Private_Dirty:");
    (field("Private_Clean:") + dirty, dirty)
}

fn throughput() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let line =
        b"\x1b[32mthe quick brown fox\x1b[0m jumps over the lazy dog, again and again and again\n";
    let text: Vec<u8> = line.iter().copied().cycle().take(FILE).collect();
    std::fs::write(file.path(), text).unwrap();
    let path = file.path().to_str().unwrap();
    // By turns, so that both meet the same load of the machine.
    let (mut bare, mut held) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        bare = bare.min(read_bare(path));
        held = held.min(read_held(path));
    }
    let rate = |time: Duration| FILE as f64 / 1e6 / time.as_secs_f64();
    println!(
        "cat of 60 MB    {:.0} MB/s, {:.2} of a bare reader ({:.0} MB/s)",
        rate(held),
        bare.as_secs_f64() / held.as_secs_f64(),
        rate(bare)
    );
}

fn read_bare(path: &str) -> Duration {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    let master = openpt(flags).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let slave = ioctl_tiocgptpeer(&master, flags).unwrap();
    let begin = Instant::now();
    let mut child = Command::new("cat").arg(path).stdout(slave).spawn().unwrap();
    let mut buffer = vec![0; 65536];
    let mut master = std::fs::File::from(master);
    while master.read(&mut buffer).is_ok_and(|count| count > 0) {}
    child.wait().unwrap();
    begin.elapsed()
}

fn read_held(path: &str) -> Duration {
    let mut pane = Pane::start(&["sh", "-c", &format!("read x; exec cat {path}")]);
    pane.hello();
    let begin = Instant::now();
    pane.enter();
    let mut consumed = 0;
    let mut buffer = vec![0; 65536];
    // A server that reads at once, and the journal when it has fallen behind.
    'all: loop {
        let mut live = None;
        while let Some(message) = pane.decoder.next::<FromHolder<'_>>().unwrap() {
            match message {
                FromHolder::Output { offset, data, .. } => consumed = offset + data.len() as u64,
                FromHolder::Behind { head } => live = Some(head),
                FromHolder::Exited(_) => break 'all,
                _ => {}
            }
        }
        match live {
            Some(offset) => pane.send(&ToHolder::Live { offset }),
            None => pane.send(&ToHolder::Consumed { offset: consumed }),
        }
        let count = pane.stream.read(&mut buffer).unwrap();
        pane.decoder.push(&buffer[..count]);
    }
    let time = begin.elapsed();
    pane.end();
    time
}
