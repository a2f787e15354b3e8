//! The hosts of the fleet: `hosts.toml`.
//!
//! Each key is declared once, in [`keys::KEYS`]: reading, the check for unknown keys and writing come from
//! that table. Here a wrong key is an error and not a warning as in `config.toml`: a host that is reached in
//! another way than was written is worse than one that is not reached.

mod address;
mod edit;
mod error;
mod file;
mod import;
mod keys;
mod list;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use address::{ADDRESS_FORMS, Address, AddressError, DEFAULT_PORT};
pub use edit::HostsFile;
pub use error::HostsError;
pub use file::{load, parse};
pub use import::{ImportError, Imported, import};
pub use keys::HostValue;
pub use list::{Hosts, LocalHost};

use crate::target::{self, LOCAL_HOST};

/// One host of the fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// What people call it: `[a-z0-9-]+`, or for one that is in no list `[user@]host[:port]`.
    pub alias: String,
    /// Where it is reached.
    pub address: Address,
    /// The folder where projects live there; `~` is that host's home.
    pub projects: Option<String>,
    /// What keeps its panes.
    pub backend: Backend,
    /// How a pane of tmux there is attached to.
    pub attach: AttachBy,
    /// `tow` there, where a login shell's PATH doesn't find it.
    pub tow: Option<String>,
    /// `tmux` there, where a login shell's PATH doesn't find it.
    pub tmux: Option<String>,
    /// The host's key is taken unseen the first time (ssh's `StrictHostKeyChecking=accept-new`).
    pub accept_new: bool,
    /// For tls: the pinned key, `SHA256:` and base64.
    pub fingerprint: Option<String>,
    /// For tcp and tls: the file that holds the shared secret.
    pub secret_file: Option<PathBuf>,
}

/// What keeps a host's panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// Towline where it is installed, else tmux; agents in tmux are listed either way.
    #[default]
    Auto,
    /// Towline only.
    Towline,
    /// tmux only.
    Tmux,
}

impl Backend {
    /// All of them, with the name each has in the file and on the command line.
    pub const ALL: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("towline", Self::Towline), ("tmux", Self::Tmux)];

    /// The name in the file and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Towline => "towline",
            Self::Tmux => "tmux",
        }
    }
}

/// How a pane of tmux on a host is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AttachBy {
    /// `ssh -t`.
    #[default]
    Ssh,
    /// `mosh`.
    Mosh,
}

impl AttachBy {
    /// All of them, with the name each has in the file and on the command line.
    pub const ALL: [(&'static str, Self); 2] = [("ssh", Self::Ssh), ("mosh", Self::Mosh)];

    /// The name in the file and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ssh => "ssh",
            Self::Mosh => "mosh",
        }
    }
}

impl Host {
    /// A host of which nothing is known but its address.
    pub fn new(alias: impl Into<String>, address: Address) -> Self {
        Self {
            alias: alias.into(),
            address,
            projects: None,
            backend: Backend::Auto,
            attach: AttachBy::Ssh,
            tow: None,
            tmux: None,
            accept_new: false,
            fingerprint: None,
            secret_file: None,
        }
    }

    /// A host that is in no list: `[user@]host[:port]`, reached by ssh.
    ///
    /// # Errors
    /// Where the text is none.
    pub fn unlisted(text: &str) -> Result<Self, AddressError> {
        Ok(Self::new(text, Address::ssh(text)?))
    }
}

/// Whether a text can be a host's alias: `[a-z0-9-]+`, no `-` in front, and not this host's own.
pub fn is_alias(text: &str) -> bool {
    target::is_alias(text) && text != LOCAL_HOST
}
