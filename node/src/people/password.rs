//! Passwords: argon2id (RFC 9106). What is kept proves nothing by itself: it needs this node's key, and the second factor's key
//! lies sealed under the password.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use weegnet_protocol::codec::{Blob, Bytes, Hash};
use zeroize::Zeroizing;

use super::PersonName;
use super::totp::TotpKey;
use crate::clock;

/// Shortest password: 15 characters; a sentence is easier than a riddle.
pub const MIN_CHARS: usize = 15;
/// Longest password: 256 characters.
pub const MAX_CHARS: usize = 256;
/// Fewest different characters in one.
const MIN_DIFFERENT: usize = 6;
/// Most memory that a verifier may ask for when it is read back: 1 GiB.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
/// Most passes that a verifier may ask for when it is read back.
const MAX_PASSES: u32 = 16;
const NONCE_BYTES: usize = 24;

/// How much work one password takes; kept beside each, so that a later version may ask for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Memory in KiB.
    memory_kib: u32,
    /// Passes over it.
    passes: u32,
}

/// RFC 9106 §4, second recommendation, in one lane: 64 MiB, 3 passes.
pub const COST: Cost = Cost { memory_kib: 64 * 1024, passes: 3 };
/// For tests that are not about the work.
#[cfg(test)]
pub const LITTLE: Cost = Cost { memory_kib: 8, passes: 1 };

/// Why a password cannot be used; each says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too short.
    #[error("use at least {MIN_CHARS} characters: a sentence of a few words is easy to remember")]
    Short,
    /// Too long.
    #[error("use at most {MAX_CHARS} characters")]
    Long,
    /// Too simple.
    #[error("this is too easy to guess: use a sentence of your own, without your name and without repetition")]
    Simple,
}

/// Whether a password may be used by this person.
pub fn check(password: &str, person: &PersonName) -> Result<(), WeakPassword> {
    let count = password.chars().count();
    if count < MIN_CHARS {
        return Err(WeakPassword::Short);
    }
    if count > MAX_CHARS {
        return Err(WeakPassword::Long);
    }
    let lower = password.to_lowercase();
    let different = lower.chars().collect::<std::collections::BTreeSet<_>>().len();
    let without_name = lower.replace(person.as_str(), "").replace("weegnet", "");
    let run = lower.as_bytes().windows(2).filter(|pair| pair[1].wrapping_sub(pair[0]) <= 1).count();
    if different < MIN_DIFFERENT || without_name.chars().count() < MIN_CHARS - 3 || run * 2 > lower.len() {
        return Err(WeakPassword::Simple);
    }
    Ok(())
}

/// What is kept of a password and a second factor: in the journal, under a key of its own.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verifier {
    cost: Cost,
    /// The second factor's key, sealed under the password.
    totp: Blob,
    salt: Bytes<16>,
    proof: Hash,
}

/// Tells nothing.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(..)")
    }
}

impl Verifier {
    /// Of a password and a second factor. Takes a good part of a second: call it where that is allowed.
    pub fn new(password: &str, totp: &TotpKey, pepper: &[u8; 32], cost: Cost) -> Self {
        let salt = Bytes(clock::random());
        let derived = derive(password, &salt, pepper, cost);
        let nonce = clock::random::<NONCE_BYTES>();
        let payload = Payload { msg: totp.as_bytes(), aad: &salt.0 };
        // Encryption fails for plaintexts of more than 256 GiB only.
        let sealed = sealing(&derived).encrypt(&XNonce::from(nonce), payload).expect("20 bytes");
        let totp = Blob([&nonce[..], &sealed].concat());
        Verifier { cost, totp, salt, proof: part(&derived, b"proof") }
    }

    /// One that nothing fits, for names that nobody has: the same work.
    pub fn of_nobody(cost: Cost) -> Self {
        let salt = Bytes(clock::random());
        let totp = Blob(vec![0; NONCE_BYTES + 20 + 16]);
        Verifier { cost, totp, salt, proof: Bytes(clock::random()) }
    }

    /// The second factor's key, if this is the password. Takes a good part of a second: call it where that is allowed.
    pub fn open(&self, password: &str, pepper: &[u8; 32]) -> Option<TotpKey> {
        let derived = derive(password, &self.salt, pepper, self.cost);
        let fits: bool = part(&derived, b"proof").0.ct_eq(&self.proof.0).into();
        let (nonce, sealed) = self.totp.0.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: &self.salt.0 };
        let opened = sealing(&derived).decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new);
        let key: [u8; 20] = opened.ok()?.as_slice().try_into().ok()?;
        fits.then(|| TotpKey::from_bytes(key))
    }
}

/// The key of this node that every password needs beside itself: a stolen journal alone gives nothing to guess against.
pub fn pepper(store: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(part(store, b"weegnet sign-in, v1").0)
}

fn derive(password: &str, salt: &Bytes<16>, pepper: &[u8; 32], cost: Cost) -> Zeroizing<[u8; 32]> {
    let mut derived = Zeroizing::new([0; 32]);
    let (memory, passes) = (cost.memory_kib.clamp(8, MAX_MEMORY_KIB), cost.passes.clamp(1, MAX_PASSES));
    let done = Params::new(memory, passes, 1, Some(32))
        .and_then(|params| Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params))
        .and_then(|argon2| argon2.hash_password_into(password.as_bytes(), &salt.0, derived.as_mut_slice()));
    done.expect("a salt of 16 bytes, a secret of 32, and a cost within the bounds");
    derived
}

fn sealing(derived: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&part(derived, b"second factor").0.into())
}

fn part(key: &[u8; 32], what: &[u8]) -> Hash {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(what);
    Bytes(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEPPER: [u8; 32] = [7; 32];
    const PASSWORD: &str = "drie fietsen bij de brug";

    #[test]
    fn only_the_password_and_this_nodes_key_together_open_the_second_factor() {
        let totp = TotpKey::random();
        let verifier = Verifier::new(PASSWORD, &totp, &PEPPER, LITTLE);
        assert_eq!(verifier.open(PASSWORD, &PEPPER).map(|key| *key.as_bytes()), Some(*totp.as_bytes()));
        assert!(verifier.open("drie fietsen bij de brus", &PEPPER).is_none());
        assert!(verifier.open(PASSWORD, &[8; 32]).is_none(), "a stolen journal without the node's key");
        assert!(Verifier::of_nobody(LITTLE).open(PASSWORD, &PEPPER).is_none());
    }

    #[test]
    fn nothing_that_is_kept_holds_the_secret_or_the_password() {
        let totp = TotpKey::random();
        let verifier = Verifier::new(PASSWORD, &totp, &PEPPER, LITTLE);
        let bytes = weegnet_protocol::codec::encode(&verifier);
        let holds = |secret: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
        assert!(!holds(totp.as_bytes()) && !holds(PASSWORD.as_bytes()));
        assert_eq!(format!("{verifier:?}{totp:?}"), "Verifier(..)TotpKey(..)");
        assert_eq!(weegnet_protocol::codec::decode::<Verifier>(&bytes), Ok(verifier));
    }

    #[test]
    fn a_password_takes_64_mib_and_three_passes() {
        assert_eq!(COST, Cost { memory_kib: 65_536, passes: 3 });
        let start = std::time::Instant::now();
        let verifier = Verifier::new(PASSWORD, &TotpKey::random(), &PEPPER, COST);
        println!("one password: {:?}", start.elapsed());
        assert!(verifier.open(PASSWORD, &PEPPER).is_some());
    }

    #[test]
    fn refuses_what_is_easy_to_guess() {
        let person: PersonName = "anna".parse().unwrap();
        let refused = [
            ("", WeakPassword::Short),
            ("veertien-lang!", WeakPassword::Short),
            ("aaaaaaaaaaaaaaaaaaaa", WeakPassword::Simple),
            ("abababababababababab", WeakPassword::Simple),
            ("abcdefghijklmnopqrst", WeakPassword::Simple),
            ("annaannaannaweegnet", WeakPassword::Simple),
        ];
        for (password, why) in refused {
            assert_eq!(check(password, &person), Err(why), "{password}");
        }
        assert_eq!(check(&"lang ".repeat(60), &person), Err(WeakPassword::Long));
        assert_eq!(check(PASSWORD, &person), Ok(()));
        assert_eq!(check("ééń zín mét áccenten", &person), Ok(()));
    }
}
