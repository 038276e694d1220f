//! Why an amendment does not come into force, in words of whoever holds it.

use weegnet_protocol::amendment::{AmendmentError, MAX_AMENDMENTS, SignedAmendment};
use weegnet_protocol::oin::Oin;

/// Why an amendment does not come into force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAmended {
    /// Not one, or not signed by the party.
    #[error(transparent)]
    Amendment(#[from] AmendmentError),
    /// It belongs to another convenant, or to another text of it.
    #[error("it changes another convenant than the one in force: check which text it names")]
    OtherConvenant,
    /// The signer is not one of the parties.
    #[error("organisation {0} is no party to this convenant")]
    NoParty(Oin),
    /// It is in force.
    #[error("it is in force already")]
    Known,
    /// The party signed other words under the same number: both together are evidence.
    #[error("this party signed two different amendments with the number {sequence}: keep both, and ask it which holds")]
    Conflict {
        /// The number.
        sequence: u32,
        /// The one that is in force.
        known: Box<SignedAmendment>,
    },
    /// One before it is missing.
    #[error("it has the number {found}, and the next of this party is {expected}: bring those before it first")]
    Gap {
        /// The next number.
        expected: u32,
        /// The one it has.
        found: u32,
    },
    /// Too many.
    #[error("a party amends one convenant at most {MAX_AMENDMENTS} times: make a new convenant")]
    TooMany,
    /// It names another log than the one this party has, or one that it had before as its new one.
    #[error("it does not continue the log that this party has now")]
    OtherLog,
    /// A checkpoint in it that this party never signed, or of no log that it had.
    #[error("a checkpoint that it names is not signed by this party, or of no log that it had")]
    Checkpoint,
    /// Small order, mixed order, not canonical, or no point of the curve.
    #[error("a key in it is no sound Ed25519 public key: make a new one")]
    WeakKey,
    /// A party has or had it.
    #[error("a key in it is not new: some party has it or had it")]
    UsedKey,
    /// It is no online key of the party.
    #[error("a key that it revokes is no link, statement or witness key that this party has or had")]
    NotItsKey,
    /// Another party listens there.
    #[error("another party of this convenant listens at that address")]
    UsedAddress,
    /// The text does not name it as one that accedes.
    #[error("the text does not name this party as one that may accede: it is a founding party, or none")]
    NotAcceding,
    /// It takes part already.
    #[error("this party takes part already")]
    TakesPart,
    /// It is signed in another office than the text names.
    #[error("it is signed in another office or by another mandate than the text names for this party")]
    OtherSignatory,
    /// An approval that is none.
    #[error(
        "an approval by organisation {0} does not count: it is no founding core party, it left, or its signature is for another accession"
    )]
    NoApprover(Oin),
    /// Approvals are missing.
    #[error(
        "the text asks for {needed} approvals of founding core parties, and it has {found}: let one of these approve with \
         'weegnet convenant approve-accession': {}", listed(.missing)
    )]
    NotApproved {
        /// How many.
        needed: usize,
        /// How many there are.
        found: usize,
        /// Who has not approved it.
        missing: Vec<Oin>,
    },
    /// The party left.
    #[error("this party ended its participation: it amends no more")]
    Ended,
}

fn listed(parties: &[Oin]) -> String {
    parties.iter().map(Oin::to_string).collect::<Vec<_>>().join(", ")
}
