//! The operations.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;
use towline_protocol::v1;

use super::follow::Followers;
use super::frame::{Answer, nonce};
use super::processes::Sampler;
use super::script::{self, LINE_TOO_LONG, Script};
use super::setup::Found;
use super::shell::Shell;
use super::{
    Changes, Follow, Listed, Peeked, Place, Screens, TmuxError, attach, end, list, peek, quote,
    screens, send, spawn,
};

/// How long an operation may take where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(10);

/// A pane that tmux keeps is looked at so often, with such pauses, until tmux says how its program ended.
const STATUS_LOOKS: usize = 20;
const STATUS_PAUSE: Duration = Duration::from_millis(50);

/// A tmux server that loses its last session takes a moment to end, and a new one can't begin before: a window is
/// tried for so often again, with pauses that grow by this much.
const OUTRUN_TRIES: u32 = 5;
const OUTRUN_PAUSE: Duration = Duration::from_millis(30);

/// tmux on a host. Operations run one after the other, in the order in which they were asked for; watching and
/// following go beside them. It holds at most three of the host's sessions: sshd allows ten in all.
#[derive(Debug)]
pub struct Driver {
    place: Place,
    shell: Shell,
    followers: Arc<Followers>,
    patience: Duration,
    sampler: std::sync::Mutex<Sampler>,
    /// Programs that are agents beside those that are known, and the kind of each.
    programs: std::sync::Mutex<Vec<(String, String)>>,
    /// One at a time looks whether a name is free and takes it.
    naming: Mutex<()>,
}

impl Driver {
    /// A driver for a host; nothing is opened before something is asked.
    pub fn new(place: Place) -> Self {
        Self {
            shell: Shell::new(place.clone()),
            followers: Arc::new(Followers::new(place.clone())),
            place,
            patience: PATIENCE,
            sampler: Default::default(),
            programs: Default::default(),
            naming: Mutex::default(),
        }
    }

    /// A driver for this machine's tmux.
    pub fn local(tmux: &str) -> Self {
        Self::new(Place::here(tmux))
    }

    /// How long each operation may take.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Closes what is open on the host, until something is asked again.
    pub async fn close(&self) {
        self.shell.close().await;
    }

    /// Runs a script that needs a tmux.
    async fn run(&self, script: impl Fn(&Found) -> Vec<u8>) -> Result<Answer, TmuxError> {
        if self.shell.found(self.patience).await?.tmux.is_none() {
            return Err(TmuxError::NoTmux { host: self.place.host.clone() });
        }
        self.shell.run(self.patience, script).await
    }

    /// Runs a script about a pane.
    async fn about(
        &self,
        pane: u64,
        script: impl Fn(&Found) -> Vec<u8>,
    ) -> Result<Vec<u8>, TmuxError> {
        script::outcome(&self.place, pane, self.run(script).await?)
    }

    /// What there is on the host: in one round trip. A host without tmux has no panes, but may have agents.
    ///
    /// # Errors
    /// Where the host can't be asked, or tmux can't list.
    pub async fn list(&self) -> Result<Listed, TmuxError> {
        let mark = nonce(8).map_err(|error| TmuxError::Invalid(error.to_string()))?;
        let answer = self.shell.run(self.patience, |found| list::script(found, &mark)).await?;
        let found = self.shell.found(self.patience).await?;
        let mut listed = {
            let mut sampler = self.sampler.lock().unwrap_or_else(PoisonError::into_inner);
            let programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
            list::parse(&answer.output, &mark, now(), &mut sampler, &programs)
                .map_err(|said| script::refused(&self.place, said.as_bytes()))?
        };
        listed.version = found.version.clone();
        Ok(listed)
    }

    /// Takes these programs, by the names of their files, for agents of these kinds, beside those that are known.
    pub fn recognise(&self, programs: Vec<(String, String)>) {
        *self.programs.lock().unwrap_or_else(PoisonError::into_inner) = programs;
    }

    /// What these panes show, where they may have been drawn to since the last look; each comes with the process of
    /// its agent (0: not known). All in one round trip.
    ///
    /// # Errors
    /// Where the host can't be asked.
    pub async fn look(&self, panes: &[(u64, i32)]) -> Result<Screens, TmuxError> {
        let mark = nonce(8).map_err(|error| TmuxError::Invalid(error.to_string()))?;
        let answer = self.run(|found| screens::script(found, panes, &mark)).await?;
        Ok(screens::parse(&answer.output, &mark))
    }

    /// The last rows of a pane, scrollback and screen as one, without blank rows at the end; 0: the screen. With
    /// `ansi` each row has the sequences for its colours, and is complete in itself.
    ///
    /// # Errors
    /// Where there is no such pane, or the host can't be asked.
    pub async fn peek(&self, pane: u64, lines: u32, ansi: bool) -> Result<Peeked, TmuxError> {
        let output = self.about(pane, |found| peek::script(found, pane, lines)).await?;
        let captured = peek::captured(&output, pane, lines.into())
            .ok_or_else(|| TmuxError::NoPane { host: self.place.host.clone(), pane })?;
        Ok(peek::peeked(captured, lines, ansi))
    }

    /// Types into a pane: texts as pastes, bracketed where the program has asked for that, `/commands` as they are,
    /// keys by name. Where somebody has scrolled back there, that is ended first. It is done at most once: where the
    /// link breaks under way, nobody knows how far it came ([`TmuxError::kind`]).
    ///
    /// # Errors
    /// A key that has no name (nothing is typed then), a pane that has ended, a line that its terminal would cut.
    pub async fn send(&self, pane: u64, steps: &[v1::SendStep]) -> Result<(), TmuxError> {
        let typed = send::typed(steps)?;
        let buffer = unique()?;
        let answer = self.run(|found| send::script(found, pane, &typed, &buffer)).await?;
        if answer.status == LINE_TOO_LONG {
            let found = self.shell.found(self.patience).await?;
            let bytes = typed.iter().map(send::longest_line).max().unwrap_or(0);
            return Err(TmuxError::LineTooLong { bytes, most: send::line_max(&found.system) });
        }
        script::outcome(&self.place, pane, answer).map(drop)
    }

    /// Closes a pane (signal 0): tmux hangs up on its processes, and those that stay are ended. Or signals its
    /// foreground process group. Returns whether the pane is gone.
    ///
    /// # Errors
    /// Where there is no such pane, or no such signal there.
    pub async fn kill(&self, pane: u64, signal: i32) -> Result<bool, TmuxError> {
        if signal == 0 {
            self.about(pane, |found| end::close(found, pane)).await?;
            return Ok(true);
        }
        let name = end::signal_name(signal).ok_or_else(|| {
            TmuxError::Invalid(format!("signal {signal} has no name that other systems know"))
        })?;
        let output = self.about(pane, |found| end::signal(found, pane, name)).await?;
        Ok(String::from_utf8_lossy(&output).trim() == "gone")
    }

    /// Renames the window that a pane is in.
    ///
    /// # Errors
    /// A name that is taken, or can't be had.
    pub async fn rename(&self, pane: u64, name: &str) -> Result<(), TmuxError> {
        spawn::check_name(name)?;
        let _naming = self.naming.lock().await;
        let panes = self.list().await?.panes;
        let own = panes.iter().find(|known| known.id == pane);
        let own = own.map(|pane| (pane.session.clone(), pane.window));
        let taken =
            |pane: &v1::Pane| pane.name == name && own != Some((pane.session.clone(), pane.window));
        if panes.iter().any(taken) {
            return Err(self.taken(name));
        }
        let option = format!("@{}", unique()?);
        let at = format!("%{pane}");
        // A name is a format to tmux, in which `#(…)` runs a command; an option's value is not read again.
        let format = format!("#{{{option}}}");
        self.about(pane, |found| {
            let (option, at) = (option.as_bytes(), at.as_bytes());
            let mut script = Script::about(found, pane);
            script.tmux(
                found,
                &[
                    &[b"set-option", b"-s", b"--", option, name.as_bytes()],
                    &[b"rename-window", b"-t", at, b"--", format.as_bytes()],
                    &[b"set-option", b"-s", b"-u", option],
                ],
            );
            script.finish()
        })
        .await
        .map(drop)
    }

    /// Starts a pane: a window of its own in the session that is asked for (else `agents`, which is made where it is
    /// missing), named after the folder where it isn't given a name. It returns when the program is about to begin.
    ///
    /// # Errors
    /// A folder or a program that isn't there, a name that a window has already.
    pub async fn spawn(&self, request: &v1::Spawn) -> Result<v1::Pane, TmuxError> {
        let found = self.shell.found(self.patience).await?;
        if found.tmux.is_none() {
            return Err(TmuxError::NoTmux { host: self.place.host.clone() });
        }
        let window = spawn::window(&self.place, &found, request)?;
        let _naming = self.naming.lock().await;
        let panes = self.list().await?.panes;
        if panes.iter().any(|pane| pane.name == window.name) {
            return Err(self.taken(&window.name));
        }
        let mut tries = 0;
        let output = loop {
            let sessions = self.sessions().await?;
            let session = sessions.get(&window.session).map(String::as_str);
            let word = unique()?;
            let answer = self.run(|found| spawn::script(found, &window, session, &word)).await?;
            if answer.status == 0 {
                break answer.output;
            }
            tries += 1;
            if tries > OUTRUN_TRIES || !spawn::is_outrun(answer.status, &answer.output) {
                return Err(spawn::failure(&self.place, &window, answer.status, &answer.output));
            }
            tokio::time::sleep(OUTRUN_PAUSE * tries).await;
        };
        let output = String::from_utf8_lossy(&output);
        let id = output.trim().rsplit('%').next().and_then(|id| id.parse::<u64>().ok());
        let panes = self.list().await?.panes;
        let made = panes.into_iter().find(|pane| Some(pane.id) == id);
        made.ok_or_else(|| {
            TmuxError::CannotStart(format!("{} was started and has ended at once", window.name))
        })
    }

    /// Ends the shell from within, as a broken link would.
    #[cfg(test)]
    pub(super) async fn kill_shell(&self) -> TmuxError {
        let run = self.shell.run(self.patience, |_| b"kill -9 $$\n".to_vec()).await;
        run.map(|answer| panic!("the shell lives: {answer:?}")).unwrap_err()
    }

    fn taken(&self, name: &str) -> TmuxError {
        TmuxError::NameTaken { host: self.place.host.clone(), name: name.to_owned() }
    }

    /// The ids of the sessions, by name.
    async fn sessions(&self) -> Result<HashMap<String, String>, TmuxError> {
        let answer = self
            .run(|found| {
                let format = quote::sh("#{session_id} #{session_name}");
                let format = String::from_utf8_lossy(&format).into_owned();
                format!("{} list-sessions -F {format} 2>/dev/null\n", found.tmux()).into_bytes()
            })
            .await?;
        let text = String::from_utf8_lossy(&answer.output);
        let session = |line: &str| {
            let (id, name) = line.split_once(' ')?;
            let plain = id.strip_prefix('$')?.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| (list::plain(name), id.to_owned()))
        };
        Ok(text.lines().filter_map(session).collect())
    }

    /// The argument vector of what shows a pane, to be run on the host, on a terminal that is in no tmux (there
    /// without `TMUX` in the environment).
    ///
    /// # Errors
    /// Where the host can't be asked where its tmux is.
    pub async fn attach_argv(&self, pane: u64, read_only: bool) -> Result<Vec<String>, TmuxError> {
        let found = self.shell.found(self.patience).await?;
        Ok(attach::argv(&found, pane, read_only))
    }

    /// The argument vector of what brings a pane before a person who sits in that host's tmux already.
    ///
    /// # Errors
    /// Where the host can't be asked where its tmux is.
    pub async fn switch_argv(&self, pane: u64) -> Result<Vec<String>, TmuxError> {
        let found = self.shell.found(self.patience).await?;
        Ok(attach::switch(&found, pane))
    }

    /// Rows of a pane as they change, as a Towline server's `Follow` tells them: with `redraw` the last `lines` rows
    /// whenever they change, else each row once.
    pub fn follow(&self, pane: u64, request: &v1::Follow) -> Follow {
        self.followers.follow(pane, request)
    }

    /// Waits until a pane has ended, and tells how, as far as that can be known: tmux forgets a pane when it ends,
    /// unless it was told to keep it.
    ///
    /// # Errors
    /// Where the host can't be asked any more.
    pub async fn wait_exit(&self, pane: u64) -> Result<v1::Exit, TmuxError> {
        let request = v1::Follow { redraw: true, lines: 1, ..v1::Follow::default() };
        let mut rows = self.follow(pane, &request);
        while let Some(followed) = rows.next().await {
            followed?;
        }
        for _ in 0..STATUS_LOOKS {
            let panes = self.list().await?.panes;
            match panes.into_iter().find(|known| known.id == pane).map(|pane| pane.exit) {
                Some(Some(exit)) if exit.lost.is_empty() => {
                    return Ok(v1::Exit { at: now(), ..exit });
                }
                Some(_) => tokio::time::sleep(STATUS_PAUSE).await,
                None => break,
            }
        }
        Ok(v1::Exit { lost: list::LOST.into(), at: now(), ..v1::Exit::default() })
    }

    /// Tells when the host's panes may have changed: one watch for each host is enough.
    pub fn changes(&self) -> Changes {
        Changes::of(self.place.clone())
    }
}

/// A name for a buffer or an option that no other has.
fn unique() -> Result<String, TmuxError> {
    let random = nonce(8).map_err(|error| TmuxError::Invalid(error.to_string()))?;
    Ok(format!("towline-{random}"))
}

/// Microseconds since 1970 UTC.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
