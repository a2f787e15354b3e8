//! What each part is there for, and the commands that go with it.

use towline_ledger::Role;

/// The heading of what somebody is told.
pub(super) fn heading(role: Role) -> &'static str {
    match role {
        Role::Mayor => "# Mayor Context",
        Role::Deacon => "# Deacon Context",
        Role::Witness => "# Witness Context",
        Role::Refinery => "# Refinery Context",
        Role::Polecat => "# Polecat Context",
        Role::Crew => "# Crew Worker Context",
        Role::Worker => "# Worker Context",
    }
}

/// What they are there for.
pub(super) fn purpose(role: Role) -> &'static str {
    match role {
        Role::Mayor => {
            "You hand out the work of the town: you turn wishes into issues, give them to workers, and see that what they finish
comes together. You don't write the code yourself."
        }
        Role::Deacon => {
            "You look after the town as a whole: that witnesses and refineries do their rounds, that gates and convoys are not
forgotten. You do no work of the rigs yourself."
        }
        Role::Witness => {
            "You look after the polecats of your rig: that each gets on with its work, that nobody waits unheard, that what is
finished is cleaned up. You don't do their work."
        }
        Role::Refinery => {
            "You merge what your rig's workers hand in: one merge request after the other, each tested before it goes to the
main branch."
        }
        Role::Polecat => {
            "You do one piece of work, in this worktree, on your own branch. What is on your hook is your work: begin it without
asking. When it is done, hand it in with `tow done`."
        }
        Role::Crew => {
            "You work with a person in a clone of your own, for as long as they like. What is on your hook comes first."
        }
        Role::Worker => "The issues of this repository are its work list. What is on your hook comes first.",
    }
}

/// The commands that they need most, each with what it does.
pub(super) fn commands(role: Role) -> &'static [(&'static str, &'static str)] {
    const HOOK: (&str, &str) = ("tow hook", "what is on your hook");
    const MAIL: (&str, &str) =
        ("tow mail inbox", "your mail; `tow mail send WHO -s SUBJECT -m TEXT` writes some");
    const HANDOFF: (&str, &str) =
        ("tow handoff -m TEXT", "leave a note for your next session, before your context runs out");
    const SHOW: (&str, &str) = ("tow issue show ID", "all that is known of an issue");
    match role {
        Role::Mayor => &[
            ("tow issue create TITLE --rig RIG", "note down a piece of work"),
            ("tow ready --all-rigs", "what can be begun"),
            ("tow sling ID RIG/NAME --args TEXT", "give it to a worker"),
            ("tow convoy list", "what is followed together"),
            ("tow polecat list", "the workers"),
            MAIL,
            HANDOFF,
        ],
        Role::Deacon | Role::Witness | Role::Refinery => &[
            HOOK,
            ("tow mol step done ID", "a step of your round is done"),
            ("tow polecat list", "the workers"),
            ("tow nudge RIG/NAME TEXT", "tell one of them something"),
            MAIL,
            HANDOFF,
        ],
        Role::Polecat => &[
            HOOK,
            SHOW,
            ("tow mol step done ID", "a step is done: shows the next"),
            ("tow done", "hand your work in"),
            ("tow mail send RIG/witness -s HELP -m TEXT", "where you can't go on"),
            MAIL,
            HANDOFF,
        ],
        Role::Crew | Role::Worker => &[
            ("tow ready", "what can be begun"),
            ("tow hook ID", "take it on"),
            SHOW,
            ("tow issue close ID", "it is done"),
            MAIL,
            HANDOFF,
        ],
    }
}
