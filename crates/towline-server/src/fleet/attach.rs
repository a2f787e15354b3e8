//! The command that shows a pane of another host on a terminal, where this server does not paint it itself.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;

use towline_client::hosts::{Address, AttachBy, Host};
use towline_client::transport::{DialOptions, ssh_argv};
use towline_protocol::v1;

/// How a person wants to get there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    Ssh,
    Mosh,
}

impl Via {
    /// As the request says, else as the host's entry does.
    pub(super) fn of(request: &v1::Attach, host: &Host) -> Self {
        match (request.via.as_str(), host.attach) {
            ("mosh", _) | ("", AttachBy::Mosh) => Self::Mosh,
            _ => Self::Ssh,
        }
    }
}

/// The command that runs `words` on the host, on the terminal of whoever runs it.
pub(super) fn command(
    host: &Host,
    options: &DialOptions,
    via: Via,
    words: &[String],
    pane: v1::Pane,
) -> v1::AttachBy {
    let mosh = match &host.address {
        Address::Ssh { user, host, port } if via == Via::Mosh => {
            Some(mosh(user.as_deref(), host, *port, words))
        }
        _ => None,
    };
    let ssh = match &host.address {
        Address::Ssh { .. } => ssh(host, options, words),
        // Another server of this machine.
        Address::Unix(_) | Address::Tcp { .. } | Address::Tls { .. } => {
            words.iter().map(OsString::from).collect()
        }
    };
    let bytes = |argv: Vec<OsString>| argv.into_iter().map(OsString::into_vec).collect();
    let (argv, otherwise) = match mosh {
        Some(mosh) => (bytes(mosh), bytes(ssh)),
        None => (bytes(ssh), Vec::new()),
    };
    v1::AttachBy { argv, otherwise, pane: Some(pane) }
}

/// A connection of its own: a window that somebody works in shall not share the fate, or the ten sessions, of the one
/// that lists are made over.
fn ssh(host: &Host, options: &DialOptions, words: &[String]) -> Vec<OsString> {
    let options = DialOptions { interactive: true, ..options.clone() };
    let extra = ["-t", "-o", "ControlPath=none"].map(OsStr::new);
    ssh_argv(host, &options, &extra, Some(&line(words)))
}

/// A command line that every login shell (sh, fish, csh …) reads as these words. Between single quotes all of them take
/// everything as it is but quotes, backslashes and `!`; a line with one of those goes to `sh` in octal.
fn line(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    let quoted = |word: &String| match !word.is_empty() && word.chars().all(plain) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    };
    let line = words.iter().map(quoted).collect::<Vec<_>>().join(" ");
    if !line.contains(['\\', '!', '\n']) {
        return line;
    }
    let octal: String = line.bytes().map(|byte| format!("\\{byte:03o}")).collect();
    format!("sh -c 'eval \"$(printf \"{octal}\")\"'")
}

/// `mosh` quotes the command itself, and takes ssh's options as one word.
fn mosh(user: Option<&str>, host: &str, port: Option<u16>, words: &[String]) -> Vec<OsString> {
    let mut argv: Vec<OsString> = vec!["mosh".into()];
    argv.extend(port.map(|port| format!("--ssh=ssh -p {port}").into()));
    argv.push("--".into());
    argv.push(user.map_or_else(|| host.to_owned(), |user| format!("{user}@{host}")).into());
    argv.extend(words.iter().map(OsString::from));
    argv
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(argv: &[Vec<u8>]) -> String {
        let words: Vec<_> = argv.iter().map(|word| String::from_utf8_lossy(word)).collect();
        words.join(" ")
    }

    #[test]
    fn a_terminal_is_brought_to_the_pane() {
        let words = ["tmux", "select-window", "-t", "%7", ";", "attach"].map(str::to_owned);
        let options = DialOptions::default();
        let host = |address: &str| Host::new("thor", Address::parse(address).unwrap());
        let by = command(&host("ssh://mac@thor"), &options, Via::Ssh, &words, v1::Pane::default());
        let line = shown(&by.argv);
        assert!(line.starts_with("ssh -t -o ControlPath=none "), "{line}");
        assert!(line.ends_with("-- mac@thor tmux select-window -t %7 ';' attach"), "{line}");
        assert!(by.otherwise.is_empty());
        let by = command(&host("ssh://thor:22"), &options, Via::Mosh, &words, v1::Pane::default());
        assert_eq!(
            shown(&by.argv),
            "mosh --ssh=ssh -p 22 -- thor tmux select-window -t %7 ; attach"
        );
        assert!(shown(&by.otherwise).starts_with("ssh -t "));
    }

    #[test]
    fn words_arrive_as_they_are() {
        let words =
            ["tmux", "/a b/tmux", "it's", "a\\b", "$(x)", "`x`", "a\"b", "ä!", "", "%s", "x\ny"];
        for count in [2, words.len()] {
            let words: Vec<String> = words[..count].iter().map(|word| (*word).into()).collect();
            let script = line(&[vec!["printf".to_owned(), "<%s>".into()], words.clone()].concat());
            for shell in ["sh", "bash"] {
                let output = std::process::Command::new(shell).args(["-c", &script]).output();
                let expected: String = words.iter().map(|word| format!("<{word}>")).collect();
                assert_eq!(String::from_utf8_lossy(&output.unwrap().stdout), expected, "{script}");
            }
        }
    }
}
