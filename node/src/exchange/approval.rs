//! A draft of another core party, in front of an approver here (H1).

use tokio::sync::oneshot;
use weegnet_policy::decide::ApprovePermit;
use weegnet_protocol::Timestamp;
use weegnet_protocol::exchange::{Consideration, ConsiderationEffect, ConsiderationInput, ConsiderationState, Matter};
use weegnet_protocol::id::StatementId;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::sign::Verified;
use weegnet_protocol::statement::{Approval, Refusal, Withdrawal};

use super::bodies::Act;
use super::case::{Case, Delivery, Hands, Letter};
use super::outbox::Delivered;
use super::own::unrelated;
use super::record::{ApprovalRecord, Record, Sent};
use super::{ActError, note};
use crate::clock;
use crate::journal::JournalError;
use crate::node::Node;
use crate::people::Actor;

/// What can happen to a draft of another core party.
pub enum ApprovalCommand {
    /// The author takes it back.
    Withdrawal(Box<Verified<Withdrawal>>, Delivery),
    /// A person here approves exactly these bytes and recipients.
    Approve(Actor, Box<ApprovePermit>, oneshot::Sender<Result<(), ActError>>),
    /// The first of two people here approves them.
    FirstOfTwo(Actor, oneshot::Sender<Result<(), ActError>>),
    /// A person here declines, with an internal reason.
    Decline(Actor, Option<String>, oneshot::Sender<Result<(), ActError>>),
}

pub(super) struct Considered {
    pub record: ApprovalRecord,
}

impl Case for Considered {
    type Command = ApprovalCommand;

    fn record(&self) -> Record {
        Record::Approval(self.record.clone())
    }

    fn outbox(&mut self) -> &mut Vec<Sent> {
        &mut self.record.outbox
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.machine().and_then(|machine| machine.wake_at())
    }

    async fn resume(&mut self, hands: &mut Hands) -> Result<(), JournalError> {
        let (Some(code), ConsiderationState::ExpectVerdict) = (self.record.denied, self.record.state) else {
            return Ok(());
        };
        let Matter { uitvraag_id, statement, .. } = self.record.matter;
        let refusal = Refusal { code, statement, uitvraag_id };
        hands.post(self.letter(refusal, EntryKind::RefusalSent), Vec::new(), &mut self.record.outbox).await?;
        self.record.state = ConsiderationState::Refused(code);
        Ok(())
    }

    async fn command(&mut self, command: ApprovalCommand, hands: &mut Hands) -> Result<(), JournalError> {
        match command {
            ApprovalCommand::Withdrawal(withdrawal, reply) => self.withdrawn(*withdrawal, reply, hands).await,
            ApprovalCommand::Approve(by, permit, done) => {
                // The permit is for exactly the draft that this case holds.
                let matches = permit.draft().statement().hash() == self.record.matter.statement;
                let result = if matches { self.decide(by, true, None, hands).await } else { Err(ActError::TooLate) };
                let _ = done.send(result);
                Ok(())
            }
            ApprovalCommand::FirstOfTwo(by, done) => {
                let _ = done.send(self.first_of_two(by, hands).await);
                Ok(())
            }
            ApprovalCommand::Decline(by, reason, done) => {
                let _ = done.send(self.decide(by, false, reason, hands).await);
                Ok(())
            }
        }
    }

    async fn tick(&mut self, _: &mut Hands) -> Result<(), JournalError> {
        if let Some(mut machine) = self.machine()
            && machine.step(ConsiderationInput::Tick, clock::now()).is_ok()
        {
            self.record.state = *machine.state();
        }
        Ok(())
    }

    fn delivered(&mut self, _: StatementId, _: Delivered, _: &Node) {}
}

impl Considered {
    fn machine(&self) -> Option<Consideration> {
        let draft = self.record.draft.as_ref()?;
        Some(Consideration::resume(self.record.matter.clone(), Approval::of(draft), self.record.state))
    }

    async fn withdrawn(
        &mut self,
        withdrawal: Verified<Withdrawal>,
        reply: Delivery,
        hands: &mut Hands,
    ) -> Result<(), JournalError> {
        let Some(mut machine) = self.machine() else { return unrelated(reply) };
        let ours = withdrawal.content().statement == self.record.matter.statement;
        if !ours || machine.step(ConsiderationInput::Withdrawn, clock::now()).is_err() {
            return unrelated(reply);
        }
        hands.take(EntryKind::WithdrawalReceived, &withdrawal, self.record.vault, reply).await?;
        self.record.state = *machine.state();
        Ok(())
    }

    /// Nothing leaves: somebody else has to agree.
    async fn first_of_two(&mut self, by: Actor, hands: &mut Hands) -> Result<(), ActError> {
        if self.record.state != ConsiderationState::ExpectVerdict || self.record.first_of_two.is_some() {
            return Err(ActError::TooLate);
        }
        let case = Record::Approval(self.record.clone()).id();
        let act = Act { by: by.clone(), case, yes: true, reason: None };
        let entry = note(EntryKind::FirstOfTwo, Some(&self.record.matter.convenant), self.record.vault, act);
        hands.node.ledger.record((), vec![entry]).await?;
        self.record.first_of_two = Some(by);
        Ok(())
    }

    async fn decide(
        &mut self,
        by: Actor,
        yes: bool,
        reason: Option<String>,
        hands: &mut Hands,
    ) -> Result<(), ActError> {
        let mut machine = self.machine().ok_or(ActError::TooLate)?;
        let input = if yes { ConsiderationInput::Approve } else { ConsiderationInput::Decline };
        let effects = machine.step(input, clock::now())?;
        let case = Record::Approval(self.record.clone()).id();
        for effect in effects {
            let act = Act { by: by.clone(), case, yes, reason: reason.clone() };
            let verdict = note(EntryKind::VerdictGiven, Some(&self.record.matter.convenant), self.record.vault, act);
            match effect {
                ConsiderationEffect::Approve(approval) => {
                    let letter = self.letter(approval, EntryKind::ApprovalGiven);
                    hands.post(letter, vec![verdict], &mut self.record.outbox).await?;
                }
                ConsiderationEffect::Refuse(refusal) => {
                    let letter = self.letter(refusal, EntryKind::RefusalSent);
                    hands.post(letter, vec![verdict], &mut self.record.outbox).await?;
                }
            }
        }
        self.record.state = *machine.state();
        self.record.decided_by = Some(by);
        Ok(())
    }

    fn letter<T>(&self, content: T, kind: EntryKind) -> Letter<T> {
        Letter {
            content,
            to: self.record.matter.from,
            kind,
            convenant: self.record.matter.convenant.clone(),
            expires: self.record.matter.answer_by,
            vault: self.record.vault,
        }
    }
}
