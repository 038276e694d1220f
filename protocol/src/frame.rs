//! What travels on a link: one verb, *deliver a signed statement*, and its two replies; beside it checkpoints, proofs,
//! cosignatures, amendments and pieces of tables, which verify themselves, and what leaves in slots, which holds any of these.
//!
//! On a stream each frame is its length (4 bytes, big endian) and one canonical CBOR value of at most
//! [`crate::codec::MAX_BYTES`] bytes.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::amendment::SignedAmendment;
use crate::codec::{Blob, Hash};
use crate::log::{Consistency, Inclusion, Receipt};
use crate::sign::{Statement, VerifyError};

/// Name of the stream protocol; the number changes with the frames.
pub const PROTOCOL: &str = "/weegnet/deliver/1";

/// Matches a reply to its delivery on one stream.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Frame {
    /// A statement for you.
    Deliver {
        /// Chosen by the sender.
        request: RequestId,
        /// The statement.
        statement: Statement,
    },
    /// It is written down.
    Receipt {
        /// Proof of that.
        receipt: Receipt,
        /// Of the delivery.
        request: RequestId,
    },
    /// It is not taken.
    Reject {
        /// Why.
        code: RejectCode,
        /// Of the delivery.
        request: RequestId,
    },
    /// I am a witness of your exchange log: show that nothing in it has changed.
    Watch {
        /// What the witness holds.
        watch: Watch,
        /// Chosen by the witness.
        request: RequestId,
    },
    /// The log as it stands.
    Shown {
        /// Checkpoint and proofs.
        shown: Shown,
        /// Of the witness.
        request: RequestId,
    },
    /// My record in a convenant has changed: all my amendments to it, from the first on.
    Amend {
        /// Chosen by the sender.
        request: RequestId,
        /// At most [`crate::amendment::MAX_AMENDMENTS`].
        amendments: Vec<SignedAmendment>,
    },
    /// They are in force here and written down.
    Amended {
        /// Of the amendments.
        request: RequestId,
    },
    /// Give me a piece of the table that you published under this root.
    Fetch {
        /// Root of the table.
        root: Hash,
        /// Number of the piece, from 0.
        chunk: u64,
        /// Chosen by the sender.
        request: RequestId,
    },
    /// What leaves in a slot, whether it says anything or not.
    Slot {
        /// Exactly [`SLOT_BYTES`](crate::slot::SLOT_BYTES).
        piece: Blob,
    },
    /// The piece, with the proof that it stands there.
    Chunk {
        /// Exactly [`CHUNK_BYTES`](crate::sealed::table::CHUNK_BYTES) of cells.
        cells: Blob,
        /// Of the fetch.
        request: RequestId,
        /// Under the root.
        inclusion: Inclusion,
    },
}

impl Frame {
    /// The id that a reply shares with what it replies to; 0 of a piece of a slot, to which there is none.
    pub fn request(&self) -> RequestId {
        match self {
            Frame::Deliver { request, .. }
            | Frame::Receipt { request, .. }
            | Frame::Reject { request, .. }
            | Frame::Watch { request, .. }
            | Frame::Shown { request, .. }
            | Frame::Amend { request, .. }
            | Frame::Amended { request }
            | Frame::Fetch { request, .. }
            | Frame::Chunk { request, .. } => *request,
            Frame::Slot { .. } => RequestId(0),
        }
    }
}

/// Most checkpoints of the watched log that a witness brings.
pub const MAX_HELD: usize = 4;
/// Most checkpoints of third parties that ride along in one frame.
pub const MAX_OTHERS: usize = 16;

/// What a witness holds of the log that it watches. All are signed notes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// Checkpoints of that log: first the largest that this witness cosigned, with its cosignature, if there is one;
    /// then others that it has seen. At most [`MAX_HELD`].
    pub held: Vec<String>,
    /// The latest checkpoints it knows of third parties, so that two who were shown different trees find out. At most
    /// [`MAX_OTHERS`].
    pub others: Vec<String>,
}

/// A log as its owner shows it to a witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// The largest checkpoint of the witness's own exchange log that the owner cosigned, with its cosignature.
    pub yours: Option<String>,
    /// The latest checkpoints it knows of third parties. At most [`MAX_OTHERS`].
    pub others: Vec<String>,
    /// The owner's signed checkpoint: a note. Empty while it does not sign.
    pub checkpoint: String,
    /// For each checkpoint that the witness holds, in its order: that its tree is the beginning of this one. Absent where
    /// that cannot be shown.
    pub consistency: Vec<Option<Consistency>>,
}

/// Why a delivery was not taken; all a peer ever learns of our errors.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectCode {
    /// Addressed to somebody else.
    WrongAudience,
    /// The issuer is not the organisation at the other end, or no party.
    UnknownIssuer,
    /// Past its expiry.
    Expired,
    /// Issued too far in the future: a clock is wrong.
    FromTheFuture,
    /// A kind or version that this node does not know.
    UnknownVersion,
    /// A convenant, or a text of it, that is not in force here.
    WrongConvenant,
    /// Not in the one encoding.
    NonCanonical,
    /// Larger than the limits.
    TooLarge,
    /// The signature or the signed body does not verify.
    BadSignature,
    /// This id was used for other bytes.
    IdReused,
    /// Belongs to no question or draft that this node knows, or comes too late for it.
    Unrelated,
    /// It says something else than what this node can prove that its sender signed.
    Contradicted,
    /// This node cannot take it now; try again later.
    Busy,
    /// It rests on an amendment that this node does not have: tell it, and try again.
    Behind,
    /// It is sealed for a table that takes no questions here, or asks for a piece of one that is not here: take the table
    /// that is published now.
    OtherTable,
    /// More tables of one scope in a day than a party publishes: try again later.
    TooOften,
    /// It names an organisation that takes no part in the convenant here (any more).
    NotTakingPart,
}

impl RejectCode {
    /// Whether the same bytes may be accepted later.
    pub fn is_temporary(self) -> bool {
        matches!(self, RejectCode::Busy | RejectCode::FromTheFuture | RejectCode::Behind | RejectCode::TooOften)
    }
}

impl From<&VerifyError> for RejectCode {
    fn from(error: &VerifyError) -> Self {
        use crate::codec::DecodeError;
        match error {
            VerifyError::Decode(DecodeError::TooLarge { .. }) => RejectCode::TooLarge,
            VerifyError::Decode(_) => RejectCode::NonCanonical,
            VerifyError::UnknownVersion | VerifyError::WrongKind { .. } => RejectCode::UnknownVersion,
            VerifyError::WrongAudience => RejectCode::WrongAudience,
            VerifyError::UnknownIssuer => RejectCode::UnknownIssuer,
            VerifyError::WrongConvenant => RejectCode::WrongConvenant,
            VerifyError::Behind { .. } => RejectCode::Behind,
            VerifyError::Expired { .. } => RejectCode::Expired,
            VerifyError::FromTheFuture { .. } => RejectCode::FromTheFuture,
            VerifyError::WrongBody | VerifyError::BadSignature => RejectCode::BadSignature,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::DecodeError;
    use crate::statement::Kind;
    use crate::time::Timestamp;

    #[test]
    fn a_peer_learns_one_code_per_reason_and_nothing_else() {
        let at = Timestamp::from_seconds(1);
        for (error, code) in [
            (VerifyError::Decode(DecodeError::TooLarge { len: 1 }), RejectCode::TooLarge),
            (VerifyError::Decode(DecodeError::NonCanonical { at: 1 }), RejectCode::NonCanonical),
            (VerifyError::Decode(DecodeError::Unexpected { expected: "Draft" }), RejectCode::NonCanonical),
            (VerifyError::UnknownVersion, RejectCode::UnknownVersion),
            (VerifyError::WrongKind { expected: Kind::Draft, found: Kind::Answer }, RejectCode::UnknownVersion),
            (VerifyError::WrongAudience, RejectCode::WrongAudience),
            (VerifyError::UnknownIssuer, RejectCode::UnknownIssuer),
            (VerifyError::WrongConvenant, RejectCode::WrongConvenant),
            (VerifyError::Behind { cited: 2, known: 1 }, RejectCode::Behind),
            (VerifyError::Expired { since: at }, RejectCode::Expired),
            (VerifyError::FromTheFuture { at }, RejectCode::FromTheFuture),
            (VerifyError::WrongBody, RejectCode::BadSignature),
            (VerifyError::BadSignature, RejectCode::BadSignature),
        ] {
            assert_eq!(RejectCode::from(&error), code, "{error}");
        }
    }

    #[test]
    fn only_what_time_can_mend_is_tried_again() {
        for code in [RejectCode::Busy, RejectCode::FromTheFuture, RejectCode::Behind, RejectCode::TooOften] {
            assert!(code.is_temporary(), "{code:?}");
        }
        for code in [
            RejectCode::Expired,
            RejectCode::IdReused,
            RejectCode::BadSignature,
            RejectCode::Unrelated,
            RejectCode::OtherTable,
        ] {
            assert!(!code.is_temporary(), "{code:?}");
        }
    }
}
