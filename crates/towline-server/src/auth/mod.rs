//! Who may speak to the server over tcp and tls: whoever proves that it knows a secret of the server's.
//!
//! There is one secret for this machine's own use (tunnels end here), and one for each client that was paired. They
//! lie in files, so that they can be changed while the server runs or doesn't; the files are looked at anew whenever
//! it matters.

mod clients;
mod failures;
mod identity;
mod pace;
mod slots;
mod watched;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;
use towline_client::Paths;
use towline_client::transport::{Fingerprint, Secret, SecretError, SecretId};

pub use clients::{Client, ClientError, is_client_name};
pub use identity::IdentityError;

use clients::Clients;
use failures::Failures;
pub(crate) use identity::Identity;
use pace::Pace;
pub(crate) use slots::{Slot, Slots, Stage};
use watched::Watched;

/// Why there is no pairing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// A secret can't be read or made.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The server's own key can't be read or made.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The list of clients can't be used.
    #[error(transparent)]
    Clients(#[from] ClientError),
    /// The state folder can't be used.
    #[error("cannot use {}: {}", path.display(), towline_client::io_error_in_words(source))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// What a client needs to reach a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairing {
    /// The server's key.
    pub fingerprint: Fingerprint,
    /// What the two share.
    pub secret: Secret,
}

/// Makes a secret for a client, in place of the one it may have had.
///
/// # Errors
/// [`AuthError`].
pub fn pair(paths: &Paths, name: &str) -> Result<Pairing, AuthError> {
    let _lock = lock(&paths.state_dir)?;
    let identity = Identity::load_or_make(paths)?;
    let secret = clients::add(&paths.clients(), name)?;
    Ok(Pairing { fingerprint: identity.fingerprint, secret })
}

/// Takes a client's secret away. Whether it had one. A running server closes its connections at once.
///
/// # Errors
/// [`AuthError`].
pub fn revoke(paths: &Paths, name: &str) -> Result<bool, AuthError> {
    let _lock = lock(&paths.state_dir)?;
    Ok(clients::remove(&paths.clients(), name)?)
}

/// The clients that are paired.
///
/// # Errors
/// [`AuthError`].
pub fn clients(paths: &Paths) -> Result<Vec<Client>, AuthError> {
    Ok(clients::load(&paths.clients())?)
}

/// Keeps others from the files while they are changed.
fn lock(folder: &Path) -> Result<std::fs::File, AuthError> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    let path = folder.join("auth.lock");
    let failed = |source| AuthError::Folder { path: path.clone(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let mut options = std::fs::OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = file.map_err(failed)?;
    rustix::fs::flock(&file, FlockOperation::LockExclusive)
        .map_err(|error| failed(error.into()))?;
    Ok(file)
}

/// What the server's listeners for tcp and tls share.
pub(crate) struct Auth {
    pub(crate) identity: Identity,
    pub(crate) slots: Slots,
    shared: Mutex<Watched<Option<Secret>>>,
    clients: Mutex<Watched<Clients>>,
    failures: Mutex<Failures>,
    pace: Mutex<Pace>,
    /// Connections that are being carried.
    carried: AtomicUsize,
}

impl Auth {
    /// Reads the server's key and its own secret; what is missing is made.
    pub(crate) fn load(paths: &Paths, secret_file: Option<PathBuf>) -> Result<Self, AuthError> {
        let _lock = lock(&paths.state_dir)?;
        let identity = Identity::load_or_make(paths)?;
        let secret_file = secret_file.unwrap_or_else(|| paths.secret());
        Secret::load_or_make(&secret_file)?;
        Ok(Self {
            identity,
            slots: Slots::default(),
            shared: Mutex::new(Watched::new(secret_file, |path| Secret::load(path).ok())),
            clients: Mutex::new(Watched::new(paths.clients(), |path| {
                clients::load(path).map(Clients::from).unwrap_or_else(|error| {
                    tracing::warn!("{error}: no client is let in");
                    Clients::default()
                })
            })),
            failures: Mutex::default(),
            pace: Mutex::default(),
            carried: AtomicUsize::new(0),
        })
    }

    /// The secret of this name, and whose it is.
    pub(crate) fn secret_of(&self, id: SecretId) -> Option<(Secret, String)> {
        let shared = guard(&self.shared).get().clone();
        if let Some(secret) = shared.filter(|secret| secret.id() == id) {
            return Some((secret, "this machine".into()));
        }
        guard(&self.clients).get().secret(id)
    }

    /// Whether a secret still lets somebody in.
    pub(crate) fn is_known(&self, id: SecretId) -> bool {
        self.secret_of(id).is_some()
    }

    /// Waits until a handshake may begin.
    pub(crate) async fn turn(&self) {
        let turn = guard(&self.pace).turn(Instant::now());
        tokio::time::sleep_until(turn.into()).await;
    }

    /// Somebody did not prove itself: how long its connection is kept waiting, and what is to be logged of it.
    pub(crate) fn failed(&self) -> (Duration, Option<u32>) {
        guard(&self.failures).failed(Instant::now())
    }

    /// Somebody did.
    pub(crate) fn succeeded(&self) {
        guard(&self.failures).succeeded();
    }

    /// Waits, shortly, until what connections were told last is on its way.
    pub(crate) async fn drain(&self) {
        const PAUSE: Duration = Duration::from_millis(1);
        const TURNS: u32 = 300;
        for _ in 0..TURNS {
            if self.carried.load(Ordering::Relaxed) == 0 {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Counts a connection that is carried, for as long as it is.
    pub(crate) fn carry(&self) -> impl Drop + '_ {
        struct Counted<'a>(&'a AtomicUsize);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.carried.fetch_add(1, Ordering::Relaxed);
        Counted(&self.carried)
    }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
