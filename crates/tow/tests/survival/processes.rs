//! Processes of a Towline.

use towline_testkit::Tow;
pub(crate) use towline_testkit::process::{is_alive, kill, server, signal, state};

/// The process id of a pane's holder.
#[track_caller]
pub(crate) fn holder(tow: &Tow, target: &str) -> i32 {
    number(tow, target, "holder_pid")
}

/// The process id of a pane's program.
#[track_caller]
pub(crate) fn program(tow: &Tow, target: &str) -> i32 {
    number(tow, target, "pid")
}

#[track_caller]
fn number(tow: &Tow, target: &str, field: &str) -> i32 {
    let pane = tow.pane(target);
    let number = pane[field].as_i64().unwrap_or_else(|| panic!("no {field}: {pane}"));
    i32::try_from(number).unwrap()
}
