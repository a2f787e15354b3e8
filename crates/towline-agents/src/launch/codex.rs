use super::{Start, Wanted};

/// `arguments` is where the agent's own arguments begin in the command.
pub(super) fn prepare(start: Start, arguments: usize, wanted: &Wanted) -> Start {
    let _ = (arguments, wanted);
    start
}
