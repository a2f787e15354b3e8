//! Carrying bytes between an encrypted stream and a local socket.
//!
//! Both ends of tcp and tls work so: whoever speaks the protocol has a Unix socket as always, and a task at its other
//! end does the rest.

use std::io;
use std::os::unix::net::UnixStream as StdUnixStream;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::AbortHandle;

use super::{Dialed, Way};
use crate::socket::Socket;

/// How much is carried at once: the largest frame of a stream, twice.
pub(super) const PIECE: usize = 32 * 1024;

/// A task that ends when this is dropped.
#[derive(Debug)]
pub struct Carrier(AbortHandle);

impl Drop for Carrier {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Makes a stream of what a task carries from and to the socket that it is given.
///
/// # Errors
/// Where there are no descriptors left.
pub(super) fn dialed<F>(carry: impl FnOnce(UnixStream) -> F) -> io::Result<Dialed>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (own, other) = StdUnixStream::pair()?;
    other.set_nonblocking(true)?;
    let (reader, writer) = Socket::new(own)?.split();
    let task = tokio::spawn(carry(UnixStream::from_std(other)?));
    let way = Way::Carried(Carrier(task.abort_handle()));
    Ok(Dialed { reader: Box::new(reader), writer: Box::new(writer), way })
}

/// Carries bytes both ways between an encrypted stream and a local socket until either ends.
pub async fn carry(stream: impl AsyncRead + AsyncWrite, mut local: UnixStream) {
    let (mut from_there, mut to_there) = tokio::io::split(stream);
    let (mut from_here, mut to_here) = local.split();
    tokio::select! {
        _ = copy(&mut from_there, &mut to_here) => {}
        _ = copy(&mut from_here, &mut to_there) => {}
    }
}

/// Carries bytes one way: what has come is on its way before more is waited for.
async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let mut bytes = vec![0; PIECE];
    loop {
        match from.read(&mut bytes).await? {
            0 => return to.shutdown().await,
            count => to.write_all(&bytes[..count]).await?,
        }
        to.flush().await?;
    }
}
