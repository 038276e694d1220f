//! Bodies of the entries that oversight itself leaves: who looked at what, on which ground; what left as an export.

use serde::{Deserialize, Serialize};
use weegnet_protocol::codec::Hash;

use crate::people::Actor;

/// A privacy officer or supervisor looked ([`Inspected`](weegnet_protocol::log::EntryKind::Inspected)).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Inspected {
    /// Who.
    pub by: Actor,
    /// At what: `report`, `findings`, `look`, `log`, `subject list`.
    pub what: String,
    /// The selection, as it was asked for.
    pub selection: String,
    /// Who mandated a specific look (R17).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mandate: Option<String>,
    /// On which suspicion.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub suspicion: Option<String>,
}

/// Entries left this node ([`Exported`](weegnet_protocol::log::EntryKind::Exported)).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exported {
    /// Who.
    pub by: Actor,
    /// In which form.
    pub format: String,
    /// The period, or all of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub period: Option<String>,
    /// SHA-256 of the exchange log's and the house log's checkpoint up to which entries went.
    pub checkpoints: Vec<Hash>,
}
