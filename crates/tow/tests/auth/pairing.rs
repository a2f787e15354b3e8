//! Pairing by ssh and by a code, renewing, and taking it back.

use std::os::unix::fs::PermissionsExt;

use towline_testkit::{Fleet, Outcome, Port, wait_until};

use crate::{Pair, configure};

/// A client, and a host called thor whose server listens by tls.
fn fleet() -> (Fleet, Port) {
    let fleet = Fleet::new(env!("CARGO_BIN_EXE_tow")).towline("thor");
    let port = Port::new();
    let thor = fleet.host_named("thor");
    configure(thor.there(), &[&format!("tls://{}", port.address())]);
    thor.spawn("x", "cat");
    (fleet, port)
}

fn address(port: &Port) -> String {
    format!("tls://{}", port.address())
}

#[test]
fn a_host_is_paired_by_ssh_and_then_reached_by_tls() {
    let (fleet, port) = fleet();
    let (tow, address) = (&fleet.tow, address(&port));
    tow.run(&["--addr", &address, "list"]).expect_error(2, "not paired");
    tow.ok(&["host", "pair", "thor", "--address", &address]);
    let hosts = std::fs::read_to_string(fleet.hosts_file()).unwrap();
    assert!(hosts.contains(&format!("address = \"{address}\"")), "{hosts}");
    let secret = tow.home().join("config/secrets/thor");
    assert_eq!(std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
    // The entry is found by the key of the server that answers.
    let calls = fleet.ssh.calls().len();
    assert!(tow.ok(&["--addr", &address, "list"]).contains('x'));
    let other = format!("tls://localhost:{}", port.number());
    assert!(tow.ok(&["--addr", &other, "list"]).contains('x'));
    assert_eq!(fleet.ssh.calls().len(), calls, "tls needs no ssh");
    // The client's own server goes that way, too.
    let list = tow.json(&["list", "--json"]);
    assert_eq!(list["panes"][0]["target"], "thor:x", "{list}");
    assert_eq!(fleet.ssh.calls().len(), calls, "tls needs no ssh");
    assert!(fleet.host_named("thor").tow(&["server", "clients"]).stdout.lines().count() == 1);
}

#[test]
fn a_new_secret_is_made_only_when_that_is_asked_for() {
    let (fleet, port) = fleet();
    let (tow, address) = (&fleet.tow, address(&port));
    tow.ok(&["host", "pair", "thor", "--address", &address]);
    let secret = tow.home().join("config/secrets/thor");
    let first = std::fs::read(&secret).unwrap();
    let again =
        tow.run(&["host", "pair", "thor", "--ssh", "thor"]).expect_error(2, "paired already");
    assert!(again.stderr.contains("hint: tow host pair thor --renew"), "{again:?}");
    assert_eq!(std::fs::read(&secret).unwrap(), first);
    tow.ok(&["host", "pair", "thor", "--ssh", "thor", "--renew"]);
    assert_ne!(std::fs::read(&secret).unwrap(), first);
    assert!(tow.ok(&["--addr", &address, "list"]).contains('x'));
    std::fs::write(&secret, &first).unwrap();
    tow.run(&["--addr", &address, "list"]).expect_error(5, "does not take this machine's secret");
}

#[test]
fn a_code_holds_all_that_is_needed() {
    let pair = Pair::new();
    let address = pair.at("tls");
    let code = pair.server.ok(&["server", "pair", "laptop", "--address", &address]);
    assert_eq!(code.lines().count(), 1);
    let take = ["host", "pair", "office", "--code", "-"];
    let wrong = pair.client.run_with_input(&take, &code.as_bytes()[..40]);
    wrong.expect_error(2, "no code of `tow server pair`");
    pair.client.run_with_input(&take, code.as_bytes()).expect_status(0);
    let hosts = std::fs::read_to_string(pair.client.home().join("config/hosts.toml")).unwrap();
    assert!(hosts.contains("[host.office]") && hosts.contains(&address), "{hosts}");
    assert!(pair.client.ok(&["--addr", &address, "list"]).contains('x'));
    assert_eq!(pair.server.ok(&["server", "clients"]), "laptop\n");
}

#[test]
fn a_revoked_client_is_out_at_once_and_stays_out() {
    let pair = Pair::new();
    let address = pair.at("tls");
    for name in ["laptop", "phone"] {
        let code = pair.server.ok(&["server", "pair", name, "--address", &address]);
        if name == "laptop" {
            let take = ["host", "pair", "office", "--code", "-"];
            pair.client.run_with_input(&take, code.as_bytes()).expect_status(0);
        }
    }
    let options = ["--addr", &address];
    let follow = pair.client.start(&[&options[..], &["peek", "x", "--raw", "--follow"]].concat());
    wait_until("it is connected", || pair.log().contains("laptop has connected").then_some(()));
    pair.server.ok(&["server", "revoke", "phone"]);
    assert!(pair.client.ok(&[&options[..], &["list"]].concat()).contains('x'));
    pair.server.ok(&["server", "revoke", "laptop"]);
    wait_until("its connection is closed", || {
        let log = pair.log();
        (log.contains("laptop from") && log.contains("is no longer known")).then_some(())
    });
    let refused = |outcome: Outcome| outcome.expect_error(5, "does not take this machine's secret");
    refused(pair.client.run(&[&options[..], &["list"]].concat()));
    drop(follow);
    let unknown = pair.server.run(&["server", "revoke", "laptop"]);
    unknown.expect_error(3, "no client called laptop is paired");
    pair.is_unharmed();
}

#[test]
fn a_client_is_revoked_from_another_machine() {
    let (fleet, port) = fleet();
    let (tow, address) = (&fleet.tow, address(&port));
    tow.ok(&["host", "pair", "thor", "--name", "old-laptop", "--address", &address]);
    tow.ok(&["host", "pair", "thor", "--ssh", "thor", "--revoke", "old-laptop"]);
    tow.run(&["--addr", &address, "list"]).expect_error(5, "does not take this machine's secret");
    let again = tow.run(&["host", "pair", "thor", "--ssh", "thor", "--revoke", "old-laptop"]);
    again.expect_error(1, "no client called old-laptop is paired");
}

#[test]
fn a_server_that_listens_nowhere_has_no_code_to_tell() {
    let tow = crate::tow();
    let error = tow.run(&["server", "pair", "laptop"]).expect_error(2, "listen nowhere");
    assert!(error.stderr.contains("hint: put listen = "), "{error:?}");
    assert_eq!(tow.json(&["server", "clients", "--json"])["clients"], serde_json::json!([]));
    tow.run(&["server", "pair", "a b", "--address", "tls://thor"])
        .expect_error(2, "can't be a client's name");
}
