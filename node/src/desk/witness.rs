//! An operator lets the node sign although no other member could be heard.

use serde::{Deserialize, Serialize};
use weegnet_policy::decide::HouseAct;
use weegnet_protocol::log::EntryKind;

use super::{Desk, DeskError};
use crate::exchange::note;
use crate::people::Actor;
use crate::witness::signing::State;

/// Longest reason: 2,000 characters.
const MAX_REASON_CHARS: usize = 2000;

/// Why the node may sign unheard.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// In the operator's words; it stays here.
    pub reason: String,
}

#[derive(Serialize)]
struct Overridden {
    by: Actor,
    reason: String,
}

impl Desk {
    /// Writes down who decided to sign without having heard others, and why; then begins to.
    pub async fn sign_unheard(&self, request: Override) -> Result<(), DeskError> {
        self.may(HouseAct::RUN).await?;
        let reason = request.reason.trim().to_owned();
        if reason.is_empty() || reason.chars().count() > MAX_REASON_CHARS {
            return Err(DeskError::Input(format!("give a reason of 1 to {MAX_REASON_CHARS} characters with --reason")));
        }
        let signing = self.node.ledger.signing();
        match signing.state() {
            State::Waits => {}
            State::Signs => return Err(DeskError::Input("this node signs already: nothing to decide".into())),
            State::RolledBack => {
                let lost = "other members hold entries that this journal has lost: put the journal back that has \
                            them, or recover with 'weegnet witness recover'";
                return Err(DeskError::Input(lost.into()));
            }
        }
        let vault = self.node.ledger.new_case()?;
        let body = Overridden { by: self.actor.clone(), reason };
        // Past the switch that this is about: the first thing that is signed is who decided it.
        let decided = vec![note(EntryKind::WitnessOverride, None, vault, body)];
        self.node.ledger.journal().record((), decided).await?;
        signing.begin();
        Ok(())
    }
}
