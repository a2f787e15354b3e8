//! Hosts that other tools left.

use std::path::{Path, PathBuf};

use super::{Address, AttachBy, Host, is_alias};

/// A host that was found in a file of another tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The line that it begins in, counted from 1.
    pub line: usize,
    /// The host.
    pub host: Host,
}

/// A line that can't be taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}: {message}", path.display())]
pub struct ImportError {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

/// The name of the files that hold directives; in others it takes one of them to tell.
const DIRECTIVES_FILE: &str = ".agent-tmux.conf";

/// The hosts in a text of one of two forms:
///
/// - lines `alias|ssh_host|dir`, the folder being that of the projects there and left out where there is none;
/// - the directives `remote_host: HOST`, and below it, for that host, `remote_alias:`, `remote_port:` and
///   `remote_attach: ssh|mosh`. Without an alias the host's name makes one. Other directives are passed over.
///
/// Empty lines and lines that begin with `#` are passed over. `path` is for messages.
///
/// # Errors
/// The first line that is wrong.
pub fn import(path: &Path, text: &str) -> Result<Vec<Imported>, ImportError> {
    let lines = || {
        let lines = text.lines().map(str::trim).enumerate().map(|(index, line)| (index + 1, line));
        lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    };
    let named = path.file_name().is_some_and(|name| name == DIRECTIVES_FILE);
    let directives = named || lines().any(|(_, line)| directive(line).is_some());
    let mut found: Vec<Imported> = Vec::new();
    for (line, content) in lines() {
        let wrong = |message: String| ImportError { path: path.to_owned(), line, message };
        let host = match directive(content) {
            Some(("remote_host", value)) => from_name(value).map_err(wrong)?,
            Some((key, value)) => {
                let last = found
                    .last_mut()
                    .ok_or_else(|| wrong(format!("{key} stands before any remote_host")))?;
                refine(&mut last.host, key, value).map_err(wrong)?;
                continue;
            }
            None if directives => continue,
            None => from_fields(content).map_err(wrong)?,
        };
        found.push(Imported { line, host });
    }
    unique(path, &found)?;
    Ok(found)
}

/// A directive that is about hosts: `remote_port: 22`.
fn directive(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let known = ["remote_host", "remote_alias", "remote_port", "remote_attach"];
    known.contains(&key.trim()).then(|| (key.trim(), value.trim()))
}

/// `remote_host: [user@]host[:port]`; the alias comes from the name until a directive says another.
fn from_name(name: &str) -> Result<Host, String> {
    let address = Address::ssh(name).map_err(|error| error.to_string())?;
    let host = match &address {
        Address::Ssh { host, .. } => host.clone(),
        _ => name.to_owned(),
    };
    Ok(Host::new(alias_from(&host), address))
}

fn refine(host: &mut Host, key: &str, value: &str) -> Result<(), String> {
    match key {
        "remote_alias" => host.alias = alias(value)?,
        "remote_port" => {
            let number = value.parse::<u16>().ok().filter(|number| *number > 0);
            let number = number.ok_or_else(|| {
                format!(
                    "`{}` is not a port: ports are numbers from 1 to 65535",
                    value.escape_debug()
                )
            })?;
            if let Address::Ssh { port, .. } = &mut host.address {
                *port = Some(number);
            }
        }
        _ => {
            let known = AttachBy::ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(value));
            host.attach = known
                .ok_or_else(|| {
                    format!("remote_attach is ssh or mosh, not `{}`", value.escape_debug())
                })?
                .1;
        }
    }
    Ok(())
}

/// `alias|ssh_host|dir`.
fn from_fields(line: &str) -> Result<Host, String> {
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    let (name, place, folder) = match fields[..] {
        [name, place] => (name, place, ""),
        [name, place, folder] => (name, place, folder),
        [_] => {
            let line = line.escape_debug();
            return Err(format!(
                "`{line}` is neither alias|host|folder nor a directive such as remote_host:"
            ));
        }
        _ => return Err(format!("{} fields where alias|host|folder are three", fields.len())),
    };
    let address = Address::ssh(place).map_err(|error| error.to_string())?;
    let mut host = Host::new(alias(name)?, address);
    if !folder.is_empty() {
        if !(folder.starts_with('/') || folder == "~" || folder.starts_with("~/")) {
            let folder = folder.escape_debug();
            return Err(format!("`{folder}` is no folder such as /home/me/src or ~/src"));
        }
        host.projects = Some(folder.to_owned());
    }
    Ok(host)
}

/// The alias, in lower case: other tools are not so strict.
fn alias(text: &str) -> Result<String, String> {
    let alias = text.to_lowercase().replace(['_', '.'], "-");
    if is_alias(&alias) {
        return Ok(alias);
    }
    let text = text.escape_debug();
    Err(format!("`{text}` can't be an alias: lower-case letters, digits and `-` can"))
}

/// An alias made of a host's name: its first part, or of a number's all.
fn alias_from(name: &str) -> String {
    let number = name.parse::<std::net::IpAddr>().is_ok();
    let part = if number { name } else { name.split('.').next().unwrap_or(name) };
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let alias: String = part.chars().map(plain).collect();
    let alias = alias.trim_matches('-');
    if is_alias(alias) { alias.to_owned() } else { format!("host-{alias}") }
}

/// Two hosts of one alias that are not the same host can't both be meant.
fn unique(path: &Path, found: &[Imported]) -> Result<(), ImportError> {
    for (index, later) in found.iter().enumerate() {
        let same = |earlier: &&Imported| earlier.host.alias == later.host.alias;
        if let Some(earlier) = found[..index].iter().find(same).filter(|it| it.host != later.host) {
            let message =
                format!("alias {} is another host's in line {}", later.host.alias, earlier.line);
            return Err(ImportError { path: path.to_owned(), line: later.line, message });
        }
    }
    Ok(())
}
