//! The verbs of the ledger, each as a whole process, on a small ledger and on a large one.

mod issues;

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};

use super::Outcome;
use crate::field::{Field, Values};
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender};
use crate::stats::median;

pub(super) const NAME: &str = "ledger";

/// What a verb may take at most, in milliseconds, on the small ledger and on the large one: what a person takes for at once, and
/// what a hook that runs at each start of an agent may cost.
const GOALS_MS: [f64; 2] = [40.0, 300.0];

/// The most memory that a verb may take, in times of the file's size.
const GOAL_MEMORY: f64 = 4.0;

/// What is measured: a verb's name in the table, and what makes its arguments for the run of that number.
type Verb = (&'static str, fn(u32, usize) -> Vec<String>);

const VERBS: [Verb; 5] = [
    ("ready", |_, _| words(&["ready", "-n", "10"])),
    ("show", |run, count| words(&["issue", "show", &issues::id(count / 2 + run as usize, count)])),
    ("prime", |_, _| words(&["prime"])),
    ("create", |run, _| words(&["issue", "create", &format!("Made in run {run}"), "--silent"])),
    ("close", |run, count| words(&["issue", "close", &issues::id(issues::closable(run), count)])),
];

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// What one run of a process took.
struct Sample {
    milliseconds: f64,
    /// The largest it was in memory, in bytes.
    memory: f64,
}

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let mut outcome = Outcome { rows: Vec::new(), failures: Vec::new() };
    let mut medians: Vec<(&str, usize, f64)> = Vec::new();
    for (count, goal) in bench.scale.ledgers.into_iter().zip(GOALS_MS) {
        let folder = bench.folder().join(format!("ledger-{count}"));
        let file = issues::write(&folder, count)?;
        let size = file.metadata().context("looking at the ledger")?.len() as f64;
        let file = folder.join(".beads/issues.jsonl");
        for verb in VERBS {
            let (mut rows, times) =
                measure(bench, verb, &folder, &file, count, (goal, size), &mut outcome)?;
            outcome.rows.append(&mut rows);
            if let Some(time) = median(&times) {
                medians.push((verb.0, count, time));
            }
        }
    }
    let [small, large] = bench.scale.ledgers;
    for (verb, ..) in VERBS {
        let time =
            |of: usize| medians.iter().find(|(name, count, _)| *name == verb && *count == of);
        if let (Some((.., few)), Some((.., many))) = (time(small), time(large)) {
            let what = format!("{verb}: growth with {} times the issues", large / small);
            outcome.rows.push(Row::new(
                NAME,
                what,
                Unit::Times,
                vec![(Contender::Towline, many / few)],
            ));
        }
    }
    Ok(outcome)
}

/// Measures one verb on one ledger; the rows, and the times that it took.
fn measure(
    bench: &Bench,
    (name, arguments): Verb,
    folder: &Path,
    file: &Path,
    count: usize,
    (goal, size): (f64, f64),
    outcome: &mut Outcome,
) -> Result<(Vec<Row>, Vec<f64>)> {
    // What is compared with reading is measured once.
    let all = [Contender::Scan, Contender::Load, Contender::Towline];
    let contenders = if name == "ready" { &all[..] } else { &all[2..] };
    let mut field = Field::start(NAME, contenders, |contender| match contender {
        Contender::Towline => bench.tow.clone().map_err(|why| anyhow!(why)),
        Contender::Scan => Ok(PathBuf::from("grep")),
        _ => Ok(PathBuf::from("python3")),
    })?;
    let mut run = 0;
    let runs = bench.scale.rounds * bench.scale.ledger_runs;
    let samples = field.rounds(runs, |contender, program| {
        let mut command = Command::new(&*program);
        command.current_dir(folder);
        match contender {
            Contender::Towline => {
                run += 1;
                command.args(arguments(run, count)).env("PWD", folder);
                clean(&mut command, folder);
            }
            Contender::Scan => {
                command.args(["-c", "\"status\":\"open\""]).arg(file);
            }
            _ => {
                let load = "import json,sys\nfor l in open(sys.argv[1]): json.loads(l)";
                command.args(["-c", load]).arg(file);
            }
        }
        sample(&mut command, &folder.join("printed"))
    })?;
    outcome.failures.append(&mut field.failures);
    let times: Values = samples.values(|sample| sample.milliseconds);
    let memory: Values = samples.values(|sample| sample.memory / size);
    let own = times.iter().filter(|(of, _)| *of == Contender::Towline).map(|(_, time)| *time);
    let own = own.collect();
    let what = |what: &str| format!("{name} of {count} issues{what}");
    Ok((
        vec![
            Row::new(NAME, what(""), Unit::Milliseconds, times).goal(Goal::Within(goal)),
            Row::new(NAME, what(", memory ÷ file"), Unit::Times, memory)
                .goal(Goal::Within(GOAL_MEMORY)),
        ],
        own,
    ))
}

/// Nothing of the terminal that the bench runs in, and nothing of its user's.
fn clean(command: &mut Command, folder: &Path) {
    for (key, _) in std::env::vars_os() {
        let foreign = ["TOWLINE_", "TMUX", "GT_", "BD_", "BEADS_"];
        if key.to_str().is_some_and(|key| foreign.iter().any(|prefix| key.starts_with(prefix))) {
            command.env_remove(&key);
        }
    }
    command.env("TOWLINE_HOME", folder.join("towline")).env("BD_ACTOR", issues::WORKER);
}

/// Runs a process to its end. What it prints goes to a file: GNU's grep ends at the first line that fits where its output is
/// `/dev/null`, even with `-c`.
fn sample(command: &mut Command, printed: &Path) -> Result<Sample> {
    let out = File::create(printed).context("making a file for what is printed")?;
    command.stdin(Stdio::null()).stdout(out).stderr(Stdio::null());
    let start = Instant::now();
    let child = command.spawn().with_context(|| format!("running {:?}", command.get_program()))?;
    let (status, memory) = wait(&child)?;
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    ensure!(
        status.success(),
        "{:?} {:?} ended with {status}",
        command.get_program(),
        command.get_args()
    );
    Ok(Sample { milliseconds, memory })
}

/// Waits for a process; how it ended, and the largest that it was in memory, in bytes. What the kernel counts includes this
/// program's own size at the moment of the fork, so this stays small.
fn wait(child: &Child) -> Result<(ExitStatus, f64)> {
    let pid = child.id().cast_signed();
    let mut status = 0;
    // SAFETY: a `rusage` is plain numbers, for which zeros are values.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live variables of this function. The process is a child that nobody else waits for.
    let ended = unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) };
    ensure!(ended == pid, "waiting for a process: {}", std::io::Error::last_os_error());
    Ok((ExitStatus::from_raw(status), usage.ru_maxrss as f64 * 1024.0))
}
