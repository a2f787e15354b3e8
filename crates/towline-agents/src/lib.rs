//! What a coding agent is doing, and how it is started, answered and brought back.
//!
//! Pure functions over facts that others have gathered: nothing here does I/O. [`rules`] tell a state from what a terminal
//! shows, [`hook`] puts what agents tell themselves into common words, [`Tracker`] makes the verdict, [`launch`] says how an
//! agent is to be started.

pub mod hook;
pub mod integrate;
mod kind;
pub mod launch;
pub mod rules;
pub mod shipped;
mod state;
pub mod taken;
mod tracker;
mod tree;

pub use kind::{KINDS, PREFERRED, how_to_install, kind_of, program_of};
pub use state::{Claim, Reason, Source, State};
pub use tracker::{Explanation, Line, Process as ProcessState, Shows, Tracker, Verdict};
pub use tree::{Process, agent_in_tree, descendants};
