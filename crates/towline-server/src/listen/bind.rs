//! The addresses that a server listens at beside its Unix socket.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};

use rustix::net::{AddressFamily, SocketType, sockopt};
use towline_client::hosts::Address;
use towline_client::transport::is_loopback;

/// How many connections the system keeps until they are accepted.
const BACKLOG: i32 = 1024;

/// Why a server can't listen at an address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Plain tcp is for this machine's loopback only.
    #[error("{0} would be open to other machines, and plain tcp is for this one only")]
    Open(Address),
    /// Not an address that can be listened at.
    #[error("a server can't listen at {0}: it can at tcp://127.0.0.1:PORT and tls://ADDRESS:PORT")]
    Kind(Address),
    /// The system won't have it.
    #[error("cannot listen at {address}: {}", towline_client::io_error_in_words(source))]
    Bind {
        /// The address.
        address: Address,
        /// Why.
        source: io::Error,
    },
}

impl ListenError {
    /// Lines that help.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Open(Address::Tcp { host, port }) => vec![
                format!(
                    "--listen tls://{}",
                    Address::Tcp { host: host.clone(), port: *port }
                        .to_string()
                        .trim_start_matches("tcp://")
                ),
                format!(
                    "--listen tcp://127.0.0.1:{port}    and from another machine: ssh -L {port}:localhost:{port} HOST"
                ),
            ],
            _ => Vec::new(),
        }
    }
}

/// An address that is listened at.
#[derive(Debug)]
pub(crate) struct Bound {
    /// As it was given.
    pub(crate) address: Address,
    pub(crate) listener: TcpListener,
}

/// Listens at an address: at each that its name leads to.
pub(crate) fn bind(address: &Address) -> Result<Vec<Bound>, ListenError> {
    let (host, port) = match address {
        Address::Tcp { host, port } | Address::Tls { host, port } => (host.as_str(), *port),
        Address::Ssh { .. } | Address::Unix(_) => return Err(ListenError::Kind(address.clone())),
    };
    let failed = |source| ListenError::Bind { address: address.clone(), source };
    let mut found: Vec<SocketAddr> = (host, port).to_socket_addrs().map_err(failed)?.collect();
    found.dedup();
    if matches!(address, Address::Tcp { .. }) && !is_loopback(&found) {
        return Err(ListenError::Open(address.clone()));
    }
    let mut bound = Vec::new();
    let mut last = None;
    for one in found {
        match listen(one) {
            Ok(listener) => bound.push(Bound { address: address.clone(), listener }),
            // `localhost` is `::1` too, also where there is no IPv6.
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => last = Some(error),
            Err(error)
                if error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error()) =>
            {
                last = Some(error)
            }
            Err(error) => return Err(failed(error)),
        }
    }
    match bound.is_empty() {
        true => Err(failed(last.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into()))),
        false => Ok(bound),
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    // The port of a server that has just ended is free for the next.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, &address)?;
    rustix::net::listen(&socket, BACKLOG)?;
    let listener = TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_tcp_is_refused_anywhere_but_on_loopback() {
        for text in ["tcp://0.0.0.0:9", "tcp://[::]:9", "tcp://10.0.0.1:9"] {
            let error = bind(&Address::parse(text).unwrap()).unwrap_err();
            assert!(matches!(error, ListenError::Open(_)), "{text}");
            assert!(error.hints()[0].starts_with("--listen tls://"), "{:?}", error.hints());
        }
        for text in ["ssh://thor", "unix:/x"] {
            let error = bind(&Address::parse(text).unwrap()).unwrap_err();
            assert!(matches!(error, ListenError::Kind(_)), "{text}");
        }
    }

    #[test]
    fn a_port_that_is_taken_is_told() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let address = Address::Tcp { host: "127.0.0.1".into(), port };
        let text = bind(&address).unwrap_err().to_string();
        assert_eq!(
            text,
            format!("cannot listen at tcp://127.0.0.1:{port}: address already in use")
        );
        drop(taken);
        assert_eq!(bind(&address).unwrap().len(), 1);
    }
}
