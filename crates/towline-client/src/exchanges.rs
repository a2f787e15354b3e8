//! Files of this host that are kept the same as another host's: what its server has to know of them.
//!
//! One side, the near one, drives: when a file has changed on either, its server starts a command that exchanges them. The far
//! side's server only tells that something has changed. What is in the files is nobody's business here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::transport::write_private;

/// How a record's file is called after its id.
const SUFFIX: &str = ".json";

/// Files that are kept the same as another host's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exchange {
    /// 32 hexadecimal digits, the same on both hosts.
    pub id: String,
    /// On the near side: the other host, by its alias or as `[user@]host[:port]`. Empty on the far side.
    pub host: String,
    /// The files, in the order that both sides have them in.
    pub files: Vec<PathBuf>,
    /// What they were like after the last exchange.
    pub settled: Option<Settled>,
    /// Something else is still to be done there, and begun again when the host is back.
    pub owed: bool,
}

/// Digests of both sides' files after an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Those of this host.
    pub here: String,
    /// Those of the other one.
    pub there: String,
}

impl Exchange {
    /// Whether an exchange is due, with what the files are like now: here, and there as far as that was told.
    pub fn is_due(&self, here: &str, there: Option<&str>) -> bool {
        let news = |settled: &Settled| {
            settled.here != here || there.is_some_and(|there| there != settled.there)
        };
        !self.host.is_empty() && (self.owed || self.settled.as_ref().is_none_or(news))
    }

    /// Reads one from the folder of all; `None` where there is none of this id.
    ///
    /// # Errors
    /// Where it can't be read, or is none.
    pub fn read(folder: &Path, id: &str) -> io::Result<Option<Self>> {
        if !is_id(id) {
            return Ok(None);
        }
        match fs::read(folder.join(format!("{id}{SUFFIX}"))) {
            Ok(text) => {
                let exchange: Self = serde_json::from_slice(&text)?;
                Ok((exchange.id == id).then_some(exchange))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All of a folder, by their ids. What can't be read is left out.
    pub fn all(folder: &Path) -> Vec<Self> {
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let ids = names.filter_map(|name| name.strip_suffix(SUFFIX).map(str::to_owned));
        let mut all: Vec<Self> =
            ids.filter_map(|id| Self::read(folder, &id).ok().flatten()).collect();
        all.sort_by(|one, other| one.id.cmp(&other.id));
        all
    }

    /// Writes it into the folder of all, which is made, unless it stands there so already.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        if !is_id(&self.id) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if Self::read(folder, &self.id).ok().flatten().as_ref() == Some(self) {
            return Ok(());
        }
        make_private(folder)?;
        write_private(&folder.join(format!("{}{SUFFIX}", self.id)), &serde_json::to_vec(self)?)
    }

    /// What all of its files are like now. One that isn't there is like an empty one.
    ///
    /// # Errors
    /// Where one can't be read.
    pub fn digest(&self) -> io::Result<String> {
        let texts = self.files.iter().map(|file| read_or_empty(file));
        Ok(digest(&texts.collect::<io::Result<Vec<_>>>()?))
    }
}

/// A file's bytes, of one that isn't there none.
///
/// # Errors
/// Where it can't be read.
pub fn read_or_empty(file: &Path) -> io::Result<Vec<u8>> {
    match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

/// What files with these bytes are like: SHA-256 over the SHA-256 of each, in hexadecimal.
pub fn digest<T: AsRef<[u8]>>(texts: &[T]) -> String {
    use ring::digest::{Context, SHA256, digest};
    let mut all = Context::new(&SHA256);
    for text in texts {
        all.update(digest(&SHA256, text.as_ref()).as_ref());
    }
    hex(all.finish().as_ref())
}

/// An id that no other exchange has.
///
/// # Errors
/// Where the system has no random numbers.
pub fn new_id() -> io::Result<String> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(hex(&id))
}

/// Whether a text can be an id, and so a part of a file's name.
pub fn is_id(text: &str) -> bool {
    text.len() == 32
        && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Makes a folder for this user alone, with those above it.
///
/// # Errors
/// As `mkdir(2)`.
pub fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(settled: Option<(&str, &str)>, owed: bool) -> Exchange {
        let settled =
            settled.map(|(here, there)| Settled { here: here.into(), there: there.into() });
        Exchange { id: new_id().unwrap(), host: "thor".into(), files: Vec::new(), settled, owed }
    }

    #[test]
    fn an_exchange_is_due_when_either_side_has_changed() {
        let settled = Some(("a", "b"));
        for (settled, owed, here, there, due) in [
            (settled, false, "a", Some("b"), false),
            (settled, false, "a", None, false),
            (settled, false, "x", None, true),
            (settled, false, "x", Some("b"), true),
            (settled, false, "a", Some("x"), true),
            (settled, true, "a", Some("b"), true),
            (None, false, "a", None, true),
        ] {
            let exchange = exchange(settled, owed);
            assert_eq!(exchange.is_due(here, there), due, "{exchange:?} {here} {there:?}");
            let far = Exchange { host: String::new(), ..exchange };
            assert!(!far.is_due(here, there), "the far side never begins");
        }
    }

    #[test]
    fn records_are_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("a/b");
        let one = exchange(None, false);
        let other = exchange(Some(("a", "b")), true);
        for exchange in [&one, &other] {
            exchange.write(&folder).unwrap();
            assert_eq!(Exchange::read(&folder, &exchange.id).unwrap().as_ref(), Some(exchange));
        }
        fs::write(folder.join("0123456789abcdef0123456789abcdef.json"), "{").unwrap();
        fs::write(folder.join("notes.json"), "{}").unwrap();
        let mut ids = [one.id.clone(), other.id.clone()];
        ids.sort();
        let found: Vec<String> = Exchange::all(&folder).into_iter().map(|one| one.id).collect();
        assert_eq!(found, ids);
        assert_eq!(Exchange::read(&folder, "../x").unwrap(), None);
        assert!(Exchange { id: "../x".into(), ..one }.write(&folder).is_err());
    }

    #[test]
    fn what_files_are_like_follows_their_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        let files = vec![file.clone(), folder.path().join("none")];
        let exchange = Exchange { files, ..Exchange::default() };
        assert_eq!(exchange.digest().unwrap(), digest(&[b"", b""]));
        fs::write(&file, "a").unwrap();
        assert_eq!(exchange.digest().unwrap(), digest(&[&b"a"[..], b""]));
        assert_ne!(digest(&[&b"a"[..], b""]), digest(&[&b""[..], b"a"]));
    }
}
