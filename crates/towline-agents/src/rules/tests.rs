use super::*;

const FILE: &str = r#"
kind = "demo"
versions = ["1.0"]
[keys]
approve = ["y"]
[[rule]]
name = "asks"
state = "blocked"
reason = "permission"
priority = 90
bottom = 4
all = ["Do you want to", '/^ *1\. Yes/']
question = '/(Do you want to[^?]*\?)/'
[[rule]]
name = "spins"
on = "title"
state = "working"
priority = 50
any = ['/^[⠀-⣿]/', "busy"]
not = ["not busy"]
[[rule]]
name = "box"
state = "idle"
priority = 10
all = ['/^>( |$)/']
"#;

#[test]
fn the_strongest_rule_that_holds_counts() {
    let rules = Rules::parse(FILE).unwrap();
    assert_eq!((rules.kind.as_str(), rules.rules().len()), ("demo", 3));
    assert_eq!(rules.keys.approve, ["y"]);
    let state = |rows: &[&str]| {
        rules.on_screen(&Shown::new(rows)).map(|found| (found.claim.state, found.claim.question))
    };
    assert_eq!(state(&["> "]), Some((State::Idle, None)));
    assert_eq!(state(&["a > b"]), None);
    assert_eq!(
        state(&["> x", "Do you want", "  to go on?", "  1. Yes"]),
        Some((State::Blocked, Some("Do you want to go on?".into())))
    );
    // The same words further up say nothing.
    assert_eq!(
        state(&["Do you want to go on?", "  1. Yes", "a", "b", "c", "> "]),
        Some((State::Idle, None))
    );
    for (title, expected) in [
        ("⠐ thinking", Some(State::Working)),
        ("busy", Some(State::Working)),
        ("not busy", None),
        ("✳ ready", None),
    ] {
        let found = rules.on_text(On::Title, title).map(|found| found.claim.state);
        assert_eq!(found, expected, "{title}");
    }
}

#[test]
fn what_is_wrong_in_a_file_is_said_with_its_line() {
    for (text, line, message) in [
        ("kind = ", 1, ""),
        ("", 1, "missing field `kind`"),
        ("kind = \"a b\"", 1, "a kind is letters, digits, `-` and `_`"),
        ("kind = \"a\"\ncolour = 1", 2, "unknown field `colour`"),
        (
            "kind = \"a\"\n[[rule]]\nname = \"x\"\nstate = \"done\"",
            4,
            "\"done\" is no state of a rule",
        ),
        ("kind = \"a\"\n[[rule]]\nname = \"x\"\nstate = \"idle\"", 2, "a rule needs something"),
        (
            "kind = \"a\"\n[[rule]]\nname = \"x\"\nstate = \"idle\"\nall = ['/(/']",
            5,
            "/(/ is no regular expression: unclosed group",
        ),
        (
            "kind = \"a\"\n[[rule]]\nname = \"x\"\nstate = \"idle\"\nall = [\"a\",\n\"\"]",
            6,
            "an empty text is everywhere",
        ),
        (
            "kind = \"a\"\n[[rule]]\nname = \"x\"\nstate = \"idle\"\nreason = \"limit\"\nall = [\"a\"]",
            5,
            "only `blocked` has a reason",
        ),
        (
            "kind = \"a\"\n[[rule]]\nname = \"x\"\nstate = \"blocked\"\nreason = \"hunger\"\nall = [\"a\"]",
            5,
            "\"hunger\" is no reason: it is permission,",
        ),
        (
            "kind = \"a\"\n[[rule]]\nname = \"x\"\nstate = \"idle\"\nbottom = 0\nall = [\"a\"]",
            5,
            "`bottom` is a number of rows",
        ),
        (
            "kind = \"a\"\n[[rule]]\nname = \"x\"\nstate = \"idle\"\non = \"smell\"\nall = [\"a\"]",
            5,
            "\"smell\" can't be looked at",
        ),
        (
            "kind = \"a\"\n[[rule]]\nname = \"x\"\nstate = \"idle\"\nall = [\"a\"]\nquestion = '/a/'",
            6,
            "a question needs a (group)",
        ),
        (
            "kind = \"a\"\n[[rule]]\nname = \"x\"\nstate = \"idle\"\nall = [\"a\"]\ndeny = [\"n\"]",
            2,
            "only `blocked` is answered by keys",
        ),
        ("kind = \"a\"\nsettle_ms = -1", 2, "`settle_ms` is milliseconds, from 0 to"),
    ] {
        let error = Rules::parse(text).unwrap_err();
        assert_eq!(error.line, line, "{text}: {error}");
        assert!(error.message.starts_with(message), "{text}: {error}");
    }
}

#[test]
fn a_rule_may_be_answered_in_its_own_way() {
    let rules = Rules::parse(
        r#"
kind = "demo"
[keys]
approve = ["1"]
deny = ["Escape"]
[[rule]]
name = "asks something"
on = "title"
state = "blocked"
reason = "permission"
priority = 99
all = ["Action required"]
approve = []
[[rule]]
name = "plan"
state = "blocked"
reason = "permission"
priority = 91
all = ["Go on by this plan?"]
approve = ["2"]
[[rule]]
name = "prompt"
state = "blocked"
reason = "permission"
priority = 90
all = ["proceed?"]
"#,
    )
    .unwrap();
    for (title, screen, approve) in [
        ("", "proceed?", "1"),
        ("Action required", "Go on by this plan?", "2"),
        ("Action required", "nothing", ""),
        ("", "nothing", "1"),
    ] {
        let keys = rules.keys_for(title, "", &Shown::new([screen]));
        assert_eq!((keys.approve.concat(), keys.deny.concat()), (approve.into(), "Escape".into()));
    }
}
