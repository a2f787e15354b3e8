//! Whether an ended program is started again, and when.

use std::time::Duration;

use towline_protocol::v1::Restart;

use crate::store::EndedAs;

/// The first wait before a restart; each further one doubles it.
const FIRST: Duration = Duration::from_secs(1);

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);

/// A program that ran for so long was well: its count of restarts begins anew.
const WELL: Duration = Duration::from_secs(600);

/// After so many restarts in a row without a good run, it is left as it is.
const LIMIT: u32 = 10;

/// The same for an agent that goes on with a conversation: where that is gone, it ends each time.
const LIMIT_OF_CONVERSATIONS: u32 = 3;

/// What to do with a program that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Leave it ended.
    Leave,
    /// Start it again after a wait, as the so-manieth restart in a row.
    Again { after: Duration, restarts: u32 },
}

/// After how many restarts in a row a program is left ended; `continues` is an agent that goes on with a conversation.
pub(crate) fn limit(continues: bool) -> u32 {
    if continues { LIMIT_OF_CONVERSATIONS } else { LIMIT }
}

/// Decides by the pane's policy, how it ended, how long it ran, how often it was restarted in a row, and whether it is an agent
/// that goes on with its conversation.
pub(crate) fn decide(
    policy: Restart,
    end: &EndedAs,
    ran: Duration,
    restarts: u32,
    continues: bool,
) -> Verdict {
    let rebooted = *end == EndedAs::Lost("reboot".into());
    let failed = !matches!(end, EndedAs::Status(0));
    let wanted = match policy {
        Restart::Never | Restart::Unsaid => false,
        Restart::OnReboot => rebooted,
        // A reboot is no failure of the program's; one that should outlive it says so. A conversation does.
        Restart::OnFailure => failed && (!rebooted || continues),
        Restart::Always => true,
    };
    if !wanted {
        return Verdict::Leave;
    }
    if rebooted {
        return Verdict::Again { after: Duration::ZERO, restarts: 0 };
    }
    let restarts = if ran >= WELL { 0 } else { restarts };
    if restarts >= limit(continues) {
        return Verdict::Leave;
    }
    let after = FIRST.saturating_mul(1 << restarts.min(16)).min(LONGEST);
    Verdict::Again { after, restarts: restarts + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_decides() {
        let reboot = || EndedAs::Lost("reboot".into());
        let holder = || EndedAs::Lost("holder".into());
        for (policy, end, again) in [
            (Restart::Never, reboot(), false),
            (Restart::Never, EndedAs::Status(1), false),
            (Restart::OnReboot, reboot(), true),
            (Restart::OnReboot, EndedAs::Status(1), false),
            (Restart::OnReboot, holder(), false),
            (Restart::OnFailure, EndedAs::Status(1), true),
            (Restart::OnFailure, EndedAs::Signal(9), true),
            (Restart::OnFailure, EndedAs::Status(0), false),
            (Restart::OnFailure, holder(), true),
            (Restart::OnFailure, reboot(), false),
            (Restart::Always, EndedAs::Status(0), true),
            (Restart::Always, reboot(), true),
        ] {
            let verdict = decide(policy, &end, Duration::from_secs(5), 0, false);
            assert_eq!(verdict != Verdict::Leave, again, "{policy:?} {end:?}");
        }
    }

    #[test]
    fn waits_grow_and_end() {
        let quick = |restarts| {
            decide(Restart::Always, &EndedAs::Status(1), Duration::ZERO, restarts, false)
        };
        assert_eq!(quick(0), Verdict::Again { after: Duration::from_secs(1), restarts: 1 });
        assert_eq!(quick(3), Verdict::Again { after: Duration::from_secs(8), restarts: 4 });
        assert_eq!(quick(9), Verdict::Again { after: Duration::from_secs(60), restarts: 10 });
        assert_eq!(quick(10), Verdict::Leave);
        let well = decide(Restart::Always, &EndedAs::Status(1), WELL, 10, false);
        assert_eq!(well, Verdict::Again { after: Duration::from_secs(1), restarts: 1 });
    }

    #[test]
    fn a_conversation_outlives_a_reboot_and_is_given_up_sooner() {
        let decide = |policy, end: EndedAs, restarts| {
            decide(policy, &end, Duration::from_secs(1), restarts, true)
        };
        let reboot = || EndedAs::Lost("reboot".into());
        for (policy, again) in
            [(Restart::Never, false), (Restart::OnReboot, true), (Restart::OnFailure, true)]
        {
            assert_eq!(decide(policy, reboot(), 0) != Verdict::Leave, again, "{policy:?}");
        }
        let after = Duration::from_secs(4);
        assert_eq!(
            decide(Restart::OnFailure, EndedAs::Status(1), 2),
            Verdict::Again { after, restarts: 3 }
        );
        assert_eq!(decide(Restart::OnFailure, EndedAs::Status(1), 3), Verdict::Leave);
    }
}
