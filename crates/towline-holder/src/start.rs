//! How a holder comes into being: from the server's child to a process of its own.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rustix::fs::{Mode, OFlags};
use rustix::process::{set_child_subreaper, setsid, umask};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use towline_journal::{Options, Record, Writer, now};
use towline_protocol::Message;
use towline_protocol::holder::SpawnSpec;

use crate::holder::{Holder, Parts};
use crate::linux::{ChildSignals, close_from, ignore_signals, trim_memory};
use crate::{place, program, pty::Pty};

/// The name of the process, by which another holder knows not to end it.
const NAME: &std::ffi::CStr = c"tow: holder";

/// The longest [`SpawnSpec`] that is read. The kernel takes no larger arguments and environment than 6 MiB
/// (execve(2)).
const SPEC_MAX: u32 = 16 * 1024 * 1024;

/// The most characters of the reason that is told to the server.
const REASON_MAX: usize = 4096;

/// Why a pane's program isn't running.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("the order to start a pane can't be used: {0}")]
    Spec(String),
    #[error("another holder has this pane")]
    Taken,
    #[error("whoever ordered the pane is gone")]
    Withdrawn,
    #[error("cannot enter the folder {0}: {reason}", reason = reason(.1))]
    Folder(String, io::Error),
    #[error("command not found: {0} ({reason} in any folder of PATH)", reason = reason(.1))]
    NotFound(String, io::Error),
    #[error("cannot run {0}: {reason}", reason = reason(.1))]
    Exec(String, io::Error),
    #[error(transparent)]
    Journal(#[from] towline_journal::Error),
    #[error("cannot {0}: {reason}", reason = reason(.1))]
    System(&'static str, io::Error),
}

/// An error in words, without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

/// Is the holder of the pane with the folder `dir`, for as long as that has a program.
///
/// To be called first thing in a process that has one thread. Its standard input is a pipe with the length of a
/// [`SpawnSpec`] in four bytes, big-endian, and that. On standard output it writes a line `locked` when it has the
/// pane's lock. Then it waits for one more byte: whoever ordered the pane may have died, and its successor have found
/// no holder; so it starts nothing that nobody waits for. At last it writes `ready PID` with the program's process id
/// once that runs. At any point that line may be `error TEXT` instead. It forks: the call returns at once in the process that was started, and
/// in its child when the pane is over. All other open files are closed.
pub fn run(dir: &Path) -> ExitCode {
    // Before anything else: by this name other holders know it.
    let _ = rustix::thread::set_name(NAME);
    umask(Mode::from_raw_mode(0o077));
    let prepared = prepare(dir);
    // SAFETY: by this function's contract there is one thread.
    match prepared.and_then(|prepared| Ok((prepared, unsafe { daemonize() }?))) {
        Ok((_, Side::Parent)) => ExitCode::SUCCESS,
        Ok(((dir, spec), Side::Child)) => match start(&dir, spec) {
            Ok(mut holder) => {
                holder.run();
                ExitCode::SUCCESS
            }
            Err(error) => fail(&error),
        },
        Err(error) => fail(&error),
    }
}

/// Reads the order and closes what the server's child may have inherited.
fn prepare(dir: &Path) -> Result<(PathBuf, SpawnSpec), StartError> {
    let dir = std::path::absolute(dir)
        .map_err(|error| StartError::System("find the pane's folder", error))?;
    close_from(3);
    let failed = |error| StartError::System("read what to start", error);
    let mut length = [0; 4];
    order().read_exact(&mut length).map_err(failed)?;
    let length = u32::from_be_bytes(length);
    if length > SPEC_MAX {
        return Err(StartError::Spec("it is too long".into()));
    }
    let mut bytes = vec![0; length as usize];
    // One that is cut short is no order: its end might have been more of the environment.
    order().read_exact(&mut bytes).map_err(failed)?;
    let spec =
        SpawnSpec::decode(bytes.as_slice()).map_err(|error| StartError::Spec(error.to_string()))?;
    Ok((dir, spec))
}

/// Standard input, of which no more is read than is asked for: a fork comes between two reads.
fn order() -> impl Read {
    /// Reads by the system's call and nothing else.
    struct Unbuffered;
    impl Read for Unbuffered {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            Ok(rustix::io::read(rustix::stdio::stdin(), bytes)?)
        }
    }
    Unbuffered
}

/// Says that the pane is this holder's, and waits to be told to go on.
fn ask_to_go_on() -> Result<(), StartError> {
    let mut out = io::stdout();
    let asked = out.write_all(b"locked\n").and_then(|()| out.flush());
    let told = asked.and_then(|()| order().read_exact(&mut [0]));
    told.map_err(|_| StartError::Withdrawn)
}

enum Side {
    Parent,
    Child,
}

/// Leaves the server: another process, which it isn't the parent of, in a session of its own. Opening a
/// terminal with `O_NOCTTY` alone can't make that terminal control a session's leader, so one fork is
/// enough.
///
/// # Safety
/// The process must have one thread.
unsafe fn daemonize() -> Result<Side, StartError> {
    let failed = |what| move |error: rustix::io::Errno| StartError::System(what, error.into());
    // SAFETY: with one thread the child may do all that the parent may.
    match unsafe { libc::fork() } {
        0 => {}
        pid if pid > 0 => return Ok(Side::Parent),
        _ => return Err(StartError::System("fork", io::Error::last_os_error())),
    }
    setsid().map_err(failed("begin a session"))?;
    ignore_signals();
    let own = rustix::process::getpid();
    set_child_subreaper(Some(own)).map_err(failed("inherit orphans"))?;
    rustix::process::chdir("/").map_err(failed("enter /"))?;
    Ok(Side::Child)
}

/// Takes the pane's lock, listens, and starts the program.
fn start(dir: &Path, spec: SpawnSpec) -> Result<Holder, StartError> {
    let failed = |what| move |error| StartError::System(what, error);
    let lock = place::lock(dir).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => StartError::Taken,
        _ => StartError::System("lock the pane", error),
    })?;
    ask_to_go_on()?;
    let size = (cell(spec.cols, 80), cell(spec.rows, 24));
    let options = Options { keep_bytes: spec.keep_bytes, segment_bytes: spec.segment_bytes, size };
    let mut journal = Writer::open(&place::journal(dir), options)?;
    let listener = place::listen(dir).map_err(failed("listen"))?;
    let signals = ChildSignals::new().map_err(failed("receive signals"))?;
    let started = Pty::open(size)
        .map_err(failed("open a terminal"))
        .and_then(|(pty, slave)| Ok((pty, program::start(&spec, slave)?)));
    let (pty, child) = match started {
        Ok(started) => started,
        Err(error) => {
            place::remove_socket(dir);
            return Err(error);
        }
    };
    let started_at = now();
    journal.append(started_at, Record::Start { cols: size.0, rows: size.1 })?;
    let pane_id = spec.pane_id;
    drop(spec);
    say(&format!("ready {child}\n"));
    let dir = dir.to_owned();
    let parts =
        Parts { dir, lock, pane_id, child, started_at, size, journal, listener, signals, pty };
    // The order with a whole environment was read and forgotten since the process began.
    trim_memory();
    Ok(Holder::new(parts))
}

/// A number of columns or rows that a terminal can have.
fn cell(wanted: u32, default: u16) -> u16 {
    match u16::try_from(wanted) {
        Ok(0) => default,
        Ok(count) => count,
        Err(_) => u16::MAX,
    }
}

fn fail(error: &StartError) -> ExitCode {
    let one_line = error.to_string().replace(char::is_control, " ");
    say(&format!("error {}\n", one_line.chars().take(REASON_MAX).collect::<String>()));
    ExitCode::FAILURE
}

/// Tells the server one line and lets go of the standard streams.
fn say(line: &str) {
    let mut out = io::stdout();
    // If the server is gone, the pane goes on without it; the next one finds the lock.
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    if let Ok(null) = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()) {
        let null = File::from(null);
        let _ = dup2_stdin(null.as_fd());
        let _ = dup2_stdout(null.as_fd());
        let _ = dup2_stderr(null.as_fd());
    }
}
