//! A town that is made of files alone: no git, no other verbs.

use std::fs;
use std::path::{Path, PathBuf};

use towline_testkit::Tow;

/// A town with the rig `demo` (prefix `demo`), whose workers Toast, Nux (polecats) and max (crew) have folders.
pub(crate) fn town(tow: &Tow) -> PathBuf {
    let root = tow.work().join("town");
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("mayor/town.json", r#"{"type":"town","version":2,"name":"home"}"#);
    write(".beads/config.yaml", "issue-prefix: hq\n");
    write(".beads/issues.jsonl", "");
    write(
        ".beads/routes.jsonl",
        "{\"prefix\":\"hq-\",\"path\":\".\"}\n{\"prefix\":\"demo-\",\"path\":\"demo\"}\n",
    );
    write(
        "demo/config.json",
        r#"{"type":"rig","version":1,"name":"demo","beads":{"prefix":"demo"}}"#,
    );
    write("demo/.beads/config.yaml", "issue-prefix: demo\n");
    write("demo/.beads/issues.jsonl", "");
    for folder in ["deacon", "demo/witness", "demo/refinery/rig", "demo/crew/max"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for name in ["Toast", "Nux"] {
        write(&format!("demo/polecats/{name}/.beads/redirect"), "../../.beads\n");
    }
    root
}

/// Where a worker of it works.
pub(crate) fn folder(town: &Path, who: &str) -> PathBuf {
    match who {
        "mayor" | "deacon" => town.join(who),
        who => town.join("demo").join(who),
    }
}

/// Adds lines to a ledger of it.
pub(crate) fn add(town: &Path, ledger: &str, lines: &[&str]) {
    let file = town.join(ledger).join(".beads/issues.jsonl");
    let mut text = fs::read_to_string(&file).unwrap();
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    let mut all: Vec<&str> = text.lines().collect();
    all.sort_unstable();
    fs::write(file, all.join("\n") + "\n").unwrap();
}

/// An issue's line.
pub(crate) fn line(id: &str, rest: &str) -> String {
    format!(
        r#"{{"id":"{id}","title":"Fix the build","description":"It fails.","priority":1,"issue_type":"bug","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z",{rest}}}"#
    )
}
