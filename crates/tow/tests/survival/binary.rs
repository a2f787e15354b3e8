//! Towline's own program is replaced, as an upgrade does, while it runs.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use towline_testkit::{Tow, ordeal::Ordeal};

use crate::processes;

/// Puts another file in the program's place: the same program, and not the same bytes. A process of its own writes
/// it: what this one has open for writing, each child that is just being started has too, and could not run it.
fn put(program: &Path) {
    let script = r#"cp "$1" "$2.new" && date +%N >> "$2.new" && mv "$2.new" "$2""#;
    let mut command = Command::new("sh");
    command.args(["-c", script, "put", env!("CARGO_BIN_EXE_tow")]).arg(program);
    assert!(command.status().unwrap().success());
}

#[test]
fn a_changed_program_takes_over_what_the_old_one_held() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("tow");
    put(&program);
    let tow = Tow::new(&program);
    Ordeal::of(&tow).survive(|| {
        for restart in [true, false, true, false] {
            let before = tow.server_pid();
            let panes = tow.json(&["list", "--json"])["panes"].as_array().unwrap().len();
            put(&program);
            if restart {
                tow.ok(&["server", "restart"]);
            } else {
                processes::kill(before.unwrap());
                tow.ok(&["list"]);
            }
            let after = tow.server_pid().unwrap();
            assert_ne!(Some(after), before);
            let runs = std::fs::metadata(format!("/proc/{after}/exe")).unwrap();
            assert_eq!(runs.ino(), std::fs::metadata(&program).unwrap().ino());
            let now = tow.json(&["list", "--json"])["panes"].as_array().unwrap().len();
            assert_eq!((now, panes), (3, 3));
        }
    });
}

#[test]
fn a_pane_started_after_an_upgrade_is_kept_by_the_program_its_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("tow");
    put(&program);
    let tow = Tow::new(&program);
    tow.spawn("old", "exec sleep 1000");
    let old = std::fs::metadata(&program).unwrap().ino();
    put(&program);
    tow.spawn("between", "exec sleep 1000");
    tow.ok(&["server", "restart"]);
    tow.spawn("new", "exec sleep 1000");
    let new = std::fs::metadata(&program).unwrap().ino();
    for (name, expected) in [("old", old), ("between", old), ("new", new)] {
        let holder = processes::holder(&tow, name);
        let runs = std::fs::metadata(format!("/proc/{holder}/exe")).unwrap().ino();
        assert_eq!(runs, expected, "{name}");
    }
}
