//! A pane's folder: `panes/ID/` with its journal, its holder's socket and lock, and a description.
//!
//! The description is what the store would know: it lets a server that lost its store adopt the pane.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use towline_protocol::Message;
use towline_protocol::v1;

/// The pane's folder below the folder of all panes.
pub(crate) fn of(panes: &Path, id: u64) -> PathBuf {
    panes.join(id.to_string())
}

/// Where its journal lies.
pub(crate) fn journal(folder: &Path) -> PathBuf {
    folder.join("journal")
}

/// A link of the pane's own to the ssh agent of whoever attached last.
pub(crate) fn ssh_agent(folder: &Path) -> PathBuf {
    folder.join("agent.sock")
}

fn description(folder: &Path) -> PathBuf {
    folder.join("pane")
}

/// Where what Towline gives the pane's agent lies: files with its hooks.
pub(crate) fn for_agent(folder: &Path) -> PathBuf {
    folder.join("agent")
}

/// Variables that the pane's program gets at each start.
pub(crate) fn kept_environment(folder: &Path) -> PathBuf {
    folder.join("environment")
}

/// Writes a file that nobody else may read, in place of an older one.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let _ = fs::remove_file(&fresh);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(bytes)?;
    fs::rename(fresh, path)
}

/// The pane's secret, made when it is first asked for: programs inside prove with it that they are inside.
pub(crate) fn secret(folder: &Path) -> io::Result<String> {
    let path = folder.join("secret");
    match fs::read_to_string(&path) {
        Ok(secret) => Ok(secret),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = uuid::Uuid::new_v4().simple().to_string();
            fs::write(path, &secret)?;
            Ok(secret)
        }
        Err(error) => Err(error),
    }
}

/// Makes the folder and writes the description.
pub(crate) fn make(folder: &Path, pane: &v1::Pane) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    write_description(folder, pane)
}

/// Writes the description, in place of an older one.
pub(crate) fn write_description(folder: &Path, pane: &v1::Pane) -> io::Result<()> {
    let fresh = folder.join("pane.new");
    fs::write(&fresh, pane.encode_to_vec())?;
    fs::rename(fresh, description(folder))
}

/// Reads the description back; `None` where there is none that makes sense.
pub(crate) fn describe(folder: &Path) -> Option<v1::Pane> {
    let pane = v1::Pane::decode(&*fs::read(description(folder)).ok()?).ok()?;
    (pane.id != 0 && !pane.name.is_empty() && !pane.command.is_empty()).then_some(pane)
}

/// The ids of all folders there are.
pub(crate) fn ids(panes: &Path) -> io::Result<Vec<u64>> {
    let mut ids = Vec::new();
    for entry in fs::read_dir(panes)? {
        ids.extend(entry?.file_name().to_str().and_then(|name| name.parse::<u64>().ok()));
    }
    ids.sort_unstable();
    Ok(ids)
}

/// Removes the folder and all in it; returns how many bytes of files that were.
pub(crate) fn remove(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for dir in [folder.to_owned(), journal(folder)] {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            bytes += entry
                .metadata()
                .map_or(0, |metadata| if metadata.is_file() { metadata.len() } else { 0 });
        }
    }
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(bytes),
    }
}

/// Points the pane's ssh agent link at `socket`.
pub(crate) fn link_ssh_agent(folder: &Path, socket: &Path) -> io::Result<()> {
    let link = ssh_agent(folder);
    if fs::read_link(&link).is_ok_and(|now| now == socket) {
        return Ok(());
    }
    let fresh = folder.join("agent.sock.new");
    let _ = fs::remove_file(&fresh);
    std::os::unix::fs::symlink(socket, &fresh)?;
    fs::rename(fresh, link)
}
