//! The server's own key, made when it is first needed.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::NoServerSessionStorage;
use tokio_rustls::rustls::{self, ServerConfig, version};
use towline_client::Paths;
use towline_client::transport::{Fingerprint, fingerprint_of, write_private};

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The file can't be read or written.
    #[error("cannot use the key in {}: {}", path.display(), towline_client::io_error_in_words(source))]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is something else in it.
    #[error("{} holds no key", .0.display())]
    NoKey(PathBuf),
    /// The libraries won't have it.
    #[error("cannot set up tls: {0}")]
    Tls(String),
}

/// Who the server is.
pub(crate) struct Identity {
    /// What its key is known by.
    pub(crate) fingerprint: Fingerprint,
    /// Speaks tls with it.
    pub(crate) acceptor: TlsAcceptor,
}

impl Identity {
    /// Reads the key, and makes it where there is none. The certificate around it is new each time: nobody looks at its
    /// name or its dates.
    pub(super) fn load_or_make(paths: &Paths) -> Result<Self, IdentityError> {
        let path = paths.key();
        let failed = |source| IdentityError::File { path: path.clone(), source };
        let tls = |error: rcgen::Error| IdentityError::Tls(error.to_string());
        let key = match std::fs::read_to_string(&path) {
            Ok(text) => KeyPair::from_pem(&text).map_err(|_| IdentityError::NoKey(path.clone()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = KeyPair::generate().map_err(tls)?;
                write_private(&path, key.serialize_pem().as_bytes()).map_err(failed)?;
                key
            }
            Err(error) => return Err(failed(error)),
        };
        let certificate = CertificateParams::new(Vec::new()).and_then(|it| it.self_signed(&key));
        let certificate = CertificateDer::from(certificate.map_err(tls)?.der().to_vec());
        let rustls = |error: rustls::Error| IdentityError::Tls(error.to_string());
        let fingerprint = fingerprint_of(&certificate).map_err(rustls)?;
        tell_clients_here(paths, &fingerprint).map_err(failed)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&version::TLS13])
            .and_then(|it| it.with_no_client_auth().with_single_cert(vec![certificate], key))
            .map_err(rustls)?;
        // No connection begins where another ended, and nothing is taken before the handshake's end.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.max_early_data_size = 0;
        Ok(Self { fingerprint, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}

/// Writes the fingerprint down for commands on this machine, which need no pairing.
fn tell_clients_here(paths: &Paths, fingerprint: &Fingerprint) -> io::Result<()> {
    let text = format!("{fingerprint}\n");
    match std::fs::read_to_string(paths.fingerprint()) {
        Ok(there) if there == text => Ok(()),
        _ => write_private(&paths.fingerprint(), text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths { config_dir: folder.path().into(), state_dir: folder.path().into() };
        let made = Identity::load_or_make(&paths).unwrap().fingerprint;
        let mode = std::fs::metadata(paths.key()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Identity::load_or_make(&paths).unwrap().fingerprint, made);
        let told = std::fs::read_to_string(paths.fingerprint()).unwrap();
        assert_eq!(told.parse(), Ok(made));
        std::fs::remove_file(paths.key()).unwrap();
        assert_ne!(Identity::load_or_make(&paths).unwrap().fingerprint, made);
        std::fs::write(paths.key(), "x").unwrap();
        assert!(matches!(Identity::load_or_make(&paths), Err(IdentityError::NoKey(_))));
    }
}
