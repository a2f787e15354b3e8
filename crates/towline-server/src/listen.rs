//! Accepting connections, from this user's processes only.

use std::sync::Arc;

use tokio::net::{UnixListener, UnixStream};

use crate::conn;
use crate::server::Server;

/// After a failed accept (too many open files), wait a little rather than spin.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// Serves the Unix socket for ever.
pub(crate) async fn serve(server: Arc<Server>, listener: UnixListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if is_own(&stream) {
                    let server = Arc::clone(&server);
                    tokio::spawn(async move { conn::serve(server, stream).await });
                }
            }
            Err(error) => {
                tracing::warn!("can't accept a connection: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Whether the peer is this server's user. Nobody else gets a word.
fn is_own(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    match stream.peer_cred() {
        Ok(peer) if peer.uid() == own => true,
        Ok(peer) => {
            tracing::warn!("user {} tried to connect", peer.uid());
            false
        }
        Err(error) => {
            tracing::warn!("a peer can't be told: {error}");
            false
        }
    }
}
