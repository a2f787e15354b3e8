//! Another server of this machine, as a host of the list.

use towline_testkit::Tow;

#[test]
fn a_server_at_a_socket_is_a_host_like_any_other() {
    let (client, other) =
        (Tow::new(env!("CARGO_BIN_EXE_tow")), Tow::new(env!("CARGO_BIN_EXE_tow")));
    other.spawn("x", "cat");
    let socket = other.state().join("server.sock");
    let folder = client.home().join("config");
    std::fs::create_dir_all(&folder).unwrap();
    let entry = format!("[host.other]\naddress = \"unix:{}\"\n", socket.display());
    std::fs::write(folder.join("hosts.toml"), entry).unwrap();
    let list = client.json(&["list", "--json"]);
    assert_eq!(list["panes"][0]["target"], "other:x", "{list}");
    client.ok(&["send", "other:x", "hello"]);
    other.wait_output("x", "^hello$");
    other.ok(&["server", "stop"]);
    let list = client.json(&["list", "--json"]);
    assert_eq!(list["hosts"][1]["status"], "unreachable", "{list}");
}
