//! Cold connects: to one host, and to many at once.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::exec;
use crate::field::Field;
use crate::interrupt;
use crate::measure::Outcome;
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender, Remote, Way, guarded};
use crate::stats::median;

pub(super) const NAME: &str = "connect";
/// Each way.
const DELAY: Duration = Duration::from_millis(50);
/// How many times as long as one host all of them may take.
const TIMES: f64 = 1.5;
/// Hosts that aren't connected with by then never will be.
const DEADLINE: Duration = Duration::from_secs(60);
/// The pause between two looks whether the last round's connections are gone.
const LOOK: Duration = Duration::from_millis(20);

/// Seconds.
struct Times {
    one: f64,
    all: f64,
}

/// Hosts, and what the client's list of them says of all and of the first.
struct Hosts {
    remote: Remote,
    aliases: Vec<String>,
    lists: [String; 2],
}

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let count = bench.scale.hosts;
    let aliases: Vec<String> = (0..count).map(|host| format!("host-{host}")).collect();
    let mut field = Field::start(NAME, &Contender::MULTIPLEXERS, |contender| {
        let remote = Remote::with_hosts(bench, contender, &aliases)?;
        remote.agree_cheaply()?;
        remote.set_delay(DELAY)?;
        let all = std::fs::read_to_string(remote.fleet()?.hosts_file())
            .context("reading the list of hosts")?;
        let one = all.split_inclusive("\n\n").next().unwrap_or_default().to_owned();
        Ok(Hosts { remote, aliases: aliases.clone(), lists: [one, all] })
    })?;
    let mut many_first = false;
    let times = field.rounds(bench.scale.rounds, |contender, hosts| {
        many_first = !many_first;
        let connect = |all: bool| match contender {
            Contender::Towline => hosts.towline(all),
            _ => hosts.tmux(all),
        };
        Ok(if many_first {
            let all = connect(true)?;
            Times { one: connect(false)?, all }
        } else {
            Times { one: connect(false)?, all: connect(true)? }
        })
    })?;
    let one = times.values(|times| times.one);
    let of_towline: Vec<f64> =
        one.iter().filter(|(of, _)| *of == Contender::Towline).map(|(_, time)| *time).collect();
    let all = Row::new(
        NAME,
        format!("cold connect to {count} hosts at once"),
        Unit::Seconds,
        times.values(|times| times.all),
    );
    let rows = vec![
        Row::new(NAME, "cold connect to 1 host, 50 ms each way", Unit::Seconds, one),
        match median(&of_towline) {
            Some(one) => all.goal(Goal::Within(TIMES * one)),
            None => all,
        },
    ];
    Ok(Outcome { rows, failures: field.failures })
}

impl Hosts {
    /// From the start of the server here until `tow list` has all hosts as online.
    fn towline(&self, all: bool) -> Result<f64> {
        let fleet = self.remote.fleet()?;
        exec::output(&mut fleet.tow.command(&["server", "stop"])).ok(); // there may be none
        self.forget()?;
        std::fs::write(fleet.hosts_file(), &self.lists[usize::from(all)])
            .context("writing the list of hosts")?;
        let wanted = if all { self.aliases.len() } else { 1 };
        let start = Instant::now();
        exec::output(&mut fleet.tow.command(&["server", "start"]))?;
        while self.remote.online()? < wanted {
            ensure!(start.elapsed() < DEADLINE, "not all hosts were reached");
        }
        Ok(start.elapsed().as_secs_f64())
    }

    /// An ssh to each, that lists its panes.
    fn tmux(&self, all: bool) -> Result<f64> {
        self.forget()?;
        let wanted = if all { self.aliases.as_slice() } else { &self.aliases[..1] };
        let start = Instant::now();
        let mut children = Vec::new();
        for alias in wanted {
            let mut list = self.remote.ssh(Way::Cold, alias, &["tmux", "list-panes", "-a"])?;
            list.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            children.push(list.spawn().context("running ssh")?);
        }
        let outcomes: Vec<_> = children.iter_mut().map(|child| child.wait()).collect();
        let time = start.elapsed();
        for outcome in outcomes {
            let status = outcome.context("waiting for ssh")?;
            ensure!(status.success(), "an ssh ended with {status}");
        }
        Ok(time.as_secs_f64())
    }

    /// Closes the connections of the last round, masters too, and waits until both sides have seen it.
    fn forget(&self) -> Result<()> {
        let hosts = &self.remote.fleet()?.hosts;
        guarded(|| hosts.iter().for_each(|host| host.relay.drop_connections()))?;
        let deadline = Instant::now() + DEADLINE;
        while hosts.iter().any(|host| !host.session_pids().is_empty()) {
            ensure!(Instant::now() < deadline, "connections of the last round stay");
            interrupt::pause(LOOK)?;
        }
        while hosts.iter().any(|host| !host.ssh_pids().is_empty()) {
            ensure!(Instant::now() < deadline, "masters of the last round stay");
            interrupt::pause(LOOK)?;
        }
        Ok(())
    }
}
