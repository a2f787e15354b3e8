//! Where work meets panes: slinging it, workers and their worktrees, nudges, and ledgers that travel by git.
//!
//! File formats are the ledger's, and the ways to other hosts the client's; nothing here prints.

pub mod done;
mod error;
mod files;
pub mod git;
mod lock;
pub mod names;
pub mod nudge;
pub mod panes;
pub mod remote;
pub mod rig;
pub mod sling;
pub mod sync;
pub mod town;
pub mod worker;
pub mod worktree;

pub use error::DispatchError;
