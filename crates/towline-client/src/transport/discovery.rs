//! Finding servers on the local network: DNS-SD over multicast DNS, as printers do it.
//!
//! Whatever is heard so is only a hint: anybody on the network can say anything. Who the server is the pairing tells.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use mdns_sd::{IfKind, ResolvedService, ScopedIp, ServiceDaemon, ServiceEvent, ServiceInfo};
use tokio::time::Instant;

use super::Fingerprint;

/// What the service is called.
const SERVICE: &str = "_towline._tcp.local.";

/// The property that holds the fingerprint of the server's key.
const FINGERPRINT: &str = "fingerprint";

/// How long the last word of an announcement may take.
const GOODBYE: Duration = Duration::from_millis(200);

/// A server that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// What it calls itself.
    pub name: String,
    /// Where it listens by tls.
    pub addresses: Vec<SocketAddr>,
    /// What it says of its key.
    pub fingerprint: Option<String>,
}

/// Multicast is not to be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("multicast DNS can't be used: {0}")]
pub struct DiscoveryError(String);

impl From<mdns_sd::Error> for DiscoveryError {
    fn from(error: mdns_sd::Error) -> Self {
        Self(crate::without_error_numbers(&error.to_string()))
    }
}

/// Listeners that are announced, until this is dropped.
pub struct Announcement {
    daemon: ServiceDaemon,
    names: Vec<String>,
}

impl std::fmt::Debug for Announcement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Announcement").field("names", &self.names).finish_non_exhaustive()
    }
}

/// Announces a server's listeners for tls; those on loopback are nobody's business.
///
/// # Errors
/// Where there is no multicast.
pub fn announce(
    host_name: &str,
    fingerprint: &Fingerprint,
    listeners: &[SocketAddr],
) -> Result<Announcement, DiscoveryError> {
    let daemon = ServiceDaemon::new()?;
    let mut announcement = Announcement { daemon, names: Vec::new() };
    for listener in listeners.iter().filter(|listener| !listener.ip().is_loopback()) {
        let (name, host) =
            (format!("{host_name}-{}", listener.port()), format!("{host_name}.local."));
        let properties = [(FINGERPRINT, fingerprint.to_string())];
        // The addresses are looked up again and again: those of an interface come and go.
        let mut service =
            ServiceInfo::new(SERVICE, &name, &host, (), listener.port(), &properties[..])?
                .enable_addr_auto();
        if !listener.ip().is_unspecified() {
            service.set_interfaces(vec![IfKind::Addr(listener.ip())]);
        }
        announcement.names.push(service.get_fullname().to_owned());
        announcement.daemon.register(service)?;
    }
    Ok(announcement)
}

impl Drop for Announcement {
    fn drop(&mut self) {
        for name in &self.names {
            if let Ok(done) = self.daemon.unregister(name) {
                let _ = done.recv_timeout(GOODBYE);
            }
        }
        let _ = self.daemon.shutdown();
    }
}

/// Listens for servers for so long, and returns those that were found, by name.
///
/// # Errors
/// Where there is no multicast.
pub async fn discover(patience: Duration) -> Result<Vec<Found>, DiscoveryError> {
    let daemon = ServiceDaemon::new()?;
    let events = daemon.browse(SERVICE)?;
    let end = Instant::now() + patience;
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    while let Ok(Ok(event)) = tokio::time::timeout_at(end, events.recv_async()).await {
        match event {
            ServiceEvent::ServiceResolved(service) => {
                let one = resolved(&service);
                found.insert(service.get_fullname().to_owned(), one);
            }
            ServiceEvent::ServiceRemoved(_, name) => {
                found.remove(&name);
            }
            _ => {}
        }
    }
    let _ = daemon.shutdown();
    Ok(found.into_values().filter(|found| !found.addresses.is_empty()).collect())
}

fn resolved(service: &ResolvedService) -> Found {
    // Anybody may have said it.
    let plain = |text: &str| text.chars().filter(|c| !c.is_control()).take(100).collect::<String>();
    let name = service.get_fullname().strip_suffix(SERVICE).unwrap_or(service.get_fullname());
    let ips = service.get_addresses().iter().filter_map(|address| match address {
        ScopedIp::V4(ip) => Some(IpAddr::from(*ip.addr())),
        // One that needs its interface named is of no use in an address.
        ScopedIp::V6(ip) if !ip.addr().is_unicast_link_local() => Some(IpAddr::from(*ip.addr())),
        _ => None,
    });
    let mut ips: Vec<IpAddr> = ips.filter(|ip| !ip.is_loopback()).collect();
    ips.sort();
    Found {
        name: plain(name.trim_end_matches('.')),
        addresses: ips.into_iter().map(|ip| SocketAddr::new(ip, service.get_port())).collect(),
        fingerprint: service.get_property_val_str(FINGERPRINT).map(plain),
    }
}
