//! After a rollback: an operator with the party key recovers a stopped node, and operators of others take its amendments by
//! hand where no connection brings them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use weegnet_policy::decide::HouseAct;
use weegnet_policy::role::Role;
use weegnet_protocol::Oin;
use weegnet_protocol::amendment::SignedAmendment;
use weegnet_protocol::id::{ConvenantId, ConvenantRef};
use weegnet_protocol::log::{CosignedCheckpoint, EntryKind, SignedCheckpoint};

use super::{Desk, DeskError};
use crate::exchange::bodies::AmendmentBrought;
use crate::exchange::note;
use crate::home::Home;
use crate::keys::{self, KeyError};
use crate::node::{Node, OpenError};
use crate::people::{Credential, PeopleError};
use crate::recovery::{self, RecoverError};
use crate::witness;

pub use crate::recovery::view::{FormerView, RecoveryView, view};

/// Why a node is not recovered.
#[derive(Debug, thiserror::Error)]
pub enum NotRecovered {
    /// It does not open: it runs, or its files do not hold.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Nobody who may.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The party key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A file with a checkpoint.
    #[error("{0}: {1}")]
    Checkpoint(PathBuf, std::io::Error),
    /// The party key signed what is not in force here, or is another's.
    #[error(transparent)]
    NotInForce(#[from] super::amend::NotPrepared),
    /// There is nothing to recover, or it cannot be.
    #[error(transparent)]
    Recover(#[from] RecoverError),
}

/// A party's amendments to one convenant, from the first on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bring {
    /// All of them.
    pub amendments: Vec<SignedAmendment>,
}

/// What is in force now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Brought {
    /// Whose.
    pub party: Oin,
    /// To which convenant.
    pub convenant: ConvenantId,
    /// How many of its amendments.
    pub amendments: usize,
}

/// Recovers a stopped node whose lost entries are gone for good, or brings to its end a recovery that was cut short.
/// `checkpoints` are files with signed checkpoints of this node that others show, beside what it found itself.
///
/// # Errors
/// Whatever goes wrong before the new journal is whole leaves everything as it was.
pub fn recover(
    home: Home,
    credential: &Credential,
    party: &Path,
    checkpoints: &[PathBuf],
) -> Result<RecoveryView, NotRecovered> {
    let begun = home.recovered().is_dir();
    let node = Node::open(home)?;
    let desk = Desk::enter(&node, credential, rustix::process::getuid().as_raw())?;
    // Not recorded when it fails, as nothing can be in a journal that lost entries.
    if !desk.roles().contains(Role::Operator) {
        return Err(DeskError::from(PeopleError::NeedsRole(Role::Operator)).into());
    }
    let done = if begun { view(&node.home).map_err(RecoverError::from)? } else { None };
    if let Some(done) = done {
        return Ok(done);
    }
    let key = keys::load_party_in(party)?;
    // It would sign a second amendment with a number that it gave before.
    super::amend::all_in_force(&node.convenants, &key, party)?;
    let notes: Result<Vec<_>, _> = checkpoints.iter().map(|path| own_checkpoint(&node, path)).collect();
    Ok(recovery::recover(&node, &desk.actor, &key, notes?)?)
}

fn own_checkpoint(node: &Node, path: &Path) -> Result<SignedCheckpoint, NotRecovered> {
    let text = std::fs::read_to_string(path).map_err(|error| NotRecovered::Checkpoint(path.into(), error))?;
    let parsed = CosignedCheckpoint::parse(&text).ok();
    let ours = parsed.and_then(|note| witness::own(node, note.signed().note()));
    ours.ok_or_else(|| RecoverError::NotOurs(path.into()).into())
}

impl Desk {
    /// Takes amendments of a party in force that came by hand, and writes down who brought them.
    pub async fn bring_amendments(&self, bring: Bring) -> Result<Brought, DeskError> {
        self.may(HouseAct::RUN).await?;
        let first = bring.amendments.first().and_then(|signed| signed.claimed().ok());
        let first = first.ok_or_else(|| DeskError::Input("there is no amendment in it".into()))?;
        let policy = self.policy(&first.convenant)?;
        let text = ConvenantRef(first.convenant.clone(), first.base, 0);
        let number =
            || self.node.convenants.policy(&text).map_or(0, |policy| policy.ratified().amendments(&first.party).len());
        let before = number();
        // What does not hold is said without an entry of who tried: nothing of it is shown or done.
        witness::take(&self.node, None, &bring.amendments)
            .await
            .map_err(|refusal| DeskError::Input(format!("the amendments are not taken: {refusal}")))?;
        witness::let_in(&self.node).await;
        let amendments = number();
        if amendments > before {
            let body =
                AmendmentBrought { by: self.actor.clone(), convenant: first.convenant.clone(), party: first.party };
            let vault = self.node.ledger.new_case()?;
            let entry = note(EntryKind::Configuration, Some(policy.ratified().reference()), vault, body);
            self.node.ledger.record((), vec![entry]).await?;
        }
        Ok(Brought { party: first.party, convenant: first.convenant, amendments })
    }
}
