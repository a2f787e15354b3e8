//! News of agents elsewhere that come to wait for a person, while attached.

use std::future::{Future, pending};
use std::pin::Pin;

use towline_client::{Connection, Stream, StreamItem};
use towline_protocol::Message as _;
use towline_protocol::v1::{self, request};

use crate::output::one_line;
use crate::pane::agent::{asks, word};
use crate::pane::target::{host_of, target_of};

/// What may be on its way, in bytes.
const CREDIT: u64 = 64 * 1024;

/// Where news come from.
pub(super) enum Told {
    /// Nowhere: nobody wants them, or the server is away or has none.
    Nothing,
    Opening(Pin<Box<dyn Future<Output = Option<Stream>>>>),
    Open(Stream),
}

impl Told {
    /// News from the server at the other end of a connection.
    pub(super) fn of(connection: &Connection) -> Self {
        let connection = connection.clone();
        Self::Opening(Box::pin(async move {
            let notices = request::Body::Notices(v1::Notices { credit: CREDIT });
            // An older server knows of no news.
            connection.open(notices).await.ok().map(|(_, stream)| stream)
        }))
    }

    /// The next pane whose agent waits. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> v1::Pane {
        loop {
            match self {
                Self::Nothing => pending::<()>().await,
                Self::Opening(opening) => {
                    *self = opening.await.map_or(Self::Nothing, Self::Open);
                }
                Self::Open(stream) => match stream.next().await {
                    Some(StreamItem::Data { data, .. }) => {
                        stream.credit(data.len() as u64);
                        if let Ok(v1::Notice { pane: Some(pane) }) = v1::Notice::decode(&*data) {
                            return pane;
                        }
                    }
                    Some(StreamItem::Ack(_) | StreamItem::Changed) => {}
                    Some(StreamItem::End(_)) | None => *self = Self::Nothing,
                },
            }
        }
    }
}

/// Whether two panes are the same one.
pub(super) fn is_same(one: &v1::Pane, other: &v1::Pane) -> bool {
    one.id == other.id && one.tmux == other.tmux && host_of(one) == host_of(other)
}

/// What is told of a pane.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct News {
    /// Which pane, and what it does: `thor:app is blocked`.
    pub(super) title: String,
    /// What it asks, or that it has finished.
    pub(super) body: String,
}

impl News {
    pub(super) fn of(pane: &v1::Pane) -> Self {
        let agent = pane.agent.clone().unwrap_or_default();
        let title = format!("{} is {}", target_of(pane), word(&agent));
        let body = asks(pane).unwrap_or_else(|| match agent.state.as_str() {
            "done" => format!("{} has finished", agent.kind),
            _ => format!("{} waits for you", agent.kind),
        });
        Self { title: one_line(&title), body: one_line(&body) }
    }

    /// Both in one line.
    pub(super) fn line(&self) -> String {
        format!("{} · {}", self.title, self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane(state: &str, question: &str) -> v1::Pane {
        let agent = v1::Agent {
            kind: "claude".into(),
            state: state.into(),
            question: question.into(),
            ..Default::default()
        };
        v1::Pane {
            id: 3,
            name: "app".into(),
            host: "thor".into(),
            agent: Some(agent),
            ..Default::default()
        }
    }

    #[test]
    fn news_are_one_line_that_moves_no_cursor() {
        for (state, question, expected) in [
            ("blocked", "Run\x1b[2J rm?", "thor:app is blocked · Run [2J rm?"),
            ("blocked", "", "thor:app is blocked · claude waits for you"),
            ("done", "", "thor:app is done · claude has finished"),
        ] {
            assert_eq!(News::of(&pane(state, question)).line(), expected);
        }
    }

    #[test]
    fn panes_of_two_hosts_are_two() {
        let one = pane("done", "");
        assert!(is_same(&one, &v1::Pane { name: "renamed".into(), ..one.clone() }));
        assert!(!is_same(&one, &v1::Pane { host: "loki".into(), ..one.clone() }));
        assert!(!is_same(&one, &v1::Pane { id: 4, ..one.clone() }));
    }
}
