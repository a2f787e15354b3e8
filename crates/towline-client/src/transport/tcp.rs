//! tcp: this machine's loopback only, encrypted with a shared secret.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};

use super::credentials::secret_for;
use super::noise::{self, NoiseError};
use super::{DialError, DialOptions, Dialed, carry};
use crate::hosts::Host;

/// Whether each of the addresses is this machine's own.
pub fn is_loopback(addresses: &[SocketAddr]) -> bool {
    !addresses.is_empty()
        && addresses.iter().all(|address| address.ip().to_canonical().is_loopback())
}

/// After so long without a word the system asks whether the other end is still there,
const IDLE: Duration = Duration::from_secs(5);

/// and again and again so often,
const ASK: Duration = Duration::from_secs(5);

/// and takes it for gone after so many questions without an answer.
const QUESTIONS: u32 = 2;

/// Sets a connection up at either end: a keystroke waits for nothing, and an end that is gone without a word (asleep,
/// on another network) is noticed after fifteen seconds, as with ssh.
///
/// # Errors
/// The system's.
pub fn tune(stream: &TcpStream) -> io::Result<()> {
    use rustix::net::sockopt;
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, IDLE)?;
    sockopt::set_tcp_keepintvl(stream, ASK)?;
    sockopt::set_tcp_keepcnt(stream, QUESTIONS)?;
    // While something waits for its acknowledgement, the system asks no such questions.
    #[cfg(target_os = "linux")]
    {
        let patience = (IDLE + ASK * QUESTIONS).as_millis();
        sockopt::set_tcp_user_timeout(stream, u32::try_from(patience).unwrap_or(u32::MAX))?;
    }
    Ok(())
}

/// What is said of a server that closes the connection before a word: it has too many to answer, for the moment.
pub(super) const CLOSED: &str = "the other end closed the connection at once";

/// The words of a failed connection.
pub(super) fn unreachable(error: &io::Error) -> DialError {
    DialError::Unreachable(match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe => CLOSED.into(),
        _ => crate::io_error_in_words(error),
    })
}

/// The server has closed the connection rather than prove itself: to it, this is nobody.
pub(super) fn turned_away(host: &Host) -> DialError {
    unproven(host, "the server there does not take this machine's secret")
}

pub(super) fn unproven(host: &Host, message: &str) -> DialError {
    let hints = vec![format!("tow host pair {} --renew", host.alias)];
    DialError::Unauthenticated { message: message.into(), hints }
}

/// Connects to the first of a name's addresses that answers.
pub(super) async fn connect(name: &str, port: u16) -> Result<TcpStream, DialError> {
    let stream = TcpStream::connect((name, port)).await.map_err(|error| unreachable(&error))?;
    tune(&stream).map_err(|error| unreachable(&error))?;
    Ok(stream)
}

/// Dials a server on this machine's loopback.
pub(super) async fn dial(
    host: &Host,
    name: &str,
    port: u16,
    options: &DialOptions,
) -> Result<Dialed, DialError> {
    let found = lookup_host((name, port)).await.map_err(|error| unreachable(&error))?;
    let addresses: Vec<SocketAddr> = found.collect();
    if !is_loopback(&addresses) {
        return Err(DialError::Refused {
            message: format!(
                "tcp://{name}:{port} leads to another machine, and plain tcp is for this one only"
            ),
            hints: vec![
                format!("tow --addr ssh://{name} list"),
                format!(
                    "tow --addr tls://{name}:{port} list    where the server there listens by tls"
                ),
                format!(
                    "ssh -L {port}:localhost:{port} {name}    and then: tow --addr tcp://localhost:{port} list"
                ),
            ],
        });
    }
    let mut stream =
        TcpStream::connect(addresses.as_slice()).await.map_err(|error| unreachable(&error))?;
    tune(&stream).map_err(|error| unreachable(&error))?;
    let server = noise::greeted(&mut stream).await.map_err(|error| refusal(host, error))?;
    let secret = secret_for(host, Some(server), options)?;
    let session = noise::initiate(&mut stream, &server, &secret)
        .await
        .map_err(|error| refusal(host, error))?;
    carry::dialed(|local| session.carry(stream, local)).map_err(|error| unreachable(&error))
}

fn refusal(host: &Host, error: NoiseError) -> DialError {
    match error {
        NoiseError::Io(error) => unreachable(&error),
        NoiseError::Foreign => DialError::Unreachable("no Towline server answers there".into()),
        NoiseError::Unproven => turned_away(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_loopback() {
        for (address, expected) in [
            ("127.0.0.1:1", true),
            ("127.9.9.9:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("0.0.0.0:1", false),
            ("[::]:1", false),
            ("10.0.0.1:1", false),
            ("[fe80::1]:1", false),
        ] {
            assert_eq!(is_loopback(&[address.parse().unwrap()]), expected, "{address}");
        }
        assert!(!is_loopback(&[]));
        let mixed = ["127.0.0.1:1", "10.0.0.1:1"].map(|text| text.parse().unwrap());
        assert!(!is_loopback(&mixed));
    }
}
