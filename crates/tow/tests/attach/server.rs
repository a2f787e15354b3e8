//! A server that says what the test wants it to say.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use towline_protocol::v1::{self, client_frame, goodbye, reply, request, server_frame};
use towline_protocol::{FrameDecoder, PREAMBLE, encode_frame};

use crate::PATIENCE;

/// The server's socket, in a folder of its own.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    listener: UnixListener,
}

impl Server {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("server.sock")).unwrap();
        Self { folder, listener }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("server.sock")
    }

    /// A folder for the client's own files.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Goes away for good, with a mark.
    pub(crate) fn stop(&self) -> PathBuf {
        std::fs::remove_file(self.path()).unwrap();
        let mark: &Path = &self.folder.path().join("stopped");
        std::fs::write(mark, "").unwrap();
        mark.to_owned()
    }

    /// The next client, greeted.
    pub(crate) fn accept(&self) -> Client {
        let (stream, _) = self.listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = Client { stream, decoder: FrameDecoder::new() };
        while client.decoder.buffered() < PREAMBLE.len() {
            assert!(client.read());
        }
        assert_eq!(client.decoder.take_raw(), Some(PREAMBLE));
        let hello: v1::ClientHello = client.frame().unwrap();
        assert_eq!(hello.protocol_max, 1);
        let mut bytes = PREAMBLE.to_vec();
        let answer =
            v1::ServerHello { protocol: 1, version: "test".to_owned(), ..Default::default() };
        encode_frame(&answer, &mut bytes);
        client.stream.write_all(&bytes).unwrap();
        client
    }
}

/// A connection of the client's.
pub(crate) struct Client {
    stream: UnixStream,
    decoder: FrameDecoder,
}

impl Client {
    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.decoder.extend(&buffer[..count]);
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(error) => panic!("the client says nothing: {error}"),
        }
    }

    fn frame<M: towline_protocol::Message + Default>(&mut self) -> Option<M> {
        loop {
            if let Some(frame) = self.decoder.next().unwrap() {
                return Some(frame);
            }
            if !self.read() {
                return None;
            }
        }
    }

    /// Waits for the first frame that `wanted` takes; others are passed over.
    pub(crate) fn expect<T>(&mut self, wanted: impl Fn(client_frame::Body) -> Option<T>) -> T {
        loop {
            let frame: v1::ClientFrame = self.frame().expect("the client has gone");
            if let Some(found) = frame.body.and_then(&wanted) {
                return found;
            }
        }
    }

    pub(crate) fn expect_request(&mut self) -> (u64, request::Body) {
        self.expect(|body| match body {
            client_frame::Body::Request(request) => Some((request.id, request.body?)),
            _ => None,
        })
    }

    pub(crate) fn expect_attach(&mut self) -> (u64, v1::Attach) {
        match self.expect_request() {
            (id, request::Body::Attach(attach)) => (id, attach),
            (_, other) => panic!("no attach: {other:?}"),
        }
    }

    pub(crate) fn expect_input(&mut self, seq: u64, data: &[u8]) {
        let input = self.expect(|body| match body {
            client_frame::Body::Input(input) => Some(input),
            _ => None,
        });
        assert_eq!(
            (input.seq, input.data.escape_ascii().to_string()),
            (seq, data.escape_ascii().to_string())
        );
    }

    pub(crate) fn expect_cancel(&mut self, id: u64) {
        self.expect(|body| {
            matches!(body, client_frame::Body::Cancel(cancel) if cancel.id == id).then_some(())
        });
    }

    /// All frames until the client goes.
    pub(crate) fn rest(&mut self) -> Vec<client_frame::Body> {
        let mut bodies = Vec::new();
        while let Some(frame) = self.frame::<v1::ClientFrame>() {
            bodies.extend(frame.body);
        }
        bodies
    }

    pub(crate) fn wait_closed(&mut self) {
        self.rest();
    }

    fn send(&mut self, body: server_frame::Body) {
        let mut bytes = Vec::new();
        encode_frame(&v1::ServerFrame { body: Some(body) }, &mut bytes);
        self.stream.write_all(&bytes).unwrap();
    }

    pub(crate) fn reply(&mut self, id: u64, body: reply::Body) {
        self.send(server_frame::Body::Reply(v1::Reply { id, body: Some(body) }));
    }

    pub(crate) fn error(&mut self, id: u64, kind: v1::ErrorKind, message: &str) {
        let error = v1::Error { kind: kind.into(), message: message.to_owned(), hints: Vec::new() };
        self.reply(id, reply::Body::Error(error));
    }

    pub(crate) fn data(&mut self, stream: u64, data: &[u8]) {
        self.send(server_frame::Body::Data(v1::StreamData {
            stream,
            data: data.to_vec(),
            offset: 0,
        }));
    }

    pub(crate) fn ack(&mut self, stream: u64, seq: u64) {
        self.send(server_frame::Body::InputAck(v1::InputAck { stream, seq, error: None }));
    }

    pub(crate) fn end(&mut self, stream: u64, exit: Option<v1::Exit>) {
        self.send(server_frame::Body::End(v1::StreamEnd { stream, error: None, exit }));
    }

    pub(crate) fn goodbye(&mut self, reason: goodbye::Reason) {
        self.send(server_frame::Body::Goodbye(v1::Goodbye { reason: reason.into() }));
    }
}

/// A pane that runs.
pub(crate) fn pane(id: u64, name: &str) -> v1::Pane {
    v1::Pane {
        id,
        name: name.to_owned(),
        session: "agents".to_owned(),
        window: u32::try_from(id).unwrap(),
        command: vec![b"claude".to_vec()],
        status: v1::PaneStatus::Running.into(),
        ..Default::default()
    }
}
