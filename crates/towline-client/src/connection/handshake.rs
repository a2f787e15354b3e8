//! The first words on a connection.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;
use towline_protocol::{
    Features, FrameDecoder, PREAMBLE, ProtocolRange, SUPPORTED, encode_frame, v1,
};

use super::ConnectError;
use crate::paths::connect_unix;
use crate::socket::Socket;

/// The most bytes of noise that are skipped in front of the preamble. Start-up files print a few lines; what
/// prints more is something else.
pub const NOISE_CAP: usize = 64 * 1024;

/// How long a server has for its first words. A healthy one needs under a millisecond; a machine that swaps
/// may need seconds.
const HELLO_DEADLINE: Duration = Duration::from_secs(10);

/// The time between two tries while the server's queue of connections is full.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// The versions of the protocol that are spoken. `TOWLINE_PROTOCOL=MIN-MAX` plays an older or a newer Towline
/// in tests.
pub fn spoken() -> ProtocolRange {
    let range = || {
        let text = std::env::var("TOWLINE_PROTOCOL").ok()?;
        let (min, max) = text.split_once('-')?;
        Some(ProtocolRange { min: min.parse().ok()?, max: max.parse().ok()? })
    };
    range().unwrap_or(SUPPORTED)
}

/// What a client says of itself, and how long it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelloOptions {
    /// The program's version, for people.
    pub version: String,
    /// The client's `SSH_AUTH_SOCK`, or empty.
    pub ssh_auth_sock: Vec<u8>,
    /// How long connecting may take in all.
    pub deadline: Duration,
    /// How long each request may take, unless it says otherwise.
    pub request_timeout: Duration,
    /// How often at least something is said; zero promises nothing.
    pub heartbeat: Duration,
}

impl Default for HelloOptions {
    fn default() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ssh_auth_sock: Vec::new(),
            deadline: HELLO_DEADLINE,
            request_timeout: HELLO_DEADLINE,
            heartbeat: Duration::ZERO,
        }
    }
}

fn milliseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

/// Connects to a socket; where the server's queue is full (many commands at once), waits for room.
pub(crate) async fn dial_unix(path: &Path, deadline: Duration) -> Result<Socket, ConnectError> {
    let end = Instant::now() + deadline;
    loop {
        match connect_unix(path).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if Instant::now() + BUSY_PAUSE > end {
                    return Err(ConnectError::Timeout(deadline));
                }
                tokio::time::sleep(BUSY_PAUSE).await;
            }
            outcome => return Ok(Socket::new(outcome?.into_std()?)?),
        }
    }
}

/// Exchanges hellos. The decoder holds what was received after the server's.
pub(super) async fn shake(
    reader: &mut (impl AsyncRead + Unpin),
    writer: &mut (impl AsyncWrite + Unpin),
    options: HelloOptions,
) -> Result<(FrameDecoder, v1::ServerHello), ConnectError> {
    let mut first = PREAMBLE.to_vec();
    let spoken = spoken();
    let hello = v1::ClientHello {
        protocol_min: spoken.min,
        protocol_max: spoken.max,
        features: Features::ALL.0,
        version: options.version,
        ssh_auth_sock: options.ssh_auth_sock,
        heartbeat_ms: milliseconds(options.heartbeat),
    };
    encode_frame(&hello, &mut first);
    writer.write_all(&first).await?;
    writer.flush().await?;

    let mut decoder = FrameDecoder::new();
    decoder.extend(&skip_noise(reader).await?);
    let hello = loop {
        if let Some(hello) = decoder.next::<v1::ServerHello>()? {
            break hello;
        }
        let mut bytes = [0; 4096];
        match reader.read(&mut bytes).await? {
            0 => return Err(ConnectError::Closed),
            count => decoder.extend(&bytes[..count]),
        }
    };
    match hello.error {
        Some(error) => Err(ConnectError::Refused(error)),
        None => Ok((decoder, hello)),
    }
}

/// Reads past the preamble and returns what came after it.
async fn skip_noise(reader: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, ConnectError> {
    let mut seen = Vec::with_capacity(4096);
    loop {
        let searched = seen.len().saturating_sub(PREAMBLE.len() - 1);
        let count = reader.read_buf(&mut seen).await?;
        let window = &seen[searched..];
        if let Some(at) = window.windows(PREAMBLE.len()).position(|bytes| bytes == PREAMBLE) {
            return Ok(window[at + PREAMBLE.len()..].to_vec());
        }
        if count == 0 && seen.is_empty() {
            return Err(ConnectError::Closed);
        }
        if count == 0 || seen.len() > NOISE_CAP {
            return Err(ConnectError::NotTowline(last_words(&seen)));
        }
    }
}

/// The last line of what the other end said, fit to be shown in one line.
fn last_words(noise: &[u8]) -> String {
    /// Enough for the message of a shell or of ssh.
    const SHOWN: usize = 200;
    let text = String::from_utf8_lossy(noise);
    let line = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}
