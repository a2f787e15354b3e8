//! The terminal that a client runs on: a pseudo-terminal, and the terminal model as its emulator.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Instant;

use rustix::process::{Pid, Signal};
use rustix::pty::OpenptFlags;
use rustix::termios::Winsize;
use towline_testkit::{DEADLINE, Tow};
use towline_vt::{Size, Terminal};

/// What is remembered of what the terminal was sent, in bytes.
const REMEMBERED: usize = 1024 * 1024;

/// What the person sees.
pub(crate) struct Seen {
    pub(crate) terminal: Terminal,
    bytes: Vec<u8>,
    paused: bool,
}

impl Seen {
    /// The rows of the screen, without blank ones at the end.
    pub(crate) fn rows(&self) -> Vec<String> {
        self.screen(|line| line.text())
    }

    /// The same with colours and attributes.
    pub(crate) fn ansi(&self) -> Vec<String> {
        self.screen(|line| line.ansi())
    }

    fn screen(&self, show: impl Fn(towline_vt::Line<'_>) -> String) -> Vec<String> {
        let start = self.terminal.screen_start();
        let rows = (start..start + u64::from(self.terminal.size().rows))
            .filter_map(|number| self.terminal.line(number))
            .map(show);
        let rows: Vec<String> = rows.collect();
        crate::trimmed(rows.iter().map(String::as_str))
    }
}

/// A pseudo-terminal with a program on it.
pub(crate) struct Outer {
    child: Child,
    master: File,
    /// Kept open, so that the terminal's modes can be looked at after the program has ended.
    slave: OwnedFd,
    /// The modes it had at first.
    pub(crate) before: String,
    shared: Arc<(Mutex<Seen>, Condvar)>,
}

impl Outer {
    /// `tow attach` on a terminal of this size.
    pub(crate) fn attach(tow: &Tow, arguments: &[&str], (cols, rows): (u16, u16)) -> Self {
        let command = tow.command(&[&["attach"], arguments].concat());
        let outer = Self::start(command, (cols, rows));
        outer.wait_for("it has attached", |seen| seen.terminal.modes().alt_screen);
        outer
    }

    /// A shell that runs a command line with the program under test as `$TOW`.
    pub(crate) fn shell(tow: &Tow, line: &str, size: (u16, u16)) -> Self {
        let like = tow.command::<&str>(&[]);
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(tow.work()).env("TOW", like.get_program());
        for (name, value) in like.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Self::start(command, size)
    }

    /// Runs a command on a terminal of this size.
    pub(crate) fn start(mut command: Command, (cols, rows): (u16, u16)) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = rustix::pty::openpt(flags).unwrap();
        rustix::pty::grantpt(&master).unwrap();
        rustix::pty::unlockpt(&master).unwrap();
        let name = rustix::pty::ptsname(&master, Vec::new()).unwrap();
        let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        set_size(&slave, cols, rows);
        let before = modes(&slave);
        let stdio = || Stdio::from(slave.try_clone().unwrap());
        command.stdin(stdio()).stdout(stdio()).stderr(stdio());
        if command.get_envs().all(|(name, _)| name != "TERM") {
            command.env("TERM", "xterm-256color");
        }
        let take_terminal = || {
            rustix::process::setsid()?;
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
            Ok(())
        };
        // SAFETY: both are system calls that may be made between fork and exec.
        unsafe { command.pre_exec(take_terminal) };
        let child = command.spawn().unwrap();
        let seen = Seen {
            terminal: Terminal::new(Size { cols, rows }, 1000),
            bytes: Vec::new(),
            paused: false,
        };
        let shared = Arc::new((Mutex::new(seen), Condvar::new()));
        let master = File::from(master);
        let (reader, shown) = (master.try_clone().unwrap(), Arc::clone(&shared));
        std::thread::spawn(move || emulate(reader, &shown));
        Self { child, master, slave: slave.into(), before, shared }
    }

    pub(crate) fn type_in(&self, text: &str) {
        (&self.master).write_all(text.as_bytes()).unwrap();
    }

    /// Something else writes to the terminal.
    pub(crate) fn scribble(&self, text: &str) {
        self.seen().terminal.feed(text.as_bytes(), &mut Vec::new());
    }

    /// What is seen now.
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.shared.0.lock().unwrap()
    }

    /// Waits until what is seen is right.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, right: impl Fn(&Seen) -> bool) {
        let (seen, changed) = &*self.shared;
        let wrong = |seen: &mut Seen| !right(seen);
        let waited = changed.wait_timeout_while(seen.lock().unwrap(), DEADLINE, wrong).unwrap();
        let late = waited.1.timed_out();
        drop(waited);
        assert!(!late, "waited too long until {what}: {}", self.told());
    }

    /// Waits until the screen shows a text in one of its rows.
    #[track_caller]
    pub(crate) fn wait_text(&self, text: &str) {
        self.wait_for(text, |seen| seen.rows().iter().any(|row| row.contains(text)));
    }

    fn told(&self) -> String {
        let seen = self.seen();
        let tail = &seen.bytes[seen.bytes.len().saturating_sub(2000)..];
        format!("{:#?}\nlast sent: {}", seen.rows(), tail.escape_ascii())
    }

    /// The terminal takes nothing more.
    pub(crate) fn pause(&self) {
        self.seen().paused = true;
    }

    pub(crate) fn resume(&self) {
        self.seen().paused = false;
        self.shared.1.notify_all();
    }

    /// The window gets another size, as emulators do it: their own screen first.
    pub(crate) fn resize(&self, cols: u16, rows: u16) {
        self.seen().terminal.resize(Size { cols, rows });
        set_size(&self.master, cols, rows);
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.pid(), signal).unwrap();
    }

    /// The terminal's modes in the kernel, in a form that can be compared.
    pub(crate) fn termios(&self) -> String {
        modes(&self.slave)
    }

    /// Waits for the program's end and tells its exit status.
    #[track_caller]
    pub(crate) fn finish(&mut self) -> Option<i32> {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().or(status.signal().map(|signal| 128 + signal));
            }
            assert!(Instant::now() < end, "it does not end: {}", self.told());
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
}

impl Drop for Outer {
    fn drop(&mut self) {
        self.resume();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn modes(terminal: &impl AsFd) -> String {
    let now = rustix::termios::tcgetattr(terminal).unwrap();
    let codes: Vec<u8> = [
        rustix::termios::SpecialCodeIndex::VMIN,
        rustix::termios::SpecialCodeIndex::VTIME,
        rustix::termios::SpecialCodeIndex::VINTR,
        rustix::termios::SpecialCodeIndex::VEOF,
    ]
    .map(|index| now.special_codes[index])
    .to_vec();
    let (local, control) = (now.local_modes, now.control_modes);
    format!("{:?} {:?} {control:?} {local:?} {codes:?}", now.input_modes, now.output_modes)
}

fn set_size(terminal: &File, cols: u16, rows: u16) {
    let size = Winsize { ws_col: cols, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(terminal, size).unwrap();
}

fn emulate(mut reader: File, shared: &(Mutex<Seen>, Condvar)) {
    let mut buffer = [0; 16 * 1024];
    loop {
        drop(shared.1.wait_while(shared.0.lock().unwrap(), |seen| seen.paused).unwrap());
        match reader.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => {
                let mut seen = shared.0.lock().unwrap();
                seen.terminal.feed(&buffer[..count], &mut Vec::new());
                seen.bytes.extend_from_slice(&buffer[..count]);
                let surplus = seen.bytes.len().saturating_sub(REMEMBERED);
                if surplus > REMEMBERED {
                    seen.bytes.drain(..surplus);
                }
                drop(seen);
                shared.1.notify_all();
            }
        }
    }
}
