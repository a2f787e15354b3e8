//! Somebody between client and server, who speaks tls with each.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime,
};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, ServerConfig, SignatureScheme,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::{Pair, text};

/// Believes anybody.
#[derive(Debug)]
struct Gullible;

impl ServerCertVerifier for Gullible {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Passes what is said on each side on to the other, in plain in between, under a key of its own.
async fn relay(listener: TcpListener, target: SocketAddr) {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Gullible))
        .with_no_client_auth();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let Ok(mut near) = TlsAcceptor::from(Arc::new(server.clone())).accept(stream).await else {
            continue;
        };
        let far = TcpStream::connect(target).await.unwrap();
        let name = ServerName::try_from("server").unwrap();
        let connector = TlsConnector::from(Arc::new(client.clone()));
        let mut far = connector.connect(name, far).await.unwrap();
        let _ = copy_bidirectional(&mut near, &mut far).await;
    }
}

#[test]
fn who_speaks_tls_with_both_gets_nothing_from_either() {
    let pair = Pair::new();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = format!("tls://{}", listener.local_addr().unwrap());
    runtime.spawn(relay(listener, pair.address("tls")));

    let connected = || pair.log().matches("has connected").count();
    let (before, secret) = (connected(), pair.secret());
    // A client that has pinned no key is protected by the secret alone: its proof is for another connection.
    let named = ["--addr", &address, "--secret-file", text(&secret), "list"];
    pair.client.run(&named).expect_error(5, "does not take this machine's secret");
    // One that has doesn't even say which secret it has.
    let print = std::fs::read_to_string(pair.server.state().join("fingerprint")).unwrap();
    let pinned = [&named[..4], &["--fingerprint", print.trim(), "list"]].concat();
    pair.client.run(&pinned).expect_error(5, "its key is not the one that is pinned");
    assert_eq!(connected(), before);
    pair.is_unharmed();
}
