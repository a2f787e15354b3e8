//! Plain tcp on loopback, encrypted: `Noise_NNpsk0_25519_ChaChaPoly_SHA256` with a shared secret.
//!
//! Any user of a machine may connect to a port on its loopback, and any may listen on one. So each end proves to the
//! other that it knows the secret, and nobody else reads or changes a byte. docs/protocol.md has the bytes.

use std::io;

use snow::{Builder, HandshakeState, StatelessTransportState};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UnixStream};

use super::carry::PIECE;
use super::{Fingerprint, Secret, SecretId};

/// What a server says first; the fingerprint of its key follows.
pub const TCP_MAGIC: [u8; 8] = *b"TOWLTCP1";

/// The pattern and the algorithms.
const PATTERN: &str = "Noise_NNpsk0_25519_ChaChaPoly_SHA256";

/// Bytes of either message of the handshake: a public key and a tag.
const MESSAGE: usize = 32 + TAG;

/// Bytes that each frame is longer than what it carries.
const TAG: usize = 16;

/// The longest frame: a length is two bytes.
const FRAME: usize = u16::MAX as usize;

/// What went wrong before the two ends knew each other.
#[derive(Debug, thiserror::Error)]
pub enum NoiseError {
    /// The stream broke.
    #[error("{}", crate::io_error_in_words(.0))]
    Io(#[from] io::Error),
    /// The other end doesn't speak this.
    #[error("the other end is no Towline server")]
    Foreign,
    /// The other end doesn't know the secret.
    #[error("the other end does not know the secret")]
    Unproven,
}

impl From<snow::Error> for NoiseError {
    fn from(_: snow::Error) -> Self {
        Self::Unproven
    }
}

/// What two ends that know each other go on with.
pub struct Session {
    transport: StatelessTransportState,
    /// What the first frame carried, which was read to see that its sender is alive.
    first: Vec<u8>,
    /// The frames that have come, and that have been sent.
    received: u64,
    sent: u64,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// Both ends have seen the same greeting and mean the same secret.
fn prologue(server: &Fingerprint, id: SecretId) -> Vec<u8> {
    [&TCP_MAGIC[..], &server.0, &id.0].concat()
}

fn state(
    prologue: &[u8],
    secret: &Secret,
    build: impl for<'a> FnOnce(Builder<'a>) -> Result<HandshakeState, snow::Error>,
) -> Result<HandshakeState, snow::Error> {
    build(Builder::new(PATTERN.parse()?).psk(0, secret.bytes())?.prologue(prologue)?)
}

/// The server's greeting, as a client reads it: which server it is.
///
/// # Errors
/// [`NoiseError::Foreign`] where it is none.
pub async fn greeted(stream: &mut (impl AsyncRead + Unpin)) -> Result<Fingerprint, NoiseError> {
    let mut greeting = [0; TCP_MAGIC.len() + 32];
    let (first, rest) = greeting.split_at_mut(1);
    stream.read_exact(first).await?;
    stream.read_exact(rest).await.map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => NoiseError::Foreign,
        _ => error.into(),
    })?;
    let (magic, print) = greeting.split_at(TCP_MAGIC.len());
    match (magic == TCP_MAGIC, print.try_into()) {
        (true, Ok(print)) => Ok(Fingerprint(print)),
        _ => Err(NoiseError::Foreign),
    }
}

/// The client's part, once it was [`greeted`].
///
/// # Errors
/// [`NoiseError`]; a server that doesn't know the secret closes the connection.
pub async fn initiate(
    stream: &mut TcpStream,
    server: &Fingerprint,
    secret: &Secret,
) -> Result<Session, NoiseError> {
    let id = secret.id();
    let mut noise = state(&prologue(server, id), secret, |builder| builder.build_initiator())?;
    let mut message = [0; 16 + MESSAGE];
    message[..16].copy_from_slice(&id.0);
    noise.write_message(&[], &mut message[16..])?;
    stream.write_all(&message).await?;
    let mut answer = [0; MESSAGE];
    stream.read_exact(&mut answer).await.map_err(|error| match error.kind() {
        // An orderly end is a refusal. A server that has no room resets.
        io::ErrorKind::UnexpectedEof => NoiseError::Unproven,
        _ => error.into(),
    })?;
    noise.read_message(&answer, &mut [])?;
    let transport = noise.into_stateless_transport_mode()?;
    // An empty frame: a server takes nobody for alive before it has heard something that no recording has.
    let mut frame = [0; 2 + TAG];
    let length = transport.write_message(0, &[], &mut frame[2..])?;
    frame[..2].copy_from_slice(&u16::try_from(length).unwrap_or(0).to_be_bytes());
    stream.write_all(&frame).await?;
    Ok(Session { transport, first: Vec::new(), received: 0, sent: 1 })
}

/// The server's part, from the greeting on. `secret_of` knows the secrets.
///
/// # Errors
/// [`NoiseError`]; the peer is to be told nothing.
pub async fn respond(
    stream: &mut TcpStream,
    own: &Fingerprint,
    secret_of: impl FnOnce(SecretId) -> Option<Secret>,
) -> Result<(Session, SecretId), NoiseError> {
    stream.write_all(&[&TCP_MAGIC[..], &own.0].concat()).await?;
    let mut message = [0; 16 + MESSAGE];
    stream.read_exact(&mut message).await?;
    let mut id = SecretId([0; 16]);
    id.0.copy_from_slice(&message[..16]);
    let secret = secret_of(id).ok_or(NoiseError::Unproven)?;
    let mut noise = state(&prologue(own, id), &secret, |builder| builder.build_responder())?;
    noise.read_message(&message[16..], &mut [])?;
    let mut answer = [0; MESSAGE];
    noise.write_message(&[], &mut answer)?;
    stream.write_all(&answer).await?;
    let transport = noise.into_stateless_transport_mode()?;
    // What was recorded of another handshake gets this far, and no further.
    let mut frame = Vec::new();
    let mut first = vec![0; FRAME];
    let count = match read_frame(stream, &mut frame).await? {
        true => transport.read_message(0, &frame, &mut first)?,
        false => return Err(NoiseError::Unproven),
    };
    first.truncate(count);
    Ok((Session { transport, first, received: 1, sent: 0 }, id))
}

/// Reads one frame; `false` at the stream's end.
async fn read_frame(
    stream: &mut (impl AsyncRead + Unpin),
    frame: &mut Vec<u8>,
) -> io::Result<bool> {
    let length = match stream.read_u16().await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        length => usize::from(length?),
    };
    frame.resize(length, 0);
    stream.read_exact(frame).await?;
    Ok(true)
}

impl Session {
    /// Carries bytes both ways between the stream and a local socket until either ends.
    pub async fn carry(self, mut stream: TcpStream, mut local: UnixStream) {
        let Self { transport, first, received, sent } = self;
        let (from, to) = stream.split();
        let from = BufReader::with_capacity(FRAME, from);
        let (from_here, to_here) = local.split();
        tokio::select! {
            _ = open(&transport, received, first, from, to_here) => {}
            _ = seal(&transport, sent, from_here, to) => {}
        }
    }
}

/// Frames to bytes.
async fn open(
    transport: &StatelessTransportState,
    mut number: u64,
    first: Vec<u8>,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
) -> Result<(), NoiseError> {
    to.write_all(&first).await?;
    let (mut frame, mut bytes) = (Vec::new(), vec![0; FRAME]);
    while read_frame(&mut from, &mut frame).await? {
        let count = transport.read_message(number, &frame, &mut bytes)?;
        number += 1;
        to.write_all(&bytes[..count]).await?;
    }
    Ok(())
}

/// Bytes to frames.
async fn seal(
    transport: &StatelessTransportState,
    mut number: u64,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
) -> Result<(), NoiseError> {
    let (mut bytes, mut frame) = (vec![0; PIECE], vec![0; 2 + PIECE + TAG]);
    loop {
        let count = from.read(&mut bytes).await?;
        if count == 0 {
            return Ok(to.shutdown().await?);
        }
        let length = transport.write_message(number, &bytes[..count], &mut frame[2..])?;
        number += 1;
        let prefix = u16::try_from(length).map_err(|_| NoiseError::Foreign)?;
        frame[..2].copy_from_slice(&prefix.to_be_bytes());
        to.write_all(&frame[..2 + length]).await?;
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn streams() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (one, other) = tokio::join!(TcpStream::connect(address), listener.accept());
        (one.unwrap(), other.unwrap().0)
    }

    /// Both parts of a handshake: the client's secret, and the server's.
    async fn shaken(
        client: &Secret,
        server: &Secret,
    ) -> (Result<(Session, TcpStream), NoiseError>, Result<(Session, TcpStream), NoiseError>) {
        let print = Fingerprint([5; 32]);
        let (mut near, mut far) = streams().await;
        let initiate = async {
            assert_eq!(greeted(&mut near).await?, print);
            initiate(&mut near, &print, client).await.map(|session| (session, near))
        };
        let respond = async {
            let of = |id| Some(server.clone()).filter(|secret| secret.id() == id);
            let (session, id) = respond(&mut far, &print, of).await?;
            assert_eq!(id, server.id());
            Ok((session, far))
        };
        tokio::join!(initiate, respond)
    }

    #[tokio::test]
    async fn much_is_carried_both_ways_at_once() {
        let secret = Secret::random().unwrap();
        let (near, far) = shaken(&secret, &secret).await;
        let ends = [near.unwrap(), far.unwrap()].map(|(session, stream)| {
            let (own, other) = UnixStream::pair().unwrap();
            tokio::spawn(session.carry(stream, other));
            own
        });
        let sent: Vec<u8> = (0..3_000_000u32).map(|n| n.to_le_bytes()[0]).collect();
        let talks = ends.map(|end| {
            let sent = sent.clone();
            tokio::spawn(async move {
                let (mut from, mut to) = end.into_split();
                let count = sent.len();
                let writing = tokio::spawn(async move { to.write_all(&sent).await.map(|()| to) });
                let mut received = vec![0; count];
                from.read_exact(&mut received).await.unwrap();
                // Kept until the other end has read all.
                (received, writing.await.unwrap().unwrap(), from)
            })
        });
        let mut open = Vec::new();
        for talk in talks {
            let talked = talk.await.unwrap();
            assert!(talked.0 == sent);
            open.push(talked);
        }
    }

    #[tokio::test]
    async fn ends_with_different_secrets_come_to_nothing() {
        let (one, other) = (Secret::random().unwrap(), Secret::random().unwrap());
        let (near, far) = shaken(&one, &other).await;
        assert!(matches!(near, Err(NoiseError::Unproven)), "{near:?}");
        assert!(matches!(far, Err(NoiseError::Unproven)), "{far:?}");
    }

    #[tokio::test]
    async fn what_greets_otherwise_is_foreign() {
        for greeting in [&b"SSH-2.0-OpenSSH"[..], &[0; 40]] {
            let outcome = greeted(&mut &*greeting).await;
            assert!(matches!(outcome, Err(NoiseError::Foreign)), "{outcome:?}");
        }
        // Too busy, it may be.
        assert!(matches!(greeted(&mut &b""[..]).await, Err(NoiseError::Io(_))));
    }
}
