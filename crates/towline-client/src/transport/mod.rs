//! The ways to another host's server: a byte stream each, over which [`Connection`] speaks.

mod carry;
mod code;
mod credentials;
pub mod discovery;
mod error;
mod fingerprint;
pub mod noise;
pub mod proof;
mod secret;
mod ssh;
mod tcp;
mod tls;
mod unix;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::connection::{Connection, HelloOptions};
use crate::hosts::{Address, Host};

pub use carry::{Carrier, carry};
pub use code::{PairCode, PairCodeError};
pub use credentials::{Paired, paired};
pub use error::{DialError, ReachError, Words};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use secret::{Secret, SecretError, SecretId, write_private};
pub use ssh::{
    FIND_PROGRAM, Ssh, connect_master, disconnect_master, run_there, ssh_argv, ssh_words,
};
pub(crate) use ssh::{LastLines, why_ssh_ended};
pub use tcp::{is_loopback, tune};
pub use tls::fingerprint_of;

/// How a host is dialled.
#[derive(Debug, Clone, Default)]
pub struct DialOptions {
    /// How long it may take until there is a stream (not until a server speaks on it); zero: ten seconds.
    pub deadline: Duration,
    /// The `SSH_AUTH_SOCK` of whoever asks; empty: this process's own.
    pub ssh_auth_sock: Vec<u8>,
    /// A folder for the sockets of ssh's master connections; made where it is missing.
    pub control_dir: PathBuf,
    /// Somebody is there to answer ssh's questions on the terminal; else `BatchMode`.
    pub interactive: bool,
    /// The last link to the host has died in silence: nothing of it is used again (ssh's master connection).
    pub anew: bool,
    /// The servers that this machine is paired with, for addresses that come without a secret.
    pub paired: Vec<Paired>,
}

/// How long dialling may take where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a server that ends while it is greeted is tried, and the pause in between.
const TRIES: u32 = 4;
const AGAIN: Duration = Duration::from_millis(50);

impl DialOptions {
    /// How long dialling may take.
    pub(crate) fn patience(&self) -> Duration {
        if self.deadline.is_zero() { PATIENCE } else { self.deadline }
    }
}

/// A stream to a host, before the protocol's first word.
pub struct Dialed {
    /// What the other end says.
    pub reader: Box<dyn AsyncRead + Send + Unpin>,
    /// What is said to it.
    pub writer: Box<dyn AsyncWrite + Send + Unpin>,
    /// What keeps it open (a child process). Dropping it ends the stream.
    pub way: Way,
}

impl fmt::Debug for Dialed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialed").field("way", &self.way).finish_non_exhaustive()
    }
}

/// What keeps a stream open.
#[derive(Debug)]
#[non_exhaustive]
pub enum Way {
    /// Nothing but the stream itself.
    Stream,
    /// An ssh, whose standard streams it is.
    Ssh(Box<Ssh>),
    /// A task that encrypts and decrypts.
    Carried(Carrier),
}

impl Way {
    /// What whatever carries the stream said of itself, in one line without control characters; empty where it said
    /// nothing. For ssh: the error of a `tow` over there, else the last line of standard error.
    pub fn last_words(&self) -> String {
        self.said().map(|words| words.message).unwrap_or_default()
    }

    /// The same with lines that help, for a stream that has just ended: what is said may come a little later than the
    /// end, and is waited for.
    pub async fn why_ended(&self) -> Option<Words> {
        if let Self::Ssh(ssh) = self {
            ssh.said_all().await;
        }
        self.said()
    }

    fn said(&self) -> Option<Words> {
        match self {
            Self::Stream | Self::Carried(_) => None,
            Self::Ssh(ssh) => ssh.said(),
        }
    }
}

/// Opens a stream to the host's Towline server.
///
/// # Errors
/// [`DialError`], at the latest after the deadline.
pub async fn dial(host: &Host, options: &DialOptions) -> Result<Dialed, DialError> {
    let dialled = async {
        match &host.address {
            Address::Ssh { .. } => ssh::dial(host, options).await,
            Address::Unix(path) => unix::dial(path, options).await,
            Address::Tcp { host: name, port } => {
                again_where_closed(|| tcp::dial(host, name, *port, options)).await
            }
            Address::Tls { host: name, port } => {
                again_where_closed(|| tls::dial(host, name, *port, options)).await
            }
        }
    };
    // ssh keeps the time itself, and may say a little later what took so long.
    let grace = Duration::from_secs(u64::from(matches!(host.address, Address::Ssh { .. })));
    match tokio::time::timeout(options.patience() + grace, dialled).await {
        Ok(outcome) => outcome,
        Err(_) => Err(DialError::Unreachable("Connection timed out".into())),
    }
}

/// Tries again where a server closed the connection before a word: it drops some when too many come at once.
async fn again_where_closed<F>(dial: impl Fn() -> F) -> Result<Dialed, DialError>
where
    F: Future<Output = Result<Dialed, DialError>>,
{
    const PAUSES: [u64; 5] = [20, 50, 100, 300, 1000];
    let closed = DialError::Unreachable(tcp::CLOSED.into());
    for pause in PAUSES {
        match dial().await {
            Err(error) if error == closed => {}
            outcome => return outcome,
        }
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    dial().await
}

/// Opens a stream to the host's server and shakes hands over it. The stream is kept open by the connection.
///
/// # Errors
/// [`ReachError`]. Dialling and greeting have a deadline each (`options.deadline`, `hello.deadline`).
pub async fn connect(
    host: &Host,
    options: &DialOptions,
    hello: HelloOptions,
) -> Result<Connection, ReachError> {
    let mut tries = 0;
    loop {
        let Dialed { reader, writer, way } = dial(host, options).await?;
        let way = Arc::new(way);
        let reader = Kept { reader, _way: Arc::clone(&way) };
        let source = match Connection::over_halves(reader, writer, hello.clone()).await {
            Ok(connection) => return Ok(connection),
            Err(source) => source,
        };
        let words = if source.is_gone() { way.why_ended().await } else { None };
        // A server that was just ending: next there is its successor, or word that it was stopped.
        tries += 1;
        if source.is_gone() && words.is_none() && tries < TRIES && matches!(*way, Way::Ssh(_)) {
            tokio::time::sleep(AGAIN).await;
            continue;
        }
        return Err(ReachError::Connect { source, words });
    }
}

/// A reader and what keeps its stream open.
struct Kept {
    reader: Box<dyn AsyncRead + Send + Unpin>,
    _way: Arc<Way>,
}

impl AsyncRead for Kept {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(cx, buf)
    }
}
