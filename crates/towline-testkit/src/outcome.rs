//! A command that was run to its end.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::thread;

use crate::running::wait_with_deadline;

/// How a command ended, and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its exit status; as a shell has it (128 and the signal) where a signal ended it.
    pub status: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Outcome {
    /// Itself, where the status is this.
    ///
    /// # Panics
    /// Where it isn't.
    #[track_caller]
    pub fn expect_status(self, status: i32) -> Self {
        assert!(self.status == status, "status {status} was expected: {self:#?}");
        self
    }

    /// Itself, where it is an error as people are to see it: nothing on standard output, one line `tow: …` that
    /// contains `text`, and hints.
    ///
    /// # Panics
    /// Where it isn't.
    #[track_caller]
    pub fn expect_error(self, status: i32, text: &str) -> Self {
        let told = self.expect_status(status);
        let mut lines = told.stderr.lines();
        let first = lines.next().unwrap_or_default();
        assert!(first.starts_with("tow: ") && first.contains(text), "`{text}`: {told:#?}");
        assert!(lines.all(|line| line.starts_with("hint: ")), "more than hints: {told:#?}");
        assert!(!told.stderr.contains("os error"), "a bare error number: {told:#?}");
        assert_eq!(told.stdout, "", "{told:#?}");
        told
    }
}

/// Runs a command with this standard input.
pub(crate) fn run(mut command: Command, input: &[u8]) -> Outcome {
    if !input.is_empty() {
        command.stdin(Stdio::piped());
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let readers = [
        child.stdout.take().map(|pipe| read_all(Box::new(pipe))),
        child.stderr.take().map(|pipe| read_all(Box::new(pipe))),
    ];
    if let Some(mut stdin) = child.stdin.take() {
        // A program that takes no input may have closed it.
        let _ = stdin.write_all(input);
    }
    let status = wait_with_deadline(&mut child, &command);
    let [stdout, stderr] = readers.map(|reader| {
        let reader = reader.expect("the stream is a pipe");
        String::from_utf8_lossy(&reader.join().expect("the stream is read")).into_owned()
    });
    let status = status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(-1);
    Outcome { status, stdout, stderr }
}

fn read_all(mut pipe: Box<dyn Read + Send>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}
