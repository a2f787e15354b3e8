//! Towline's benchmark: see `docs/benchmark.md`.

mod args;
mod build;
mod drain;
mod exec;
mod field;
mod interrupt;
mod lines;
mod measure;
mod play;
mod process;
mod random;
mod report;
mod rig;
mod script;
mod spinner;
mod stats;
mod terminal;
mod text;
mod torrent;

use std::io::{self, Write};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Parser;

use args::{Args, Program, Scale};
use measure::Measure;
use report::Report;
use rig::Bench;

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match args.program {
        Some(Program::Spinner) => spinner::spin().map(|()| true),
        Some(Program::Play { ref file, ref from, ref to }) => {
            play::play(file, from, to.as_deref()).map(|()| true)
        }
        Some(Program::Torrent) => torrent::pour().map(|()| true),
        None => bench(&args),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "towline-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures and prints; `false` when something could not be measured.
fn bench(args: &Args) -> Result<bool> {
    let chosen = choose(args)?;
    interrupt::install()?;
    let tow = match &args.tow {
        Some(path) => path.canonicalize().with_context(|| format!("finding {}", path.display())),
        None => build::tow(),
    };
    interrupt::check()?;
    let scale = Scale::of(args);
    let bench = Bench::new(scale.clone(), tow.map_err(|error| format!("{error:#}")))?;
    let mut report = Report {
        scale,
        quick: args.quick,
        machine: machine(),
        rows: Vec::new(),
        failures: Vec::new(),
    };
    for measure in chosen {
        let outcome =
            (measure.run)(&bench).with_context(|| format!("measuring {}", measure.name))?;
        report.rows.extend(outcome.rows);
        report.failures.extend(outcome.failures);
    }
    let mut out = io::stdout().lock();
    let written =
        if args.json { report.write_json(&mut out) } else { report.write_table(&mut out) };
    written.context("printing the report")?;
    Ok(report.failures.is_empty())
}

/// The measurements asked for.
fn choose(args: &Args) -> Result<Vec<&'static Measure>> {
    let all = if args.remote { measure::REMOTE } else { measure::ALL };
    if let Some(unknown) =
        args.only.iter().find(|name| all.iter().all(|measure| measure.name != **name))
    {
        let names: Vec<&str> = all.iter().map(|measure| measure.name).collect();
        bail!("no measurement is named {unknown:?}; there are: {}", names.join(", "));
    }
    let wanted = |measure: &&Measure| {
        if args.only.is_empty() {
            !measure.long || args.long
        } else {
            args.only.iter().any(|name| name == measure.name)
        }
    };
    Ok(all.iter().filter(wanted).collect())
}

/// What the figures depend on besides the contenders.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let tmux = exec::output(Command::new("tmux").arg("-V")).unwrap_or_else(|_| "no tmux".into());
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores, Linux {}, {}.", kernel.trim(), tmux.trim())
}
