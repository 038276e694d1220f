//! Purpose: the URI that stands inside every signature (H2).

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::codec::text_serde;

/// The purpose of processing as a URI, at most 200 printable ASCII characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purpose(String);

/// Text that is not a purpose URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a purpose is a URI such as 'https://…' or 'urn:…', at most 200 printable ASCII characters")]
pub struct NotAPurpose;

impl Purpose {
    /// The URI.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Purpose {
    type Err = NotAPurpose;

    fn from_str(text: &str) -> Result<Self, NotAPurpose> {
        let known = ["https://", "http://", "urn:"].iter().any(|s| text.len() > s.len() && text.starts_with(s));
        let plain = text.bytes().all(|c| c.is_ascii_graphic());
        if known && plain && text.len() <= 200 { Ok(Purpose(text.into())) } else { Err(NotAPurpose) }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_serde!(Purpose, "a purpose URI");
