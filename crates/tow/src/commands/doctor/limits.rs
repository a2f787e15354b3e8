//! The system's limits, and its clock.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::{Resource, getrlimit};

use super::finding::Finding;

/// Descriptors the server needs for a few hundred panes.
const FILES: u64 = 1024;

/// Pseudo-terminals that should be left.
const PTYS_LEFT: u64 = 16;

/// 1 January 2025: no computer that runs this is before it.
const SURELY_PAST: Duration = Duration::from_secs(1_735_689_600);

/// How far a file's time may lie ahead without anybody being wrong about it.
const CLOCK_SLACK: Duration = Duration::from_secs(60);

/// Looks at limits, and compares the clock with when the store was written last.
pub(super) fn check(store: &Path) -> Vec<Finding> {
    let number =
        |path: &str| std::fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok());
    let ptys = number("/proc/sys/kernel/pty/max").zip(number("/proc/sys/kernel/pty/nr"));
    let files = getrlimit(Resource::Nofile);
    let written = std::fs::metadata(store).and_then(|metadata| metadata.modified()).ok();
    let mut findings = vec![open_files(files.current, files.maximum)];
    findings.extend(ptys.map(|(most, used)| pseudo_terminals(most, used)));
    findings.push(clock(SystemTime::now(), written));
    findings
}

fn open_files(soft: Option<u64>, hard: Option<u64>) -> Finding {
    let finding = Finding::of("open files");
    let shown = |limit: Option<u64>| limit.map_or("no limit".to_owned(), |limit| limit.to_string());
    if soft.is_none_or(|soft| soft >= FILES) {
        return finding.ok(shown(soft));
    }
    let finding = finding.warning(format!("{} at a time are few for many panes", shown(soft)));
    match hard {
        Some(hard) if hard < FILES => finding.fix("raise nofile in /etc/security/limits.conf"),
        _ => finding.fix(format!("ulimit -n {FILES}; tow server restart")),
    }
}

fn pseudo_terminals(most: u64, used: u64) -> Finding {
    let finding = Finding::of("pseudo-terminals");
    let text = format!("{used} of {most} in use");
    match most.saturating_sub(used) {
        0 => finding.failed(text).fix(format!("sudo sysctl kernel.pty.max={}", most.max(1024) * 2)),
        left if left < PTYS_LEFT => {
            finding.warning(text).fix(format!("sudo sysctl kernel.pty.max={}", most.max(1024) * 2))
        }
        _ => finding.ok(text),
    }
}

fn clock(now: SystemTime, store_written: Option<SystemTime>) -> Finding {
    let finding = Finding::of("clock");
    if now.duration_since(UNIX_EPOCH).is_ok_and(|since| since < SURELY_PAST) {
        return finding
            .failed("it is set to a time long past")
            .fix("sudo timedatectl set-ntp true");
    }
    match store_written {
        Some(written) if written > now + CLOCK_SLACK => finding
            .warning("the store was written in the future: the clock has gone back")
            .fix("sudo timedatectl set-ntp true"),
        _ => finding.ok("plausible"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    #[test]
    fn limits_are_judged() {
        for (soft, expected) in
            [(None, Status::Ok), (Some(1024), Status::Ok), (Some(256), Status::Warning)]
        {
            assert_eq!(open_files(soft, None).status, expected, "{soft:?}");
        }
        for (most, used, expected) in
            [(4096, 10, Status::Ok), (4096, 4090, Status::Warning), (4096, 4096, Status::Failed)]
        {
            assert_eq!(pseudo_terminals(most, used).status, expected, "{most} {used}");
        }
    }

    #[test]
    fn a_clock_that_went_back_is_told() {
        let now = UNIX_EPOCH + SURELY_PAST + Duration::from_secs(1000);
        let hour = Duration::from_secs(3600);
        for (now, written, expected) in [
            (now, None, Status::Ok),
            (now, Some(now), Status::Ok),
            (now, Some(now + hour), Status::Warning),
            (UNIX_EPOCH + hour, None, Status::Failed),
        ] {
            assert_eq!(clock(now, written).status, expected);
        }
    }
}
