//! The mathematics of a tamper-evident journal: RFC 9162 trees, C2SP checkpoints, receipts. No storage here.

mod checkpoint;
mod cose_receipt;
mod cosignature;
mod cosigned;
mod leaf;
mod note;
mod origin;
mod proof;
mod receipt;
pub mod tiles;
mod tree;

pub use checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
pub use cose_receipt::{ConsistencyReceipt, CoseCheckpoint, CoseReceiptError, InclusionReceipt};
pub use cosignature::{
    Cosignature, CosignatureError, MAX_LINE_BYTES, NotAWitnessName, Witness, WitnessKey, WitnessName,
};
pub use cosigned::{CosignedCheckpoint, MAX_COSIGNATURES, WitnessError, Witnessed};
pub use leaf::{EntryKind, Leaf, LeafIndex};
pub use origin::{LogName, NotAnOrigin, Origin};
pub use proof::{Consistency, Inclusion, ProofError, hash_leaf, hash_node};
pub use receipt::{Receipt, ReceiptError};
pub use tree::Tree;

#[cfg(test)]
mod tests;
