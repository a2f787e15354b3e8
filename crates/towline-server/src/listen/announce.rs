//! Telling the local network where the server listens by tls.

use std::net::SocketAddr;

use towline_client::hosts::Address;
use towline_client::transport::discovery::{self, Announcement};

use super::Bound;
use crate::auth::Auth;

/// Announces the listeners for tls, until the announcement is dropped. Without multicast there is none, and the log says
/// so.
pub(crate) fn announce(auth: &Auth, bound: &[Bound]) -> Option<Announcement> {
    let tls = bound.iter().filter(|one| matches!(one.address, Address::Tls { .. }));
    let listeners: Vec<SocketAddr> = tls.filter_map(|one| one.listener.local_addr().ok()).collect();
    if listeners.is_empty() {
        return None;
    }
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let name = name.split('.').next().unwrap_or("towline").to_owned();
    discovery::announce(&name, &auth.identity.fingerprint, &listeners)
        .map_err(|error| tracing::warn!("the server is not announced: {error}"))
        .ok()
}
