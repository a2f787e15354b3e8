//! A connection by tls whose network is gone without a word.

use towline_testkit::netns::{self, Cable};
use towline_testkit::{Outer, wait_until};

use crate::{configure, tow};

#[test]
fn an_attached_client_notices_and_goes_on_when_the_network_is_back() {
    if let Err(reason) = netns::available() {
        println!("skipped: {reason}");
        return;
    }
    let cable = Cable::new();
    let (server, client) = (tow(), tow());
    let address = format!("tls://{}:9001", cable.there.address());
    configure(&server, &[&address]);
    let mut start = server.command(&["server", "start", "-q"]);
    cable.there.enter(&mut start);
    assert!(start.status().unwrap().success());
    server.spawn("x", "echo ready; cat");
    let code = server.ok(&["server", "pair", "laptop"]);
    client.run_with_input(&["host", "pair", "office", "--code", "-"], code.as_bytes());

    let mut attach = client.command(&["--addr", &address, "attach", "x"]);
    attach.env("TERM", "xterm-256color");
    cable.here.enter(&mut attach);
    let mut outer = Outer::start(attach, (80, 24));
    outer.wait_text("ready");
    cable.cut();
    outer.type_in("meanwhile\r");
    outer.wait_text("reconnecting");
    cable.restore();
    server.wait_output("x", "^meanwhile$");
    outer.type_in("\u{2}d");
    assert_eq!(outer.finish(), Some(0));
    // The server lets go of a connection whose other end is gone.
    wait_until("only the asking client is left", || {
        (server.json(&["server", "status", "--json"])["clients"] == 1).then_some(())
    });
}
