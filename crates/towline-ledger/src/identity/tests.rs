use proptest::prelude::*;

use super::*;

#[test]
fn every_form_becomes_the_one_that_is_written() {
    for (text, written, role, rig, name) in [
        ("mayor", "mayor", Role::Mayor, None, None),
        ("mayor/", "mayor", Role::Mayor, None, None),
        (" Mayor ", "mayor", Role::Mayor, None, None),
        ("deacon", "deacon", Role::Deacon, None, None),
        ("deacon/", "deacon", Role::Deacon, None, None),
        ("gastown/witness", "gastown/witness", Role::Witness, Some("gastown"), None),
        ("gastown/witness/", "gastown/witness", Role::Witness, Some("gastown"), None),
        ("gastown/Refinery", "gastown/refinery", Role::Refinery, Some("gastown"), None),
        (
            "gastown/polecats/Toast",
            "gastown/polecats/Toast",
            Role::Polecat,
            Some("gastown"),
            Some("Toast"),
        ),
        (
            "gastown/polecat/Toast",
            "gastown/polecats/Toast",
            Role::Polecat,
            Some("gastown"),
            Some("Toast"),
        ),
        ("gastown/Toast", "gastown/polecats/Toast", Role::Polecat, Some("gastown"), Some("Toast")),
        ("my-rig/crew/max", "my-rig/crew/max", Role::Crew, Some("my-rig"), Some("max")),
        ("my-rig/crew/max/", "my-rig/crew/max", Role::Crew, Some("my-rig"), Some("max")),
        (
            "gastown/polecats/witness",
            "gastown/polecats/witness",
            Role::Polecat,
            Some("gastown"),
            Some("witness"),
        ),
        ("ada", "ada", Role::Worker, None, Some("ada")),
        ("Ada Lovelace", "Ada Lovelace", Role::Worker, None, Some("Ada Lovelace")),
        ("ada@example.com", "ada@example.com", Role::Worker, None, Some("ada@example.com")),
        ("überseher", "überseher", Role::Worker, None, Some("überseher")),
    ] {
        let identity = Identity::parse(text).unwrap();
        assert_eq!(identity.to_string(), written, "{text:?}");
        assert_eq!(
            (identity.role(), identity.rig(), identity.name()),
            (role, rig, name),
            "{text:?}"
        );
    }
}

#[test]
fn what_is_none_is_refused() {
    use IdentityProblem::*;
    for (text, problem) in [
        ("", Empty),
        ("   ", Empty),
        ("/", Empty),
        ("//", Empty),
        ("/witness", Empty),
        ("gastown//Toast", Empty),
        ("gastown/crew//", Empty),
        ("..", Dots),
        (".", Dots),
        ("gastown/..", Dots),
        ("gastown/crew/..", Dots),
        ("../crew/max", Dots),
        ("-rf", Dash),
        ("gastown/-rf", Dash),
        ("--help/crew/max", Dash),
        ("a\nb", Character),
        ("gastown/crew/a\u{1b}[31m", Character),
        ("gastown/a\\b", Character),
        ("gastown/ Toast", Blanks),
        ("gastown /Toast", Blanks),
        ("gastown/", Partial),
        ("witness", Partial),
        ("crew", Partial),
        ("gastown/crew", Partial),
        ("gastown/polecats/", Partial),
        ("gastown/mayor", Partial),
        ("mayor/x", Form),
        ("deacon/dogs/alpha", Form),
        ("gastown/dogs/alpha", Form),
        ("mayor/crew/max", Form),
        ("gastown/crew/max/more", Form),
    ] {
        let error = Identity::parse(text).unwrap_err();
        assert_eq!(error.problem, problem, "{text:?}");
        assert_eq!(error.text, text.trim(), "{text:?}");
        assert!(!error.to_string().contains(char::is_control), "{text:?}");
    }
    let long = "x".repeat(256);
    assert_eq!(Identity::parse(&long).unwrap_err().problem, Long);
    assert!(Identity::parse(&long[1..]).is_ok());
}

#[test]
fn is_made_of_parts() {
    assert_eq!(Identity::mayor().to_string(), "mayor");
    assert_eq!(Identity::deacon().to_string(), "deacon");
    assert_eq!(Identity::witness("r").unwrap().to_string(), "r/witness");
    assert_eq!(Identity::refinery("r").unwrap().to_string(), "r/refinery");
    assert_eq!(Identity::polecat("r", "n").unwrap().to_string(), "r/polecats/n");
    assert_eq!(Identity::crew("r", "n").unwrap().to_string(), "r/crew/n");
    assert_eq!(Identity::person("n").unwrap().to_string(), "n");
    assert!(Identity::polecat("r/x", "n").is_err());
    assert!(Identity::polecat("r", "a/b").is_err());
    assert!(Identity::crew("crew", "n").is_err());
    assert!(Identity::person("a/b").is_err());
    assert!(Identity::person("Mayor").is_err());
}

#[test]
fn assignees_are_compared_after_normalising() {
    for (identity, assignee, same) in [
        ("mayor", "mayor/", true),
        ("mayor", "mayor", true),
        ("mayor", "deacon/", false),
        ("gastown/witness", "gastown/witness/", true),
        ("gastown/polecats/Toast", "gastown/Toast", true),
        ("gastown/polecats/Toast", "gastown/polecats/Toast", true),
        ("gastown/polecats/Toast", "gastown/crew/Toast", false),
        ("gastown/polecats/Toast", "gastown/polecats/toast", false),
        ("gastown/polecats/Toast", "other/Toast", false),
        ("gastown/crew/Toast", "gastown/Toast", true),
        ("gastown/crew/Toast", "gastown/Toast/", true),
        ("gastown/crew/Toast", "gastown/polecats/Toast", false),
        ("gastown/crew/max", "gastown/Toast", false),
        ("ada", "ada", true),
        ("ada", " ada ", true),
        ("ada", "gastown/ada", false),
        ("ada", "", false),
        ("mayor", "mayor/../x", false),
    ] {
        assert_eq!(
            Identity::parse(identity).unwrap().same_as(assignee),
            same,
            "{identity} {assignee:?}"
        );
    }
}

#[test]
fn roles_have_names() {
    for role in Role::ALL {
        assert_eq!(Role::parse(role.name()), Some(role));
        assert_eq!(Role::parse(&role.name().to_uppercase()), Some(role));
    }
    assert_eq!(Role::parse("dog"), None);
    assert_eq!(Role::ALL.into_iter().filter(|role| role.patrols()).count(), 3);
}

proptest! {
    #[test]
    fn what_is_written_is_read(text in "(mayor|deacon|[a-zA-Z][a-z -]{0,4})?(/(witness|refinery|crew|polecats|[a-z.]{1,3}))?(/[a-z]{1,3})?/?") {
        if let Ok(identity) = Identity::parse(&text) {
            let written = identity.to_string();
            prop_assert_eq!(&Identity::parse(&written).unwrap(), &identity);
            prop_assert!(identity.same_as(&text));
            prop_assert!(identity.same_as(&written));
        }
    }

    #[test]
    fn no_text_makes_it_fail(text in any::<String>()) {
        if let Ok(identity) = Identity::parse(&text) {
            prop_assert!(!identity.to_string().contains(char::is_control));
            prop_assert_eq!(Identity::parse(&identity.to_string()).unwrap(), identity);
        }
    }
}
