//! The hosts of the list, and how one is found.

use super::{AddressError, Backend, Host};

/// The hosts of the fleet, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hosts {
    pub(super) hosts: Vec<Host>,
    /// What the list says of this machine.
    pub local: LocalHost,
}

/// What the list may say of this machine: `[host.local]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LocalHost {
    /// What keeps the panes here: with [`Backend::Towline`] those of tmux are not listed.
    pub backend: Backend,
    /// The folder where projects live; `~` is the home.
    pub projects: Option<String>,
    /// `tmux`, where the PATH doesn't find it.
    pub tmux: Option<String>,
}

impl Hosts {
    /// The host with this alias.
    pub fn get(&self, alias: &str) -> Option<&Host> {
        self.hosts.iter().find(|host| host.alias == alias)
    }

    /// All of them, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Host> {
        self.hosts.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// The host that a text names: the alias of one in the list, else `[user@]host[:port]`.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn find(&self, text: &str) -> Result<Host, AddressError> {
        match self.get(text) {
            Some(host) => Ok(host.clone()),
            None => Host::unlisted(text),
        }
    }
}

impl<'a> IntoIterator for &'a Hosts {
    type Item = &'a Host;
    type IntoIter = std::slice::Iter<'a, Host>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
