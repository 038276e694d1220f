//! Reviewing: possible matches in an inbox; a named human lets the neutral contact point go, or not.

use tokio::sync::oneshot;
use weegnet_policy::decide::{ReleasePermit, Releasing};
use weegnet_policy::role::Role;
use weegnet_protocol::exchange::ResponderState;
use weegnet_protocol::id::UitvraagId;

use super::view::{InboxItem, ReviewView};
use super::{Desk, DeskError};
use crate::clock;
use crate::exchange::record::{CaseId, QuestionRecord, Record, Side};
use crate::exchange::{ActError, QuestionCommand};
use crate::people::Actor;

/// Longest internal reason: 2,000 bytes.
const MAX_REASON_BYTES: usize = 2000;

/// A named human with the right role let this answer go. Made only here, after the convenant was asked.
#[derive(Debug)]
pub struct Release {
    by: Actor,
    permit: ReleasePermit,
}

impl Release {
    /// Who.
    pub fn by(&self) -> &Actor {
        &self.by
    }
    /// For which question, and with which contact point: all that goes out.
    pub fn permit(&self) -> &ReleasePermit {
        &self.permit
    }
}

impl Desk {
    /// Questions with possible matches that wait for a reviewer.
    pub async fn inbox(&self) -> Result<Vec<InboxItem>, DeskError> {
        self.expect(Role::Reviewer).await?;
        let open = self.node.ledger.open_cases();
        let waiting = open.iter().filter_map(|record| match record {
            Record::Question(question) if question.state == ResponderState::ExpectReview && !question.released => {
                Some(question)
            }
            _ => None,
        });
        Ok(waiting.map(InboxItem::of).collect())
    }

    /// One question with its possible matches, field by field.
    pub async fn review(&self, id: UitvraagId) -> Result<ReviewView, DeskError> {
        self.expect(Role::Reviewer).await?;
        let (case, record) = self.question_case(id)?;
        let register = self.node.registers.of(record.matter.convenant.id())?;
        let view = ReviewView::of(&record, &register, clock::now().day())?;
        self.reads(&Record::Question(record), case, "inbox show").await?;
        Ok(view)
    }

    /// Lets our contact point go to the asker.
    pub async fn release(&self, id: UitvraagId) -> Result<(), DeskError> {
        self.expect(Role::Reviewer).await?;
        let (case, record) = self.question_case(id)?;
        let policy = self.node.convenants.policy(&record.matter.convenant).ok_or(ActError::TooLate)?;
        let releasing = Releasing {
            roles: self.roles(),
            us: self.node.us(),
            person_is_author_of_question: self.asked_it(id),
            now: clock::now(),
            answer_by: record.matter.answer_by,
            uitvraag_id: id,
            question: record.matter.statement,
        };
        let permit = match policy.may_release(&releasing) {
            Ok(permit) => permit,
            Err(denial) => return Err(self.denied("release", record.matter.convenant.id(), denial).await),
        };
        let release = Release { by: self.actor.clone(), permit };
        let inbox = self.node.questions().get(&case).ok_or(ActError::TooLate)?;
        let (done, result) = oneshot::channel();
        inbox.send(QuestionCommand::Release(release, done)).await.map_err(|_| ActError::TooLate)?;
        Ok(result.await.map_err(|_| ActError::TooLate)??)
    }

    /// Lets nothing go; the reason stays here.
    pub async fn withhold(&self, id: UitvraagId, reason: String) -> Result<(), DeskError> {
        self.expect(Role::Reviewer).await?;
        if reason.trim().is_empty() || reason.len() > MAX_REASON_BYTES {
            let message =
                format!("give an internal reason of at most {MAX_REASON_BYTES} bytes; it never leaves this node");
            return Err(DeskError::Input(message));
        }
        let (case, _) = self.question_case(id)?;
        let inbox = self.node.questions().get(&case).ok_or(ActError::TooLate)?;
        let (done, result) = oneshot::channel();
        let command = QuestionCommand::Withhold(self.actor.clone(), reason, done);
        inbox.send(command).await.map_err(|_| ActError::TooLate)?;
        Ok(result.await.map_err(|_| ActError::TooLate)??)
    }

    /// Whether this person wrote or approved the question: nobody reviews an own one.
    fn asked_it(&self, id: UitvraagId) -> bool {
        let wrote = match self.node.find_case(Side::Own, id) {
            Some((_, Record::Own(own))) => own.author.person == self.actor.person,
            _ => false,
        };
        let approved = match self.node.find_case(Side::Approval, id) {
            Some((_, Record::Approval(approval))) => {
                approval.decided_by.is_some_and(|by| by.person == self.actor.person)
            }
            _ => false,
        };
        wrote || approved
    }

    /// A question is in the inbox only while possible matches wait for a reviewer.
    fn question_case(&self, id: UitvraagId) -> Result<(CaseId, QuestionRecord), DeskError> {
        match self.node.find_case(Side::Question, id) {
            Some((case, Record::Question(record))) if !record.candidates.is_empty() => Ok((case, record)),
            _ => Err(DeskError::NotFound("question with possible matches")),
        }
    }
}
