//! Molecules: a formula that was poured, as a root issue and one issue for each step.
//!
//! The root has the type `molecule`, its steps are its children (`gt-abc.1`, `gt-abc.2`, …) and wait for one another by `blocks`
//! dependencies. A wisp is a molecule whose issues are marked `ephemeral`: it is worked through like any other, and leaves one
//! line, or nothing, when it is over. Its issues stand in the file all the same, unlike beads', since that file is all there is.
//! Molecules that beads has poured (a root of type `epic`, steps with ids of their own) are read the same way.

mod attach;
mod away;
mod done;
mod pour;
mod progress;
mod root;
#[cfg(test)]
mod tests;

pub use attach::{attach, carried_by, detach, holders};
pub use away::{Gone, burn, squash};
pub(crate) use done::close_finished;
pub use done::{Done, Next, step_done};
pub use pour::{Made, MadeStep, PourOptions, pour};
pub use progress::Progress;
pub use root::{TYPE, is_root, is_wisp, root_of};
