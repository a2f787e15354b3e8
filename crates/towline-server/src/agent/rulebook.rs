//! The rules for all kinds of agents: those that Towline brings along, and the user's own, which take their place.
//!
//! The user's files are looked at when rules are needed, at most once a second, and read again when they have changed. A file
//! with a mistake leaves in force what was there before, and is told of.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use towline_agents::rules::Rules;
use towline_agents::shipped;
use towline_client::rule_files;

/// How long files are taken for unchanged.
const FRESH: Duration = Duration::from_secs(1);

/// The rules for all kinds of agents.
pub(crate) struct Rulebook {
    folder: PathBuf,
    read: Mutex<Read>,
}

#[derive(Default)]
struct Read {
    at: Option<Instant>,
    files: HashMap<PathBuf, File>,
    /// Rises with every change.
    version: u64,
}

struct File {
    stamp: (Option<SystemTime>, u64),
    rules: Option<Arc<Rules>>,
    /// What is wrong with it as it is now.
    trouble: Option<String>,
}

impl Rulebook {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, read: Mutex::default() }
    }

    /// The rules for a kind of agent.
    pub(crate) fn rules(&self, kind: &str) -> Option<Arc<Rules>> {
        self.with(|read| match own(read, kind) {
            Some((_, rules)) => Some(Arc::clone(rules)),
            None => brought(kind),
        })
    }

    /// Where the rules for a kind come from, for people; empty where there are none.
    pub(crate) fn origin(&self, kind: &str) -> String {
        self.with(|read| match own(read, kind) {
            Some((path, _)) => path.display().to_string(),
            None if shipped::rules(kind).is_some() => "built in".to_owned(),
            None => String::new(),
        })
    }

    /// Rises with every change of the rules.
    pub(crate) fn version(&self) -> u64 {
        self.with(|read| read.version)
    }

    /// The kind of agent that a process is by the user's own rules.
    pub(crate) fn kind_of(&self, name: &str, arguments: &[String]) -> Option<String> {
        let first = arguments.first().map_or("", String::as_str);
        let program = first.rsplit('/').next().unwrap_or(first);
        self.with(|read| {
            let mut all = read.files.values().filter_map(|file| file.rules.as_ref());
            let is = |rules: &&Arc<Rules>| {
                rules.programs.iter().any(|known| known == program || known == name)
            };
            all.find(is).map(|rules| rules.kind.clone())
        })
    }

    /// The programs that the user's own rules are about, each with its kind.
    pub(crate) fn own_programs(&self) -> Vec<(String, String)> {
        self.with(|read| {
            let all = read.files.values().filter_map(|file| file.rules.as_ref());
            let of = |rules: &Arc<Rules>| {
                let named = |program: &String| (program.clone(), rules.kind.clone());
                rules.programs.iter().map(named).collect::<Vec<_>>()
            };
            all.flat_map(of).collect()
        })
    }

    /// The kinds of agents that are known, in the order that they are shown in.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<String> = towline_agents::KINDS.map(str::to_owned).into();
        self.with(|read| {
            let rules = read.files.values().filter_map(|file| file.rules.as_ref());
            let mut own: Vec<String> = rules.map(|rules| rules.kind.clone()).collect();
            own.sort();
            own.dedup();
            own.retain(|kind| !kinds.contains(kind));
            kinds.extend(own);
        });
        kinds
    }

    /// The programs that are this kind of agent.
    pub(crate) fn programs(&self, kind: &str) -> Vec<String> {
        let mut programs: Vec<String> =
            towline_agents::program_of(kind).map(str::to_owned).into_iter().collect();
        self.with(|read| {
            if let Some((_, rules)) = own(read, kind) {
                let others = rules.programs.iter().filter(|name| !programs.contains(name));
                let others: Vec<String> = others.cloned().collect();
                programs.extend(others);
            }
        });
        programs
    }

    /// What is wrong with the user's files, a line each.
    pub(crate) fn troubles(&self) -> Vec<String> {
        self.with(|read| {
            let mut troubles: Vec<_> =
                read.files.values().filter_map(|file| file.trouble.clone()).collect();
            troubles.sort();
            troubles
        })
    }

    fn with<T>(&self, look: impl FnOnce(&Read) -> T) -> T {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.at.is_none_or(|at| at.elapsed() >= FRESH) {
            read.at = Some(Instant::now());
            refresh(&mut read, &self.folder);
        }
        look(&read)
    }
}

/// The user's own rules for a kind.
fn own<'a>(read: &'a Read, kind: &str) -> Option<(&'a PathBuf, &'a Arc<Rules>)> {
    let rules = read.files.iter().filter_map(|(path, file)| Some((path, file.rules.as_ref()?)));
    rules.filter(|(_, rules)| rules.kind == kind).min_by_key(|(path, _)| *path)
}

/// The rules for a kind that Towline brings along, as they are shared.
fn brought(kind: &str) -> Option<Arc<Rules>> {
    use std::sync::LazyLock;
    static SHARED: LazyLock<HashMap<&'static str, Arc<Rules>>> = LazyLock::new(|| {
        let kinds = shipped::FILES.iter().map(|(kind, _)| *kind);
        kinds.filter_map(|kind| Some((kind, Arc::new(shipped::rules(kind)?.clone())))).collect()
    });
    SHARED.get(kind).map(Arc::clone)
}

fn refresh(read: &mut Read, folder: &Path) {
    let mut found = HashMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_rules = path.extension().is_some_and(|extension| extension == "toml");
        if let (true, Ok(metadata)) = (is_rules, fs::metadata(&path)) {
            found.insert(path, (metadata.modified().ok(), metadata.len()));
        }
    }
    let unchanged = found.len() == read.files.len()
        && found
            .iter()
            .all(|(path, stamp)| read.files.get(path).is_some_and(|file| file.stamp == *stamp));
    if unchanged {
        return;
    }
    read.version += 1;
    read.files.retain(|path, _| found.contains_key(path));
    for (path, stamp) in found {
        if read.files.get(&path).is_some_and(|file| file.stamp == stamp) {
            continue;
        }
        let before = read.files.remove(&path).and_then(|file| file.rules);
        let file = match rule_files::read(&path) {
            Ok(rules) => File { stamp, rules: Some(Arc::new(rules)), trouble: None },
            Err(trouble) => {
                tracing::warn!("{trouble}");
                File { stamp, rules: before, trouble: Some(trouble) }
            }
        };
        read.files.insert(path, file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_rules_take_the_place_of_those_brought_along_and_a_mistake_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let book = Rulebook::new(folder.path().to_owned());
        let again = || book.read.lock().unwrap().at = None;
        assert_eq!(book.origin("claude"), "built in");
        assert!(book.rules("mine").is_none());
        let path = folder.path().join("mine.toml");
        let rule = |kind: &str| {
            format!(
                "kind = \"{kind}\"\nprograms = [\"mine-cli\"]\n[[rule]]\nname = \"x\"\nstate = \"idle\"\nall = [\"x\"]\n"
            )
        };
        fs::write(&path, rule("mine")).unwrap();
        again();
        assert_eq!(book.rules("mine").unwrap().rules().len(), 1);
        assert_eq!(book.kind_of("", &["/usr/bin/mine-cli".into()]).as_deref(), Some("mine"));
        let version = book.version();
        fs::write(&path, "kind = \"mine\"\nkinds = 1\n").unwrap();
        again();
        assert_eq!(book.rules("mine").unwrap().rules().len(), 1);
        assert_eq!(book.version(), version + 1);
        let trouble = book.troubles().pop().unwrap();
        assert!(trouble.contains("mine.toml:2: unknown field `kinds`"), "{trouble}");
        fs::remove_file(&path).unwrap();
        again();
        assert!(book.rules("mine").is_none());
        assert!(book.troubles().is_empty());
    }
}
