//! The far side: carrying out what the near side asks, in a process of its own for each question.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use towline_client::exchanges::{digest, is_id};
use towline_client::{Connection, Paths};
use towline_ledger::merge::merge;
use towline_ledger::place::{Town, check_rig_name, check_town_name};
use towline_ledger::routes::{BEADS, follow};
use towline_ledger::{Identity, Issues, Ledger, Role};

use super::exchange::Came;
use super::messages::{
    Answer, Begin, Begun, Failed, FarTown, Prepare, Prepared, Request, Swap, Swapped, decode,
    encode,
};
use super::news::{News, deliver, news};
use super::record::{Record, Records};
use crate::git::Git;
use crate::worktree::{Worktrees, ledger_of};
use crate::{DispatchError, files, rig, town, worker};

/// Where repositories are that near sides push to, below the home folder.
const REPOSITORIES: &str = ".local/share/towline/rigs";

/// How long an address that both sides could have in common may take to answer.
const COMMON: Duration = Duration::from_secs(15);

/// What was done for a near side.
#[derive(Debug)]
pub struct Served {
    /// What is to be printed.
    pub answer: Vec<u8>,
    /// The town in whose ledgers something is new, and what.
    news: Option<(PathBuf, News)>,
}

impl Served {
    /// Tells those who work here what is new for them. `connection` is that to this host's server, where one runs.
    pub async fn deliver(self, connection: Option<&Connection>) {
        let Some((root, news)) = self.news else { return };
        if let Ok(town) = Town::read(&root) {
            // Convoys are closed where the news came from, and at home.
            deliver(news, &town, None, connection).await;
        }
    }

    /// Whether there is anything to tell.
    pub fn has_news(&self) -> bool {
        self.news.as_ref().is_some_and(|(_, news)| !news.told.is_empty())
    }
}

/// Does what is asked, and answers. `settings` is the text of `.claude/settings.local.json` for agents of this host.
pub fn serve(input: &[u8], paths: &Paths, settings: &str) -> Served {
    let records = Records::at(paths.exchanges());
    let far = Far { records, settings };
    let mut news = None;
    let outcome = match decode::<Request>(input) {
        Some((Request::Begin(begin), _)) => {
            far.begin(&begin).map(|begun| (Answer::Begun(begun), Vec::new()))
        }
        Some((Request::Prepare(prepare), _)) => {
            far.prepare(&prepare).map(|prepared| (Answer::Prepared(prepared), Vec::new()))
        }
        Some((Request::Swap(swap), texts)) => {
            far.swap(&swap, &texts).map(|(swapped, texts, new)| {
                news = new;
                (Answer::Swapped(swapped), texts)
            })
        }
        None => Err(DispatchError::refused(
            "what is asked isn't known to this tow: it is of another version",
        )),
    };
    let (answer, texts) = outcome.unwrap_or_else(|error| {
        let failed = Failed { message: error.to_string(), hints: error.hints().to_vec() };
        (Answer::Failed(failed), Vec::new())
    });
    Served { answer: encode(&answer, &texts), news }
}

struct Far<'a> {
    records: Records,
    settings: &'a str,
}

impl Far<'_> {
    /// The folder of the town that a near side means: the one that it had before, else one that is there or can be made. A town that
    /// is another one is left alone.
    fn town(&self, id: &str, wanted: &FarTown) -> Result<PathBuf, DispatchError> {
        if !is_id(id) {
            return Err(DispatchError::refused("what is asked has no id"));
        }
        check_town_name(&wanted.name)?;
        if let Some(record) = self.records.read(id)?
            && record.town.join("mayor/town.json").is_file()
        {
            return Ok(record.town);
        }
        let root = at_home(&wanted.folder)?;
        let hint = "set projects of that host to another folder: tow host add … --projects FOLDER";
        let refuse = |what: String| {
            Err(DispatchError::refused(format!("{} {what}", root.display())).hint(hint))
        };
        if !root.join("mayor/town.json").is_file() {
            let empty =
                std::fs::read_dir(&root).map_or(true, |mut entries| entries.next().is_none());
            return if empty { Ok(root) } else { refuse("is there, and is no town".into()) };
        }
        let town = Town::read(&root)?;
        if town.name != wanted.name {
            return refuse(format!("is the town {}", town.name));
        }
        let theirs = issues_of(&town);
        match theirs.is_empty() || theirs.iter().any(|id| wanted.issues.contains(id)) {
            true => Ok(root),
            false => refuse(format!("is another town that is called {}", town.name)),
        }
    }

    fn begin(&self, begin: &Begin) -> Result<Begun, DispatchError> {
        check_rig_name(&begin.rig)?;
        let root = self.town(&begin.id, &begin.town)?;
        let repository = repository(&begin.town.name, &begin.rig)?;
        // A rig that is there keeps what it has.
        let there = Town::read(&root).ok().and_then(|town| town.rig(&begin.rig).ok());
        if let Some(url) = there.and_then(|rig| rig.url) {
            let pushed = Path::new(&url) == repository;
            if pushed {
                make_repository(&repository, &begin.branch)?;
            }
            return Ok(Begun { push_to: pushed.then_some(repository), url, note: None });
        }
        let mut note = None;
        if let Some(url) = &begin.url {
            let home = at_home("~")?;
            let git = Git::at(home)
                .with_env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=10")
                .with_deadline(COMMON);
            match git.run(&["ls-remote", "--quiet", "--", url, "HEAD"]) {
                Ok(_) => return Ok(Begun { push_to: None, url: url.clone(), note: None }),
                Err(error) => note = Some(format!("{url} can't be read there: {}", error.why)),
            }
        }
        make_repository(&repository, &begin.branch)?;
        let url = repository.to_string_lossy().into_owned();
        Ok(Begun { push_to: Some(repository), url, note })
    }

    fn prepare(&self, prepare: &Prepare) -> Result<Prepared, DispatchError> {
        check_rig_name(&prepare.rig)?;
        let worker = Identity::parse(&prepare.worker)?;
        let (Role::Polecat, Some(name)) = (worker.role(), worker.name()) else {
            return Err(DispatchError::refused(format!(
                "{worker} is no polecat, and works at home"
            )));
        };
        let root = self.town(&prepare.id, &prepare.town)?;
        let _lock = self.records.lock(&prepare.id)?;
        let mut said = Vec::new();
        let mut say = |line: String| said.push(line);
        if let Some(parent) = root.parent() {
            files::folder(parent)?;
        }
        let new = town::NewTown {
            folder: &root,
            name: Some(&prepare.town.name),
            git: false,
            settings: self.settings,
        };
        let town = town::init(&new)?.town;
        if town.rig(&prepare.rig).is_err() {
            let asked = rig::Asked {
                name: &prepare.rig,
                from: &prepare.url,
                here: &root,
                prefix: Some(prepare.prefix.as_str()).filter(|prefix| !prefix.is_empty()),
                branch: Some(prepare.branch.as_str()).filter(|branch| !branch.is_empty()),
                settings: self.settings,
            };
            rig::add(&town, &asked, &mut |_| ())?;
        }
        let worktrees = Worktrees::of(&town, &prepare.rig, self.settings)?;
        let ledgers = self.ledgers(&prepare.id, &town, &prepare.rig)?;
        let issues: Vec<Issues> =
            ledgers.values().map(|folder| Ledger::at(folder).read()).collect::<Result<_, _>>()?;
        let issues: Vec<&Issues> = issues.iter().collect();
        let worktree = worker::prepare(&worktrees, name, &issues, &prepare.issue, &mut say)?;
        let record = Record {
            id: prepare.id.clone(),
            town: root.clone(),
            town_name: town.name.clone(),
            ledgers,
            ..Record::default()
        };
        self.records.write(&record, None)?;
        Ok(Prepared {
            town: root,
            worktree: worktree.folder,
            branch: worktree.branch,
            made: worktree.made,
            said,
        })
    }

    /// The ledgers' folders: those that were exchanged before, and the rig's.
    fn ledgers(
        &self,
        id: &str,
        town: &Town,
        rig: &str,
    ) -> Result<BTreeMap<String, PathBuf>, DispatchError> {
        let mut ledgers = self.records.read(id)?.unwrap_or_default().ledgers;
        ledgers.insert(String::new(), follow(&town.root.join(BEADS))?);
        ledgers.insert(rig.to_owned(), ledger_of(&town.rig(rig)?)?);
        Ok(ledgers)
    }

    #[allow(clippy::type_complexity, reason = "an answer, its texts, and what is new")]
    fn swap(
        &self,
        swap: &Swap,
        texts: &[Vec<u8>],
    ) -> Result<(Swapped, Vec<Vec<u8>>, Option<(PathBuf, News)>), DispatchError> {
        let record = self.records.read(&swap.id)?.ok_or_else(|| {
            DispatchError::refused("these ledgers are not known here any more")
                .hint("tow sling … makes them known again")
        })?;
        let mut swapped = Swapped::default();
        let mut others = Vec::new();
        let mut came = Vec::new();
        for (name, one) in &swap.ledgers {
            let folder = record.ledgers.get(name).ok_or_else(|| {
                DispatchError::refused(format!("the ledger {name:?} is not exchanged here"))
            })?;
            let text = match one.text {
                Some(index) => Some(
                    texts.get(index).ok_or_else(|| DispatchError::refused("a text is missing"))?,
                ),
                None => None,
            };
            let mut other = None;
            let mut before = None;
            Ledger::at(folder).rewrite::<DispatchError>(|issues| {
                before = None;
                other = None;
                if digest(&[issues.bytes()]) != one.expect {
                    other = Some(issues.bytes().to_vec());
                    return Ok(None);
                }
                before = text.map(|_| issues.bytes().to_vec());
                Ok(text.cloned())
            })?;
            if let (Some(before), Some(after)) = (before, text) {
                // What is new here is what merging it into what was there brings.
                let delta = merge(&before, &before, after, Timestamp::now()).report.came;
                came.push(Came {
                    delta,
                    before: Issues::parse(before),
                    after: Issues::parse(after.clone()),
                });
            }
            let index = other.map(|text| {
                others.push(text);
                others.len() - 1
            });
            swapped.ledgers.insert(name.clone(), index);
        }
        let town = Town::read(&record.town)?;
        let found = news(&came, &town);
        Ok((swapped, others, Some((record.town, found))))
    }
}

/// The ids of a town's issues.
fn issues_of(town: &Town) -> Vec<String> {
    super::ledgers_of(town)
        .into_values()
        .filter_map(|folder| Ledger::at(folder).read().ok())
        .flat_map(|issues| issues.iter().map(|brief| brief.id().to_owned()).collect::<Vec<_>>())
        .collect()
}

/// Where a rig's commits are pushed to.
fn repository(town: &str, rig: &str) -> Result<PathBuf, DispatchError> {
    Ok(at_home("~")?.join(REPOSITORIES).join(town).join(format!("{rig}.git")))
}

/// Makes it where it isn't there.
fn make_repository(folder: &Path, branch: &str) -> Result<(), DispatchError> {
    files::folder(folder)?;
    let git = Git::at(folder);
    if !folder.join("HEAD").is_file() {
        git.run(&["init", "-q", "--bare"])?;
    }
    if !branch.is_empty() {
        git.run(&["symbolic-ref", "HEAD", &format!("refs/heads/{branch}")])?;
    }
    Ok(())
}

/// A folder as it was written down on another host: `~` is this user's home.
fn at_home(folder: &str) -> Result<PathBuf, DispatchError> {
    let home = || {
        let home = std::env::home_dir().filter(|home| home.is_absolute());
        home.ok_or_else(|| DispatchError::refused("there is no home folder"))
    };
    let path = match folder.strip_prefix('~') {
        Some("") => home()?,
        Some(rest) if rest.starts_with('/') => home()?.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(folder),
    };
    match path.is_absolute() {
        true => Ok(path),
        false => Ok(home()?.join(path)),
    }
}
