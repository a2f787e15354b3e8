//! What every command starts from: the global options, and the way to the server.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::io::IsTerminal;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::Duration;

use towline_client::config::{self, Config};
use towline_client::hosts::{self, ADDRESS_FORMS, Address, Host};
use towline_client::transport::{self, DialOptions, Paired};
use towline_client::{
    ConnectError, Connection, HelloOptions, Paths, StartPolicy, ensure_server, start,
};
use towline_protocol::v1::goodbye;

use crate::cli::{ColorChoice, Globals};
use crate::error::{CommandError, ErrorKind};
use crate::output;

/// How long one step may take where `--timeout` doesn't say.
pub(crate) const STEP_TIMEOUT: Duration = Duration::from_secs(10);

/// The first and the longest pause between two tries to reach a server again.
const RETRY_PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));

/// What every command starts from.
#[derive(Debug, Default)]
pub(crate) struct Context {
    /// The global options.
    pub(crate) globals: Globals,
    paths: OnceCell<Paths>,
}

/// Which server is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// The user's own; it is started where it does not run.
    Own,
    /// The one at this socket, and no other.
    Socket(PathBuf),
    /// One that is reached by a stream of another kind.
    Remote(Box<Host>),
}

impl Context {
    /// A context for these options.
    pub(crate) fn new(globals: Globals) -> Self {
        Self { globals, paths: OnceCell::new() }
    }

    /// The user's folders.
    ///
    /// # Errors
    /// Where there are none (no home).
    pub(crate) fn paths(&self) -> Result<&Paths, CommandError> {
        if let Some(paths) = self.paths.get() {
            return Ok(paths);
        }
        let paths = Paths::from_env()?;
        Ok(self.paths.get_or_init(|| paths))
    }

    /// The configuration.
    ///
    /// # Errors
    /// Where the file can't be read, or a value is not what its setting takes.
    pub(crate) fn config(&self) -> Result<Config, CommandError> {
        Ok(config::load(&self.paths()?.config())?.config)
    }

    /// How long one step may take.
    pub(crate) fn step_timeout(&self) -> Duration {
        self.globals.timeout.unwrap_or(STEP_TIMEOUT)
    }

    /// Connects to the server, and starts the user's own where it does not run: a person asked.
    ///
    /// # Errors
    /// Why there is no connection, with a hint.
    pub(crate) async fn connect(&self) -> Result<Connection, CommandError> {
        self.connect_as(StartPolicy::Person).await
    }

    /// Connects to the server if it runs; `None` where nobody listens.
    ///
    /// # Errors
    /// Where somebody listens and can't be spoken to.
    pub(crate) async fn connect_running(&self) -> Result<Option<Connection>, CommandError> {
        let socket = match self.place()? {
            Place::Own => self.paths()?.socket(),
            Place::Socket(path) => path,
            // The way there starts the server, so whoever gets there finds one.
            Place::Remote(host) => return self.connect_remote(&host).await.map(Some),
        };
        match start::connect_own(&socket, self.hello()).await {
            Ok(connection) => Ok(Some(connection)),
            Err(error) if error.is_gone() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Connects again after a connection was lost, as long as `patience` lasts. A server that somebody
    /// stopped is left alone.
    ///
    /// # Errors
    /// Where it was stopped on purpose, or can't be reached in time.
    pub(crate) async fn reconnect(
        &self,
        goodbye: Option<goodbye::Reason>,
        patience: Duration,
    ) -> Result<Connection, CommandError> {
        if goodbye == Some(goodbye::Reason::Stopped) {
            return Err(CommandError::new(ErrorKind::Unreachable, "the server was stopped")
                .hint("tow server start"));
        }
        let end = tokio::time::Instant::now() + patience;
        let (mut pause, longest) = RETRY_PAUSES;
        loop {
            // What fails now may work when the server is back; only the last reason is told.
            let error = match self.connect_as(StartPolicy::Background).await {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            if tokio::time::Instant::now() + pause > end {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    async fn connect_as(&self, policy: StartPolicy) -> Result<Connection, CommandError> {
        match self.place()? {
            Place::Own => Ok(ensure_server(self.paths()?, policy, self.hello()).await?),
            Place::Socket(path) => match start::connect_own(&path, self.hello()).await {
                Ok(connection) => Ok(connection),
                Err(error) if error.is_nobody_there() => {
                    let message = format!("no server listens at {}", path.display());
                    Err(CommandError::new(ErrorKind::Unreachable, message)
                        .hint("without --socket and --addr, tow talks to your own server"))
                }
                Err(error) => Err(error.into()),
            },
            Place::Remote(host) => self.connect_remote(&host).await,
        }
    }

    async fn connect_remote(&self, host: &Host) -> Result<Connection, CommandError> {
        let hello = HelloOptions {
            // A path on this machine says nothing on another.
            ssh_auth_sock: Vec::new(),
            ..self.hello()
        };
        let connected = transport::connect(host, &self.dial_options()?, hello).await;
        connected.map_err(|error| CommandError::reach(host, error))
    }

    /// How hosts are dialled.
    ///
    /// # Errors
    /// Where the user has no folders.
    pub(crate) fn dial_options(&self) -> Result<DialOptions, CommandError> {
        Ok(DialOptions {
            deadline: self.step_timeout(),
            control_dir: self.paths()?.ssh(),
            paired: self.paired()?,
            ..DialOptions::default()
        })
    }

    /// The servers that this machine is paired with. A list that can't be read names none, and whoever needs it says so.
    fn paired(&self) -> Result<Vec<Paired>, CommandError> {
        let paths = self.paths()?;
        let hosts = hosts::load(&paths.hosts()).unwrap_or_default();
        Ok(transport::paired(&hosts, paths))
    }

    /// Whether the server that is meant is the user's own, which answers for the fleet, rather than one that was named.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.place(), Ok(Place::Own))
    }

    /// The socket of the server that is meant.
    ///
    /// # Errors
    /// Where an address is none, or is one that has no socket here.
    pub(crate) fn socket(&self) -> Result<PathBuf, CommandError> {
        match self.place()? {
            Place::Own => Ok(self.paths()?.socket()),
            Place::Socket(path) => Ok(path),
            Place::Remote(host) => Err(CommandError::usage(format!(
                "the server at {} has no socket on this machine",
                host.address
            ))),
        }
    }

    /// Where the server that is meant is: its socket, or its address.
    ///
    /// # Errors
    /// Where an address is none.
    pub(crate) fn server_name(&self) -> Result<String, CommandError> {
        match self.place()? {
            Place::Remote(host) => Ok(host.address.to_string()),
            Place::Own | Place::Socket(_) => Ok(self.socket()?.display().to_string()),
        }
    }

    /// Options come before variables. Inside a pane `TOWLINE_SOCKET` names the server that the pane is of.
    fn place(&self) -> Result<Place, CommandError> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let path = if let Some(address) = &self.globals.addr {
            match address_of(OsStr::new(address), "--addr")? {
                Address::Unix(path) => path,
                address => return Ok(Place::Remote(Box::new(self.host_at(address)))),
            }
        } else if let Some(path) = &self.globals.socket {
            path.clone()
        } else if let Some(address) = variable("TOWLINE_ADDR") {
            match address_of(&address, "TOWLINE_ADDR")? {
                Address::Unix(path) => path,
                address => return Ok(Place::Remote(Box::new(self.host_at(address)))),
            }
        } else if let Some(path) = variable("TOWLINE_SOCKET") {
            PathBuf::from(path)
        } else {
            return Ok(Place::Own);
        };
        let own = self.paths().is_ok_and(|paths| paths.socket() == path);
        Ok(if own { Place::Own } else { Place::Socket(path) })
    }

    /// The host at an address.
    fn host_at(&self, address: Address) -> Host {
        let text = address.to_string();
        // As commands take a host that is in no list.
        let mut host = Host::new(text.strip_prefix("ssh://").unwrap_or(&text), address);
        host.secret_file = self.secret_file();
        host.fingerprint = self.globals.fingerprint.clone();
        host
    }

    /// The file with the secret that is shared with the server, where one is named.
    pub(crate) fn secret_file(&self) -> Option<PathBuf> {
        let variable = std::env::var_os("TOWLINE_SECRET_FILE").filter(|value| !value.is_empty());
        self.globals.secret_file.clone().or(variable.map(PathBuf::from))
    }

    fn hello(&self) -> HelloOptions {
        HelloOptions {
            ssh_auth_sock: std::env::var_os("SSH_AUTH_SOCK").unwrap_or_default().into_vec(),
            deadline: self.step_timeout(),
            request_timeout: self.step_timeout(),
            ..HelloOptions::default()
        }
    }

    /// Says something beside the result, unless `--quiet`.
    pub(crate) fn say(&self, text: impl std::fmt::Display) {
        if !self.globals.quiet {
            output::message(text);
        }
    }

    /// Says what is being done, with `--verbose`.
    pub(crate) fn say_more(&self, text: impl std::fmt::Display) {
        if self.globals.verbose {
            output::message(text);
        }
    }

    /// Whether standard output gets colours.
    pub(crate) fn colors(&self) -> bool {
        match self.globals.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                std::io::stdout().is_terminal() && !set("NO_COLOR") && !dumb
            }
        }
    }
}

/// The address that a text is.
fn address_of(text: &OsStr, source: &str) -> Result<Address, CommandError> {
    // A path need not be a text.
    if let Some(path) = text.as_bytes().strip_prefix(b"unix:").filter(|path| !path.is_empty()) {
        let path = path.strip_prefix(b"//").unwrap_or(path);
        return Ok(Address::Unix(PathBuf::from(OsStr::from_bytes(path))));
    }
    Address::parse(&text.to_string_lossy())
        .map_err(|error| CommandError::usage(format!("{source}: {error}")).hint(ADDRESS_FORMS))
}

impl From<ConnectError> for CommandError {
    fn from(error: ConnectError) -> Self {
        Self::connect("the server", error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_texts() {
        for (address, expected) in [
            ("unix:/run/x.sock", Some("unix:/run/x.sock")),
            ("unix:///run/x.sock", Some("unix:/run/x.sock")),
            ("unix:relative.sock", Some("unix:relative.sock")),
            ("ssh://mac@thor", Some("ssh://mac@thor")),
            ("tls://thor", Some("tls://thor:9999")),
            ("unix:", None),
            ("ssh://-x", None),
            ("/run/x.sock", None),
        ] {
            let found = address_of(address.as_ref(), "--addr").ok();
            assert_eq!(found.map(|found| found.to_string()).as_deref(), expected, "{address}");
        }
        let path = OsStr::from_bytes(b"unix:/\xff");
        let expected = Address::Unix(PathBuf::from(OsStr::from_bytes(b"/\xff")));
        assert_eq!(address_of(path, "--addr"), Ok(expected));
    }
}
