//! The command line, declared once: parsing, help, man pages and completions come from here.

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands;
use crate::duration;

/// Keeps coding agents running, and lets you list, watch, talk to and attach to them.
///
/// Without a verb: `tow list`.
#[derive(Debug, Parser)]
#[command(
    name = "tow",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "Examples:\n  \
        tow spawn ~/src/app -- claude    start an agent in a folder and attach to it\n  \
        tow list                         what runs, and how it is doing\n  \
        tow send app \"run the tests\"     type into it, from any terminal\n  \
        tow peek app                     read its last lines\n  \
        tow attach app                   work in it; Ctrl-b d detaches"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,

    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

/// What every verb takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// Talk to this server: ssh://[USER@]HOST[:PORT], tcp://HOST:PORT, tls://HOST:PORT or unix:PATH
    /// [env: TOWLINE_ADDR]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) addr: Option<String>,

    /// Talk to the server at this socket
    #[arg(long, global = true, value_name = "PATH", conflicts_with = "addr")]
    pub(crate) socket: Option<std::path::PathBuf>,

    /// The file with the secret that is shared with the server, for tcp and tls [env: TOWLINE_SECRET_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) secret_file: Option<std::path::PathBuf>,

    /// The server's key, for tls: SHA256:...
    #[arg(long, global = true, value_name = "KEY")]
    pub(crate) fingerprint: Option<String>,

    /// How long one step may take: 500ms, 10s, 5m [default: 10s]
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) timeout: Option<Duration>,

    /// Whether to use colours; NO_COLOR counts where this is auto
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub(crate) color: ColorChoice,

    /// Say only what was asked for, and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Say what is being done
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs. Each is a file in `commands/`, with its arguments and its examples.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Start a pane, and attach to it
    #[command(after_help = commands::spawn::EXAMPLES)]
    Spawn(commands::spawn::Args),
    /// Start a pane, and attach to it; takes a whole command line too
    #[command(after_help = commands::new::EXAMPLES)]
    New(commands::new::Args),
    /// List the panes
    #[command(visible_alias = "ls", after_help = commands::list::EXAMPLES)]
    List(commands::list::Args),
    /// Attach to the agent that has waited longest for you
    #[command(after_help = commands::next::EXAMPLES)]
    Next(commands::next::Args),
    /// Show the last lines of a pane
    #[command(after_help = commands::peek::EXAMPLES)]
    Peek(commands::peek::Args),
    /// Type into a pane
    #[command(after_help = commands::send::EXAMPLES)]
    Send(commands::send::Args),
    /// Send a prompt, wait for the agent's answer, and print it
    #[command(after_help = commands::prompt::EXAMPLES)]
    Prompt(commands::prompt::Args),
    /// Allow what an agent asks leave for
    #[command(after_help = commands::approve::APPROVE)]
    Approve(commands::approve::Args),
    /// Refuse what an agent asks leave for
    #[command(after_help = commands::approve::DENY)]
    Deny(commands::approve::Args),
    /// The prompts that wait until agents are idle
    #[command(after_help = commands::queue::EXAMPLES)]
    Queue(commands::queue::Args),
    /// Type the same into many agents
    #[command(after_help = commands::broadcast::EXAMPLES)]
    Broadcast(commands::broadcast::Args),
    /// Attach this terminal to a pane
    #[command(after_help = commands::attach::EXAMPLES)]
    Attach(commands::attach::Args),
    /// Wait for what a pane prints, for what its agent does, or for its end
    #[command(after_help = commands::wait::EXAMPLES)]
    Wait(commands::wait::Args),
    /// End panes and remove them, or send them a signal
    #[command(after_help = commands::kill::EXAMPLES)]
    Kill(commands::kill::Args),
    /// Show all that is known of a pane
    #[command(after_help = commands::info::EXAMPLES)]
    Info(commands::info::Args),
    /// Tell why an agent is said to be doing what it does
    #[command(after_help = commands::explain::EXAMPLES)]
    Explain(commands::explain::Args),
    /// Give a pane another name
    #[command(after_help = commands::rename::EXAMPLES)]
    Rename(commands::rename::Args),
    /// Remove the panes that have ended, with what they printed
    #[command(after_help = commands::clean::EXAMPLES)]
    Clean(commands::clean::Args),
    /// Start an ended agent again, with the conversation it had
    #[command(after_help = commands::resume::EXAMPLES)]
    Resume(commands::resume::Args),
    /// The kinds of agents: which are known, and which are installed where
    #[command(after_help = commands::agents::EXAMPLES)]
    Agents(commands::agents::Args),
    /// The work items: make, list, show, change and close them
    #[command(after_help = commands::issue::EXAMPLES)]
    Issue(commands::issue::Args),
    /// The work that can be begun now
    #[command(after_help = commands::ready::EXAMPLES)]
    Ready(commands::ready::Args),
    /// The work that waits for other work
    #[command(after_help = commands::blocked::EXAMPLES)]
    Blocked(commands::blocked::Args),
    /// Give work to a worker: put it on their hook, and tell them
    #[command(after_help = commands::sling::EXAMPLES)]
    Sling(commands::sling::Args),
    /// Show your own work, or take an issue on as it
    #[command(after_help = commands::hook::EXAMPLES)]
    Hook(commands::hook::Args),
    /// Release your own work
    #[command(after_help = commands::unhook::EXAMPLES)]
    Unhook(commands::unhook::Args),
    /// Tell an agent who it is and what its work is; for agents' hooks
    #[command(after_help = commands::prime::EXAMPLES)]
    Prime(commands::prime::Args),
    /// The steps of a piece of work
    #[command(after_help = commands::mol::EXAMPLES)]
    Mol(commands::mol::Args),
    /// The patterns that work with steps is made from
    #[command(after_help = commands::formula::EXAMPLES)]
    Formula(commands::formula::Args),
    /// The steps that wait for a person
    #[command(after_help = commands::gate::EXAMPLES)]
    Gate(commands::gate::Args),
    /// Messages between workers
    #[command(after_help = commands::mail::EXAMPLES)]
    Mail(commands::mail::Args),
    /// Leave a note for your own next session, and begin it
    #[command(after_help = commands::handoff::EXAMPLES)]
    Handoff(commands::handoff::Args),
    /// Hand your work in: the branch to merge, the hook free
    #[command(after_help = commands::done::EXAMPLES)]
    Done(commands::done::Args),
    /// Tell a worker something now, or by mail where they have no pane
    #[command(after_help = commands::nudge::EXAMPLES)]
    Nudge(commands::nudge::Args),
    /// Issues that are followed together until the last is closed
    #[command(after_help = commands::convoy::EXAMPLES)]
    Convoy(commands::convoy::Args),
    /// A folder for many projects and their workers
    #[command(after_help = commands::town::EXAMPLES)]
    Town(commands::town::Args),
    /// The projects of a town
    #[command(after_help = commands::rig::EXAMPLES)]
    Rig(commands::rig::Args),
    /// The workers of a project, each with a worktree
    #[command(after_help = commands::polecat::EXAMPLES)]
    Polecat(commands::polecat::Args),
    /// Attach to the mayor of the town, who is started where absent
    #[command(after_help = commands::role::EXAMPLES)]
    Mayor(commands::role::Args),
    /// Attach to the deacon of the town, who is started where absent
    #[command(after_help = commands::role::EXAMPLES)]
    Deacon(commands::role::Args),
    /// Attach to a rig's witness, who is started where absent
    #[command(after_help = commands::role::EXAMPLES)]
    Witness(commands::role::RigArgs),
    /// Attach to a rig's refinery, who is started where absent
    #[command(after_help = commands::role::EXAMPLES)]
    Refinery(commands::role::RigArgs),
    /// The file that the work items are in: check, merge, sync
    #[command(after_help = commands::ledger::EXAMPLES)]
    Ledger(commands::ledger::Args),
    /// The machines of the fleet: add, check, set up, connect
    #[command(after_help = commands::host::EXAMPLES)]
    Host(commands::host::Args),
    /// Start, stop and look at the server
    #[command(after_help = commands::server::EXAMPLES)]
    Server(commands::server::Args),
    /// Join standard input and output to this host's server; for ssh
    #[command(after_help = commands::proxy::EXAMPLES)]
    Proxy(commands::proxy::Args),
    /// Put Towline's hooks into your own settings of an agent, or take them out again
    #[command(after_help = commands::integrate::EXAMPLES)]
    Integrate(commands::integrate::Args),
    /// Tell what an agent does; for agents' hooks
    #[command(hide = true, after_help = commands::agent_event::EXAMPLES)]
    AgentEvent(commands::agent_event::Args),
    /// Show the configuration, or check it
    #[command(after_help = commands::config::EXAMPLES)]
    Config(commands::config::Args),
    /// Find out what is wrong on this machine
    #[command(after_help = commands::doctor::EXAMPLES)]
    Doctor(commands::doctor::Args),
    /// Print the completions for a shell
    #[command(after_help = commands::completions::EXAMPLES)]
    Completions(commands::completions::Args),
    /// Write the man pages into a folder
    #[command(after_help = commands::man::EXAMPLES)]
    Man(commands::man::Args),
}
