//! How a person names a pane, and which pane that is.
//!
//! A target is `[host:]name`, `[host:]session:window.pane` or an id such as `%17`; `=name` takes the name as it
//! stands. Everything here is pure: the server resolves targets against its own list.

mod error;
mod resolve;

#[cfg(test)]
mod tests;

pub use error::ResolveError;
pub use resolve::{Candidate, Rules, forms, name_form, resolve};

/// The alias of this host.
pub const LOCAL_HOST: &str = "local";

/// A target, taken apart as far as that goes without knowing the panes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What stands after the host, and after `=`.
    text: String,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `%17`.
    Id(u64),
    /// `=name`: exactly this name.
    Exact,
    /// `local:…`: on this host, so the rest begins with no other host.
    Here,
    /// Anything else.
    Plain,
}

/// Why a text is no target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Nothing in it, or nothing after the host.
    #[error("the target is empty")]
    Empty,
}

impl Target {
    /// Takes a target apart.
    ///
    /// # Errors
    /// [`TargetError`] where no list of panes could make it one.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let here = text.split_once(':').filter(|(host, _)| *host == LOCAL_HOST);
        let rest = here.map_or(text, |(_, rest)| rest);
        let (form, rest) = if let Some(name) = rest.strip_prefix('=') {
            (Form::Exact, name)
        } else if let Some(id) = rest.strip_prefix('%').and_then(|id| id.parse().ok()) {
            (Form::Id(id), rest)
        } else if here.is_some() {
            (Form::Here, rest)
        } else {
            (Form::Plain, rest)
        };
        if rest.is_empty() {
            return Err(TargetError::Empty);
        }
        Ok(Self { text: rest.to_owned(), form })
    }

    /// The host that the target may begin with: `thor` of `thor:app`. It is one only where no session here
    /// has that name.
    fn possible_host(&self) -> Option<&str> {
        let (host, _) = self.text.split_once(':').filter(|_| self.form == Form::Plain)?;
        is_alias(host).then_some(host)
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
