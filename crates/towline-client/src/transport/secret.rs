//! The secrets that the two ends of a tcp or tls connection prove to each other, and the files they are kept in.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest;

/// Bytes of a secret: nobody guesses it, so nobody has to be kept from trying.
const SECRET_LENGTH: usize = 32;

/// A secret that two machines share.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SECRET_LENGTH]);

/// Which secret is meant, for somebody who has it. It says nothing about the secret to anybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretId(pub [u8; 16]);

/// Why a secret can't be had from its file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The file can't be read or written.
    #[error("cannot use the secret in {}: {}", path.display(), crate::io_error_in_words(source))]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others could have read it.
    #[error("the secret in {} can be read by other users", .0.display())]
    Exposed(PathBuf),
    /// There is something else in it.
    #[error("{} holds no secret: one is 32 bytes in base64", .0.display())]
    NoSecret(PathBuf),
    /// The system gave no random bytes.
    #[error("the system has no random bytes")]
    Random,
}

impl SecretError {
    /// A line that helps.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Exposed(path) => Some(format!("chmod 600 {}", path.display())),
            _ => None,
        }
    }
}

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// Where the system has no random bytes.
    pub fn random() -> Result<Self, SecretError> {
        let mut bytes = [0; SECRET_LENGTH];
        getrandom::fill(&mut bytes).map_err(|_| SecretError::Random)?;
        Ok(Self(bytes))
    }

    /// The one that a text is, as [`to_text`](Self::to_text) writes it.
    pub fn parse(text: &str) -> Option<Self> {
        STANDARD.decode(text.trim()).ok()?.try_into().ok().map(Self)
    }

    /// It as base64.
    pub fn to_text(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8; SECRET_LENGTH] {
        &self.0
    }

    /// Its name.
    pub fn id(&self) -> SecretId {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"towline secret id\0");
        context.update(&self.0);
        let mut id = [0; 16];
        id.copy_from_slice(&context.finish().as_ref()[..16]);
        SecretId(id)
    }

    /// The secret in a file, which must be this user's alone.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn load(path: &Path) -> Result<Self, SecretError> {
        let failed = |source| SecretError::File { path: path.to_owned(), source };
        let found = fs::metadata(path).map_err(failed)?;
        let own = found.uid() == rustix::process::geteuid().as_raw();
        if !own || found.mode() & 0o077 != 0 {
            return Err(SecretError::Exposed(path.to_owned()));
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        Self::parse(&text).ok_or_else(|| SecretError::NoSecret(path.to_owned()))
    }

    /// The secret in a file, which is made with a new one where it is missing.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn load_or_make(path: &Path) -> Result<Self, SecretError> {
        match Self::load(path) {
            Err(SecretError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            outcome => return outcome,
        }
        let secret = Self::random()?;
        secret.save(path)?;
        Ok(secret)
    }

    /// Writes it into a file of this user's alone, in place of what is there.
    ///
    /// # Errors
    /// [`SecretError::File`].
    pub fn save(&self, path: &Path) -> Result<(), SecretError> {
        write_private(path, format!("{}\n", self.to_text()).as_bytes())
            .map_err(|source| SecretError::File { path: path.to_owned(), source })
    }
}

/// Writes a file that only this user can read: beside and renamed, so that it is never half there.
///
/// # Errors
/// The system's.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let _ = fs::remove_file(&beside);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let made = Secret::load_or_make(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Secret::load_or_make(&path).unwrap(), made);
        assert_eq!(Secret::parse(&made.to_text()), Some(made.clone()));
        assert_ne!(Secret::random().unwrap().id(), made.id());
        assert!(!format!("{made:?}").contains(&made.to_text()));
    }

    #[test]
    fn a_file_that_others_can_read_or_that_holds_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        Secret::random().unwrap().save(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = Secret::load_or_make(&path).unwrap_err();
        assert_eq!(error.hint(), Some(format!("chmod 600 {}", path.display())));
        write_private(&path, b"password\n").unwrap();
        assert!(matches!(Secret::load_or_make(&path), Err(SecretError::NoSecret(_))));
        assert!(matches!(Secret::load(&folder.path().join("none")), Err(SecretError::File { .. })));
    }
}
