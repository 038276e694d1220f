//! The journal: segments are the truth.

#[allow(dead_code)]
mod recorded;

pub use recorded::Recorded;
