//! Every sequence that the terminal model knows, each with examples of what it does; `docs/terminal.md` is made of them.
//!
//! `TOWLINE_UPDATE_DOCS=1 cargo test -p towline-vt --test sequences` writes the table anew.
//!
//! Each example is fed in one piece, byte by byte, and with a save and a load at every byte: all must come to the same.

#[path = "../support/mod.rs"]
mod support;

mod case;
mod charsets;
mod commands;
mod cursor;
mod document;
mod editing;
mod images;
mod margins;
mod modes;
mod queries;
mod resets;
mod screens;
mod styles;
mod text;

use case::Group;

/// All of them, in the order of the document.
const GROUPS: [&Group; 12] = [
    &text::GROUP,
    &charsets::GROUP,
    &styles::GROUP,
    &cursor::GROUP,
    &editing::GROUP,
    &margins::GROUP,
    &screens::GROUP,
    &modes::GROUP,
    &queries::GROUP,
    &commands::GROUP,
    &images::GROUP,
    &resets::GROUP,
];

#[test]
fn each_does_what_it_says() {
    let mut wrong = Vec::new();
    for entry in GROUPS.iter().flat_map(|group| group.entries) {
        assert!(!entry.cases.is_empty(), "{} has no example", entry.form);
        wrong.extend(entry.cases.iter().filter_map(|case| {
            case.check().err().map(|why| format!("{} {}: {why}", entry.form, entry.name))
        }));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn none_is_told_twice() {
    let mut forms: Vec<_> =
        GROUPS.iter().flat_map(|group| group.entries).map(|entry| entry.form).collect();
    forms.sort_unstable();
    let twice = forms.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(twice, None);
}
