//! The agent's process: which it is, whether it has the terminal, and when it ends. Linux's /proc and pidfds.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use towline_agents::ProcessState;

use super::Rulebook;
use crate::processes::{Stat, arguments, children};

/// An agent's process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) kind: String,
    pub(crate) pid: i32,
    /// When it was started, in the kernel's ticks: another process of the same number has another.
    started: u64,
    /// When it was started: microseconds since 1970 UTC.
    pub(crate) begun: u64,
}

/// Processes of a tree that are looked at, at most: one that makes processes by the thousand is no agent's.
const MOST: usize = 512;

/// The agent among a pane's processes: of those that are on the pane's own terminal the one nearest to its program.
pub(crate) fn find(root: i32, rulebook: &Rulebook) -> Option<Found> {
    let terminal = Stat::read(root)?.terminal;
    let mut next = VecDeque::from([root]);
    let mut looked = 0;
    while let Some(pid) = next.pop_front() {
        looked += 1;
        if looked > MOST {
            return None;
        }
        let Some(stat) = Stat::read(pid) else { continue };
        if stat.terminal == terminal && !matches!(stat.state, 'Z' | 'X') {
            let arguments = arguments(pid);
            let kind = towline_agents::kind_of(&stat.name, &arguments).map(str::to_owned);
            if let Some(kind) = kind.or_else(|| rulebook.kind_of(&stat.name, &arguments)) {
                let age = u64::try_from(stat.age().as_micros()).unwrap_or(0);
                let begun = crate::clock::now().saturating_sub(age);
                return Some(Found { kind, pid, started: stat.started, begun });
            }
        }
        next.extend(children(pid));
    }
    None
}

impl Found {
    /// How it stands.
    pub(crate) fn state(&self) -> ProcessState {
        let Some(stat) = Stat::read(self.pid).filter(|stat| stat.started == self.started) else {
            return ProcessState::Gone;
        };
        match stat.state {
            'Z' | 'X' => ProcessState::Gone,
            'T' => ProcessState::Background("it was stopped; its shell".into()),
            _ if stat.foreground <= 0 || stat.foreground == stat.group => ProcessState::Foreground,
            _ => match Stat::read(stat.foreground) {
                Some(other) => ProcessState::Background(other.name),
                // The group's first process is gone, as in a pipeline.
                None => ProcessState::Foreground,
            },
        }
    }

    /// Becomes readable when it ends.
    pub(crate) fn end(&self) -> Option<AsyncFd<OwnedFd>> {
        let descriptor = pidfd_open(Pid::from_raw(self.pid)?, PidfdFlags::empty()).ok()?;
        // SAFETY: the descriptor is the AsyncFd's own from here on, so it stays open for as long as it is registered.
        unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE).ok() }
    }
}

/// The group that has the terminal of a process; 0 where that can't be told.
pub(crate) fn foreground(pid: i32) -> i32 {
    Stat::read(pid).map_or(0, |stat| stat.foreground)
}

/// Whether a process belongs to a pane's program: it is on its terminal or, as some agents start their hooks without one,
/// below it. One that is gone may have.
///
/// What an agent has left to run by itself (a daemon that serves others, too) has the first pane's secret, and is neither.
pub(crate) fn belongs_to(pid: i32, root: i32) -> bool {
    match (Stat::read(pid), Stat::read(root)) {
        (Some(one), Some(root)) if one.terminal != 0 => one.terminal == root.terminal,
        (Some(_), Some(_)) => is_below(pid, root),
        _ => true,
    }
}

/// Whether a process is another, or one of its descendants. One that ends meanwhile may have been.
fn is_below(mut pid: i32, root: i32) -> bool {
    for _ in 0..MOST {
        if pid == root {
            return true;
        }
        match Stat::read(pid).map(|stat| stat.parent) {
            Some(parent) if parent <= 1 => return parent == root,
            Some(parent) => pid = parent,
            None => return true,
        }
    }
    false
}
