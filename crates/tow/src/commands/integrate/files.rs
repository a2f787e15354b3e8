//! The files themselves: read, and written so that they are never half there.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use towline_agents::integrate::{Edit, Files};

use crate::error::CommandError;

/// The longest that is read: settings are written by hand.
const LONGEST: u64 = 16 << 20;

/// What others may do with a file that is made here: nothing, as agents have it.
const MODE: u32 = 0o600;

/// Reads those that are there.
///
/// # Errors
/// One that can't be read, or is no text.
pub(super) fn read(paths: &[PathBuf]) -> Result<Files, CommandError> {
    let mut files = Files::new();
    for path in paths {
        let doing = || format!("cannot read {}", path.display());
        match fs::metadata(path) {
            Ok(data) if !data.is_file() => {
                return Err(CommandError::failed(format!("{}: it is no file", doing())));
            }
            Ok(data) if data.len() > LONGEST => {
                return Err(CommandError::failed(format!("{}: it is too long", doing())));
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
                Ok(target) => {
                    let message = format!(
                        "{}: it is a link to {}, which isn't there",
                        doing(),
                        target.display()
                    );
                    return Err(CommandError::failed(message));
                }
                Err(_) => continue,
            },
            Err(error) => return Err(CommandError::io(doing(), &error)),
        }
        let bytes = fs::read(path).map_err(|error| CommandError::io(doing(), &error))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| CommandError::failed(format!("{}: it is no UTF-8 text", doing())))?;
        files.insert(path.clone(), text);
    }
    Ok(files)
}

/// Carries changes out, all or none; returns the folders that were made for them, the outermost first.
///
/// # Errors
/// What can't be written, or was changed by somebody else meanwhile.
pub(super) fn write(edits: &[Edit]) -> Result<Vec<PathBuf>, CommandError> {
    let mut made = Vec::new();
    for (done, edit) in edits.iter().enumerate() {
        if let Err(error) = write_one(edit, &mut made) {
            for edit in &edits[..done] {
                let back = Edit {
                    path: edit.path.clone(),
                    before: edit.after.clone(),
                    after: edit.before.clone(),
                };
                // What was just written can be written again, as a rule.
                let _ = write_one(&back, &mut Vec::new());
            }
            remove_folders(&made);
            return Err(error.hint("nothing was changed"));
        }
    }
    Ok(made)
}

/// Removes folders that were made for a change and are empty again.
pub(super) fn remove_folders(folders: &[PathBuf]) {
    for folder in folders.iter().rev() {
        let _ = fs::remove_dir(folder);
    }
}

fn write_one(edit: &Edit, made: &mut Vec<PathBuf>) -> Result<(), CommandError> {
    let path = &edit.path;
    let failed =
        |error: io::Error| CommandError::io(format!("cannot write {}", path.display()), &error);
    if edit.before.is_some() {
        // Who keeps settings elsewhere and links to them wants the file there changed.
        let real = fs::canonicalize(path).map_err(failed)?;
        let data = fs::metadata(&real).map_err(failed)?;
        if data.permissions().readonly() {
            let message = format!("cannot write {}: it is read-only", path.display());
            return Err(CommandError::failed(message).hint(format!("chmod u+w {}", path.display())));
        }
        if fs::read(&real).map_err(failed)? != edit.before.as_deref().unwrap_or_default().as_bytes()
        {
            let message = format!("{} was changed by somebody else meanwhile", path.display());
            return Err(CommandError::failed(message).hint("try again"));
        }
        return match &edit.after {
            Some(text) => replace(&real, text, data.permissions().mode() & 0o7777).map_err(failed),
            // The link, where it is one.
            None => fs::remove_file(path).map_err(failed),
        };
    }
    let Some(text) = &edit.after else { return Ok(()) };
    let mut missing: Vec<&Path> =
        path.ancestors().skip(1).take_while(|folder| !folder.exists()).collect();
    missing.reverse();
    for folder in missing {
        fs::create_dir(folder).map_err(failed)?;
        made.push(folder.to_owned());
    }
    replace(path, text, MODE).map_err(failed)
}

/// Writes a file beside, and puts it in the other's place.
fn replace(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".tow-{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let write = || -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(mode).open(&beside)?;
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    let outcome = write();
    if outcome.is_err() {
        let _ = fs::remove_file(&beside);
    }
    outcome
}
