//! Approving: a person of another core party decides about exactly these bytes and recipients.

use tokio::sync::oneshot;
use weegnet_policy::decide::{Approving, SECOND_APPROVER};
use weegnet_policy::role::Role;
use weegnet_protocol::Oin;
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::sign;
use weegnet_protocol::statement::Draft;

use super::view::{DraftView, Summary};
use super::{Desk, DeskError};
use crate::clock;
use crate::exchange::record::{ApprovalRecord, CaseId, Record, Side};
use crate::exchange::{ActError, ApprovalCommand};

impl Desk {
    /// Drafts of other core parties that wait here, and those that did; nothing about persons.
    pub async fn drafts(&self) -> Result<Vec<Summary>, DeskError> {
        self.expect_any(&[Role::Approver, Role::PrivacyOfficer]).await?;
        let mut drafts = Vec::new();
        self.node.ledger.each_case(|record| {
            if matches!(record, Record::Approval(_)) {
                drafts.push(Summary::of(&record));
            }
        });
        Ok(drafts)
    }

    /// A draft of another core party, as it would be approved.
    pub async fn draft(&self, id: UitvraagId) -> Result<DraftView, DeskError> {
        self.expect_any(&[Role::Approver, Role::PrivacyOfficer]).await?;
        let (case, record) = self.draft_case(id)?;
        let view = DraftView::of(&record).ok_or(DeskError::NotFound("draft"))?;
        self.reads(&Record::Approval(record), case, "draft show").await?;
        Ok(view)
    }

    /// Approves exactly these bytes and recipients.
    ///
    /// Gives what is still missing, in words, when this was the first of two approvals: then nothing has left.
    pub async fn approve(&self, id: UitvraagId) -> Result<Option<String>, DeskError> {
        self.expect(Role::Approver).await?;
        let (case, record) = self.draft_case(id)?;
        let statement = record.statement.clone().ok_or(DeskError::NotFound("draft"))?;
        let policy = self.node.convenants.policy(&record.matter.convenant).ok_or(ActError::TooLate)?;
        let left = |oin: &Oin| !policy.ratified().takes_part(oin);
        let named = record.draft.iter().flat_map(|draft| &draft.recipients).map(|to| to.oin);
        if let Some(left) = named.chain([record.matter.from, self.node.us()]).find(left) {
            let message = format!("organisation {left} takes no part in this convenant (any more): decline this draft");
            return Err(DeskError::Input(message));
        }
        let now = clock::now();
        // Checked anew from the stored bytes: what is approved is what came in, and it is still in time.
        let draft = sign::verify::<Draft>(statement, self.node.convenants.as_ref(), &self.node.us(), now)
            .map_err(|error| DeskError::Input(error.to_string()))?;
        let another_approved = self.is_another(record.first_of_two.as_ref());
        let approving = Approving { roles: self.roles(), us: self.node.us(), another_approved, now };
        let permit = match policy.may_approve(draft, &approving) {
            Ok(permit) => permit,
            Err(denial) if denial.is_only(SECOND_APPROVER) && record.first_of_two.is_none() => {
                let inbox = self.node.approvals().get(&case).ok_or(ActError::TooLate)?;
                let (done, result) = oneshot::channel();
                let command = ApprovalCommand::FirstOfTwo(self.actor.clone(), done);
                inbox.send(command).await.map_err(|_| ActError::TooLate)?;
                result.await.map_err(|_| ActError::TooLate)??;
                return Ok(Some(denial.nl));
            }
            Err(denial) => return Err(self.denied("approve", record.matter.convenant.id(), denial).await),
        };
        let inbox = self.node.approvals().get(&case).ok_or(ActError::TooLate)?;
        let (done, result) = oneshot::channel();
        let command = ApprovalCommand::Approve(self.actor.clone(), Box::new(permit), done);
        inbox.send(command).await.map_err(|_| ActError::TooLate)?;
        result.await.map_err(|_| ActError::TooLate)??;
        Ok(None)
    }

    /// Declines, with an internal reason that never leaves.
    pub async fn decline(&self, id: UitvraagId, reason: Option<String>) -> Result<(), DeskError> {
        self.expect(Role::Approver).await?;
        let (case, _) = self.draft_case(id)?;
        let inbox = self.node.approvals().get(&case).ok_or(ActError::TooLate)?;
        let (done, result) = oneshot::channel();
        let command = ApprovalCommand::Decline(self.actor.clone(), reason, done);
        inbox.send(command).await.map_err(|_| ActError::TooLate)?;
        Ok(result.await.map_err(|_| ActError::TooLate)??)
    }

    fn draft_case(&self, id: UitvraagId) -> Result<(CaseId, ApprovalRecord), DeskError> {
        match self.node.find_case(Side::Approval, id) {
            Some((case, Record::Approval(record))) => Ok((case, record)),
            _ => Err(DeskError::NotFound("draft")),
        }
    }
}
