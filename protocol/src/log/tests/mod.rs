//! The promises of the journal's mathematics.

mod checkpoint;
mod cose_receipt;
mod cosignature;
mod published;
mod receipt;
mod tiles;
mod tree;
