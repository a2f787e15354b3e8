//! The state folder and the store in it.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::Access;
use towline_client::config::format_bytes;
use towline_client::io_error_in_words;

use super::finding::Finding;
use crate::quote::shell_quoted;

/// Below this, new journals can't be written: each pane reserves room for its last records.
const NO_ROOM: u64 = 16 << 20;

/// Below this, a few talkative panes fill the disk.
const LITTLE_ROOM: u64 = 512 << 20;

/// The state folder: whose it is, who may look into it, and how much room there is.
pub(super) fn state_folder(path: &Path) -> Vec<Finding> {
    let folder = Finding::of("state folder");
    let shown = shell_quoted(&path.to_string_lossy());
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return vec![
                folder.ok(format!("{shown} is not there yet: the first command makes it")),
            ];
        }
        Err(error) => {
            return vec![folder.failed(format!("{shown}: {}", io_error_in_words(&error)))];
        }
    };
    let writable = rustix::fs::access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    let me = rustix::process::geteuid().as_raw();
    let mut findings = vec![permissions(folder, &shown, &facts(&metadata), me, writable)];
    if let Ok(disk) = rustix::fs::statvfs(path) {
        findings.push(room(disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_favail));
    }
    findings
}

/// What counts of a folder's metadata.
struct Folder {
    is_folder: bool,
    owner: u32,
    mode: u32,
}

fn facts(metadata: &Metadata) -> Folder {
    Folder { is_folder: metadata.is_dir(), owner: metadata.uid(), mode: metadata.mode() & 0o777 }
}

fn permissions(finding: Finding, path: &str, folder: &Folder, me: u32, writable: bool) -> Finding {
    if !folder.is_folder {
        finding.failed(format!("{path} is not a folder")).fix(format!("mv {path} {path}.old"))
    } else if folder.owner != me {
        finding
            .failed(format!("{path} belongs to another user (uid {})", folder.owner))
            .fix(format!("sudo chown -R \"$(id -u)\" {path}"))
    } else if !writable {
        finding.failed(format!("{path} can't be written")).fix(format!("chmod u+rwx {path}"))
    } else if folder.mode & 0o077 != 0 {
        finding
            .failed(format!(
                "{path} is open to others (mode {:03o}), and journals hold what was on screens",
                folder.mode
            ))
            .fix(format!("chmod 700 {path}"))
    } else {
        finding.ok(path)
    }
}

fn room(bytes: u64, files: u64) -> Finding {
    let finding = Finding::of("disk space");
    let text = format!("{} free", rounded(bytes));
    // Some file systems have no limit of files, and tell 0 or the largest number.
    if files > 0 && files < 1000 {
        finding.warning(format!("room for {files} more files only")).fix("tow clean")
    } else if bytes < NO_ROOM {
        finding.failed(text).fix("tow clean")
    } else if bytes < LITTLE_ROOM {
        finding.warning(text).fix("tow clean")
    } else {
        finding.ok(text)
    }
}

/// A size to the next lower MiB or GiB: nobody needs the bytes.
fn rounded(bytes: u64) -> String {
    let unit = if bytes >= 10 << 30 { 1 << 30 } else { 1 << 20 };
    format_bytes(bytes / unit * unit)
}

/// The store: that it is one, and of a version that can be read.
pub(super) fn store(path: &Path) -> Finding {
    let finding = Finding::of("store");
    let mut header = [0; HEADER];
    match File::open(path).and_then(|mut file| file.read_exact(&mut header)) {
        Ok(()) => judge_store(finding, &header),
        Err(error) if error.kind() == ErrorKind::NotFound => finding.ok("not there yet"),
        // The server has opened it and written nothing so far.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => finding.ok("empty"),
        Err(error) => finding
            .failed(format!("can't be read: {}", io_error_in_words(&error)))
            .fix(format!("chmod u+rw {}", shell_quoted(&path.to_string_lossy()))),
    }
}

/// The length of an SQLite database's header, in bytes.
const HEADER: usize = 100;

fn judge_store(finding: Finding, header: &[u8; HEADER]) -> Finding {
    if !header.starts_with(b"SQLite format 3\0") {
        return finding.failed("it is no SQLite database").fix(
            "tow server stop, move state.db away, tow server start: the panes are found again",
        );
    }
    // https://www.sqlite.org/fileformat.html: user_version is a big-endian integer at offset 60.
    let version = u32::from_be_bytes([header[60], header[61], header[62], header[63]]);
    finding.ok(format!("readable, layout {version}"))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    #[test]
    fn a_folder_must_be_ones_own_and_closed() {
        let folder = Folder { is_folder: true, owner: 7, mode: 0o700 };
        for (folder, me, writable, expected) in [
            (Folder { ..folder }, 7, true, Status::Ok),
            (Folder { mode: 0o755, ..folder }, 7, true, Status::Failed),
            (Folder { ..folder }, 8, true, Status::Failed),
            (Folder { ..folder }, 7, false, Status::Failed),
            (Folder { is_folder: false, ..folder }, 7, true, Status::Failed),
        ] {
            let finding = permissions(Finding::of("x"), "/s", &folder, me, writable);
            assert_eq!(finding.status, expected, "{finding:?}");
            assert_eq!(finding.fix.is_some(), expected != Status::Ok);
        }
    }

    #[test]
    fn little_room_is_told_before_there_is_none() {
        for (bytes, files, expected) in [
            (u64::MAX, 0, Status::Ok),
            (1 << 30, 100_000, Status::Ok),
            (1 << 28, 100_000, Status::Warning),
            (1 << 20, 100_000, Status::Failed),
            (1 << 40, 10, Status::Warning),
        ] {
            assert_eq!(room(bytes, files).status, expected, "{bytes} {files}");
        }
        assert_eq!(rounded((5 << 30) + 7), "5GiB");
        assert_eq!(rounded((700 << 20) + 7), "700MiB");
    }

    #[test]
    fn a_store_is_known_by_its_header() {
        let mut header = [0; HEADER];
        assert_eq!(judge_store(Finding::of("x"), &header).status, Status::Failed);
        header[..16].copy_from_slice(b"SQLite format 3\0");
        header[63] = 2;
        assert_eq!(
            judge_store(Finding::of("x"), &header),
            Finding::of("x").ok("readable, layout 2")
        );
        assert_eq!(store(Path::new("/nonexistent")).status, Status::Ok);
    }
}
