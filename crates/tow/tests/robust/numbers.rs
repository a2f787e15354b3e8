//! The numbers of what is typed at an attached client: nothing that is refused or forgotten stops what comes after.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use towline_protocol::v1::{self, client_frame, reply, request, server_frame};
use towline_protocol::{FrameDecoder, PREAMBLE, encode_frame};
use towline_testkit::{Outer, Tow};

use crate::tow;

/// More clients than a holder remembers.
const CLIENTS: u32 = 400;

#[test]
fn an_attached_client_types_on_after_a_line_that_was_refused() {
    let tow = tow();
    tow.spawn("x", "stty -echo; echo ready; exec cat");
    tow.wait_output("x", "ready");
    let outer = Outer::attach(&tow, &["x"], (100, 30));
    outer.type_in(&"x".repeat(5000));
    outer.wait_text("4,095");
    outer.type_in("\r");
    outer.type_in("hello\r");
    tow.wait_output("x", "^hello$");
}

#[test]
fn an_idle_attached_client_types_on_after_others_made_the_holder_forget_it() {
    let tow = tow();
    tow.spawn("x", "stty -echo; echo ready; exec cat");
    tow.wait_output("x", "ready");
    let outer = Outer::attach(&tow, &["x"], (100, 30));
    outer.type_in("before\r");
    tow.wait_output("x", "^before$");
    open_inputs(&tow, "x");
    // What nobody can be sure of is told; what comes after it is typed.
    outer.type_in("\r");
    outer.wait_text("may not have arrived");
    outer.type_in("after\r");
    tow.wait_output("x", "^after$");
}

/// Opens as many inputs as make the holder forget the others.
fn open_inputs(tow: &Tow, pane: &str) {
    let mut stream = UnixStream::connect(tow.state().join("server.sock")).unwrap();
    stream.set_read_timeout(Some(towline_testkit::DEADLINE)).unwrap();
    let mut bytes = PREAMBLE.to_vec();
    let hello = v1::ClientHello { protocol_min: 1, protocol_max: 1, ..Default::default() };
    encode_frame(&hello, &mut bytes);
    for number in 1..=CLIENTS {
        let open = v1::OpenInput {
            target: Some(v1::Target { text: pane.into(), ..Default::default() }),
            client: number.to_le_bytes().repeat(4),
            ..Default::default()
        };
        let request = v1::Request {
            id: number.into(),
            body: Some(request::Body::OpenInput(open)),
            ..Default::default()
        };
        let body = Some(client_frame::Body::Request(request));
        encode_frame(&v1::ClientFrame { body }, &mut bytes);
    }
    stream.write_all(&bytes).unwrap();
    let mut preamble = [0; PREAMBLE.len()];
    stream.read_exact(&mut preamble).unwrap();
    let (mut decoder, mut buffer) = (FrameDecoder::new(), [0; 4096]);
    let (mut greeted, mut opened) = (false, 0);
    while opened < CLIENTS {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the server has closed the connection");
        decoder.extend(&buffer[..count]);
        greeted = greeted || decoder.next::<v1::ServerHello>().unwrap().is_some();
        while greeted && let Some(frame) = decoder.next::<v1::ServerFrame>().unwrap() {
            if let Some(server_frame::Body::Reply(reply)) = frame.body {
                assert!(matches!(reply.body, Some(reply::Body::InputOpened(_))), "{reply:?}");
                opened += 1;
            }
        }
    }
}
