//! The first script of a shell: what the later ones rely on.

use super::quote;

/// What was found on a host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Found {
    /// tmux's path; `None` where there is none.
    pub(super) tmux: Option<String>,
    /// Its version ("3.3a").
    pub(super) version: Option<String>,
    /// What `uname -s` says ("Linux", "Darwin").
    pub(super) system: String,
}

impl Found {
    /// tmux as a word of a script, or one that fails where there is none.
    pub(super) fn tmux(&self) -> String {
        let path = self.tmux.as_deref().unwrap_or("/nonexistent/tmux");
        let quoted = quote::sh(path);
        // Always UTF-8, whatever the locale there says.
        format!("{} -u", String::from_utf8_lossy(&quoted))
    }

    /// Whether tmux is at least this old. A version that can't be read (a build from the repository) is a new one.
    pub(super) fn at_least(&self, major: u32, minor: u32) -> bool {
        let Some(version) = &self.version else { return true };
        let numbers = version.trim_start_matches(|c: char| !c.is_ascii_digit());
        let mut parts = numbers.split(|c: char| !c.is_ascii_digit());
        let mut number = || parts.next().and_then(|part| part.parse::<u32>().ok());
        match (number(), number()) {
            (Some(have), minor_) => (have, minor_.unwrap_or(0)) >= (major, minor),
            _ => true,
        }
    }
}

/// Where programs are that a login shell's PATH would find and a plain one doesn't.
const FOLDERS: &str = "$HOME/.local/bin:/usr/local/bin:$HOME/.nix-profile/bin:/run/current-system/sw/bin:\
    $HOME/bin:/opt/homebrew/bin:/opt/local/bin:/usr/bin:/bin";

/// The script. It leaves a shell that is in no tmux and in no pane, whoever started it.
pub(super) fn script(tmux: &str) -> Vec<u8> {
    let name = quote::sh(if tmux.is_empty() { "tmux" } else { tmux });
    let mut script = format!(
        "unset TMUX TMUX_PANE ENV BASH_ENV CDPATH\n\
         unset TOWLINE_PANE TOWLINE_NAME TOWLINE_HOST TOWLINE_SOCKET TOWLINE_SECRET\n\
         set +e +u +f\n\
         PATH=$PATH:{FOLDERS}; export PATH\n\
         set -- "
    )
    .into_bytes();
    script.extend(name);
    script.extend_from_slice(
        br#"
case $1 in "~/"*) set -- "$HOME/${1#??}";; esac
tow_tmux=$(command -v "$1" 2>/dev/null) || tow_tmux=
case $tow_tmux in
/*) ;;
*)
  tow_path=$("${SHELL:-sh}" -lc env 2>/dev/null | sed -n 's/^PATH=//p' | tail -n 1)
  [ -n "$tow_path" ] && tow_tmux=$(PATH=$tow_path; command -v "$1" 2>/dev/null) || tow_tmux=
  ;;
esac
case $tow_tmux in /*) ;; *) tow_tmux= ;; esac
printf '%s\n' "$tow_tmux"
if [ -n "$tow_tmux" ]; then "$tow_tmux" -V 2>/dev/null; else echo; fi
uname -s
"#,
    );
    script
}

/// Reads what the script printed.
pub(super) fn found(output: &[u8]) -> Found {
    let text = String::from_utf8_lossy(output);
    let mut lines = text.split('\n').map(str::trim);
    let mut line = || lines.next().unwrap_or_default();
    let tmux = Some(line()).filter(|path| path.starts_with('/')).map(str::to_owned);
    let version = line().strip_prefix("tmux ").map(str::to_owned);
    Found { tmux, version, system: line().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_has_is_read() {
        for (output, tmux, version, system) in [
            ("/usr/bin/tmux\ntmux 3.3a\nLinux\n", Some("/usr/bin/tmux"), Some("3.3a"), "Linux"),
            (
                "/opt/homebrew/bin/tmux\ntmux next-3.6\nDarwin\n",
                Some("/opt/homebrew/bin/tmux"),
                Some("next-3.6"),
                "Darwin",
            ),
            ("\n\nLinux\n", None, None, "Linux"),
            ("", None, None, ""),
        ] {
            let expected = Found {
                tmux: tmux.map(str::to_owned),
                version: version.map(str::to_owned),
                system: system.into(),
            };
            assert_eq!(found(output.as_bytes()), expected, "{output}");
        }
    }

    #[test]
    fn versions_are_compared_by_number() {
        for (version, expected) in [
            ("3.3a", true),
            ("3.2", true),
            ("3.1c", false),
            ("2.9a", false),
            ("3.10", true),
            ("4.0", true),
            ("next-3.6", true),
            ("master", true),
            ("openbsd-6.9", true),
        ] {
            let found = Found { version: Some(version.into()), ..Found::default() };
            assert_eq!(found.at_least(3, 2), expected, "{version}");
        }
    }
}
