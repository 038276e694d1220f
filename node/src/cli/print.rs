//! How verbs print: JSON for machines, lines for people.

use std::io::{self, Write};

use serde::Serialize;

use super::Failure;

/// One JSON value and a line break; a closed pipe is no failure.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    lines(&text)
}

/// Text as it is; a closed pipe is no failure.
pub fn lines(text: &str) -> Result<(), Failure> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
