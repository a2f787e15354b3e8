//! The arguments of ssh.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::control;
use crate::hosts::{Address, Host};
use crate::transport::DialOptions;

/// Where ssh goes for a host, and the port if the address has one. For an address that is not ssh's it is the same
/// machine by ssh, with whatever ssh's own configuration says.
fn place(address: &Address) -> (Option<&str>, &str, Option<u16>) {
    match address {
        Address::Ssh { user, host, port } => (user.as_deref(), host, *port),
        Address::Tcp { host, .. } | Address::Tls { host, .. } => (None, host, None),
        Address::Unix(_) => (None, "localhost", None),
    }
}

/// `[user@]host`.
fn destination(address: &Address) -> String {
    match place(address) {
        (Some(user), host, _) => format!("{user}@{host}"),
        (None, host, _) => host.to_owned(),
    }
}

/// What a person would type after `ssh ` to come to the host.
pub fn ssh_words(address: &Address) -> String {
    match place(address).2 {
        Some(port) => format!("-p {port} {}", destination(address)),
        None => destination(address),
    }
}

/// The whole argument vector of an ssh that runs a command on the host, over the host's master connection, which it
/// makes where there is none. `extra` goes first, and ssh heeds the first of several values of an option: so
/// `["-t"]` gets a terminal, and `["-o", "ControlPath=none"]` a connection of its own. Without a command it is the login
/// shell. The command is read by the login shell there, whatever that is: a fixed text, with the data on standard
/// input.
pub fn ssh_argv(
    host: &Host,
    options: &DialOptions,
    extra: &[&OsStr],
    remote_command: Option<&str>,
) -> Vec<OsString> {
    let path = control::path(&options.control_dir, &host.address);
    argv(host, options, path, extra, remote_command)
}

fn argv(
    host: &Host,
    options: &DialOptions,
    control_path: Option<PathBuf>,
    extra: &[&OsStr],
    remote_command: Option<&str>,
) -> Vec<OsString> {
    let mut argv = vec![OsString::from("ssh")];
    argv.extend(extra.iter().map(OsString::from));
    let mut option = |name: &str, value: &OsStr| {
        let mut text = OsString::from(name);
        text.push("=");
        text.push(value);
        argv.extend(["-o".into(), text]);
    };
    if !options.interactive {
        option("BatchMode", "yes".as_ref());
    }
    match control_path {
        Some(path) => {
            option("ControlMaster", "auto".as_ref());
            option("ControlPath", path.as_os_str());
            option("ControlPersist", "600".as_ref());
        }
        None => option("ControlPath", "none".as_ref()),
    }
    // A link that says nothing for 15 s is dead.
    option("ServerAliveInterval", "5".as_ref());
    option("ServerAliveCountMax", "3".as_ref());
    option("ConnectTimeout", seconds(options).to_string().as_ref());
    // As `-T`, which would win over an earlier `-t`.
    option("RequestTTY", "no".as_ref());
    if host.accept_new {
        option("StrictHostKeyChecking", "accept-new".as_ref());
    }
    if let Some(port) = place(&host.address).2 {
        argv.extend(["-p".into(), port.to_string().into()]);
    }
    argv.extend(["--".into(), destination(&host.address).into()]);
    argv.extend(remote_command.map(OsString::from));
    argv
}

/// The deadline in whole seconds, at least one.
fn seconds(options: &DialOptions) -> u64 {
    let patience = options.patience();
    patience.as_secs() + u64::from(patience.subsec_nanos() > 0)
}

/// The argument vector of an ssh that tells the host's master connection something (`check`, `stop`, `exit`).
pub(super) fn master_argv(host: &Host, path: &std::path::Path, word: &str) -> Vec<OsString> {
    let mut control = OsString::from("ControlPath=");
    control.push(path);
    let mut argv: Vec<OsString> =
        ["ssh", "-O", word, "-o"].into_iter().map(OsString::from).collect();
    argv.push(control);
    argv.extend(["--".into(), destination(&host.address).into()]);
    argv
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn shown(host: &Host, options: &DialOptions, extra: &[&str], command: Option<&str>) -> String {
        let extra: Vec<&OsStr> = extra.iter().map(OsStr::new).collect();
        let words = argv(host, options, Some("/c/x".into()), &extra, command);
        words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn arguments_are_those_that_were_asked_for() {
        const MUX: &str = "-o ControlMaster=auto -o ControlPath=/c/x -o ControlPersist=600";
        const REST: &str = "-o ServerAliveInterval=5 -o ServerAliveCountMax=3";
        let options = DialOptions { deadline: Duration::from_millis(2500), ..Default::default() };
        let mut host = Host::new("thor", Address::parse("ssh://thor").unwrap());
        assert_eq!(
            shown(&host, &options, &[], Some("cmd x")),
            format!(
                "ssh -o BatchMode=yes {MUX} {REST} -o ConnectTimeout=3 -o RequestTTY=no -- thor cmd x"
            )
        );
        host.address = Address::parse("ssh://a@b@thor:2222").unwrap();
        host.accept_new = true;
        let options = DialOptions { interactive: true, ..Default::default() };
        assert_eq!(
            shown(&host, &options, &["-t"], None),
            format!(
                "ssh -t {MUX} {REST} -o ConnectTimeout=10 -o RequestTTY=no -o StrictHostKeyChecking=accept-new -p 2222 -- a@b@thor"
            )
        );
        let none = argv(&host, &options, None, &[], None);
        assert!(none.contains(&"ControlPath=none".into()));
        assert!(!none.contains(&"ControlMaster=auto".into()));
    }

    #[test]
    fn ssh_goes_to_the_machine_of_any_address() {
        for (address, expected) in [
            ("ssh://thor", "thor"),
            ("ssh://mac@thor:22", "-p 22 mac@thor"),
            ("ssh://mac@[::1]:22", "-p 22 mac@::1"),
            ("tls://thor:9999", "thor"),
            ("unix:/x", "localhost"),
        ] {
            assert_eq!(ssh_words(&Address::parse(address).unwrap()), expected);
        }
    }
}
