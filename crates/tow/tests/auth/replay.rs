//! What was recorded of a connection is worth nothing on another.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;

use towline_testkit::DEADLINE;

use crate::{Pair, text};

/// Passes one connection on to `target`; joined, it returns what the client sent.
fn recorder(target: SocketAddr) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let recording = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = TcpStream::connect(target).unwrap();
        let (mut back, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let answers = std::thread::spawn(move || {
            let _ = std::io::copy(&mut back, &mut to_client);
            let _ = to_client.shutdown(Shutdown::Both);
        });
        let mut seen = Vec::new();
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = client.read(&mut bytes) {
            seen.extend_from_slice(&bytes[..count]);
            if server.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = server.shutdown(Shutdown::Both);
        answers.join().unwrap();
        seen
    });
    (address, recording)
}

/// What the server answers to these bytes, up to its end.
fn answer(server: SocketAddr, said: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    // It may have had enough before the last byte.
    let _ = stream.write_all(said);
    let mut answer = Vec::new();
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut bytes) {
        answer.extend_from_slice(&bytes[..count]);
    }
    answer
}

#[test]
fn a_recorded_handshake_opens_nothing() {
    /// The greeting, and the second message of the handshake.
    const HANDSHAKE: usize = 40 + 48;
    let pair = Pair::new();
    let secret = pair.secret();
    for scheme in ["tcp", "tls"] {
        let (through, recording) = recorder(pair.address(scheme));
        let address = format!("{scheme}://{through}");
        let list = pair.client.ok(&["--addr", &address, "--secret-file", text(&secret), "list"]);
        assert!(list.contains('x'));
        let recorded = recording.join().unwrap();
        assert!(recorded.len() > 100, "{}", recorded.len());
        let connected = pair.log().matches("has connected").count();
        let said = answer(pair.address(scheme), &recorded);
        if scheme == "tcp" {
            assert_eq!(said.len(), HANDSHAKE);
        }
        assert_eq!(pair.log().matches("has connected").count(), connected, "{scheme}");
    }
    pair.is_unharmed();
}

#[test]
fn a_changed_byte_ends_the_connection() {
    let pair = Pair::new();
    let secret = pair.secret();
    for scheme in ["tcp", "tls"] {
        for at in [10, 30, 70] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = format!("{scheme}://{}", listener.local_addr().unwrap());
            let target = pair.address(scheme);
            let between = std::thread::spawn(move || {
                let (mut client, _) = listener.accept().unwrap();
                let mut server = TcpStream::connect(target).unwrap();
                let (mut back, mut to_client) =
                    (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut back, &mut to_client);
                    let _ = to_client.shutdown(Shutdown::Both);
                });
                let (mut bytes, mut passed) = ([0; 4096], 0);
                while let Ok(count @ 1..) = client.read(&mut bytes) {
                    if (passed..passed + count).contains(&at) {
                        bytes[at - passed] ^= 1;
                    }
                    passed += count;
                    if server.write_all(&bytes[..count]).is_err() {
                        break;
                    }
                }
                let _ = server.shutdown(Shutdown::Both);
            });
            let options = ["--addr", &address, "--secret-file", text(&secret), "list"];
            let outcome = pair.client.run(&options).expect_status(5);
            assert_eq!(outcome.stdout, "");
            between.join().unwrap();
        }
    }
    pair.is_unharmed();
}
