//! A command that goes on while the test does other things.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use crate::DEADLINE;

/// A command that runs. Dropping it ends it.
#[derive(Debug)]
pub struct Running {
    child: Child,
    command: Command,
    stdout: mpsc::Receiver<String>,
    stderr: mpsc::Receiver<String>,
}

impl Running {
    /// Starts any command; its standard input stays as the command has it.
    pub fn of(command: Command) -> Self {
        Self::start(command)
    }

    pub(crate) fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let stdout = lines_of(child.stdout.take().expect("the stream is a pipe"));
        let stderr = lines_of(child.stderr.take().expect("the stream is a pipe"));
        Self { child, command, stdout, stderr }
    }

    /// Writes to its standard input, where that is a pipe.
    ///
    /// # Panics
    /// Where it isn't, or where it was closed.
    #[track_caller]
    pub fn type_in(&self, text: &str) {
        let mut stdin = self.child.stdin.as_ref().expect("its standard input is a pipe");
        stdin.write_all(text.as_bytes()).expect("it reads");
    }

    /// The next line of its standard output, without its end.
    ///
    /// # Panics
    /// Where there is none within [`DEADLINE`].
    #[track_caller]
    pub fn line(&self) -> String {
        let line = self.stdout.recv_timeout(DEADLINE);
        line.unwrap_or_else(|_| panic!("{:?} prints no line", self.command))
    }

    /// The next line of its standard error, without its end.
    ///
    /// # Panics
    /// Where there is none within [`DEADLINE`].
    #[track_caller]
    pub fn error_line(&self) -> String {
        let line = self.stderr.recv_timeout(DEADLINE);
        line.unwrap_or_else(|_| panic!("{:?} prints no error line", self.command))
    }

    /// All lines of its standard output that come until it ends.
    pub fn rest(&self) -> Vec<String> {
        let next = || self.stdout.recv_timeout(DEADLINE).ok();
        std::iter::from_fn(next).collect()
    }

    /// All lines of its standard error that come until it ends.
    pub fn error_rest(&self) -> Vec<String> {
        let next = || self.stderr.recv_timeout(DEADLINE).ok();
        std::iter::from_fn(next).collect()
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("process ids are small")
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// Where it doesn't end within [`DEADLINE`].
    #[track_caller]
    pub fn finish(&mut self) -> ExitStatus {
        wait_with_deadline(&mut self.child, &self.command)
    }

    /// Interrupts it, as Ctrl-C does.
    pub fn interrupt(&self) {
        let _ = Pid::from_raw(self.pid()).map(|pid| kill_process(pid, Signal::INT));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    lines
}

/// Waits for a child's end, and ends it where that takes too long.
#[track_caller]
pub(crate) fn wait_with_deadline(child: &mut Child, command: &Command) -> ExitStatus {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(status) = child.try_wait().expect("the child is there") {
            return status;
        }
        if Instant::now() > end {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{command:?} does not end");
        }
        thread::sleep(std::time::Duration::from_millis(1));
    }
}
