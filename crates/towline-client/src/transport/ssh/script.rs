//! What runs on a host when it is dialled by ssh.
//!
//! The login shell there may be sh, bash, zsh, fish or csh. So what it is given is one fixed short command that all of
//! them read alike: single quotes, and in them no `!`, no backslash and no line end (csh minds these). Everything else
//! follows on standard input, a line each: the script, and the names of the programs to look for. No name is ever a
//! part of a command line.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::connection::NOISE_CAP;

/// The command. `read` takes no byte more than its line from a pipe, so what follows is left for the proxy.
pub(super) const COMMAND: &str = r#"sh -c 'IFS= read -r s; eval "$s"'"#;

/// Functions of `sh`: `f NAME` sets `p` to the path of a program, empty where there is none: one of that path (`~/` is
/// the home folder), else of the PATH, else of the usual folders; `g NAME` does,
/// and looks at last on the PATH of the login shell. Their line ends may become blanks.
pub const FIND_PROGRAM: &str = r#"
f() {
  case $1 in "~/"*) set -- "$HOME/${1#??}";; esac;
  case $1 in */*) p=; if [ -f "$1" ] && [ -x "$1" ]; then p=$1; fi; return;; esac;
  p=$(command -v "$1" 2>/dev/null </dev/null);
  case $p in /*) return;; esac;
  for d in "$HOME/.local/bin" "$HOME/.cargo/bin" /usr/local/bin "$HOME/.nix-profile/bin" /run/current-system/sw/bin "$HOME/bin" /opt/homebrew/bin; do
    p=$d/$1; if [ -f "$p" ] && [ -x "$p" ]; then return; fi;
  done;
  p=;
};
g() {
  f "$1";
  case $p$1 in
    */*) ;;
    *) l=$("${SHELL:-sh}" -lc env </dev/null 2>/dev/null | sed -n "s/^PATH=//p" | tail -n 1);
       if [ -n "$l" ]; then PATH=$l; f "$1"; fi;;
  esac;
};
"#;

/// The script, after [`FIND_PROGRAM`]; its line ends become blanks on the way. It reads two names (`tow` and `tmux`, or a
/// path each; empty for the usual ones) and runs a verb of the first `tow` that it finds. What it prints is put together from two
/// pieces, so that a shell that echoes what it runs says no such thing.
const SCRIPT: &str = r#"
IFS= read -r t; IFS= read -r m;
g "${t:-tow}";
if [ -n "$p" ]; then printf "%s%s\n" towline: here; exec "$p" @VERB@; fi;
f "${m:-tmux}"; v=;
if [ -n "$p" ]; then v=$("$p" -V 2>/dev/null </dev/null); fi;
printf "%s%s%s\n" towline: none: "$v"
"#;

/// Printed where there is a `tow`; what follows is the proxy's.
const HERE: &[u8] = b"towline:here\n";

/// Printed where there is none; the rest of the line is what tmux says of itself.
const NONE: &[u8] = b"towline:none:";

/// The verb that speaks the protocol.
pub(super) const PROXY: &str = "proxy";

/// What is written to the command's standard input; what the verb reads follows.
pub(super) fn standard_input(verb: &'static str, tow: Option<&str>, tmux: Option<&str>) -> Vec<u8> {
    let words = FIND_PROGRAM.split_whitespace().chain(SCRIPT.split_whitespace());
    let script = words.collect::<Vec<_>>().join(" ").replace("@VERB@", verb);
    // A line end in a name would make it two lines; no program is called so.
    let line = |name: Option<&str>| name.unwrap_or_default().replace(['\n', '\r'], "");
    format!("{script}\n{}\n{}\n", line(tow), line(tmux)).into_bytes()
}

/// What the script found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A `tow`, and what was read of its first words already.
    Tow(Vec<u8>),
    /// None; what tmux says of itself, where there is one.
    None(Option<String>),
    /// The stream ended, or there was too much else, first.
    Nothing,
}

/// Reads past whatever a login prints, up to the script's word.
///
/// # Errors
/// The stream's.
pub(super) async fn find(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Found> {
    let mut seen = Vec::with_capacity(4096);
    loop {
        let count = reader.read_buf(&mut seen).await?;
        match look(&seen) {
            Some(found) => return Ok(found),
            None if count == 0 || seen.len() > NOISE_CAP => return Ok(Found::Nothing),
            None => {}
        }
    }
}

/// Finds the script's word in what was read so far.
fn look(seen: &[u8]) -> Option<Found> {
    let at = |word: &[u8]| {
        let position = seen.windows(word.len()).position(|bytes| bytes == word)?;
        Some(position + word.len())
    };
    if let Some(end) = at(HERE) {
        return Some(Found::Tow(seen[end..].to_vec()));
    }
    let rest = &seen[at(NONE)?..];
    let line = &rest[..rest.iter().position(|byte| *byte == b'\n')?];
    let version: String =
        String::from_utf8_lossy(line).chars().filter(|c| !c.is_control()).take(100).collect();
    Some(Found::None(Some(version).filter(|version| !version.is_empty())))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::Path;
    use std::process::{Command, Stdio};

    use super::*;

    /// What a host answers whose login shell is this.
    fn answer(shell: &str, home: &Path, tow: Option<&str>, rest: &[u8]) -> Vec<u8> {
        let mut child = Command::new(shell)
            .args(["-c", COMMAND])
            .env_clear()
            .env("HOME", home)
            .env("SHELL", "/bin/sh")
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&standard_input(PROXY, tow, Some("no-such-tmux"))).unwrap();
        stdin.write_all(rest).unwrap();
        drop(stdin);
        child.wait_with_output().unwrap().stdout
    }

    fn program(path: &Path) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "#!/bin/sh\necho \"runs $*\"\ncat\n").unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_command_is_one_that_every_shell_reads_alike() {
        assert!(!COMMAND.contains(['!', '\\', '\n']));
        assert_eq!(COMMAND.matches('\'').count(), 2);
        let input = standard_input(PROXY, Some("a\nb"), None);
        assert_eq!(input.iter().filter(|byte| **byte == b'\n').count(), 3);
    }

    #[test]
    fn tow_is_found_and_what_follows_is_left_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("a 'home' of $one");
        program(&home.join(".local/bin/tow"));
        for shell in ["sh", "bash", "dash", "zsh", "fish", "csh", "tcsh", "ksh"] {
            let there = |folder: &str| Path::new(folder).join(shell).exists();
            if !["/bin", "/usr/bin"].into_iter().any(there) {
                continue;
            }
            let said = answer(shell, &home, None, b"some\0bytes\n");
            let expected: &[u8] = b"towline:here\nruns proxy\nsome\0bytes\n";
            assert_eq!(
                String::from_utf8_lossy(&said),
                String::from_utf8_lossy(expected),
                "{shell}"
            );
        }
    }

    #[test]
    fn hostile_names_are_only_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "plain",
            "a b",
            "it's",
            "\"quoted\"",
            "$(touch x)",
            "`touch x`",
            "back\\slash\\n",
            "semi;touch x",
            "-n",
            "*?[a]",
            "~",
            "ünï",
            "!bang",
            "%s",
        ] {
            let path = folder.path().join(name).join("tow");
            program(&path);
            let said = answer("sh", folder.path(), Some(path.to_str().unwrap()), b"");
            assert_eq!(String::from_utf8_lossy(&said), "towline:here\nruns proxy\n", "{name}");
        }
        assert!(!folder.path().join("x").exists());
        let said = answer("sh", folder.path(), Some("~/plain/tow"), b"");
        assert_eq!(String::from_utf8_lossy(&said), "towline:here\nruns proxy\n");
    }

    #[test]
    fn a_host_without_tow_says_so() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(answer("sh", folder.path(), Some("/none/tow"), b""), b"towline:none:\n");
        assert_eq!(answer("sh", folder.path(), Some("no-such-tow"), b""), b"towline:none:\n");
    }

    #[test]
    fn a_login_shells_own_path_is_the_last_resort() {
        let folder = tempfile::tempdir().unwrap();
        program(&folder.path().join("far/tow"));
        std::fs::write(folder.path().join(".profile"), "echo noise\nPATH=$HOME/far:$PATH\n")
            .unwrap();
        assert_eq!(answer("sh", folder.path(), None, b""), b"towline:here\nruns proxy\n");
    }

    #[test]
    fn the_word_is_found_in_noise() {
        for (seen, expected) in [
            (&b"hi towline:here\nrest"[..], Some(Found::Tow(b"rest".to_vec()))),
            (b"towline:here\n", Some(Found::Tow(Vec::new()))),
            (b"towline:here", None),
            (b"x\ntowline:none:tmux 3.3a\n", Some(Found::None(Some("tmux 3.3a".into())))),
            (b"towline:none:\n", Some(Found::None(None))),
            (b"towline:none:tmux", None),
            (b"", None),
        ] {
            assert_eq!(look(seen), expected);
        }
    }
}
