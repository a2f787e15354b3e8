//! How the agent in a pane is started this time: with hooks, in a folder of its own, with its conversation.
//!
//! The pane's row keeps the command as the user gave it; what Towline adds is in what the holder is told. Nothing that goes wrong here
//! keeps a program from starting: it is started with less, and that is said.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use towline_agents::Source;
use towline_agents::launch::{self, Start};
use towline_protocol::holder::SpawnSpec;
use towline_protocol::v1;

use super::{environment, isolated};
use crate::agent::records;
use crate::clock;
use crate::pane::{Pane, folder};
use crate::server::Server;
use crate::store::Op;

/// How long the user's files may take, which can be on a disk that does not answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Puts into `spec` what the pane's agent is to be started with, and notes down the conversation that it will have. Returns
/// what could not be had, a line each.
pub(crate) async fn prepare(
    server: &Server,
    pane: &Arc<Pane>,
    spec: &mut SpawnSpec,
    conversation: Option<&str>,
) -> Vec<String> {
    let (agent, name) = {
        let facts = pane.facts();
        (facts.row.agent.clone(), facts.row.name.clone())
    };
    let Some(agent) = agent else { return Vec::new() };
    let command: Option<Vec<String>> =
        spec.command.iter().map(|word| String::from_utf8(word.clone()).ok()).collect();
    let Some(command) = command else { return Vec::new() };
    let fresh = uuid::Uuid::new_v4().to_string();
    let job = Job {
        tow: program(),
        folder: folder::for_agent(&pane.folder),
        isolated: agent
            .isolated
            .then(|| isolated::folder(&server.paths.isolated(), &name, pane.id)),
        resume: conversation.map(str::to_owned),
        command,
        environment: spec.env.iter().filter_map(|pair| text(pair)).collect(),
        fresh: fresh.clone(),
        agent,
    };
    let done = tokio::task::spawn_blocking(move || job.run());
    let (start, hooked, warnings) = match tokio::time::timeout(PATIENCE, done).await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) | Err(_) => {
            (None, false, vec!["its files do not answer: it is started plain".into()])
        }
    };
    for warning in &warnings {
        tracing::warn!("{name}: {warning}");
    }
    let noted = {
        let mut facts = pane.facts();
        let own = start.as_ref().and_then(|start| start.conversation.as_deref());
        let unused = hooked && own == Some(fresh.as_str());
        facts.row.agent.as_mut().is_some_and(|agent| note(agent, own, conversation, unused))
    };
    if noted {
        let row = pane.facts().row.clone();
        if let Err(error) = server.store.commit(Op::Put(Box::new(row))).await {
            tracing::warn!("{name}: its conversation is not noted down: {error}");
        }
    }
    if let Some(start) = start {
        apply(spec, start);
    }
    warnings
}

/// Notes which conversation the agent will have; returns whether that is news. `unused` is one that begins now, and of which
/// a hook will tell when something is said in it.
fn note(agent: &mut v1::Agent, own: Option<&str>, resumed: Option<&str>, unused: bool) -> bool {
    let before = agent.clone();
    agent.conversation = resumed.or(own).unwrap_or_default().to_owned();
    agent.unused = unused && resumed.is_none();
    agent.since = clock::now();
    agent.source = Source::Process.name().into();
    before.conversation != agent.conversation || before.unused != agent.unused
}

fn apply(spec: &mut SpawnSpec, start: Start) {
    spec.command = start.command.into_iter().map(String::into_bytes).collect();
    for (name, value) in start.environment {
        let set = format!("{name}=");
        spec.env.retain(|pair| !pair.starts_with(set.as_bytes()));
        spec.env.push([set.as_bytes(), value.as_bytes()].concat());
    }
}

/// A `KEY=VALUE` pair as texts.
fn text(pair: &[u8]) -> Option<(String, String)> {
    let (key, value) = environment::split(pair)?;
    Some((String::from_utf8(key).ok()?, String::from_utf8_lossy(&value).into_owned()))
}

/// This program, for hooks to call: where it was installed, also when a newer one lies there by now.
fn program() -> Option<PathBuf> {
    let path = std::env::current_exe().ok()?;
    let path = match path.to_str().and_then(|text| text.strip_suffix(" (deleted)")) {
        Some(text) => PathBuf::from(text),
        None => path,
    };
    path.is_file().then_some(path)
}

/// What is done away from the server's own thread.
struct Job {
    agent: v1::Agent,
    command: Vec<String>,
    environment: Vec<(String, String)>,
    tow: Option<PathBuf>,
    folder: PathBuf,
    isolated: Option<PathBuf>,
    resume: Option<String>,
    /// The id for a new conversation.
    fresh: String,
}

impl Job {
    /// How it is to be started, `None` for a program that gets nothing; whether with hooks; and what could not be had.
    fn run(self) -> (Option<Start>, bool, Vec<String>) {
        let mut warnings: Vec<String> = Vec::new();
        let mut hooks = !self.agent.no_hooks;
        if hooks && self.tow.is_none() {
            hooks = false;
            warnings.push("it gets no hooks: the file of this program is gone".into());
        }
        let mut isolated = self.isolated.as_deref();
        loop {
            let Some(start) = self.start(hooks, isolated) else { return (None, false, warnings) };
            let news = start.notes.iter().filter(|note| !warnings.contains(note)).cloned();
            let news: Vec<String> = news.collect();
            warnings.extend(news);
            if let Some(folder) = isolated {
                match isolated::make(folder, &start.seeds) {
                    Ok(missing) => {
                        let line = |missing| format!("{}: {missing}", folder.display());
                        warnings.extend(missing.into_iter().map(line));
                    }
                    Err(error) => {
                        let why = towline_client::io_error_in_words(&error);
                        warnings.push(format!(
                            "it gets no configuration folder of its own: {}: {why}",
                            folder.display()
                        ));
                        isolated = None;
                        continue;
                    }
                }
            }
            match self.write(&start) {
                Ok(()) => {
                    for (from, to) in &start.entries {
                        if let Err(error) = isolated::link_entries(from, to) {
                            let why = towline_client::io_error_in_words(&error);
                            warnings.push(format!("it does without {}: {why}", from.display()));
                        }
                    }
                    if let Some(all) = &start.records
                        && let Err(error) =
                            records::begin(&self.folder, all, self.resume.as_deref())
                    {
                        let why = towline_client::io_error_in_words(&error);
                        warnings.push(format!("the record of its conversation is not held: {why}"));
                    }
                    let hooked = start.hooked;
                    return (Some(start), hooked, warnings);
                }
                Err((path, error)) => {
                    let why = towline_client::io_error_in_words(&error);
                    if !hooks {
                        warnings.push(format!("it is started plain: {}: {why}", path.display()));
                        return (None, false, warnings);
                    }
                    warnings.push(format!("it gets no hooks: {}: {why}", path.display()));
                    hooks = false;
                }
            }
        }
    }

    fn start(&self, hooks: bool, isolated: Option<&Path>) -> Option<Start> {
        let home = self.environment.iter().find(|(name, _)| name == "HOME");
        let home = home.map(|(_, home)| PathBuf::from(home)).or_else(std::env::home_dir);
        let wanted = launch::Wanted {
            tow: self.tow.clone().unwrap_or_default(),
            folder: self.folder.clone(),
            home: home.unwrap_or_else(|| PathBuf::from("/")),
            resume: self.resume.clone(),
            fresh: self.fresh.clone(),
            isolated: isolated.map(Path::to_owned),
            environment: self.environment.clone(),
            model: self.agent.model.clone(),
            no_hooks: !hooks,
        };
        match self.agent.named {
            true => launch::prepare_as(&self.agent.kind, &self.command, &wanted),
            false => launch::prepare(&self.command, &wanted),
        }
    }

    fn write(&self, start: &Start) -> Result<(), (PathBuf, io::Error)> {
        if start.files.is_empty() {
            return Ok(());
        }
        for (path, text) in &start.files {
            let write = || {
                if let Some(parent) = path.parent() {
                    fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
                }
                folder::write_private(path, text.as_bytes())
            };
            write().map_err(|error| (path.clone(), error))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_for_the_agent_takes_the_place_of_what_was() {
        let mut spec = SpawnSpec {
            command: vec![b"claude".to_vec()],
            env: vec![b"A=1".to_vec(), b"AB=2".to_vec()],
            ..SpawnSpec::default()
        };
        let start = Start {
            command: vec!["claude".into(), "--x".into()],
            environment: vec![("A".into(), "3".into())],
            ..Start::default()
        };
        apply(&mut spec, start);
        assert_eq!(spec.command, [b"claude".to_vec(), b"--x".to_vec()]);
        assert_eq!(spec.env, [b"AB=2".to_vec(), b"A=3".to_vec()]);
    }

    #[test]
    fn what_can_not_be_had_is_left_out_and_said() {
        let dir = tempfile::tempdir().unwrap();
        let in_the_way = dir.path().join("file");
        fs::write(&in_the_way, "").unwrap();
        let job = |folder: PathBuf, isolated: Option<PathBuf>| Job {
            agent: v1::Agent { kind: "opencode".into(), ..v1::Agent::default() },
            command: vec!["opencode".into()],
            environment: vec![("HOME".into(), dir.path().display().to_string())],
            tow: Some("/usr/bin/tow".into()),
            folder,
            isolated,
            resume: Some("ses_1".into()),
            fresh: "0-1".into(),
        };
        let told = |job: Job| {
            let (start, hooked, warnings) = job.run();
            let command = start.map(|start| start.command.join(" ")).unwrap_or_default();
            assert!(command.contains("ses_1"), "it goes on with its conversation: {command}");
            (hooked, warnings.join("; "))
        };
        let good = dir.path().join("good");
        assert_eq!(told(job(good.clone(), Some(dir.path().join("own")))), (true, String::new()));
        let written = fs::read_dir(&good).unwrap().next().unwrap().unwrap();
        let mode = std::os::unix::fs::MetadataExt::mode(&written.metadata().unwrap());
        assert_eq!(mode & 0o777, 0o600);
        let (hooked, warnings) = told(job(in_the_way.join("x"), None));
        assert!(!hooked && warnings.starts_with("it gets no hooks: "), "{warnings}");
        let (hooked, warnings) = told(job(good, Some(in_the_way.join("x"))));
        assert!(hooked && warnings.starts_with("it gets no configuration folder"), "{warnings}");
        let gone = Job { tow: None, ..job(dir.path().join("none"), None) };
        let (hooked, warnings) = told(gone);
        assert!(!hooked && warnings.contains("the file of this program is gone"), "{warnings}");
        assert!(!dir.path().join("none").exists());
    }

    #[test]
    fn a_conversation_is_noted_and_whether_it_has_begun() {
        let mut agent = v1::Agent { kind: "claude".into(), ..v1::Agent::default() };
        assert!(note(&mut agent, Some("new"), None, true));
        assert_eq!((agent.conversation.as_str(), agent.unused), ("new", true));
        assert!(note(&mut agent, Some("old"), Some("old"), true));
        assert_eq!((agent.conversation.as_str(), agent.unused), ("old", false));
        assert!(!note(&mut agent, Some("old"), None, false));
        assert!(note(&mut agent, None, None, false));
        assert_eq!((agent.conversation.as_str(), agent.unused), ("", false));
    }
}
