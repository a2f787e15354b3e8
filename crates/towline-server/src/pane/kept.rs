//! A terminal model that was let go, kept in the pane's folder: whoever needs it again replays only what has been printed since.
//!
//! The journal stays the truth. A model that can't be read, is older than what the journal keeps, or was kept so lately that a query
//! in it may not have been answered is passed over, and the journal replayed.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use towline_vt::Terminal;

/// A model as it is kept: up to which offset of the journal it has come, when the last entry before was printed, and the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) offset: u64,
    /// Microseconds since 1970 UTC.
    pub(super) time: u64,
    pub(super) record: Vec<u8>,
}

/// Bytes before the record: offset and time, little-endian. The record has a checksum of its own.
const HEAD: usize = 16;

/// The largest that is read: a thousand wide lines with a style for each cell are less.
const LARGEST: u64 = 64 << 20;

fn path(folder: &Path) -> PathBuf {
    folder.join("model")
}

/// Keeps a model, in place of an older one.
///
/// # Errors
/// A folder that can't be written.
pub(super) fn keep(folder: &Path, kept: &Kept) -> io::Result<()> {
    let fresh = folder.join("model.new");
    let mut file = fs::File::create(&fresh)?;
    file.write_all(&kept.offset.to_le_bytes())?;
    file.write_all(&kept.time.to_le_bytes())?;
    file.write_all(&kept.record)?;
    drop(file);
    fs::rename(fresh, path(folder))
}

/// The model that is kept, and how far it has come: one that lies between the offsets `from` and `to` and is older than `before`
/// (microseconds since 1970 UTC).
pub(super) fn load(
    folder: &Path,
    (from, to): (u64, u64),
    before: u64,
    scrollback: usize,
) -> Option<(Terminal, u64)> {
    let path = path(folder);
    if fs::metadata(&path).ok()?.len() > LARGEST {
        return None;
    }
    let bytes = fs::read(&path).ok()?;
    let (head, record) = bytes.split_at_checked(HEAD)?;
    let number = |at: usize| head.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
    let (offset, time) = (number(0)?, number(8)?);
    if offset < from || offset > to || time > before {
        return None;
    }
    match Terminal::load(record, scrollback) {
        Ok(terminal) => Some((terminal, offset)),
        Err(error) => {
            tracing::warn!("{} is passed over: {error}", path.display());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use towline_vt::Size;

    #[test]
    fn a_model_is_found_where_it_fits() {
        let folder = tempfile::tempdir().unwrap();
        let found = |range, before| load(folder.path(), range, before, 10).map(|(_, at)| at);
        assert_eq!(found((0, 100), 100), None);
        let mut terminal = Terminal::new(Size { cols: 10, rows: 2 }, 10);
        terminal.feed(b"hello", &mut Vec::new());
        let kept = Kept { offset: 50, time: 7, record: terminal.save() };
        keep(folder.path(), &kept).unwrap();
        assert_eq!(found((0, 100), 100), Some(50));
        assert_eq!(found((50, 50), 7), Some(50));
        assert_eq!(found((51, 100), 100), None);
        assert_eq!(found((0, 49), 100), None);
        assert_eq!(found((0, 100), 6), None);
        let mut bytes = fs::read(folder.path().join("model")).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(folder.path().join("model"), &bytes).unwrap();
        assert_eq!(found((0, 100), 100), None);
        fs::write(folder.path().join("model"), &bytes[..9]).unwrap();
        assert_eq!(found((0, 100), 100), None);
    }
}
