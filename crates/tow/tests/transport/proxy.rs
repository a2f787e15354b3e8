//! `tow proxy`: the host's end of the way.

use std::io::{Read, Write};
use std::process::Stdio;

use towline_protocol::v1::{ClientHello, ServerHello};
use towline_protocol::{FrameDecoder, PREAMBLE, encode_frame};
use towline_testkit::Tow;

fn tow() -> Tow {
    Tow::new(env!("CARGO_BIN_EXE_tow"))
}

#[test]
fn it_carries_the_protocol_and_nothing_else_and_ends_with_its_input() {
    let tow = tow();
    let mut command = tow.command(&["proxy"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut hello = PREAMBLE.to_vec();
    encode_frame(
        &ClientHello { protocol_min: 1, protocol_max: 1, ..Default::default() },
        &mut hello,
    );
    stdin.write_all(&hello).unwrap();
    let mut decoder = FrameDecoder::new();
    let mut greeted = false;
    let server: ServerHello = loop {
        let mut bytes = [0; 4096];
        let count = stdout.read(&mut bytes).unwrap();
        assert!(count > 0, "it has ended");
        decoder.extend(&bytes[..count]);
        greeted = greeted || decoder.take_raw::<8>().is_some_and(|preamble| preamble == PREAMBLE);
        if let Some(hello) = greeted.then(|| decoder.next().unwrap()).flatten() {
            break hello;
        }
    };
    assert_eq!(server.protocol, 1);
    drop(stdin);
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"");
    let outcome = child.wait_with_output().unwrap();
    assert!(outcome.status.success() && outcome.stderr.is_empty(), "{outcome:?}");
}

#[test]
fn it_ends_with_the_server() {
    let tow = tow();
    tow.spawn("x", "cat");
    let mut command = tow.command(&["proxy"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let stdin = child.stdin.take();
    tow.kill_server();
    let mut rest = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut rest).unwrap();
    assert!(child.wait().unwrap().success());
    drop(stdin);
}

#[test]
fn a_server_that_was_stopped_is_left_alone() {
    let tow = tow();
    tow.ok(&["server", "start"]);
    tow.ok(&["server", "stop"]);
    tow.run(&["proxy"]).expect_error(5, "the server was stopped");
    assert!(tow.server_pid().is_none());
}

#[test]
fn it_goes_to_this_hosts_server_whatever_the_environment_says() {
    let mut tow = tow();
    tow.spawn("x", "cat");
    tow.set_env("TOWLINE_ADDR", "unix:/none");
    tow.set_env("TOWLINE_SOCKET", "/none");
    tow.run(&["proxy"]).expect_status(0);
    for name in ["TOWLINE_ADDR", "TOWLINE_SOCKET"] {
        tow.set_env(name, "");
    }
}
