//! Changing `hosts.toml`: what people wrote in it stays, comments and order too.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, OFlags};
use toml_edit::{DocumentMut, InlineTable, Item, RawString, Table, TableLike, value};

use super::file::parse;
use super::keys::KEYS;
use super::{Host, HostValue, Hosts, HostsError, is_alias};
use crate::paths::home_dir;
use crate::target::LOCAL_HOST;

/// What a new file begins with.
const HEADER: &str =
    "# The hosts of the fleet. tow host add ALIAS ADDRESS writes here; so may you.\n\n";

/// The mode of a new file: it tells where other machines are.
const MODE: u32 = 0o600;

/// The list of hosts, to be changed: [`HostsFile::save`] writes it. Nobody else changes it meanwhile.
#[derive(Debug)]
pub struct HostsFile {
    path: PathBuf,
    document: DocumentMut,
    /// Holds the lock on the folder.
    _folder: OwnedFd,
}

impl HostsFile {
    /// Opens the list at `path`, and makes its folder where that is missing. Waits for whoever changes it now.
    ///
    /// # Errors
    /// Where the file can't be read, or is no list of hosts: what a person wrote is never overwritten unread.
    pub fn open(path: &Path) -> Result<Self, HostsError> {
        let unwritable = |source| HostsError::Write { path: path.to_owned(), source };
        let unreadable = |source| HostsError::Read { path: path.to_owned(), source };
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder).map_err(unwritable)?;
        let lock = lock(folder).map_err(unwritable)?;
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => HEADER.into(),
            Err(error) => return Err(unreadable(error)),
        };
        parse(path, &text, None)?;
        let document = text.parse().map_err(|error: toml_edit::TomlError| {
            HostsError::Refused(format!("{}: {}", path.display(), error.message()))
        })?;
        Ok(Self { path: path.to_owned(), document, _folder: lock })
    }

    /// The folder of the list, where relative paths in it begin.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Adds a host at the end, with what differs from the defaults.
    ///
    /// # Errors
    /// [`HostsError::Taken`], and where the alias is none.
    pub fn add(&mut self, host: &Host) -> Result<(), HostsError> {
        if !is_alias(&host.alias) {
            let alias = host.alias.escape_debug();
            return Err(HostsError::Refused(format!("`{alias}` can't be a host's alias")));
        }
        let first = self.document.is_empty();
        if self.hosts_table().contains_key(&host.alias) {
            return Err(HostsError::Taken(host.alias.clone()));
        }
        let mut table = Table::new();
        for key in KEYS {
            if let Some(value) = (key.get)(host) {
                table.insert(key.name, item(&value));
            }
        }
        if first {
            // A file of nothing but comments: they stay above what comes now.
            let above = self.document.trailing().as_str().unwrap_or_default().to_owned();
            table.decor_mut().set_prefix(above);
            self.document.set_trailing("");
        }
        self.hosts_table().insert(&host.alias, Item::Table(table));
        Ok(())
    }

    /// Takes a host out of the list, with the comments right above it; whether it was there.
    pub fn remove(&mut self, alias: &str) -> bool {
        let Some(removed) = self.hosts_table().remove(alias) else { return false };
        if let Item::Table(table) = &removed {
            let above = table.decor().prefix().and_then(RawString::as_str).unwrap_or_default();
            let kept = not_about_it(above).to_owned();
            self.put_after(&kept, table.position());
        }
        true
    }

    /// Sets a key of a host, or with `None` removes it. [`HostsFile::save`] checks the value.
    ///
    /// # Errors
    /// [`HostsError::NoSuchHost`].
    pub fn set(
        &mut self,
        alias: &str,
        key: &str,
        value: Option<&HostValue>,
    ) -> Result<(), HostsError> {
        let hosts = self.hosts_table();
        if alias == LOCAL_HOST && !hosts.contains_key(alias) {
            hosts.insert(alias, Item::Table(Table::new()));
        }
        let host = hosts.get_mut(alias).and_then(Item::as_table_like_mut);
        let host = host.ok_or_else(|| HostsError::NoSuchHost(alias.into()))?;
        match value {
            Some(value) => match (host.get_mut(key).and_then(Item::as_value_mut), item(value)) {
                // In place: what is written behind the value stays.
                (Some(old), Item::Value(mut new)) => {
                    *new.decor_mut() = old.decor().clone();
                    *old = new;
                }
                (_, new) => {
                    host.insert(key, new);
                }
            },
            None => {
                host.remove(key);
            }
        }
        Ok(())
    }

    /// Writes the list, beside the old one and then in its place, and returns what it says now. A link stays a
    /// link, and the file's mode stays what it was.
    ///
    /// # Errors
    /// [`HostsError::Invalid`] where what was set is not what belongs there, and where the file can't be written.
    pub fn save(self) -> Result<Hosts, HostsError> {
        let text = self.document.to_string();
        let hosts = parse(&self.path, &text, home_dir().as_deref())?;
        write(&self.path, &text)
            .map_err(|source| HostsError::Write { path: self.path.clone(), source })?;
        Ok(hosts)
    }

    /// The table that the hosts' tables lie in.
    fn hosts_table(&mut self) -> &mut dyn TableLike {
        let item = self.document.entry("host").or_insert_with(|| {
            let mut table = Table::new();
            // It has no header of its own: `[host.thor]` is enough.
            table.set_implicit(true);
            Item::Table(table)
        });
        if !item.is_table_like() {
            // It can't be: the file was read as a list of hosts.
            *item = Item::Value(InlineTable::new().into());
        }
        item.as_table_like_mut().expect("a table was put there")
    }

    /// Puts comments in front of what follows the place that a table had.
    fn put_after(&mut self, comments: &str, position: Option<isize>) {
        if comments.trim().is_empty() {
            return;
        }
        let hosts = self.document.get_mut("host").and_then(Item::as_table_mut);
        let tables =
            hosts.into_iter().flat_map(Table::iter_mut).filter_map(|(_, item)| item.as_table_mut());
        let next =
            tables.filter(|table| table.position() > position).min_by_key(|table| table.position());
        match next {
            Some(next) => {
                let own = next.decor().prefix().and_then(RawString::as_str).unwrap_or_default();
                let both = format!("{comments}{}", own.trim_start_matches('\n'));
                next.decor_mut().set_prefix(both);
            }
            None => {
                let own = self.document.trailing().as_str().unwrap_or_default().to_owned();
                self.document.set_trailing(format!("{comments}{}", own.trim_start_matches('\n')));
            }
        }
    }
}

/// What stands above a table and is not about it: all but the last block of comments.
fn not_about_it(above: &str) -> &str {
    above.rfind("\n\n").map_or("", |end| &above[..end + 2])
}

fn item(setting: &HostValue) -> Item {
    match setting {
        HostValue::Text(text) | HostValue::Other(text) => value(text),
        HostValue::Number(number) => value(*number),
        HostValue::Flag(flag) => value(*flag),
        HostValue::List(items) => value(items.iter().collect::<toml_edit::Array>()),
    }
}

/// Locks a folder against others that change what lies in it.
fn lock(folder: &Path) -> io::Result<OwnedFd> {
    let folder = rustix::fs::open(
        folder,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    rustix::io::retry_on_intr(|| rustix::fs::flock(&folder, FlockOperation::LockExclusive))?;
    Ok(folder)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    // Who keeps configuration elsewhere and links to it wants the file there changed.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mode = fs::metadata(&path).map_or(MODE, |metadata| metadata.permissions().mode() & 0o777);
    let beside = path.with_extension("toml.new");
    let outcome = write_new(&beside, text, mode).and_then(|()| fs::rename(&beside, &path));
    if outcome.is_err() {
        let _ = fs::remove_file(&beside);
    }
    outcome
}

fn write_new(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file: File = options.write(true).create(true).truncate(true).mode(mode).open(path)?;
    // One that was left there keeps its mode, and so does a umask's.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
