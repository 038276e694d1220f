//! What is to be seen of recoveries, from public files alone: the genesis of the exchange log tells of those before it.

use serde::Serialize;
use weegnet_protocol::codec;
use weegnet_protocol::log::{CosignedCheckpoint, LogName, Origin, SignedCheckpoint};

use crate::home::Home;
use crate::journal::{self, GenesisBody, JournalError};

/// A journal that continues others.
#[derive(Debug, Clone, Serialize)]
pub struct RecoveryView {
    /// The exchange log's name now.
    pub origin: Origin,
    /// The logs before it, the latest first.
    pub former: Vec<FormerView>,
    /// Where the latest of them lies as it was found, with the amendments that others must get.
    pub evidence: Option<String>,
}

/// A log that lost its end.
#[derive(Debug, Clone, Serialize)]
pub struct FormerView {
    /// Its name.
    pub origin: Origin,
    /// How many of its entries are left.
    pub kept: u64,
    /// Up to where others hold that it went, when the recovery was decided on.
    pub known_to_have_had: u64,
    /// Others saw another branch of it, with this many entries and no more than are left: which of them stand here too
    /// nobody here can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<u64>,
}

/// Reads the genesis of a node's exchange log; `None` where nothing was ever recovered.
///
/// # Errors
/// A journal whose beginning cannot be read.
pub fn view(home: &Home) -> Result<Option<RecoveryView>, JournalError> {
    let genesis = match journal::read_head(&home.journal(), LogName::Exchange) {
        Err(JournalError::Missing { .. }) => return Ok(None),
        genesis => genesis?,
    };
    let evidence = super::swap::former(home, &genesis.origin);
    let mut view = RecoveryView {
        origin: genesis.origin.clone(),
        former: Vec::new(),
        evidence: evidence.is_dir().then(|| evidence.display().to_string()),
    };
    // Found not to stand in the journal, and kept beside it.
    let forked = std::fs::read_to_string(evidence.join("witness").join("rollback.note")).ok();
    let forked = forked.and_then(|text| Some(CosignedCheckpoint::parse(&text).ok()?.signed().clone()));
    let mut next = genesis;
    // A later recovery may have found out more about a log before the last.
    let mut known: Vec<SignedCheckpoint> = Vec::new();
    while let Some(continued) = next.continued.take() {
        let size = |note: &str| SignedCheckpoint::parse(note).map_or(0, |note| note.checkpoint().size);
        let Ok(before) = codec::decode::<GenesisBody>(&continued.body.0) else { break };
        known.extend(continued.last.iter().filter_map(|note| SignedCheckpoint::parse(note).ok()));
        let of_it = known.iter().map(SignedCheckpoint::checkpoint).filter(|said| said.origin == before.origin);
        let last = of_it.map(|said| said.size).max().unwrap_or(0);
        let kept = size(&continued.kept);
        let is_of_it = |note: &SignedCheckpoint| note.checkpoint().origin == before.origin;
        let branch = forked.as_ref().filter(|note| is_of_it(note)).map(|note| note.checkpoint().size);
        view.former.push(FormerView {
            origin: before.origin.clone(),
            kept,
            known_to_have_had: last.max(kept),
            branch: branch.filter(|size| *size <= kept),
        });
        next = before;
    }
    Ok((!view.former.is_empty()).then_some(view))
}

impl RecoveryView {
    /// For people.
    pub fn words(&self) -> String {
        let mut text = String::new();
        for former in &self.former {
            let gone = match former.branch {
                Some(size) => format!(
                    "others saw another branch of it, of {size} entries; what stood only there is lost for good"
                ),
                None => format!("lost for good: at least {}", former.known_to_have_had - former.kept),
            };
            text += &format!(
                "RECOVERED: this journal continues {} with its first {} entries; {gone}.\n",
                former.origin, former.kept
            );
        }
        text += &format!("The exchange log is now {}.\n", self.origin);
        if let Some(evidence) = &self.evidence {
            text += &format!("The journal as it was found, and the amendments for others: {evidence}\n");
        }
        text
    }
}
