//! `docs/terminal.md` has a table of all that is tested here.

#![allow(clippy::unwrap_used, reason = "a test")]

use super::GROUPS;
use super::case::{Entry, Group};
use std::fmt::Write;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- sequences: begin -->\n";
const END: &str = "<!-- sequences: end -->\n";

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/terminal.md")
}

#[test]
fn the_document_tells_all_sequences() {
    let text = std::fs::read_to_string(document()).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the document has a table");
    let (written, after) = rest.split_once(END).expect("the table ends");
    let table = table();
    if std::env::var_os("TOWLINE_UPDATE_DOCS").is_some() {
        std::fs::write(document(), format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    let differing = table.lines().zip(written.lines()).find(|(now, then)| now != then);
    assert!(
        table == written,
        "docs/terminal.md is out of date, first at {differing:?}: \
         TOWLINE_UPDATE_DOCS=1 cargo test -p towline-vt --test sequences"
    );
}

fn table() -> String {
    let mut out = String::new();
    for Group { title, entries } in GROUPS {
        writeln!(out, "\n### {title}\n\n| sequence | name | what it does |").unwrap();
        writeln!(out, "| --- | --- | --- |").unwrap();
        for Entry { form, name, does, .. } in *entries {
            let (form, does) = (form.replace('|', "\\|"), does.replace('|', "\\|"));
            // A backtick stands within two.
            let form =
                if form.contains('`') { format!("`` {form} ``") } else { format!("`{form}`") };
            writeln!(out, "| {form} | {name} | {does} |").unwrap();
        }
    }
    out.push('\n');
    out
}
