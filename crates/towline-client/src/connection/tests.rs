//! A connection against a server that the test plays.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use towline_protocol::v1::{self, client_frame, goodbye, reply, request, server_frame};
use towline_protocol::{FrameDecoder, Message, PREAMBLE, encode_frame};

use super::*;

/// Longer than anything here takes; a hang fails rather than stays.
const LONG: Duration = Duration::from_secs(10);

/// The server's end.
struct Peer {
    stream: DuplexStream,
    decoder: FrameDecoder,
}

impl Peer {
    fn new(stream: DuplexStream) -> Self {
        Self { stream, decoder: FrameDecoder::new() }
    }

    async fn more(&mut self) {
        let mut bytes = [0; 4096];
        let read = tokio::time::timeout(LONG, self.stream.read(&mut bytes)).await;
        let count = read.unwrap().unwrap();
        assert!(count > 0, "the client has closed the connection");
        self.decoder.extend(&bytes[..count]);
    }

    async fn message<M: Message + Default>(&mut self) -> M {
        loop {
            match self.decoder.next::<M>().unwrap() {
                Some(message) => return message,
                None => self.more().await,
            }
        }
    }

    async fn frame(&mut self) -> client_frame::Body {
        self.message::<v1::ClientFrame>().await.body.unwrap()
    }

    async fn request(&mut self) -> v1::Request {
        match self.frame().await {
            client_frame::Body::Request(request) => request,
            other => panic!("not a request: {other:?}"),
        }
    }

    async fn send(&mut self, body: server_frame::Body) {
        let mut bytes = Vec::new();
        encode_frame(&v1::ServerFrame { body: Some(body) }, &mut bytes);
        self.stream.write_all(&bytes).await.unwrap();
    }

    async fn reply(&mut self, id: u64, body: reply::Body) {
        self.send(server_frame::Body::Reply(v1::Reply { id, body: Some(body) })).await;
    }

    async fn data(&mut self, stream: u64, data: &[u8], offset: u64) {
        let data = v1::StreamData { stream, data: data.to_vec(), offset };
        self.send(server_frame::Body::Data(data)).await;
    }

    async fn hello(&mut self, noise: &[u8], hello: v1::ServerHello) {
        let preamble = loop {
            match self.decoder.take_raw::<8>() {
                Some(preamble) => break preamble,
                None => self.more().await,
            }
        };
        assert_eq!(preamble, PREAMBLE);
        let client: v1::ClientHello = self.message().await;
        assert_eq!(client.protocol_max, 1);
        let mut bytes = [noise, &PREAMBLE].concat();
        encode_frame(&hello, &mut bytes);
        self.stream.write_all(&bytes).await.unwrap();
    }
}

fn options() -> HelloOptions {
    HelloOptions { deadline: LONG, request_timeout: LONG, ..HelloOptions::default() }
}

/// A connection and its server's end, after the handshake.
async fn connected() -> (Connection, Peer) {
    let (client, server) = tokio::io::duplex(64 * 1024);
    let mut peer = Peer::new(server);
    let hello = v1::ServerHello { protocol: 1, pid: 7, ..Default::default() };
    let (connection, ()) =
        tokio::join!(Connection::over(client, options()), peer.hello(b"", hello));
    (connection.unwrap(), peer)
}

/// What comes of a handshake with a peer that sends these bytes and closes.
async fn shaken(bytes: &[u8]) -> Result<Connection, ConnectError> {
    let (client, mut server) = tokio::io::duplex(256 * 1024);
    server.write_all(bytes).await.unwrap();
    server.shutdown().await.unwrap();
    Connection::over(client, options()).await
}

fn status() -> request::Body {
    request::Body::Status(v1::Status {})
}

#[tokio::test]
async fn noise_before_the_preamble_is_skipped() {
    let (client, server) = tokio::io::duplex(64 * 1024);
    let mut peer = Peer::new(server);
    let hello = v1::ServerHello { protocol: 1, version: "9".into(), ..Default::default() };
    let noise = b"Welcome!\nTOWLINTOWLINE \n";
    let (connection, ()) =
        tokio::join!(Connection::over(client, options()), peer.hello(noise, hello));
    assert_eq!(connection.unwrap().server().version, "9");
}

#[tokio::test]
async fn what_is_no_server_is_told_from_one() {
    let text = |outcome: Result<Connection, ConnectError>| outcome.unwrap_err().to_string();
    assert_eq!(text(shaken(b"").await), "the other end closed the connection at once");
    assert_eq!(
        text(shaken(b"hello\ntow: command not found\n\n").await),
        "no Towline server answers there; it says: tow: command not found"
    );
    let endless = vec![b'x'; NOISE_CAP + 8192];
    assert!(matches!(shaken(&endless).await, Err(ConnectError::NotTowline(_))));
    let mut refusal = PREAMBLE.to_vec();
    let error = v1::Error { message: "too old".into(), ..Default::default() };
    encode_frame(&v1::ServerHello { error: Some(error), ..Default::default() }, &mut refusal);
    assert!(matches!(shaken(&refusal).await, Err(ConnectError::Refused(_))));
    let broken = [PREAMBLE.as_slice(), &u32::MAX.to_be_bytes()].concat();
    assert!(matches!(shaken(&broken).await, Err(ConnectError::Frame(_))));
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_given_up() {
    let (client, _server) = tokio::io::duplex(1024);
    let outcome = Connection::over(client, options()).await;
    assert!(matches!(outcome, Err(ConnectError::Timeout(_))));
}

#[tokio::test]
async fn replies_find_their_requests_in_any_order() {
    let (connection, mut peer) = connected().await;
    assert_eq!(connection.server().pid, 7);
    let serve = async {
        let (first, second) = (peer.request().await, peer.request().await);
        peer.reply(99, reply::Body::Done(v1::Done {})).await;
        for (id, panes) in [(second.id, 2), (first.id, 1)] {
            let status = v1::StatusReply { panes, ..Default::default() };
            peer.reply(id, reply::Body::Status(status)).await;
        }
    };
    let (first, second, ()) =
        tokio::join!(connection.request(status()), connection.request(status()), serve);
    let panes = |reply| match reply {
        Ok(reply::Body::Status(status)) => status.panes,
        other => panic!("{other:?}"),
    };
    assert_eq!((panes(first), panes(second)), (1, 2));
}

#[tokio::test]
async fn an_error_is_the_servers_own() {
    let (connection, mut peer) = connected().await;
    let error = v1::Error { message: "no pane".into(), ..Default::default() };
    let serve = async {
        let request = peer.request().await;
        assert_eq!(request.key, [3; 16]);
        peer.reply(request.id, reply::Body::Error(error.clone())).await;
    };
    let (outcome, ()) = tokio::join!(connection.request_keyed([3; 16], "", status()), serve);
    assert_eq!(outcome, Err(RequestError::Remote(error)));
}

#[tokio::test]
async fn a_stream_brings_its_pieces_in_order() {
    let (connection, mut peer) = connected().await;
    let serve = async {
        let id = peer.request().await.id;
        // Data may overtake nothing, but it may follow the reply at once.
        peer.reply(id, reply::Body::Followed(v1::Followed::default())).await;
        peer.data(id, b"one", 5).await;
        let ack = v1::InputAck { stream: id, seq: 4, error: None };
        peer.send(server_frame::Body::InputAck(ack)).await;
        peer.data(99, b"nobody's", 0).await;
        peer.send(server_frame::Body::End(v1::StreamEnd { stream: id, ..Default::default() }))
            .await;
        id
    };
    let raw = request::Body::Raw(v1::Raw::default());
    let (opened, id) = tokio::join!(connection.open(raw), serve);
    let (_, mut stream) = opened.unwrap();
    assert_eq!(stream.id(), id);
    let data = StreamItem::Data { data: b"one".to_vec(), offset: 5 };
    assert_eq!(stream.next().await, Some(data));
    assert!(matches!(stream.next().await, Some(StreamItem::Ack(ack)) if ack.seq == 4));
    stream.credit(3);
    assert!(matches!(stream.next().await, Some(StreamItem::End(_))));
    assert_eq!(stream.next().await, None);
    drop(stream);
    let credit = v1::Credit { stream: id, bytes: 3 };
    assert_eq!(peer.frame().await, client_frame::Body::Credit(credit));
    // A stream that has ended is not cancelled: the next frame is the next request.
    drop(tokio::spawn(async move { connection.request(status()).await }));
    assert!(matches!(peer.frame().await, client_frame::Body::Request(_)));
}

#[tokio::test]
async fn a_dropped_stream_is_cancelled() {
    let (connection, mut peer) = connected().await;
    let serve = async {
        let id = peer.request().await.id;
        peer.reply(id, reply::Body::Done(v1::Done {})).await;
        id
    };
    let (opened, id) = tokio::join!(connection.open(request::Body::Watch(v1::Watch {})), serve);
    drop(opened.unwrap());
    assert_eq!(peer.frame().await, client_frame::Body::Cancel(v1::Cancel { id }));
}

#[tokio::test(start_paused = true)]
async fn a_request_without_reply_times_out_and_is_cancelled() {
    let (connection, mut peer) = connected().await;
    let outcome = connection.request_within(Some(Duration::from_secs(1)), status()).await;
    assert_eq!(outcome, Err(RequestError::Timeout));
    let id = peer.request().await.id;
    assert_eq!(peer.frame().await, client_frame::Body::Cancel(v1::Cancel { id }));
}

#[tokio::test]
async fn a_ping_is_answered() {
    let (_connection, mut peer) = connected().await;
    peer.send(server_frame::Body::Ping(v1::Ping { nonce: 8 })).await;
    assert_eq!(peer.frame().await, client_frame::Body::Pong(v1::Pong { nonce: 8 }));
}

#[tokio::test]
async fn frames_of_a_newer_server_are_passed_over() {
    let (connection, mut peer) = connected().await;
    // A field that no frame of this version has.
    peer.stream.write_all(&[0, 0, 0, 3, 0xfa, 0x3f, 0]).await.unwrap();
    let serve = async {
        let id = peer.request().await.id;
        peer.reply(id, reply::Body::Done(v1::Done {})).await;
    };
    let (outcome, ()) = tokio::join!(connection.request(status()), serve);
    assert_eq!(outcome, Ok(reply::Body::Done(v1::Done {})));
}

#[tokio::test]
async fn whoever_waits_learns_that_the_connection_is_lost_and_why() {
    let (connection, mut peer) = connected().await;
    let serve = async move {
        let id = peer.request().await.id;
        peer.request().await;
        peer.reply(id, reply::Body::Done(v1::Done {})).await;
        let mut goodbye = v1::Goodbye::default();
        goodbye.set_reason(goodbye::Reason::Restarting);
        peer.send(server_frame::Body::Goodbye(goodbye)).await;
    };
    let watch = connection.open(request::Body::Watch(v1::Watch {}));
    let (opened, waiting, ()) = tokio::join!(watch, connection.request(status()), serve);
    let goodbye = Some(goodbye::Reason::Restarting);
    assert_eq!(waiting, Err(RequestError::Lost { goodbye }));
    assert_eq!(opened.unwrap().1.next().await, None);
    assert_eq!(connection.lost().await, Lost { goodbye });
    assert_eq!(connection.request(status()).await, Err(RequestError::Lost { goodbye }));
    let frame = client_frame::Body::Ping(v1::Ping { nonce: 1 });
    assert_eq!(connection.send(frame), Err(Lost { goodbye }));
}

#[tokio::test]
async fn more_than_the_socket_takes_is_written_later_in_order() {
    let (connection, mut peer) = connected().await;
    let serve = async {
        let id = peer.request().await.id;
        peer.reply(id, reply::Body::Attached(v1::Attached::default())).await;
    };
    let attach = request::Body::Attach(v1::Attach::default());
    let (opened, ()) = tokio::join!(connection.open(attach), serve);
    let (_, stream) = opened.unwrap();
    let inputs = 300;
    for seq in 1..=inputs {
        let input = v1::Input { stream: stream.id(), seq, data: vec![b'x'; 1024] };
        connection.send(client_frame::Body::Input(input)).unwrap();
    }
    assert!(connection.backlog() > 0);
    for expected in 1..=inputs {
        match peer.frame().await {
            client_frame::Body::Input(input) => assert_eq!(input.seq, expected),
            other => panic!("not an input: {other:?}"),
        }
    }
    assert_eq!(connection.backlog(), 0);
}

#[tokio::test]
async fn the_last_handle_closes_the_connection() {
    let (connection, mut peer) = connected().await;
    let clone = connection.clone();
    drop(connection);
    tokio::task::yield_now().await;
    clone.send(client_frame::Body::Ping(v1::Ping { nonce: 2 })).unwrap();
    assert!(matches!(peer.frame().await, client_frame::Body::Ping(_)));
    drop(clone);
    let mut rest = Vec::new();
    let read = tokio::time::timeout(LONG, peer.stream.read_to_end(&mut rest)).await;
    assert_eq!(read.unwrap().unwrap(), 0);
}
