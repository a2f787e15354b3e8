//! Who gets in by tcp and tls, and who doesn't, through the real binary.

#![allow(clippy::unwrap_used, reason = "a test tells by a panic what is wrong")]
#![allow(clippy::print_stderr, reason = "what a test says is shown where it fails")]

mod cable;
mod discovery;
mod flood;
mod listen;
mod man_in_the_middle;
mod pairing;
mod replay;
mod secrets;

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use towline_testkit::{Port, Tow, wait_until};

/// A server that listens at tcp and tls, and another machine's client.
struct Pair {
    server: Tow,
    client: Tow,
    tcp: Port,
    tls: Port,
}

impl Pair {
    /// One whose server runs, and has a pane called `x`.
    fn new() -> Self {
        let (server, client) = (tow(), tow());
        let pair = Self { server, client, tcp: Port::new(), tls: Port::new() };
        configure(&pair.server, &[&pair.at("tcp"), &pair.at("tls")]);
        pair.server.spawn("x", "cat");
        pair.wait();
        pair
    }

    /// An address of the server.
    fn at(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address(scheme))
    }

    fn address(&self, scheme: &str) -> SocketAddr {
        if scheme == "tcp" { self.tcp.address() } else { self.tls.address() }
    }

    /// Waits until the server listens.
    fn wait(&self) {
        for scheme in ["tcp", "tls"] {
            let connect = || TcpStream::connect(self.address(scheme)).ok();
            drop(wait_until("the server listens", connect));
        }
    }

    /// The file with the secret for the server's own machine.
    fn secret(&self) -> PathBuf {
        self.server.state().join("secret")
    }

    /// The server's log.
    fn log(&self) -> String {
        let files = fs::read_dir(self.server.state().join("log")).into_iter().flatten().flatten();
        files.filter_map(|file| fs::read_to_string(file.path()).ok()).collect()
    }

    /// That the server serves whoever may come, as if nothing had happened.
    #[track_caller]
    fn is_unharmed(&self) {
        for scheme in ["tcp", "tls"] {
            let list = self.server.ok(&["--addr", &self.at(scheme), "list"]);
            assert!(list.contains('x'), "{scheme}: {list}");
        }
    }
}

/// A Towline of the program under test.
fn tow() -> Tow {
    Tow::new(env!("CARGO_BIN_EXE_tow"))
}

/// Has a server listen at these addresses, once it starts.
fn configure(tow: &Tow, listen: &[&str]) {
    let folder = tow.home().join("config");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), format!("listen = {listen:?}\n")).unwrap();
}

/// A file with a secret that no server knows.
fn wrong_secret(tow: &Tow) -> PathBuf {
    let path = tow.work().join("wrong");
    towline_client::transport::Secret::random().unwrap().save(&path).unwrap();
    path
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
