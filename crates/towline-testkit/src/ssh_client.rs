//! The `ssh` of a test's client.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::sshd::{quoted, write_script};
use crate::{leftovers, programs};

/// A folder with an `ssh` that knows the hosts of the test and no others, and keeps a list of its calls.
///
/// Towline runs the `ssh` that it finds on the PATH, and that one looks for its configuration in the home that the
/// password file names, whatever HOME says. So this folder comes first on the client's PATH, with a script that
/// calls the real one with a configuration file of the test's own.
#[derive(Debug, Clone)]
pub struct SshClient {
    folder: PathBuf,
}

/// A call of `ssh`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshCall {
    /// Its process; a master in the background is a child of it.
    pub pid: i32,
    /// Its arguments, joined by blanks.
    pub arguments: String,
}

impl SshClient {
    /// One in a new folder.
    pub(crate) fn new(folder: PathBuf) -> Self {
        fs::create_dir_all(folder.join("bin")).expect("a folder");
        let client = Self { folder };
        let (log, config) = (client.calls_file(), client.config());
        let word = |path: &Path| quoted(&path.display().to_string());
        let script = format!(
            "#!/bin/sh\nprintf '%s %s\\0' \"$$\" \"$*\" >>{}\nexec {} -F {} \"$@\"\n",
            word(&log),
            word(&programs::find("ssh")),
            word(&config)
        );
        write_script(&client.bin().join("ssh"), &script);
        for file in [client.config(), client.known_hosts(), log] {
            fs::write(file, "").expect("a file in a new folder");
        }
        client
    }

    /// The folder to be put first on the PATH.
    pub fn bin(&self) -> PathBuf {
        self.folder.join("bin")
    }

    /// Its configuration file.
    pub fn config(&self) -> PathBuf {
        self.folder.join("config")
    }

    /// The hosts' keys it knows.
    pub fn known_hosts(&self) -> PathBuf {
        self.folder.join("known_hosts")
    }

    /// All calls so far, oldest first.
    pub fn calls(&self) -> Vec<SshCall> {
        let text = fs::read_to_string(self.calls_file()).unwrap_or_default();
        let call = |line: &str| {
            let (pid, arguments) = line.split_once(' ')?;
            Some(SshCall { pid: pid.parse().ok()?, arguments: arguments.to_owned() })
        };
        text.split('\0').filter_map(call).collect()
    }

    /// Adds a host: its name for `ssh`, where it is reached, and the key that it lets in.
    pub(crate) fn add(&self, alias: &str, address: SocketAddr, key: Option<&Path>) {
        let (ip, port) = (address.ip(), address.port());
        let mut text = format!(
            "Host {alias}\n  HostName {ip}\n  Port {port}\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile /dev/null\n  \
             IdentityAgent none\n",
            self.known_hosts().display()
        );
        if let Some(key) = key {
            text.push_str(&format!("  IdentitiesOnly yes\n  IdentityFile {}\n", key.display()));
        }
        append(&self.config(), &text);
    }

    /// Knows a host's key from now on.
    pub fn trust(&self, address: SocketAddr, key: &str) {
        append(&self.known_hosts(), &format!("[{}]:{} {key}\n", address.ip(), address.port()));
    }

    /// The `ssh` processes that are connected with this address, masters in the background too, and those that were
    /// called for `alias` and live.
    pub(crate) fn pids(&self, alias: &str, address: SocketAddr) -> Vec<i32> {
        let is_for =
            |call: &SshCall| call.arguments.split([' ', '@', '/']).any(|word| word == alias);
        let calls = self.calls();
        let called = calls.iter().filter(|call| is_for(call) && leftovers::is_alive(call.pid));
        let mut pids = leftovers::connected_to(address);
        pids.extend(called.map(|call| call.pid));
        pids.sort_unstable();
        pids.dedup();
        pids
    }

    fn calls_file(&self) -> PathBuf {
        self.folder.join("calls")
    }
}

fn append(path: &Path, text: &str) {
    let file = fs::File::options().append(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.expect("the file is the test's own");
}
