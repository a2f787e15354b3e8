//! A real `sshd` for a test, on loopback, in which a login finds a home of its own: a host of the fleet.

use std::ffi::OsString;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::pty::OpenptFlags;
use tempfile::TempDir;

use crate::netns::Side;
use crate::port::Port;
use crate::{leftovers, programs, wait_until};

/// Where sshd wants a folder before it starts as root: where privileges are separated.
const PRIVILEGE_SEPARATION: &str = "/run/sshd";

/// The port in a network namespace, where all are free. Not ssh's own, so that keys and addresses are written as for
/// all other hosts of tests.
const NAMESPACE_PORT: u16 = 2222;

/// What a login finds.
#[derive(Debug, Clone)]
pub struct Login {
    /// The folder it begins in.
    pub home: PathBuf,
    /// The whole environment, but for what sshd itself adds (`USER`, `TERM`, `SSH_CONNECTION`, …) and `HOME`.
    pub environment: Vec<(OsString, OsString)>,
    /// The login shell.
    pub shell: PathBuf,
    /// What ends with the sshd: all processes that name this folder.
    pub ends: PathBuf,
}

/// An `sshd` in the foreground, as the user who runs the test. Dropping it ends it and all that was started through it.
#[derive(Debug)]
pub struct Sshd {
    folder: TempDir,
    login: Login,
    address: SocketAddr,
    inside: Option<Side>,
    /// Kept, so that it can be started again.
    _port: Option<Port>,
    child: Option<Child>,
}

impl Sshd {
    /// One that listens on loopback and lets in whoever has [`key`](Self::key).
    pub fn start(login: Login) -> Self {
        let port = Port::new();
        Self::with(login, port.address(), Some(port), None)
    }

    /// One in a network namespace, where it listens on that side's address.
    pub fn start_in(side: &Side, login: Login) -> Self {
        let address = SocketAddr::from((IpAddr::V4(side.address()), NAMESPACE_PORT));
        Self::with(login, address, None, Some(side.clone()))
    }

    fn with(login: Login, address: SocketAddr, port: Option<Port>, inside: Option<Side>) -> Self {
        let folder = tempfile::Builder::new().prefix("sshd-").tempdir().expect("a folder");
        let mut sshd = Self { folder, login, address, inside, _port: port, child: None };
        for key in ["host_key", "key"] {
            make_key(&sshd.file(key));
        }
        // An empty home for the shell that sshd itself runs; the real one begins in the script.
        fs::create_dir(sshd.file("nowhere")).expect("a folder");
        write_script(&sshd.file("login"), &script(&sshd.login));
        fs::write(sshd.file("config"), sshd.config()).expect("the configuration is written");
        sshd.run();
        sshd
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The private key that it lets in.
    pub fn key(&self) -> PathBuf {
        self.file("key")
    }

    /// Its own key, as a line of `known_hosts` has it after the host's name.
    pub fn host_key(&self) -> String {
        let line = fs::read_to_string(self.file("host_key.pub")).expect("the key is there");
        line.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    /// What it has logged: each connection, key and session.
    pub fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    /// The processes that serve its connections, and what they run.
    pub fn session_pids(&self) -> Vec<i32> {
        self.child.as_ref().map(|child| leftovers::descendants(pid_of(child))).unwrap_or_default()
    }

    /// Ends it with its connections and whatever they run. What has detached itself from them (servers, holders, tmux)
    /// stays.
    pub fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // It makes no more children while they are counted.
        leftovers::pause(pid_of(&child));
        let sessions = leftovers::descendants(pid_of(&child));
        sessions.iter().for_each(|pid| leftovers::kill(*pid));
        let _ = child.kill();
        let _ = child.wait();
        wait_until("the sessions of sshd are gone", || {
            sessions.iter().all(|pid| !leftovers::is_alive(*pid)).then_some(())
        });
    }

    /// Starts it again, on the same port with the same keys.
    pub fn start_again(&mut self) {
        self.stop();
        self.run();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&mut self) {
        if rustix::process::geteuid().is_root() {
            let _ = fs::DirBuilder::new().mode(0o755).create(PRIVILEGE_SEPARATION);
        }
        let heard = self.log().matches("Server listening").count();
        // It starts itself again for each connection, by its path.
        let mut command = Command::new(programs::find("sshd"));
        command.arg("-D").arg("-e").arg("-f").arg(self.file("config"));
        let log = fs::File::options().create(true).append(true).open(self.file("log"));
        let log = log.expect("the log can be written");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).current_dir("/");
        if let Some(side) = &self.inside {
            side.enter(&mut command);
        }
        let mut child = command.spawn().expect("sshd starts");
        wait_until("sshd listens", || {
            if let Ok(Some(status)) = child.try_wait() {
                panic!("sshd ended: {status}: {}", self.log());
            }
            (self.log().matches("Server listening").count() > heard).then_some(())
        });
        self.child = Some(child);
    }

    /// All that differs from how an sshd is by default is here for a reason.
    fn config(&self) -> String {
        let file = |name: &str| self.file(name).display().to_string();
        let mut lines = vec![
            format!("ListenAddress {}", self.address),
            format!("HostKey {}", file("host_key")),
            format!("AuthorizedKeysFile {}", file("key.pub")),
            "PidFile none".to_owned(),
            "LogLevel VERBOSE".to_owned(),
            // The temporary folder is everybody's.
            "StrictModes no".to_owned(),
            // PAM would need root and set an environment of the machine's own.
            "UsePAM no".to_owned(),
            "PasswordAuthentication no".to_owned(),
            "KbdInteractiveAuthentication no".to_owned(),
            "PermitUserRC no".to_owned(),
            "PrintMotd no".to_owned(),
            "PrintLastLog no".to_owned(),
            // The home is that of the password file, which is the developer's own: the login's is set by a script
            // instead, in which the shell that the host is to have then runs just as sshd would run it.
            format!("SetEnv HOME={}", file("nowhere")),
            format!("ForceCommand exec {}", file("login")),
        ];
        if version() >= (9, 8) {
            // Connections that tests cut would be held against the address that all tests share.
            lines.push("PerSourcePenalties no".to_owned());
        }
        lines.join("\n") + "\n"
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop();
        leftovers::end_all(&self.login.ends);
    }
}

/// Why a login through an sshd of the test's can't have a terminal here, or nothing where it can. It gives the terminal
/// to the group `tty`; without root that works only where the kernel has done so already, as it is told to on most
/// machines (`gid=5` of `/dev/pts`), but not in all containers.
///
/// # Errors
/// The reason, for people.
pub fn gives_terminals() -> Result<(), String> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    let tty = groups.lines().find_map(|line| line.strip_prefix("tty:")?.split(':').nth(1));
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let group = rustix::pty::openpt(flags).and_then(|terminal| {
        rustix::pty::grantpt(&terminal)?;
        rustix::pty::unlockpt(&terminal)?;
        let name = rustix::pty::ptsname(&terminal, Vec::new())?;
        Ok(rustix::fs::stat(&name)?.st_gid)
    });
    match (group, tty) {
        (Ok(group), Some(tty)) if tty != group.to_string() => {
            Err(format!("terminals here have the group {group}, and sshd wants {tty}"))
        }
        _ => Ok(()),
    }
}

/// What sshd runs for each login.
fn script(login: &Login) -> String {
    let mut script = "#!/bin/sh\n".to_owned();
    let own = [
        (OsString::from("HOME"), login.home.clone().into_os_string()),
        (OsString::from("SHELL"), login.shell.clone().into_os_string()),
    ];
    for (name, value) in login.environment.iter().chain(&own) {
        let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
        script.push_str(&format!("export {name}={}\n", quoted(&value)));
    }
    // bash reads its rc file for a command of ssh's only where it is the first shell.
    script.push_str("unset SHLVL PWD OLDPWD\ncd\n");
    script.push_str("[ -n \"${SSH_ORIGINAL_COMMAND+set}\" ] || exec \"$SHELL\" -l\n");
    script.push_str("command=$SSH_ORIGINAL_COMMAND\nunset SSH_ORIGINAL_COMMAND\n");
    script.push_str("exec \"$SHELL\" -c \"$command\"\n");
    script
}

/// A text as one word of a POSIX shell.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Writes a program that a shell or a kernel can run.
pub(crate) fn write_script(path: &Path, text: &str) {
    fs::write(path, text).expect("the script is written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is the test's own");
}

fn make_key(path: &Path) {
    let mut command = Command::new(programs::find("ssh-keygen"));
    command.args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(path);
    let made = command.stdin(Stdio::null()).status().expect("ssh-keygen starts");
    assert!(made.success(), "ssh-keygen: {made}");
}

/// The version of OpenSSH here.
fn version() -> (u32, u32) {
    let told = Command::new(programs::find("ssh")).arg("-V").output().expect("ssh starts").stderr;
    parse_version(&String::from_utf8_lossy(&told)).expect("OpenSSH tells its version")
}

fn parse_version(told: &str) -> Option<(u32, u32)> {
    let numbers = told.strip_prefix("OpenSSH_")?;
    let (major, rest) = numbers.split_once('.')?;
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn pid_of(child: &Child) -> i32 {
    i32::try_from(child.id()).expect("process ids are small")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_openssh_are_read() {
        assert_eq!(parse_version("OpenSSH_9.2p1 Debian-2+deb12u7, OpenSSL 3.0.19"), Some((9, 2)));
        assert_eq!(parse_version("OpenSSH_10.0p2, OpenSSL 3.5.1"), Some((10, 0)));
        assert_eq!(parse_version("dropbear"), None);
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
    }
}
