//! A ledger's file that holds anything, and three versions of one: reading loses nothing, and a merge is the same whichever
//! side is ours, and is at rest when it is done again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use towline_ledger::attachment::Attachment;
use towline_ledger::merge::merge;
use towline_ledger::{Issue, Issues};

fuzz_target!(|input: (&[u8], &[u8], &[u8])| {
    let (base, ours, theirs) = input;
    let issues = Issues::parse(ours.to_vec());
    assert_eq!(issues.bytes(), ours);
    for brief in issues.iter() {
        let issue = brief.issue();
        assert_eq!(issue.line(), brief.line());
        describe(issue);
    }
    // 2026-01-01T00:00:00Z: which tombstones have expired depends on it.
    let now = towline_ledger::time::read("2026-01-01T00:00:00Z").expect("a time");
    let one = merge(base, ours, theirs, now);
    assert_eq!(one.text, merge(base, theirs, ours, now).text);
    // Lines that can't be read are put behind each other, where the marks of merges among them may come to fit together.
    if one.report.conflicts.is_empty() {
        assert_eq!(merge(&one.text, &one.text, &one.text, now).text, one.text);
    }
});

/// Changes of single fields say what was wanted, and leave a line that can be read.
fn describe(mut issue: Issue) {
    let text = issue.description().into_owned();
    let attachment = Attachment::read(&text);
    issue.set_text("description", &attachment.write(&text));
    issue.set_text("assignee", "somebody <a&b>");
    issue.add_label("a label");
    let again = Issue::parse(issue.line()).expect("a line that was written");
    assert_eq!(again.assignee(), "somebody <a&b>");
    assert!(again.has_label("a label"));
    assert_eq!(Attachment::read(&again.description()), attachment);
}
