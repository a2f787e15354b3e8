//! What a pane's processes use and are: CPU and memory of the whole tree, and the agent in it, sampled when somebody
//! asks.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A sample younger than this is used again: lists in a loop shall not cost more than the panes.
const FRESH: Duration = Duration::from_secs(1);

/// What a process tree uses.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Usage {
    /// Percent of one core, since the last sample; over its life at the first.
    pub(crate) cpu_percent: f64,
    /// Resident bytes.
    pub(crate) memory_bytes: u64,
    /// The kind of agent in it: of several, the one nearest to the root.
    pub(crate) agent: Option<&'static str>,
}

/// Samples process trees, and remembers the last sample of each to tell a rate.
#[derive(Debug, Default)]
pub(crate) struct Sampler {
    last: Mutex<HashMap<i32, Sample>>,
    kinds: Mutex<Kinds>,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Instant,
    /// CPU time that the tree had used.
    cpu: Duration,
    usage: Usage,
}

impl Sampler {
    /// What the trees below these processes use. Forgets all others.
    pub(crate) fn usage(&self, roots: &[i32]) -> HashMap<i32, Usage> {
        let now = Instant::now();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.retain(|pid, _| roots.contains(pid));
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        for &root in roots {
            if last.get(&root).is_some_and(|sample| now - sample.at < FRESH) {
                continue;
            }
            let Some(tree) = tree(root, &mut kinds) else { continue };
            let used = match last.get(&root) {
                Some(before) => ratio(tree.cpu.saturating_sub(before.cpu), now - before.at),
                None => ratio(tree.cpu, tree.age),
            };
            let usage =
                Usage { cpu_percent: used, memory_bytes: tree.memory_bytes, agent: tree.agent };
            last.insert(root, Sample { at: now, cpu: tree.cpu, usage });
        }
        last.iter().map(|(pid, sample)| (*pid, sample.usage)).collect()
    }
}

fn ratio(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() { 0.0 } else { 100.0 * part.as_secs_f64() / whole.as_secs_f64() }
}

struct Tree {
    cpu: Duration,
    age: Duration,
    memory_bytes: u64,
    agent: Option<&'static str>,
}

/// A process and its descendants. Each is read for itself, so a process that ends meanwhile takes its time with
/// it: a rate is a hint, not an account.
fn tree(root: i32, kinds: &mut Kinds) -> Option<Tree> {
    let mut whole: Option<Tree> = None;
    let mut terminal = None;
    // Nearer ones come first: the agent that started the others is the one that counts.
    let mut next = VecDeque::from([root]);
    while let Some(pid) = next.pop_front() {
        let Some(stat) = Stat::read(pid) else { continue };
        // One on another terminal (below a tmux server that was started here) is no agent of this pane's.
        let here = *terminal.get_or_insert(stat.terminal) == stat.terminal;
        let kind = kinds.of(pid, &stat).filter(|_| here);
        match &mut whole {
            None => {
                whole = Some(Tree {
                    cpu: stat.cpu,
                    age: stat.age(),
                    memory_bytes: stat.memory_bytes,
                    agent: kind,
                });
            }
            Some(tree) => {
                tree.cpu += stat.cpu;
                tree.memory_bytes += stat.memory_bytes;
                tree.agent = tree.agent.or(kind);
            }
        }
        let children = children(pid);
        next.extend(children);
    }
    whole
}

/// Children of a process's main thread; a kernel without this file shows none.
pub(crate) fn children(pid: i32) -> Vec<i32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    children.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// The arguments of a process; empty where it is gone.
pub(crate) fn arguments(pid: i32) -> Vec<String> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = line.strip_suffix(b"\0").unwrap_or(&line);
    let words = line.split(|byte| *byte == 0);
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// The kinds of agents that processes are. A program's arguments are read once, not with each sample.
#[derive(Debug, Default)]
struct Kinds {
    known: HashMap<i32, Known>,
}

/// What a process was when it was looked at: one that runs another program now has another name.
#[derive(Debug)]
struct Known {
    started: u64,
    name: String,
    kind: Option<&'static str>,
}

/// So many processes are remembered before all are forgotten: more than run in panes at a time.
const KNOWN_MAX: usize = 4096;

impl Kinds {
    fn of(&mut self, pid: i32, stat: &Stat) -> Option<&'static str> {
        if let Some(known) = self.known.get(&pid)
            && known.started == stat.started
            && known.name == stat.name
        {
            return known.kind;
        }
        let kind = towline_agents::kind_of(&stat.name, &arguments(pid));
        if self.known.len() >= KNOWN_MAX {
            self.known.clear();
        }
        let name = stat.name.clone();
        self.known.insert(pid, Known { started: stat.started, name, kind });
        kind
    }
}

/// What `/proc/PID/stat` says of a process.
pub(crate) struct Stat {
    /// The first 15 bytes of the program's name.
    pub(crate) name: String,
    /// `R` runs, `S` sleeps, `T` was stopped, `Z` has ended, …
    pub(crate) state: char,
    pub(crate) parent: i32,
    /// Its process group, its terminal's number, and the group that has that terminal.
    pub(crate) group: i32,
    pub(crate) terminal: i32,
    pub(crate) foreground: i32,
    cpu: Duration,
    /// Clock ticks between the host's start and the process's.
    pub(crate) started: u64,
    memory_bytes: u64,
}

impl Stat {
    /// `None` where there is no such process.
    pub(crate) fn read(pid: i32) -> Option<Self> {
        // A name need not be UTF-8.
        let bytes = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        Self::parse(&String::from_utf8_lossy(&bytes))
    }

    /// Reads `/proc/PID/stat` (proc(5)). The name may hold anything, so counting begins behind its `)`.
    fn parse(text: &str) -> Option<Self> {
        let (open, close) = (text.find('(')?, text.rfind(')')?);
        let fields: Vec<&str> = text.get(close + 1..)?.split_ascii_whitespace().collect();
        let number = |field: usize| -> Option<u64> { fields.get(field - 3)?.parse().ok() };
        let ticks = rustix::param::clock_ticks_per_second().max(1);
        let time = |count: u64| Duration::from_millis(count * 1000 / ticks);
        let signed = |field: usize| -> Option<i32> { fields.get(field - 3)?.parse().ok() };
        // Field 3 is the state, 4 the parent, 5 the group, 7 the terminal, 8 its foreground group; 14 and 15 are user and system time, 22 the start, 24 the resident pages.
        Some(Self {
            name: text.get(open + 1..close)?.to_owned(),
            state: fields.first()?.chars().next()?,
            parent: signed(4)?,
            group: signed(5)?,
            terminal: signed(7)?,
            foreground: signed(8)?,
            cpu: time(number(14)? + number(15)?),
            started: number(22)?,
            memory_bytes: number(24)? * rustix::param::page_size() as u64,
        })
    }

    /// How long ago it was started.
    pub(crate) fn age(&self) -> Duration {
        let ticks = rustix::param::clock_ticks_per_second().max(1);
        let up = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let up = Duration::new(up.tv_sec.unsigned_abs(), u32::try_from(up.tv_nsec).unwrap_or(0));
        up.saturating_sub(Duration::from_millis(self.started * 1000 / ticks))
    }
}

/// Resident bytes of this process.
pub(crate) fn own_memory() -> u64 {
    Stat::read(rustix::process::getpid().as_raw_nonzero().get()).map_or(0, |stat| stat.memory_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_confuse() {
        let text = "42 (a) b) (c)) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 1 0 1000 1000000 300 1";
        let stat = Stat::parse(text).unwrap();
        assert_eq!(stat.name, "a) b) (c)");
        assert_eq!(stat.started, 1000);
        assert_eq!(stat.memory_bytes, 300 * rustix::param::page_size() as u64);
        assert!(stat.cpu >= Duration::from_millis(1000));
    }

    #[test]
    fn an_agent_is_found_below_a_shell() {
        let folder = tempfile::tempdir().unwrap();
        let agent = folder.path().join("claude");
        std::fs::copy("/bin/sleep", &agent).unwrap();
        let line = format!("'{}' 100 & echo up; wait", agent.display());
        let mut shell = std::process::Command::new("sh")
            .args(["-c", &line])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut up = [0; 3];
        std::io::Read::read_exact(shell.stdout.as_mut().unwrap(), &mut up).unwrap();
        let pid = i32::try_from(shell.id()).unwrap();
        // The child may not have become the agent yet.
        let found = (0..1000).find_map(|_| {
            std::thread::sleep(Duration::from_millis(2));
            tree(pid, &mut Kinds::default())?.agent
        });
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        for child in children.unwrap().split_ascii_whitespace().filter_map(|p| p.parse().ok()) {
            let child = rustix::process::Pid::from_raw(child).unwrap();
            let _ = rustix::process::kill_process(child, rustix::process::Signal::KILL);
        }
        shell.wait().unwrap();
        assert_eq!(found, Some("claude"));
    }

    #[test]
    fn this_process_uses_something() {
        let own = rustix::process::getpid().as_raw_nonzero().get();
        let sampler = Sampler::default();
        let usage = sampler.usage(&[own]);
        assert!(usage[&own].memory_bytes > 0);
        assert!(own_memory() > 0);
        assert!(sampler.usage(&[]).is_empty());
    }
}
