//! Desktop notifications: by the desktop's own program where this is its machine, else by the terminal.

use std::process::Stdio;
use std::time::Duration;

use super::told::News;
use crate::launch::is_program;

/// The program that tells a desktop (libnotify).
const NOTIFY_SEND: &str = "notify-send";

/// It returns at once, where there is a desktop that listens.
const PATIENCE: Duration = Duration::from_secs(5);

/// Characters of a notification that are shown.
const LONGEST: usize = 250;

/// How this desktop is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Desktop {
    /// By its own program.
    Program,
    /// By a sequence to the terminal, which a tmux in between is asked to pass on.
    Terminal { sequence: Sequence, in_tmux: bool },
    /// Not at all: the terminal would show a sequence as text.
    Not,
}

/// A sequence that terminals take as a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sequence {
    /// OSC 9, of iTerm2; kitty, WezTerm, Ghostty and others take it.
    Osc9,
    /// OSC 777, of rxvt-unicode; foot and terminals with VTE take it.
    Osc777,
}

impl Desktop {
    /// As this process's environment has it.
    pub(super) fn here() -> Self {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        Self::of(&variable, is_program(NOTIFY_SEND.as_ref()))
    }

    fn of(variable: &dyn Fn(&str) -> String, has_program: bool) -> Self {
        let set = |name: &str| !variable(name).is_empty();
        let remote = set("SSH_CONNECTION") || set("SSH_TTY");
        let display = set("DISPLAY") || set("WAYLAND_DISPLAY");
        if has_program && display && !remote {
            return Self::Program;
        }
        let term = variable("TERM");
        let in_tmux = set("TMUX");
        let is = |prefix: &str| term.starts_with(prefix);
        // The kernel's console and GNU screen take no such sequence.
        if matches!(term.as_str(), "" | "dumb" | "linux") || is("screen") && !in_tmux {
            return Self::Not;
        }
        let sequence = if is("foot") || is("rxvt") || set("VTE_VERSION") {
            Sequence::Osc777
        } else {
            Sequence::Osc9
        };
        Self::Terminal { sequence, in_tmux }
    }

    /// Tells it. What this returns is for the terminal.
    pub(super) fn tell(self, news: &News) -> Vec<u8> {
        match self {
            Self::Program => run(news),
            Self::Terminal { sequence, in_tmux } => return sequence.bytes(news, in_tmux),
            Self::Not => {}
        }
        Vec::new()
    }
}

impl Sequence {
    fn bytes(self, news: &News, in_tmux: bool) -> Vec<u8> {
        let sequence = match self {
            Self::Osc9 => {
                format!("\x1b]9;{}\x1b\\", short(&format!("{}: {}", news.title, news.body)))
            }
            Self::Osc777 => {
                // A semicolon would end the title.
                let title = short(&news.title.replace(';', ","));
                format!("\x1b]777;notify;{title};{}\x1b\\", short(&news.body))
            }
        };
        match in_tmux {
            true => format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")),
            false => sequence,
        }
        .into_bytes()
    }
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// Runs the desktop's program, and waits for nothing.
fn run(news: &News) {
    let mut command = tokio::process::Command::new(NOTIFY_SEND);
    command
        .args(["--app-name=Towline", "--", &news.title, &without_markup(&short(&news.body))])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    // A desktop that isn't told is no reason to disturb who works.
    if let Ok(mut child) = command.spawn() {
        tokio::spawn(async move { tokio::time::timeout(PATIENCE, child.wait()).await.is_ok() });
    }
}

/// Desktops read a body as markup.
fn without_markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_follows_from_the_environment() {
        let terminal = |sequence, in_tmux| Desktop::Terminal { sequence, in_tmux };
        let table: [(&[&str], bool, Desktop); 11] = [
            (&["TERM=xterm-256color", "DISPLAY=:0"], true, Desktop::Program),
            (&["TERM=xterm", "WAYLAND_DISPLAY=w"], true, Desktop::Program),
            (&["TERM=xterm", "DISPLAY=:0"], false, terminal(Sequence::Osc9, false)),
            (&["TERM=xterm"], true, terminal(Sequence::Osc9, false)),
            (
                &["TERM=xterm-kitty", "DISPLAY=:10", "SSH_CONNECTION=a"],
                true,
                terminal(Sequence::Osc9, false),
            ),
            (&["TERM=foot"], false, terminal(Sequence::Osc777, false)),
            (&["TERM=xterm-256color", "VTE_VERSION=7"], false, terminal(Sequence::Osc777, false)),
            (&["TERM=tmux-256color", "TMUX=/tmp/x"], false, terminal(Sequence::Osc9, true)),
            (&["TERM=screen-256color", "TMUX=/tmp/x"], false, terminal(Sequence::Osc9, true)),
            (&["TERM=screen"], false, Desktop::Not),
            (&["TERM=linux"], true, Desktop::Not),
        ];
        for (environment, has_program, expected) in table {
            let variable = |name: &str| {
                let mut pairs = environment.iter().filter_map(|pair| pair.split_once('='));
                pairs.find(|(known, _)| *known == name).map_or("", |(_, value)| value).to_owned()
            };
            assert_eq!(Desktop::of(&variable, has_program), expected, "{environment:?}");
        }
    }

    #[test]
    fn sequences_hold_the_text_and_end() {
        let news = News { title: "a;b is done".into(), body: "x;y".into() };
        let bytes = |sequence: Sequence, in_tmux| {
            String::from_utf8(sequence.bytes(&news, in_tmux)).unwrap()
        };
        assert_eq!(bytes(Sequence::Osc9, false), "\x1b]9;a;b is done: x;y\x1b\\");
        assert_eq!(bytes(Sequence::Osc777, false), "\x1b]777;notify;a,b is done;x;y\x1b\\");
        assert_eq!(
            bytes(Sequence::Osc9, true),
            "\x1bPtmux;\x1b\x1b]9;a;b is done: x;y\x1b\x1b\\\x1b\\"
        );
        let long = News { title: "t".into(), body: "x".repeat(9000) };
        assert!(Sequence::Osc777.bytes(&long, false).len() < 300);
    }

    #[test]
    fn nothing_is_read_as_markup() {
        assert_eq!(without_markup("a <b>&c</b>"), "a &lt;b&gt;&amp;c&lt;/b&gt;");
    }
}
