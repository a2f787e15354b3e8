//! The Unix socket: connections from this user's processes only.

use std::sync::Arc;

use tokio::net::UnixListener;
use towline_client::socket::Socket;

use super::PAUSE;
use crate::conn;
use crate::server::Server;

/// Serves the Unix socket for ever.
pub(crate) async fn serve(server: Arc<Server>, listener: UnixListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => match stream.into_std().and_then(Socket::new) {
                Ok(socket) if is_own(&socket) => {
                    let server = Arc::clone(&server);
                    tokio::spawn(async move { conn::serve(server, socket).await });
                }
                Ok(_) => {}
                Err(error) => tracing::warn!("a connection can't be served: {error}"),
            },
            Err(error) => {
                tracing::warn!("can't accept a connection: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Whether the peer is this server's user. Nobody else gets a word.
fn is_own(socket: &Socket) -> bool {
    let own = rustix::process::geteuid().as_raw();
    match socket.peer_uid() {
        Ok(peer) if peer == own => true,
        Ok(peer) => {
            tracing::warn!("user {peer} tried to connect");
            false
        }
        Err(error) => {
            tracing::warn!("a peer can't be told: {error}");
            false
        }
    }
}
