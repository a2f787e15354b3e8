//! Where things lie, and how a socket with a long path is reached.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use tokio::net::UnixStream;

/// The longest path that fits `sockaddr_un` with its final zero; the system's own limit is 108 bytes on
/// Linux and 104 elsewhere.
const SUN_PATH_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// The folders of one Towline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// `config.toml` and what else people write.
    pub config_dir: PathBuf,
    /// Everything the server keeps.
    pub state_dir: PathBuf,
}

/// Why there are no folders.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathsError {
    /// Neither the environment nor the user database names a home.
    #[error("no home folder: HOME is not set and the user database has none for this user")]
    NoHome,
    /// A variable that must hold an absolute path holds another.
    #[error("{variable} is not an absolute path: {value}")]
    Relative {
        /// The variable's name.
        variable: &'static str,
        /// What it holds.
        value: String,
    },
}

impl Paths {
    /// The folders that the process's environment asks for.
    ///
    /// # Errors
    /// As [`Paths::from_variables`].
    pub fn from_env() -> Result<Self, PathsError> {
        Self::from_variables(std::env::var_os, std::env::home_dir)
    }

    /// The folders that these variables ask for: everything under `TOWLINE_HOME` where that is set, else
    /// the XDG folders, else those under the home folder. An empty variable counts as unset.
    ///
    /// # Errors
    /// [`PathsError`] where there is no home, or where a path is relative: the server and the
    /// commands that talk to it run in different folders.
    pub fn from_variables(
        variable: impl Fn(&'static str) -> Option<OsString>,
        home: impl FnOnce() -> Option<PathBuf>,
    ) -> Result<Self, PathsError> {
        let folder = |name: &'static str| match variable(name).filter(|value| !value.is_empty()) {
            None => Ok(None),
            Some(value) if Path::new(&value).is_absolute() => Ok(Some(PathBuf::from(value))),
            Some(value) => Err(PathsError::Relative {
                variable: name,
                value: value.to_string_lossy().into_owned(),
            }),
        };
        if let Some(root) = folder("TOWLINE_HOME")? {
            return Ok(Self { config_dir: root.join("config"), state_dir: root.join("state") });
        }
        // The XDG specification: a relative path is invalid and to be ignored.
        let config = folder("XDG_CONFIG_HOME").unwrap_or_default();
        let state = folder("XDG_STATE_HOME").unwrap_or_default();
        let mut home = Some(home);
        let mut under_home = |rest: &str| {
            let home = home.take().and_then(|home| home()).filter(|home| home.is_absolute());
            home.map(|home| home.join(rest)).ok_or(PathsError::NoHome)
        };
        let (config, state) = match (config, state) {
            (Some(config), Some(state)) => (config, state),
            (Some(config), None) => (config, under_home(".local/state")?),
            (None, Some(state)) => (under_home(".config")?, state),
            (None, None) => {
                let home = under_home("")?;
                (home.join(".config"), home.join(".local/state"))
            }
        };
        Ok(Self { config_dir: config.join("towline"), state_dir: state.join("towline") })
    }

    /// The settings people write.
    pub fn config(&self) -> PathBuf {
        self.config_dir.join("config.toml")
    }

    /// The hosts of the fleet.
    pub fn hosts(&self) -> PathBuf {
        self.config_dir.join("hosts.toml")
    }

    /// The folder with the user's own rules for agents, a file for each kind.
    pub fn agents(&self) -> PathBuf {
        self.config_dir.join("agents")
    }

    /// The folder with the sockets of ssh's master connections.
    pub fn ssh(&self) -> PathBuf {
        self.state_dir.join("ssh")
    }

    /// The secret of this host's own server, for clients on this machine and for tunnels.
    pub fn secret(&self) -> PathBuf {
        self.state_dir.join("secret")
    }

    /// The private key of this host's own server, for tls.
    pub fn key(&self) -> PathBuf {
        self.state_dir.join("tls.key")
    }

    /// The fingerprint of that key, for clients on this machine.
    pub fn fingerprint(&self) -> PathBuf {
        self.state_dir.join("fingerprint")
    }

    /// The names and secrets of the clients that are paired with this host's server.
    pub fn clients(&self) -> PathBuf {
        self.state_dir.join("clients")
    }

    /// The server's socket.
    pub fn socket(&self) -> PathBuf {
        self.state_dir.join("server.sock")
    }

    /// Locked by the server for its life.
    pub fn lock(&self) -> PathBuf {
        self.state_dir.join("server.lock")
    }

    /// Locked by whoever starts a server, until it is ready.
    pub fn start_lock(&self) -> PathBuf {
        self.state_dir.join("start.lock")
    }

    /// Left by an orderly stop: only a person's command starts a server again.
    pub fn stopped_mark(&self) -> PathBuf {
        self.state_dir.join("stopped")
    }

    /// The store.
    pub fn store(&self) -> PathBuf {
        self.state_dir.join("state.db")
    }

    /// The folder with one folder per pane.
    pub fn panes(&self) -> PathBuf {
        self.state_dir.join("panes")
    }

    /// The folder with the configuration folders that agents have of their own.
    pub fn isolated(&self) -> PathBuf {
        self.state_dir.join("isolated")
    }

    /// The folder with what this host exchanges with others ([`crate::exchanges`]).
    pub fn exchanges(&self) -> PathBuf {
        self.state_dir.join("exchanges")
    }

    /// The folder with the server's log.
    pub fn log(&self) -> PathBuf {
        self.state_dir.join("log")
    }
}

/// The user's home folder, for `~` in what people write.
pub(crate) fn home_dir() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| home.is_absolute())
}

/// Connects to a Unix socket, also where its path is too long for a socket address.
///
/// # Errors
/// As `connect(2)` and `open(2)`.
pub async fn connect_unix(path: &Path) -> io::Result<UnixStream> {
    if path.as_os_str().as_bytes().len() <= SUN_PATH_MAX {
        return UnixStream::connect(path).await;
    }
    // A descriptor of the socket's own file has a short name, which leads to the same socket.
    let socket = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    UnixStream::connect(format!("/proc/self/fd/{}", socket.as_raw_fd())).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(
        variables: &[(&str, &str)],
        home: Option<&str>,
    ) -> Result<(String, String), PathsError> {
        let lookup = |name: &'static str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        let paths = Paths::from_variables(lookup, || home.map(PathBuf::from))?;
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        Ok((text(paths.config_dir), text(paths.state_dir)))
    }

    #[test]
    fn folders_follow_the_environment() {
        let both = |config: &str, state: &str| Ok((config.to_owned(), state.to_owned()));
        for (variables, home, expected) in [
            (vec![("TOWLINE_HOME", "/t")], None, both("/t/config", "/t/state")),
            (vec![("TOWLINE_HOME", "")], Some("/h"), {
                both("/h/.config/towline", "/h/.local/state/towline")
            }),
            (vec![], Some("/h"), both("/h/.config/towline", "/h/.local/state/towline")),
            (vec![("XDG_STATE_HOME", "/s")], Some("/h"), both("/h/.config/towline", "/s/towline")),
            (vec![("XDG_CONFIG_HOME", "/c")], Some("/h"), {
                both("/c/towline", "/h/.local/state/towline")
            }),
            (vec![("XDG_STATE_HOME", "/s"), ("XDG_CONFIG_HOME", "/c")], None, {
                both("/c/towline", "/s/towline")
            }),
            (vec![("XDG_STATE_HOME", "relative")], Some("/h"), {
                both("/h/.config/towline", "/h/.local/state/towline")
            }),
            (vec![], None, Err(PathsError::NoHome)),
            (vec![], Some("relative"), Err(PathsError::NoHome)),
            (
                vec![("TOWLINE_HOME", "x")],
                Some("/h"),
                Err(PathsError::Relative { variable: "TOWLINE_HOME", value: "x".into() }),
            ),
        ] {
            assert_eq!(paths(&variables, home), expected, "{variables:?} {home:?}");
        }
    }

    #[tokio::test]
    async fn a_socket_with_a_long_path_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("x".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        let short = folder.path().join("s");
        let listener = tokio::net::UnixListener::bind(&short).unwrap();
        let long = deep.join("server.sock");
        std::fs::rename(&short, &long).unwrap();
        let (client, server) = tokio::join!(connect_unix(&long), listener.accept());
        client.unwrap();
        server.unwrap();
        let missing = connect_unix(&deep.join("none")).await.unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
