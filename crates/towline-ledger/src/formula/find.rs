//! Where formulas lie: the project's folder, the user's, the town's, and those that Towline comes with.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{BUILT_IN, Formula, FormulaError};
use crate::words::{did_you_mean, io_error, nearest};

/// How files of formulas end: in a folder the first of two of a name counts.
const ENDINGS: [&str; 2] = [".formula.toml", ".formula.json"];

/// Where a formula comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The project's ledger.
    Project,
    /// The user's own.
    User,
    /// The town's ledger.
    Town,
    /// Towline itself.
    BuiltIn,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Project => "project",
            Self::User => "user",
            Self::Town => "town",
            Self::BuiltIn => "built in",
        })
    }
}

/// The folders that formulas are looked for in, the first first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Formulas {
    folders: Vec<(Source, PathBuf)>,
}

/// A formula that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The formula, with those it extends.
    pub formula: Formula,
    /// Where it comes from.
    pub source: Source,
}

/// A formula in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Its name, as it is found by.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// Its file; of one that Towline comes with only its name.
    pub file: PathBuf,
    /// Files of the same name that it stands before.
    pub shadowed: Vec<PathBuf>,
    /// What is in it, or why it can't be read.
    pub formula: Result<Formula, FindError>,
}

/// Why a formula wasn't found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// There is none of this name.
    #[error("there is no formula {name}{}", did_you_mean(meant.as_deref()))]
    None {
        /// The name.
        name: String,
        /// The one that was probably meant.
        meant: Option<String>,
    },
    /// A name that can't be one.
    #[error("{name:?} can't be the name of a formula")]
    Name {
        /// The name.
        name: String,
    },
    /// A file that can't be read.
    #[error("cannot read {}: {problem}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong, in words.
        problem: String,
    },
    /// A file that is no formula.
    #[error(transparent)]
    Formula(#[from] FormulaError),
    /// One that extends itself, over however many others.
    #[error("formulas extend each other: {}", names.join(" extends "))]
    Circle {
        /// The names, the first once more at the end.
        names: Vec<String>,
    },
    /// One that extends another that can't be had.
    #[error("the formula {name} extends {parent}: {why}")]
    Extends {
        /// The formula.
        name: String,
        /// The one it extends.
        parent: String,
        /// Why that can't be had.
        why: Box<FindError>,
    },
}

impl Formulas {
    /// Looks in the ledgers' folders (`.beads`) of the project and of the town, and in folders of the user's own. The project's
    /// go before the user's, those before the town's. A folder that is there twice counts once.
    pub fn new(
        project: Option<&Path>,
        user: impl IntoIterator<Item = PathBuf>,
        town: Option<&Path>,
    ) -> Self {
        let in_ledger = |beads: &Path| beads.join("formulas");
        let mut folders: Vec<(Source, PathBuf)> = Vec::new();
        let all = project
            .map(|beads| (Source::Project, in_ledger(beads)))
            .into_iter()
            .chain(user.into_iter().map(|folder| (Source::User, folder)))
            .chain(town.map(|beads| (Source::Town, in_ledger(beads))));
        for (source, folder) in all {
            if !folders.iter().any(|(_, other)| *other == folder) {
                folders.push((source, folder));
            }
        }
        Self { folders }
    }

    /// The folders, the first first.
    pub fn folders(&self) -> impl Iterator<Item = (Source, &Path)> {
        self.folders.iter().map(|(source, folder)| (*source, folder.as_path()))
    }

    /// The formula of this name, with those it extends.
    ///
    /// # Errors
    ///
    /// Where there is none, or it can't be read, or one that it extends can't.
    pub fn find(&self, name: &str) -> Result<Found, FindError> {
        self.load(name, &mut Vec::new())
    }

    fn load(&self, name: &str, way: &mut Vec<String>) -> Result<Found, FindError> {
        if way.iter().any(|other| other == name) {
            let mut names = way.clone();
            names.push(name.to_owned());
            return Err(FindError::Circle { names });
        }
        let (source, formula) = self.read(name)?;
        way.push(name.to_owned());
        let mut parents = Vec::new();
        for parent in &formula.extends {
            match self.load(parent, way) {
                Ok(found) => parents.push(found.formula),
                Err(circle @ FindError::Circle { .. }) => return Err(circle),
                Err(why) => {
                    let (name, parent) = (name.to_owned(), parent.clone());
                    return Err(FindError::Extends { name, parent, why: Box::new(why) });
                }
            }
        }
        way.pop();
        let formula = if parents.is_empty() { formula } else { formula.extending(parents) };
        Ok(Found { formula, source })
    }

    fn read(&self, name: &str) -> Result<(Source, Formula), FindError> {
        // It becomes part of a path.
        if name.is_empty()
            || name.starts_with(['.', '-'])
            || name.contains(|c: char| c.is_control() || c == '/' || c == '\\')
        {
            return Err(FindError::Name { name: name.to_owned() });
        }
        for (source, folder) in &self.folders {
            for ending in ENDINGS {
                let file = folder.join(format!("{name}{ending}"));
                match fs::read_to_string(&file) {
                    Ok(text) => return Ok((*source, Formula::parse(&file, &text)?)),
                    Err(error) if is_absent(&error) => {}
                    Err(error) => {
                        return Err(FindError::File { file, problem: io_error(&error) });
                    }
                }
            }
        }
        if let Some((_, text)) = BUILT_IN.iter().find(|(own, _)| *own == name) {
            return Ok((Source::BuiltIn, Formula::parse(&built_in_file(name), text)?));
        }
        let names: Vec<String> = self.files().into_iter().map(|(name, ..)| name).collect();
        let meant = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
        Err(FindError::None { name: name.to_owned(), meant })
    }

    /// All of them, by name.
    pub fn list(&self) -> Vec<Listed> {
        let mut listed: Vec<Listed> = Vec::new();
        for (name, source, file) in self.files() {
            match listed.iter_mut().find(|other| other.name == name) {
                Some(first) => first.shadowed.push(file),
                None => {
                    let formula = self.find(&name).map(|found| found.formula);
                    listed.push(Listed { name, source, file, shadowed: Vec::new(), formula });
                }
            }
        }
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        listed
    }

    /// The names of all there are, those that count first.
    fn files(&self) -> Vec<(String, Source, PathBuf)> {
        let mut all = Vec::new();
        for (source, folder) in &self.folders {
            let names = fs::read_dir(folder)
                .map(|entries| entries.flatten().map(|entry| entry.file_name()).collect())
                .unwrap_or_else(|_| Vec::new());
            let mut names: Vec<String> =
                names.into_iter().filter_map(|name| name.into_string().ok()).collect();
            names.sort();
            for ending in ENDINGS {
                for file in &names {
                    let name = file.strip_suffix(ending).filter(|name| !name.is_empty());
                    if let Some(name) = name.filter(|name| !name.starts_with(['.', '-'])) {
                        all.push((name.to_owned(), *source, folder.join(file)));
                    }
                }
            }
        }
        let built_in = BUILT_IN.iter();
        all.extend(
            built_in.map(|(name, _)| ((*name).to_owned(), Source::BuiltIn, built_in_file(name))),
        );
        all
    }
}

fn built_in_file(name: &str) -> PathBuf {
    PathBuf::from(format!("{name}{}", ENDINGS[0]))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
