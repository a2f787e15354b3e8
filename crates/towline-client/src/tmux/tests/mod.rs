//! Against a real tmux with a server of its own, through a real `sh`.

mod panes;
mod typing;
mod watching;

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use towline_protocol::v1::{self, send_step::Step};

use super::{Driver, Place};

/// How long anything may take. A loaded machine is slow; a hang is for ever.
const DEADLINE: Duration = Duration::from_secs(30);

/// Texts that would do something if anybody read them as more than text.
const HOSTILE: [&str; 20] = [
    "'; touch x; '",
    "$(touch x)",
    "`touch x`",
    "\"; touch x; \"",
    "-t",
    "--",
    "C-c",
    "Enter",
    "trailing;",
    "trailing\\;",
    ";",
    "#(touch x)",
    "#{pane_id} #S ##{x} #[fg=red]",
    "a:b.c",
    "%H %d %%",
    "$HOME ~ *",
    "back\\slash \\n",
    "日本 é 🙂",
    "=x",
    "{a,b} !! ^a",
];

/// A tmux server of the test's own, and a driver for it.
struct Tmux {
    folder: TempDir,
    driver: Driver,
}

impl Tmux {
    /// With the locale that garbles most.
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("tow-tmux-").tempdir().unwrap();
        // Nobody's own configuration, and a login shell that prints.
        std::fs::write(folder.path().join(".profile"), "echo noise\n").unwrap();
        let place = Place {
            host: "thor".into(),
            env: environment(folder.path()),
            projects: Some(folder.path().to_string_lossy().into_owned()),
            ..Place::here("tmux")
        };
        Self { driver: Driver::new(place).patience(DEADLINE), folder }
    }

    /// With a pane that runs a command; also its id.
    async fn with(command: &[&str]) -> (Self, u64) {
        let tmux = Self::new();
        let pane = tmux.spawn("app", command).await;
        (tmux, pane.id)
    }

    fn request(&self, name: &str, command: &[&str]) -> v1::Spawn {
        v1::Spawn {
            name: name.into(),
            command: command.iter().map(|word| word.as_bytes().to_vec()).collect(),
            cwd: self.folder.path().as_os_str().as_encoded_bytes().to_vec(),
            ..v1::Spawn::default()
        }
    }

    async fn spawn(&self, name: &str, command: &[&str]) -> v1::Pane {
        self.driver.spawn(&self.request(name, command)).await.unwrap()
    }

    /// tmux itself.
    fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .arg("-u")
            .args(arguments)
            .envs(environment(self.folder.path()))
            .env_remove("TMUX")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    async fn panes(&self) -> Vec<v1::Pane> {
        self.driver.list().await.unwrap().panes
    }

    async fn pane(&self, id: u64) -> v1::Pane {
        self.panes().await.into_iter().find(|pane| pane.id == id).unwrap()
    }

    async fn lines(&self, pane: u64) -> Vec<String> {
        self.driver.peek(pane, 100, false).await.unwrap().lines
    }

    async fn wait_for(&self, pane: u64, line: &str) -> Vec<String> {
        wait(&format!("a line {line:?}"), async || {
            let lines = self.lines(pane).await;
            lines.iter().any(|known| known == line).then_some(lines)
        })
        .await
    }

    /// Nothing that was only text has been run.
    fn nothing_ran(&self) {
        assert!(!self.folder.path().join("x").exists());
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let mut command = Command::new("tmux");
        command.arg("kill-server").envs(environment(self.folder.path())).env_remove("TMUX");
        let _ = command.output();
    }
}

fn environment(folder: &Path) -> Vec<(OsString, OsString)> {
    [
        ("TMUX_TMPDIR", folder.as_os_str()),
        ("HOME", folder.as_os_str()),
        ("LC_ALL", "C".as_ref()),
        ("SHELL", "/bin/sh".as_ref()),
        ("PS1", "$ ".as_ref()),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .to_vec()
}

/// Waits until `look` finds something.
async fn wait<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let end = tokio::time::Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < end, "waited too long for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn text(text: &str) -> v1::SendStep {
    v1::SendStep { step: Some(Step::Text(text.into())), calm: false }
}

fn key(key: &str) -> v1::SendStep {
    v1::SendStep { step: Some(Step::Key(key.into())), calm: false }
}

fn enter() -> v1::SendStep {
    v1::SendStep { calm: true, ..key("Enter") }
}
