use super::*;
use crate::issue::Status;
use crate::time;

fn now() -> Timestamp {
    time::read("2026-03-01T00:00:00Z").unwrap()
}

/// Merges both ways round, which must come to the same, and merges the outcome with each side again, which must change nothing.
#[track_caller]
fn merged(base: &str, ours: &str, theirs: &str) -> Merged {
    let merge = |ours: &[u8], theirs: &[u8]| super::merge(base.as_bytes(), ours, theirs, now());
    let one = merge(ours.as_bytes(), theirs.as_bytes());
    let other = merge(theirs.as_bytes(), ours.as_bytes());
    let show = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    assert_eq!(show(&one.text), show(&other.text), "the sides changed places");
    assert_eq!(one.report.came, other.report.went);
    for side in [ours.as_bytes(), theirs.as_bytes(), &one.text] {
        assert_eq!(show(&merge(&one.text, side).text), show(&one.text), "merged again");
    }
    one
}

#[track_caller]
fn check(base: &str, ours: &str, theirs: &str, expected: &str) -> Report {
    let merged = merged(base, ours, theirs);
    assert_eq!(String::from_utf8_lossy(&merged.text), expected);
    merged.report
}

/// A line of an issue with some fields between its title and its times.
fn issue(id: &str, fields: &str, day: u8) -> String {
    let comma = if fields.is_empty() { "" } else { "," };
    format!(
        "{{\"id\":\"{id}\",\"title\":\"T {id}\",\"description\":\"\"{comma}{fields},\"created_at\":\"2026-01-01T00:00:00.{id_hash:09}Z\",\"updated_at\":\"2026-01-{day:02}T00:00:00Z\"}}\n",
        id_hash = id.bytes().map(u32::from).sum::<u32>()
    )
}

fn fields_of(merged: &Merged, id: &str) -> Issue {
    let text = String::from_utf8(merged.text.clone()).unwrap();
    let line = text
        .lines()
        .find(|line| line.contains(&format!("\"id\":\"{id}\"")))
        .expect("the issue is there");
    Issue::parse(line).unwrap()
}

#[test]
fn lines_that_one_side_changed_are_its_to_the_byte() {
    let [a, b, c] = ["a-1", "a-2", "a-3"].map(|id| issue(id, r#""status":"open""#, 1));
    let odd = "{ \"id\" : \"a-2\", \"x\":[1, 2] , \"title\":\"T \\u003c\"}\n";
    let report = check(
        &format!("{a}{b}"),
        &format!("{a}{odd}"),
        &format!("{c}{a}{b}"),
        &format!("{a}{odd}{c}"),
    );
    assert_eq!((report.came.count(), report.came.added), (1, vec!["a-3".to_owned()]));
    assert_eq!((report.went.count(), report.went.changed), (1, vec!["a-2".to_owned()]));
    assert!(report.both.is_empty() && report.conflicts.is_empty());
    // The base may be empty, the sides unsorted, with a mark at the beginning and carriage returns.
    check(
        "",
        &format!("{b}{a}"),
        &format!("\u{feff}{}", c.replace('\n', "\r\n")),
        &format!("{a}{b}{c}"),
    );
    check("", "", "", "");
}

#[test]
fn a_line_goes_where_one_side_took_it_out_and_the_other_left_it() {
    let before = issue("a-1", r#""status":"open""#, 1);
    let after = issue("a-1", r#""status":"in_progress""#, 2);
    let keeper = issue("a-2", r#""status":"open""#, 1);
    let with = |line: &str| format!("{line}{keeper}");
    let report = check(&with(&before), &keeper, &with(&before), &keeper);
    assert_eq!(report.went.removed, ["a-1"]);
    check(&with(&before), &keeper, &with(&after), &with(&after));
    // What is only counted or written anew is no change.
    let recounted =
        before.replace("\"description\":\"\"", "\"dependent_count\":3").replace(".000000000Z", "Z");
    check(&with(&before), &keeper, &with(&recounted), &keeper);
}

#[test]
fn fields_are_merged_one_by_one() {
    let base = issue("a-1", r#""status":"open","priority":2,"x_new":{"k":1}"#, 1);
    let ours = issue("a-1", r#""status":"open","priority":0,"x_new":{"k":1},"notes":"ours""#, 2);
    let theirs = issue(
        "a-1",
        r#""status":"open","priority":2,"x_new":{"k":2},"notes":"theirs","zz":[1]"#,
        3,
    );
    let all = issue(
        "a-1",
        r#""status":"open","priority":0,"x_new":{"k":2},"notes":"theirs","zz":[1]"#,
        3,
    );
    let report = check(&base, &ours, &theirs, &all);
    assert_eq!(report.both, ["a-1"]);
    // Changed at the same time: the greater text.
    let [ours, theirs] = ["b", "c"].map(|notes| issue("a-1", &format!(r#""notes":"{notes}""#), 2));
    check(&base, &ours, &theirs, &theirs);
    // A field that one side took out is gone; one that the other changed since isn't.
    let base = issue("a-1", r#""notes":"n","design":"d""#, 1);
    let ours = issue("a-1", r#""notes":"n2""#, 2);
    let theirs = issue("a-1", r#""design":"d2""#, 3);
    let expected = issue("a-1", r#""design":"d2""#, 3);
    check(&base, &ours, &theirs, &expected);
}

#[test]
fn closed_wins_and_keeps_its_time() {
    let base = issue("a-1", r#""status":"open","priority":2"#, 1);
    let closed = r#""status":"closed","priority":2,"closed_at":"2026-01-02T00:00:00Z","close_reason":"done""#;
    let ours = issue("a-1", closed, 2);
    for theirs in ["in_progress", "hooked", "blocked"] {
        let theirs =
            issue("a-1", &format!(r#""status":"{theirs}","priority":1,"assignee":"x""#), 5);
        let issue = fields_of(&merged(&base, &ours, &theirs), "a-1");
        assert_eq!((issue.status(), issue.priority()), (Status::Closed, 1));
        assert_eq!(
            (issue.text("closed_at"), issue.text("close_reason")),
            ("2026-01-02T00:00:00Z".into(), "done".into())
        );
        assert_eq!(issue.text("updated_at"), "2026-01-05T00:00:00Z");
    }
    // Both closed it: the later closing, whole.
    let theirs = issue(
        "a-1",
        r#""status":"closed","priority":2,"closed_at":"2026-01-03T00:00:00Z","close_reason":"other""#,
        3,
    );
    assert_eq!(fields_of(&merged(&base, &ours, &theirs), "a-1").text("close_reason"), "other");
    // Reopened on one side, and otherwise changed on the other: it is open, without a time of closing.
    let reopened = issue("a-1", r#""status":"open","priority":2"#, 3);
    let noted = issue("a-1", &format!("{closed},\"notes\":\"n\""), 4);
    let issue = fields_of(&merged(&ours, &reopened, &noted), "a-1");
    assert_eq!(
        (issue.status(), issue.text("closed_at"), issue.text("notes")),
        (Status::Open, "".into(), "n".into())
    );
    // Closed without a time: the last change must do.
    let base = super::tests::issue("a-1", r#""status":"open""#, 1);
    let [ours, theirs] = [r#""status":"closed""#, r#""status":"hooked","assignee":"x""#]
        .map(|fields| super::tests::issue("a-1", fields, 2));
    assert_eq!(
        fields_of(&merged(&base, &ours, &theirs), "a-1").text("closed_at"),
        "2026-01-02T00:00:00Z"
    );
}

#[test]
fn work_on_a_hook_stays_somebodys() {
    let base = issue("a-1", r#""status":"open","assignee":"x""#, 1);
    let hooked = issue("a-1", r#""status":"hooked","assignee":"x","notes":"n""#, 2);
    let unassigned = issue("a-1", r#""status":"open""#, 3);
    let issue = fields_of(&merged(&base, &hooked, &unassigned), "a-1");
    assert_eq!((issue.status(), issue.assignee()), (Status::Hooked, "x".into()));
}

#[test]
fn a_tombstone_beats_a_change_until_it_expires() {
    let base = issue("a-1", r#""status":"open""#, 1);
    let changed = issue("a-1", r#""status":"open","notes":"n""#, 28);
    let dead = |at: &str| issue("a-1", &format!(r#""status":"tombstone"{at}"#), 20);
    for (at, stays) in [
        (r#","deleted_at":"2026-02-20T00:00:00Z""#, false),
        (r#","deleted_at":"2026-01-29T00:00:00Z""#, true),
        (r#","deleted_at":"2026-01-30T00:00:00Z""#, false),
        ("", false),
    ] {
        let expected = if stays { changed.clone() } else { dead(at) };
        check(&base, &dead(at), &changed, &expected);
        check(&base, &dead(at), &base, &dead(at));
        // Against a line that is gone, it stays.
        check(&base, &dead(at), "", &dead(at));
    }
    let [early, late] = ["2026-02-01T00:00:00Z", "2026-02-02T00:00:00+00:00"]
        .map(|at| dead(&format!(",\"deleted_at\":\"{at}\"")));
    check(&base, &early, &late, &late);
}

#[test]
fn labels_and_dependencies_are_united_and_removals_honoured() {
    let dependency = |on: &str, kind: &str, more: &str| {
        format!(
            r#"{{"issue_id":"a-1","depends_on_id":"{on}","type":"{kind}","created_at":"2026-01-01T00:00:00Z"{more}}}"#
        )
    };
    let [x, y, z] = ["a-x", "a-y", "a-z"].map(|on| dependency(on, "blocks", ""));
    let with = |labels: &str, dependencies: &[&str], day| {
        issue(
            "a-1",
            &format!(r#""labels":[{labels}],"dependencies":[{}]"#, dependencies.join(",")),
            day,
        )
    };
    let base = with(r#""go","stay""#, &[&x, &y], 1);
    let ours = with(r#""ours","stay""#, &[&x, &y, &z], 2);
    let also = dependency("a-x", "related", "");
    let theirs = with(r#""go","stay","theirs""#, &[&x, &also], 3);
    check(&base, &ours, &theirs, &with(r#""ours","stay","theirs""#, &[&x, &also, &z], 3));
    // The last one goes too.
    let base = with(r#""go""#, &[&x], 1);
    let [ours, theirs] =
        [(r#""go""#, "", 2), ("", x.as_str(), 3)].map(|(labels, on, day)| with(labels, &[on], day));
    let merged = fields_of(&merged(&base, &ours, &theirs), "a-1");
    assert!(merged.labels().is_empty() && merged.dependencies().is_empty(), "{}", merged.line());
    // The same one, made twice: the later.
    let early = dependency("a-x", "blocks", "");
    let late = early.replace("2026-01-01", "2026-01-02");
    check(
        "",
        &with(r#""l""#, &[&early], 1),
        &with(r#""l""#, &[&late], 1),
        &with(r#""l""#, &[&late], 1),
    );
}

#[test]
fn comments_are_all_kept_with_numbers_of_their_own() {
    let comment = |id: &str, text: &str, second: u8| {
        format!(
            r#"{{"id":{id},"issue_id":"a-1","author":"me","text":"{text}","created_at":"2026-01-01T00:00:{second:02}Z"}}"#
        )
    };
    let with = |comments: &[&str], day| {
        issue("a-1", &format!(r#""comments":[{}]"#, comments.join(",")), day)
    };
    let first = comment("1", "first", 1);
    let base = with(&[&first], 1);
    let [ours, theirs] = [comment("2", "ours", 3), comment("2", "theirs", 2)];
    let renumbered = comment("3", "ours", 3);
    check(
        &base,
        &with(&[&first, &ours], 2),
        &with(&[&first, &theirs], 3),
        &with(&[&first, &theirs, &renumbered], 3),
    );
    // The same said on both sides is said once; what was taken back is gone; texts for ids stay texts.
    let [one, two] = [comment("\"u\"", "one", 4), comment("\"u\"", "two", 5)];
    let expected = with(&[&one, &comment("\"1\"", "two", 5)], 3);
    check(&base, &with(&[&first, &one], 2), &with(&[&two], 3), &expected);
}

#[test]
fn two_issues_with_one_id_both_stay() {
    let line = |id: &str, title: &str, at: &str, more: &str| {
        format!(r#"{{"id":"{id}","title":"{title}","created_at":"2026-01-0{at}Z"{more}}}"#) + "\n"
    };
    let on = |id: &str, on: &str| {
        format!(r#","dependencies":[{{"issue_id":"{id}","depends_on_id":"{on}","type":"blocks"}}]"#)
    };
    let old = line("a-1", "Old", "1T00:00:00.5", "");
    let young = line("a-1", "Young", "2T00:00:00.5", "");
    let hanging = line("a-9", "On the young one", "3T00:00:00.5", &on("a-9", "a-1"));
    let outcome = merged("", &old, &format!("{young}{hanging}"));
    let [renamed] = &outcome.report.renamed[..] else { panic!("{:?}", outcome.report) };
    assert_eq!((renamed.old.as_str(), renamed.title.as_str()), ("a-1", "Young"));
    assert!(renamed.new.starts_with("a-") && renamed.new.len() == 8, "{renamed:?}");
    assert_eq!(fields_of(&outcome, "a-1").title(), "Old");
    assert_eq!(fields_of(&outcome, &renamed.new).title(), "Young");
    assert_eq!(fields_of(&outcome, "a-9").dependencies()[0].depends_on_id, renamed.new);
    // A third replica that knows only the young one, and has changed it, finds it again.
    let changed = line("a-1", "Young", "2T00:00:00.5", r#","updated_at":"2026-02-01T00:00:00Z""#);
    let text = String::from_utf8(outcome.text.clone()).unwrap();
    let met = super::merge(
        format!("{young}{hanging}").as_bytes(),
        text.as_bytes(),
        format!("{changed}{hanging}").as_bytes(),
        now(),
    );
    assert_eq!(
        met.text.iter().filter(|byte| **byte == b'\n').count(),
        3,
        "{}",
        String::from_utf8_lossy(&met.text)
    );
    assert_eq!(fields_of(&met, &renamed.new).text("updated_at"), "2026-02-01T00:00:00Z");
    // A child keeps its parent.
    let [one, other] = [("One", "1T00:00:00.1"), ("Other", "1T00:00:00.2")]
        .map(|(title, at)| line("a-p.1", title, at, ""));
    let outcome = merged("", &one, &other);
    let new = fields_of(&outcome, &outcome.report.renamed[0].new);
    assert_eq!((new.parent().as_deref(), new.title()), (Some("a-p"), "Other".into()));
}

#[test]
fn one_issue_is_not_taken_for_two() {
    let line = |title: &str, at: &str, notes: &str| {
        format!(r#"{{"id":"a-1","title":"{title}","notes":"{notes}","created_at":"{at}"}}"#) + "\n"
    };
    for (base, one, other) in [
        // Its title was changed,
        (None, ("A", "2026-01-01T00:00:00.5Z"), ("B", "2026-01-01T00:00:00.5Z")),
        // its time was written in another zone, or cut to seconds,
        (None, ("A", "2026-01-01T00:00:00.5Z"), ("A", "2026-01-01T02:00:00.5+02:00")),
        (None, ("A", "2026-01-01T00:00:00.5Z"), ("A", "2026-01-01T00:00:00Z")),
        // or both, but all know where it comes from.
        (
            Some(("A", "2026-01-01T00:00:00.5Z")),
            ("A", "2026-07-07T00:00:00Z"),
            ("B", "2026-01-01T00:00:00Z"),
        ),
    ] {
        let base = base.map(|(title, at)| line(title, at, "")).unwrap_or_default();
        let outcome = merged(&base, &line(one.0, one.1, "x"), &line(other.0, other.1, "y"));
        assert!(outcome.report.renamed.is_empty(), "{:?}", outcome.report);
    }
    let seconds = |title| line(title, "2026-01-01T00:00:00Z", "");
    assert_eq!(merged("", &seconds("A"), &seconds("B")).report.renamed.len(), 1);
}

#[test]
fn lines_of_other_kinds_are_kept_by_their_key() {
    let memory = |key: &str, value: &str| {
        format!(r#"{{"_type":"memory","key":"{key}","value":"{value}"}}"#) + "\n"
    };
    let typed = "{\"_type\":\"issue\",\"id\":\"a-1\",\"title\":\"t\"}\n";
    let [a, b, b2, c] =
        [("a", "1"), ("b", "1"), ("b", "2"), ("c", "1")].map(|(key, value)| memory(key, value));
    check(
        &format!("{typed}{a}{b}"),
        &format!("{typed}{b}"),
        &format!("{typed}{a}{b2}{c}"),
        &format!("{typed}{b2}{c}"),
    );
}

#[test]
fn what_cannot_be_read_stays_and_is_told() {
    let fine = issue("a-1", r#""status":"open""#, 1);
    let report = check(
        "",
        &format!("{fine}{{\"id\":\n"),
        &format!("no json\n{fine}"),
        &format!("{fine}no json\n{{\"id\":\n"),
    );
    let told: Vec<_> =
        report.conflicts.iter().map(|conflict| (conflict.side, conflict.line)).collect();
    assert_eq!(told, [(Side::Ours, 2), (Side::Theirs, 1)]);
    // Mended on one side.
    let report = check(&format!("{fine}no json\n"), &fine, &format!("{fine}no json\n"), &fine);
    assert!(report.conflicts.is_empty());
    let bytes = super::merge(b"", b"\xff\n", b"", now());
    assert_eq!((bytes.text.as_slice(), bytes.report.conflicts.len()), (&b"\xff\n"[..], 1));
}

#[test]
fn the_sides_between_marks_are_merged_and_it_is_told() {
    let [a, b, c] = ["a-1", "a-2", "a-3"].map(|id| issue(id, r#""status":"open""#, 1));
    let [ours, theirs] = ["o", "t"]
        .map(|label| issue("a-2", &format!(r#""status":"open","labels":["{label}"]"#), 2));
    let both = issue("a-2", r#""status":"open","labels":["o","t"]"#, 2);
    for middle in ["", &format!("||||||| 1234\n{b}")] {
        let marked = format!("{a}<<<<<<< HEAD\n{ours}{middle}=======\n{theirs}{c}>>>>>>> other\n");
        let outcome = super::merge(b"", marked.as_bytes(), a.as_bytes(), now());
        assert_eq!(String::from_utf8_lossy(&outcome.text), format!("{a}{both}{c}"));
        assert_eq!(
            outcome.report.conflicts,
            [Conflict { side: Side::Ours, line: 2, what: Wrong::Conflict("<<<<<<<") }]
        );
    }
    // Marks that belong to nothing stay.
    let odd = format!("{a}<<<<<<< HEAD\n{b}");
    let outcome = super::merge(b"", odd.as_bytes(), b"", now());
    assert_eq!(String::from_utf8_lossy(&outcome.text), format!("{a}{b}<<<<<<< HEAD\n"));
}

#[test]
fn several_lines_of_one_issue_become_one() {
    let [one, other] = ["o", "t"].map(|label| issue("a-1", &format!(r#""labels":["{label}"]"#), 2));
    let both = issue("a-1", r#""labels":["o","t"]"#, 2);
    check("", &format!("{one}{other}{one}"), "", &both);
}
