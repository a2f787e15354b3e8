//! Too many, too slow, too large.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use towline_client::hosts::{Address, Host};
use towline_client::transport::{DialOptions, dial};
use towline_protocol::PREAMBLE;
use towline_testkit::{DEADLINE, wait_until};

use crate::Pair;

/// How many files the server has open.
fn open_files(pair: &Pair) -> usize {
    let pid = pair.server.server_pid().unwrap();
    std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

#[test]
fn a_thousand_that_say_nothing_keep_nobody_out() {
    const MANY: usize = 1000;
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let pair = Pair::new();
    let before = open_files(&pair);
    let mut open: Vec<TcpStream> = Vec::new();
    for number in 0..MANY {
        let scheme = if number % 2 == 0 { "tcp" } else { "tls" };
        open.push(TcpStream::connect(pair.address(scheme)).unwrap());
    }
    pair.is_unharmed();
    let files = open_files(&pair);
    assert!(files <= before + 64 + 16, "{before} files were open, now {files}");
    drop(open);
    wait_until("they are all gone", || (open_files(&pair) <= before + 2).then_some(()));
    pair.is_unharmed();
}

#[test]
fn handshakes_without_end_keep_nobody_out() {
    /// At the same time, one after the other.
    const ATTACKERS: usize = 8;
    let pair = Pair::new();
    let address = pair.address("tls");
    let stop = Arc::new(AtomicBool::new(false));
    let attackers: Vec<_> = (0..ATTACKERS)
        .map(|_| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                let hello = client_hello();
                let mut count = 0;
                while !stop.load(Ordering::Relaxed) {
                    let Ok(mut stream) = TcpStream::connect(address) else { continue };
                    let _ = stream.set_read_timeout(Some(DEADLINE));
                    let _ = stream.write_all(&hello);
                    // The server's part is done once it has answered; then it is left standing.
                    count += usize::from(stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0));
                }
                count
            })
        })
        .collect();
    for _ in 0..10 {
        pair.is_unharmed();
    }
    stop.store(true, Ordering::Relaxed);
    let answered: usize = attackers.into_iter().map(|attacker| attacker.join().unwrap()).sum();
    assert!(answered > 64, "{answered} handshakes are no flood");
}

/// What a client says first.
fn client_hello() -> Vec<u8> {
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = tokio_rustls::rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(tokio_rustls::rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = tokio_rustls::rustls::pki_types::ServerName::try_from("server").unwrap();
    let mut client = tokio_rustls::rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    hello
}

#[test]
fn a_handshake_that_takes_too_long_is_ended() {
    let pair = Pair::new();
    let begun = Instant::now();
    let streams = ["tcp", "tls"].map(|scheme| TcpStream::connect(pair.address(scheme)).unwrap());
    for mut stream in streams {
        // A byte now and then is no progress.
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut bytes = [0; 4096];
        loop {
            assert!(begun.elapsed() < DEADLINE, "it is still open");
            let _ = stream.write_all(&[0x16]);
            match stream.read(&mut bytes) {
                Ok(0) => break,
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
                _ => {}
            }
        }
    }
    pair.is_unharmed();
}

#[test]
fn whatever_else_is_said_is_no_harm() {
    let pair = Pair::new();
    let noise: Vec<u8> =
        (0..1 << 20).map(|n: u32| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let texts: [&[u8]; 4] = [b"GET / HTTP/1.1\r\n\r\n", &noise, &[0xff; 70_000], b"TOWLTLS1"];
    for scheme in ["tcp", "tls"] {
        for text in texts {
            let mut stream = TcpStream::connect(pair.address(scheme)).unwrap();
            let _ = stream.write_all(text);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            stream.set_read_timeout(Some(DEADLINE)).unwrap();
            let mut said = Vec::new();
            match stream.read_to_end(&mut said) {
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
                Ok(_) => assert!(said.len() <= 40 || scheme == "tls", "{scheme}: {said:?}"),
            }
        }
    }
    pair.is_unharmed();
}

#[test]
fn a_frame_over_the_cap_ends_the_connection_before_memory_is_taken() {
    let pair = Pair::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let memory = || {
        let pid = pair.server.server_pid().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmData:")).unwrap().to_owned();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let before = memory();
    for scheme in ["tcp", "tls"] {
        let mut host = Host::new("server", Address::parse(&pair.at(scheme)).unwrap());
        host.secret_file = Some(pair.secret());
        runtime.block_on(async {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let mut dialed = dial(&host, &DialOptions::default()).await.unwrap();
            dialed.writer.write_all(&PREAMBLE).await.unwrap();
            dialed.writer.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
            dialed.writer.write_all(&[0; 8192]).await.unwrap();
            let mut said = Vec::new();
            let ended = tokio::time::timeout(DEADLINE, dialed.reader.read_to_end(&mut said)).await;
            ended.unwrap().unwrap();
            assert_eq!(said, b"", "{scheme}");
        });
    }
    let after = memory();
    assert!(after < before + (64 << 10), "{before} KiB before, {after} after");
    pair.is_unharmed();
}
