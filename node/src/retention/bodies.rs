//! What the entries about forgetting say.

use serde::{Deserialize, Serialize};
use weegnet_protocol::codec::{Bytes, Hash};
use weegnet_protocol::id::{ConvenantId, UitvraagId};
use weegnet_protocol::log::LeafIndex;
use weegnet_protocol::{Oin, Timestamp};

use super::plan::Part;
use crate::exchange::record::CaseId;
use crate::people::{Actor, PersonName};

/// Keys were destroyed ([`Erased`](weegnet_protocol::log::EntryKind::Erased)); public, so that anybody can check that
/// exactly these bodies do not open any more. It is recorded before the first key goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    /// Random; with it a case has a name here that only those who know its id can find.
    pub salt: Bytes<32>,
    /// Number of the pass on this node, from 1; a large pass has several entries.
    pub pass: u64,
    /// What set it off.
    pub cause: Cause,
    /// Who, when an operator did.
    pub by: Option<PersonName>,
    /// The terms under which it happened.
    pub rules: Vec<Rule>,
    /// What went.
    pub gone: Vec<Gone>,
    /// Rows of registers that were past their term, per convenant.
    pub register_rows: Vec<(ConvenantId, u64)>,
}

/// What sets a pass off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// An answer window closed without a match (H5).
    Window,
    /// The node started.
    Start,
    /// The daily pass.
    Daily,
    /// An operator.
    Operator,
}

/// A term of the convenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Kind of record, as the convenant names it.
    pub kind: String,
    /// Which part of a record.
    pub part: Part,
    /// Length in days; 0 where something goes at a moment of its own.
    pub days: u32,
    /// Where that is laid down.
    pub source: String,
}

/// One thing that went; a few bytes, for there may be many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gone {
    /// SHA-256 of the salt and the case's name; absent for what is no case.
    #[serde(rename = "n")]
    pub name: Option<Hash>,
    /// Place in [`Erased::rules`].
    #[serde(rename = "r")]
    pub rule: u16,
    /// Slots of the vault that were overwritten.
    #[serde(rename = "s")]
    pub slots: Vec<u32>,
    /// Entries of the exchange log whose bodies were sealed under these.
    #[serde(rename = "e")]
    pub exchange: Vec<u64>,
    /// The same of the house log.
    #[serde(rename = "h")]
    pub house: Vec<u64>,
}

impl Erased {
    /// The name of a case in this entry.
    pub fn name(&self, case: &CaseId) -> Hash {
        name(&self.salt, case)
    }
}

/// A case's name under a salt.
pub(super) fn name(salt: &Bytes<32>, case: &CaseId) -> Hash {
    Hash::of(&[&salt.0, &case.key()])
}

/// Questions without a match were closed ([`CaseClosed`](weegnet_protocol::log::EntryKind::CaseClosed)); sealed under the
/// key of an epoch, under which the pseudonyms are made as well.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// Under which convenant: it says how long an epoch lasts.
    pub convenant: ConvenantId,
    /// What is left of each.
    pub traces: Vec<ClosedTrace>,
}

/// What is left of one question without a match.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedTrace {
    /// Who asked.
    pub asker: Oin,
    /// When.
    pub received: Timestamp,
    /// The question's entry in the exchange log.
    pub question: LeafIndex,
    /// The person, by each way to recognise one.
    pub names: Vec<Bytes<32>>,
}

/// A privacy officer postpones erasure ([`HoldPlaced`](weegnet_protocol::log::EntryKind::HoldPlaced)); sealed with the case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldPlaced {
    /// Who.
    pub by: Actor,
    /// Which uitvraag, on whatever side of it this node is.
    pub uitvraag_id: UitvraagId,
    /// Why.
    pub reason: String,
    /// Until when.
    pub until: Timestamp,
}

/// A privacy officer ends a hold before its date ([`HoldLifted`](weegnet_protocol::log::EntryKind::HoldLifted)).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldLifted {
    /// Who.
    pub by: Actor,
    /// Which uitvraag.
    pub uitvraag_id: UitvraagId,
    /// Why.
    pub reason: String,
}
