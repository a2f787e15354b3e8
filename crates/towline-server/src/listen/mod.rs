//! Accepting connections: the Unix socket, from this user's processes only, and tcp and tls, from whoever proves itself.

mod announce;
mod bind;
mod remote;
mod unix;

pub use bind::ListenError;

pub(crate) use announce::announce;
pub(crate) use bind::{Bound, bind};
pub(crate) use remote::serve as serve_remote;
pub(crate) use unix::serve;

/// After a failed accept (too many open files), wait a little rather than spin.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);
