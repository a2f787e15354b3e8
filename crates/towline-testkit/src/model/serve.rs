//! The server: HTTP on loopback, answers as steps in time.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::dialect::{self, Answer, Call, Step};
use super::log::{Log, What};

/// The pieces of an answer, on their way.
type Pieces = mpsc::Receiver<Bytes>;

/// Listens on a free port, and serves as long as the runtime lives.
pub(super) async fn listen(log: Log) -> io::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    let numbers = Arc::new(AtomicU64::new(0));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (log, numbers) = (log.clone(), Arc::clone(&numbers));
            let service = service_fn(move |request| {
                let number = numbers.fetch_add(1, Ordering::Relaxed) + 1;
                serve(request, number, log.clone())
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
    Ok(port)
}

async fn serve(
    request: Request<Incoming>,
    number: u64,
    log: Log,
) -> Result<
    Response<StreamBody<impl stream::Stream<Item = Result<Frame<Bytes>, Infallible>>>>,
    hyper::Error,
> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (asked, answer) = dialect::answer(&Call { number, path: head.uri.path(), body: &body });
    let (prompt, answered, aside) = (asked.prompt, asked.answered, asked.aside);
    log.note(number, What::Came { prompt, answered, aside });
    let kind = if answer.json { "application/json" } else { "text/event-stream" };
    let mut response = Response::builder().status(answer.status).header(CONTENT_TYPE, kind);
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    // One piece at a time: what was sent was taken.
    let (pieces, taken) = mpsc::channel(1);
    tokio::spawn(play(answer, number, pieces, log));
    let body = StreamBody::new(stream::unfold(taken, next));
    Ok(response.body(body).expect("the headers are plain"))
}

async fn next(mut pieces: Pieces) -> Option<(Result<Frame<Bytes>, Infallible>, Pieces)> {
    let piece = pieces.recv().await?;
    Some((Ok(Frame::data(piece)), pieces))
}

/// Takes an answer's steps, and notes what comes of it.
async fn play(answer: Answer, number: u64, pieces: mpsc::Sender<Bytes>, log: Log) {
    let mut first = true;
    for step in answer.steps {
        let there = match step {
            Step::Pause(pause) => tokio::select! {
                () = tokio::time::sleep(pause) => true,
                () = pieces.closed() => false,
            },
            Step::Send(text) => {
                let sent = pieces.send(text.into()).await.is_ok();
                if sent && std::mem::take(&mut first) {
                    log.note(number, What::First);
                }
                sent
            }
            Step::Note(what) => {
                log.note(number, what);
                true
            }
        };
        if !there {
            return log.note(number, What::Gone);
        }
    }
    let end = if answer.status == 200 { What::Last } else { What::Refused(answer.status) };
    log.note(number, end);
}
