//! What is known of coding agents: which process is one.
//!
//! Pure functions over facts that others have gathered: nothing here does I/O.

mod kind;
mod tree;

pub use kind::{KINDS, PREFERRED, kind_of};
pub use tree::{Process, agent_in_tree, descendants};
