//! The terminal that a client runs on: a pseudo-terminal, and the terminal model as its emulator.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use rustix::pty::OpenptFlags;
use rustix::termios::{SpecialCodeIndex, Winsize};
use towline_vt::{Line, Size, Terminal};

use crate::{DEADLINE, Tow};

/// What is remembered of what the terminal was sent, in bytes.
const REMEMBERED: usize = 1024 * 1024;

/// How much of it is told where a test fails, in bytes.
const TOLD: usize = 2000;

/// What the person sees.
#[derive(Debug)]
pub struct Seen {
    /// The emulator.
    pub terminal: Terminal,
    bytes: Vec<u8>,
    paused: bool,
}

impl Seen {
    /// The rows of the screen, without blank ones at the end.
    pub fn rows(&self) -> Vec<String> {
        self.screen(|line| line.text())
    }

    /// The same with colours and attributes.
    pub fn ansi(&self) -> Vec<String> {
        self.screen(|line| line.ansi())
    }

    /// What the terminal was sent; its start is forgotten after a megabyte.
    pub fn sent(&self) -> &[u8] {
        &self.bytes
    }

    fn screen(&self, show: impl Fn(Line<'_>) -> String) -> Vec<String> {
        let start = self.terminal.screen_start();
        let rows = (start..start + u64::from(self.terminal.size().rows))
            .filter_map(|number| self.terminal.line(number))
            .map(show);
        let mut rows: Vec<String> = rows.collect();
        let filled = rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
        rows.truncate(filled);
        rows
    }
}

/// A pseudo-terminal with a program on it. Dropping it ends the program.
#[derive(Debug)]
pub struct Outer {
    child: Child,
    master: File,
    /// Kept open, so that the terminal's modes can be looked at after the program has ended.
    slave: OwnedFd,
    before: String,
    shared: Arc<(Mutex<Seen>, Condvar)>,
}

impl Outer {
    /// `tow attach` on a terminal of this size, once it has attached.
    #[track_caller]
    pub fn attach(tow: &Tow, arguments: &[&str], size: (u16, u16)) -> Self {
        let outer = Self::start(tow.command(&[&["attach"], arguments].concat()), size);
        outer.wait_for("it has attached", |seen| seen.terminal.modes().alt_screen);
        outer
    }

    /// A shell that runs a command line with the program under test as `$TOW`.
    pub fn shell(tow: &Tow, line: &str, size: (u16, u16)) -> Self {
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

    /// Runs a command on a terminal of this size: columns and rows.
    pub fn start(mut command: Command, (cols, rows): (u16, u16)) -> Self {
        let (master, slave) = pair().expect("a pseudo-terminal");
        set_size(&slave, cols, rows);
        let before = modes(&slave);
        let stdio = || Stdio::from(slave.try_clone().expect("another descriptor"));
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
        let child = command.spawn().expect("the program starts");
        let terminal = Terminal::new(Size { cols, rows }, 1000);
        let seen = Seen { terminal, bytes: Vec::new(), paused: false };
        let shared = Arc::new((Mutex::new(seen), Condvar::new()));
        let (reader, shown) =
            (master.try_clone().expect("another descriptor"), Arc::clone(&shared));
        std::thread::spawn(move || emulate(reader, &shown));
        Self { child, master, slave, before, shared }
    }

    /// Types a text.
    pub fn type_in(&self, text: &str) {
        (&self.master).write_all(text.as_bytes()).expect("the terminal takes it");
    }

    /// Something else writes to the terminal.
    pub fn scribble(&self, text: &str) {
        self.seen().terminal.feed(text.as_bytes(), &mut Vec::new());
    }

    /// What is seen now.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.shared.0)
    }

    /// What the terminal was sent, as text.
    pub fn sent(&self) -> String {
        String::from_utf8_lossy(self.seen().sent()).into_owned()
    }

    /// Waits until what is seen is right.
    ///
    /// # Panics
    /// Where it isn't within [`DEADLINE`]; so do the others that wait.
    #[track_caller]
    pub fn wait_for(&self, what: &str, right: impl Fn(&Seen) -> bool) {
        let wrong = |seen: &mut Seen| !right(seen);
        let waited = self.shared.1.wait_timeout_while(self.seen(), DEADLINE, wrong);
        let waited = waited.unwrap_or_else(PoisonError::into_inner);
        let late = waited.1.timed_out();
        drop(waited);
        assert!(!late, "waited too long until {what}: {}", self.told());
    }

    /// Waits until the screen shows a text in one of its rows.
    #[track_caller]
    pub fn wait_text(&self, text: &str) {
        self.wait_for(text, |seen| seen.rows().iter().any(|row| row.contains(text)));
    }

    /// Waits until the terminal was sent these very bytes, at any time.
    #[track_caller]
    pub fn wait_sent(&self, text: &str) {
        let has = |seen: &Seen| seen.bytes.windows(text.len()).any(|part| part == text.as_bytes());
        self.wait_for(&format!("{text:?} is sent"), has);
    }

    /// The terminal takes nothing more.
    pub fn pause(&self) {
        self.seen().paused = true;
    }

    /// It takes what is sent again.
    pub fn resume(&self) {
        self.seen().paused = false;
        self.shared.1.notify_all();
    }

    /// The window gets another size, as emulators do it: their own screen first.
    pub fn resize(&self, cols: u16, rows: u16) {
        self.seen().terminal.resize(Size { cols, rows });
        set_size(&self.master, cols, rows);
    }

    /// The program's process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.pid(), signal).expect("the program runs");
    }

    /// The terminal's modes in the kernel, in a form that can be compared.
    pub fn termios(&self) -> String {
        modes(&self.slave)
    }

    /// The modes it had at first.
    pub fn before(&self) -> &str {
        &self.before
    }

    /// Waits for the program's end and tells its exit status; 128 and the signal where one ended it.
    #[track_caller]
    pub fn finish(&mut self) -> Option<i32> {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().expect("the child is there") {
                return status.code().or(status.signal().map(|signal| 128 + signal));
            }
            assert!(Instant::now() < end, "it does not end: {}", self.told());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn told(&self) -> String {
        let seen = self.seen();
        let tail = &seen.bytes[seen.bytes.len().saturating_sub(TOLD)..];
        format!("{:#?}\nlast sent: {}", seen.rows(), tail.escape_ascii())
    }
}

impl Drop for Outer {
    fn drop(&mut self) {
        self.resume();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A test that fails while it looks is told of by its own panic.
fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The two ends of a new pseudo-terminal.
fn pair() -> rustix::io::Result<(File, OwnedFd)> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master = rustix::pty::openpt(flags)?;
    rustix::pty::grantpt(&master)?;
    rustix::pty::unlockpt(&master)?;
    let slave = rustix::pty::ioctl_tiocgptpeer(&master, flags)?;
    Ok((File::from(master), slave))
}

fn modes(terminal: &impl AsFd) -> String {
    let now = rustix::termios::tcgetattr(terminal).expect("it is a terminal");
    let codes = [
        SpecialCodeIndex::VMIN,
        SpecialCodeIndex::VTIME,
        SpecialCodeIndex::VINTR,
        SpecialCodeIndex::VEOF,
    ]
    .map(|index| now.special_codes[index]);
    let (local, control) = (now.local_modes, now.control_modes);
    format!("{:?} {:?} {control:?} {local:?} {codes:?}", now.input_modes, now.output_modes)
}

fn set_size(terminal: &impl AsFd, cols: u16, rows: u16) {
    let size = Winsize { ws_col: cols, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(terminal, size).expect("it is a terminal");
}

fn emulate(mut reader: File, shared: &(Mutex<Seen>, Condvar)) {
    let mut buffer = [0; 16 * 1024];
    loop {
        let paused = shared.1.wait_while(lock(&shared.0), |seen| seen.paused);
        drop(paused.unwrap_or_else(PoisonError::into_inner));
        match reader.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => {
                let mut seen = lock(&shared.0);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait_until;

    #[test]
    fn a_program_finds_a_terminal_and_a_person_sees_its_screen() {
        let mut command = Command::new("sh");
        command.args(["-c", "stty size; printf 'a\\033[1mb\\n'; stty -echo; read line; exit 7"]);
        let mut outer = Outer::start(command, (80, 24));
        outer.wait_text("24 80");
        outer.wait_sent("a\x1b[1mb");
        outer.wait_for("bold", |seen| seen.rows() == ["24 80", "ab"]);
        wait_until("the echo is off", || (outer.termios() != outer.before()).then_some(()));
        outer.type_in("x\n");
        assert_eq!(outer.finish(), Some(7));
    }
}
