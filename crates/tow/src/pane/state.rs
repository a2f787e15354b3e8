//! How a pane is doing, in a word or two.

use towline_protocol::v1::{Exit, Pane, PaneStatus};

use crate::signals;

/// The pane's state in the few letters of a column.
pub(crate) fn state(pane: &Pane) -> String {
    if let Some(exit) = pane.exit.as_ref().filter(|_| !is_restarting(pane)) {
        return ended(exit);
    }
    match pane.status() {
        PaneStatus::Starting => "starting".into(),
        PaneStatus::Ended => "ended".into(),
        PaneStatus::Unresponsive => "unresponsive".into(),
        PaneStatus::Restarting => "restarting".into(),
        PaneStatus::Running | PaneStatus::Unspecified if pane.degraded => "running, unsaved".into(),
        PaneStatus::Running | PaneStatus::Unspecified => "running".into(),
    }
}

/// Whether the pane goes on: its program runs, or is about to be started again.
pub(crate) fn lives(pane: &Pane) -> bool {
    pane.exit.is_none() || is_restarting(pane)
}

fn is_restarting(pane: &Pane) -> bool {
    pane.status() == PaneStatus::Restarting
}

/// How a program ended, as `ended (0)`, `ended (SIGKILL)`, `lost (reboot)`.
fn ended(exit: &Exit) -> String {
    match (exit.status, exit.signal) {
        (Some(status), _) => format!("ended ({status})"),
        (None, Some(signal)) => format!("ended ({})", signals::name(signal)),
        (None, None) => format!("lost ({})", if exit.lost.is_empty() { "?" } else { &exit.lost }),
    }
}

/// How a program ended, as the end of a sentence: `exited with status 0`.
pub(crate) fn end_in_words(exit: &Exit) -> String {
    match (exit.status, exit.signal, exit.lost.as_str()) {
        (Some(status), ..) => format!("exited with status {status}"),
        (None, Some(signal), _) => format!("was ended by {}", signals::name(signal)),
        (None, None, "reboot") => "was lost in a reboot of its host".into(),
        (None, None, _) => "was lost with its holder".into(),
    }
}

/// The exit status that a shell would give.
pub(crate) fn shell_status(exit: &Exit) -> u8 {
    /// What a shell adds to a signal's number.
    const SIGNAL_BASE: i32 = 128;
    let status = exit.status.or(exit.signal.map(|signal| SIGNAL_BASE + signal));
    status.and_then(|status| u8::try_from(status).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_in_each_form() {
        for (status, signal, lost, column, words, shell) in [
            (Some(0), None, "", "ended (0)", "exited with status 0", 0),
            (Some(3), None, "", "ended (3)", "exited with status 3", 3),
            (None, Some(9), "", "ended (SIGKILL)", "was ended by SIGKILL", 137),
            (None, Some(77), "", "ended (signal 77)", "was ended by signal 77", 205),
            (None, None, "reboot", "lost (reboot)", "was lost in a reboot of its host", 1),
            (None, None, "holder", "lost (holder)", "was lost with its holder", 1),
        ] {
            let exit = Exit { status, signal, lost: lost.into(), at: 1 };
            let pane = Pane { exit: Some(exit.clone()), ..Default::default() };
            let told = (state(&pane), end_in_words(&exit), shell_status(&exit));
            assert_eq!(told, (column.into(), words.into(), shell));
        }
    }

    #[test]
    fn a_living_pane_has_one_word() {
        for (status, degraded, expected) in [
            (PaneStatus::Running, false, "running"),
            (PaneStatus::Running, true, "running, unsaved"),
            (PaneStatus::Starting, false, "starting"),
            (PaneStatus::Unresponsive, false, "unresponsive"),
            (PaneStatus::Restarting, false, "restarting"),
        ] {
            let pane = Pane { status: status.into(), degraded, ..Default::default() };
            assert_eq!(state(&pane), expected);
        }
    }

    #[test]
    fn a_pane_between_two_runs_lives() {
        let exit = Some(Exit { status: Some(1), at: 1, ..Default::default() });
        let status = PaneStatus::Restarting.into();
        let pane = Pane { exit, status, ..Default::default() };
        assert_eq!((state(&pane).as_str(), lives(&pane)), ("restarting", true));
        assert!(!lives(&Pane { status: PaneStatus::Ended.into(), ..pane }));
    }
}
