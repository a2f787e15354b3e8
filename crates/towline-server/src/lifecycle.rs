//! Starting and ending: one server per state folder, a socket that is never half there, a word to the starter.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, OFlags};
use towline_client::Paths;
use towline_client::start::RUNNING;

use crate::auth::AuthError;
use crate::listen::ListenError;
use crate::store::StoreError;

/// Why a server can't run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Another one runs.
    #[error("another server runs for {}", .0.display())]
    Running(PathBuf),
    /// A file or folder of its state can't be used.
    #[error("can't use {}: {source}", path.display())]
    State {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The store can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It can't listen where it was told to.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// It has no key or secret to prove itself with.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The system gave no threads or sockets.
    #[error("can't start: {0}")]
    System(io::Error),
}

impl StartError {
    /// Lines that help.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Running(_) => vec!["tow server status".into()],
            Self::State { .. } => {
                vec![
                    "TOWLINE_HOME=DIR tow …    keeps everything in a folder that can be written"
                        .into(),
                ]
            }
            Self::Store(StoreError::Newer { .. }) => {
                vec![
                    "install the newer Towline again, or set TOWLINE_HOME to another folder".into(),
                ]
            }
            Self::Store(StoreError::Open { path, .. }) => {
                vec![format!(
                    "mv {0} {0}.broken    lets Towline begin a new one; running panes are found again",
                    path.display()
                )]
            }
            Self::Listen(error) => error.hints(),
            Self::Auth(AuthError::Secret(error)) => error.hint().into_iter().collect(),
            Self::Auth(_) | Self::Store(_) | Self::System(_) => Vec::new(),
        }
    }
}

/// The state folder, locked for this server.
pub(crate) struct Lock(
    #[expect(dead_code, reason = "the lock is held as long as the file is open")] File,
);

fn state_error(path: &Path) -> impl FnOnce(io::Error) -> StartError + '_ {
    |source| StartError::State { path: path.to_owned(), source }
}

/// Makes the state folder, for its owner only, and takes its lock.
pub(crate) fn lock(paths: &Paths) -> Result<Lock, StartError> {
    // Whatever is made from here on is nobody else's to read.
    rustix::process::umask(Mode::from_raw_mode(0o077));
    for dir in [&paths.state_dir, &paths.panes(), &paths.log()] {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(state_error(dir))?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(state_error(dir))?;
    }
    let path = paths.lock();
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(state_error(&path))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Lock(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(StartError::Running(paths.state_dir.clone())),
        Err(error) => Err(state_error(&path)(error.into())),
    }
}

/// Listens on the socket. It appears under its name only once it answers, in place of a dead server's.
pub(crate) fn bind(paths: &Paths) -> Result<UnixListener, StartError> {
    let path = paths.socket();
    bind_at(&paths.state_dir, &path).map_err(state_error(&path))
}

fn bind_at(dir: &Path, path: &Path) -> io::Result<UnixListener> {
    // The folder's descriptor makes a path that is short enough for any socket.
    let folder =
        rustix::fs::open(dir, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let fresh = dir.join("server.sock.new");
    let _ = fs::remove_file(&fresh);
    let short = crate::system::through_descriptor(&folder, "server.sock.new");
    let listener = UnixListener::bind(short)?;
    listener.set_nonblocking(true)?;
    fs::set_permissions(&fresh, fs::Permissions::from_mode(0o600))?;
    fs::rename(&fresh, path)?;
    Ok(listener)
}

/// Tells whoever started the server that it answers, or why it doesn't.
pub(crate) fn tell_starter(ready: Option<OwnedFd>, outcome: Result<(), &StartError>) {
    let Some(ready) = ready else { return };
    let mut pipe = File::from(ready);
    let text = match outcome {
        Ok(()) => "ready\n".to_owned(),
        Err(error) => {
            let mut text = format!("error {}\n", error.to_string().replace('\n', " "));
            for hint in error.hints() {
                text.push_str(&format!("hint: {hint}\n"));
            }
            if matches!(error, StartError::Running(_)) {
                text.push_str(&format!("{RUNNING}\n"));
            }
            text
        }
    };
    // A starter that has gone needs no word.
    let _ = pipe.write_all(text.as_bytes());
}

/// Leaves the mark of an orderly stop: only a person's command starts a server again.
pub(crate) fn mark_stopped(paths: &Paths) {
    if let Err(error) = fs::write(paths.stopped_mark(), b"") {
        tracing::warn!("can't leave the mark of a stop: {error}");
    }
}

/// Takes the mark away: a server runs again.
pub(crate) fn clear_stopped(paths: &Paths) {
    let _ = fs::remove_file(paths.stopped_mark());
}
