//! The work ledger: issues, mail, molecules and convoys as lines of `.beads/issues.jsonl`, a file that travels by git.
//!
//! Compatible with the files that beads (`bd`) and Gas Town (`gt`) make: what is read and written back without a change is the
//! same to the byte, and fields that are not known here are kept where they are.
//!
//! Nothing here knows of panes, hosts or servers, prints, or runs a program.

pub mod attachment;
pub mod check;
pub mod convoy;
mod cycles;
mod dependents;
mod fields;
pub mod formula;
pub mod gate;
pub mod handoff;
pub mod hook;
mod id;
mod identity;
mod issue;
mod issues;
mod json;
pub mod kinds;
mod ledger;
mod ledgers;
mod lookup;
pub mod mail;
mod mentions;
pub mod merge;
pub mod merge_request;
pub mod molecule;
pub mod place;
pub mod ready;
pub mod routes;
pub mod search;
mod stats;
pub mod time;
mod words;

pub use dependents::{Dependents, dependents};
pub use identity::{Identity, IdentityError, IdentityProblem, Role};
pub use issue::{Comment, Dependency, Issue, LONGEST_TITLE, LOWEST_PRIORITY, Status};
pub use issues::{Brief, Issues, LARGEST, Link, LinkKind, Trouble, Wrong};
pub use json::Broken;
pub use ledger::{Actor, Change, Ledger, LedgerError, New, Problem, Removed};
pub use ledgers::{Found, Ledgers, resolve};
pub use lookup::{Lookup, Opened};
pub use stats::Stats;
