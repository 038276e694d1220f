//! Reviewing: possible matches in an inbox; a named human lets the neutral contact point go, or not.

use tokio::sync::oneshot;
use weegnet_policy::decide::{Matching, ReleasePermit, Releasing, SECOND_REVIEWER, Searcher};
use weegnet_policy::role::Role;
use weegnet_protocol::exchange::ResponderState;
use weegnet_protocol::id::{Slug, UitvraagId};

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
    ground: Option<Slug>,
}

impl Release {
    /// Who.
    pub fn by(&self) -> &Actor {
        &self.by
    }
    /// On which ground, where secrecy binds us.
    pub fn ground(&self) -> Option<&Slug> {
        self.ground.as_ref()
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
        let (case, record) = self.matched_case(id).await?;
        let register = self.node.registers.of(record.matter.convenant.id())?;
        let view = ReviewView::of(&record, &register, clock::now().day())?;
        self.reads(&Record::Question(record), case, "inbox show").await?;
        Ok(view)
    }

    /// Lets our contact point go to the asker, where secrecy binds us on a ground of the convenant's list.
    ///
    /// Gives what is still missing, in words, when this was the first of two releases: then nothing has left.
    pub async fn release(&self, id: UitvraagId, ground: Option<Slug>) -> Result<Option<String>, DeskError> {
        self.expect(Role::Reviewer).await?;
        self.expect_stepped_up()?;
        let (case, record) = self.question_case(id)?;
        let policy = self.node.convenants.policy(&record.matter.convenant).ok_or(ActError::TooLate)?;
        let releasing = Releasing {
            roles: self.roles(),
            us: self.node.us(),
            person_is_author_of_question: self.asked_it(id),
            another_released: self.is_another(record.first_of_two.as_ref()),
            ground: ground.clone(),
            now: clock::now(),
            answer_by: record.matter.answer_by,
            uitvraag_id: id,
            question: record.matter.statement,
        };
        let permit = match policy.may_release(&releasing) {
            Ok(permit) => permit,
            Err(denial) if denial.is_only(SECOND_REVIEWER) && record.first_of_two.is_none() => {
                let inbox = self.node.questions().get(&case).ok_or(ActError::TooLate)?;
                let (done, result) = oneshot::channel();
                let command = QuestionCommand::FirstOfTwo(self.actor.clone(), done);
                inbox.send(command).await.map_err(|_| ActError::TooLate)?;
                result.await.map_err(|_| ActError::TooLate)??;
                return Ok(Some(denial.nl));
            }
            Err(denial) => return Err(self.denied("release", record.matter.convenant.id(), denial).await),
        };
        let release = Release { by: self.actor.clone(), permit, ground };
        let inbox = self.node.questions().get(&case).ok_or(ActError::TooLate)?;
        let (done, result) = oneshot::channel();
        inbox.send(QuestionCommand::Release(release, done)).await.map_err(|_| ActError::TooLate)?;
        result.await.map_err(|_| ActError::TooLate)??;
        Ok(None)
    }

    /// Lets nothing go; the reason stays here.
    pub async fn withhold(&self, id: UitvraagId, reason: String) -> Result<(), DeskError> {
        if reason.trim().is_empty() || reason.len() > MAX_REASON_BYTES {
            let message =
                format!("give an internal reason of at most {MAX_REASON_BYTES} bytes; it never leaves this node");
            return Err(DeskError::Input(message));
        }
        let (case, _) = self.matched_case(id).await?;
        let inbox = self.node.questions().get(&case).ok_or(ActError::TooLate)?;
        let (done, result) = oneshot::channel();
        let command = QuestionCommand::Withhold(self.actor.clone(), reason, done);
        inbox.send(command).await.map_err(|_| ActError::TooLate)?;
        Ok(result.await.map_err(|_| ActError::TooLate)??)
    }

    /// A question with possible matches that this person may look at: those of an own one nobody does.
    pub(super) async fn matched_case(&self, id: UitvraagId) -> Result<(CaseId, QuestionRecord), DeskError> {
        let found = self.question_case(id);
        let Some((policy, matter)) = found
            .as_ref()
            .ok()
            .and_then(|(_, record)| Some((self.node.convenants.policy(&record.matter.convenant)?, &record.matter)))
        else {
            self.expect(Role::Reviewer).await?;
            return found;
        };
        let matching = Matching {
            by: Searcher::Person(self.roles()),
            us: self.node.us(),
            asker: matter.from,
            person_is_author_of_question: self.asked_it(id),
            now: clock::now(),
            answer_by: matter.answer_by,
        };
        match policy.may_match(&matching) {
            Ok(()) => found,
            Err(denial) => Err(self.denied("match", matter.convenant.id(), denial).await),
        }
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
