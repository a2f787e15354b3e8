//! The small process that owns one pane's pseudo-terminal.
