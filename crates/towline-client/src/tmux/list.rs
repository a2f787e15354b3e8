//! What there is on a host: panes, who is attached to them, and the agents in their processes.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use towline_agents::{Process, agent_in_tree};
use towline_protocol::v1;

use super::processes::{self, Sampler, Standing, Table, Usage};
use super::quote;
use super::setup::Found;

/// The session under which agents are listed that run in no tmux.
pub const DETACHED: &str = "detached";

/// What [`v1::Exit::lost`] says where tmux doesn't say how a program ended.
pub(super) const LOST: &str = "tmux";

/// What was found on a host.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listed {
    /// The panes of its tmux server; none where none runs.
    pub panes: Vec<v1::Pane>,
    /// Agents that run outside any tmux, as panes of the session [`DETACHED`]. Their `id` is 0: nothing can be done
    /// to them but to tell that they are there.
    pub detached: Vec<v1::Pane>,
    /// tmux's version ("3.3a"); `None` where there is no tmux.
    pub version: Option<String>,
    /// The agents in the panes.
    pub agents: Vec<AgentFound>,
}

/// An agent in a pane.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentFound {
    /// tmux's number of the pane.
    pub pane: u64,
    /// Its kind.
    pub kind: String,
    /// Its process.
    pub pid: i32,
    /// How long it has run.
    pub age: Duration,
    /// How it stands to the pane's terminal.
    pub standing: Standing,
    /// What has the terminal, as tmux names it.
    pub command: String,
    /// Somebody is attached, and has its window before them.
    pub watched: bool,
}

/// What is asked of each pane, in this order.
const PANE: [&str; 21] = [
    "pane_id",
    "session_id",
    "session_name",
    "window_index",
    "window_id",
    "window_name",
    "pane_index",
    "pane_pid",
    "pane_dead",
    "pane_dead_status",
    "pane_dead_signal",
    "pane_width",
    "pane_height",
    "window_activity",
    "pane_current_command",
    "pane_current_path",
    "pane_start_command",
    "@towline-command",
    "pane_title",
    "window_active",
    "host",
];

/// What is asked of each client.
const CLIENT: [&str; 4] = ["session_id", "client_control_mode", "client_readonly", "client_flags"];

/// The script. `mark` is 64 random bits: a field may hold anything, line ends too, but not this.
pub(super) fn script(found: &Found, mark: &str) -> Vec<u8> {
    let format = |names: &[&str]| {
        let fields: Vec<String> = names.iter().map(|name| format!("#{{{name}}}")).collect();
        let text = format!("{mark}R{}", fields.join(&format!("{mark}F")));
        String::from_utf8_lossy(&quote::sh(text)).into_owned()
    };
    let tmux = match &found.tmux {
        None => String::new(),
        Some(_) => format!(
            "{} list-panes -a -F {} \\; list-clients -F {} 2>&1\n",
            found.tmux(),
            format(&PANE),
            format(&CLIENT).replacen(&format!("{mark}R"), &format!("{mark}C"), 1),
        ),
    };
    let section = |name: &str| format!("printf '%s\\n' {mark}S{name}\n");
    [
        section("now"),
        "date +%s; id -u\n".into(),
        section("tmux"),
        tmux,
        section("ps"),
        processes::SCRIPT.into(),
    ]
    .concat()
    .into_bytes()
}

/// One pane's or client's fields.
struct Record<'a> {
    names: &'static [&'static str],
    values: Vec<&'a [u8]>,
}

impl<'a> Record<'a> {
    fn bytes(&self, name: &str) -> &'a [u8] {
        let at = self.names.iter().position(|known| *known == name);
        at.and_then(|at| self.values.get(at)).copied().unwrap_or_default()
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(self.bytes(name)).into_owned()
    }

    fn number<T: std::str::FromStr + Default>(&self, name: &str) -> T {
        let text = self.text(name);
        text.trim_start_matches(['%', '$', '@']).parse().unwrap_or_default()
    }
}

/// The parts of what the script printed.
#[derive(Default)]
struct Parts<'a> {
    panes: Vec<Record<'a>>,
    clients: Vec<Record<'a>>,
    /// When it ran, by that host's clock: seconds since 1970 UTC.
    now: u64,
    /// Whose processes are ours.
    uid: Option<u32>,
    /// What tmux said that was no pane and no client.
    said: String,
    processes: Table,
}

/// Reads what the script printed. `now` is this machine's time: microseconds since 1970 UTC; what the host tells by
/// its own clock is told by ours. `Err` holds tmux's words where it could not list. `sampler` remembers what was used
/// before.
pub(super) fn parse(
    output: &[u8],
    mark: &str,
    now: u64,
    sampler: &mut Sampler,
    programs: &[(String, String)],
) -> Result<Listed, String> {
    let parts = parts(output, mark);
    if parts.panes.is_empty() && !is_nobody(&parts.said) {
        return Err(parts.said);
    }
    let mut attached: HashMap<u64, u32> = HashMap::new();
    // A client in control mode that only reads is one of ours, here or on another machine.
    let people = parts.clients.iter().filter(|client| {
        let flags = client.text("client_flags");
        let ours = client.text("client_control_mode") == "1"
            && (client.text("client_readonly") == "1" || flags.contains("ignore-size"));
        !ours
    });
    for client in people {
        *attached.entry(client.number("session_id")).or_default() += 1;
    }
    let ago = |seconds: u64| now.saturating_sub(micros(Duration::from_secs(seconds)));
    let clock = |then: u64| if then == 0 { 0 } else { ago(parts.now.saturating_sub(then)) };
    let mut panes: Vec<v1::Pane> = Vec::with_capacity(parts.panes.len());
    let mut agents = Vec::new();
    let kind = |process: &Process| kind(process, programs);
    for record in &parts.panes {
        // A window may be linked into several sessions; its panes are listed once.
        if panes.iter().any(|pane| pane.id == record.number::<u64>("pane_id")) {
            continue;
        }
        let agent = match record.text("pane_dead") == "1" {
            true => None,
            false => agent_in_tree(&parts.processes.processes, record.number("pane_pid"), &kind),
        };
        let mut pane = pane(record, &parts.processes, now, agent.as_ref());
        pane.last_activity_at = clock(record.number("window_activity"));
        pane.attached = attached.get(&record.number("session_id")).copied().unwrap_or(0);
        if let Some((process, kind)) = agent {
            let facts = parts.processes.facts(process.pid);
            agents.push(AgentFound {
                pane: pane.id,
                kind,
                pid: process.pid,
                age: facts.map_or(Duration::ZERO, |facts| facts.age),
                standing: facts.map_or_else(Default::default, |facts| facts.standing),
                command: record.text("pane_current_command"),
                watched: pane.attached > 0 && record.text("window_active") == "1",
            });
        }
        panes.push(pane);
    }
    let mut detached = detached(&parts.processes, parts.uid, now, &kind);
    let running = panes.iter_mut().chain(&mut detached).filter(|pane| pane.pid > 0);
    let mut running: Vec<&mut v1::Pane> = running.collect();
    let roots: Vec<(i32, Usage)> =
        running.iter().map(|pane| (pane.pid, parts.processes.usage(pane.pid))).collect();
    for (pane, percent) in running.iter_mut().zip(sampler.percents(&roots, Instant::now())) {
        pane.cpu_percent = percent;
    }
    Ok(Listed { panes, detached, version: None, agents })
}

fn parts<'a>(output: &'a [u8], mark: &str) -> Parts<'a> {
    let mut parts = Parts::default();
    let mut start = 0;
    let mut pieces = Vec::new();
    for at in memchr::memmem::find_iter(output, mark.as_bytes()) {
        pieces.push(&output[start..at]);
        start = at + mark.len();
    }
    pieces.push(&output[start..]);
    let mut in_client = false;
    // What comes before the first mark is nobody's.
    for piece in pieces.into_iter().skip(1) {
        let Some((tag, rest)) = piece.split_first() else { continue };
        match tag {
            b'S' => {
                let (name, text) = cut(rest, b'\n');
                let text = String::from_utf8_lossy(text);
                match name {
                    b"now" => {
                        let mut lines = text.lines();
                        parts.now = lines.next().and_then(|line| line.parse().ok()).unwrap_or(0);
                        parts.uid = lines.next().and_then(|line| line.parse().ok());
                    }
                    b"tmux" => parts.said = text.trim().to_owned(),
                    b"ps" => parts.processes = processes::parse(&text),
                    _ => {}
                }
            }
            b'R' => {
                in_client = false;
                parts.panes.push(Record { names: &PANE, values: vec![rest] });
            }
            b'C' => {
                in_client = true;
                parts.clients.push(Record { names: &CLIENT, values: vec![rest] });
            }
            b'F' => {
                let records = if in_client { &mut parts.clients } else { &mut parts.panes };
                if let Some(record) = records.last_mut() {
                    record.values.push(rest);
                }
            }
            _ => {}
        }
    }
    // The last field of each is followed by the line's end.
    for record in parts.panes.iter_mut().chain(&mut parts.clients) {
        if let Some(last) = record.values.last_mut() {
            *last = last.strip_suffix(b"\n").unwrap_or(last);
        }
    }
    parts
}

fn cut(bytes: &[u8], at: u8) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == at) {
        Some(position) => (&bytes[..position], &bytes[position + 1..]),
        None => (bytes, b""),
    }
}

/// Whether tmux's words mean that no server of it runs, or none with a session.
pub(super) fn is_nobody(said: &str) -> bool {
    const WORDS: [&str; 7] = [
        "no server running",
        "error connecting to",
        "no sessions",
        "no current session",
        // Of one that is about to end.
        "no current target",
        "server exited",
        "lost server",
    ];
    said.is_empty() || WORDS.iter().any(|words| said.contains(words))
}

/// The kind of agent that a process is: one that is known, or one of these programs.
fn kind(process: &Process, programs: &[(String, String)]) -> Option<String> {
    if let Some(kind) = process.kind() {
        return Some(kind.to_owned());
    }
    let first = process.argv.first().map_or("", String::as_str);
    let program = first.rsplit('/').next().unwrap_or(first);
    let is = |name: &String| name == program || *name == process.comm;
    programs.iter().find(|(name, _)| is(name)).map(|(_, kind)| kind.clone())
}

fn pane(record: &Record, table: &Table, now: u64, agent: Option<&(&Process, String)>) -> v1::Pane {
    let pid: i32 = record.number("pane_pid");
    let dead = record.text("pane_dead") == "1";
    let usage = if dead { Usage::default() } else { table.usage(pid) };
    let age = table.facts(pid).map(|facts| facts.age);
    let title = record.text("pane_title");
    // Until a program sets one, tmux has the host's name for a title.
    let host = record.text("host");
    let no_title = title == host || host.split('.').next() == Some(&title);
    let exit = dead.then(|| {
        // tmux knows of a program's end by its terminal first, and how it ended a moment later.
        let known = |name: &str| record.text(name).parse::<i32>().ok();
        let signal = known("pane_dead_signal").filter(|signal| *signal > 0);
        let status = known("pane_dead_status").filter(|_| signal.is_none());
        let lost = if signal.or(status).is_none() { LOST } else { "" };
        v1::Exit { status, signal, lost: lost.into(), ..v1::Exit::default() }
    });
    v1::Pane {
        id: record.number("pane_id"),
        name: plain(&record.text("window_name")),
        session: plain(&record.text("session_name")),
        window: record.number("window_index"),
        pane: record.number("pane_index"),
        command: command(record, agent.map(|(process, _)| process.argv.as_slice())),
        cwd: record.bytes("pane_current_path").to_vec(),
        pid: if dead { 0 } else { pid },
        created_at: age.map_or(0, |age| now.saturating_sub(micros(age))),
        size: Some(v1::Size {
            cols: record.number("pane_width"),
            rows: record.number("pane_height"),
        }),
        title: if no_title {
            String::new()
        } else {
            title.chars().filter(|c| !c.is_control()).collect()
        },
        cpu_percent: usage.cpu_percent,
        memory_bytes: usage.memory_bytes,
        exit,
        status: if dead { v1::PaneStatus::Ended } else { v1::PaneStatus::Running }.into(),
        agent: agent.map(|(_, kind)| named(kind)),
        tmux: true,
        ..v1::Pane::default()
    }
}

/// An agent of which nothing but the kind is known.
fn named(kind: &str) -> v1::Agent {
    v1::Agent { kind: kind.to_owned(), state: "unknown".to_owned(), ..v1::Agent::default() }
}

/// What runs in a pane: what it was started with by us, the agent in it, what it was started with, or the name of
/// what runs in its foreground.
fn command(record: &Record, agent: Option<&[String]>) -> Vec<Vec<u8>> {
    let bytes = |words: Vec<String>| words.into_iter().map(String::into_bytes).collect::<Vec<_>>();
    let ours = quote::words(&record.text("@towline-command")).filter(|words| !words.is_empty());
    if let Some(words) = ours {
        return bytes(words);
    }
    if let Some(argv) = agent.filter(|argv| !argv.is_empty()) {
        return bytes(argv.to_vec());
    }
    let started = record.text("pane_start_command");
    // Some versions put quotes around the whole.
    let inner = started.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let started = inner.unwrap_or(&started);
    match quote::words(started) {
        Some(words) if !words.is_empty() => bytes(words),
        _ if !started.is_empty() => bytes(vec!["sh".into(), "-c".into(), started.to_owned()]),
        _ => bytes(vec![record.text("pane_current_command")]),
    }
}

/// A name as it was given. tmux keeps a backslash as two, and one before a `$` that could begin a variable's name.
/// A name with any other escape is shown as tmux shows it: it would hold a control character.
pub(super) fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('\\' | '$')) => plain.push(c),
                _ => return name.to_owned(),
            },
            c => plain.push(c),
        }
    }
    plain
}

/// Agents of this user that no tmux and no holder has started.
fn detached(
    table: &Table,
    uid: Option<u32>,
    now: u64,
    kind: &dyn Fn(&Process) -> Option<String>,
) -> Vec<v1::Pane> {
    let parents: HashMap<i32, i32> =
        table.processes.iter().map(|process| (process.pid, process.parent)).collect();
    let kept = |pid: i32| {
        table.process(pid).is_some_and(|process| {
            let name = process.argv.first().map_or("", String::as_str);
            let holder = process.comm.starts_with("tow: holder")
                || process.argv.join(" ").starts_with("tow: holder");
            // On Linux its server calls itself `tmux: server`.
            let tmux =
                process.comm.starts_with("tmux: ") || name.rsplit('/').next() == Some("tmux");
            holder || tmux
        })
    };
    let own = |pid: i32| match (uid, table.facts(pid).and_then(|facts| facts.uid)) {
        (Some(us), Some(theirs)) => us == theirs,
        _ => true,
    };
    let mut found = Vec::new();
    for process in &table.processes {
        let Some(kind_of) = kind(process) else { continue };
        let above = ancestors(&parents, process.pid);
        let under = above
            .iter()
            .any(|&pid| kept(pid) || table.process(pid).is_some_and(|above| kind(above).is_some()));
        if under || !own(process.pid) {
            continue;
        }
        let usage = table.usage(process.pid);
        let age = table.facts(process.pid).map_or(0, |facts| micros(facts.age));
        found.push(v1::Pane {
            name: kind_of.clone(),
            session: DETACHED.to_owned(),
            command: process.argv.iter().map(|word| word.clone().into_bytes()).collect(),
            pid: process.pid,
            created_at: now.saturating_sub(age),
            cpu_percent: usage.cpu_percent,
            memory_bytes: usage.memory_bytes,
            status: v1::PaneStatus::Running.into(),
            agent: Some(named(&kind_of)),
            tmux: true,
            ..v1::Pane::default()
        });
    }
    found
}

/// The processes above one, the nearest first.
fn ancestors(parents: &HashMap<i32, i32>, pid: i32) -> Vec<i32> {
    let mut above = Vec::new();
    let mut pid = pid;
    while let Some(&parent) = parents.get(&pid) {
        if parent <= 0 || above.contains(&parent) {
            break;
        }
        above.push(parent);
        pid = parent;
    }
    above
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const M: &str = "0123456789abcdef";

    /// What the script prints, from fields by name.
    fn output(panes: &[&[(&str, &str)]], clients: &[&[(&str, &str)]], ps: &str) -> Vec<u8> {
        let line = |tag: &str, names: &[&str], given: &[(&str, &str)]| {
            let value = |name: &&str| {
                given.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
            };
            let values: Vec<&str> = names.iter().map(value).collect();
            format!("{M}{tag}{}\n", values.join(&format!("{M}F")))
        };
        let mut text = format!("noise\n{M}Snow\n1000\n77\n{M}Stmux\n");
        panes.iter().for_each(|pane| text.push_str(&line("R", &PANE, pane)));
        clients.iter().for_each(|client| text.push_str(&line("C", &CLIENT, client)));
        text.push_str(&format!("{M}Sps\n{ps}"));
        text.into_bytes()
    }

    const PS: &str = "\
UID PID PPID STAT TTY CPU RSS ETIME NAMENAMENAMENAME ARGS
 77 500    1 S    ?   0.0   1 01:00 tmux: server     tmux new -d
 77 501  500 S    p/1 1.0   2 00:30 bash             -bash
 77 502  501 S    p/1 2.0   3 00:20 node             node /usr/bin/claude -c
 77 600    1 S    p/2 0.5   4 00:10 codex            codex resume
 77 601  600 S    p/2 0.5   4 00:10 claude           claude
 88 610    1 S    p/3 0.0   1 00:10 claude           claude
 77 615    1 S    p/5 0.0   1 00:10 tmux_hosts-abc   tmux_hosts-abc
 77 616  615 S    p/5 0.0   1 00:10 gemini           gemini
 77 620    1 S    ?   0.0   1 00:10 tow: holder      tow: holder 3
 77 621  620 S    p/4 0.0   1 00:10 claude           claude
";

    #[test]
    fn panes_are_listed_with_the_agents_in_them() {
        let first: &[(&str, &str)] = &[
            ("pane_id", "%7"),
            ("session_id", "$1"),
            ("session_name", "agents"),
            ("window_index", "2"),
            ("window_name", "a:b.c\tü \\\\ \\$HOME"),
            ("pane_index", "1"),
            ("pane_pid", "501"),
            ("pane_dead", "0"),
            ("pane_width", "100"),
            ("pane_height", "30"),
            ("window_activity", "990"),
            ("pane_current_path", "/tmp/with\nline"),
            ("pane_title", "✳ title"),
            ("window_active", "1"),
            ("host", "thor"),
        ];
        let again: &[(&str, &str)] = &[("pane_id", "%7"), ("session_name", "linked")];
        let dead: &[(&str, &str)] = &[
            ("pane_id", "%8"),
            ("pane_dead", "1"),
            ("pane_dead_status", "3"),
            ("pane_title", "thor"),
            ("host", "thor.lan"),
            ("pane_start_command", "\"make test\""),
        ];
        let clients: [&[(&str, &str)]; 3] = [
            &[("session_id", "$1"), ("client_control_mode", "0")],
            &[("session_id", "$1"), ("client_control_mode", "1"), ("client_readonly", "1")],
            &[("session_id", "$1"), ("client_control_mode", "1"), ("client_readonly", "0")],
        ];
        let now = 2_000_000_000;
        let output = output(&[first, again, dead], &clients, PS);
        let listed = parse(&output, M, now, &mut Sampler::default(), &[]).unwrap();
        assert_eq!(listed.panes.len(), 2);
        let pane = &listed.panes[0];
        assert_eq!((pane.id, pane.window, pane.pane, pane.pid), (7, 2, 1, 501));
        assert_eq!(pane.name, "a:b.c\tü \\ $HOME");
        assert_eq!(pane.cwd, b"/tmp/with\nline");
        assert_eq!(pane.agent, Some(named("claude")));
        assert_eq!(pane.command, [&b"node"[..], b"/usr/bin/claude", b"-c"]);
        assert_eq!((pane.cpu_percent, pane.memory_bytes), (3.0, 5 * 1024));
        assert_eq!(pane.attached, 2, "ours is not a person");
        assert_eq!(pane.last_activity_at, now - 10_000_000);
        assert_eq!(pane.created_at, now - 30_000_000);
        assert_eq!(pane.title, "✳ title");
        let dead = &listed.panes[1];
        assert_eq!(dead.exit.as_ref().and_then(|exit| exit.status), Some(3));
        assert_eq!((dead.title.as_str(), dead.status()), ("", v1::PaneStatus::Ended));
        assert_eq!(dead.command, [&b"make"[..], b"test"]);
        let detached: Vec<_> = listed
            .detached
            .iter()
            .map(|pane| (pane.pid, pane.agent.as_ref().map_or("", |agent| &agent.kind)))
            .collect();
        assert_eq!(detached, [(600, "codex"), (616, "gemini")]);
        let found = &listed.agents[0];
        assert_eq!((found.pane, found.kind.as_str(), found.pid), (7, "claude", 502));
        assert_eq!((found.age, found.watched), (Duration::from_secs(20), true));
        assert_eq!(found.standing, Standing::Background, "it says no `+`");
        // A program that the user's own rules are about.
        let own = [("bash".to_owned(), "mine".to_owned())];
        let listed = parse(&output, M, now, &mut Sampler::default(), &own).unwrap();
        assert_eq!(listed.panes[0].agent, Some(named("mine")));
    }

    #[test]
    fn no_server_is_no_pane_and_a_complaint_is_told() {
        let said = |words: &str| {
            let text = format!("{M}Snow\n1\n2\n{M}Stmux\n{words}\n{M}Sps\n");
            parse(text.as_bytes(), M, 0, &mut Sampler::default(), &[])
                .map(|listed| listed.panes.len())
        };
        assert_eq!(said("no server running on /tmp/tmux-0/default"), Ok(0));
        assert_eq!(
            said("error connecting to /tmp/tmux-0/default (No such file or directory)"),
            Ok(0)
        );
        assert_eq!(said("no current session"), Ok(0));
        assert_eq!(said(""), Ok(0));
        assert_eq!(said("protocol version mismatch"), Err("protocol version mismatch".into()));
        assert_eq!(parse(b"", M, 0, &mut Sampler::default(), &[]), Ok(Listed::default()));
    }

    #[test]
    fn names_are_shown_as_they_were_given() {
        for (kept, expected) in [
            ("app", "app"),
            ("a\\\\b", "a\\b"),
            ("\\$HOME", "$HOME"),
            ("a\\nb", "a\\nb"),
            ("a\\\\n", "a\\n"),
            ("end\\", "end\\"),
        ] {
            assert_eq!(plain(kept), expected, "{kept}");
        }
    }
}
