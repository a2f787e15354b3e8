//! The conversation of an agent that tells it to nobody at its start, from what its process has open.

use std::fs;
use std::path::Path;

/// The conversation that a process of this kind of agent holds, where it shows that.
pub(crate) fn held(kind: &str, pid: i32) -> Option<String> {
    match kind {
        // Its hooks tell it with the first prompt; what it holds locked, from the start on.
        "codex" => {
            let open = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
            open.flatten().find_map(|entry| locked(&fs::read_link(entry.path()).ok()?))
        }
        _ => None,
    }
}

/// `…/thread-writer-locks/ID.lock`: one writer for each conversation.
fn locked(path: &Path) -> Option<String> {
    let folder = path.parent()?.file_name()?;
    let id = path.file_name()?.to_str()?.strip_suffix(".lock")?;
    let is_id = folder == "thread-writer-locks" && towline_agents::launch::is_conversation(id);
    is_id.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_names_the_conversation() {
        for (path, expected) in [
            ("/home/me/.codex/thread-writer-locks/01a1-f9bd.lock", Some("01a1-f9bd")),
            ("/home/me/.codex/thread-writer-locks/-x.lock", None),
            ("/home/me/.codex/thread-writer-locks/x", None),
            ("/home/me/other/01a1-f9bd.lock", None),
            ("socket:[1]", None),
        ] {
            assert_eq!(locked(Path::new(path)).as_deref(), expected, "{path}");
        }
    }
}
