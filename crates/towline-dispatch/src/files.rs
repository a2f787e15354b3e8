//! Writing the small files of a town: whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::DispatchError;

/// Reads a file; one that isn't there is empty.
pub(crate) fn read(path: &Path) -> Result<String, DispatchError> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(DispatchError::io("read", path, &error)),
    }
}

/// Makes a folder and those above it; whether it was not there.
pub(crate) fn folder(path: &Path) -> Result<bool, DispatchError> {
    if path.is_dir() {
        return Ok(false);
    }
    fs::create_dir_all(path).map_err(|error| DispatchError::io("make", path, &error))?;
    Ok(true)
}

/// Writes a file that isn't there, with the folders above it; whether it was not there.
pub(crate) fn put(path: &Path, text: &str) -> Result<bool, DispatchError> {
    if path.exists() {
        return Ok(false);
    }
    replace(path, text)?;
    Ok(true)
}

/// Writes a file, in place of one that may be there.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), DispatchError> {
    if let Some(parent) = path.parent() {
        folder(parent)?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!("{name}.tmp.{}", std::process::id()));
    let written = fs::File::create(&temporary)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        // What is left of it is of no use.
        let _ = fs::remove_file(&temporary);
        DispatchError::io("write", path, &error)
    })
}

/// Adds lines to a file where it hasn't got them.
pub(crate) fn add_lines(path: &Path, lines: &[&str]) -> Result<(), DispatchError> {
    let text = read(path)?;
    let missing: Vec<&&str> =
        lines.iter().filter(|line| !text.lines().any(|one| one.trim() == **line)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut longer = text;
    if !longer.is_empty() && !longer.ends_with('\n') {
        longer.push('\n');
    }
    missing.iter().for_each(|line| longer.extend([**line, "\n"]));
    replace(path, &longer)
}

/// Removes a file or a folder with all that is in it; one that isn't there is no error.
pub(crate) fn remove(path: &Path) -> Result<(), DispatchError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(DispatchError::io("remove", path, &error))
        }
        _ => Ok(()),
    }
}
