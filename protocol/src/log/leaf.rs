//! Leaves: what a journal commits to for each entry.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::LogName;
use crate::codec::{self, Hash};
use crate::id::EntryId;
use crate::time::Timestamp;

/// Position of an entry in its log, from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct LeafIndex(pub u64);

macro_rules! entry_kinds {
    ($($log:ident { $($(#[$doc:meta])* $name:ident,)* })*) => {
        /// What happened.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum EntryKind {
            /// The first entry of every log: its origin and public keys.
            Genesis,
            $($($(#[$doc])* $name,)*)*
        }

        impl EntryKind {
            /// All of them, in the order of this list.
            pub const ALL: &[EntryKind] = &[EntryKind::Genesis, $($(EntryKind::$name,)*)*];

            /// The log in which this kind stands; `None` for the genesis that both begin with.
            pub const fn log(self) -> Option<LogName> {
                match self {
                    EntryKind::Genesis => None,
                    $($(EntryKind::$name => Some(LogName::$log),)*)*
                }
            }
        }
    };
}

entry_kinds! {
    Exchange {
        /// A convenant is in force here: every founding party signed it.
        ConvenantRatified,
        /// A draft goes to another core party.
        DraftSent,
        /// A draft came in for approval.
        DraftReceived,
        /// A person here approved another's question.
        ApprovalGiven,
        /// Our question was approved.
        ApprovalReceived,
        /// A question goes to one organisation.
        UitvraagSent,
        /// A question came in.
        QuestionReceived,
        /// What the convenant says about it, with policy ids.
        PolicyDecision,
        /// A question or draft is refused.
        RefusalSent,
        /// Ours was refused.
        RefusalReceived,
        /// An answer goes out.
        AnswerSent,
        /// An answer came in.
        AnswerReceived,
        /// We take a question back.
        WithdrawalSent,
        /// An asker takes a question back.
        WithdrawalReceived,
        /// The house log's checkpoint, at fixed times.
        HouseCheckpoint,
        /// A party changed its own record in a convenant, as its party key signed.
        ConvenantAmended,
        /// A convenant is no longer in force here.
        ConvenantEnded,
        /// What we said was wrong: to everybody who heard it.
        CorrectionSent,
        /// What a peer said was wrong.
        CorrectionReceived,
        /// What became of it: to everybody who answered.
        FeedbackSent,
        /// What became of a question that we answered.
        FeedbackReceived,
        /// A key of this node, or of a party, was replaced or revoked.
        KeyChanged,
        /// A table of who is known here goes to a core party.
        PublicationSent,
        /// A table of another organisation, to ask it sealed.
        PublicationReceived,
    }
    House {
        /// An author wrote a question.
        DraftWritten,
        /// An approver decided on another's draft.
        VerdictGiven,
        /// An author takes a question or draft back.
        WithdrawalWritten,
        /// Our own side of the convenant forbade an act.
        ActDenied,
        /// What the register holds that may match, for a reviewer.
        Candidates,
        /// A reviewer let an answer go.
        Released,
        /// A reviewer did not, with an internal reason.
        NotReleased,
        /// A question ended without anything released.
        CaseClosed,
        /// A register was replaced by a new generation.
        RegisterImported,
        /// A person got a role.
        RoleGiven,
        /// A person lost a role.
        RoleTaken,
        /// Somebody read what is about a person.
        Read,
        /// The node's configuration changed.
        Configuration,
        /// A core party weighed the answers: criteria and reasons, never a score.
        Weging,
        /// What the weegploeg decided.
        Besluit,
        /// The keys of cases were destroyed, because their term had passed or a human decided so.
        Erased,
        /// A human postpones erasure, for a reason and until a date.
        HoldPlaced,
        /// A legal hold ended before its date.
        HoldLifted,
        /// Somebody asked what is kept about them; what was found and decided.
        SubjectAccess,
        /// A privacy officer is done with a correction that came in; named as that is.
        CorrectionHandled,
        /// A privacy officer or supervisor looked at figures, findings or entries.
        Inspected,
        /// Entries left this node as an export.
        Exported,
        /// What peers cosigned and what we cosigned for them; once a day.
        WitnessSummary,
        /// Two signed checkpoints of one log that cannot both be true.
        SplitView,
        /// Our own log was found shorter than what peers hold of it.
        RollbackFound,
        /// A party's change of its record was not taken: it says something else than what that party signed before.
        AmendmentRefused,
        /// A human let the node sign although no peer could say what it had signed before.
        WitnessOverride,
        /// The first of two people agreed to approve or release; nothing leaves before the second.
        FirstOfTwo,
        /// How a person signs in at the console changed, or a person signed in or out there.
        SignIn,
        /// A table of who is known here was made, with its secret.
        TableBuilt,
        /// A question was sealed for one organisation: what shows an auditor who was asked about.
        QuestionSealed,
        /// A sealed question was tried, whether it opened or not.
        QuestionTried,
        /// A sealed question opened and was not made as it should be; for who asked that is as if it had not opened.
        QuestionMisused,
    }
}

/// One leaf; its canonical CBOR is what the tree hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// Name of the entry.
    pub id: EntryId,
    /// SHA-256 of the body that the vault keeps.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<Hash>,
    /// What happened.
    pub kind: EntryKind,
    /// When, by this node's clock.
    pub time: Timestamp,
    /// Base hash of the convenant under which it happened.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub convenant: Option<Hash>,
    /// SHA-256 of the statement's envelope.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub statement: Option<Hash>,
}

impl Leaf {
    /// The bytes that the tree hashes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }
    /// RFC 9162 leaf hash.
    pub fn hash(&self) -> Hash {
        super::hash_leaf(&self.encode())
    }
}
