//! The terminal that `tow` runs on: a pseudo-terminal, of which the test is the emulator.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use rustix::process::{Pid, Signal};
use rustix::pty::OpenptFlags;
use rustix::termios::Winsize;

use crate::PATIENCE;
use crate::server::Server;

#[derive(Default)]
struct Seen {
    bytes: Vec<u8>,
    paused: bool,
}

/// A pseudo-terminal with `tow` on it.
pub(crate) struct Outer {
    child: Child,
    terminal: File,
    /// Kept open, so that the terminal's modes can be looked at after the program has ended.
    slave: OwnedFd,
    /// The modes it had at first.
    pub(crate) before: String,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    _home: Option<tempfile::TempDir>,
}

impl Outer {
    pub(crate) fn start(server: &Server, arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        // Somebody who has attached often: no line for newcomers.
        std::fs::create_dir_all(home.path().join("state")).unwrap();
        std::fs::write(home.path().join("state/attaches"), "100\n").unwrap();
        let mut outer = Self::start_in(home.path(), server, arguments);
        outer._home = Some(home);
        outer
    }

    pub(crate) fn start_in(home: &Path, server: &Server, arguments: &[&str]) -> Self {
        std::fs::create_dir_all(home.join("state")).unwrap();
        let master =
            rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
                .unwrap();
        rustix::pty::grantpt(&master).unwrap();
        rustix::pty::unlockpt(&master).unwrap();
        let name = rustix::pty::ptsname(&master, Vec::new()).unwrap();
        let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        set_size(&slave, 80, 24);
        let before = modes(&slave);
        let stdio = || Stdio::from(slave.try_clone().unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_tow"));
        command
            .arg("--socket")
            .arg(server.path())
            .args(arguments)
            .env("TOWLINE_HOME", home)
            .env("TERM", "xterm-256color")
            .env_remove("TMUX")
            .stdin(stdio())
            .stdout(stdio())
            .stderr(stdio());
        let take_terminal = || {
            rustix::process::setsid()?;
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
            Ok(())
        };
        // SAFETY: both are system calls that may be made between fork and exec.
        unsafe { command.pre_exec(take_terminal) };
        let child = command.spawn().unwrap();
        let seen = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        let terminal = File::from(master);
        let reader = terminal.try_clone().unwrap();
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || collect(reader, &shared));
        Self { child, terminal, slave: slave.into(), before, seen, _home: None }
    }

    pub(crate) fn type_in(&self, text: &str) {
        (&self.terminal).write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen.0.lock().unwrap().bytes).into_owned()
    }

    /// Waits until the terminal was sent this text.
    pub(crate) fn wait_for(&self, text: &str) {
        let (seen, changed) = &*self.seen;
        let has =
            |seen: &mut Seen| !seen.bytes.windows(text.len()).any(|part| part == text.as_bytes());
        let (guard, timeout) =
            changed.wait_timeout_while(seen.lock().unwrap(), PATIENCE, has).unwrap();
        assert!(!timeout.timed_out(), "no {text:?} in {:?}", String::from_utf8_lossy(&guard.bytes));
    }

    /// The terminal takes nothing more.
    pub(crate) fn pause(&self) {
        self.seen.0.lock().unwrap().paused = true;
    }

    pub(crate) fn resume(&self) {
        self.seen.0.lock().unwrap().paused = false;
        self.seen.1.notify_all();
    }

    pub(crate) fn resize(&self, cols: u16, rows: u16) {
        set_size(&self.terminal, cols, rows);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        rustix::process::kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The terminal's modes, in a form that can be compared.
    pub(crate) fn termios(&self) -> String {
        modes(&self.slave)
    }

    /// Waits for the program's end and tells its exit status.
    pub(crate) fn finish(&mut self) -> Option<i32> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert_eq!(status.signal(), None);
                return status.code();
            }
            assert!(Instant::now() < end, "it does not end: {:?}", self.text());
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
}

impl Drop for Outer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn modes(terminal: &impl AsFd) -> String {
    let now = rustix::termios::tcgetattr(terminal).unwrap();
    let (local, control) = (now.local_modes, now.control_modes);
    format!("{:?} {:?} {control:?} {local:?}", now.input_modes, now.output_modes)
}

fn set_size(terminal: &File, cols: u16, rows: u16) {
    let size = Winsize { ws_col: cols, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(terminal, size).unwrap();
}

fn collect(mut reader: File, shared: &(Mutex<Seen>, Condvar)) {
    let mut buffer = [0; 4096];
    loop {
        drop(shared.1.wait_while(shared.0.lock().unwrap(), |seen| seen.paused).unwrap());
        match reader.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => {
                shared.0.lock().unwrap().bytes.extend_from_slice(&buffer[..count]);
                shared.1.notify_all();
            }
        }
    }
}
