//! Whether somebody is new to attaching: a counter in the state folder.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// So many attaches make a newcomer no longer one.
const LESSONS: u32 = 5;

/// The counter's file, in the state folder.
const FILE: &str = "attaches";

/// Counts an attach and tells whether it is one of the first. Where the counter can't be kept, nobody is
/// taught for ever.
pub(super) fn count(state_dir: &Path) -> bool {
    let path = state_dir.join(FILE);
    let before =
        std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    if before >= LESSONS {
        return false;
    }
    write(&path, before + 1).is_ok()
}

fn write(path: &Path, count: u32) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    writeln!(file, "{count}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_five_attaches_are_a_newcomers() {
        let folder = tempfile::tempdir().unwrap();
        let told: Vec<bool> = (0..7).map(|_| count(folder.path())).collect();
        assert_eq!(told, [true, true, true, true, true, false, false]);
        assert!(!count(&folder.path().join("missing")));
    }
}
