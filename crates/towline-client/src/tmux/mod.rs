//! tmux, on this machine or on a host that has nothing else: what Towline does to its own panes, done to tmux's.
//!
//! A [`Driver`] keeps a plain `sh` open on the host, by ssh or here, and writes a script to it for each thing that is
//! asked: one round trip each. Nothing of ours is installed there. What people have named or typed gets into a script
//! by one quoting function, and to tmux as an argument that it takes literally, never as a format or a target.

mod attach;
mod changes;
mod driver;
mod end;
mod error;
mod follow;
mod frame;
mod keys;
mod list;
mod peek;
mod processes;
mod quote;
mod rows;
mod screens;
mod script;
mod send;
mod setup;
mod shell;
mod spawn;
#[cfg(test)]
mod tests;

use std::ffi::OsString;

pub use changes::{Change, Changes};
pub use driver::Driver;
pub use error::TmuxError;
pub use follow::{Follow, Followed};
pub use list::{AgentFound, DETACHED, Listed};
pub use peek::Peeked;
pub use processes::Standing;
pub use screens::{Screen, Screens};

/// The command that ssh is to run on a host for a [`Driver`]: every login shell reads it alike.
pub const REMOTE_COMMAND: &str = "exec sh";

/// A host and the way to it.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// What people call the host.
    pub host: String,
    /// The argument vector of what starts a `sh` there that reads its standard input: for another host an ssh that
    /// runs [`REMOTE_COMMAND`].
    pub argv: Vec<OsString>,
    /// What its process has in its environment on top of this process's: an `SSH_AUTH_SOCK`.
    pub env: Vec<(OsString, OsString)>,
    /// What a person types behind `ssh` to get there, for hints; `None`: it is this machine.
    pub ssh: Option<String>,
    /// tmux's name or path there.
    pub tmux: String,
    /// The folder where projects live there; `~` is that host's home.
    pub projects: Option<String>,
}

impl Place {
    /// This machine. Which tmux server is meant is for the environment to say (`TMUX_TMPDIR`), but not `TMUX`: a
    /// Towline server may have been started from within any.
    pub fn here(tmux: &str) -> Self {
        Self {
            host: crate::target::LOCAL_HOST.into(),
            argv: vec!["sh".into()],
            tmux: tmux.to_owned(),
            ..Self::default()
        }
    }
}
