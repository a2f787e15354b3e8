//! Finding servers on the network, in a network of the test's own.

use std::process::Command;

use serde_json::Value;
use towline_testkit::netns::{self, Cable};
use towline_testkit::wait_until;

use crate::tow;

#[test]
fn a_server_that_announces_itself_is_found_and_others_are_not() {
    if let Err(reason) = netns::available() {
        println!("skipped: {reason}");
        return;
    }
    let cable = Cable::new();
    let (shown, hidden, client) = (tow(), tow(), tow());
    let at = |port: u16| format!("tls://{}:{port}", cable.there.address());
    let run = |mut command: Command| {
        cable.there.enter(&mut command);
        assert!(command.status().unwrap().success());
    };
    for (server, port, discovery) in [(&shown, 9001, true), (&hidden, 9002, false)] {
        let folder = server.home().join("config");
        std::fs::create_dir_all(&folder).unwrap();
        let text = format!("listen = [{:?}]\ndiscovery = {discovery}\n", at(port));
        std::fs::write(folder.join("config.toml"), text).unwrap();
        run(server.command(&["server", "start", "-q"]));
    }
    let found = wait_until("it is found", || {
        let mut command = client.command(&["host", "discover", "--wait", "1s", "--json"]);
        cable.here.enter(&mut command);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        told["servers"].as_array().filter(|servers| !servers.is_empty()).cloned()
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["addresses"], serde_json::json!([at(9001)]));
    let print = std::fs::read_to_string(shown.state().join("fingerprint")).unwrap();
    assert_eq!(found[0]["fingerprint"].as_str(), Some(print.trim()));
}
