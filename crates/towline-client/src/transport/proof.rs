//! The proof, over a tls connection, that both ends know the same secret.
//!
//! Each end sends an HMAC of what the two have in common on this connection alone: the exporter of RFC 9266, which
//! somebody between them who speaks tls with each can't make equal. The ends' texts differ, so neither can send
//! the other's back.

use ring::hmac;

use super::{Secret, SecretId};

/// What a client says first; which secret it means and its proof follow.
pub const TLS_MAGIC: [u8; 8] = *b"TOWLTLS1";

/// Bytes of a proof.
pub const PROOF: usize = 32;

/// Bytes of a client's first words.
pub const CLAIM: usize = TLS_MAGIC.len() + 16 + PROOF;

/// The label of the exporter, from RFC 9266.
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-Channel-Binding";

/// Bytes of the exporter.
pub const EXPORTER: usize = 32;

/// Which end proves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Who has connected.
    Client,
    /// Who was connected to.
    Server,
}

impl Role {
    fn text(self, id: SecretId, exporter: &[u8; EXPORTER]) -> Vec<u8> {
        let name: &[u8] = match self {
            Self::Client => b"towline tls client\0",
            Self::Server => b"towline tls server\0",
        };
        [name, &id.0, exporter].concat()
    }
}

fn key(secret: &Secret) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.bytes())
}

/// An end's proof.
pub fn prove(secret: &Secret, role: Role, exporter: &[u8; EXPORTER]) -> [u8; PROOF] {
    let mut proof = [0; PROOF];
    let tag = hmac::sign(&key(secret), &role.text(secret.id(), exporter));
    proof.copy_from_slice(tag.as_ref());
    proof
}

/// Whether a proof is that end's, in a time that doesn't depend on where it is wrong.
pub fn is_proven(secret: &Secret, role: Role, exporter: &[u8; EXPORTER], proof: &[u8]) -> bool {
    hmac::verify(&key(secret), &role.text(secret.id(), exporter), proof).is_ok()
}

/// A client's first words.
pub fn claim(secret: &Secret, exporter: &[u8; EXPORTER]) -> Vec<u8> {
    let proof = prove(secret, Role::Client, exporter);
    [&TLS_MAGIC[..], &secret.id().0, &proof].concat()
}

/// Which secret a client means, and its proof; `None` where it speaks something else.
pub fn read_claim(claim: &[u8; CLAIM]) -> Option<(SecretId, [u8; PROOF])> {
    let rest = claim.strip_prefix(&TLS_MAGIC)?;
    let (id, proof) = rest.split_at(16);
    Some((SecretId(id.try_into().ok()?), proof.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_for_one_secret_one_end_and_one_connection() {
        let (secret, other) = (Secret::random().unwrap(), Secret::random().unwrap());
        let (here, there) = ([1; EXPORTER], [2; EXPORTER]);
        let words: [u8; CLAIM] = claim(&secret, &here).try_into().unwrap();
        let (id, proof) = read_claim(&words).unwrap();
        assert_eq!(id, secret.id());
        assert!(is_proven(&secret, Role::Client, &here, &proof));
        assert!(!is_proven(&secret, Role::Server, &here, &proof), "sent back");
        assert!(!is_proven(&secret, Role::Client, &there, &proof), "carried over");
        assert!(!is_proven(&other, Role::Client, &here, &proof));
        assert!(!is_proven(&secret, Role::Client, &here, &proof[..16]));
        assert_ne!(prove(&secret, Role::Server, &here), proof);
        assert_eq!(read_claim(&[0; CLAIM]), None);
    }
}
