//! A shell that stays open: the way to a host on which nothing of ours is installed.
//!
//! A script at a time is written to its standard input. One shell serves all that is asked of a host, in the order it
//! was asked; it is opened when something is, closed when nothing was for a while, and opened anew after it broke.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::Place;
use super::error::TmuxError;
use super::frame::{Answer, Frames, OUTPUT_MAX, framed, nonce};
use super::setup::{self, Found};
use crate::transport::{LastLines, why_ssh_ended};

/// A shell without work is closed after so long: on another host a session of the link's, here a process.
const IDLE: Duration = Duration::from_secs(300);

/// How long a shell that has closed its output may take to say why.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// So many scripts may wait. Who asks for more waits to ask.
const QUEUE: usize = 32;

/// A shell on a host.
#[derive(Debug)]
pub(super) struct Shell {
    place: Place,
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    jobs: mpsc::Sender<Job>,
    found: Arc<Found>,
    reader: AbortHandle,
}

impl Drop for Open {
    fn drop(&mut self) {
        // With the reader goes the process.
        self.reader.abort();
    }
}

/// A script that is to be run.
#[derive(Debug)]
struct Job {
    nonce: String,
    script: Vec<u8>,
    /// Set before its first byte is written.
    written: Arc<AtomicBool>,
    done: oneshot::Sender<Answer>,
}

/// A script whose answer is expected.
#[derive(Debug)]
struct Awaited {
    nonce: String,
    done: oneshot::Sender<Answer>,
}

impl Shell {
    pub(super) fn new(place: Place) -> Self {
        Self { place, open: Mutex::new(None) }
    }

    /// What was found on the host when the shell was opened. Opens it where it isn't.
    ///
    /// # Errors
    /// Where the shell can't be had.
    pub(super) async fn found(&self, patience: Duration) -> Result<Arc<Found>, TmuxError> {
        Ok(self.opened(Instant::now() + patience, patience).await?.1)
    }

    /// Runs a script that `script` makes of what was found on the host.
    ///
    /// # Errors
    /// Where the shell can't be had, breaks, or takes longer than `patience`. It is then opened anew for the next
    /// script.
    pub(super) async fn run(
        &self,
        patience: Duration,
        script: impl Fn(&Found) -> Vec<u8>,
    ) -> Result<Answer, TmuxError> {
        let end = Instant::now() + patience;
        loop {
            let (jobs, found) = self.opened(end, patience).await?;
            let written = Arc::new(AtomicBool::new(false));
            let (done, answer) = oneshot::channel();
            let job = Job {
                nonce: nonce(16).map_err(|error| TmuxError::Invalid(error.to_string()))?,
                script: script(&found),
                written: written.clone(),
                done,
            };
            let asked = async {
                jobs.send(job).await.ok()?;
                answer.await.ok()
            };
            match timeout_at(end, asked).await {
                Ok(Some(answer)) => return Ok(answer),
                // The shell went before it was given the script: another one may have it.
                Ok(None) if !written.load(Ordering::Acquire) => self.forget(&jobs).await,
                Ok(None) => {
                    self.forget(&jobs).await;
                    return Err(TmuxError::ChannelLost { host: self.place.host.clone() });
                }
                Err(_) => {
                    // Whatever it waits for would hold up all that comes after.
                    self.forget(&jobs).await;
                    return Err(self.timed_out(patience));
                }
            }
        }
    }

    /// Closes the shell, until the next script.
    pub(super) async fn close(&self) {
        *self.open.lock().await = None;
    }

    /// Closes this shell, not one that has been opened since.
    async fn forget(&self, jobs: &mpsc::Sender<Job>) {
        let mut open = self.open.lock().await;
        if open.as_ref().is_some_and(|open| open.jobs.same_channel(jobs)) {
            *open = None;
        }
    }

    async fn opened(
        &self,
        end: Instant,
        patience: Duration,
    ) -> Result<(mpsc::Sender<Job>, Arc<Found>), TmuxError> {
        // Whoever comes second waits for the first one's shell.
        let Ok(mut open) = timeout_at(end, self.open.lock()).await else {
            return Err(self.timed_out(patience));
        };
        if let Some(open) = open.as_ref().filter(|open| !open.jobs.is_closed()) {
            return Ok((open.jobs.clone(), open.found.clone()));
        }
        *open = None;
        let fresh = match timeout_at(end, start(&self.place)).await {
            Ok(fresh) => fresh?,
            Err(_) => {
                return Err(TmuxError::Unreachable {
                    message: "Connection timed out".into(),
                    hints: Vec::new(),
                });
            }
        };
        let result = (fresh.jobs.clone(), fresh.found.clone());
        *open = Some(fresh);
        Ok(result)
    }

    fn timed_out(&self, patience: Duration) -> TmuxError {
        TmuxError::TimedOut { host: self.place.host.clone(), seconds: patience.as_secs().max(1) }
    }
}

/// The process of a shell, with pipes.
pub(super) fn process(place: &Place) -> Result<Child, TmuxError> {
    let program = place.argv.first().cloned().unwrap_or_default();
    let mut command = Command::new(&program);
    command
        .args(place.argv.get(1..).unwrap_or_default())
        .envs(place.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // The terminal's Ctrl-C is for whoever is in its foreground.
        .process_group(0)
        .kill_on_drop(true);
    command.spawn().map_err(|error| {
        let why = crate::io_error_in_words(&error);
        TmuxError::Unreachable {
            message: format!("cannot run {}: {why}", program.to_string_lossy()),
            hints: Vec::new(),
        }
    })
}

/// Why a shell ended before it said anything.
pub(super) fn why(place: &Place, said: &LastLines) -> TmuxError {
    match &place.ssh {
        Some(ssh) => {
            let error = why_ssh_ended(&place.host, ssh, &said.get());
            TmuxError::Unreachable { message: error.to_string(), hints: error.hints() }
        }
        None => TmuxError::Unreachable {
            message: said.get().pop().unwrap_or_else(|| "the shell ended without a word".into()),
            hints: Vec::new(),
        },
    }
}

async fn start(place: &Place) -> Result<Open, TmuxError> {
    let mut child = process(place)?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
        return Err(why(place, &LastLines::default()));
    };
    let said = LastLines::default();
    let hearing = {
        let said = said.clone();
        tokio::spawn(async move { said.read(stderr).await })
    };
    let (jobs, queue) = mpsc::channel(QUEUE);
    let (expect, awaited) = mpsc::unbounded_channel();
    tokio::spawn(write(stdin, queue, expect));
    let reader = tokio::spawn(read(child, stdout, awaited)).abort_handle();
    let (done, answer) = oneshot::channel();
    let first = Job {
        nonce: nonce(16).map_err(|error| TmuxError::Invalid(error.to_string()))?,
        script: setup::script(&place.tmux),
        written: Arc::default(),
        done,
    };
    // Made before anything is awaited: who gives up drops it, and with it the process.
    let mut open = Open { jobs, found: Arc::default(), reader };
    let _ = open.jobs.send(first).await;
    let Ok(answer) = answer.await else {
        let _ = timeout(LAST_WORDS, hearing).await;
        return Err(why(place, &said));
    };
    open.found = Arc::new(setup::found(&answer.output));
    Ok(open)
}

/// Gives scripts to the shell until nobody has any for a while, or the pipe breaks.
async fn write(
    mut stdin: ChildStdin,
    mut jobs: mpsc::Receiver<Job>,
    expect: mpsc::UnboundedSender<Awaited>,
) {
    while let Ok(Some(job)) = timeout(IDLE, jobs.recv()).await {
        if job.done.is_closed() {
            continue;
        }
        let bytes = framed(&job.nonce, &job.script);
        // Told first, so that the answer finds somebody who expects it.
        if expect.send(Awaited { nonce: job.nonce, done: job.done }).is_err() {
            return;
        }
        job.written.store(true, Ordering::Release);
        if stdin.write_all(&bytes).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

/// Hands answers to those who wait for them, in the order of the scripts, until the shell ends.
async fn read(
    mut child: Child,
    mut stdout: ChildStdout,
    mut awaited: mpsc::UnboundedReceiver<Awaited>,
) {
    let mut frames = Frames::default();
    let mut current: Option<Awaited> = None;
    let mut bytes = vec![0; 64 * 1024];
    loop {
        if let Some(job) = current.take() {
            match frames.next(&job.nonce) {
                Some(answer) => {
                    let _ = job.done.send(answer);
                    continue;
                }
                None => current = Some(job),
            }
        }
        tokio::select! {
            biased;
            job = awaited.recv(), if current.is_none() => match job {
                Some(job) => current = Some(job),
                None => break,
            },
            count = stdout.read(&mut bytes) => match count {
                Ok(count) if count > 0 && frames.len() < OUTPUT_MAX => {
                    frames.feed(&bytes[..count]);
                    if current.is_none() {
                        frames.discard();
                    }
                }
                _ => break,
            },
        }
    }
    drop(current);
    drop(awaited);
    // It ends by itself once its input has; one that doesn't is ended when it is dropped.
    let _ = timeout(LAST_WORDS, child.wait()).await;
}
