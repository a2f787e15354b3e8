//! A port of the loopback interface that stays one's own also while nobody listens on it.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto, sockopt};

use crate::wait_until;

/// What an accepted connection takes in before its reader has read, in bytes. The kernel would let it grow to
/// megabytes, and a slow link with such a buffer before it is slower than any in the world.
const RECEIVE_BUFFER: usize = 64 * 1024;

/// How many connections may wait to be accepted: more than any test makes.
const BACKLOG: i32 = 512;

/// A port that no other process is given. A connection to it is refused, but while [`listen`](Self::listen)'s
/// listener lives.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    /// Bound, and never listening.
    _reserved: OwnedFd,
}

impl Port {
    /// A free one.
    pub fn new() -> Self {
        let reserved = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
        let name = rustix::net::getsockname(&reserved).expect("a bound socket has a name");
        let address = SocketAddrV4::try_from(name).expect("an address of the same family");
        Self { address: address.into(), _reserved: reserved }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.address.port()
    }

    /// Listens on it, without blocking.
    pub(crate) fn listen(&self) -> TcpListener {
        // A process that another thread starts right now has the last listener, too, until it runs its program.
        let socket = wait_until("nobody else listens", || {
            let socket = bound(self.address).ok()?;
            rustix::net::listen(&socket, BACKLOG).ok().map(|()| socket)
        });
        let listener = TcpListener::from(socket);
        listener.set_nonblocking(true).expect("a socket can be told not to block");
        listener
    }
}

impl Default for Port {
    fn default() -> Self {
        Self::new()
    }
}

/// A socket that is bound to an address, together with others that were bound in this way: the kernel allows that as
/// long as only one of them listens.
fn bound(address: SocketAddr) -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::CLOEXEC;
    let protocol = Some(ipproto::TCP);
    let socket =
        rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, protocol)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER)?;
    rustix::net::bind(&socket, &address)?;
    Ok(socket)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test tells by a panic what is wrong")]
mod tests {
    use std::io::ErrorKind;
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn connections_are_refused_but_while_it_is_listened_on() {
        let port = Port::new();
        let refused = || TcpStream::connect(port.address()).unwrap_err().kind();
        for _ in 0..3 {
            assert_eq!(refused(), ErrorKind::ConnectionRefused);
            let listener = port.listen();
            TcpStream::connect(port.address()).unwrap();
            drop(listener);
        }
        assert_eq!(refused(), ErrorKind::ConnectionRefused);
    }

    #[test]
    fn nobody_else_is_given_it() {
        let port = Port::new();
        let ports: Vec<Port> = (0..200).map(|_| Port::new()).collect();
        assert!(ports.iter().all(|other| other.number() != port.number()));
    }
}
