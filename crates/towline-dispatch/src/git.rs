//! Running git: always by an argument vector, never through a shell.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The pauses between two looks whether a git with a deadline has come to its end.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

/// Why git could not do something: what it said, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("git {what} in {}: {why}", .folder.display())]
pub struct GitError {
    /// The git verb.
    pub what: String,
    /// Where.
    pub folder: PathBuf,
    /// What it said.
    pub why: String,
    /// Its exit status; `None` where it could not be run, or was killed.
    pub status: Option<i32>,
}

/// A working folder of git's.
#[derive(Debug, Clone)]
pub struct Git {
    folder: PathBuf,
    environment: Vec<(OsString, OsString)>,
    deadline: Option<Duration>,
}

impl Git {
    /// Git in a folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), environment: Vec::new(), deadline: None }
    }

    /// The same with a variable in its environment.
    #[must_use]
    pub fn with_env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The same, but each run is ended after so long: for what speaks to other machines.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs git, and returns what it printed, without the line end.
    ///
    /// # Errors
    /// Where it fails, with what it said.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<String, GitError> {
        let output = self.output(arguments, None)?;
        if output.status.success() {
            let text = String::from_utf8_lossy(&output.stdout);
            return Ok(text.trim_end_matches('\n').to_owned());
        }
        Err(self.failed(arguments, &output))
    }

    /// Runs git with something to read, and returns what it printed, to the byte.
    ///
    /// # Errors
    /// Where it fails, with what it said.
    pub fn bytes<S: AsRef<OsStr>>(
        &self,
        arguments: &[S],
        input: Option<&[u8]>,
    ) -> Result<Vec<u8>, GitError> {
        let output = self.output(arguments, input)?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(self.failed(arguments, &output)),
        }
    }

    /// Runs git, and tells whether it succeeded, for questions that it answers so.
    ///
    /// # Errors
    /// Where it can't be run.
    pub fn succeeds<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<bool, GitError> {
        Ok(self.output(arguments, None)?.status.success())
    }

    /// Runs git to its end, whatever that is.
    ///
    /// # Errors
    /// Where it can't be run, or takes too long.
    pub fn output<S: AsRef<OsStr>>(
        &self,
        arguments: &[S],
        input: Option<&[u8]>,
    ) -> Result<Output, GitError> {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Nobody sits here to be asked for a password.
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C");
        // A hook of git's sets these for its own repository.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let ran = command.spawn().and_then(|child| self.to_the_end(child, input));
        match ran {
            Ok(Some(output)) => Ok(output),
            Ok(None) => {
                let seconds = self.deadline.unwrap_or_default().as_secs_f64();
                Err(self.error(arguments, format!("no answer within {seconds} s"), None))
            }
            Err(error) => {
                let why = match error.kind() {
                    std::io::ErrorKind::NotFound if self.folder.is_dir() => {
                        "git is not installed".into()
                    }
                    _ => towline_client::io_error_in_words(&error),
                };
                Err(self.error(arguments, why, None))
            }
        }
    }

    /// Waits for the end; `None` where that was too long.
    fn to_the_end(
        &self,
        mut child: Child,
        input: Option<&[u8]>,
    ) -> std::io::Result<Option<Output>> {
        let readers = [read_all(child.stdout.take()), read_all(child.stderr.take())];
        if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
            // A git that wants none of it says so by its status.
            let _ = pipe.write_all(input);
        }
        let end = self.deadline.map(|deadline| Instant::now() + deadline);
        let mut pause = PAUSES.0;
        let status = loop {
            match (end, child.try_wait()?) {
                (_, Some(status)) => break status,
                (None, None) => break child.wait()?,
                (Some(end), None) if Instant::now() > end => {
                    child.kill()?;
                    child.wait()?;
                    return Ok(None);
                }
                _ => {
                    thread::sleep(pause);
                    pause = (pause * 2).min(PAUSES.1);
                }
            }
        };
        let [stdout, stderr] = readers.map(|reader| reader.join().unwrap_or_default());
        Ok(Some(Output { status, stdout, stderr }))
    }

    fn failed<S: AsRef<OsStr>>(&self, arguments: &[S], output: &Output) -> GitError {
        let said = String::from_utf8_lossy(&output.stderr);
        let line = |line: &str| !line.trim().is_empty() && !line.starts_with("hint:");
        let told = |line: &&str| line.starts_with("fatal:") || line.starts_with("error:");
        let lines: Vec<&str> = said.lines().filter(|one| line(one)).collect();
        let why = lines.iter().find(|line| told(line)).or(lines.last()).copied();
        let why = why.map_or_else(
            || "it failed".to_owned(),
            |why| why.trim_start_matches("fatal: ").trim_start_matches("error: ").to_owned(),
        );
        self.error(arguments, why, output.status.code())
    }

    fn error<S: AsRef<OsStr>>(
        &self,
        arguments: &[S],
        why: String,
        status: Option<i32>,
    ) -> GitError {
        let what = arguments
            .iter()
            .map(|one| one.as_ref().to_string_lossy())
            .find(|one| !one.starts_with('-'));
        GitError {
            what: what.unwrap_or_default().into_owned(),
            folder: self.folder.clone(),
            why,
            status,
        }
    }
}

fn read_all(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}
