//! One row: a person, why this organisation knows them in this context, and until when that may be kept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use weegnet_protocol::id::Slug;
use weegnet_protocol::person::PersonRef;
use weegnet_protocol::time::Day;

use super::generation::GenerationNumber;

/// Longest record id or source record: 200 bytes.
pub const MAX_RECORD_ID_BYTES: usize = 200;

/// A name that the organisation's own source gives a record: 1 to 200 bytes without control characters.
///
/// Some sources use personal numbers here, so it never reaches a log line through `{:?}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordId(String);

/// Text that does not name a record; says why, never what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotARecordId {
    /// Nothing, or blanks around it.
    #[error("it is empty, or begins or ends with a blank")]
    Blank,
    /// More than [`MAX_RECORD_ID_BYTES`].
    #[error("it is longer than {MAX_RECORD_ID_BYTES} bytes")]
    TooLong,
    /// Control characters, such as a line break.
    #[error("it contains a control character")]
    Control,
}

impl RecordId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RecordId {
    type Err = NotARecordId;

    fn from_str(text: &str) -> Result<Self, NotARecordId> {
        match text {
            _ if text.len() > MAX_RECORD_ID_BYTES => Err(NotARecordId::TooLong),
            _ if text.chars().any(char::is_control) => Err(NotARecordId::Control),
            _ if text.is_empty() || text.trim() != text => Err(NotARecordId::Blank),
            _ => Ok(RecordId(text.into())),
        }
    }
}

impl TryFrom<String> for RecordId {
    type Error = NotARecordId;

    fn try_from(text: String) -> Result<Self, NotARecordId> {
        text.parse()
    }
}

impl From<RecordId> for String {
    fn from(id: RecordId) -> String {
        id.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordId(..)")
    }
}

/// One row of the register. Local only.
// The fields stand in the order of the one encoding, so that encoding needs no sorting.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Names the row, over all generations.
    pub id: RecordId,
    /// Last day on which the row may be matched or shown.
    #[serde(rename = "until", with = "day_number")]
    pub keep_until: Day,
    /// Who is known.
    pub person: PersonRef,
    /// Coded reason of being known in this context.
    pub reason: Slug,
    /// Where the organisation finds the person in its own source.
    #[serde(rename = "source", skip_serializing_if = "Option::is_none", default)]
    pub source_record: Option<RecordId>,
}

impl Row {
    /// Whether the row may still be used on `today`.
    pub fn is_kept_on(&self, today: Day) -> bool {
        self.keep_until >= today
    }
}

/// Tells nothing: a person must not reach a log line through `{:?}`.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Row(..)")
    }
}

/// Points at a row, and says in which generation it was found; survives the next import.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowRef {
    /// The row's id.
    pub id: RecordId,
    /// The generation in which it was found.
    pub generation: GenerationNumber,
}

/// A day as the number of days since 1970-01-01.
mod day_number {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use weegnet_protocol::time::Day;

    const LAST_DAY: u32 = 2_932_896; // 9999-12-31

    pub(super) fn serialize<S: Serializer>(day: &Day, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(super::day_number_of(*day))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        match u32::deserialize(deserializer)? {
            days @ ..=LAST_DAY => Ok(Day::from_days(days.into())),
            _ => Err(de::Error::custom("expected a day")),
        }
    }
}

/// Days since 1970-01-01; days before it count as that day, which for a retention term is as long past.
pub(super) fn day_number_of(day: Day) -> u32 {
    u32::try_from(day.to_days()).unwrap_or(0)
}
