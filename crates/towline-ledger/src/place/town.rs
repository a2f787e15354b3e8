//! A town: the folder that holds the mayor, the deacon and the rigs, and where in it everybody works.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files::{self, RigEntry, RigFile, RigsFile, TownFile};
use crate::identity::{Identity, IdentityError, Role};
use crate::words::{did_you_mean, io_error, nearest};

/// The file, below a town's root, that makes a folder a town.
pub(super) const TOWN_FILE: &str = "mayor/town.json";
const RIGS_FILE: &str = "mayor/rigs.json";
const RIG_FILE: &str = "config.json";

/// What can't be read of a town.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TownError {
    /// A file or folder can't be read, or isn't what it should be.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it, in words.
        problem: String,
    },
    /// A rig that the town doesn't have.
    #[error("the town {town} has no rig {rig}{}", did_you_mean(meant.as_deref()))]
    NoRig {
        /// The town's name.
        town: String,
        /// The rig.
        rig: String,
        /// The rig that was probably meant.
        meant: Option<String>,
    },
    /// A rig whose folder is gone.
    #[error("the rig {rig} has no folder: {} isn't there", folder.display())]
    NoFolder {
        /// The rig.
        rig: String,
        /// Where its folder should be.
        folder: PathBuf,
    },
}

/// A town: a folder with `mayor/town.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Town {
    /// Its folder.
    pub root: PathBuf,
    /// Its name.
    pub name: String,
}

/// A rig: a project's folder in a town.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rig {
    /// Its name, which is its folder's.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The prefix of its issues, without the hyphen, where that is said.
    pub prefix: Option<String>,
    /// Where its repository comes from: an address that git takes, or a path.
    pub url: Option<String>,
    /// A clone on this machine that its own were made from.
    pub local_repo: Option<String>,
    /// The branch that work is merged to.
    pub default_branch: Option<String>,
}

/// A town's rigs, and what couldn't be read of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rigs {
    /// Those that are there, by name.
    pub rigs: Vec<Rig>,
    /// What is wrong with others, or with the files that say what they are.
    pub problems: Vec<TownError>,
}

impl Town {
    /// The town at this folder.
    ///
    /// # Errors
    ///
    /// Where `mayor/town.json` can't be read. One without a name is no error: the town is called as its folder is.
    pub fn read(root: &Path) -> Result<Self, TownError> {
        let path = root.join(TOWN_FILE);
        let file: TownFile = read_json(&path)?.unwrap_or_default();
        let name = if file.name.is_empty() { folder_name(root) } else { file.name };
        Ok(Self { root: root.to_owned(), name })
    }

    /// The root of the town that a folder lies in: the nearest folder with a `mayor/town.json`, but where that lies in a
    /// worktree of another town's rig, that other town's.
    pub fn root_of(folder: &Path) -> Option<PathBuf> {
        let mut found: Option<&Path> = None;
        for ancestor in folder.ancestors() {
            if !ancestor.join(TOWN_FILE).is_file() {
                continue;
            }
            let outer = match found {
                None => true,
                Some(inner) => inner.strip_prefix(ancestor).is_ok_and(is_in_worktree),
            };
            if outer {
                found = Some(ancestor);
            }
        }
        found.map(Path::to_owned)
    }

    /// Its rigs: the folders with a `config.json`, and what `mayor/rigs.json` lists.
    pub fn rigs(&self) -> Rigs {
        let mut found = Rigs::default();
        let registered = self.registered().unwrap_or_else(|problem| {
            found.problems.push(problem);
            RigsFile::default()
        });
        let mut names = folders_in(&self.root);
        names.retain(|name| {
            registered.rigs.contains_key(name)
                || (Identity::witness(name).is_ok()
                    && self.root.join(name).join(RIG_FILE).is_file())
        });
        for name in names {
            match self.read_rig(&name, registered.rigs.get(&name)) {
                Ok(Some(rig)) => found.rigs.push(rig),
                Ok(None) => {}
                Err(problem) => found.problems.push(problem),
            }
        }
        for name in registered.rigs.keys() {
            let folder = self.root.join(name);
            if !folder.is_dir() {
                found.problems.push(TownError::NoFolder { rig: name.clone(), folder });
            }
        }
        found
    }

    /// The rig of this name.
    ///
    /// # Errors
    ///
    /// Where there is none, naming the one that was probably meant, or where it can't be read.
    pub fn rig(&self, name: &str) -> Result<Rig, TownError> {
        let registered = self.registered()?;
        let listed = registered.rigs.get(name);
        // Checked before it is made part of a path.
        if Identity::witness(name).is_ok()
            && self.root.join(name).is_dir()
            && let Some(rig) = self.read_rig(name, listed)?
        {
            return Ok(rig);
        }
        if listed.is_some() {
            return Err(TownError::NoFolder { rig: name.into(), folder: self.root.join(name) });
        }
        let rigs = self.rigs().rigs;
        let meant = nearest(name, rigs.iter().map(|rig| rig.name.as_str())).map(str::to_owned);
        Err(TownError::NoRig { town: self.name.clone(), rig: name.to_owned(), meant })
    }

    fn registered(&self) -> Result<RigsFile, TownError> {
        Ok(read_json(&self.root.join(RIGS_FILE))?.unwrap_or_default())
    }

    /// The rig in a folder, or nothing where neither a file in it nor the register says that it is one.
    fn read_rig(&self, name: &str, listed: Option<&RigEntry>) -> Result<Option<Rig>, TownError> {
        let folder = self.root.join(name);
        let file: Option<RigFile> = read_json(&folder.join(RIG_FILE))?;
        // Other folders of a town have a file of this name that says something else.
        let file = file.filter(|file| file.kind.is_empty() || file.kind == "rig");
        if file.is_none() && listed.is_none() {
            return Ok(None);
        }
        let file = file.unwrap_or_default();
        let listed = listed.cloned().unwrap_or_default();
        let first =
            |own: String, other: String| [own, other].into_iter().find(|value| !value.is_empty());
        let prefix = |beads: Option<files::Beads>| {
            let prefix = beads.map(|beads| beads.prefix).unwrap_or_default();
            prefix.trim_end_matches('-').to_owned()
        };
        Ok(Some(Rig {
            name: name.to_owned(),
            folder,
            prefix: first(prefix(file.beads), prefix(listed.beads)),
            url: first(file.git_url, listed.git_url),
            local_repo: first(file.local_repo, listed.local_repo),
            default_branch: first(file.default_branch, String::new()),
        }))
    }

    /// Where somebody of this town works: `None` for a person. The folder needn't be there.
    pub fn folder_of(&self, identity: &Identity) -> Option<PathBuf> {
        let rig = || self.root.join(identity.rig().unwrap_or_default());
        let name = identity.name().unwrap_or_default();
        match identity.role() {
            Role::Mayor => Some(self.root.join("mayor")),
            Role::Deacon => Some(self.root.join("deacon")),
            Role::Witness => Some(rig().join("witness")),
            Role::Refinery => Some(rig().join("refinery").join("rig")),
            Role::Polecat => Some(rig().join("polecats").join(name)),
            Role::Crew => Some(rig().join("crew").join(name)),
            Role::Worker => None,
        }
    }

    /// Where the files that somebody works on are: their folder, but for a polecat of newer versions of Gas Town a folder in
    /// it that is called as the rig is.
    pub fn worktree_of(&self, identity: &Identity) -> Option<PathBuf> {
        let folder = self.folder_of(identity)?;
        let inner = folder.join(identity.rig().unwrap_or_default());
        let newer = identity.role() == Role::Polecat
            && !folder.join(".git").exists()
            && inner.join(".git").exists();
        Some(if newer { inner } else { folder })
    }

    /// The names of a rig's polecats: those that have a folder.
    pub fn polecats(&self, rig: &str) -> Vec<String> {
        folders_in(&self.root.join(rig).join("polecats"))
    }

    /// The names of a rig's crew: those that have a folder.
    pub fn crew(&self, rig: &str) -> Vec<String> {
        folders_in(&self.root.join(rig).join("crew"))
    }

    /// Who is meant by a text, in whatever form. The short `RIG/NAME` is a member of the crew where only the crew has one of
    /// that name, else a polecat.
    ///
    /// # Errors
    ///
    /// Where the text is no identity. Whether there is such a rig or worker isn't asked.
    pub fn resolve(&self, text: &str) -> Result<Identity, IdentityError> {
        let identity = Identity::parse(text)?;
        let short = text.trim().trim_end_matches('/').matches('/').count() == 1;
        if short
            && identity.role() == Role::Polecat
            && let (Some(rig), Some(name)) = (identity.rig(), identity.name())
        {
            let there = |identity: &Identity| {
                self.folder_of(identity).is_some_and(|folder| folder.is_dir())
            };
            let crew = Identity::crew(rig, name)?;
            if there(&crew) && !there(&identity) {
                return Ok(crew);
            }
        }
        Ok(identity)
    }
}

/// Whether a path, seen from a town's root, lies in a worktree or clone of one of its rigs.
fn is_in_worktree(path: &Path) -> bool {
    let parts: Vec<&str> = path.components().filter_map(|part| part.as_os_str().to_str()).collect();
    matches!(
        parts.as_slice(),
        [_, "polecats" | "crew", _, ..] | [_, "mayor" | "refinery" | "witness", "rig", ..]
    )
}

/// The names of the folders in a folder, sorted: those that can be read and aren't hidden. Of a folder that isn't there, none.
fn folders_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

fn folder_name(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Reads a file; one that isn't there is none.
fn read_json<T: for<'a> serde::Deserialize<'a>>(path: &Path) -> Result<Option<T>, TownError> {
    let fail = |problem| TownError::File { path: path.to_owned(), problem };
    match fs::read_to_string(path) {
        Ok(text) => files::read(&text).map(Some).map_err(fail),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fail(io_error(&error))),
    }
}
