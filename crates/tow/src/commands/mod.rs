//! One module per verb: its arguments, its examples, and what it does.
//!
//! Each has `Args`, `EXAMPLES`, and `run`, which returns the exit status or the error that decides it.

pub(crate) mod agent_event;
pub(crate) mod agents;
pub(crate) mod approve;
pub(crate) mod attach;
pub(crate) mod blocked;
pub(crate) mod broadcast;
pub(crate) mod clean;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod convoy;
pub(crate) mod doctor;
pub(crate) mod done;
pub(crate) mod explain;
pub(crate) mod formula;
pub(crate) mod gate;
pub(crate) mod handoff;
pub(crate) mod hook;
pub(crate) mod host;
pub(crate) mod info;
pub(crate) mod integrate;
pub(crate) mod issue;
pub(crate) mod kill;
pub(crate) mod ledger;
pub(crate) mod list;
pub(crate) mod mail;
pub(crate) mod man;
pub(crate) mod mol;
pub(crate) mod new;
pub(crate) mod next;
pub(crate) mod nudge;
pub(crate) mod peek;
pub(crate) mod polecat;
pub(crate) mod prime;
pub(crate) mod prompt;
pub(crate) mod proxy;
pub(crate) mod queue;
pub(crate) mod ready;
pub(crate) mod rename;
pub(crate) mod resume;
pub(crate) mod rig;
pub(crate) mod role;
pub(crate) mod send;
pub(crate) mod server;
pub(crate) mod sling;
pub(crate) mod spawn;
pub(crate) mod town;
pub(crate) mod unhook;
pub(crate) mod wait;

use std::process::ExitCode;

use crate::cli::Verb;
use crate::context::Context;
use crate::error::CommandError;

/// Runs a verb; without one the list is shown.
pub(crate) async fn run(context: &Context, verb: Option<Verb>) -> Result<ExitCode, CommandError> {
    match verb {
        None => list::run(context, list::Args::default()).await,
        Some(Verb::Spawn(args)) => spawn::run(context, args).await,
        Some(Verb::New(args)) => new::run(context, args).await,
        Some(Verb::List(args)) => list::run(context, args).await,
        Some(Verb::Next(args)) => next::run(context, args).await,
        Some(Verb::Peek(args)) => peek::run(context, args).await,
        Some(Verb::Send(args)) => send::run(context, args).await,
        Some(Verb::Prompt(args)) => prompt::run(context, args).await,
        Some(Verb::Approve(args)) => approve::run(context, args, true).await,
        Some(Verb::Deny(args)) => approve::run(context, args, false).await,
        Some(Verb::Queue(args)) => queue::run(context, args).await,
        Some(Verb::Broadcast(args)) => broadcast::run(context, args).await,
        Some(Verb::Attach(args)) => attach::run(context, args).await,
        Some(Verb::Wait(args)) => wait::run(context, args).await,
        Some(Verb::Kill(args)) => kill::run(context, args).await,
        Some(Verb::Info(args)) => info::run(context, args).await,
        Some(Verb::Explain(args)) => explain::run(context, args).await,
        Some(Verb::Rename(args)) => rename::run(context, args).await,
        Some(Verb::Clean(args)) => clean::run(context, args).await,
        Some(Verb::Resume(args)) => resume::run(context, args).await,
        Some(Verb::Agents(args)) => agents::run(context, args).await,
        Some(Verb::Issue(args)) => issue::run(context, args).await,
        Some(Verb::Ready(args)) => ready::run(context, args).await,
        Some(Verb::Blocked(args)) => blocked::run(context, args).await,
        Some(Verb::Sling(args)) => sling::run(context, args).await,
        Some(Verb::Hook(args)) => hook::run(context, args).await,
        Some(Verb::Unhook(args)) => unhook::run(context, args).await,
        Some(Verb::Prime(args)) => prime::run(context, args).await,
        Some(Verb::Mol(args)) => mol::run(context, args).await,
        Some(Verb::Formula(args)) => formula::run(context, args).await,
        Some(Verb::Gate(args)) => gate::run(context, args).await,
        Some(Verb::Mail(args)) => mail::run(context, args).await,
        Some(Verb::Handoff(args)) => handoff::run(context, args).await,
        Some(Verb::Done(args)) => done::run(context, args).await,
        Some(Verb::Nudge(args)) => nudge::run(context, args).await,
        Some(Verb::Convoy(args)) => convoy::run(context, args).await,
        Some(Verb::Town(args)) => town::run(context, args).await,
        Some(Verb::Rig(args)) => rig::run(context, args).await,
        Some(Verb::Polecat(args)) => polecat::run(context, args).await,
        Some(Verb::Mayor(args)) => role::mayor(context, args).await,
        Some(Verb::Deacon(args)) => role::deacon(context, args).await,
        Some(Verb::Witness(args)) => role::witness(context, args).await,
        Some(Verb::Refinery(args)) => role::refinery(context, args).await,
        Some(Verb::Ledger(args)) => ledger::run(context, args).await,
        Some(Verb::Host(args)) => host::run(context, args).await,
        Some(Verb::Server(args)) => server::run(context, args).await,
        Some(Verb::Proxy(args)) => proxy::run(context, args).await,
        Some(Verb::Integrate(args)) => integrate::run(context, args).await,
        Some(Verb::AgentEvent(args)) => agent_event::run(context, args).await,
        Some(Verb::Config(args)) => config::run(context, args).await,
        Some(Verb::Doctor(args)) => doctor::run(context, args).await,
        Some(Verb::Completions(args)) => completions::run(context, args).await,
        Some(Verb::Man(args)) => man::run(context, args).await,
    }
}
