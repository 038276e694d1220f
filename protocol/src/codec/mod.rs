//! The one encoding: deterministic CBOR (RFC 8949 §4.2.1), bounded before it is decoded.
//!
//! Whatever is decoded is encoded again and must give the same bytes, so that one value has one hash.

mod canonical;

use alloc::vec::Vec;
use core::fmt;

use serde::de::{self, DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Largest encoded value that is ever decoded: 64 KiB.
pub const MAX_BYTES: usize = 64 * 1024;
/// Deepest nesting of arrays, maps and tags that is ever decoded.
pub const MAX_DEPTH: usize = 16;

/// Why bytes were not accepted as a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than [`MAX_BYTES`].
    #[error("{len} bytes are too large: the limit is {MAX_BYTES}")]
    TooLarge {
        /// Bytes offered.
        len: usize,
    },
    /// Not in the one deterministic encoding, nested too deep, or trailing bytes.
    #[error("not in the deterministic encoding at byte {at}")]
    NonCanonical {
        /// Offset of the first offending byte.
        at: usize,
    },
    /// Well-formed, but not a value of the expected type.
    #[error("not a {expected}")]
    Unexpected {
        /// The type that was expected.
        expected: &'static str,
    },
}

/// Encodes a value deterministically.
///
/// # Panics
/// Never for the types of this crate: they hold no floats and no unsized sequences, and the buffer grows.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let bytes = in_order_of_fields(value);
    match canonical::check(&bytes) {
        Ok(()) => bytes,
        Err(_) => canonical::sort(&bytes),
    }
}

/// Most types name their fields in the order of the encoding, so that nothing is left to sort.
fn in_order_of_fields<T: Serialize>(value: &T) -> Vec<u8> {
    cbor4ii::serde::to_vec(Vec::with_capacity(256), value)
        .expect("values of this crate always encode into a growing buffer")
}

/// Decodes a value, refusing everything but its one encoding.
pub fn decode<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    if bytes.len() > MAX_BYTES {
        return Err(DecodeError::TooLarge { len: bytes.len() });
    }
    canonical::check(bytes)?;
    let value: T =
        cbor4ii::serde::from_slice(bytes).map_err(|_| DecodeError::Unexpected { expected: short_name::<T>() })?;
    let again = in_order_of_fields(&value);
    // What is equal is checked already; anything else may still only stand in another order.
    if again != bytes && (canonical::check(&again).is_ok() || canonical::sort(&again) != bytes) {
        return Err(DecodeError::NonCanonical { at: 0 });
    }
    Ok(value)
}

/// Refuses bytes that are not exactly one deterministically encoded item within the limits.
pub fn check(bytes: &[u8]) -> Result<(), DecodeError> {
    if bytes.len() > MAX_BYTES {
        return Err(DecodeError::TooLarge { len: bytes.len() });
    }
    canonical::check(bytes)
}

/// Encodes a value whose maps already stand in deterministic order.
pub(crate) fn encode_value(value: &cbor4ii::core::Value) -> Vec<u8> {
    canonical::encode_value(value)
}

fn short_name<T>() -> &'static str {
    let full = core::any::type_name::<T>();
    // A body's content stands last in a tuple: its name is followed by a parenthesis.
    full.rsplit("::").next().unwrap_or(full).trim_end_matches([')', '>'])
}

/// A byte string of exactly `N` bytes; travels as a CBOR byte string, prints as hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes<const N: usize>(pub [u8; N]);

/// A SHA-256 digest.
pub type Hash = Bytes<32>;

impl Hash {
    /// SHA-256 over the concatenation of `parts`.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Bytes(hasher.finalize().into())
    }
}

impl<const N: usize> Bytes<N> {
    /// Reads `2 N` lower-case hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
        Some(Bytes(bytes.try_into().ok()?))
    }
}

impl<const N: usize> AsRef<[u8]> for Bytes<N> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> fmt::Display for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl<const N: usize> fmt::Debug for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_bytes(&self.0) }
    }
}

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = alloc::string::String::deserialize(deserializer)?;
            return Self::from_hex(&text).ok_or_else(|| de::Error::custom("expected lower-case hexadecimal digits"));
        }
        let blob = Blob::deserialize(deserializer)?;
        let len = blob.0.len();
        blob.0.try_into().map(Bytes).map_err(|_| de::Error::invalid_length(len, &"a fixed length"))
    }
}

/// A byte string of any length; travels as a CBOR byte string.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Blob(pub Vec<u8>);

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&data_encoding::BASE64.encode(&self.0))
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BlobVisitor;
        impl Visitor<'_> for BlobVisitor {
            type Value = Blob;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a byte string")
            }
            fn visit_bytes<E: de::Error>(self, v: &[u8]) -> Result<Blob, E> {
                Ok(Blob(v.to_vec()))
            }
            fn visit_byte_buf<E: de::Error>(self, v: Vec<u8>) -> Result<Blob, E> {
                Ok(Blob(v))
            }
        }
        if deserializer.is_human_readable() {
            let text = alloc::string::String::deserialize(deserializer)?;
            return data_encoding::BASE64
                .decode(text.as_bytes())
                .map(Blob)
                .map_err(|_| de::Error::custom("expected base64"));
        }
        deserializer.deserialize_byte_buf(BlobVisitor)
    }
}

/// Implements serde for a type that is text on the wire: `Display` out, `FromStr` in.
macro_rules! text_serde {
    ($type:ty, $expecting:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&alloc::string::ToString::to_string(self))
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <alloc::string::String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(|_| serde::de::Error::custom(concat!("expected ", $expecting)))
            }
        }
    };
}
pub(crate) use text_serde;

#[cfg(test)]
mod tests;
