//! Every verb on a pane of another host, as if it were here.

use serde_json::json;

use crate::fleet;

#[test]
fn a_pane_is_started_and_used_there() {
    let fleet = fleet().towline("thor");
    let thor = fleet.host_named("thor");
    let project = thor.project("gridplay");
    let spawned = fleet.tow.json(&[
        "spawn",
        "--on",
        "thor",
        "gridplay",
        "--json",
        "--env",
        "X=1 2",
        "--",
        "sh",
        "-c",
        "echo in $PWD with $X; read line; echo got $line; read more",
    ]);
    assert_eq!(spawned["target"], "thor:gridplay");
    assert_eq!(spawned["host"], "thor");
    assert_eq!(spawned["cwd"], json!(project.to_str().unwrap()));
    fleet.tow.wait_output("thor:gridplay", "in .*gridplay with 1 2");
    let sent = fleet.tow.ok(&["send", "thor:gridplay", "it's \"me\"; $(touch x)"]);
    assert_eq!(sent, "sent → thor:gridplay: \"it's \\\"me\\\"; $(touch x)\"\n");
    fleet.tow.wait_output("thor:gridplay", "got it's");
    let lines = fleet.tow.ok(&["peek", "gridplay", "-n", "5"]);
    assert!(lines.contains("got it's \"me\"; $(touch x)"), "{lines}");
    assert!(!project.join("x").exists());
    fleet.tow.ok(&["rename", "thor:gridplay", "a name"]);
    let info = fleet.tow.json(&["info", "thor:a name", "--json"]);
    assert_eq!(info["target"], "thor:a name");
    let told = fleet.tow.ok(&["kill", "thor:a name"]);
    assert_eq!(told, "killed thor:a name\n");
    assert_eq!(fleet.tow.run(&["info", "thor:a name"]).status, 3);
}
