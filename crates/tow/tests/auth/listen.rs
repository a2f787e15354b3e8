//! Where a server listens, and where a client connects to.

use towline_testkit::{Port, wait_until};

use crate::{Pair, configure, text, tow};

#[test]
fn plain_tcp_to_or_for_another_machine_is_refused_at_both_ends() {
    let tow = tow();
    for arguments in [
        ["server", "run", "--listen", "tcp://0.0.0.0:9999"],
        ["server", "run", "--listen-tcp", "0.0.0.0:9999"],
        ["server", "run", "--listen", "tcp://[::]:9999"],
    ] {
        let error = tow.run(&arguments).expect_error(2, "would be open to other machines");
        assert!(error.stderr.contains("hint: --listen tls://"), "{error:?}");
    }
    let error = tow.run(&["--addr", "tcp://192.0.2.1:9999", "list"]);
    let error = error.expect_error(2, "leads to another machine");
    assert!(error.stderr.contains("hint: ssh -L 9999:localhost:9999 192.0.2.1"), "{error:?}");
}

#[test]
fn a_port_that_is_taken_or_no_address_is_told() {
    let tow = tow();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", taken.local_addr().unwrap());
    tow.run(&["server", "run", "--listen", &address]).expect_error(1, "address already in use");
    tow.run(&["server", "run", "--listen", "ssh://thor"])
        .expect_error(2, "can't listen at ssh://thor");
    let odd = tow.run(&["server", "run", "--listen", "9999"]).expect_status(2);
    assert!(odd.stderr.contains("is not an address"), "{odd:?}");
}

#[test]
fn a_server_in_the_foreground_listens_where_it_is_told() {
    let tow = tow();
    let (tcp, tls) = (Port::new(), Port::new());
    let tcp_address = tcp.address().to_string();
    let tls_address = format!("tls://localhost:{}", tls.number());
    let run = tow.start(&["server", "run", "--listen-tcp", &tcp_address, "--listen", &tls_address]);
    for address in [format!("tcp://{tcp_address}"), tls_address] {
        wait_until("it answers", || {
            (tow.run(&["--addr", &address, "server", "status"]).status == 0).then_some(())
        });
    }
    drop(run);
}

#[test]
fn the_servers_secret_may_lie_elsewhere() {
    let (tow, port) = (tow(), Port::new());
    let secret = tow.work().join("secret");
    let address = format!("tcp://localhost:{}", port.number());
    let run = tow.start(&["server", "run", "--listen", &address, "--secret-file", text(&secret)]);
    wait_until("it answers", || {
        let options = ["--addr", &address, "--secret-file", text(&secret), "server", "status"];
        (tow.run(&options).status == 0).then_some(())
    });
    assert!(!tow.state().join("secret").exists());
    drop(run);
}

#[test]
fn a_listener_of_the_configuration_that_fails_keeps_nobody_from_his_panes() {
    let tow = tow();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    configure(&tow, &[&format!("tls://{}", taken.local_addr().unwrap())]);
    tow.spawn("x", "cat");
    let status = tow.json(&["server", "status", "--json"]);
    let degraded = status["degraded"].as_array().unwrap();
    assert!(degraded[0].as_str().unwrap().contains("cannot listen at tls://"), "{degraded:?}");
}

#[test]
fn what_is_no_server_of_ours_is_told_from_one() {
    use std::io::Write;
    let tow = tow();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = port.accept().unwrap();
            stream.write_all(b"220 mail.example.org ESMTP, and more than forty bytes\r\n").unwrap();
        }
    });
    let tcp = format!("tcp://{address}");
    tow.run(&["--addr", &tcp, "list"]).expect_error(5, "no Towline server answers there");
    let tls = format!("tls://{address}");
    tow.run(&["--addr", &tls, "list"]).expect_error(5, "no Towline server answers there");
    server.join().unwrap();
    tow.run(&["--addr", &tcp, "list"]).expect_error(5, "connection refused");
}

#[test]
fn a_changed_key_is_not_taken() {
    let pair = Pair::new();
    let print = std::fs::read_to_string(pair.server.state().join("fingerprint")).unwrap();
    let (address, secret) = (pair.at("tls"), pair.secret());
    let options =
        ["--addr", &address, "--secret-file", text(&secret), "--fingerprint", print.trim(), "list"];
    pair.client.ok(&options);
    std::fs::remove_file(pair.server.state().join("tls.key")).unwrap();
    pair.server.ok(&["server", "restart"]);
    pair.wait();
    pair.client.run(&options).expect_error(5, "its key is not the one that is pinned");
    pair.is_unharmed();
}

#[test]
fn a_stopped_server_says_goodbye_to_those_far_away_too() {
    let pair = Pair::new();
    let (address, secret) = (pair.at("tls"), pair.secret());
    let mut waiting = pair.client.start(&[
        "--addr",
        &address,
        "--secret-file",
        text(&secret),
        "wait",
        "x",
        "--exit",
        "--timeout",
        "30s",
    ]);
    wait_until("it is connected", || pair.log().contains("has connected").then_some(()));
    pair.server.ok(&["server", "stop"]);
    assert!(!waiting.finish().success());
    let stopped = || waiting.error_line().contains("the server was stopped").then_some(());
    wait_until("it says why", stopped);
}
