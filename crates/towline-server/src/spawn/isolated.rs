//! Configuration folders that agents have of their own: `isolated/NAME-ID/` in the state folder.
//!
//! They outlive their panes, as the conversations are in them; `tow clean --isolated` removes those without a pane.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use towline_agents::launch::Seed;

/// The folder of the pane with this id, whatever the pane was called when it was made.
pub(super) fn folder(all: &Path, name: &str, id: u64) -> PathBuf {
    let known = folders(all).into_iter().find(|(_, of)| *of == id);
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' };
    let name: String = name.chars().map(plain).take(50).collect();
    known.map_or_else(|| all.join(format!("{name}-{id}")), |(folder, _)| folder)
}

/// All folders, and the panes they belong to.
fn folders(all: &Path) -> Vec<(PathBuf, u64)> {
    let mut found: Vec<(PathBuf, u64)> = fs::read_dir(all)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some((entry.path(), name.rsplit_once('-')?.1.parse().ok()?))
        })
        .collect();
    found.sort();
    found
}

/// Makes the folder, and puts in what isn't there. Returns what could not be had, a line each.
///
/// # Errors
/// Where the folder itself can't be made or written.
pub(super) fn make(folder: &Path, seeds: &[Seed]) -> io::Result<Vec<String>> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let usable = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    rustix::fs::access(folder, usable)?;
    let mut missing = Vec::new();
    for seed in seeds {
        if let Err(error) = sow(seed) {
            let why = towline_client::io_error_in_words(&error);
            missing.push(format!("{} is not in it: {why}", seed.from.display()));
        }
    }
    Ok(missing)
}

fn sow(seed: &Seed) -> io::Result<()> {
    if fs::symlink_metadata(&seed.to).is_ok() {
        return Ok(());
    }
    let from = match fs::metadata(&seed.from) {
        Ok(from) => from,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if let Some(parent) = seed.to.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    }
    if seed.link {
        return std::os::unix::fs::symlink(&seed.from, &seed.to);
    }
    match from.is_dir() {
        true => copy_folder(&seed.from, &seed.to),
        false => fs::copy(&seed.from, &seed.to).map(|_| ()),
    }
}

/// Links each entry of a folder into another, which is made where it is missing. What is there already stays; links whose end is gone
/// are removed.
pub(super) fn link_entries(from: &Path, to: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(to)?;
    for entry in fs::read_dir(to)? {
        let path = entry?.path();
        if fs::read_link(&path).is_ok_and(|end| end.starts_with(from)) && !path.exists() {
            fs::remove_file(&path)?;
        }
    }
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let link = to.join(entry.file_name());
        if fs::symlink_metadata(&link).is_err() {
            std::os::unix::fs::symlink(entry.path(), link)?;
        }
    }
    Ok(())
}

/// Copies a folder; links in it stay links.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_folder(&path, &copy)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&path)?, &copy)?;
        } else if kind.is_file() {
            fs::copy(&path, &copy)?;
        }
    }
    Ok(())
}

/// Removes the folders of panes that are not there any longer; returns them, and the bytes that were in them.
pub(crate) fn sweep(all: &Path, panes: &HashSet<u64>) -> (Vec<PathBuf>, u64) {
    let (mut removed, mut bytes) = (Vec::new(), 0);
    for (folder, id) in folders(all) {
        if panes.contains(&id) {
            continue;
        }
        let size = size(&folder);
        match fs::remove_dir_all(&folder) {
            Ok(()) => {
                bytes += size;
                removed.push(folder);
            }
            Err(error) => tracing::warn!("can't remove {}: {error}", folder.display()),
        }
    }
    (removed, bytes)
}

/// The bytes of the files in a folder; what is linked to is not in it.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => size(&entry.path()),
        Ok(found) if found.is_file() => found.len(),
        _ => 0,
    };
    entries.map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_a_folder_are_linked_at_every_start() {
        let home = tempfile::tempdir().unwrap();
        let (mine, own) = (home.path().join("mine"), home.path().join("isolated/own"));
        link_entries(&mine, &own).unwrap();
        fs::create_dir_all(mine.join("one")).unwrap();
        fs::create_dir_all(mine.join("both")).unwrap();
        fs::create_dir(own.join("both")).unwrap();
        link_entries(&mine, &own).unwrap();
        assert_eq!(fs::read_link(own.join("one")).unwrap(), mine.join("one"));
        assert!(own.join("both").symlink_metadata().unwrap().is_dir());
        fs::rename(mine.join("one"), mine.join("two")).unwrap();
        link_entries(&mine, &own).unwrap();
        assert!(own.join("two").exists() && own.join("one").symlink_metadata().is_err());
    }

    #[test]
    fn a_folder_is_seeded_once_and_swept_when_its_pane_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let (mine, all) = (home.path().join("mine"), home.path().join("isolated"));
        fs::create_dir_all(mine.join("sub/deep")).unwrap();
        fs::write(mine.join("credentials"), "secret").unwrap();
        fs::write(mine.join("settings"), "{}").unwrap();
        fs::write(mine.join("sub/deep/x"), "12345").unwrap();
        let folder = folder(&all, "a b/../c", 7);
        assert_eq!(folder, all.join("a_b____c-7"));
        let seed = |name: &str, link| Seed { from: mine.join(name), to: folder.join(name), link };
        let seeds = [
            seed("credentials", true),
            seed("settings", false),
            seed("sub", false),
            seed("none", true),
        ];
        assert!(make(&folder, &seeds).unwrap().is_empty());
        assert_eq!(fs::read_link(folder.join("credentials")).unwrap(), mine.join("credentials"));
        assert_eq!(fs::read(folder.join("sub/deep/x")).unwrap(), b"12345");
        assert!(!folder.join("none").exists());
        fs::write(folder.join("settings"), "{\"own\":1}").unwrap();
        assert!(make(&folder, &seeds).unwrap().is_empty());
        assert_eq!(fs::read(folder.join("settings")).unwrap(), b"{\"own\":1}");
        // A pane that has another name by now has the same folder.
        assert_eq!(super::folder(&all, "x", 7), folder);
        assert_eq!(sweep(&all, &HashSet::from([7])), (Vec::new(), 0));
        assert_eq!(sweep(&all, &HashSet::new()), (vec![folder], 14));
        assert_eq!(fs::read(mine.join("credentials")).unwrap(), b"secret");
    }
}
