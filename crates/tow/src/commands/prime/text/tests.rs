use towline_ledger::molecule::Progress;

use super::*;

fn polecat() -> Primed {
    Primed {
        role: "polecat",
        identity: "demo/polecats/Toast".into(),
        rig: Some("demo".into()),
        town: Some("home".into()),
        folder: "/t/demo/polecats/Toast".into(),
        part: Some(Role::Polecat),
        announced: "demo Polecat Toast, checking in.".into(),
        ..Primed::default()
    }
}

fn work() -> Work {
    Work {
        id: "demo-abc".into(),
        title: "Fix the build".into(),
        description: "It fails.\n\nSince Monday.".into(),
        status: "hooked".into(),
        priority: 1,
        issue_type: "bug".into(),
        ..Work::default()
    }
}

fn progress(done: usize, total: usize) -> Progress {
    Progress {
        root_id: "demo-xyz".into(),
        root_title: "Root".into(),
        total_steps: total,
        done_steps: done,
        in_progress_steps: 0,
        ready_steps: vec![],
        blocked_steps: vec!["demo-xyz.2".into()],
        percent_complete: done * 100 / total,
        complete: done == total,
        current: None,
        gates: vec![],
    }
}

/// The text from the heading of the work to what comes after its description.
fn about(work: Work) -> String {
    let text = markdown(&Primed { hook: vec![work], ..polecat() });
    let start = text.find("## ATTACHED WORK DETECTED").unwrap();
    text[start..text.find("---\n").unwrap()].to_owned()
}

#[test]
fn arguments_are_shown_without_a_molecule_too() {
    let told = about(Work { attached_args: "patch release\n\nand: be quick".into(), ..work() });
    assert_eq!(
        told,
        "## ATTACHED WORK DETECTED\n\nPinned bead: demo-abc\n\nARGS (use these to guide execution):\n  patch release\n\n  \
         and: be quick\n\nWhen it is done: `tow done`\n\n## Hooked Work\n\n  Bead ID: demo-abc\n  Title: Fix the build\n  \
         Type: bug (P1)\n  Description:\n\n    It fails.\n\n    Since Monday.\n\n"
    );
}

#[test]
fn a_molecule_is_shown_with_its_step() {
    let step = Step {
        id: "demo-xyz.1".into(),
        title: "Look".into(),
        status: "open".into(),
        instructions: "Look at it.".into(),
    };
    let told = about(Work {
        attached_molecule: "demo-xyz".into(),
        attached_at: "2025-12-26T12:00:00Z".into(),
        attached_args: "patch release".into(),
        progress: Some(progress(0, 5)),
        current_step: Some(step),
        ..work()
    });
    let start = "## ATTACHED WORK DETECTED\n\nPinned bead: demo-abc\nAttached molecule: demo-xyz\n\
        Attached at: 2025-12-26T12:00:00Z\n\nARGS (use these to guide execution):\n  patch release\n\n\
        **Progress:** 0/5 steps complete\n\n## CURRENT STEP: Look\n\n**Step ID:** demo-xyz.1\n\
        **Status:** open (ready to execute)\n\n### Instructions\n\nLook at it.\n\nWhen complete:\n  \
        1. Close the step: `tow mol step done demo-xyz.1`";
    assert!(told.starts_with(start), "{told}");
    for expected in ["`tow issue show demo-xyz.1`", "then finish: `tow done`", "Fix the build"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

#[test]
fn what_is_complete_or_waits_is_said() {
    let with = |progress: Progress| about(Work { progress: Some(progress), ..work() });
    assert!(with(progress(5, 5)).contains("✓ MOLECULE COMPLETE"));
    assert!(with(progress(1, 5)).contains("No step can be begun now.\nWaiting: demo-xyz.2"));
    let gates = Progress { gates: vec!["demo-xyz.3".into()], ..progress(1, 5) };
    assert!(with(gates).contains("Waiting for somebody's word: demo-xyz.3 (`tow gate list`)"));
}

#[test]
fn an_empty_hook_says_what_there_is_to_do() {
    for (part, expected) in [
        (Role::Polecat, "A polecat without work is a mistake"),
        (Role::Mayor, "Hand out what is ready"),
        (Role::Witness, "Begin your round"),
        (Role::Crew, "`tow hook ID`"),
        (Role::Worker, "`tow hook ID`"),
    ] {
        let text = markdown(&Primed { part: Some(part), ..polecat() });
        assert!(text.contains("Nothing is on your hook.") && text.contains(expected), "{text}");
        assert!(text.starts_with("# "), "{text}");
    }
}

#[test]
fn nothing_is_said_where_there_is_nothing() {
    assert_eq!(markdown(&Primed { nothing: true, ..polecat() }), "");
    let warned = Primed { nothing: true, warnings: vec!["x\ny".into()], ..polecat() };
    assert_eq!(markdown(&warned), "> warning: x y\n\n");
}

#[test]
fn long_texts_are_cut_and_wild_ones_tamed() {
    let long = format!("{}\n{}", "a".repeat(3000), "ä".repeat(3000));
    let shown = cut(&long, "tow issue show x");
    assert!(
        shown.len() < 4200 && shown.ends_with("… (tow issue show x shows all of it)"),
        "{}",
        shown.len()
    );
    assert_eq!(cut(" a\x1b[2Jb\r\nc ", "x"), "a [2Jb\nc");
    assert_eq!(arguments("a\n\n  b\n"), "  a\n\n    b\n");
}
