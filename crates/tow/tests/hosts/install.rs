//! `tow host install` and `upgrade`.

use std::fs;
use std::path::Path;

use towline_testkit::{Fleet, Setup, Tow};

use crate::{fleet, json};

/// Where it is put in the home of a host.
const PLACE: &str = ".local/bin/tow";

/// The program under test with something added that changes nothing: another file.
fn another(folder: &Path) -> String {
    let path = folder.join("another-tow");
    let mut bytes = fs::read(env!("CARGO_BIN_EXE_tow")).unwrap();
    bytes.extend(b"another");
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn left_beside(fleet: &Fleet) -> Vec<String> {
    let folder = fleet.host_named("thor").home().join(".local/bin");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The host's own Towline, by the program that was put there.
fn server_pid(there: &Tow) -> Option<i32> {
    there.server_pid()
}

#[test]
fn tow_is_put_there_and_upgraded_while_panes_run_on() {
    let fleet = fleet().host("thor", Setup::bare());
    let thor = fleet.host_named("thor");
    let installed = fleet.tow.json(&["host", "install", "--json", "thor"]);
    assert_eq!(installed["path"], thor.home().join(PLACE).to_str().unwrap());
    assert_eq!(installed["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(installed["changed"], true);
    assert_eq!(installed["restarted"], false);
    let again = fleet.tow.json(&["host", "install", "--json", "thor"]);
    assert_eq!(again["changed"], false);

    thor.sh(&format!("./{PLACE} spawn --detach --name x -- cat")).expect_status(0);
    let before = server_pid(thor.there()).unwrap();
    let pane = thor.there().pane("x")["pid"].clone();
    let program = another(fleet.tow.work().as_path());
    let said = fleet.tow.run(&["host", "upgrade", "--json", "--file", &program]).expect_status(0);
    let upgraded = json(&said);
    assert_eq!(upgraded["hosts"][0]["changed"], true, "{upgraded}");
    assert_eq!(upgraded["hosts"][0]["restarted"], true, "{upgraded}");
    assert_ne!(server_pid(thor.there()), Some(before));
    assert_eq!(thor.there().pane("x")["pid"], pane, "the pane runs on");
    assert_eq!(left_beside(&fleet), ["tow"]);
    fleet.tow.run(&["host", "check", "thor"]).expect_status(0);
}

#[test]
fn what_does_not_run_there_takes_nobodys_place() {
    let fleet = fleet().host("thor", Setup::bare());
    let place = fleet.host_named("thor").home().join(PLACE);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(&place, "the old one").unwrap();
    let file = fleet.tow.work().join("broken");
    fs::write(&file, "#!/bin/sh\necho 'no such libc' >&2\nexit 1\n").unwrap();
    let said = fleet.tow.run(&["host", "install", "thor", "--file", "broken"]).expect_status(1);
    assert!(said.stderr.contains("the program does not run on thor: no such libc"), "{said:?}");
    assert_eq!(fs::read_to_string(&place).unwrap(), "the old one");
    assert_eq!(left_beside(&fleet), ["tow"]);

    // Its head, with the machine (`e_machine`) of an s390x.
    let mut other = fs::read(env!("CARGO_BIN_EXE_tow")).unwrap()[..4096].to_vec();
    other[18..20].copy_from_slice(&22u16.to_le_bytes());
    fs::write(&file, other).unwrap();
    let said = fleet.tow.run(&["host", "install", "thor", "--file", "broken"]).expect_status(1);
    assert!(said.stderr.contains("broken is for Linux s390x"), "{said:?}");
    assert!(said.stderr.contains("hint: tow host install thor --file BIN"), "{said:?}");
}

#[test]
fn an_upgrade_goes_on_past_hosts_that_fail() {
    let fleet = fleet().refusing("dead").host("bare", Setup::bare()).towline("thor");
    let said = fleet.tow.run(&["host", "upgrade", "--json"]).expect_status(1);
    let hosts = json(&said)["hosts"].clone();
    assert_eq!(hosts[0]["error"], "cannot reach dead: Connection refused", "{hosts}");
    assert_eq!(hosts[1]["skipped"], "no tow there", "{hosts}");
    assert_eq!(hosts[2]["version"], env!("CARGO_PKG_VERSION"), "{hosts}");
    let said = fleet.tow.run(&["host", "upgrade", "bare"]).expect_status(1);
    assert!(said.stderr.contains("hint: tow host install bare"), "{said:?}");
    fleet.tow.run(&["host", "upgrade", "dead"]).expect_status(5);
}

#[test]
fn a_server_that_is_a_unit_is_restarted_by_systemd() {
    let fleet = fleet().host("thor", Setup::bare());
    let thor = fleet.host_named("thor");
    fleet.tow.run(&["host", "install", "thor"]).expect_status(0);
    thor.sh(&format!("./{PLACE} spawn --detach --name x -- cat")).expect_status(0);
    thor.install("systemctl", "echo \"$*\" >>~/systemctl");
    let program = another(fleet.tow.work().as_path());
    fleet.tow.run(&["host", "upgrade", "thor", "--file", &program]).expect_status(0);
    let called = fs::read_to_string(thor.home().join("systemctl")).unwrap();
    assert!(called.ends_with("--user restart towline.service\n"), "{called}");
}
