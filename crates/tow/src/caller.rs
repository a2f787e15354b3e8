//! What a pane takes over from the command that starts it: folder, environment, mask and limits.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use rustix::fs::Mode;
use rustix::process::Resource;
use towline_protocol::v1;

use crate::error::CommandError;

/// Every limit there is on this system.
const RESOURCES: &[Resource] = &[
    Resource::Cpu,
    Resource::Fsize,
    Resource::Data,
    Resource::Stack,
    Resource::Core,
    Resource::Rss,
    Resource::Nproc,
    Resource::Nofile,
    Resource::Memlock,
    Resource::As,
    #[cfg(target_os = "linux")]
    Resource::Locks,
    #[cfg(target_os = "linux")]
    Resource::Sigpending,
    #[cfg(target_os = "linux")]
    Resource::Msgqueue,
    #[cfg(target_os = "linux")]
    Resource::Nice,
    #[cfg(target_os = "linux")]
    Resource::Rtprio,
    #[cfg(target_os = "linux")]
    Resource::Rttime,
];

/// The absolute path of the folder that was named, else of the one the command runs in.
///
/// # Errors
/// Where it is no folder.
pub(crate) fn folder(named: Option<&Path>) -> Result<PathBuf, CommandError> {
    let here = || {
        // The shell's idea of the folder keeps the links that the person went through.
        let logical = std::env::var_os("PWD").map(PathBuf::from);
        let physical = std::env::current_dir()?;
        let same = |path: &PathBuf| {
            path.is_absolute() && std::fs::canonicalize(path).is_ok_and(|real| real == physical)
        };
        Ok(logical.filter(same).unwrap_or(physical))
    };
    let path = match named {
        Some(named) => named,
        None => {
            return here().map_err(|error: std::io::Error| {
                CommandError::io("cannot tell the folder this runs in", &error)
            });
        }
    };
    let absolute = if path.components().any(|part| part == Component::ParentDir) {
        std::fs::canonicalize(path)
    } else {
        // Without a trailing `/` or `/.`: the last part gives the pane its name.
        std::path::absolute(path).map(|path| path.components().collect())
    };
    let failed = |error| {
        let mut error =
            CommandError::io(format_args!("cannot start in {}", path.display()), &error);
        error.kind = crate::error::ErrorKind::Usage;
        error
    };
    let absolute = absolute.map_err(failed)?;
    match std::fs::metadata(&absolute).map_err(failed)? {
        metadata if metadata.is_dir() => Ok(absolute),
        _ => Err(failed(std::io::ErrorKind::NotADirectory.into())),
    }
}

/// The environment for a pane in `cwd`: this process's, without what is about another terminal, and with the
/// `KEY=VALUE` pairs on top.
///
/// # Errors
/// Where a pair is none.
pub(crate) fn environment(cwd: &Path, pairs: &[OsString]) -> Result<Vec<Vec<u8>>, CommandError> {
    let mut variables: Vec<(OsString, OsString)> =
        std::env::vars_os().filter(|(name, _)| is_inherited(name)).collect();
    let mut set = |name: &OsStr, value: &OsStr| {
        variables.retain(|(known, _)| known != name);
        variables.push((name.to_owned(), value.to_owned()));
    };
    set(OsStr::new("PWD"), cwd.as_os_str());
    for pair in pairs {
        let (name, value) = split(pair)?;
        set(name, value);
    }
    let joined =
        |(name, value): (OsString, OsString)| [name.as_bytes(), b"=", value.as_bytes()].concat();
    Ok(variables.into_iter().map(joined).collect())
}

/// The `KEY=VALUE` pairs alone, for a pane on another host.
///
/// # Errors
/// Where a pair is none.
pub(crate) fn pairs(pairs: &[OsString]) -> Result<Vec<Vec<u8>>, CommandError> {
    pairs.iter().map(|pair| split(pair).map(|_| pair.as_bytes().to_vec())).collect()
}

fn split(pair: &OsStr) -> Result<(&OsStr, &OsStr), CommandError> {
    let bytes = pair.as_bytes();
    let equals = bytes.iter().position(|byte| *byte == b'=').filter(|at| *at > 0);
    let Some(at) = equals else {
        let shown = pair.to_string_lossy();
        return Err(CommandError::usage(format!("--env: `{shown}` is not KEY=VALUE")));
    };
    Ok((OsStr::from_bytes(&bytes[..at]), OsStr::from_bytes(&bytes[at + 1..])))
}

/// Whether a pane takes over a variable: not what tells of the terminal, multiplexer or login that the command
/// runs in. The server gives the pane its own.
fn is_inherited(name: &OsStr) -> bool {
    let foreign = ["TOWLINE_", "TMUX", "SSH_"].iter();
    let mut foreign = foreign.map(|prefix| prefix.as_bytes());
    !foreign.any(|prefix| name.as_bytes().starts_with(prefix)) && name != "GASTOWN_CCMUX_ADDR"
}

/// The file mode creation mask.
pub(crate) fn umask() -> u32 {
    // It can only be read by setting it. No other thread creates files meanwhile.
    let mask = rustix::process::umask(Mode::from_raw_mode(0o077));
    rustix::process::umask(mask);
    mask.as_raw_mode()
}

/// All resource limits.
pub(crate) fn limits() -> Vec<v1::Limit> {
    let limit = |resource: &Resource| {
        let limit = rustix::process::getrlimit(*resource);
        v1::Limit {
            resource: *resource as u32,
            soft: limit.current.unwrap_or(u64::MAX),
            hard: limit.maximum.unwrap_or(u64::MAX),
        }
    };
    RESOURCES.iter().map(limit).collect()
}

/// A system string as the protocol carries it.
pub(crate) fn bytes(text: impl Into<OsString>) -> Vec<u8> {
    text.into().into_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_another_terminal_is_not_inherited() {
        for (name, expected) in [
            ("PATH", true),
            ("HOME", true),
            ("TERM", true),
            ("TOWLINE_PANE", false),
            ("TOWLINE_HOME", false),
            ("TMUX", false),
            ("TMUX_PANE", false),
            ("SSH_TTY", false),
            ("SSH_AUTH_SOCK", false),
            ("SSHX", true),
            ("GASTOWN_CCMUX_ADDR", false),
        ] {
            assert_eq!(is_inherited(OsStr::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn pairs_come_on_top() {
        let pairs = ["A=1".into(), "A=2=3".into(), "B=".into()];
        let all = environment(Path::new("/x"), &pairs).unwrap();
        let having = |prefix: &[u8]| -> Vec<String> {
            let found = all.iter().filter(|pair| pair.starts_with(prefix));
            found.map(|pair| String::from_utf8_lossy(pair).into_owned()).collect()
        };
        assert_eq!(having(b"A="), ["A=2=3"]);
        assert_eq!(having(b"B="), ["B="]);
        assert_eq!(having(b"PWD="), ["PWD=/x"]);
        for wrong in ["A", "=x", ""] {
            assert!(environment(Path::new("/x"), &[wrong.into()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn folders_are_absolute_and_exist() {
        let temporary = std::env::temp_dir();
        assert_eq!(folder(Some(&temporary.join("."))).unwrap(), temporary);
        let error = folder(Some(Path::new("/none/such"))).unwrap_err();
        assert_eq!(error.message, "cannot start in /none/such: no such file or directory");
        let error = folder(Some(Path::new("/dev/null"))).unwrap_err();
        assert_eq!(error.message, "cannot start in /dev/null: not a directory");
    }

    #[test]
    fn reading_the_mask_keeps_it() {
        assert_eq!(umask(), umask());
    }
}
