//! Where an organisation's own records come from. For now a CSV file; a database or a service comes beside it.

mod csv;

pub(super) use csv::{Next, Record, Records, SourceError};
