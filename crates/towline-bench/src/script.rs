//! A program for a pane, with two FIFOs to talk to it apart from its terminal.
//!
//! What the program is doing arrives as lines of the first FIFO and it is let go on through the
//! second, so that nothing is measured through the terminal that is itself under measurement,
//! and nothing waits by sleeping.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};

use crate::interrupt;

/// On the screen when the program runs. Made of characters that nothing else on the screen has:
/// a client that sends only the cells that differ must send all of these.
pub(crate) const READY: &str = "#@@##@@#";
/// On the screen after the last line of text.
pub(crate) const END: &str = "@#@#@#@#";

/// Some rows down, where no client draws its own first line.
const SHOW_READY: &str = r#"printf '\n\n\n\n\n\n\n\n#@@##@@#\n'"#;
const SHOW_END: &str = r#"printf '\n@#@#@#@#\n'"#;
/// In the bottom row.
const SHOW_END_ONLY: &str = r#"printf '\n@#@#@#@#'"#;

/// The program of a pane and this side of its FIFOs.
pub(crate) struct Script {
    /// What to run.
    pub(crate) argv: Vec<OsString>,
    said: File,
    go: File,
    unread: String,
    paths: [PathBuf; 2],
}

impl Script {
    /// Prints `text` so many times once it may, and says when it began and ended, in
    /// nanoseconds since the epoch.
    ///
    /// The end is when the terminal has taken the last byte. The clock is read by the program
    /// itself, so that what happens afterwards on the busy machine doesn't count.
    pub(crate) fn flood(dir: &Path, name: &str, text: &Path, times: u64) -> Result<Self> {
        let script = format!(
            r#"{SHOW_READY}
            echo ready >"$1"; read -r _ <"$2"
            start=$(date +%s%N)
            n=$4; while [ "$n" -gt 0 ]; do cat "$3"; n=$((n - 1)); done
            end=$(date +%s%N)
            {SHOW_END}
            echo "$start $end" >"$1"; read -r _ <"$2""#
        );
        Self::new(dir, name, &script, &[text.into(), times.to_string().into()])
    }

    /// Echoes each byte at once.
    pub(crate) fn echo(dir: &Path, name: &str) -> Result<Self> {
        let script = format!(r#"stty raw -echo; {SHOW_READY}; echo ready >"$1"; exec cat"#);
        Self::new(dir, name, &script, &[])
    }

    /// Does nothing until it may go on, and then ends.
    pub(crate) fn held(dir: &Path, name: &str) -> Result<Self> {
        Self::new(dir, name, r#"echo ready >"$1"; read -r _ <"$2""#, &[])
    }

    /// The same in a shell that lives on, by a program whose name is that of the file `agent`: a shell of another name.
    pub(crate) fn within_shell(dir: &Path, name: &str, agent: &Path) -> Result<Self> {
        let script =
            r#""$3" -c 'echo ready >"$1"; read -r _ <"$2"' agent "$1" "$2"; exec sleep 1000"#;
        Self::new(dir, name, script, &[agent.into()])
    }

    /// Fills a screen with text, whose last row is [`END`].
    pub(crate) fn page(dir: &Path, name: &str, text: &Path) -> Result<Self> {
        let script = format!(
            r#"head -n 200 "$3"; {SHOW_END_ONLY}
            echo ready >"$1"; read -r _ <"$2""#
        );
        Self::new(dir, name, &script, &[text.into()])
    }

    /// The program that floods and shows keys: this program's own `torrent`.
    pub(crate) fn torrent(dir: &Path, name: &str, own: &Path) -> Result<Self> {
        let script = r#"stty raw -echo; echo ready >"$1"; exec "$3" torrent"#;
        Self::new(dir, name, script, &[own.into()])
    }

    fn new(dir: &Path, name: &str, script: &str, arguments: &[OsString]) -> Result<Self> {
        let paths = [dir.join(format!("{name}.said")), dir.join(format!("{name}.go"))];
        let [said, go] = [fifo(&paths[0])?, fifo(&paths[1])?];
        let mut argv: Vec<OsString> = vec!["sh".into(), "-c".into(), script.into(), name.into()];
        argv.extend(paths.iter().map(|path| path.clone().into_os_string()));
        argv.extend_from_slice(arguments);
        Ok(Self { argv, said, go, unread: String::new(), paths })
    }

    /// The program's next line.
    pub(crate) fn said(&mut self, deadline: Instant) -> Result<String> {
        loop {
            if let Some((line, rest)) = self.unread.split_once('\n') {
                let line = line.to_owned();
                self.unread = rest.to_owned();
                return Ok(line);
            }
            interrupt::wait_readable(self.said.as_fd(), deadline, "the program in the pane")?;
            let mut chunk = [0; 4096];
            let n = self.said.read(&mut chunk).context("reading the program's FIFO")?;
            self.unread.push_str(&String::from_utf8_lossy(&chunk[..n]));
        }
    }

    /// Waits until the program has said something; `false` at the deadline.
    pub(crate) fn speaks(&self, deadline: Instant) -> Result<bool> {
        Ok(!self.unread.is_empty() || interrupt::wait(&[self.said.as_fd()], deadline)?)
    }

    /// Waits until the program runs.
    pub(crate) fn ready(&mut self, deadline: Instant) -> Result<()> {
        match self.said(deadline)?.as_str() {
            "ready" => Ok(()),
            other => bail!("the program said {other:?} instead of ready"),
        }
    }

    /// Lets the program go on.
    pub(crate) fn go(&mut self) -> Result<()> {
        self.go.write_all(b"go\n").context("writing to the program's FIFO")
    }

    /// When a flood began and ended, in nanoseconds since the epoch.
    pub(crate) fn flooded(&mut self, deadline: Instant) -> Result<(u64, u64)> {
        let said = self.said(deadline)?;
        let times = said.split_once(' ').context("the flood gave no two times")?;
        let parse = |time: &str| time.parse().with_context(|| format!("a time: {time:?}"));
        Ok((parse(times.0)?, parse(times.1)?))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        for path in &self.paths {
            // The folder goes later anyway; this only lets the next round use the name.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A FIFO opened for both ways: opening never blocks, and a line written before the program
/// reads is kept.
fn fifo(path: &Path) -> Result<File> {
    let make = || {
        mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
        open(path, OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())
    };
    Ok(File::from(make().with_context(|| format!("making the FIFO {}", path.display()))?))
}
