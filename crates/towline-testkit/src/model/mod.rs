//! A model for real agents: a server on a loopback port that speaks the dialects of four vendors and answers by a script.
//!
//! It keeps no state between requests. What it answers depends on words of the prompt, see the table in `script.rs`; what it
//! has seen and done is in a log with times, which tests wait on.

mod anthropic;
mod chat;
mod dialect;
mod gemini;
mod log;
mod responses;
mod script;
mod serve;

use crate::model::log::Log;

pub use log::{Event, What};
pub use script::Tool;

/// A running model server. Dropping it ends it.
#[derive(Debug)]
pub struct Model {
    port: u16,
    log: Log,
    /// Ends with it what it serves.
    _runtime: tokio::runtime::Runtime,
}

impl Model {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// Where there is no port to be had.
    pub fn start() -> Self {
        let log = Log::default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a thread of its own");
        let port = runtime.block_on(serve::listen(log.clone())).expect("a loopback port");
        Self { port, log, _runtime: runtime }
    }

    /// Where agents find it, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How much has happened: what comes later is waited for from here.
    pub fn mark(&self) -> usize {
        self.log.events().len()
    }

    /// All that has happened.
    pub fn events(&self) -> Vec<Event> {
        self.log.events().clone()
    }

    /// Waits for the first event since a [`mark`](Self::mark) that is right.
    ///
    /// # Panics
    /// Where none comes within [`DEADLINE`](crate::DEADLINE).
    #[track_caller]
    pub fn wait(&self, what: &str, since: usize, is: impl Fn(&Event) -> bool) -> Event {
        self.log.wait(what, since, is)
    }

    /// Waits until the answer to a request was sent as a whole, or refused.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_answered(&self, request: u64) -> Event {
        self.wait("answered", 0, |event| {
            event.request == request && matches!(event.what, What::Last | What::Refused(_))
        })
    }
}

#[cfg(test)]
mod tests;
