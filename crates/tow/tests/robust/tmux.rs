//! A tmux of a test's own, as a terminal that is not of our making.

use std::process::Command;

use towline_testkit::{Tow, wait_until};

pub(crate) struct Tmux {
    socket: std::path::PathBuf,
}

impl Tmux {
    /// One with a window of 80×24 that runs a shell's command line, with the program under test as `$TOW`.
    pub(crate) fn start(tow: &Tow, line: &str) -> Self {
        let tmux = Self { socket: tow.work().join("tmux.sock") };
        let like = tow.command::<&str>(&[]);
        let mut command = tmux.command(&["new-session", "-d", "-x", "80", "-y", "24", line]);
        for (name, value) in like.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(tow.work()).env("TOW", like.get_program());
        assert!(command.status().unwrap().success());
        tmux
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket).args(["-f", "/dev/null"]).args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Types keys by their tmux names.
    pub(crate) fn keys(&self, keys: &[&str]) {
        self.run(&[&["send-keys"], keys].concat());
    }

    /// A fact about the window, as tmux's formats name it.
    pub(crate) fn fact(&self, format: &str) -> String {
        self.run(&["display-message", "-p", format]).trim_end().to_owned()
    }

    pub(crate) fn rows(&self) -> Vec<String> {
        crate::trimmed(self.run(&["capture-pane", "-p"]).lines())
    }

    #[track_caller]
    pub(crate) fn wait_rows(&self, expected: &[&str]) {
        let mut last = Vec::new();
        let end = std::time::Instant::now() + towline_testkit::DEADLINE;
        while last != expected {
            assert!(std::time::Instant::now() < end, "{last:#?} is shown, not {expected:#?}");
            last = self.rows();
        }
    }

    #[track_caller]
    pub(crate) fn wait_text(&self, text: &str) {
        wait_until(text, || self.rows().iter().any(|row| row.contains(text)).then_some(()));
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let screen = self.command(&["capture-pane", "-p"]).output();
            let screen = screen.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
            eprintln!("the screen at last:\n{}", screen.unwrap_or_default().trim_end());
        }
        let _ = self.command(&["kill-server"]).status();
    }
}
