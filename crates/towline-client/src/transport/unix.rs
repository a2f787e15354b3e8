//! Another server of this machine, by its socket.

use std::path::Path;

use super::{DialError, DialOptions, Dialed, Way};
use crate::connection::dial_unix;

/// Connects to the socket of one of this user's servers.
pub(super) async fn dial(path: &Path, options: &DialOptions) -> Result<Dialed, DialError> {
    let unreachable =
        |reason: String| DialError::Unreachable(format!("{}: {reason}", path.display()));
    let socket = match dial_unix(path, options.patience()).await {
        Ok(socket) => socket,
        Err(error) if error.is_nobody_there() => {
            return Err(DialError::Unreachable(format!("no server listens at {}", path.display())));
        }
        Err(error) => return Err(unreachable(error.to_string())),
    };
    let uid = socket.peer_uid().map_err(|error| unreachable(crate::io_error_in_words(&error)))?;
    // Another user's server could show anything, and would be told everything.
    if uid != rustix::process::geteuid().as_raw() {
        return Err(DialError::Refused {
            message: format!(
                "the server at {} belongs to another user (uid {uid})",
                path.display()
            ),
            hints: Vec::new(),
        });
    }
    let (reader, writer) = socket.split();
    Ok(Dialed { reader: Box::new(reader), writer: Box::new(writer), way: Way::Stream })
}
