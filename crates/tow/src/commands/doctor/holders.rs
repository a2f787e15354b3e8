//! The panes' holders: those that nobody knows, and those that are gone.

use std::collections::BTreeMap;
use std::path::Path;

use towline_client::Connection;
use towline_protocol::v1::{self, PaneStatus, reply, request};

use super::finding::Finding;

/// A pane's folder, in the folder of all panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Folder {
    id: u64,
    /// Its lock is held: the holder lives.
    held: bool,
}

/// Compares the panes' folders with what the server knows.
pub(super) async fn check(panes: &Path, connection: Option<&Connection>) -> Vec<Finding> {
    let folders = folders(panes);
    let Some(connection) = connection else {
        let held = folders.iter().filter(|folder| folder.held).count();
        return vec![Finding::of("holders").ok(format!("{held} running"))];
    };
    match connection
        .request(request::Body::List(v1::List { ended: true, ..v1::List::default() }))
        .await
    {
        Ok(reply::Body::Listed(listed)) => judge(&folders, &listed.panes),
        Ok(_) => Vec::new(),
        Err(error) => {
            vec![
                Finding::of("holders")
                    .failed(format!("the panes can't be listed: {error}"))
                    .fix("tow server restart"),
            ]
        }
    }
}

fn folders(panes: &Path) -> Vec<Folder> {
    let entries = std::fs::read_dir(panes).into_iter().flatten().flatten();
    let mut folders: Vec<Folder> = entries
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            Some(Folder { id, held: towline_holder::is_alive(&entry.path()) })
        })
        .collect();
    folders.sort_by_key(|folder| folder.id);
    folders
}

fn judge(folders: &[Folder], panes: &[v1::Pane]) -> Vec<Finding> {
    let known: BTreeMap<u64, &v1::Pane> = panes.iter().map(|pane| (pane.id, pane)).collect();
    let mut findings = Vec::new();
    for folder in folders {
        let finding = Finding::of("holders");
        match known.get(&folder.id).map(|pane| (pane, pane.status())) {
            None if folder.held => findings.push(
                finding
                    .warning(format!("pane %{} runs, and the server doesn't know it", folder.id))
                    .fix("tow server restart"),
            ),
            Some((pane, PaneStatus::Unresponsive)) => findings.push(
                finding
                    .warning(format!("the holder of {} lives and does not answer", pane.name))
                    .fix(format!("tow kill %{}", folder.id)),
            ),
            Some((pane, PaneStatus::Running)) if !folder.held => findings.push(
                finding
                    .failed(format!(
                        "the holder of {} is gone, and the server thinks it runs",
                        pane.name
                    ))
                    .fix("tow server restart"),
            ),
            _ => {}
        }
    }
    if findings.is_empty() {
        let held = folders.iter().filter(|folder| folder.held).count();
        findings.push(Finding::of("holders").ok(format!("{held} running, all known")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    #[test]
    fn folders_and_the_list_are_compared() {
        use PaneStatus::{Ended, Running, Starting, Unresponsive};
        for (held, status, expected) in [
            (true, Some(Running), Status::Ok),
            (false, Some(Ended), Status::Ok),
            (false, Some(Starting), Status::Ok),
            (false, None, Status::Ok),
            (true, None, Status::Warning),
            (true, Some(Unresponsive), Status::Warning),
            (false, Some(Running), Status::Failed),
        ] {
            let pane = |status: PaneStatus| v1::Pane {
                id: 3,
                status: status.into(),
                ..Default::default()
            };
            let panes: Vec<v1::Pane> = status.map(pane).into_iter().collect();
            let findings = judge(&[Folder { id: 3, held }], &panes);
            assert_eq!(findings[0].status, expected, "{held} {status:?}");
        }
    }

    #[test]
    fn a_held_lock_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let pane = folder.path().join("17");
        std::fs::create_dir(&pane).unwrap();
        std::fs::create_dir(folder.path().join("other")).unwrap();
        let lock = std::fs::File::create(pane.join("lock")).unwrap();
        assert_eq!(folders(folder.path()), [Folder { id: 17, held: false }]);
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
        assert_eq!(folders(folder.path()), [Folder { id: 17, held: true }]);
    }
}
