//! `tow host import`.

use std::fs;

use crate::fleet;

#[test]
fn hosts_of_other_tools_are_taken_over() {
    let fleet = fleet();
    let tow = &fleet.tow;
    fs::write(
        tow.work().join(".agent-tmux.conf"),
        "window:dev\nremote_host: thor\nremote_alias: t\nremote_port: 2222\nremote_attach: mosh\n",
    )
    .unwrap();
    let dry = tow.run(&["host", "import", "-n"]).expect_status(0);
    assert_eq!(dry.stderr, "would add t (ssh://thor:2222)\n");
    assert!(!fleet.hosts_file().exists());
    let lines = "# old\njedi|mac@jedi|~/src\n";
    let mut command = tow.command(&["host", "import"]);
    command.env("TRIMTAB_REMOTE_HOSTS", lines);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        "added jedi (ssh://mac@jedi)\nadded t (ssh://thor:2222)\nhint: tow host check\n"
    );
    let text = fs::read_to_string(fleet.hosts_file()).unwrap();
    assert!(
        text.ends_with(
            "[host.jedi]\naddress = \"ssh://mac@jedi\"\nprojects = \"~/src\"\n\n\
             [host.t]\naddress = \"ssh://thor:2222\"\nattach = \"mosh\"\n"
        ),
        "{text}"
    );
    let again = tow.run(&["host", "import"]).expect_status(0);
    assert_eq!(again.stderr, "t is in the list already\n");
}

#[test]
fn what_is_wrong_in_them_is_told_with_file_and_line() {
    let fleet = fleet();
    for (text, expected) in [
        ("remote_alias: x\n", "old:1: remote_alias stands before any remote_host"),
        ("remote_host: a\nremote_port: x\n", "old:2: `x` is not a port"),
        ("remote_host: a\nremote_attach: et\n", "old:2: remote_attach is ssh or mosh"),
        ("a|b\nnonsense\n", "old:2: `nonsense` is neither alias|host|folder"),
    ] {
        fs::write(fleet.tow.work().join("old"), text).unwrap();
        let said = fleet.tow.run(&["host", "import", "old"]).expect_status(2);
        assert!(said.stderr.starts_with(&format!("tow: {expected}")), "{said:?}");
    }
    assert!(!fleet.hosts_file().exists());
    fs::write(fleet.tow.work().join("old"), "a|b\n").unwrap();
    fleet.tow.run(&["host", "import", "old"]).expect_status(0);
    fs::write(fleet.tow.work().join("old"), "a|elsewhere\nc|c\n").unwrap();
    let said = fleet.tow.run(&["host", "import", "old"]).expect_status(1);
    assert!(
        said.stderr.contains("old:1: a (ssh://elsewhere) is another host in the list"),
        "{said:?}"
    );
    assert!(fs::read_to_string(fleet.hosts_file()).unwrap().contains("[host.c]"));
    fleet.tow.run(&["host", "import", "missing"]).expect_status(1);
}
