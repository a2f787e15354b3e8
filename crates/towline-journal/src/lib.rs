//! The append-only record of a pane's terminal: format, writer, reader, recovery.
//!
//! A journal is a folder of segments (see `format`). Output bytes of a pane are numbered from 0 for
//! ever; a record carries the number of its first byte, its `offset`. Records without bytes (a new size,
//! a start, an exit) carry the offset of the byte that comes next.
//!
//! * [`Writer`] appends. Only one may exist per folder; the holder's lock sees to that.
//! * [`Reader`] reads from any offset and follows the writer, in the same or another process.
//! * [`summary`] tells what can be told without reading it all.
//! * [`sync`] and [`compress_closed`] are the server's upkeep.
//!
//! The crate knows nothing of terminals, and does no asynchronous I/O.

mod error;
mod format;
mod reader;
mod reserve;
mod segments;
mod source;
mod summary;
mod upkeep;
mod writer;

pub use error::Error;
pub use format::{Entry, ExitStatus, Micros, RECORD_MAX, Record, now};
pub use reader::Reader;
pub use summary::{Summary, summary};
pub use upkeep::{compress_closed, sync};
pub use writer::{Options, Writer};
