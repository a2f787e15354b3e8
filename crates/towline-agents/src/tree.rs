//! Looking for an agent among a process and its descendants.

use std::collections::{HashMap, HashSet};

use crate::kind_of;

/// What is known of a process.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Process {
    /// Its id.
    pub pid: i32,
    /// Its parent's.
    pub parent: i32,
    /// Its name: on Linux the first 15 bytes of the program's.
    pub comm: String,
    /// Its arguments, as far as they are known.
    pub argv: Vec<String>,
}

impl Process {
    /// The kind of agent that it is.
    pub fn kind(&self) -> Option<&'static str> {
        kind_of(&self.comm, &self.argv)
    }
}

/// The processes of a tree, the root first and each before its children; empty where the root isn't there. A table
/// that was read while processes came and went may hold circles: each process comes once.
pub fn descendants(processes: &[Process], root: i32) -> Vec<&Process> {
    let mut children: HashMap<i32, Vec<&Process>> = HashMap::new();
    for process in processes {
        children.entry(process.parent).or_default().push(process);
    }
    let mut tree: Vec<&Process> = processes.iter().filter(|p| p.pid == root).take(1).collect();
    let mut seen: HashSet<i32> = tree.iter().map(|p| p.pid).collect();
    let mut next = 0;
    while let Some(process) = tree.get(next) {
        next += 1;
        let below = children.get(&process.pid).into_iter().flatten().copied();
        tree.extend(below.filter(|child| seen.insert(child.pid)));
    }
    tree
}

/// The agent that runs in a tree, and its kind as `kind` tells it: of several the one nearest to the root, which started
/// the others.
pub fn agent_in_tree<'a>(
    processes: &'a [Process],
    root: i32,
    kind: &dyn Fn(&Process) -> Option<String>,
) -> Option<(&'a Process, String)> {
    descendants(processes, root).into_iter().find_map(|process| Some((process, kind(process)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process((pid, parent, args): (i32, i32, &str)) -> Process {
        let argv: Vec<String> = args.split(' ').map(str::to_owned).collect();
        Process { pid, parent, comm: argv[0].clone(), argv }
    }

    #[test]
    fn an_agent_is_found_below_a_shell_and_the_outermost_counts() {
        let table: Vec<Process> = [
            (1, 0, "init"),
            (10, 1, "tmux: server"),
            (11, 10, "-bash"),
            (12, 11, "node /usr/bin/claude"),
            (13, 12, "codex exec"),
            (20, 10, "-bash"),
            (21, 20, "vim claude"),
            (30, 31, "claude"),
            (31, 30, "sh"),
        ]
        .map(process)
        .into();
        let kind = |process: &Process| process.kind().map(str::to_owned);
        let found =
            |root| agent_in_tree(&table, root, &kind).map(|(process, kind)| (process.pid, kind));
        assert_eq!(found(11), Some((12, "claude".into())));
        assert_eq!(found(13), Some((13, "codex".into())));
        assert_eq!(found(20), None);
        assert_eq!(found(99), None);
        assert_eq!(found(31), Some((30, "claude".into())));
        let ids: Vec<i32> = descendants(&table, 11).iter().map(|p| p.pid).collect();
        assert_eq!(ids, [11, 12, 13]);
    }
}
