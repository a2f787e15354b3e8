//! Tables of targets and what they mean.

use super::*;

const fn pane(
    id: u64,
    name: &'static str,
    session: &'static str,
    window: u32,
    ended: bool,
) -> Candidate<'static> {
    Candidate { host: LOCAL_HOST, id, name, session, window, pane: 0, ended }
}

const PANES: [Candidate<'static>; 9] = [
    pane(1, "app", "agents", 0, false),
    pane(2, "app-2", "agents", 1, false),
    pane(3, "notes", "home", 0, false),
    pane(4, "old", "agents", 2, true),
    pane(5, "app", "agents", 0, true),
    pane(6, "a:b", "agents", 3, false),
    pane(7, "v1.0", "agents", 4, false),
    pane(8, "%9", "agents", 5, false),
    pane(10, "twin", "agents", 6, true),
];

/// The hosts of these tables.
fn is_host(text: &str) -> bool {
    ["thor", "loki"].contains(&text)
}

const NO_HOST: &dyn Fn(&str) -> bool = &|_| false;

const EXACT: Rules = Rules { allow_prefix: false, allow_ended: false };
const LOOK: Rules = Rules { allow_prefix: true, allow_ended: true };

fn outcome(panes: &[Candidate<'_>], text: &str, rules: Rules) -> String {
    outcome_among(panes, text, rules, NO_HOST)
}

fn outcome_among(
    panes: &[Candidate<'_>],
    text: &str,
    rules: Rules,
    is_host: &dyn Fn(&str) -> bool,
) -> String {
    let target = match Target::parse(text, is_host) {
        Ok(target) => target,
        Err(error) => return error.to_string(),
    };
    match resolve(panes, &target, rules, is_host) {
        Ok(index) => match &panes[index] {
            Candidate { host: LOCAL_HOST, id, .. } => id_text(*id),
            Candidate { host, id: TMUX_ID.., .. } => {
                format!("{host} tmux {}", id_text(panes[index].id))
            }
            Candidate { host, id, .. } => format!("{host} {}", id_text(*id)),
        },
        Err(error) => error.to_string(),
    }
}

#[test]
fn targets_mean_one_pane_or_say_why_not() {
    for (text, rules, expected) in [
        ("app", EXACT, "%1"),
        ("=app", EXACT, "%1"),
        ("local:app", EXACT, "%1"),
        ("local:=app", EXACT, "%1"),
        ("%1", EXACT, "%1"),
        ("local:%2", EXACT, "%2"),
        ("%99", LOOK, "no pane `%99`"),
        ("agents:0", EXACT, "%1"),
        ("agents:0.0", EXACT, "%1"),
        ("agents:app-2", EXACT, "%2"),
        ("agents:app-2.0", EXACT, "%2"),
        ("app-2.0", EXACT, "%2"),
        ("agents:0.1", EXACT, "no pane `agents:0.1`"),
        ("local:agents:1", EXACT, "%2"),
        ("agents:01", EXACT, "no pane `agents:01`"),
        ("home", EXACT, "%3"),
        ("home:", EXACT, "%3"),
        ("hom", EXACT, "no pane `hom`"),
        ("hom", LOOK, "%3"),
        ("not", LOOK, "%3"),
        ("not", EXACT, "no pane `not`"),
        // Exact beats a beginning, and the name of a living pane that of an ended one.
        ("app", LOOK, "%1"),
        ("app-", LOOK, "%2"),
        ("ap", LOOK, "`ap` could be app, app-2"),
        ("=ap", LOOK, "no pane `ap`"),
        ("old", EXACT, "pane `old` has ended"),
        ("old", LOOK, "%4"),
        ("%4", EXACT, "pane `%4` has ended"),
        ("%5", LOOK, "%5"),
        ("ol", LOOK, "%4"),
        // Names that look like other forms.
        ("a:b", EXACT, "%6"),
        ("v1.0", EXACT, "%7"),
        ("%9", EXACT, "no pane `%9`"),
        ("=%9", EXACT, "%8"),
        ("agents", EXACT, "`agents` could be app, app-2, a:b, v1.0, =%9"),
        ("thor:app", LOOK, "no host or session `thor`"),
        ("thor:agents:0", LOOK, "no host or session `thor`"),
        ("local:thor:app", LOOK, "no pane `thor:app`"),
        ("agents:nothing", LOOK, "no pane `agents:nothing`"),
        ("", LOOK, "the target is empty"),
        ("local:", LOOK, "the target is empty"),
        ("=", LOOK, "the target is empty"),
        ("%", LOOK, "%8"),
        (":", LOOK, "no pane `:`"),
    ] {
        assert_eq!(outcome(&PANES, text, rules), expected, "{text} {rules:?}");
    }
}

#[test]
fn an_ambiguous_name_lists_forms_that_work() {
    let panes = [
        pane(16, "x", "agents", 3, false),
        pane(17, "x", "agents", 4, false),
        pane(18, "x", "home", 1, false),
        pane(19, "x", "home", 1, false),
    ];
    let expected = "`x` could be agents:3.0, agents:4.0, %18, %19";
    assert_eq!(outcome(&panes, "x", EXACT), expected);
    let target = Target::parse("x", NO_HOST).unwrap();
    let Err(ResolveError::Ambiguous { forms, .. }) = resolve(&panes, &target, EXACT, NO_HOST)
    else {
        panic!("not ambiguous");
    };
    for (form, pane) in forms.iter().zip(&panes) {
        assert_eq!(outcome(&panes, form, EXACT), format!("%{}", pane.id), "{form}");
    }
}

#[test]
fn every_form_of_the_list_means_its_own_pane() {
    let twice = [PANES.as_slice(), &[pane(11, "twin", "agents", 6, true)]].concat();
    for panes in [PANES.as_slice(), &twice] {
        for (pane, form) in panes.iter().zip(forms(panes, NO_HOST)) {
            assert_eq!(outcome(panes, &form, LOOK), format!("%{}", pane.id), "{form}");
        }
    }
}

/// Three hosts: this one, one with Towline and tmux, one with tmux alone.
fn fleet() -> Vec<Candidate<'static>> {
    let on = |host, tmux, pane: Candidate<'static>| {
        let id = if tmux { TMUX_ID + pane.id } else { pane.id };
        Candidate { host, id, ..pane }
    };
    vec![
        pane(1, "app", "agents", 0, false),
        pane(2, "only-here", "agents", 1, false),
        pane(3, "thor:x", "agents", 2, false),
        on("thor", false, pane(1, "app", "agents", 0, false)),
        on("thor", false, pane(2, "gridplay", "agents", 1, false)),
        on("thor", true, pane(2, "editor", "main", 0, false)),
        on("thor", false, pane(4, "thor:x", "agents", 2, false)),
        on("thor", false, pane(5, "done", "agents", 3, true)),
        on("loki", true, pane(17, "a:b.c", "agents", 0, false)),
        on("loki", true, pane(18, "dup", "agents", 1, false)),
        on("loki", true, pane(19, "dup", "agents", 2, false)),
        // Listed, but on a host that is not known any more.
        on("gone", false, pane(1, "left", "agents", 0, false)),
    ]
}

#[test]
fn targets_reach_every_host() {
    for (text, rules, expected) in [
        ("gridplay", EXACT, "thor %2"),
        ("thor:gridplay", EXACT, "thor %2"),
        ("local:gridplay", EXACT, "no pane `gridplay`"),
        ("app", EXACT, "`app` could be local:app, thor:app"),
        ("thor:app", EXACT, "thor %1"),
        ("local:app", EXACT, "%1"),
        ("only-here", EXACT, "%2"),
        ("%2", EXACT, "%2"),
        ("thor:%2", EXACT, "thor %2"),
        ("%17", EXACT, "no pane `%17`"),
        ("loki:%17", EXACT, "loki tmux %17"),
        ("editor", EXACT, "thor tmux %2"),
        ("loki:%4294967313", EXACT, "loki tmux %17"),
        ("thor:main:0.0", EXACT, "thor tmux %2"),
        ("a:b.c", EXACT, "loki tmux %17"),
        ("loki:a:b.c", EXACT, "loki tmux %17"),
        ("loki:agents:0", EXACT, "loki tmux %17"),
        ("loki:dup", EXACT, "`dup` could be loki:agents:1.0, loki:agents:2.0"),
        ("=thor:x", EXACT, "`=thor:x` could be local:=thor:x, thor:=thor:x"),
        ("thor:x", EXACT, "no pane `x`"),
        ("thor:thor:x", EXACT, "thor %4"),
        ("local:=thor:x", EXACT, "%3"),
        ("grid", EXACT, "no pane `grid`"),
        ("grid", LOOK, "thor %2"),
        ("done", LOOK, "thor %5"),
        ("done", EXACT, "pane `done` has ended"),
        ("thor:", LOOK, "the target is empty"),
        ("odin:x", LOOK, "no host or session `odin`"),
        ("a@-b:x", LOOK, "`-b` begins with `-`, and ssh would take it for an option"),
    ] {
        assert_eq!(outcome_among(&fleet(), text, rules, &is_host), expected, "{text} {rules:?}");
    }
}

#[test]
fn every_form_of_a_fleet_means_its_own_pane() {
    let panes = fleet();
    let with_gone = |text: &str| is_host(text) || text == "gone";
    let forms = forms(&panes, &with_gone);
    for (pane, form) in panes.iter().zip(&forms) {
        let target = Target::parse(form, &with_gone).unwrap();
        let index = resolve(&panes, &target, LOOK, &with_gone).unwrap();
        assert_eq!(&panes[index], pane, "{form}");
    }
}

#[test]
fn a_host_in_no_list_is_told_by_its_user() {
    for (text, host, rest) in [
        ("mac@thor:app", Some("mac@thor"), "app"),
        ("mac@thor:22:app", Some("mac@thor:22"), "app"),
        ("mac@thor:22", Some("mac@thor"), "22"),
        ("mac@thor:agents:0.1", Some("mac@thor"), "agents:0.1"),
        ("=mac@thor:app", None, "=mac@thor:app"),
        ("mail to a@b: x", None, "mail to a@b: x"),
        ("thor:%3", Some("thor"), "%3"),
    ] {
        let target = Target::parse(text, &is_host).unwrap();
        assert_eq!((target.host(), target.rest()), (host, rest), "{text}");
    }
}

#[test]
fn a_name_that_is_nearly_right_is_suggested() {
    for (text, expected) in [
        ("notse", "did you mean `notes`?"),
        ("NOTES", "did you mean `notes`?"),
        ("app2", "did you mean `app` or `app-2`?"),
        ("zebra", "tow list"),
        ("thor:app", "tow list"),
    ] {
        let error =
            resolve(&PANES, &Target::parse(text, NO_HOST).unwrap(), EXACT, NO_HOST).unwrap_err();
        assert_eq!(error.hints(), [expected], "{text}");
    }
}

#[test]
fn names_are_what_fits_one_line() {
    for (name, expected) in [
        ("app", Ok(())),
        ("ein Name, 名前 'x\"$(y)`", Ok(())),
        ("a:b.c", Ok(())),
        ("", Err(NameError::Empty)),
        ("  ", Err(NameError::Empty)),
        ("a\nb", Err(NameError::Control)),
        ("a\x1b[31m", Err(NameError::Control)),
        ("a\u{9b}b", Err(NameError::Control)),
        ("a\u{202e}b", Err(NameError::Control)),
    ] {
        assert_eq!(check_name(name), expected, "{name:?}");
    }
    assert_eq!(check_name(&"x".repeat(256)), Err(NameError::Long));
}
