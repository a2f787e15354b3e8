//! The rules for OpenCode on screens that the recordings don't have: dialogs of its own, narrow ones, and a transcript that
//! imitates a prompt.

use towline_agents::rules::Shown;
use towline_agents::shipped;

/// The input box at the bottom of a conversation.
const BOX: &str = "  ┃\n  ┃\n  ┃\n  ┃  Build · One Test\n  ╹▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀\n";

/// What its rules say of a screen, and what they see asked.
fn told(screen: &str) -> (String, Option<String>) {
    let rules = shipped::rules("opencode").expect("it has rules");
    let found = rules.on_screen(&Shown::new(screen.lines()));
    found.map_or(("nothing".into(), None), |found| (found.claim.to_string(), found.claim.question))
}

#[test]
fn each_screen_says_what_it_shows() {
    let at_rest = "   ~/src/app:main         120 (0%)  ctrl+p commands\n";
    let shell = "  ┃  △ Permission required\n  ┃    # Shell command\n  ┃\n  ┃  $ touch a && echo b\n  ┃\n  ┃\n";
    let buttons = "  ┃   Allow once   Allow always   Reject  ctrl+f fullscreen  ⇆ sel\n  ┃\n";
    let choices = "  ┃  1. Red\n  ┃     A warm one\n  ┃  2. Blue\n  ┃\n";
    for (about, screen, state, question) in [
        ("at rest", format!("{BOX}{at_rest}"), "idle", None),
        (
            "at the start, its folder beneath",
            format!("   {BOX}                      tab agents  ctrl+p commands\n\n\n  ~/src/app\n"),
            "idle",
            None,
        ),
        ("at work", format!("{BOX}   ■■⬝⬝⬝⬝⬝⬝  esc interrupt\n"), "working", None),
        ("at work in 40 columns", format!("{BOX}   ⬝■■■⬝⬝⬝⬝  esc   120 (0 ctrl+p\n             interru\n             pt\n"), "working", None),
        ("a command", format!("{shell}{buttons}"), "blocked (permission)", Some("touch a && echo b")),
        (
            "a change, with a sidebar beside it",
            format!("  ┃  △ Permission required                 Context\n  ┃    → Edit src/f.txt                      120 tokens\n  ┃  1 - a\n{buttons}"),
            "blocked (permission)",
            Some("Edit src/f.txt"),
        ),
        ("the end of a long change", format!("  ┃  1 - a\n{buttons}"), "blocked (permission)", None),
        (
            "for always",
            "  ┃  △ Always allow\n  ┃  This will allow the following patterns\n  ┃  - ls *\n  ┃   Confirm   Cancel\n".into(),
            "blocked (permission)",
            Some("Always allow"),
        ),
        (
            "why a subagent is refused",
            "  ┃  △ Reject permission\n  ┃\n  ┃  Tell OpenCode what to do differently\n  ┃     enter confirm  esc cancel\n".into(),
            "blocked (permission)",
            Some("Reject permission"),
        ),
        (
            "a question",
            format!("  ┃  Which colour?\n  ┃\n{choices}  ┃  ↑↓ select  enter submit  esc dismiss\n"),
            "blocked (question)",
            Some("Which colour?"),
        ),
        (
            "a question in 40 columns",
            format!("  ┃  Which colour?\n  ┃\n{choices}  ┃  ↑↓       enter       esc\n  ┃  select   submit      dismiss\n"),
            "blocked (question)",
            Some("Which colour?"),
        ),
        (
            "a limit",
            format!("{BOX}   ⬝⬝⬝⬝⬝⬝⬝⬝ Too Many Requests [retrying in 1h attempt #2] esc interrupt\n"),
            "blocked (limit)",
            Some("Too Many Requests"),
        ),
        (
            "trouble that is none",
            format!("{BOX}   ⬝⬝⬝⬝⬝⬝⬝⬝ Overloaded [retrying in 2s attempt #2] esc interrupt\n"),
            "working",
            None,
        ),
        (
            "a list over it",
            format!("          Select model                          esc\n{BOX}{at_rest}"),
            "unknown",
            None,
        ),
        (
            "the shell's mode",
            format!("  ┃\n  ┃  Shell\n  ╹▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀\n{at_rest}"),
            "unknown",
            None,
        ),
        ("a transcript with a prompt", format!("{shell}{buttons}\n{BOX}{at_rest}"), "idle", None),
        (
            "a transcript with work and a limit",
            format!("  ╹▀▀▀▀▀▀▀▀▀▀▀\n   ■■⬝⬝ rate limit  esc interrupt\n\n{BOX}{at_rest}"),
            "idle",
            None,
        ),
        ("nothing", "\n\n".into(), "nothing", None),
    ] {
        let expected = (state.to_owned(), question.map(str::to_owned));
        assert_eq!(told(&screen), expected, "{about}:\n{screen}");
    }
}

#[test]
fn a_prompt_with_keys_of_its_own_is_answered_by_them() {
    let rules = shipped::rules("opencode").expect("it has rules");
    let keys = |screen: &str| {
        let keys = rules.keys_for("", "", &Shown::new(screen.lines()));
        (keys.approve.join(" "), keys.deny.join(" "))
    };
    let both = |approve: &str, deny: &str| (approve.to_owned(), deny.to_owned());
    let leave = "  ┃  △ Permission required\n  ┃   Allow once   Allow always   Reject\n";
    assert_eq!(keys(leave), both("Enter", "Escape"));
    assert_eq!(keys("  ┃  △ Reject permission\n"), both("", "Enter"));
    assert_eq!(keys("  ┃  △ Always allow\n  ┃   Confirm   Cancel\n"), both("", "Escape Escape"));
}
