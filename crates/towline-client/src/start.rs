//! Starting the user's own server on demand.

use std::fs::File;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::FlockOperation;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::time::Instant;

use crate::connection::{
    ConnectError, Connection, HelloOptions, dial_unix, io_error_in_words, without_error_numbers,
};
use crate::paths::Paths;
use crate::scope::{self, Scope};

/// How long a server may take to be ready. It opens a store and finds its panes, which takes milliseconds;
/// on a machine that is just booting and swapping it takes seconds.
const READY_DEADLINE: Duration = Duration::from_secs(10);

/// So many servers are started that end at once, before it is given up.
const DEATHS: u32 = 5;

/// The pause between two looks at the lock while another command starts the server.
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// The most that a starting server says.
const WORD_CAP: u64 = 16 * 1024;

/// The first argument that makes the program a server; the configuration and the state folder follow.
pub const SERVER_ARGUMENT: &str = "__server";

/// The line that a server adds to its error where it is only that another one runs.
pub const RUNNING: &str = "running";

/// What the process list shows for a server.
const SERVER_NAME: &str = "tow: server";

/// Who wants the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartPolicy {
    /// A person's command: it starts the server, also after an orderly stop.
    Person,
    /// A hook, or a client that reconnects by itself: a server that was stopped stays so.
    Background,
}

/// Why there is no server to talk to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// It was stopped, and only a person's command starts it again.
    #[error("the server was stopped")]
    Stopped,
    /// Something is there that can't be spoken to.
    #[error("cannot reach the server at {}: {source}", .path.display())]
    Connect {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: ConnectError,
    },
    /// The socket is another user's.
    #[error("the server at {} belongs to another user (uid {uid})", .path.display())]
    ForeignServer {
        /// The socket.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// The state folder is another user's.
    #[error("the state folder {} belongs to another user (uid {uid})", .path.display())]
    ForeignFolder {
        /// The folder.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// The state folder can't be used.
    #[error("cannot use the state folder {}: {}", .path.display(), io_error_in_words(.source))]
    Folder {
        /// The folder, or the file in it.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The server's process could not be made.
    #[error("cannot start the server: {}", io_error_in_words(.0))]
    Spawn(io::Error),
    /// The server said why it can't run.
    #[error("the server could not start: {message}")]
    Server {
        /// One line.
        message: String,
        /// Its hints.
        hints: Vec<String>,
    },
    /// Another server has the state folder; the one that was started left it to that.
    #[error("the server could not start: {message}")]
    Running {
        /// One line.
        message: String,
        /// Its hints.
        hints: Vec<String>,
    },
    /// The server ended without a word.
    #[error("the server ended before it was ready")]
    Silent {
        /// Where its log is.
        log: PathBuf,
    },
    /// It took too long.
    #[error("the server was not ready within {} s", .0.as_secs())]
    Timeout(Duration),
}

impl StartError {
    /// Lines that help.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Stopped => vec!["tow server start".into()],
            Self::Connect { source: ConnectError::Refused(error), .. } => error.hints.clone(),
            Self::Connect { source: ConnectError::Timeout(_), .. } | Self::Timeout(_) => {
                vec!["tow server status".into(), "tow doctor".into()]
            }
            Self::ForeignServer { .. } | Self::ForeignFolder { .. } => foreign(),
            Self::Connect { source: ConnectError::Io(error), .. }
                if error.kind() == io::ErrorKind::PermissionDenied =>
            {
                foreign()
            }
            Self::Folder { .. } => {
                vec!["set TOWLINE_HOME or XDG_STATE_HOME to a folder you can write".into()]
            }
            Self::Server { hints, .. } | Self::Running { hints, .. } => hints.clone(),
            Self::Silent { log } => vec![format!("its log is in {}", log.display())],
            Self::Connect { .. } | Self::Spawn(_) => Vec::new(),
        }
    }

    /// Whether it is only that no server runs, or one that has just gone.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Connect { source, .. } if source.is_gone())
    }

    /// Whether nobody listens at the socket.
    pub fn is_nobody_there(&self) -> bool {
        matches!(self, Self::Connect { source, .. } if source.is_nobody_there())
    }
}

/// What helps against what is another user's.
fn foreign() -> Vec<String> {
    vec!["run tow as the user it belongs to, or set TOWLINE_HOME to a folder of yours".into()]
}

/// Connects to the user's own server, which must run.
///
/// # Errors
/// [`StartError`]; [`StartError::is_gone`] where no server runs.
pub async fn connect_own(socket: &Path, hello: HelloOptions) -> Result<Connection, StartError> {
    let failed = |source| StartError::Connect { path: socket.to_owned(), source };
    let stream = dial_unix(socket, hello.deadline).await.map_err(failed)?;
    let uid = stream.peer_uid().map_err(|error| failed(error.into()))?;
    // Another user's server could show anything, and would be told everything.
    if uid != rustix::process::geteuid().as_raw() {
        return Err(StartError::ForeignServer { path: socket.to_owned(), uid });
    }
    let (reader, writer) = stream.split();
    Connection::over_halves(reader, writer, hello).await.map_err(failed)
}

/// Connects to the user's own server, and starts it first where nobody listens. Of many commands that find no
/// server at the same time one starts it; the others wait for it.
///
/// # Errors
/// [`StartError`], at the latest after some twenty seconds.
pub async fn ensure_server(
    paths: &Paths,
    policy: StartPolicy,
    hello: HelloOptions,
) -> Result<Connection, StartError> {
    let socket = paths.socket();
    match connect_own(&socket, hello.clone()).await {
        Err(error) if error.is_gone() => {}
        outcome => return outcome,
    }
    if policy == StartPolicy::Background && paths.stopped_mark().exists() {
        return Err(StartError::Stopped);
    }
    make_state_folder(&paths.state_dir)?;
    let lock = lock_start(&paths.start_lock()).await?;
    // Another command may have started it while this one waited for the lock.
    match connect_own(&socket, hello.clone()).await {
        Err(error) if error.is_gone() => {}
        outcome => return outcome,
    }
    if let Err(source) = remove_if_there(&paths.stopped_mark()) {
        return Err(StartError::Folder { path: paths.stopped_mark(), source });
    }
    let connection = start_and_connect(paths, hello).await;
    drop(lock);
    connection
}

/// Starts a server. One that is just ending (a restart), or that a service manager is just starting, holds the
/// state folder: its end or its first word is waited for.
async fn start_and_connect(paths: &Paths, hello: HelloOptions) -> Result<Connection, StartError> {
    let end = Instant::now() + READY_DEADLINE;
    let socket = paths.socket();
    let mut deaths = 0;
    loop {
        let failure = match tokio::time::timeout_at(end, start(paths)).await {
            Ok(Ok(())) => match connect_own(&socket, hello.clone()).await {
                Err(error) if error.is_gone() => error,
                outcome => return outcome,
            },
            Ok(Err(failure)) => failure,
            Err(_) => return Err(StartError::Timeout(READY_DEADLINE)),
        };
        // It was killed as soon as it was there: the next may live.
        if failure.is_gone() || matches!(failure, StartError::Silent { .. }) {
            deaths += 1;
            if deaths < DEATHS && Instant::now() < end {
                continue;
            }
            return Err(failure);
        }
        // One that just ended had the folder still: now it may be free.
        let running = matches!(failure, StartError::Running { .. });
        if Instant::now() > end || (!running && !is_locked(&paths.lock())) {
            return Err(failure);
        }
        while is_locked(&paths.lock()) {
            match connect_own(&socket, hello.clone()).await {
                Err(error) if error.is_gone() => {}
                outcome => return outcome,
            }
            if Instant::now() > end {
                return Err(failure);
            }
            tokio::time::sleep(LOCK_PAUSE).await;
        }
    }
}

/// Whether somebody holds the lock. Asking takes it for a moment, so only who starts a server asks.
fn is_locked(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| {
        let outcome = rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared);
        outcome == Err(rustix::io::Errno::WOULDBLOCK)
    })
}

/// Makes the state folder, for this user alone, and refuses another user's: `sudo tow` with a kept HOME would
/// leave files there that its owner can't write.
fn make_state_folder(folder: &Path) -> Result<(), StartError> {
    let failed = |source| StartError::Folder { path: folder.to_owned(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let uid = std::fs::metadata(folder).map_err(failed)?.uid();
    if uid != rustix::process::geteuid().as_raw() {
        return Err(StartError::ForeignFolder { path: folder.to_owned(), uid });
    }
    Ok(())
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Takes the lock of whoever starts a server. It is free again when the file is closed.
async fn lock_start(path: &Path) -> Result<File, StartError> {
    let failed = |source| StartError::Folder { path: path.to_owned(), source };
    let mut options = File::options();
    let file = options.create(true).truncate(false).write(true).mode(0o600).open(path);
    let file = file.map_err(failed)?;
    // The holder of the lock gives up after READY_DEADLINE.
    let end = Instant::now() + READY_DEADLINE + Duration::from_secs(1);
    loop {
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < end => {
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(StartError::Timeout(READY_DEADLINE)),
            Err(error) => return Err(failed(error.into())),
        }
    }
}

/// Starts a server and waits for its word.
async fn start(paths: &Paths) -> Result<(), StartError> {
    if let Some(scope) = Scope::find("server") {
        match start_in(Some(&scope), paths).await {
            // The user manager gave no scope.
            Err(StartError::Silent { .. }) => {}
            outcome => return outcome,
        }
    }
    start_in(None, paths).await
}

async fn start_in(scope: Option<&Scope>, paths: &Paths) -> Result<(), StartError> {
    let program = program().map_err(StartError::Spawn)?;
    let mut command = scope::command(scope, program, SERVER_NAME);
    command
        .arg(SERVER_ARGUMENT)
        .args([&paths.config_dir, &paths.state_dir])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    // Started from inside a pane it would take itself for a part of that pane.
    for name in ["TOWLINE_PANE", "TOWLINE_NAME", "TOWLINE_SECRET", "TOWLINE_SOCKET", "TOWLINE_ADDR"]
    {
        command.env_remove(name);
    }
    // SAFETY: between fork and exec only async-signal-safe system calls are made, and nothing allocates.
    unsafe { command.pre_exec(detach) };
    let mut child = command.spawn().map_err(StartError::Spawn)?;
    let stdout = child.stdout.take();
    // It outlives this process as a rule; where it doesn't (this one is attached for days), no zombie stays.
    let reaper = std::thread::Builder::new().name("reaper".into());
    drop(reaper.spawn(move || child.wait()));
    let Some(stdout) = stdout else {
        return Err(StartError::Spawn(io::ErrorKind::BrokenPipe.into()));
    };
    let pipe = pipe::Receiver::from_owned_fd(stdout.into()).map_err(StartError::Spawn)?;
    hear(pipe, paths).await
}

/// The program itself, also when a newer one has been put in its place since it was started.
///
/// # Errors
/// Where the system doesn't say which it is.
pub fn program() -> io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    if path.exists() {
        return Ok(path);
    }
    let text = path.to_string_lossy();
    let replaced = text.strip_suffix(" (deleted)").map(PathBuf::from);
    Ok(replaced.filter(|path| path.exists()).unwrap_or_else(|| "/proc/self/exe".into()))
}

/// In the child: a session of its own, so that no terminal's end reaches it, and none of the descriptors that
/// whoever called this command left open: a lock or a pipe held by a daemon would never be free.
fn detach() -> io::Result<()> {
    rustix::process::setsid()?;
    #[cfg(target_os = "linux")]
    // SAFETY: the call takes three numbers. Closing only at exec leaves the descriptor alone by which the
    // standard library reports that exec failed. An older kernel refuses, which harms nothing.
    unsafe {
        libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
    }
    Ok(())
}

/// Waits until the server says `ready`, or why not.
async fn hear(pipe: impl tokio::io::AsyncRead + Unpin, paths: &Paths) -> Result<(), StartError> {
    let mut pipe = pipe.take(WORD_CAP);
    let mut word = Vec::new();
    loop {
        let count = pipe.read_buf(&mut word).await.map_err(StartError::Spawn)?;
        if word.starts_with(b"ready\n") {
            return Ok(());
        }
        if count == 0 {
            break;
        }
    }
    let text = String::from_utf8_lossy(&word);
    let mut lines = text.lines();
    match lines.next().and_then(|line| line.strip_prefix("error ")) {
        Some(message) => {
            let message = without_error_numbers(message);
            let (mut running, mut hints) = (false, Vec::new());
            for line in lines {
                running |= line == RUNNING;
                hints.extend(line.strip_prefix("hint: ").map(str::to_owned));
            }
            Err(match running {
                true => StartError::Running { message, hints },
                false => StartError::Server { message, hints },
            })
        }
        None => Err(StartError::Silent { log: paths.log() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(root: &Path) -> Paths {
        Paths { config_dir: root.join("config"), state_dir: root.join("state") }
    }

    #[tokio::test]
    async fn a_server_says_that_it_is_ready_or_why_not() {
        let paths = paths(Path::new("/none"));
        assert!(hear(&b"ready\n"[..], &paths).await.is_ok());
        let error = hear(&b"error the store is newer\nhint: tow upgrade\n"[..], &paths).await;
        let error = error.unwrap_err();
        assert_eq!(error.to_string(), "the server could not start: the store is newer");
        assert_eq!(error.hints(), ["tow upgrade"]);
        let error = hear(&b""[..], &paths).await.unwrap_err();
        assert!(matches!(error, StartError::Silent { .. }));
    }

    #[tokio::test]
    async fn a_background_client_leaves_a_stopped_server_alone() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        std::fs::create_dir(&paths.state_dir).unwrap();
        std::fs::write(paths.stopped_mark(), "").unwrap();
        let outcome = ensure_server(&paths, StartPolicy::Background, HelloOptions::default()).await;
        assert!(matches!(outcome, Err(StartError::Stopped)));
        assert!(paths.stopped_mark().exists());
    }

    #[tokio::test]
    async fn a_state_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let paths = paths(&file);
        let outcome = ensure_server(&paths, StartPolicy::Person, HelloOptions::default()).await;
        let error = outcome.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("state") && !text.contains("os error"), "{text}");
    }

    #[tokio::test]
    async fn the_start_lock_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("start.lock");
        let first = lock_start(&path).await.unwrap();
        let second = tokio::spawn({
            let path = path.clone();
            async move { lock_start(&path).await.map(drop) }
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        second.await.unwrap().unwrap();
    }
}
