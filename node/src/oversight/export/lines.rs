//! Public leaf data as lines: JSON or CSV.

use std::io::Write;

use super::super::calendar::Period;
use super::super::entries::{EntryView, kind_name};
use super::{ExportError, Log};

/// Columns of the CSV.
const COLUMNS: [&str; 10] =
    ["log", "index", "time", "kind", "id", "issuer", "audience", "convenant", "body", "statement"];

/// One JSON object per entry.
pub fn json(logs: &[Log], period: Option<Period>) -> Result<Vec<u8>, ExportError> {
    let mut out = Vec::new();
    for stored in logs.iter().flat_map(|log| log.within(period)) {
        serde_json::to_writer(&mut out, &EntryView::of(stored))?;
        out.write_all(b"\n")?;
    }
    Ok(out)
}

/// One line per entry, below a line that names the columns.
pub fn csv(logs: &[Log], period: Option<Period>) -> Result<Vec<u8>, ExportError> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(COLUMNS)?;
    for stored in logs.iter().flat_map(|log| log.within(period)) {
        let entry = EntryView::of(stored);
        let text = |value: Option<String>| value.unwrap_or_default();
        out.write_record([
            entry.log.as_str().to_owned(),
            entry.index.to_string(),
            entry.time,
            kind_name(entry.kind),
            entry.id.to_string(),
            text(entry.issuer.map(|oin| oin.to_string())),
            text(entry.audience.map(|oin| oin.to_string())),
            text(entry.convenant.map(|id| id.to_string())),
            text(entry.body.map(|hash| hash.to_string())),
            text(entry.statement.map(|hash| hash.to_string())),
        ])?;
    }
    out.into_inner().map_err(|error| ExportError::Io(error.into_error()))
}
