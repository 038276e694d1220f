//! An uitvraag of ours: the draft that waits for approval, then one question per recipient.

use std::sync::Arc;

use tokio::sync::oneshot;
use weegnet_protocol::codec::{Blob, Bytes, Hash};
use weegnet_protocol::exchange::{
    Asker, AskerEffect, AskerInput, AskerState, Matter, Proposal, ProposalEffect, ProposalInput, ProposalState, Refused,
};
use weegnet_protocol::frame::RejectCode;
use weegnet_protocol::id::StatementId;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::sealed::Sealed;
use weegnet_protocol::sign::{Statement, Verified, read_body};
use weegnet_protocol::statement::{
    Answer, Approval, AskedSubject, DraftCore, Recipient, Refusal, Subject, Uitvraag, Withdrawal,
};
use weegnet_protocol::time::Millis;
use weegnet_protocol::{Oin, Timestamp};

use super::bodies::{Act, QuestionSealed};
use super::case::{Case, Delivery, Hands, Letter};
use super::outbox::Delivered;
use super::record::{Ask, OwnRecord, Record, Sent};
use super::weighed::{self, Step};
use super::{ActError, note};
use crate::clock;
use crate::journal::JournalError;
use crate::node::Node;
use crate::people::Actor;
use crate::sealed::CannotAsk;

/// How often is looked whether somebody can be asked who could not be: 2 s.
const LOOK_AGAIN: Millis = Millis::seconds(2);

/// What can happen to an uitvraag of ours.
pub enum OwnCommand {
    /// The other core party approves.
    Approval(Box<Verified<Approval>>, Delivery),
    /// The draft or a question is refused.
    Refusal(Box<Verified<Refusal>>, Delivery),
    /// A recipient answers.
    Answer(Box<Verified<Answer>>, Delivery),
    /// The author takes it back.
    Withdraw(Actor, oneshot::Sender<Result<(), ActError>>),
    /// The weegploeg weighs, or decides.
    Weigh(Box<Step>, oneshot::Sender<Result<(), ActError>>),
}

pub(super) struct Own {
    pub record: OwnRecord,
}

impl Case for Own {
    type Command = OwnCommand;

    fn record(&self) -> Record {
        Record::Own(self.record.clone())
    }

    fn outbox(&mut self) -> &mut Vec<Sent> {
        &mut self.record.outbox
    }

    fn wake_at(&self) -> Option<Timestamp> {
        let asks = self.record.asks.iter().filter_map(|ask| asker(ask).wake_at());
        let waits = self.unasked().next().map(|_| (clock::now() + LOOK_AGAIN).min(self.record.matter.answer_by));
        asks.chain(self.proposal().wake_at()).chain(waits).min()
    }

    async fn resume(&mut self, hands: &mut Hands) -> Result<(), JournalError> {
        if self.record.proposal == ProposalState::Approved { self.ask(hands).await } else { Ok(()) }
    }

    async fn command(&mut self, command: OwnCommand, hands: &mut Hands) -> Result<(), JournalError> {
        match command {
            OwnCommand::Approval(approval, reply) => self.approved(*approval, reply, hands).await,
            OwnCommand::Refusal(refusal, reply) => self.refused(*refusal, reply, hands).await,
            OwnCommand::Answer(answer, reply) => self.answered(*answer, reply, hands).await,
            OwnCommand::Withdraw(by, done) => {
                let result = self.withdraw(by, hands).await;
                let failed = matches!(result, Err(ActError::Journal(_)));
                let _ = done.send(result);
                if failed { Err(JournalError::NoSpace) } else { Ok(()) }
            }
            OwnCommand::Weigh(step, done) => {
                let _ = done.send(weighed::write(&hands.node, &mut self.record, *step).await);
                Ok(())
            }
        }
    }

    async fn tick(&mut self, hands: &mut Hands) -> Result<(), JournalError> {
        let now = clock::now();
        let mut proposal = self.proposal();
        if let Ok(effects) = proposal.step(ProposalInput::Tick, now) {
            self.record.proposal = proposal.state().clone();
            self.stop_if(effects.contains(&ProposalEffect::StopDelivery), self.record.matter.statement, hands);
        }
        for at in 0..self.record.asks.len() {
            let mut machine = asker(&self.record.asks[at]);
            if let Ok(effects) = machine.step(AskerInput::Tick, now) {
                self.record.asks[at].state = machine.state().clone();
                let stop = effects.contains(&AskerEffect::StopDelivery);
                self.stop_if(stop, self.record.asks[at].matter.statement, hands);
            }
        }
        if now >= self.record.matter.answer_by {
            self.give_up();
            return Ok(());
        }
        self.ask(hands).await
    }

    fn delivered(&mut self, id: StatementId, delivered: Delivered, node: &Node) {
        let now = clock::now();
        if delivered == Delivered::Rejected(RejectCode::OtherTable) {
            return self.asks_again(id, node);
        }
        if let Some(ask) = self.record.asks.iter_mut().find(|ask| ask.id == id) {
            let mut machine = asker(ask);
            let input = match delivered {
                Delivered::Receipted => AskerInput::Receipted,
                Delivered::Rejected(code) => AskerInput::Rejected(code),
                Delivered::Expired => AskerInput::Tick,
            };
            // Too late means that an answer was faster.
            let _ = machine.step(input, now);
            ask.state = machine.state().clone();
        } else if let Delivered::Rejected(code) = delivered
            && self.record.outbox.first().is_some_and(|draft| draft.id == id)
        {
            let mut proposal = self.proposal();
            let _ = proposal.step(ProposalInput::Rejected(code), now);
            self.record.proposal = proposal.state().clone();
        }
    }
}

impl Own {
    fn proposal(&self) -> Proposal {
        Proposal::resume(self.record.matter.clone(), Approval::of(&self.record.draft), self.record.proposal.clone())
    }

    fn stop_if(&mut self, stop: bool, statement: Hash, hands: &mut Hands) {
        let ask = self.record.asks.iter().find(|ask| ask.matter.statement == statement).map(|ask| ask.id);
        let id = ask.or_else(|| self.record.outbox.first().map(|sent| sent.id));
        if let (true, Some(id)) = (stop, id) {
            hands.stop_delivery(&mut self.record.outbox, &id);
        }
    }

    async fn approved(
        &mut self,
        approval: Verified<Approval>,
        reply: Delivery,
        hands: &mut Hands,
    ) -> Result<(), JournalError> {
        let mut proposal = self.proposal();
        if let Err(Refused::TooLate | Refused::Unrelated) =
            proposal.step(ProposalInput::Approved(&approval), clock::now())
        {
            reply.reject(RejectCode::Unrelated);
            return Ok(());
        }
        hands.take(EntryKind::ApprovalReceived, &approval, self.record.vault, reply).await?;
        self.record.proposal = proposal.state().clone();
        self.record.approval = Some(approval.statement().clone());
        let convenant = self.record.matter.convenant.id();
        hands.node.quota.asked_about(convenant, &self.record.draft.subject, clock::now());
        self.stop_if(true, self.record.matter.statement, hands);
        self.ask(hands).await
    }

    /// Recipients who have not been sent the approved question.
    fn unasked(&self) -> impl Iterator<Item = &Recipient> {
        let approved = self.record.proposal == ProposalState::Approved;
        let is_asked = |to: &&Recipient| !self.record.asks.iter().any(|ask| ask.matter.to == to.oin);
        self.record.draft.recipients.iter().filter(move |_| approved).filter(is_asked)
    }

    /// Sends the approved question to every recipient who has not got it yet and can be asked now.
    async fn ask(&mut self, hands: &mut Hands) -> Result<(), JournalError> {
        let Some(approval) = self.record.approval.clone() else { return Ok(()) };
        let recipients: Vec<Recipient> = self.unasked().cloned().collect();
        for recipient in recipients {
            self.ask_one(recipient, approval.clone(), hands).await?;
        }
        Ok(())
    }

    /// Asks openly among core parties, everybody else sealed; without a table nobody is asked, and it is tried again.
    async fn ask_one(
        &mut self,
        recipient: Recipient,
        approval: Statement,
        hands: &mut Hands,
    ) -> Result<(), JournalError> {
        let core = self.record.draft.core.clone();
        let id = StatementId::new(clock::now(), clock::random());
        let policy = hands.node.convenants.policy(&core.convenant);
        let openly = policy.is_some_and(|policy| policy.ratified().asks_openly(&core.asker, &recipient.oin));
        let (subject, notes) = if openly {
            (AskedSubject::Open(self.record.draft.subject.clone()), Vec::new())
        } else {
            match seal(&hands.node, &core, &self.record.draft.subject, recipient.oin).await {
                Ok((sealed, seed)) => {
                    let case = Record::Own(self.record.clone()).id();
                    let sealing = QuestionSealed { case, to: recipient.oin, statement: id, root: sealed.root, seed };
                    let kept = note(EntryKind::QuestionSealed, Some(&core.convenant), self.record.vault, sealing);
                    (AskedSubject::Sealed(Box::new(sealed)), vec![kept])
                }
                Err(error) => {
                    tracing::warn!(recipient = %recipient.oin, %error, "somebody cannot be asked now; trying again");
                    return Ok(());
                }
            }
        };
        let content = Uitvraag {
            salt: recipient.salt,
            subject,
            approval: Statement { body: Blob(approval.body.0), envelope: Blob(approval.envelope.0) },
            core: core.clone(),
        };
        let letter = Letter {
            content,
            to: recipient.oin,
            kind: EntryKind::UitvraagSent,
            convenant: core.convenant,
            expires: core.answer_by,
            vault: self.record.vault,
        };
        let posted = hands.post_as(id, letter, notes, &mut self.record.outbox).await?;
        let Matter { uitvraag_id, answer_by, deliver_until, .. } = self.record.matter;
        let matter = Matter::of(&posted.header, posted.hash, uitvraag_id, answer_by, deliver_until);
        self.record.asks.push(Ask { matter, id: posted.sent.id, state: AskerState::ExpectReceipt });
        Ok(())
    }

    /// The recipient takes no questions for the table that this one was sealed for: it is asked again when another is here.
    fn asks_again(&mut self, id: StatementId, node: &Node) {
        let sent = self.record.outbox.iter().find(|sent| sent.id == id);
        let statement = sent.and_then(|sent| node.ledger.recall(sent).ok());
        let question = statement.and_then(|sent| read_body::<Uitvraag>(&sent.get().statement.body.0).ok());
        if let Some(sealed) = question.as_ref().and_then(Uitvraag::sealed) {
            node.tables.is_refused(&sealed.root);
        }
        self.record.asks.retain(|ask| ask.id != id || ask.state != AskerState::ExpectReceipt);
    }

    /// Who could not be asked before the answer was due is not asked any more.
    fn give_up(&mut self) {
        let missed: Vec<_> = self.unasked().map(|to| to.oin).collect();
        for to in missed {
            let matter = Matter { to, statement: Hash::of(&[to.as_str().as_bytes()]), ..self.record.matter.clone() };
            let id = StatementId::new(clock::now(), clock::random());
            self.record.asks.push(Ask { matter, id, state: AskerState::Undelivered });
        }
    }

    async fn refused(
        &mut self,
        refusal: Verified<Refusal>,
        reply: Delivery,
        hands: &mut Hands,
    ) -> Result<(), JournalError> {
        let now = clock::now();
        let statement = refusal.content().statement;
        if statement == self.record.matter.statement {
            let mut proposal = self.proposal();
            return match proposal.step(ProposalInput::Refused(&refusal), now) {
                Ok(_) => {
                    hands.take(EntryKind::RefusalReceived, &refusal, self.record.vault, reply).await?;
                    self.record.proposal = proposal.state().clone();
                    self.stop_if(true, statement, hands);
                    Ok(())
                }
                Err(_) => unrelated(reply),
            };
        }
        let Some(at) = self.record.asks.iter().position(|ask| ask.matter.statement == statement) else {
            return unrelated(reply);
        };
        let mut machine = asker(&self.record.asks[at]);
        match machine.step(AskerInput::Refused(&refusal), now) {
            Ok(_) => {
                hands.take(EntryKind::RefusalReceived, &refusal, self.record.vault, reply).await?;
                self.record.asks[at].state = machine.state().clone();
                self.stop_if(true, statement, hands);
                Ok(())
            }
            Err(_) => unrelated(reply),
        }
    }

    async fn answered(
        &mut self,
        answer: Verified<Answer>,
        reply: Delivery,
        hands: &mut Hands,
    ) -> Result<(), JournalError> {
        let statement = *answer.content().question();
        let Some(at) = self.record.asks.iter().position(|ask| ask.matter.statement == statement) else {
            return unrelated(reply);
        };
        let mut machine = asker(&self.record.asks[at]);
        match machine.step(AskerInput::Answered(&answer), clock::now()) {
            Ok(_) => {
                hands.take(EntryKind::AnswerReceived, &answer, self.record.vault, reply).await?;
                self.record.asks[at].state = machine.state().clone();
                self.stop_if(true, statement, hands);
                Ok(())
            }
            Err(_) => unrelated(reply),
        }
    }

    async fn withdraw(&mut self, by: Actor, hands: &mut Hands) -> Result<(), ActError> {
        let now = clock::now();
        let mut withdrawn = false;
        let mut proposal = self.proposal();
        if let Ok(effects) = proposal.step(ProposalInput::Withdraw, now) {
            let withdrawal = effects.into_iter().find_map(|effect| match effect {
                ProposalEffect::Withdraw(withdrawal) => Some(withdrawal),
                _ => None,
            });
            let to = self.record.matter.to;
            self.send_withdrawal(withdrawal, to, &by, hands).await?;
            self.stop_if(true, self.record.matter.statement, hands);
            self.record.proposal = proposal.state().clone();
            withdrawn = true;
        }
        for at in 0..self.record.asks.len() {
            let mut machine = asker(&self.record.asks[at]);
            let Ok(effects) = machine.step(AskerInput::Withdraw, now) else { continue };
            let withdrawal = effects.into_iter().find_map(|effect| match effect {
                AskerEffect::Withdraw(withdrawal) => Some(withdrawal),
                AskerEffect::StopDelivery => None,
            });
            let to = self.record.asks[at].matter.to;
            self.send_withdrawal(withdrawal, to, &by, hands).await?;
            self.stop_if(true, self.record.asks[at].matter.statement, hands);
            self.record.asks[at].state = machine.state().clone();
            withdrawn = true;
        }
        if withdrawn { Ok(()) } else { Err(ActError::TooLate) }
    }

    async fn send_withdrawal(
        &mut self,
        withdrawal: Option<Withdrawal>,
        to: weegnet_protocol::Oin,
        by: &Actor,
        hands: &mut Hands,
    ) -> Result<(), JournalError> {
        let Some(content) = withdrawal else { return Ok(()) };
        let case = Record::Own(self.record.clone()).id();
        let act = Act { by: by.clone(), case, yes: true, reason: None };
        let written = note(EntryKind::WithdrawalWritten, Some(&self.record.matter.convenant), self.record.vault, act);
        let letter = Letter {
            content,
            to,
            kind: EntryKind::WithdrawalSent,
            convenant: self.record.matter.convenant.clone(),
            expires: self.record.matter.deliver_until,
            vault: self.record.vault,
        };
        hands.post(letter, vec![written], &mut self.record.outbox).await.map(|_| ())
    }
}

/// Seals off the tasks that others wait for: it takes some milliseconds.
async fn seal(
    node: &Arc<Node>,
    core: &DraftCore,
    subject: &Subject,
    to: Oin,
) -> Result<(Sealed, Bytes<32>), CannotAsk> {
    let (node, subject) = (Arc::clone(node), subject.clone());
    let (convenant, uitvraag_id) = (core.convenant.id().clone(), core.uitvraag_id);
    let sealing = tokio::task::spawn_blocking(move || node.tables.seal(&convenant, &to, &uitvraag_id, &subject));
    match sealing.await {
        Ok(sealed) => sealed,
        Err(ended) => std::panic::resume_unwind(ended.into_panic()),
    }
}

fn asker(ask: &Ask) -> Asker {
    Asker::resume(ask.matter.clone(), ask.state.clone())
}

/// The reply to what belongs to nothing here, or comes too late for it.
pub(super) fn unrelated(reply: Delivery) -> Result<(), JournalError> {
    reply.reject(RejectCode::Unrelated);
    Ok(())
}
