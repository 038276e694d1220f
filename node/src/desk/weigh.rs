//! Weighing the answers and deciding: the weging of every core party, criterion by criterion, and then what follows (R10,
//! R11). Nothing is computed from them, and nothing of them leaves.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use weegnet_policy::decide::{Deciding, Policy, Weighing};
use weegnet_policy::role::Role;
use weegnet_protocol::Oin;
use weegnet_protocol::exchange::ProposalState;
use weegnet_protocol::id::{Slug, UitvraagId};

use super::view::{OwnView, missing_wegingen};
use super::{Desk, DeskError};
use crate::clock;
use crate::exchange::ActError;
use crate::exchange::record::{CaseId, OwnRecord};
use crate::exchange::weighed::{self, Besluit, Outcome, Step, Weging};

/// Longest reason: 2,000 bytes.
pub const MAX_REASON_BYTES: usize = 2000;

/// The weging of a core party, as it is written down.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weigh {
    /// Whose weging it is; ours when absent.
    #[serde(default)]
    pub of: Option<Oin>,
    /// Codes of the convenant's criteria, each with its reason.
    pub criteria: Vec<(Slug, String)>,
}

/// What the weegploeg decided.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// What.
    pub outcome: Outcome,
    /// Who is invited, to a casusoverleg.
    #[serde(default)]
    pub with: Vec<Oin>,
    /// Why.
    pub reason: String,
}

impl Desk {
    /// Records the weging of a core party; gives those whose weging is missing then.
    pub async fn weigh(&self, id: UitvraagId, weigh: Weigh) -> Result<Vec<Oin>, DeskError> {
        let (case, record, policy) = self.weighable(id).await?;
        let of = weigh.of.unwrap_or(self.node.us());
        if policy.ratified().party(&of).is_none() {
            return Err(DeskError::Input(format!("organisation {of} is no party to this convenant")));
        }
        let weighing = Weighing {
            roles: self.roles(),
            us: of,
            criteria: weigh.criteria.iter().map(|(code, _)| code.clone()).collect(),
            reasoned: weigh.criteria.iter().all(|(_, reason)| !reason.trim().is_empty()),
        };
        if let Err(denial) = policy.may_weigh(&weighing) {
            return Err(self.denied("weigh", policy.ratified().reference().id(), denial).await);
        }
        is_answered(&record)?;
        weigh.criteria.iter().try_for_each(|(_, reason)| fits(reason))?;
        let weging = Weging { at: clock::now(), by: self.actor.clone(), of, case, criteria: weigh.criteria };
        weighed::weigh(&self.node, Step::Weging(weging)).await?;
        let (_, record) = self.own_case(id)?;
        Ok(missing_wegingen(policy.ratified(), &record))
    }

    /// Records what the weegploeg decided, once every core party has weighed.
    pub async fn decide(&self, id: UitvraagId, decide: Decide) -> Result<(), DeskError> {
        let (case, record, policy) = self.weighable(id).await?;
        let weighed_by = record.weighed.wegingen.iter().map(|weging| weging.of).collect();
        let deciding = Deciding { roles: self.roles(), us: self.node.us(), weighed_by };
        if let Err(denial) = policy.may_decide(&deciding) {
            return Err(self.denied("decide", policy.ratified().reference().id(), denial).await);
        }
        is_answered(&record)?;
        let Decide { outcome, with, reason } = decide;
        fits(&reason)?;
        if reason.trim().is_empty() {
            return Err(DeskError::Input("a decision has a reason, in words: add it".into()));
        }
        if (outcome == Outcome::Casusoverleg) == with.is_empty() {
            return Err(DeskError::Input("a casusoverleg, and nothing else, names who is invited: name them".into()));
        }
        if let Some(stranger) = with.iter().find(|oin| policy.ratified().party(oin).is_none()) {
            return Err(DeskError::Input(format!("organisation {stranger} is no party to this convenant")));
        }
        let besluit = Besluit { at: clock::now(), by: self.actor.clone(), case, with, reason, outcome };
        Ok(weighed::weigh(&self.node, Step::Besluit(besluit)).await?)
    }

    /// An uitvraag of ours with the text that it was asked under. Who may weigh, the rules say; whoever has no business here
    /// does not learn whether there is one.
    async fn weighable(&self, id: UitvraagId) -> Result<(CaseId, OwnRecord, Arc<Policy>), DeskError> {
        let found = self.own_case(id);
        if found.is_err() {
            self.expect(Role::Author).await?;
        }
        let (case, record) = found?;
        let policy = self.node.convenants.policy(&record.draft.core.convenant).ok_or(ActError::TooLate)?;
        Ok((case, record, policy))
    }
}

/// Weighed are answers: no more of them can come, and somebody was asked.
fn is_answered(record: &OwnRecord) -> Result<(), DeskError> {
    if record.proposal == ProposalState::Approved && OwnView::of(record).ended {
        return Ok(());
    }
    Err(DeskError::Input("answers can still come, or nobody was asked: weigh when everybody has answered".into()))
}

fn fits(reason: &str) -> Result<(), DeskError> {
    if reason.len() <= MAX_REASON_BYTES {
        return Ok(());
    }
    Err(DeskError::Input(format!("a reason has at most {MAX_REASON_BYTES} bytes: shorten it")))
}
