//! Names as they are written, bounded and without control characters.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::codec::text_serde;

/// Longest name, in characters (BRP: geslachtsnaam at most 200 positions).
pub const MAX_NAME_CHARS: usize = 200;

/// A name as given: 1 to 200 characters, at most 800 bytes, no control characters, no blanks around it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameText(String);

/// Text that is not a name; says why, never what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAName {
    /// Nothing but blanks.
    #[error("the name is empty")]
    Empty,
    /// More than [`MAX_NAME_CHARS`].
    #[error("a name has at most {MAX_NAME_CHARS} characters")]
    TooLong,
    /// Control, direction or invisible characters.
    #[error("the name contains a control or invisible character")]
    Control,
    /// Blanks before or behind the name.
    #[error("the name begins or ends with a blank")]
    Blanks,
}

impl NameText {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NameText {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        if text.len() > 4 * MAX_NAME_CHARS || text.chars().count() > MAX_NAME_CHARS {
            return Err(NotAName::TooLong);
        }
        if text.chars().any(is_hidden) {
            return Err(NotAName::Control);
        }
        match text.trim() {
            "" => Err(NotAName::Empty),
            trimmed if trimmed.len() != text.len() => Err(NotAName::Blanks),
            _ => Ok(NameText(text.into())),
        }
    }
}

/// Control characters, and those that change or hide how their neighbours are shown.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

impl fmt::Display for NameText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Tells nothing: see [`super::PersonRef`].
impl fmt::Debug for NameText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NameText(..)")
    }
}

text_serde!(NameText, "a name");
