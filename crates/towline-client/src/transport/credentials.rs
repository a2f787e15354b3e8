//! Which secret is for which server.

use std::path::PathBuf;

use super::{DialError, DialOptions, Fingerprint, Secret};
use crate::Paths;
use crate::hosts::{Host, Hosts};

/// A server that this machine is paired with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paired {
    /// Its key.
    pub fingerprint: Fingerprint,
    /// The file with the secret that it shares with this machine.
    pub secret_file: PathBuf,
}

/// All servers that this machine is paired with: those of the list, and its own.
pub fn paired(hosts: &Hosts, paths: &Paths) -> Vec<Paired> {
    let listed = hosts.iter().filter_map(|host| {
        let fingerprint = host.fingerprint.as_ref()?.parse().ok()?;
        Some(Paired { fingerprint, secret_file: host.secret_file.clone()? })
    });
    let own = std::fs::read_to_string(paths.fingerprint()).ok();
    let own = own.and_then(|text| text.parse().ok());
    let own = own.map(|fingerprint| Paired { fingerprint, secret_file: paths.secret() });
    listed.chain(own).collect()
}

/// The secret for the server that has answered: the host's own, else that of the paired server with this key.
pub(super) fn secret_for(
    host: &Host,
    server: Option<Fingerprint>,
    options: &DialOptions,
) -> Result<Secret, DialError> {
    let paired = || {
        let same = options.paired.iter().find(|paired| Some(paired.fingerprint) == server)?;
        Some(same.secret_file.clone())
    };
    let Some(file) = host.secret_file.clone().or_else(paired) else {
        return Err(DialError::Refused {
            message: format!("this machine is not paired with the server at {}", host.address),
            hints: vec![
                format!("tow host pair {}", host.alias),
                "or name the file with its secret: --secret-file FILE".into(),
            ],
        });
    };
    Secret::load(&file).map_err(|error| DialError::Refused {
        message: error.to_string(),
        hints: error.hint().into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::Address;

    #[test]
    fn the_hosts_own_secret_comes_first_then_that_of_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let make = |name: &str| Secret::load_or_make(&file(name)).unwrap();
        let (own, other) = (make("own"), make("other"));
        let print = Fingerprint([7; 32]);
        let mut host = Host::new("thor", Address::parse("tls://thor").unwrap());
        let paired = Paired { fingerprint: print, secret_file: file("other") };
        let options = DialOptions { paired: vec![paired], ..Default::default() };

        assert_eq!(secret_for(&host, Some(print), &options), Ok(other));
        let error = secret_for(&host, Some(Fingerprint([8; 32])), &options).unwrap_err();
        assert_eq!(error.hints()[0], "tow host pair thor");
        host.secret_file = Some(file("own"));
        assert_eq!(secret_for(&host, None, &options), Ok(own));
        host.secret_file = Some(file("none"));
        assert!(matches!(secret_for(&host, None, &options), Err(DialError::Refused { .. })));
    }
}
