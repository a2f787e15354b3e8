//! The panes of those who look after a town and its rigs.

use std::fs;

use serde_json::Value;
use towline_testkit::{Demo, Outer, wait_until};

use crate::common::{ok_in, tow, town};

#[test]
fn roles_are_started_found_and_stopped() {
    let tow = tow();
    let demo = Demo::install(&tow);
    let program = demo.program().to_str().unwrap();
    let config = format!("command = [\"{program}\"]\n");
    fs::write(tow.home().join("config/config.toml"), config).unwrap();
    let town = town(&tow);
    let witness = town.join("demo/witness");
    let absent = ok_in(&tow, &town, &["mayor", "status"]);
    assert_eq!(absent, "○ mayor is not running\n");
    assert_eq!(tow.server_pid(), None);
    assert_eq!(ok_in(&tow, &town, &["mayor", "start"]), "mayor\n");
    assert_eq!(ok_in(&tow, &town, &["mayor", "start"]), "● mayor is running already (mayor)\n");
    // Without a terminal it says where.
    assert_eq!(ok_in(&tow, &witness, &["mayor", "attach"]), "mayor\n");
    assert_eq!(ok_in(&tow, &witness, &["witness", "attach"]), "demo-witness\n");
    ok_in(&tow, &town, &["refinery", "start", "demo"]);
    ok_in(&tow, &town, &["deacon", "start"]);
    for (name, folder) in [
        ("mayor", town.join("mayor")),
        ("deacon", town.join("deacon")),
        ("demo-witness", witness.clone()),
        ("demo-refinery", town.join("demo/refinery/rig")),
    ] {
        assert_eq!(tow.pane(name)["cwd"], folder.to_str().unwrap(), "{name}");
    }
    let status: Value =
        serde_json::from_str(&ok_in(&tow, &town, &["refinery", "status", "demo", "--json"]))
            .unwrap();
    assert_eq!((&status["running"], &status["pane"]), (&true.into(), &"demo-refinery".into()));
    // Another town's mayor is another.
    let other = tow.work().join("other");
    tow.ok(&["town", "init", "other"]);
    assert_eq!(ok_in(&tow, &other, &["mayor", "status"]), "○ mayor is not running\n");
    assert_eq!(ok_in(&tow, &other, &["mayor", "start"]), "mayor-2\n");
    assert_eq!(ok_in(&tow, &other, &["mayor", "stop"]), "✓ mayor stopped\n");
    assert!(ok_in(&tow, &town, &["mayor", "status"]).starts_with("● mayor is running (mayor)\n"));
    for (arguments, status) in
        [(&["witness", "status"][..], 2), (&["witness", "attach", "none"], 3), (&["mayor"], 2)]
    {
        tow.run_in(&town, arguments).expect_status(status);
    }
    tow.run(&["mayor", "attach"]).expect_error(1, "is in no town");
}

#[test]
fn the_mayor_is_attached_to() {
    let tow = tow();
    let demo = Demo::install(&tow);
    let program = demo.program().to_str().unwrap();
    fs::write(tow.home().join("config/config.toml"), format!("command = [\"{program}\"]\n"))
        .unwrap();
    let town = town(&tow);
    let mut command = tow.command(&["mayor", "attach"]);
    command.current_dir(&town).env("PWD", &town);
    let _outer = Outer::start(command, (80, 24));
    wait_until("it is attached", || {
        let panes = tow.panes();
        panes
            .first()
            .is_some_and(|pane| pane["name"] == "mayor" && pane["attached"] == 1)
            .then_some(())
    });
}
