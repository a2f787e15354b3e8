//! The list of clients: a line each, its name and its secret.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use towline_client::transport::{Secret, SecretError, SecretId, write_private};

/// The longest name.
const NAME: usize = 64;

/// What the file begins with.
const HEAD: &str = "# The clients that may connect by tcp and tls: name and secret. `tow server pair` and `revoke` write this.\n";

/// A client that is paired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// What it is called.
    pub name: String,
    /// What it knows.
    pub secret: Secret,
}

/// Why the list can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The file can't be read or written.
    #[error("cannot use the list of clients in {}: {}", path.display(), towline_client::io_error_in_words(source))]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line of it is none.
    #[error("{}:{line}: not a name and a secret", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// A name that can't be one.
    #[error("`{0}` can't be a client's name: letters, digits, `.`, `_` and `-`, at most 64")]
    Name(String),
    /// There is no secret to be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// The clients by what they show.
#[derive(Debug, Default)]
pub(super) struct Clients(HashMap<SecretId, Client>);

impl From<Vec<Client>> for Clients {
    fn from(clients: Vec<Client>) -> Self {
        Self(clients.into_iter().map(|client| (client.secret.id(), client)).collect())
    }
}

impl Clients {
    pub(super) fn secret(&self, id: SecretId) -> Option<(Secret, String)> {
        self.0.get(&id).map(|client| (client.secret.clone(), client.name.clone()))
    }
}

/// Whether a text can be a client's name.
pub fn is_client_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=NAME).contains(&text.len()) && !text.starts_with('-') && text.bytes().all(plain)
}

/// All clients of the file; none where there is no file.
pub(super) fn load(path: &Path) -> Result<Vec<Client>, ClientError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(ClientError::File { path: path.to_owned(), source }),
    };
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| {
            let parsed = line.split_once(' ').and_then(|(name, secret)| {
                let secret = Secret::parse(secret)?;
                is_client_name(name).then(|| Client { name: name.to_owned(), secret })
            });
            parsed.ok_or_else(|| ClientError::Line { path: path.to_owned(), line: number + 1 })
        })
        .collect()
}

/// Gives a client a new secret.
pub(super) fn add(path: &Path, name: &str) -> Result<Secret, ClientError> {
    if !is_client_name(name) {
        return Err(ClientError::Name(name.to_owned()));
    }
    let mut clients = load(path)?;
    clients.retain(|client| client.name != name);
    let secret = Secret::random()?;
    clients.push(Client { name: name.to_owned(), secret: secret.clone() });
    save(path, &clients)?;
    Ok(secret)
}

/// Takes a client from the list; whether it was there.
pub(super) fn remove(path: &Path, name: &str) -> Result<bool, ClientError> {
    let mut clients = load(path)?;
    let before = clients.len();
    clients.retain(|client| client.name != name);
    if clients.len() < before {
        save(path, &clients)?;
    }
    Ok(clients.len() < before)
}

fn save(path: &Path, clients: &[Client]) -> Result<(), ClientError> {
    let mut text = HEAD.to_owned();
    for Client { name, secret } in clients {
        // Writing to a text can't fail.
        let _ = writeln!(text, "{name} {}", secret.to_text());
    }
    write_private(path, text.as_bytes())
        .map_err(|source| ClientError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_come_and_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clients");
        assert_eq!(load(&path).unwrap(), []);
        let first = add(&path, "laptop").unwrap();
        let phone = add(&path, "phone").unwrap();
        let second = add(&path, "laptop").unwrap();
        assert_ne!(first, second);
        let clients = Clients::from(load(&path).unwrap());
        assert_eq!(clients.secret(phone.id()), Some((phone, "phone".into())));
        assert_eq!(clients.secret(second.id()).unwrap().1, "laptop");
        assert_eq!(clients.secret(first.id()), None);
        assert!(remove(&path, "phone").unwrap());
        assert!(!remove(&path, "phone").unwrap());
        assert_eq!(load(&path).unwrap().len(), 1);
    }

    #[test]
    fn odd_names_and_lines_are_refused() {
        for (name, expected) in [
            ("a", true),
            ("My.lap_top-2", true),
            ("", false),
            ("-x", false),
            ("a b", false),
            ("ü", false),
            ("a\n", false),
        ] {
            assert_eq!(is_client_name(name), expected, "{name:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clients");
        std::fs::write(&path, "# x\n\nlaptop nonsense\n").unwrap();
        assert!(matches!(load(&path), Err(ClientError::Line { line: 3, .. })));
        assert!(add(&path, "x y").is_err());
    }
}
