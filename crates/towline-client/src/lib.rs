//! Paths, configuration, the connection to a server, and target resolution.
//!
//! Nothing here prints, parses arguments or decides what to tell a person: front ends do.

pub mod config;
pub mod connection;
pub mod exchanges;
mod flow;
pub mod hosts;
pub mod input;
pub mod paths;
pub mod programs;
pub mod rule_files;
pub mod scope;
pub mod socket;
pub mod start;
pub mod target;
pub mod tmux;
pub mod transport;

pub use connection::{
    ConnectError, Connection, HelloOptions, Lost, RequestError, Stream, StreamItem,
    io_error_in_words, without_error_numbers,
};
pub use flow::Flow;
pub use input::PendingInput;
pub use paths::{Paths, PathsError};
pub use start::{StartError, StartPolicy, ensure_server};
