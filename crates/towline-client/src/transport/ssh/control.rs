//! Where ssh's master connections have their sockets.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::hosts::Address;

/// The longest path. ssh binds the socket under a name with 17 characters more and renames it; a socket's path may have
/// 103 bytes where it may have fewest (macOS).
const LONGEST: usize = 103 - 17;

/// The socket of a host's master connection; `None` where there is no folder for one, and each ssh connects by itself.
/// The folder is made.
pub(super) fn path(folder: &Path, address: &Address) -> Option<PathBuf> {
    let name = name(address);
    let own = format!("/tmp/towline-{}", rustix::process::geteuid().as_raw());
    let folders = [folder, Path::new(&own)];
    let mut fit = folders.into_iter().filter(|folder| fits(&folder.join(&name)));
    fit.find(|folder| make(folder).is_ok()).map(|folder| folder.join(name))
}

/// A short name that is the same for the same place. 64 bits of FNV-1a; nobody gains by two places with one name.
fn name(address: &Address) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in address.to_string().bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    format!("cm-{hash:016x}")
}

/// Whether ssh takes the path as it is: short enough, and nothing in it that ssh would expand or split at.
fn fits(path: &Path) -> bool {
    let bytes = path.as_os_str().as_bytes();
    let plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+,@:=".contains(byte) || *byte >= 0x80;
    path.is_absolute() && bytes.len() <= LONGEST && bytes.iter().all(plain)
}

/// Makes the folder, for this user alone. One in `/tmp` could be somebody else's, who would then be asked to carry
/// every connection.
fn make(folder: &Path) -> io::Result<()> {
    match std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = std::fs::symlink_metadata(folder)?;
    let own = found.uid() == rustix::process::geteuid().as_raw();
    match found.is_dir() && own && found.mode() & 0o077 == 0 {
        true => Ok(()),
        false => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn a_path_is_stable_short_and_the_users_own() {
        let folder = tempfile::tempdir().unwrap();
        let ssh = folder.path().join("ssh");
        let one = path(&ssh, &address("ssh://mac@thor")).unwrap();
        assert_eq!(Some(&one), path(&ssh, &address("ssh://mac@thor")).as_ref());
        assert_ne!(Some(&one), path(&ssh, &address("ssh://mac@thor:22")).as_ref());
        assert_eq!(one.parent(), Some(ssh.as_path()));
        assert_eq!(std::fs::metadata(&ssh).unwrap().permissions().mode() & 0o777, 0o700);

        let long = path(&folder.path().join("x".repeat(90)), &address("ssh://thor")).unwrap();
        assert!(long.starts_with("/tmp/"), "{}", long.display());
        let odd = path(&folder.path().join("a b%h"), &address("ssh://thor")).unwrap();
        assert!(odd.starts_with("/tmp/"), "{}", odd.display());
    }

    #[test]
    fn a_folder_that_others_may_enter_is_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(make(folder.path()).is_err());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/", &link).unwrap();
        assert!(make(&link).is_err());
    }
}
