//! A host of a test's fleet.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::netns::Side;
use crate::ssh_client::SshClient;
use crate::sshd::write_script;
use crate::{Login, Outcome, Relay, Sshd, Tow, outcome, programs};

/// What a host has. The default is a machine with `sshd`, a shell and the usual programs.
#[derive(Debug, Clone)]
pub struct Setup {
    tow: bool,
    tmux: bool,
    shell: PathBuf,
    noise: Vec<String>,
    environment: Vec<(OsString, OsString)>,
    entry: Vec<String>,
    trusted: bool,
    side: Option<Side>,
}

impl Setup {
    /// A host with neither Towline nor tmux.
    pub fn bare() -> Self {
        Self {
            tow: false,
            tmux: false,
            shell: "/bin/sh".into(),
            noise: Vec::new(),
            environment: vec![("LANG".into(), "C.UTF-8".into())],
            entry: Vec::new(),
            trusted: true,
            side: None,
        }
    }

    /// A host with Towline.
    pub fn towline() -> Self {
        Self { tow: true, ..Self::bare() }
    }

    /// A host with tmux.
    pub fn tmux() -> Self {
        Self { tmux: true, ..Self::bare() }
    }

    /// It has tmux too.
    pub fn with_tmux(mut self) -> Self {
        self.tmux = true;
        self
    }

    /// Its login shell, by its name on this machine.
    ///
    /// # Panics
    /// Where there is none of that name.
    pub fn shell(mut self, name: &str) -> Self {
        self.shell = programs::find(name);
        self
    }

    /// Its rc files print a line each time they are read. `sh` reads them for logins with a terminal only; of the
    /// shells that people log in to, `bash` and `zsh` do for each command. The line is to have no quotes.
    pub fn noise(mut self, line: &str) -> Self {
        self.noise.push(line.to_owned());
        self
    }

    /// A variable of a login's environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// The locale of a login: `C` for a host that knows of no UTF-8.
    pub fn locale(self, locale: &str) -> Self {
        self.env("LC_ALL", locale)
    }

    /// A line of its entry in `hosts.toml`, beside `address` and `projects`: `backend = "tmux"`.
    pub fn entry(mut self, line: &str) -> Self {
        self.entry.push(line.to_owned());
        self
    }

    /// The client has never seen its key.
    pub fn untrusted(mut self) -> Self {
        self.trusted = false;
        self
    }

    /// It is in this network, and reached there directly: its relay is not used.
    pub fn at(mut self, side: &Side) -> Self {
        self.side = Some(side.clone());
        self
    }

    pub(crate) fn entry_lines(&self) -> &[String] {
        &self.entry
    }
}

/// A host: an `sshd` behind a relay, with a home, programs and a Towline of its own. Dropping it ends all its processes.
#[derive(Debug)]
pub struct Host {
    alias: String,
    /// The link to it, but where it is in a network of its own.
    pub relay: Relay,
    /// Its sshd.
    pub sshd: Sshd,
    /// The `ssh` that the client reaches it with.
    client: SshClient,
    /// What a login finds set.
    environment: Vec<(OsString, OsString)>,
    tow: Tow,
}

impl Host {
    /// One that runs this program as its `tow`, where it has one, and that the client reaches by its alias.
    pub(crate) fn new(alias: &str, setup: &Setup, program: &Path, client: &SshClient) -> Self {
        let mut tow = Tow::new(program);
        let (home, bin) = (tow.folder().join("home"), tow.folder().join("bin"));
        let tools = tow.folder().join("tools");
        programs::link_usual(&tools);
        for folder in [&bin, &home.join("projects")] {
            fs::create_dir(folder).expect("a folder in a new one");
        }
        if setup.tow {
            programs::link(program, &bin, "tow");
        }
        if setup.tmux {
            programs::link(&programs::find("tmux"), &bin, "tmux");
        }
        let path = std::env::join_paths([&bin, &tools]).expect("folders without colons");
        write_rc_files(&home, &path, &setup.noise);
        let mut environment = vec![
            ("PATH".into(), path),
            ("TOWLINE_HOME".into(), tow.home().into()),
            ("TMUX_TMPDIR".into(), tow.tmux_folder().into()),
        ];
        environment.extend(setup.environment.iter().cloned());
        let login = Login {
            home,
            environment: environment.clone(),
            shell: setup.shell.clone(),
            ends: tow.folder().to_owned(),
        };
        let sshd = match &setup.side {
            Some(side) => Sshd::start_in(side, login),
            None => Sshd::start(login),
        };
        let relay = Relay::new(sshd.address());
        let reached = if setup.side.is_some() { sshd.address() } else { relay.address() };
        client.add(alias, reached, Some(&sshd.key()));
        if setup.trusted {
            client.trust(reached, &sshd.host_key());
        }
        if let Some(side) = &setup.side {
            tow.set_inside(side);
        }
        environment.push(("SHELL".into(), setup.shell.clone().into()));
        for (name, value) in &environment {
            tow.set_env(name, value);
        }
        Self { alias: alias.to_owned(), relay, sshd, client: client.clone(), environment, tow }
    }

    /// Its name in the client's list of hosts.
    pub fn alias(&self) -> &str {
        &self.alias
    }

    /// The home of a login.
    pub fn home(&self) -> PathBuf {
        self.tow.folder().join("home")
    }

    /// Where its projects are.
    pub fn projects(&self) -> PathBuf {
        self.home().join("projects")
    }

    /// Makes a project there: an empty folder.
    pub fn project(&self, name: &str) -> PathBuf {
        let folder = self.projects().join(name);
        fs::create_dir_all(&folder).expect("the host's own folder");
        folder
    }

    /// Gives it a program: a script for `/bin/sh`, or whatever its first line says.
    pub fn install(&self, name: &str, script: &str) {
        let first = if script.starts_with("#!") { "" } else { "#!/bin/sh\n" };
        write_script(&self.tow.folder().join("bin").join(name), &format!("{first}{script}\n"));
    }

    /// Takes a program from it: `tow`, `tmux` or one that was [`install`](Self::install)ed.
    pub fn uninstall(&self, name: &str) {
        fs::remove_file(self.tow.folder().join("bin").join(name)).expect("it has the program");
    }

    /// Its own Towline, as somebody who sits before it has it.
    pub fn there(&self) -> &Tow {
        &self.tow
    }

    /// Runs `tow` on the host, not through the link.
    pub fn tow<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Outcome {
        self.tow.run(arguments)
    }

    /// Starts a pane in the host's own Towline, and returns its target there.
    #[track_caller]
    pub fn spawn(&self, name: &str, command_line: &str) -> String {
        self.tow.spawn(name, command_line)
    }

    /// Ends the host's server as nothing orderly would.
    #[track_caller]
    pub fn kill_server(&self) {
        self.tow.kill_server();
    }

    /// A command that is not run yet, in the host's home with the environment of a login.
    pub fn command<S: AsRef<OsStr>>(&self, program: &str, arguments: &[S]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("HOME", self.home())
            .current_dir(self.home())
            .stdin(Stdio::null());
        for name in ["USER", "LOGNAME"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    /// Runs a shell's command line on the host.
    pub fn sh(&self, line: &str) -> Outcome {
        outcome::run(self.command("/bin/sh", &["-c", line]), b"")
    }

    /// Runs tmux on the host, and returns what it prints.
    #[track_caller]
    pub fn tmux<S: AsRef<OsStr>>(&self, arguments: &[S]) -> String {
        let tmux = programs::find("tmux");
        let command = self.command(&tmux.to_string_lossy(), arguments);
        outcome::run(command, b"").expect_status(0).stdout
    }

    /// The processes on the host that serve its connections, and what those run.
    pub fn session_pids(&self) -> Vec<i32> {
        self.sshd.session_pids()
    }

    /// The client's `ssh` processes for this host, masters in the background too.
    pub fn ssh_pids(&self) -> Vec<i32> {
        self.client.pids(&self.alias, self.relay.address())
    }

    /// The machine fails: everything on it ends at once.
    pub fn crash(&mut self) {
        self.relay.cut(crate::Cut::Refuse);
        self.sshd.stop();
        crate::leftovers::end_all(self.tow.folder());
    }

    /// It comes back, with what is on its disk.
    pub fn boot(&mut self) {
        self.sshd.start_again();
        self.relay.restore();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.relay.cut(crate::Cut::Refuse);
        self.sshd.stop();
        crate::leftovers::end_all(self.tow.folder());
    }
}

/// Files that a login's shell reads. They set the PATH again, as the machine's own for login shells set another.
fn write_rc_files(home: &Path, path: &OsStr, noise: &[String]) {
    let path = path.to_string_lossy();
    let noise: String = noise.iter().map(|line| format!("echo '{line}'\n")).collect();
    let posix = format!("PATH='{path}'\nexport PATH\n{noise}");
    let csh = format!("setenv PATH '{path}'\n{noise}");
    let fish = format!("set -x PATH '{}'\n{noise}", path.replace(':', "' '"));
    fs::create_dir_all(home.join(".config/fish")).expect("a new home");
    let files = [
        (".profile", &posix),
        (".zprofile", &posix),
        (".bashrc", &noise),
        (".zshenv", &noise),
        (".cshrc", &csh),
        (".config/fish/config.fish", &fish),
    ];
    for (name, text) in files {
        fs::write(home.join(name), text).expect("a new home");
    }
}
