//! From link keys to libp2p identities, so that an OIN and a peer id always name the same organisation.

use ed25519_dalek::VerifyingKey;
use libp2p::PeerId;
use libp2p::identity::{Keypair, PublicKey, ed25519};
use zeroize::Zeroizing;

/// The peer id that belongs to a public link key; `None` for bytes that are no key, or one that anybody can sign for.
pub(super) fn peer_id(key: &[u8; 32]) -> Option<PeerId> {
    let strict = VerifyingKey::from_bytes(key).ok()?;
    if strict.is_weak() || strict.to_edwards().compress().to_bytes() != *key {
        return None;
    }
    let key = ed25519::PublicKey::try_from_bytes(key).ok()?;
    Some(PublicKey::from(key).to_peer_id())
}

/// The key pair of this node.
pub(super) fn keypair(seed: &Zeroizing<[u8; 32]>) -> Keypair {
    // The library's constructor wipes its argument; it gets a copy, ours is wiped by its own type.
    let mut copy = **seed;
    let secret = ed25519::SecretKey::try_from_bytes(&mut copy).expect("32 bytes are always an Ed25519 seed");
    ed25519::Keypair::from(secret).into()
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;

    #[test]
    fn our_keys_and_libp2p_name_the_same_peer() {
        let seed = Zeroizing::new([7; 32]);
        let public = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        assert_eq!(peer_id(&public), Some(keypair(&seed).public().to_peer_id()));
    }

    #[test]
    fn refuses_keys_that_anybody_can_sign_for() {
        let mut identity_point = [0; 32];
        identity_point[0] = 1;
        assert_eq!(peer_id(&identity_point), None);
        assert_eq!(peer_id(&[0; 32]), None);
        assert_eq!(peer_id(&[0xff; 32]), None);
    }
}
