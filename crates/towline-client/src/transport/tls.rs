//! tls: TLS 1.3 to a server whose key is pinned, and then a proof both ways that the two share a secret.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme, version,
};

use super::credentials::secret_for;
use super::proof::{self, EXPORTER, EXPORTER_LABEL, PROOF, Role};
use super::{DialError, DialOptions, Dialed, Fingerprint, carry, tcp};
use crate::hosts::Host;

/// The fingerprint of a certificate's key.
///
/// # Errors
/// Where it is no certificate.
pub fn fingerprint_of(certificate: &CertificateDer<'_>) -> Result<Fingerprint, Error> {
    let parsed = ParsedCertificate::try_from(certificate)?;
    Ok(Fingerprint::of_public_key(parsed.subject_public_key_info().as_ref()))
}

/// Takes the one key that is pinned, whatever names and dates its certificate has; without a pin any, and the secret
/// has to prove whose it is.
#[derive(Debug)]
struct Pinned {
    pin: Option<Fingerprint>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let found = fingerprint_of(end_entity)?;
        match self.pin.is_none_or(|pin| pin == found) {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("only TLS 1.3 is spoken".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn config(pin: Option<Fingerprint>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Pinned { pin, provider: Arc::clone(&provider) };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    // Each connection is a handshake of its own; its name is nobody's business.
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    Ok(config)
}

/// Dials a server by tls.
pub(super) async fn dial(
    host: &Host,
    name: &str,
    port: u16,
    options: &DialOptions,
) -> Result<Dialed, DialError> {
    let pin = match &host.fingerprint {
        Some(text) => Some(text.parse().map_err(|error| DialError::Refused {
            message: format!("{error}"),
            hints: vec![format!("tow host pair {} --renew", host.alias)],
        })?),
        None => None,
    };
    let stream = tcp::connect(name, port).await?;
    let broken = |error: io::Error| tcp::unreachable(&error);
    let tls = shake(stream, pin).await.map_err(|error| refusal(host, pin, &error))?;
    // Told by the key, as the name may lead anywhere.
    let found =
        tls.get_ref().1.peer_certificates().and_then(|chain| fingerprint_of(chain.first()?).ok());
    let secret = secret_for(host, found, options)?;
    let mut exporter = [0; EXPORTER];
    let exported = tls.get_ref().1.export_keying_material(&mut exporter, EXPORTER_LABEL, None);
    exported.map_err(|error| DialError::Unreachable(error.to_string()))?;
    let mut tls = tls;
    tls.write_all(&proof::claim(&secret, &exporter)).await.map_err(broken)?;
    tls.flush().await.map_err(broken)?;
    let mut answer = [0; PROOF];
    match tls.read_exact(&mut answer).await {
        Ok(_) if proof::is_proven(&secret, Role::Server, &exporter, &answer) => {}
        Ok(_) => return Err(tcp::unproven(host, "the server there does not know the secret")),
        // An orderly end is a refusal. A server that has no room resets.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Err(broken(error)),
        Err(_) => return Err(tcp::turned_away(host)),
    }
    carry::dialed(|local| carry::carry(tls, local)).map_err(broken)
}

async fn shake(stream: TcpStream, pin: Option<Fingerprint>) -> io::Result<TlsStream<TcpStream>> {
    let config = config(pin).map_err(io::Error::other)?;
    // No name is checked; there has to be one.
    let name = ServerName::try_from("towline").map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// Why there is no tls connection.
fn refusal(host: &Host, pin: Option<Fingerprint>, error: &io::Error) -> DialError {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match (cause, pin) {
        (
            Some(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)),
            Some(pin),
        ) => {
            let message = format!("its key is not the one that is pinned ({pin})");
            let hint =
                format!("tow host pair {} --renew    if you know why it changed", host.alias);
            DialError::Unauthenticated { message, hints: vec![hint] }
        }
        (Some(error), _) => {
            DialError::Unreachable(format!("no Towline server answers there: {error}"))
        }
        (None, _) => tcp::unreachable(error),
    }
}
