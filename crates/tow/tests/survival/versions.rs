//! Older and newer Towlines, and those that speak something else.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use towline_protocol::v1::{
    self, ClientHello, ServerFrame, ServerHello, client_frame, reply, request, server_frame,
};
use towline_protocol::{FRAME_CAP, FrameDecoder, Message, PREAMBLE, encode_frame};
use towline_testkit::{DEADLINE, Outcome, Outer, Tow, wait_until};

use crate::{processes, tow};

/// Runs a command of a Towline that speaks these versions.
fn run(tow: &Tow, versions: &str, arguments: &[&str]) -> Outcome {
    let mut command = tow.command(arguments);
    command.env("TOWLINE_PROTOCOL", versions);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Outcome {
        status: output.status.code().unwrap(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

#[test]
fn a_server_one_version_newer_or_older_is_spoken_to() {
    for (server, client, spoken) in [("1-2", "1-1", 2), ("1-1", "1-2", 1), ("1-2", "1-2", 2)] {
        let tow = tow();
        run(&tow, server, &["server", "start"]).expect_status(0);
        let pid = processes::server(&tow).unwrap();
        let ok = |arguments: &[&str]| run(&tow, client, arguments).expect_status(0).stdout;
        ok(&[
            "spawn",
            "--detach",
            "--name",
            "x",
            "--",
            "sh",
            "-c",
            "echo ready; read x; echo got $x; sleep 1000",
        ]);
        ok(&["wait", "x", "--output", "ready", "--timeout", "30s"]);
        ok(&["send", "x", "hello"]);
        ok(&["wait", "x", "--output", "got hello", "--timeout", "30s"]);
        assert!(ok(&["list"]).contains('x'));
        let status = ok(&["server", "status", "--json"]);
        assert!(
            status.contains(&format!("\"protocol_max\":{spoken}"))
                || status.contains(&format!("\"protocol_max\": {spoken}")),
            "{status}"
        );
        // It was this server all the time.
        assert_eq!(processes::server(&tow), Some(pid));
        ok(&["kill", "x"]);
    }
}

#[test]
fn versions_that_do_not_meet_are_told_with_the_way_out() {
    let tow = tow();
    run(&tow, "1-1", &["server", "start"]).expect_status(0);
    tow.spawn("x", "exec sleep 1000");
    let pane = tow.pane("x");
    for verb in [&["list"][..], &["peek", "x"], &["send", "x", "y"], &["server", "status"]] {
        let told = run(&tow, "2-3", verb);
        let told = told.expect_error(1, "this server speaks protocol 1 to 1");
        assert!(told.stderr.contains("2 to 3"), "{told:?}");
        assert!(told.stderr.contains("hint: tow server restart"), "{told:?}");
    }
    // The way out that the hint names: a server of the newer program, and the panes run on.
    run(&tow, "2-3", &["server", "restart"]).expect_status(0);
    assert!(run(&tow, "2-3", &["list"]).expect_status(0).stdout.contains('x'));
    let told = run(&tow, "1-1", &["list"]).expect_error(1, "this server speaks protocol 2 to 3");
    assert!(told.stderr.contains("hint: the server is newer"), "{told:?}");
    run(&tow, "1-1", &["server", "restart"]).expect_status(0);
    assert_eq!(tow.pane("x")["pid"], pane["pid"]);
    // So can it be stopped.
    run(&tow, "2-3", &["server", "stop"]).expect_status(0);
    assert_eq!(processes::server(&tow), None);
    assert_eq!(tow.pane("x")["pid"], pane["pid"]);
}

#[test]
fn an_attached_client_says_why_it_can_not_go_on() {
    let tow = tow();
    tow.spawn("x", "echo ready; exec sleep 1000");
    let mut terminal = Outer::attach(&tow, &["x"], (80, 24));
    terminal.wait_sent("ready");
    run(&tow, "2-3", &["server", "restart"]).expect_status(0);
    wait_until("it ends or says why", || {
        let text = terminal.sent();
        (text.contains("[server stopped") || text.contains("speaks protocol 2 to 3")).then_some(())
    });
    terminal.type_in("\x02d");
    terminal.finish();
    run(&tow, "1-1", &["server", "restart"]).expect_status(0);
}

/// A connection without a client: bytes as the test wants them.
struct Raw {
    stream: UnixStream,
    decoder: FrameDecoder,
}

impl Raw {
    fn connect(tow: &Tow) -> Self {
        let stream = UnixStream::connect(tow.state().join("server.sock")).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Self { stream, decoder: FrameDecoder::new() }
    }

    /// Past the hellos.
    fn greeted(tow: &Tow) -> Self {
        let mut raw = Self::connect(tow);
        raw.write(&PREAMBLE);
        // A field that no version has yet.
        let mut hello = hello().encode_to_vec();
        hello.extend(unknown_field());
        raw.frame(&hello);
        let mut preamble = [0; PREAMBLE.len()];
        raw.stream.read_exact(&mut preamble).unwrap();
        assert_eq!(preamble, PREAMBLE);
        let hello: ServerHello = raw.next().expect("a hello");
        assert_eq!((hello.protocol, hello.error), (1, None));
        raw
    }

    fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    fn frame(&mut self, message: &[u8]) {
        self.write(&u32::try_from(message.len()).unwrap().to_be_bytes());
        self.write(message);
    }

    fn send(&mut self, body: client_frame::Body) {
        let mut bytes = Vec::new();
        encode_frame(&v1::ClientFrame { body: Some(body) }, &mut bytes);
        self.write(&bytes);
    }

    /// The next message; `None` where the server has closed the connection.
    fn next<M: Message + Default>(&mut self) -> Option<M> {
        loop {
            if let Some(message) = self.decoder.next().unwrap() {
                return Some(message);
            }
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes) {
                Ok(0) => return None,
                Ok(count) => self.decoder.extend(&bytes[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn answer(&mut self) -> server_frame::Body {
        self.next::<ServerFrame>().and_then(|frame| frame.body).expect("an answer")
    }

    /// It speaks and is answered.
    fn assert_alive(&mut self) {
        self.send(client_frame::Body::Ping(v1::Ping { nonce: 7 }));
        assert_eq!(self.answer(), server_frame::Body::Pong(v1::Pong { nonce: 7 }));
    }
}

fn hello() -> ClientHello {
    ClientHello { protocol_min: 1, protocol_max: 1, ..ClientHello::default() }
}

/// Field 1000, with a text of four bytes.
fn unknown_field() -> Vec<u8> {
    vec![0xc2, 0x3e, 4, b'n', b'e', b'w', b'!']
}

#[test]
fn what_a_newer_client_says_is_tolerated() {
    let tow = tow();
    tow.ok(&["list"]);
    let mut raw = Raw::greeted(&tow);
    // A frame of an unknown kind is ignored.
    raw.frame(&unknown_field());
    raw.frame(&[]);
    raw.assert_alive();
    // A request of an unknown kind has an answer: field 1 of the frame is the request, whose field 1 is its id.
    let request = [&[8, 42][..], &unknown_field()].concat();
    raw.frame(&[&[10, u8::try_from(request.len()).unwrap()][..], &request].concat());
    let server_frame::Body::Reply(reply) = raw.answer() else { panic!("a reply") };
    let Some(reply::Body::Error(error)) = reply.body else { panic!("an error") };
    assert_eq!((reply.id, error.kind()), (42, v1::ErrorKind::Unsupported));
    assert!(error.message.contains("does not know") && !error.hints.is_empty(), "{error:?}");
    // An unknown field of a known request is ignored: field 11 of a request is the list.
    let request = [&[8, 43, 90, 7][..], &unknown_field()].concat();
    raw.frame(&[&[10, u8::try_from(request.len()).unwrap()][..], &request].concat());
    let server_frame::Body::Reply(reply) = raw.answer() else { panic!("a reply") };
    assert!(matches!(reply.body, Some(reply::Body::Listed(_))), "{reply:?}");
    raw.assert_alive();
}

#[test]
fn what_is_no_client_is_closed_and_harms_nobody() {
    let tow = tow();
    tow.ok(&["list"]);
    for (what, bytes) in [
        ("garbage", b"GET / HTTP/1.0\r\n\r\n".to_vec()),
        ("a huge hello", [&PREAMBLE[..], &u32::MAX.to_be_bytes()].concat()),
        ("a hello that is none", [&PREAMBLE[..], &[0, 0, 0, 2, 0xff, 0xff]].concat()),
    ] {
        let mut raw = Raw::connect(&tow);
        raw.write(&bytes);
        assert!(raw.next::<ServerHello>().is_none(), "{what} is closed");
    }
    let cap = u32::try_from(FRAME_CAP).unwrap() + 1;
    for bytes in [&cap.to_be_bytes()[..], &[0, 0, 0, 2, 0xff, 0xff]] {
        let mut raw = Raw::greeted(&tow);
        raw.assert_alive();
        raw.write(bytes);
        assert!(raw.next::<ServerFrame>().is_none(), "{bytes:?} ends the connection");
    }
    tow.ok(&["list"]);
}

#[test]
fn a_client_that_says_half_a_hello_keeps_nobody_waiting() {
    let tow = tow();
    tow.ok(&["list"]);
    let hello = hello().encode_to_vec();
    let mut silent: Vec<Raw> = Vec::new();
    for length in 0..20 {
        let mut raw = Raw::connect(&tow);
        let whole =
            [&PREAMBLE[..], &[0, 0, 0, u8::try_from(hello.len()).unwrap()], &hello].concat();
        raw.write(&whole[..length.min(whole.len() - 1)]);
        silent.push(raw);
    }
    let begun = std::time::Instant::now();
    tow.ok(&["list"]);
    let mut other = Raw::greeted(&tow);
    other.assert_alive();
    let mut list = v1::Request { id: 1, ..v1::Request::default() };
    list.body = Some(request::Body::List(v1::List::default()));
    other.send(client_frame::Body::Request(list));
    assert!(matches!(other.answer(), server_frame::Body::Reply(_)));
    // A hello may take ten seconds; nobody waits for another's.
    assert!(begun.elapsed().as_secs() < 5);
    // A server that stops doesn't wait for it either.
    tow.ok(&["server", "stop"]);
    drop(silent);
}
