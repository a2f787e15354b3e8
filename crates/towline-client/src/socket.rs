//! A Unix socket that wakes its reader for what comes, and for nothing else.
//!
//! A runtime's own sockets ask the kernel for both directions at once, and it then wakes the process also each
//! time the peer has *taken* something: several needless wake-ups on the way of each keystroke. This one asks
//! about writing only while something waits to be written.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustix::net::{RecvFlags, SendFlags};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

/// A Unix socket that wakes its reader for what comes, and for nothing else.
#[derive(Debug)]
pub struct Socket {
    stream: AsyncFd<OwnedFd>,
}

impl Socket {
    /// Takes over a connected socket. Must be called on a runtime.
    ///
    /// # Errors
    /// Where it can't be made non-blocking or registered.
    pub fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream: watch(stream.into(), Interest::READABLE)? })
    }

    /// The user id of the process at the other end, as the kernel knows it.
    ///
    /// # Errors
    /// The kernel's.
    pub fn peer_uid(&self) -> io::Result<u32> {
        Ok(rustix::net::sockopt::socket_peercred(self.stream.get_ref())?.uid.as_raw())
    }

    /// Reads what has come, once something has; 0 bytes at the end. Dropping the future loses nothing.
    ///
    /// # Errors
    /// The socket's.
    pub async fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        std::future::poll_fn(|cx| self.poll_recv(cx, bytes)).await
    }

    fn poll_recv(&self, cx: &mut Context<'_>, bytes: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut guard = ready!(self.stream.poll_read_ready(cx))?;
            match rustix::net::recv(self.stream.get_ref(), &mut *bytes, RecvFlags::empty()) {
                Ok((count, _)) => {
                    // Less than there was room for: the socket is dry, and a further look would only say so. The
                    // kernel tells anew of what comes from now on.
                    if count > 0 && count < bytes.len() {
                        guard.clear_ready();
                    }
                    return Poll::Ready(Ok(count));
                }
                Err(rustix::io::Errno::AGAIN) => guard.clear_ready(),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    /// Writes what the socket takes now.
    ///
    /// # Errors
    /// The socket's; `WouldBlock` where it takes nothing.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::net::send(self.stream.get_ref(), bytes, SendFlags::NOSIGNAL) {
                Err(rustix::io::Errno::INTR) => {}
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Waits until the socket takes something again. For those few times when it did not.
    ///
    /// # Errors
    /// Where there are no descriptors left.
    pub async fn writable(&self) -> io::Result<()> {
        let own = self.stream.get_ref().try_clone()?;
        let writing = watch(own, Interest::WRITABLE)?;
        writing.writable().await?.retain_ready();
        Ok(())
    }

    /// The two directions as a runtime's reader and writer.
    pub fn split(self) -> (ReadHalf, WriteHalf) {
        let socket = Arc::new(self);
        (ReadHalf(Arc::clone(&socket)), WriteHalf { socket, waiting: None })
    }
}

/// Lets a runtime wait for one direction of a descriptor (a runtime's default is both, see above).
///
/// # Errors
/// Where it can't be registered.
pub fn watch(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an OwnedFd is the same open descriptor as long as it lives, and AsyncFd owns it.
    Ok(unsafe { AsyncFd::register_with_interest(fd, interest) }?)
}

/// The reading direction of a [`Socket`].
#[derive(Debug)]
pub struct ReadHalf(Arc<Socket>);

impl AsyncRead for ReadHalf {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = ready!(self.0.poll_recv(cx, buf.initialize_unfilled()))?;
        buf.advance(count);
        Poll::Ready(Ok(()))
    }
}

/// The writing direction of a [`Socket`]. Dropping it ends that direction.
#[derive(Debug)]
pub struct WriteHalf {
    socket: Arc<Socket>,
    /// Waits for room, while there is none.
    waiting: Option<AsyncFd<OwnedFd>>,
}

impl WriteHalf {
    fn end(&self) -> io::Result<()> {
        Ok(rustix::net::shutdown(self.socket.stream.get_ref(), rustix::net::Shutdown::Write)?)
    }
}

impl AsyncWrite for WriteHalf {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            match self.socket.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => {
                    self.waiting = None;
                    return Poll::Ready(outcome);
                }
            }
            let waiting = match self.waiting.take() {
                Some(waiting) => waiting,
                None => {
                    let own = self.socket.stream.get_ref().try_clone()?;
                    watch(own, Interest::WRITABLE)?
                }
            };
            let waiting = self.waiting.insert(waiting);
            ready!(waiting.poll_write_ready(cx))?.clear_ready();
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.end())
    }
}

impl Drop for WriteHalf {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn pair() -> (Socket, Socket) {
        let (one, other) = UnixStream::pair().unwrap();
        (Socket::new(one).unwrap(), Socket::new(other).unwrap())
    }

    #[tokio::test]
    async fn more_than_the_kernel_keeps_arrives_whole() {
        let (one, other) = pair();
        let ((_reader, mut writer), (mut reader, _writer)) = (one.split(), other.split());
        let sent: Vec<u8> = (0..3_000_000u32).map(|n| n.to_le_bytes()[0]).collect();
        let expected = sent.clone();
        let writing = tokio::spawn(async move { writer.write_all(&sent).await });
        let mut received = Vec::new();
        reader.read_to_end(&mut received).await.unwrap();
        writing.await.unwrap().unwrap();
        assert!(received == expected);
    }

    #[tokio::test]
    async fn what_comes_in_small_pieces_is_read_as_it_comes() {
        let (one, other) = pair();
        let mut bytes = [0; 64];
        for round in 0..100u8 {
            assert_eq!(one.try_write(&[round]).unwrap(), 1);
            assert_eq!(other.read(&mut bytes).await.unwrap(), 1);
            assert_eq!(bytes[0], round);
        }
        drop(one);
        assert_eq!(other.read(&mut bytes).await.unwrap(), 0);
        assert_eq!(other.read(&mut bytes).await.unwrap(), 0, "the end stays the end");
    }

    #[tokio::test]
    async fn room_is_waited_for() {
        let (one, other) = pair();
        let chunk = [7; 65536];
        let mut sent = 0;
        while let Ok(count) = one.try_write(&chunk) {
            sent += count;
        }
        let mut bytes = vec![0; 65536];
        let drain = async {
            let mut taken = 0;
            while taken < sent {
                taken += other.read(&mut bytes).await.unwrap();
            }
        };
        let (room, ()) = tokio::join!(one.writable(), drain);
        room.unwrap();
        assert!(one.try_write(&chunk).is_ok());
    }

    #[tokio::test]
    async fn the_peer_is_this_user() {
        let (one, _other) = pair();
        assert_eq!(one.peer_uid().unwrap(), rustix::process::geteuid().as_raw());
    }
}
