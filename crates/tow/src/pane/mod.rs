//! A pane as it is shown: in words, in a table, and as JSON.

pub(crate) mod agent;
pub(crate) mod json;
pub(crate) mod state;
pub(crate) mod target;
