//! Records of conversations that their agent deletes while they are wanted: held by hard links in the pane's folder, and put back before the
//! conversation goes on.
//!
//! Gemini CLI deletes records at its start, also those of others that run (docs/agents.md tells which). It appends to a record by its name:
//! what is said after that comes into a new file, without the beginning. Each such piece gets a link when the agent comes to rest.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use towline_agents::launch::is_conversation;

/// The file that says below which folder the agent keeps its records.
const WHERE: &str = "where";

/// The characters of an id that are in a record's name.
const SHORT: usize = 8;

/// The longest record that is put back.
const LONGEST: u64 = 256 << 20;

/// Where a pane's links are. `agent` is the folder of what Towline gives the pane's agent.
fn folder(agent: &Path) -> PathBuf {
    agent.join("records")
}

/// An agent is started that keeps its records below `all`. The one of the conversation that goes on is put back, where it is not whole.
///
/// # Errors
/// Files that can't be read or written.
pub(crate) fn begin(agent: &Path, all: &Path, resumed: Option<&str>) -> io::Result<()> {
    let folder = folder(agent);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let path = all.to_str().ok_or(io::ErrorKind::InvalidInput)?;
    fs::write(folder.join(WHERE), path)?;
    resumed.map_or(Ok(()), |id| restore(&folder, all, id))
}

/// The agent has come to rest: the record of its conversation is held from now on.
///
/// # Errors
/// As [`begin`].
pub(crate) fn keep(agent: &Path, id: &str) -> io::Result<()> {
    if !is_conversation(id) {
        return Ok(());
    }
    let folder = folder(agent);
    let all = match fs::read_to_string(folder.join(WHERE)) {
        Ok(all) => PathBuf::from(all),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let Some(record) = find(&all, id) else { return Ok(()) };
    let pieces = pieces(&folder, id);
    if pieces.iter().any(|piece| is_same(piece, &record)) {
        return Ok(());
    }
    if pieces.is_empty() {
        fs::write(folder.join(format!("{id}.path")), record.as_os_str().as_encoded_bytes())?;
    }
    fs::hard_link(&record, folder.join(format!("{id}.{}", pieces.len())))
}

/// Puts a record back whose beginning is gone.
fn restore(folder: &Path, all: &Path, id: &str) -> io::Result<()> {
    let pieces = pieces(folder, id);
    let found = find(all, id);
    let held = pieces.iter().any(|piece| says_something(piece));
    let said = found.filter(|found| says_something(found));
    let whole = said.as_ref().is_some_and(|said| begins(said));
    if pieces.is_empty() || whole || !held && said.is_none() {
        return Ok(());
    }
    let path = PathBuf::from(fs::read_to_string(folder.join(format!("{id}.path")))?);
    let rest = said.filter(|found| !pieces.iter().any(|piece| is_same(piece, found)));
    let mut text = Vec::new();
    for piece in pieces.iter().chain(&rest) {
        fs::File::open(piece)?.take(LONGEST).read_to_end(&mut text)?;
        if !text.ends_with(b"\n") {
            text.push(b'\n');
        }
    }
    let fresh = path.with_extension("restored");
    fs::DirBuilder::new().recursive(true).create(path.parent().unwrap_or(all))?;
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(&text)?;
    fs::rename(&fresh, &path)?;
    pieces.iter().try_for_each(fs::remove_file)?;
    fs::hard_link(&path, folder.join(format!("{id}.0")))
}

/// The record of a conversation: `all/PROJECT/chats/session-TIME-ID.jsonl`. Of several the oldest in which something was said: others are left
/// behind when it goes on.
fn find(all: &Path, id: &str) -> Option<PathBuf> {
    let end = format!("-{}.jsonl", id.get(..SHORT)?);
    let entries = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let is_one = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("session-") && name.ends_with(&end)
    };
    let projects = entries(all).into_iter().map(|project| project.join("chats"));
    let mut found: Vec<PathBuf> =
        projects.flat_map(|chats| entries(&chats)).filter(is_one).collect();
    found.sort();
    let said = found.iter().position(|path| says_something(path)).unwrap_or(0);
    found.into_iter().nth(said)
}

/// A message is a line of its own. The context that it is begun with is set as a whole.
fn says_something(record: &Path) -> bool {
    let Ok(file) = fs::File::open(record) else { return false };
    let mut lines = BufReader::new(file.take(LONGEST)).split(b'\n').map_while(Result::ok);
    lines.any(|line| line.starts_with(b"{\"id\":"))
}

/// The record has its beginning.
fn begins(record: &Path) -> bool {
    let mut head = [0; 12];
    fs::File::open(record).is_ok_and(|mut file| file.read_exact(&mut head).is_ok())
        && head == *b"{\"sessionId\""
}

/// The links, in the order in which they were made.
fn pieces(folder: &Path, id: &str) -> Vec<PathBuf> {
    let path = |number: usize| folder.join(format!("{id}.{number}"));
    (0..).map(path).take_while(|path| path.exists()).collect()
}

fn is_same(one: &Path, other: &Path) -> bool {
    let inode = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    inode(one).is_some() && inode(one) == inode(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "505cadfb-a6ac-48a1-a64b-4dc8e209de91";
    const HEAD: &str = "{\"sessionId\":\"505cadfb\"}\n{\"$set\":{}}\n";

    #[test]
    fn a_record_that_was_deleted_is_put_back_with_what_was_said_since() {
        let home = tempfile::tempdir().unwrap();
        let (agent, all) = (home.path().join("agent"), home.path().join("tmp"));
        let chats = all.join("app/chats");
        fs::create_dir_all(&chats).unwrap();
        let record = chats.join("session-2026-11-20T17-00-505cadfb.jsonl");
        keep(&agent, ID).unwrap();
        begin(&agent, &all, None).unwrap();
        fs::write(&record, HEAD).unwrap();
        keep(&agent, ID).unwrap();
        let append = |text: &str| {
            let mut options = fs::OpenOptions::new();
            let mut file = options.create(true).append(true).open(&record).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        };
        append("{\"id\":\"1\"}\n");
        keep(&agent, ID).unwrap();
        append("{\"id\":\"2\"}\n");
        keep(&agent, ID).unwrap();
        assert_eq!(pieces(&folder(&agent), ID).len(), 1);
        begin(&agent, &all, Some(ID)).unwrap();
        assert!(begins(&record));
        // What continuing leaves beside it, and the start of another one in the same folder.
        fs::write(chats.join("session-2026-11-20T18-00-505cadfb.jsonl"), HEAD).unwrap();
        fs::remove_file(&record).unwrap();
        append("{\"id\":\"3\"}\n");
        keep(&agent, ID).unwrap();
        fs::remove_file(&record).unwrap();
        append("{\"id\":\"4\"}");

        begin(&agent, &all, Some(ID)).unwrap();
        let whole = format!(
            "{HEAD}{{\"id\":\"1\"}}\n{{\"id\":\"2\"}}\n{{\"id\":\"3\"}}\n{{\"id\":\"4\"}}\n"
        );
        assert_eq!(fs::read_to_string(&record).unwrap(), whole);
        assert_eq!(pieces(&folder(&agent), ID).len(), 1);
        // One that is whole is left alone.
        append("{\"id\":\"5\"}\n");
        begin(&agent, &all, Some(ID)).unwrap();
        assert_eq!(fs::read_to_string(&record).unwrap(), whole + "{\"id\":\"5\"}\n");
        fs::remove_dir_all(&all).unwrap();
        begin(&agent, &all, Some(ID)).unwrap();
        assert!(fs::read_to_string(&record).unwrap().ends_with("{\"id\":\"5\"}\n"));
    }

    #[test]
    fn a_record_that_was_deleted_before_anything_was_said_gets_its_beginning_back() {
        let home = tempfile::tempdir().unwrap();
        let (agent, all) = (home.path().join("agent"), home.path().join("tmp"));
        let record = all.join("app/chats/session-2026-11-20T17-00-505cadfb.jsonl");
        fs::create_dir_all(record.parent().unwrap()).unwrap();
        fs::write(&record, HEAD).unwrap();
        begin(&agent, &all, None).unwrap();
        keep(&agent, ID).unwrap();
        fs::remove_file(&record).unwrap();
        begin(&agent, &all, Some(ID)).unwrap();
        assert!(!record.exists(), "there is nothing to go on with");
        fs::write(&record, "{\"id\":\"1\"}\n").unwrap();
        keep(&agent, ID).unwrap();
        begin(&agent, &all, Some(ID)).unwrap();
        assert_eq!(fs::read_to_string(&record).unwrap(), format!("{HEAD}{{\"id\":\"1\"}}\n"));
    }

    #[test]
    fn what_is_not_known_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        begin(home.path(), &home.path().join("none"), Some(ID)).unwrap();
        keep(home.path(), "short").unwrap();
        keep(home.path(), ID).unwrap();
    }
}
