//! Signature lines of a C2SP `signed-note`: what checkpoints and cosignatures share.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use data_encoding::BASE64;
use ed25519_dalek::VerifyingKey;

use crate::codec::{Bytes, Hash};

/// Type of a plain Ed25519 signature.
pub(super) const ED25519: u8 = 0x01;

/// Name and `key id ‖ signature` of one signature line.
pub(super) fn signature_line(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, blob) = line.strip_prefix("— ")?.split_once(' ')?;
    let blob = BASE64.decode(blob.as_bytes()).ok()?;
    (is_key_name(name) && blob.len() > 4).then_some((name, blob))
}

/// The line that [`signature_line`] reads, without its line end.
pub(super) fn write_line(name: &str, blob: &[u8]) -> String {
    format!("— {name} {}", BASE64.encode(blob))
}

/// Whether a key can have this name.
pub(super) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

/// The first four bytes of SHA-256(name ‖ '\n' ‖ type ‖ key).
pub(super) fn key_id(name: &str, kind: u8, key: &VerifyingKey) -> [u8; 4] {
    let Bytes([a, b, c, d, ..]) = Hash::of(&[name.as_bytes(), b"\n", &[kind], key.as_bytes()]);
    [a, b, c, d]
}
