//! How a person names a pane, and which pane that is.
//!
//! A target is `[host:]name`, `[host:]session:window.pane` or an id such as `%17`; `=name` takes the name as it
//! stands. Everything here is pure: the server resolves targets against its own list and what it last saw of
//! other hosts.

mod error;
mod resolve;

#[cfg(test)]
mod tests;

pub use error::ResolveError;
pub use resolve::{Candidate, Rules, forms, name_form, resolve};

use crate::hosts::{Address, AddressError};

/// Panes of tmux have their own number and this as their id in messages, so that no two panes of a host have the same.
/// Towline's own ids count from 1.
pub const TMUX_ID: u64 = 1 << 32;

/// Agents that run outside any tmux or Towline have their process id and this.
pub const DETACHED_ID: u64 = 1 << 33;

/// An id as people are shown it: tmux's own numbers as tmux writes them.
pub fn id_text(id: u64) -> String {
    match id {
        DETACHED_ID.. => format!("pid {}", id - DETACHED_ID),
        TMUX_ID.. => format!("%{}", id - TMUX_ID),
        _ => format!("%{id}"),
    }
}

/// The alias of this host.
pub const LOCAL_HOST: &str = "local";

/// A target, taken apart as far as that goes without knowing the panes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The host it names; `None` where it leaves that open.
    host: Option<String>,
    /// What stands after the host, and after `=`.
    text: String,
    form: Form,
    /// What stands after the host, as it was typed.
    rest: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `%17`.
    Id(u64),
    /// `=name`: exactly this name.
    Exact,
    /// Anything else.
    Plain,
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Nothing in it, or nothing after the host.
    #[error("the target is empty")]
    Empty,
    /// It begins with a host that is in no list, and can't be one.
    #[error(transparent)]
    Host(#[from] AddressError),
}

impl Target {
    /// Takes a target apart. `is_host` tells the aliases of hosts; [`LOCAL_HOST`] is always one, and so is
    /// what has the form `user@host` or `user@host:port`.
    ///
    /// # Errors
    /// [`TargetError`] where no list of panes could make it one.
    pub fn parse(text: &str, is_host: &dyn Fn(&str) -> bool) -> Result<Self, TargetError> {
        let (host, rest) = match split_host(text, is_host) {
            Some((host, rest)) => (Some(host), rest),
            None => (None, text),
        };
        if let Some(host) = host.filter(|host| host.contains('@')) {
            Address::ssh(host)?;
        }
        let (form, text) = if let Some(name) = rest.strip_prefix('=') {
            (Form::Exact, name)
        } else if let Some(id) = rest.strip_prefix('%').and_then(|id| id.parse().ok()) {
            (Form::Id(id), rest)
        } else {
            (Form::Plain, rest)
        };
        if text.is_empty() {
            return Err(TargetError::Empty);
        }
        Ok(Self {
            host: host.map(str::to_owned),
            text: text.to_owned(),
            form,
            rest: rest.to_owned(),
        })
    }

    /// The host it names: an alias, [`LOCAL_HOST`], or `user@host[:port]`; `None` where it leaves that open.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// What stands after the host: the target as that host's own server takes it.
    pub fn rest(&self) -> &str {
        &self.rest
    }

    /// What may be meant as a host and is none: `thor` of `thor:app`. It is one only where no session has that
    /// name.
    fn possible_host(&self) -> Option<&str> {
        let plain = self.form == Form::Plain && self.host.is_none();
        let (host, _) = self.text.split_once(':').filter(|_| plain)?;
        is_alias(host).then_some(host)
    }
}

/// The host in front of a target, and what stands after it.
fn split_host<'a>(text: &'a str, is_host: &dyn Fn(&str) -> bool) -> Option<(&'a str, &'a str)> {
    let (first, rest) = text.split_once(':')?;
    if first == LOCAL_HOST || is_host(first) {
        return Some((first, rest));
    }
    let unlisted = !first.starts_with('=') && first.contains('@') && !first.contains(' ');
    if !unlisted {
        return None;
    }
    // `user@host:22:name` has a port; `user@host:22` means the window 22.
    match rest.split_once(':') {
        Some((port, name)) if port.parse::<u16>().is_ok() => {
            Some((&text[..first.len() + 1 + port.len()], name))
        }
        _ => Some((first, rest)),
    }
}

/// Whether a text can be a host's alias.
pub fn is_alias(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && !text.starts_with('-') && text.chars().all(allowed)
}

/// Why a text can't be a pane's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing in it but blanks.
    #[error("a name must not be empty")]
    Empty,
    /// It would move the cursor of whoever lists it.
    #[error("a name must not contain control characters")]
    Control,
    /// Longer than [`NAME_CAP`].
    #[error("a name must not be longer than {NAME_CAP} bytes")]
    Long,
}

/// The most bytes of a name: as of a file's, so that folders with long names still give theirs.
pub const NAME_CAP: usize = 255;

/// Checks that a text can be a pane's name. Anything that can be shown in one line can.
///
/// # Errors
/// [`NameError`].
pub fn check_name(name: &str) -> Result<(), NameError> {
    if name.trim().is_empty() {
        return Err(NameError::Empty);
    }
    // The separators end a line for some terminals and programs; the others reorder what stands beside.
    let separator = |c| matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if name.chars().any(|c| c.is_control() || separator(c)) {
        return Err(NameError::Control);
    }
    if name.len() > NAME_CAP {
        return Err(NameError::Long);
    }
    Ok(())
}
