//! Where a host is reached.

use std::fmt;
use std::path::PathBuf;

/// Where a host is reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// `ssh://[user@]host[:port]`: the system's ssh, and `tow proxy` or tmux there.
    Ssh {
        /// The user there; ssh's own configuration decides where it is not given.
        user: Option<String>,
        /// A name, an address, or an alias of ssh's configuration.
        host: String,
        /// ssh's own configuration decides where it is not given.
        port: Option<u16>,
    },
    /// `tcp://host:port`: loopback only, encrypted with a shared secret.
    Tcp {
        /// A name or address of this machine's loopback.
        host: String,
        /// The port.
        port: u16,
    },
    /// `tls://host:port`.
    Tls {
        /// A name or an address.
        host: String,
        /// The port.
        port: u16,
    },
    /// `unix:path`: another server of this machine.
    Unix(PathBuf),
}

/// The forms that an address has, for hints.
pub const ADDRESS_FORMS: &str = "addresses have the form ssh://[USER@]HOST[:PORT], tcp://HOST:PORT, tls://HOST:PORT or unix:PATH";

/// The port of tcp and tls listeners where none is given.
pub const DEFAULT_PORT: u16 = 9999;

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It has no scheme that is known.
    #[error("`{0}` is not an address")]
    Scheme(String),
    /// There is no host in it.
    #[error("`{0}` names no host")]
    NoHost(String),
    /// What stands after the last colon is no port.
    #[error("`{port}` in `{address}` is not a port: ports are numbers from 1 to 65535")]
    Port {
        /// The whole address.
        address: String,
        /// What stands where the port should.
        port: String,
    },
    /// A host or user that a program could take for an option.
    #[error("`{0}` begins with `-`, and ssh would take it for an option")]
    Option(String),
    /// Blanks or control characters.
    #[error("`{0}` holds a blank or a control character")]
    Blank(String),
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if let Some(path) = text.strip_prefix("unix:") {
            // `unix:///run/x` is what people write who think of URLs.
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                "" => Err(AddressError::NoHost(text.to_owned())),
                path => Ok(Self::Unix(PathBuf::from(path))),
            };
        }
        let (scheme, rest) =
            text.split_once("://").ok_or_else(|| AddressError::Scheme(text.to_owned()))?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(AddressError::Blank(text.to_owned()));
        }
        match scheme {
            "ssh" => Self::ssh(rest),
            "tcp" | "tls" => {
                let (host, port) = host_and_port(rest)?;
                let port = port.unwrap_or(DEFAULT_PORT);
                Ok(match scheme {
                    "tcp" => Self::Tcp { host, port },
                    _ => Self::Tls { host, port },
                })
            }
            _ => Err(AddressError::Scheme(text.to_owned())),
        }
    }

    /// Reads `[user@]host[:port]`, as people write hosts that are in no list.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn ssh(text: &str) -> Result<Self, AddressError> {
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(AddressError::Blank(text.to_owned()));
        }
        // A user's name may hold an `@`; a host's can't.
        let (user, place) = match text.rsplit_once('@') {
            Some((user, place)) => (Some(user.to_owned()), place),
            None => (None, text),
        };
        let (host, port) = host_and_port(place)?;
        for part in [Some(&host), user.as_ref()].into_iter().flatten() {
            if part.starts_with('-') {
                return Err(AddressError::Option(part.clone()));
            }
        }
        if user.as_ref().is_some_and(String::is_empty) {
            return Err(AddressError::NoHost(text.to_owned()));
        }
        Ok(Self::Ssh { user, host, port })
    }
}

/// `host`, `host:port`, `[v6]`, `[v6]:port` or a bare v6 address.
fn host_and_port(text: &str) -> Result<(String, Option<u16>), AddressError> {
    let no_host = || AddressError::NoHost(text.to_owned());
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or_else(no_host)?;
        (host, rest.strip_prefix(':'))
    } else {
        match text.split_once(':') {
            // More than one colon: a v6 address without brackets has no port.
            Some((_, port)) if port.contains(':') => (text, None),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    if host.is_empty() {
        return Err(no_host());
    }
    let number = |port: &str| {
        let digits = port.bytes().all(|b| b.is_ascii_digit());
        port.parse::<u16>()
            .ok()
            .filter(|port| digits && *port > 0)
            .ok_or_else(|| AddressError::Port { address: text.to_owned(), port: port.to_owned() })
    };
    Ok((host.to_owned(), port.map(number).transpose()?))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bracketed =
            |host: &str| if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        match self {
            Self::Ssh { user, host, port } => {
                f.write_str("ssh://")?;
                if let Some(user) = user {
                    write!(f, "{user}@")?;
                }
                f.write_str(&bracketed(host))?;
                port.map_or(Ok(()), |port| write!(f, ":{port}"))
            }
            Self::Tcp { host, port } => write!(f, "tcp://{}:{port}", bracketed(host)),
            Self::Tls { host, port } => write!(f, "tls://{}:{port}", bracketed(host)),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for text in [
            "ssh://thor",
            "ssh://mac@nixos-thor",
            "ssh://mac@thor:2222",
            "ssh://a@b@thor",
            "ssh://[::1]:22",
            "tcp://localhost:9999",
            "tls://10.0.0.2:4",
            "unix:/run/x.sock",
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.to_string(), text);
        }
        assert_eq!(Address::parse("tcp://localhost").unwrap().to_string(), "tcp://localhost:9999");
        assert_eq!(Address::parse("unix:///x").unwrap().to_string(), "unix:/x");
        assert_eq!(Address::ssh("::1").unwrap().to_string(), "ssh://[::1]");
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, expected) in [
            ("thor", "`thor` is not an address"),
            ("http://thor", "`http://thor` is not an address"),
            ("ssh://", "`` names no host"),
            ("ssh://@thor", "`@thor` names no host"),
            ("ssh://thor:x", "`x` in `thor:x` is not a port: ports are numbers from 1 to 65535"),
            ("ssh://thor:0", "`0` in `thor:0` is not a port: ports are numbers from 1 to 65535"),
            (
                "ssh://-oProxyCommand=x",
                "`-oProxyCommand=x` begins with `-`, and ssh would take it for an option",
            ),
            ("ssh://a b", "`ssh://a b` holds a blank or a control character"),
            ("unix:", "`unix:` names no host"),
        ] {
            assert_eq!(Address::parse(text).unwrap_err().to_string(), expected);
        }
    }
}
