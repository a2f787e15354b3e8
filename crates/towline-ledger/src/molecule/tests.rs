use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::attachment::Attachment;
use crate::formula::Formula;
use crate::issue::Status;
use crate::ledger::{Actor, Change, Ledger, LedgerError, New};
use crate::ready::Graph;

const FORMULA: &str = r#"
formula = "release"
description = "Release {{version}}."
[vars.version]
required = true
[[steps]]
id = "build"
title = "Build {{version}}"
description = "make"
labels = ["ci"]
priority = 1
[[steps]]
id = "ask"
title = "Somebody looks at {{version}}"
needs = ["build"]
await = "human"
[[steps]]
id = "ship"
title = "Ship {{version}}"
needs = ["ask", "build"]
assignee = "demo/Toast"
acceptance = "it is out"
"#;

struct Fixture {
    _folder: tempfile::TempDir,
    ledger: Ledger,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::init(folder.path().join(".beads"), "gt").unwrap();
        Self { _folder: folder, ledger }
    }

    fn change<T>(&self, with: impl Fn(&mut Change<'_>) -> Result<T, LedgerError>) -> T {
        self.try_change(with).unwrap()
    }

    fn try_change<T>(
        &self,
        with: impl Fn(&mut Change<'_>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        self.ledger.change(&Actor("me".into()), with)
    }

    fn pour(&self, formula: &str, options: &PourOptions) -> Made {
        let vars = BTreeMap::from([("version".to_owned(), "2.0".to_owned())]);
        let formula = Formula::parse(Path::new("a.formula.toml"), formula).unwrap();
        let vars = if formula.vars.is_empty() { BTreeMap::new() } else { vars };
        let plan = formula.pour(&vars).unwrap();
        self.change(|change| pour(change, &plan, options))
    }

    fn progress(&self, root: &str) -> Option<Progress> {
        let issues = self.ledger.read().unwrap();
        Progress::of(&Graph::of(&issues), root)
    }

    fn done(&self, step: &str) -> Result<Done, String> {
        self.try_change(|change| step_done(change, step, "", false))
            .map_err(|error| error.to_string())
    }

    fn status(&self, id: &str) -> Option<Status> {
        self.ledger.read().unwrap().find(id).map(|brief| brief.status())
    }

    fn issue(&self, id: &str) -> crate::Issue {
        self.ledger.read().unwrap().find(id).unwrap().issue()
    }
}

fn blocks(issue: &crate::Issue) -> Vec<String> {
    let blocking = issue.dependencies().into_iter().filter(|one| one.kind == "blocks");
    blocking.map(|one| one.depends_on_id).collect()
}

#[test]
fn a_formula_becomes_a_root_and_its_steps() {
    let fixture = Fixture::new();
    let options =
        PourOptions { assignee: "mayor".into(), priority: Some(3), ..PourOptions::default() };
    let made = fixture.pour(FORMULA, &options);
    let root = &made.root;
    let ids: Vec<&str> = made.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(ids, [format!("{root}.1"), format!("{root}.2"), format!("{root}.3")]);
    let issue = fixture.issue(root);
    assert_eq!((&*issue.title(), &*issue.description()), ("release", "Release 2.0."));
    assert_eq!(
        (&*issue.issue_type(), &*issue.assignee(), issue.priority()),
        ("molecule", "mayor", 3)
    );
    assert_eq!(issue.text("source_formula"), "release");
    assert!(!is_wisp(&issue));

    let build = fixture.issue(ids[0]);
    assert_eq!((&*build.title(), &*build.description()), ("Build 2.0", "make"));
    assert_eq!((build.priority(), build.labels()), (1, vec!["ci".to_owned()]));
    assert_eq!((build.parent().as_ref(), blocks(&build)), (Some(root), vec![]));

    let ask = fixture.issue(ids[1]);
    assert_eq!((&*ask.issue_type(), &*ask.text("await_type")), ("gate", "human"));
    assert_eq!(blocks(&ask), [ids[0]]);
    assert!(made.steps[1].gate);

    let ship = fixture.issue(ids[2]);
    assert_eq!((&*ship.assignee(), ship.priority()), ("demo/Toast", 3));
    assert_eq!(ship.text("acceptance_criteria"), "it is out");
    assert_eq!(blocks(&ship), [ids[0], ids[1]]);
}

#[test]
fn wisps_are_marked_and_no_ready_work() {
    let fixture = Fixture::new();
    let made = fixture.pour(FORMULA, &PourOptions { wisp: true, ..PourOptions::default() });
    assert!(is_wisp(&fixture.issue(&made.root)) && is_wisp(&fixture.issue(&made.steps[0].id)));
    let plain = fixture.pour(FORMULA, &PourOptions::default());
    let issues = fixture.ledger.read().unwrap();
    let ready = Graph::of(&issues).ready(&issues, jiff::Timestamp::now());
    let ids: Vec<&str> = ready.iter().map(|brief| brief.id()).collect();
    assert_eq!(ids, [&plain.steps[0].id]);
    let mut older = fixture.issue(&plain.root);
    older.set_text("description", "is_wisp: true");
    assert!(is_wisp(&older));
}

#[test]
fn steps_are_finished_one_after_the_other() {
    let fixture = Fixture::new();
    let made = fixture.pour(FORMULA, &PourOptions::default());
    let [build, ask, ship] = [0, 1, 2].map(|at| made.steps[at].id.as_str());
    let progress = fixture.progress(&made.root).unwrap();
    assert_eq!((progress.total_steps, progress.done_steps, progress.percent_complete), (3, 0, 0));
    assert_eq!(
        (progress.ready_steps, progress.blocked_steps),
        (vec![build.into()], vec![ask.into(), ship.into()])
    );
    assert_eq!(progress.current.as_deref(), Some(build));

    assert_eq!(
        fixture.done(ship).unwrap_err(),
        format!("cannot close {ship}: blocked by open issues [{build} {ask}]")
    );
    let done = fixture.done(build).unwrap();
    assert_eq!((done.next, done.complete, done.already), (None, false, false));
    assert_eq!((done.gates, done.closed), (vec![ask.to_owned()], vec![build.to_owned()]));
    let again = fixture.done(build).unwrap();
    assert!(again.already && again.closed.is_empty());
    assert_eq!(
        fixture.done(ask).unwrap_err(),
        format!("{ask} is a gate, which somebody has to open")
    );
    assert_eq!(fixture.progress(&made.root).unwrap().percent_complete, 33);

    fixture.change(|change| crate::gate::approve(change, ask, "", false));
    assert_eq!(fixture.progress(&made.root).unwrap().current.as_deref(), Some(ship));
    let done = fixture.done(ship).unwrap();
    assert!(done.complete && done.next.is_none());
    assert_eq!(done.closed, [ship, &made.root]);
    assert_eq!(fixture.status(&made.root), Some(Status::Closed));
    assert!(fixture.progress(&made.root).unwrap().complete);
}

#[test]
fn a_root_on_a_hook_is_closed_by_whoever_has_it() {
    let fixture = Fixture::new();
    let made = fixture
        .pour("formula = 'one'\n[[steps]]\nid = 'a'\ntitle = 'A'\n", &PourOptions::default());
    fixture.change(|change| {
        change.update(&made.root, |issue, now| {
            issue.set_status(&Status::Hooked, now);
            Ok::<_, LedgerError>(())
        })
    });
    let done = fixture.done(&made.steps[0].id).unwrap();
    assert!(done.complete);
    assert_eq!(done.closed, [made.steps[0].id.as_str()]);
    assert_eq!(fixture.status(&made.root), Some(Status::Hooked));
}

#[test]
fn steps_within_steps_are_counted_and_close_what_holds_them() {
    let fixture = Fixture::new();
    let made = fixture.pour(
        "formula = 'nested'\n[[steps]]\nid = 'a'\ntitle = 'A'\n[[steps.children]]\nid = 'a1'\ntitle = 'A1'\n\
         [[steps.children]]\nid = 'a2'\ntitle = 'A2'\nneeds = ['a1']\n[[steps]]\nid = 'b'\ntitle = 'B'\nneeds = ['a']\n",
        &PourOptions::default(),
    );
    let id = |step: &str| made.steps.iter().find(|one| one.step == step).unwrap().id.clone();
    assert_eq!(id("a2"), format!("{}.2", id("a")));
    let progress = fixture.progress(&made.root).unwrap();
    assert_eq!((progress.total_steps, progress.ready_steps), (3, vec![id("a1")]));
    assert_eq!(fixture.issue(&id("a")).issue_type(), "epic");
    assert!(fixture.done(&id("a")).unwrap_err().contains("steps within it that are open"));
    assert_eq!(fixture.done(&id("a1")).unwrap().next.unwrap().id, id("a2"));
    let done = fixture.done(&id("a2")).unwrap();
    assert_eq!(done.closed, [id("a2"), id("a")]);
    assert_eq!((done.next.unwrap().id, done.molecule_id), (id("b"), made.root.clone()));
    assert!(fixture.done(&id("b")).unwrap().complete);
}

#[test]
fn work_behind_a_gate_of_its_own_is_work() {
    let fixture = Fixture::new();
    let made = fixture.pour(
        "formula = 'gated'\n[[steps]]\nid = 'a'\ntitle = 'A'\n[[steps]]\nid = 'b'\ntitle = 'B'\ntype = 'task'\n\
         needs = ['a']\nawait = 'timer'\ntimeout = '1h30m'\n",
        &PourOptions::default(),
    );
    let ids: Vec<&str> = made.steps.iter().map(|step| step.id.as_str()).collect();
    let gate = fixture.issue(ids[1]);
    assert_eq!((&*gate.title(), gate.number("timeout")), ("Gate: timer", Some(5_400_000_000_000)));
    assert_eq!((&*gate.text("await_type"), blocks(&gate)), ("timer", vec![ids[0].to_owned()]));
    let work = fixture.issue(ids[2]);
    assert_eq!((&*work.issue_type(), blocks(&work)), ("task", vec![ids[1].to_owned()]));
}

#[test]
fn a_gate_as_beads_writes_it_keeps_the_work_behind_it() {
    let fixture = Fixture::new();
    let made = fixture.pour(
        "formula = 'beads'\n[[steps]]\nid = 'deploy'\ntitle = 'Deploy'\ngate = { type = 'gh:run', id = '7' }\n",
        &PourOptions::default(),
    );
    let [gate, work] = [0, 1].map(|at| fixture.issue(&made.steps[at].id));
    assert_eq!(
        (&*gate.title(), &*gate.issue_type(), &*gate.text("await_id")),
        ("Gate: gh:run 7", "gate", "7")
    );
    assert_eq!((&*work.title(), &*work.issue_type()), ("Deploy", "task"));
    assert_eq!(blocks(&work), [gate.id()]);
}

#[test]
fn molecules_that_beads_poured_are_read() {
    let lines = r#"{"id":"gt-mol-abc","title":"release","status":"open","priority":2,"issue_type":"epic","created_at":"2026-01-01T00:00:00Z"}
{"id":"gt-mol-aaa","title":"Second","status":"open","priority":2,"issue_type":"task","created_at":"2026-01-01T00:00:02Z","dependencies":[{"issue_id":"gt-mol-aaa","depends_on_id":"gt-mol-abc","type":"parent-child"},{"issue_id":"gt-mol-aaa","depends_on_id":"gt-mol-zzz","type":"blocks"}]}
{"id":"gt-mol-zzz","title":"First","status":"pinned","priority":2,"issue_type":"task","created_at":"2026-01-01T00:00:01Z","dependencies":[{"issue_id":"gt-mol-zzz","depends_on_id":"gt-mol-abc","type":"parent-child"}]}
"#;
    let issues = crate::Issues::parse(lines.into());
    let graph = Graph::of(&issues);
    let progress = Progress::of(&graph, "gt-mol-abc").unwrap();
    assert_eq!((progress.total_steps, progress.in_progress_steps), (2, 1));
    assert_eq!(progress.current.as_deref(), Some("gt-mol-zzz"));
    assert_eq!(progress.blocked_steps, ["gt-mol-aaa"]);
    assert_eq!(root_of(&graph, "gt-mol-aaa").unwrap().id(), "gt-mol-abc");
    assert!(is_root(&issues.find("gt-mol-abc").unwrap()));
    assert_eq!(Progress::of(&graph, "gt-mol-aaa"), None);
    assert_eq!(Progress::of(&graph, "nobody"), None);
}

#[test]
fn ten_steps_stay_in_order() {
    let fixture = Fixture::new();
    let steps: String =
        (1..=12).map(|n| format!("[[steps]]\nid = 's{n}'\ntitle = 'S{n}'\n")).collect();
    let made = fixture.pour(&format!("formula = 'long'\n{steps}"), &PourOptions::default());
    let ready = fixture.progress(&made.root).unwrap().ready_steps;
    assert_eq!(ready.last().unwrap(), &format!("{}.12", made.root));
    assert_eq!(ready[1], format!("{}.2", made.root));
}

#[test]
fn circles_among_parents_end() {
    let line = |id: &str, parent: &str| {
        format!(
            "{{\"id\":\"{id}\",\"title\":\"x\",\"dependencies\":[{{\"issue_id\":\"{id}\",\"depends_on_id\":\"{parent}\",\"type\":\"parent-child\"}}]}}\n"
        )
    };
    let issues = crate::Issues::parse((line("gt-a", "gt-b") + &line("gt-b", "gt-a")).into());
    let graph = Graph::of(&issues);
    assert_eq!(Progress::of(&graph, "gt-a"), None);
    assert!(root_of(&graph, "gt-a").is_some());
}

#[test]
fn what_is_no_step_is_refused() {
    let fixture = Fixture::new();
    let plain =
        fixture.change(|change| change.create(&New { title: "Plain".into(), ..New::default() }));
    assert_eq!(
        fixture.done(&plain.id()).unwrap_err(),
        format!("{} is no step of a molecule", plain.id())
    );
    assert_eq!(fixture.done("gt-none").unwrap_err(), "there is no issue gt-none");
}

#[test]
fn a_molecule_is_squashed_into_one_line() {
    let fixture = Fixture::new();
    let made = fixture.pour(FORMULA, &PourOptions { wisp: true, ..PourOptions::default() });
    fixture.done(&made.steps[0].id).unwrap();
    let gone = fixture.change(|change| squash(change, &made.root, "demo/witness", "quiet"));
    assert_eq!((gone.children_closed, gone.wisp), (3, true));
    let issues = fixture.ledger.read().unwrap();
    assert_eq!(issues.len(), 1);
    let digest = fixture.issue(&gone.digest.unwrap());
    assert_eq!(
        (&*digest.title(), digest.status(), digest.priority()),
        ("Digest: release", Status::Closed, 4)
    );
    assert_eq!(
        (digest.labels(), digest.time("closed_at").is_some()),
        (vec!["digest".to_owned()], true)
    );
    let text = digest.description().into_owned();
    assert!(text.starts_with("Squashed molecule execution.\n\nmolecule: "), "{text}");
    assert!(
        text.contains("\nagent: demo/witness\n")
            && text.ends_with("- Steps: 1/3 completed\n- Status: partial\n\nquiet\n"),
        "{text}"
    );
}

#[test]
fn a_molecule_is_burnt() {
    let fixture = Fixture::new();
    let made = fixture.pour(FORMULA, &PourOptions::default());
    let gone = fixture.change(|change| burn(change, &made.root, ""));
    assert_eq!((gone.children_closed, gone.closed.len(), gone.digest), (3, 4, None));
    assert_eq!(fixture.ledger.read().unwrap().len(), 4);
    assert_eq!(fixture.status(&made.root), Some(Status::Closed));
    assert_eq!(fixture.issue(&made.steps[2].id).text("close_reason"), "Burned");
}

#[test]
fn attaching_keeps_what_else_is_there() {
    let fixture = Fixture::new();
    let made = fixture.pour(FORMULA, &PourOptions::default());
    let before = Attachment {
        attached_args: "patch\nrelease".into(),
        dispatched_by: "mayor".into(),
        ..Attachment::default()
    };
    let text = "The text: it stays.";
    let new = New { title: "Work".into(), description: before.write(text), ..New::default() };
    let work = fixture.change(|change| change.create(&new)).id().into_owned();
    let attached = fixture.change(|change| attach(change, &work, &made.root, false));
    assert_eq!(
        (&attached.attached_molecule, attached.attached_at.len()),
        (&made.root, "2025-12-26T12:00:00Z".len())
    );
    let issue = fixture.issue(&work);
    let read = Attachment::read(&issue.description());
    assert_eq!(
        (&read.attached_args, &read.dispatched_by),
        (&before.attached_args, &before.dispatched_by)
    );
    assert_eq!(Attachment::text(&issue.description()), text);
    {
        let issues = fixture.ledger.read().unwrap();
        assert_eq!(holders(&issues, &made.root), [work.as_str()]);
        assert_eq!(carried_by(&issues.find(&work).unwrap()).as_ref(), Some(&made.root));
        assert_eq!(carried_by(&issues.find(&made.root).unwrap()).as_ref(), Some(&made.root));
        assert_eq!(carried_by(&issues.find(&made.steps[0].id).unwrap()), None);
    }
    let other = fixture.pour(FORMULA, &PourOptions::default()).root;
    assert!(fixture.try_change(|change| attach(change, &work, &other, false)).is_err());
    assert!(fixture.try_change(|change| attach(change, &work, &work, true)).is_err());
    fixture.change(|change| attach(change, &work, &other, true));
    assert_eq!(fixture.change(|change| detach(change, &work)), Some(other));
    assert_eq!(fixture.change(|change| detach(change, &work)), None);
    assert_eq!(fixture.issue(&work).description(), before.write(text));
}
