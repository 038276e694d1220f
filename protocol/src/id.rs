//! Identifiers: UUIDv7 (RFC 9562 §5.7) for uitvragen and statements, a slug for convenanten.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::codec::{Bytes, Hash, text_serde};
use crate::time::Timestamp;

/// Text that is not an identifier of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid identifier")]
pub struct NotAnId;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Bytes<16>);

        impl $name {
            /// A new UUIDv7 from the given moment and randomness.
            pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
                let mut bytes = [0; 16];
                bytes[..6].copy_from_slice(&now.as_millis().to_be_bytes()[2..]);
                bytes[6..].copy_from_slice(&random);
                bytes[6] = 0x70 | bytes[6] & 0x0f;
                bytes[8] = 0x80 | bytes[8] & 0x3f;
                $name(Bytes(bytes))
            }

            /// The 16 bytes of a UUIDv7, refused when version or variant say otherwise.
            pub fn from_bytes(bytes: [u8; 16]) -> Result<Self, NotAnId> {
                if bytes[6] >> 4 == 7 && bytes[8] >> 6 == 2 { Ok($name(Bytes(bytes))) } else { Err(NotAnId) }
            }

            /// The moment that it says it was made at, in whole milliseconds: its maker's word.
            pub fn made_at(&self) -> Timestamp {
                let mut millis = [0; 8];
                millis[2..].copy_from_slice(&self.0.0[..6]);
                Timestamp::from_millis(u64::from_be_bytes(millis))
            }

            /// The 16 bytes.
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = String::deserialize(deserializer)?;
                    return text.parse().map_err(|_| serde::de::Error::custom("expected a UUID of version 7"));
                }
                let bytes = Bytes::<16>::deserialize(deserializer)?;
                Self::from_bytes(bytes.0).map_err(|_| serde::de::Error::custom("expected a UUID of version 7"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for (i, byte) in self.0.0.iter().enumerate() {
                    if matches!(i, 4 | 6 | 8 | 10) {
                        f.write_str("-")?;
                    }
                    write!(f, "{byte:02x}")?;
                }
                Ok(())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            /// Reads the hyphenated or the plain hexadecimal form.
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let hex: String = text.chars().filter(|c| *c != '-').collect();
                Self::from_bytes(Bytes::from_hex(&hex).ok_or(NotAnId)?.0)
            }
        }
    };
}

uuid_id! {
    /// Names one draft, and so one question about one person; shared by all who are asked.
    UitvraagId
}
uuid_id! {
    /// Names one statement to one audience; delivery is idempotent by it.
    StatementId
}
uuid_id! {
    /// Names one entry of a journal.
    EntryId
}

impl From<StatementId> for EntryId {
    fn from(id: StatementId) -> Self {
        EntryId(id.0)
    }
}

/// A short name of at most 64 characters `a-z 0-9 - _ .`, starting with a letter or digit: convenanten, criteria,
/// reasons, purposes of registers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

/// The name of a convenant.
pub type ConvenantId = Slug;

impl Slug {
    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let first = text.bytes().next().ok_or(NotAnId)?;
        if text.len() <= 64 && plain(first) && text.bytes().all(|c| plain(c) || b"-_.".contains(&c)) {
            Ok(Slug(text.into()))
        } else {
            Err(NotAnId)
        }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_serde!(Slug, "a name of a-z, 0-9, '-', '_' and '.', at most 64 characters");

/// Which text of which convenant: its name, the SHA-256 of the signed base, and how many amendments of its own record whoever
/// says something had made then.
///
/// Amendments of different parties commute: each changes its own record only and numbers from 1 without gaps. So what holds
/// at a moment is one number for each party, and a statement needs to cite one of them: its issuer's. Who holds fewer of
/// that party's amendments misses some, knows how many, and takes the statement when they are there; who holds more is
/// ahead of a statement that was on its way. An approval inside a question cites the approver's number. A new name for a log
/// is not counted: no statement rests on it, and its owner alone tells it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ConvenantRef(pub ConvenantId, pub Hash, pub u32);

impl ConvenantRef {
    /// The name.
    pub fn id(&self) -> &ConvenantId {
        &self.0
    }
    /// SHA-256 of the canonical base document that all founding parties signed.
    pub fn base(&self) -> &Hash {
        &self.1
    }
    /// Number of the last amendment of its issuer that applies; 0 for the base alone.
    pub fn amendment(&self) -> u32 {
        self.2
    }
    /// The same text with this many amendments of whoever cites it.
    #[must_use]
    pub fn at(&self, amendment: u32) -> Self {
        ConvenantRef(self.0.clone(), self.1, amendment)
    }
    /// Whether both cite the same text, whatever was amended.
    pub fn is_same_text(&self, other: &ConvenantRef) -> bool {
        self.0 == other.0 && self.1 == other.1
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::codec;

    #[test]
    fn ids_sort_by_time_and_survive_both_encodings() {
        let early = UitvraagId::new(Timestamp::from_millis(1), [0xff; 10]);
        let late = UitvraagId::new(Timestamp::from_millis(2), [0; 10]);
        assert!(early < late);
        assert_eq!(early.to_string().parse::<UitvraagId>().unwrap(), early);
        assert_eq!(codec::decode::<UitvraagId>(&codec::encode(&early)).unwrap(), early);
    }

    #[test]
    fn an_id_tells_when_it_was_made() {
        let at = Timestamp::from_millis(1_795_435_200_123);
        assert_eq!(UitvraagId::new(at, [0xff; 10]).made_at(), at);
    }

    #[test]
    fn a_text_stays_the_same_whatever_was_amended() {
        let text = ConvenantRef("proef".parse().unwrap(), Bytes([1; 32]), 0);
        assert!(text.is_same_text(&text.at(7)) && text.at(7) != text && text.at(7).amendment() == 7);
        assert!(!text.is_same_text(&ConvenantRef("proef".parse().unwrap(), Bytes([2; 32]), 0)));
        assert!(!text.is_same_text(&ConvenantRef("ander".parse().unwrap(), Bytes([1; 32]), 0)));
    }

    #[test]
    fn refuses_ids_of_another_version() {
        assert!(StatementId::from_bytes([0; 16]).is_err());
        assert!(codec::decode::<StatementId>(&codec::encode(&Bytes([0u8; 16]))).is_err());
    }

    #[test]
    fn slugs_are_short_and_plain() {
        assert!("rcpt-noord.2026".parse::<Slug>().is_ok());
        for bad in ["", "-a", "A", "a b", "a/b", "é"] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
        assert!("a".repeat(65).parse::<Slug>().is_err());
    }
}
