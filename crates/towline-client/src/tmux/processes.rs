//! A host's processes, as `ps` tells them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use towline_agents::Process;

/// Prints a table of all processes that [`parse`] reads. The heading of the name is so long that its column is wide
/// enough for a name (on macOS 16 characters, on Linux 15), so that the arguments behind it can be told from it. The
/// other forms are for systems whose `ps` knows less (BusyBox, with more or fewer columns built in). A program is told by the beginning of its arguments; the
/// rest would only be carried here.
pub(super) const SCRIPT: &str = "{ ps -ww -A -o uid=UID -o pid=PID -o ppid=PPID -o stat=STAT -o tty=TTY -o pcpu=CPU \
-o rss=RSS -o etime=ETIME -o time=TIME -o ucomm=NAMENAMENAMENAME -o args=ARGS 2>/dev/null || \
ps -o pid=PID -o ppid=PPID -o stat=STAT -o tty=TTY -o rss=RSS -o etime=ETIME -o time=TIME \
-o comm=NAMENAMENAMENAME -o args=ARGS 2>/dev/null || \
ps -o pid=PID -o ppid=PPID -o stat=STAT -o tty=TTY -o rss=RSS -o comm=NAMENAMENAMENAME -o args=ARGS; \
} 2>/dev/null | cut -b 1-500\n";

/// What a process is and uses.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Facts {
    /// Whose it is; `None` where `ps` doesn't tell.
    pub(super) uid: Option<u32>,
    /// Percent of one core: on Linux over its life, on macOS over the last minute.
    pub(super) cpu_percent: f64,
    /// Resident bytes.
    pub(super) memory_bytes: u64,
    /// How long it has run.
    pub(super) age: Duration,
    /// CPU time that it has used: on Linux in whole seconds.
    pub(super) cpu: Duration,
    /// It has a terminal.
    pub(super) terminal: bool,
    /// How it stands to that.
    pub(super) standing: Standing,
}

/// How a process stands to its terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// Its group has it, or nobody knows.
    #[default]
    Foreground,
    /// Another group has it.
    Background,
    /// It was stopped (Ctrl-Z).
    Stopped,
}

/// What a process and all below it use.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Usage {
    /// Percent of one core, as `ps` tells it.
    pub(super) cpu_percent: f64,
    /// Resident bytes.
    pub(super) memory_bytes: u64,
    /// CPU time used so far.
    pub(super) cpu: Duration,
}

/// Trees that were looked at before, by the root's process id: so that what one uses now can be told, rather than over
/// its life.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    last: HashMap<i32, Sample>,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Instant,
    cpu: Duration,
    percent: f64,
}

/// `ps` tells whole seconds on Linux: over a shorter time a rate would be a guess.
const SPAN: Duration = Duration::from_secs(10);

impl Sampler {
    /// Percent of one core that each tree has used since the last sample; as `ps` has it where there was none. Forgets
    /// all others.
    pub(super) fn percents(&mut self, roots: &[(i32, Usage)], now: Instant) -> Vec<f64> {
        self.last.retain(|pid, _| roots.iter().any(|(root, _)| root == pid));
        let percent = |(pid, usage): &(i32, Usage)| {
            let sample = self.last.entry(*pid).or_insert(Sample {
                at: now,
                cpu: usage.cpu,
                percent: usage.cpu_percent,
            });
            let span = now.duration_since(sample.at);
            if span >= SPAN {
                let used = usage.cpu.saturating_sub(sample.cpu).as_secs_f64();
                let percent = 100.0 * used / span.as_secs_f64();
                *sample = Sample { at: now, cpu: usage.cpu, percent };
            }
            sample.percent
        };
        roots.iter().map(percent).collect()
    }
}

/// All processes of a host.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// What each is.
    pub(super) processes: Vec<Process>,
    facts: HashMap<i32, Facts>,
}

impl Table {
    pub(super) fn facts(&self, pid: i32) -> Option<&Facts> {
        self.facts.get(&pid)
    }

    pub(super) fn process(&self, pid: i32) -> Option<&Process> {
        self.processes.iter().find(|process| process.pid == pid)
    }

    /// What a process and all below it use.
    pub(super) fn usage(&self, root: i32) -> Usage {
        let tree = towline_agents::descendants(&self.processes, root);
        let mut usage = Usage::default();
        for facts in tree.iter().filter_map(|process| self.facts(process.pid)) {
            usage.cpu_percent += facts.cpu_percent;
            usage.memory_bytes += facts.memory_bytes;
            usage.cpu += facts.cpu;
        }
        usage
    }
}

/// Reads a table. Zombies and lines that make no sense are left out.
pub(super) fn parse(text: &str) -> Table {
    let mut lines = text.lines();
    let Some(heading) = lines.next() else { return Table::default() };
    let columns: Vec<&str> = heading.split_whitespace().collect();
    let width = heading
        .find("ARGS")
        .zip(heading.find("NAMENAME"))
        .map_or(16, |(args, name)| args - name - 1);
    let before = columns.iter().take_while(|column| !column.starts_with("NAME")).count();
    let mut table = Table::default();
    // BusyBox's `ps` doesn't tell who has a terminal.
    let tells_foreground = columns.contains(&"UID");
    for line in lines {
        let Some((values, rest)) = split(line, before) else { continue };
        let value = |name: &str| {
            let at = columns.iter().position(|column| *column == name)?;
            values.get(at).copied()
        };
        let number = |name: &str| value(name).and_then(|text| text.parse::<i32>().ok());
        let (Some(pid), Some(parent)) = (number("PID"), number("PPID")) else { continue };
        if value("STAT").is_some_and(|stat| stat.starts_with('Z')) {
            continue;
        }
        let end = rest.char_indices().nth(width).map_or(rest.len(), |(at, _)| at);
        let (comm, args) = rest.split_at(end);
        table.processes.push(Process {
            pid,
            parent,
            comm: comm.trim().to_owned(),
            argv: args.split_whitespace().map(str::to_owned).collect(),
        });
        let facts = Facts {
            uid: value("UID").and_then(|text| text.parse().ok()),
            cpu_percent: value("CPU")
                .and_then(|text| text.replace(',', ".").parse().ok())
                .unwrap_or(0.0),
            memory_bytes: value("RSS").map_or(0, kilobytes),
            age: value("ETIME").and_then(elapsed).unwrap_or_default(),
            cpu: value("TIME").and_then(elapsed).unwrap_or_default(),
            terminal: value("TTY").is_some_and(|tty| !tty.starts_with(['?', '-'])),
            standing: standing(value("STAT").unwrap_or_default(), tells_foreground),
        };
        table.facts.insert(pid, facts);
    }
    table
}

/// What the letters of STAT say: `T` was stopped, `+` is in the group that has the terminal.
fn standing(stat: &str, tells_foreground: bool) -> Standing {
    match stat {
        stat if stat.starts_with('T') => Standing::Stopped,
        stat if tells_foreground && !stat.contains('+') => Standing::Background,
        _ => Standing::Foreground,
    }
}

/// The first `count` words of a line, and what follows the blank behind the last of them.
fn split(line: &str, count: usize) -> Option<(Vec<&str>, &str)> {
    let mut rest = line;
    let mut words = Vec::with_capacity(count);
    for _ in 0..count {
        rest = rest.trim_start();
        let end = rest.find(' ')?;
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    Some((words, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// `ps` tells resident memory in kilobytes; BusyBox in megabytes where it is much ("12m").
fn kilobytes(text: &str) -> u64 {
    let (digits, unit) = match text.strip_suffix(['m', 'M']) {
        Some(digits) => (digits, 1024 * 1024),
        None => (text, 1024),
    };
    digits.parse::<u64>().unwrap_or(0) * unit
}

/// Reads `[[days-]hours:]minutes:seconds`; a fraction of the last second (macOS) is left out.
fn elapsed(text: &str) -> Option<Duration> {
    let (days, rest) = text.split_once('-').unwrap_or(("0", text));
    let rest = rest.split(['.', ',']).next()?;
    let mut seconds = 0;
    for part in rest.split(':') {
        seconds = seconds * 60 + part.parse::<u64>().ok()?;
    }
    Some(Duration::from_secs(seconds + days.parse::<u64>().ok()? * 86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_linux_is_read() {
        let text = "\
  UID     PID    PPID STAT TT        %CPU   RSS     ELAPSED NAMENAMENAMENAME ARGS
    0       1       0 Ss   ?          0.0 12000 10-01:02:03 systemd          /sbin/init
 1000     812       1 Ss   ?          0.1  3000    01:02:03 tmux: server     tmux new -s main
 1000    1234     812 Ss+  pts/3     12.5 90000       05:06 node             node /usr/bin/claude --x y
 1000    1235    1234 Z    pts/3      0.0     0       00:01 sh <defunct>     [sh] <defunct>
garbage
";
        let text =
            text.replace("TT   ", "TTY  ").replace("%CPU", " CPU").replace("ELAPSED", "  ETIME");
        let table = parse(&text);
        let ids: Vec<i32> = table.processes.iter().map(|process| process.pid).collect();
        assert_eq!(ids, [1, 812, 1234]);
        let server = table.process(812).unwrap();
        assert_eq!((server.comm.as_str(), server.argv.len()), ("tmux: server", 4));
        let agent = table.process(1234).unwrap();
        assert_eq!(agent.kind(), Some("claude"));
        assert_eq!(
            table.facts(1234),
            Some(&Facts {
                uid: Some(1000),
                cpu_percent: 12.5,
                memory_bytes: 90_000 * 1024,
                age: Duration::from_secs(306),
                cpu: Duration::ZERO,
                terminal: true,
                standing: Standing::Foreground,
            })
        );
        assert_eq!(table.facts(812).unwrap().standing, Standing::Background);
        for (stat, expected) in
            [("T", Standing::Stopped), ("Sl+", Standing::Foreground), ("Ss", Standing::Background)]
        {
            assert_eq!(standing(stat, true), expected, "{stat}");
        }
        assert_eq!(standing("S", false), Standing::Foreground);
        assert!(!table.facts(812).unwrap().terminal);
        let usage = table.usage(812);
        assert_eq!((usage.cpu_percent, usage.memory_bytes), (12.6, 93_000 * 1024));
    }

    #[test]
    fn a_table_without_some_columns_is_read() {
        let text = "PID   PPID  STAT TTY    RSS  ETIME NAMENAMENAMENAME ARGS\n  7     1 S    ?      12m   3:04 opencode         opencode run\n";
        let table = parse(text);
        assert_eq!(table.process(7).unwrap().kind(), Some("opencode"));
        assert_eq!(table.facts(7).unwrap().memory_bytes, 12 * 1024 * 1024);
        assert_eq!(table.facts(7).unwrap().uid, None);
        assert!(parse("").processes.is_empty());
    }

    #[test]
    fn what_is_used_now_is_told_once_there_is_something_to_compare() {
        let mut sampler = Sampler::default();
        let begin = Instant::now();
        let mut percent = |after: u64, cpu: u64| {
            let cpu = Duration::from_secs(cpu);
            let usage = Usage { cpu_percent: 50.0, cpu, ..Usage::default() };
            sampler.percents(&[(7, usage)], begin + Duration::from_secs(after))[0]
        };
        assert_eq!(percent(0, 100), 50.0);
        assert_eq!(percent(5, 105), 50.0, "too soon");
        assert_eq!(percent(20, 104), 20.0);
        assert_eq!(percent(25, 104), 20.0);
        assert_eq!(percent(40, 104), 0.0);
        assert!(sampler.percents(&[], begin).is_empty());
        assert!(sampler.last.is_empty());
    }

    #[test]
    fn times_of_ps_are_read() {
        for (text, seconds) in [
            ("00:07", 7),
            ("01:02", 62),
            ("1:02:03", 3723),
            ("2-00:00:01", 172_801),
            ("3:02.91", 182),
        ] {
            assert_eq!(elapsed(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(elapsed("x"), None);
    }

    #[test]
    fn this_machines_ps_is_understood() {
        let output = std::process::Command::new("sh").args(["-c", SCRIPT]).output().unwrap();
        let table = parse(&String::from_utf8_lossy(&output.stdout));
        let own = i32::try_from(std::process::id()).unwrap();
        let process = table.process(own).expect("this process");
        assert!(process.argv[0].contains("towline_client"), "{process:?}");
        assert!(table.facts(own).unwrap().memory_bytes > 0);
        assert!(!process.comm.is_empty() && process.argv[0].contains(&process.comm), "{process:?}");
    }
}
