//! The command line, and what it makes of the sizes of the measurements.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

/// Measures Towline against a bare pseudo-terminal and a private tmux, in one run.
///
/// Prints every figure (the median of the rounds), the ratios and the goals. Exits with 0 whether
/// or not a goal was reached, and with 1 when something could not be measured.
#[derive(Debug, Parser)]
#[command(name = "towline-bench", version)]
pub(crate) struct Args {
    /// Measure other hosts, behind links with a delay, rather than this one
    #[arg(long)]
    pub(crate) remote: bool,

    /// Measure only this; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,

    /// How many rounds the medians are taken of [default: 5, with --quick 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: Option<u32>,

    /// Print one JSON document instead of the table
    #[arg(long)]
    pub(crate) json: bool,

    /// Smaller sizes, in about a minute: shows that everything works, proves nothing
    #[arg(long)]
    pub(crate) quick: bool,

    /// Print 5 GB as well (some minutes)
    #[arg(long)]
    pub(crate) long: bool,

    /// The `tow` to measure, instead of building one in release
    #[arg(long, value_name = "PATH")]
    pub(crate) tow: Option<PathBuf>,

    /// What runs inside a measured pane
    #[command(subcommand)]
    pub(crate) program: Option<Program>,
}

/// Programs that the measurements start in panes.
///
/// They are part of this binary where a shell loop would cost more processor time than the
/// servers under measurement and so disturb it.
#[derive(Debug, Subcommand)]
pub(crate) enum Program {
    /// Draw a spinner and set the title ten times a second, for ever
    #[command(hide = true)]
    Spinner,
    /// Play a part of a recorded agent again and again
    #[command(hide = true)]
    Play {
        /// An asciicast of version 2, packed by zstd
        file: PathBuf,
        /// The marker at which the part begins
        from: String,
        /// The marker at which it ends; without it, what stands at the first is shown and stays
        to: Option<String>,
    },
    /// Print as much as the terminal takes, and show each key that is typed in the bottom row
    #[command(hide = true)]
    Torrent,
}

/// How much is measured.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    /// Rounds that each median is taken of.
    pub(crate) rounds: u32,
    /// Bytes of text printed by the floods.
    pub(crate) flood_bytes: u64,
    /// How often that text is printed by the long flood.
    pub(crate) long_repeats: u64,
    /// Keys typed in one round.
    pub(crate) keys: usize,
    /// Panes while the list is asked for, and how often it is asked for in one round.
    pub(crate) list_panes: usize,
    pub(crate) list_runs: usize,
    /// Panes with a full scrollback.
    pub(crate) memory_panes: usize,
    /// Panes that do nothing, panes with a spinner, and how long the processor time is counted.
    pub(crate) quiet_panes: usize,
    pub(crate) spinner_panes: usize,
    pub(crate) cpu_window: Duration,
    /// Recorded agents that work, and such as do nothing.
    pub(crate) working_agents: usize,
    pub(crate) idle_agents: usize,
    /// Panes started in a row.
    pub(crate) spawn_panes: usize,
    /// Panes that outlive the server's death.
    pub(crate) recovery_panes: usize,
    /// Issues of the small and of the large ledger, and how often each verb is run on them in one round.
    pub(crate) ledgers: [usize; 2],
    pub(crate) ledger_runs: u32,
    /// How often each verb is run on a remote pane in one round.
    pub(crate) verb_runs: u32,
    /// Remote panes that end while they are watched, in one round.
    pub(crate) pushes: usize,
    /// Hosts that are connected to at once.
    pub(crate) hosts: usize,
    /// Remote panes with a client each, and how long their bytes and processor time are counted.
    pub(crate) idle_clients: usize,
    pub(crate) idle_window: Duration,
    /// Keys typed in one round while a remote pane floods a thin link.
    pub(crate) thin_keys: usize,
}

impl Scale {
    /// The sizes that the goals speak of, or small ones for a quick look.
    pub(crate) fn of(args: &Args) -> Self {
        let full = Scale {
            rounds: 5,
            flood_bytes: 60_000_000,
            long_repeats: 84, // 84 × 60 MB: 5 GB
            keys: 1_000,
            list_panes: 50,
            list_runs: 40,
            memory_panes: 10,
            quiet_panes: 50,
            spinner_panes: 20,
            cpu_window: Duration::from_secs(10),
            working_agents: 20,
            idle_agents: 100,
            spawn_panes: 100,
            recovery_panes: 50,
            ledgers: [10_000, 100_000],
            ledger_runs: 4,
            verb_runs: 20,
            pushes: 10,
            hosts: 20,
            idle_clients: 20,
            idle_window: Duration::from_secs(30),
            thin_keys: 40,
        };
        let mut scale = if args.quick {
            Scale {
                rounds: 2,
                flood_bytes: 20_000_000,
                long_repeats: 15,
                keys: 200,
                list_runs: 15,
                memory_panes: 3,
                cpu_window: Duration::from_secs(3),
                idle_agents: 20,
                spawn_panes: 30,
                ledgers: [1_000, 10_000],
                verb_runs: 5,
                pushes: 3,
                hosts: 5,
                idle_clients: 5,
                idle_window: Duration::from_secs(5),
                thin_keys: 10,
                ..full
            }
        } else {
            full
        };
        scale.rounds = args.rounds.unwrap_or(scale.rounds);
        scale
    }
}
