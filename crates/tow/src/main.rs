//! The `tow` command.
fn main() {}
