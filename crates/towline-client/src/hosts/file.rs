//! Reading `hosts.toml`.

use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, Key};
use super::{Address, Host, Hosts, HostsError, LocalHost, is_alias};
use crate::config::nearest::nearest;
use crate::config::source::{Problem, line_of, no_toml, settle};
use crate::paths::home_dir;
use crate::target::LOCAL_HOST;

/// Reads the list of hosts at `path`; a file that is not there is an empty one.
///
/// # Errors
/// [`HostsError::Read`] and [`HostsError::Invalid`].
pub fn load(path: &Path) -> Result<Hosts, HostsError> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(path, &text, home_dir().as_deref()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Hosts::default()),
        Err(source) => Err(HostsError::Read { path: path.to_owned(), source }),
    }
}

/// Reads the text of a list of hosts. `path` is for messages, and its folder is where relative paths begin;
/// `home` is what `~` means in those.
///
/// # Errors
/// [`HostsError::Invalid`].
pub fn parse(path: &Path, text: &str, home: Option<&Path>) -> Result<Hosts, HostsError> {
    let base = path.parent().unwrap_or(Path::new(""));
    let invalid = |wrong: Wrong| HostsError::Invalid {
        path: path.to_owned(),
        line: wrong.line,
        message: wrong.message,
        hint: wrong.hint,
    };
    let mut hosts = read(text).map_err(invalid)?;
    for host in &mut hosts.hosts {
        if let Some(file) = &mut host.secret_file {
            *file = resolved(file, base, home);
        }
    }
    Ok(hosts)
}

/// What is wrong in a line.
struct Wrong {
    line: usize,
    message: String,
    hint: Option<String>,
}

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Self {
        Self { line: problem.line, message: problem.message, hint: None }
    }
}

type Spanned<'i> = toml::Spanned<DeValue<'i>>;

fn read(text: &str) -> Result<Hosts, Wrong> {
    let root = DeTable::parse(text).map_err(|error| no_toml(text, &error))?;
    let mut hosts = Hosts::default();
    for (line, key, value) in in_order(text, root.get_ref()) {
        if key != "host" {
            let message = format!("unknown key {key}: hosts are tables such as [host.thor]");
            let hint = nearest(key, ["host"].into_iter()).map(meant);
            return Err(Wrong { line, message, hint });
        }
        for (line, alias, value) in in_order(text, table(text, line, "host", value)?) {
            let keys = in_order(text, table(text, line, &format!("host.{alias}"), value)?);
            if alias == LOCAL_HOST {
                hosts.local = local(text, &keys)?;
            } else {
                hosts.hosts.push(host(text, line, alias, &keys)?);
            }
        }
    }
    Ok(hosts)
}

/// The entries of a table with their lines, in the order of the file.
fn in_order<'t, 'i>(text: &str, table: &'t DeTable<'i>) -> Vec<(usize, &'t str, &'t Spanned<'i>)> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| (key.span().start, key.get_ref().as_ref(), value))
        .collect();
    entries.sort_by_key(|(start, ..)| *start);
    entries.into_iter().map(|(start, key, value)| (line_of(text, start), key, value)).collect()
}

fn table<'t, 'i>(
    text: &str,
    line: usize,
    name: &str,
    value: &'t Spanned<'i>,
) -> Result<&'t DeTable<'i>, Wrong> {
    match value.get_ref() {
        DeValue::Table(table) => Ok(table),
        _ => {
            let value = settle(text, value);
            let message = format!("{name} must be a table, not {value}");
            Err(Wrong { line, message, hint: Some(format!("write it as [{name}]")) })
        }
    }
}

fn host(
    text: &str,
    line: usize,
    alias: &str,
    keys: &[(usize, &str, &Spanned<'_>)],
) -> Result<Host, Wrong> {
    if !is_alias(alias) {
        let message = format!(
            "`{}` can't be an alias: lower-case letters, digits and `-` can",
            alias.escape_debug()
        );
        let lower = alias.to_lowercase().replace(['_', '.', ' '], "-");
        let hint = is_alias(&lower).then(|| meant(&format!("[host.{lower}]")));
        return Err(Wrong { line, message, hint });
    }
    // The address comes first: what else is written depends on it.
    let (first, rest): (Vec<_>, Vec<_>) = keys.iter().partition(|(_, key, _)| *key == "address");
    let mut host = Host::new(alias, Address::Unix(PathBuf::new()));
    for (line, key, value) in first.iter().chain(&rest) {
        take(text, &mut host, *line, known(*line, key, alias)?, value)?;
    }
    if first.is_empty() {
        let message = format!("host {alias} has no address");
        let hint = Some(format!("address = \"ssh://{alias}\""));
        return Err(Wrong { line, message, hint });
    }
    Ok(host)
}

fn local(text: &str, keys: &[(usize, &str, &Spanned<'_>)]) -> Result<LocalHost, Wrong> {
    let mut host = Host::new(LOCAL_HOST, Address::Unix(PathBuf::new()));
    for (line, key, value) in keys {
        let known = known(*line, key, LOCAL_HOST)?;
        if !known.local {
            let names = KEYS.iter().filter(|key| key.local).map(|key| key.name);
            let message = format!(
                "{key} makes no sense for local, which is this machine: it takes {}",
                names.collect::<Vec<_>>().join(", ")
            );
            return Err(Wrong { line: *line, message, hint: None });
        }
        take(text, &mut host, *line, known, value)?;
    }
    Ok(LocalHost { backend: host.backend, projects: host.projects, tmux: host.tmux })
}

fn known(line: usize, key: &str, alias: &str) -> Result<&'static Key, Wrong> {
    KEYS.iter().find(|known| known.name == key).ok_or_else(|| Wrong {
        line,
        message: format!("unknown key {key} for host {alias}"),
        hint: nearest(key, KEYS.iter().map(|key| key.name)).map(meant),
    })
}

fn take(
    text: &str,
    host: &mut Host,
    line: usize,
    key: &Key,
    value: &Spanned<'_>,
) -> Result<(), Wrong> {
    let value = settle(text, value);
    (key.set)(host, &value).map_err(|wanted| Wrong {
        line,
        message: format!("{} must be {wanted}, not {value}", key.name),
        hint: None,
    })
}

fn meant(word: &str) -> String {
    format!("did you mean {word}?")
}

/// A path as people write it in the file: `~` is the home, and what is relative begins at `base`.
fn resolved(path: &Path, base: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => base.join(path),
    }
}
