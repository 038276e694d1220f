//! The promises of the journal's mathematics.

mod checkpoint;
mod published;
mod receipt;
mod tree;
