//! A question of another party: search, review, one answer. The receipt went back before any of this begins.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use weegnet_policy::decide::Permit;
use weegnet_protocol::Timestamp;
use weegnet_protocol::exchange::{Responder, ResponderEffect, ResponderInput, ResponderState};
use weegnet_protocol::id::StatementId;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::sealed::open::{Opened, Opening};
use weegnet_protocol::sign::Verified;
use weegnet_protocol::statement::{Contact, Outcome, Subject, Withdrawal};

use super::bodies::{Act, Candidates, QuestionTried, Released};
use super::case::{Case, Delivery, Hands, Letter};
use super::outbox::Delivered;
use super::own::unrelated;
use super::record::{CaseId, QuestionRecord, Record, Sent};
use super::{ActError, note};
use crate::clock;
use crate::desk::review::Release;
use crate::journal::{Entry, JournalError, Recorded};
use crate::link::Written;
use crate::node::Node;
use crate::people::Actor;
use crate::register::Searched;

/// What can happen to a question of another party.
pub enum QuestionCommand {
    /// The asker takes it back.
    Withdrawal(Box<Verified<Withdrawal>>, Delivery),
    /// A named human lets the contact point go.
    Release(Release, oneshot::Sender<Result<(), ActError>>),
    /// The first of two named humans lets the contact point go.
    FirstOfTwo(Actor, oneshot::Sender<Result<(), ActError>>),
    /// A named human lets nothing go, with an internal reason that never leaves.
    Withhold(Actor, String, oneshot::Sender<Result<(), ActError>>),
    /// The answer window closes: without a match the owner forgets who it is about, and says who that was, for the last
    /// time. The keys are destroyed by who asks.
    CloseWindow(oneshot::Sender<Option<Box<QuestionRecord>>>),
}

/// Longest that a search waits for the receipt to leave: 1 s. A peer that does not read holds up nobody but itself.
const RECEIPT_PATIENCE: Duration = Duration::from_secs(1);

/// A search begins within 500 ms after the receipt, at a moment that nobody can foresee: whoever times later messages
/// cannot tell which search they met. Reviewers do not notice; only where no human releases is there no pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

pub(super) struct Question {
    pub record: QuestionRecord,
    /// The recorded permit, until the register has been searched.
    pub permit: Option<Recorded<Permit>>,
    /// Resolves when the receipt has left.
    pub told: Option<Written>,
}

impl Case for Question {
    type Command = QuestionCommand;

    fn record(&self) -> Record {
        Record::Question(self.record.clone())
    }

    fn outbox(&mut self) -> &mut Vec<Sent> {
        &mut self.record.outbox
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.machine().wake_at()
    }

    async fn resume(&mut self, hands: &mut Hands) -> Result<(), JournalError> {
        match self.record.state {
            ResponderState::ExpectDecision => self.refuse(hands).await,
            ResponderState::ExpectCandidates => {
                // What the register holds must not show in when the receipt comes: nothing is searched before it has left.
                if let Some(told) = self.told.take() {
                    let _ = tokio::time::timeout(RECEIPT_PATIENCE, told.done()).await;
                }
                let automatic =
                    self.permit.as_ref().and_then(|permit| hands.node.convenants.automatic_release(permit.get()));
                if automatic.is_none() {
                    // Nor in how busy this node is right after it: a find is a little more work than none.
                    tokio::time::sleep(some_time(LONGEST_PAUSE)).await;
                }
                self.search(automatic, hands).await?;
                // Only a search needs the question's own bytes; the journal keeps them.
                self.record.statement = None;
                Ok(())
            }
            // Released and recorded, but the node stopped before the answer was: the release stands.
            ResponderState::ExpectReview if self.record.released => self.answer_released(hands).await,
            _ => Ok(()),
        }
    }

    async fn command(&mut self, command: QuestionCommand, hands: &mut Hands) -> Result<(), JournalError> {
        match command {
            QuestionCommand::Withdrawal(withdrawal, reply) => self.withdrawn(*withdrawal, reply, hands).await,
            QuestionCommand::Release(release, done) => {
                let _ = done.send(self.release(release, hands).await);
                Ok(())
            }
            QuestionCommand::FirstOfTwo(by, done) => {
                let _ = done.send(self.first_of_two(by, hands).await);
                Ok(())
            }
            QuestionCommand::Withhold(by, reason, done) => {
                let _ = done.send(self.withhold(by, reason, hands).await);
                Ok(())
            }
            QuestionCommand::CloseWindow(done) => {
                let _ = done.send(self.close_window().map(Box::new));
                Ok(())
            }
        }
    }

    async fn tick(&mut self, hands: &mut Hands) -> Result<(), JournalError> {
        self.step_and_answer(ResponderInput::Tick, Vec::new(), hands).await.map(|_| ())
    }

    fn delivered(&mut self, _: StatementId, _: Delivered, _: &Node) {}
}

impl Question {
    fn machine(&self) -> Responder {
        Responder::resume(self.record.matter.clone(), self.record.state.clone())
    }

    fn note<T: serde::Serialize>(&self, kind: EntryKind, content: T) -> Entry {
        note(kind, Some(&self.record.matter.convenant), self.record.vault, content)
    }

    fn close_window(&mut self) -> Option<QuestionRecord> {
        if !self.record.is_without_match() {
            return None;
        }
        let before = self.record.clone();
        self.permit = None;
        self.record.forget_person();
        Some(before)
    }

    async fn refuse(&mut self, hands: &mut Hands) -> Result<(), JournalError> {
        let Some(code) = self.record.denied else { return Ok(()) };
        let mut machine = self.machine();
        let Ok(effects) = machine.step(ResponderInput::Denied(code), clock::now()) else { return Ok(()) };
        for effect in effects {
            if let ResponderEffect::Refuse(refusal) = effect {
                hands.post(self.letter(refusal, EntryKind::RefusalSent), Vec::new(), &mut self.record.outbox).await?;
            }
        }
        self.record.state = machine.state().clone();
        Ok(())
    }

    async fn search(&mut self, automatic: Option<Contact>, hands: &mut Hands) -> Result<(), JournalError> {
        let Some(permit) = self.permit.take() else {
            // The permit did not survive a restart and could not be made again: nothing is looked up, and the uniform
            // answer goes at the deadline.
            return Ok(());
        };
        let tried = try_sealed(&hands.node, &permit).await;
        let opened = tried.as_ref().map(|tried| tried.opened.as_ref());
        let found = match (hands.node.convenants.may_search(permit.get()), opened) {
            // Like a search that finds nobody.
            (false, _) | (_, Some(None)) => Ok(Searched::default()),
            (true, opened) => hands.node.registers.find(&permit, opened.flatten(), clock::now()),
        };
        let Searched { candidates, contradictions } = match found {
            Ok(searched) => searched,
            Err(error) => {
                tracing::error!(%error, "the register cannot be searched; nothing will be said about this question");
                self.step(ResponderInput::Searched { candidates: false });
                return Ok(());
            }
        };
        let case = Record::Question(self.record.clone()).id();
        // A search that found nobody is recorded, too: without an entry to write, the next receipts would come sooner.
        let rows = self.note(EntryKind::Candidates, Candidates { case, rows: candidates.clone(), contradictions });
        let searched = ResponderInput::Searched { candidates: !candidates.is_empty() };
        let mut rows = vec![rows];
        if let Some(tried) = tried {
            // One entry more for every sealed question, whatever came out.
            let subject = tried.opened.filter(|_| !candidates.is_empty()).map(Opened::into_subject);
            rows.push(self.tried(case, subject.clone(), tried.misuse));
            self.record.subject = subject;
        }
        self.record.candidates = candidates;
        if let Some(contact) = automatic.filter(|_| !self.record.candidates.is_empty()) {
            // Between test organisations the convenant itself lets the answer go; the same entries in one batch.
            let released = self.note(EntryKind::Released, Released { case, by: None, ground: None });
            self.step(searched);
            rows.push(released);
            let answered = self.step_and_answer(ResponderInput::Released(contact), rows, hands).await;
            if answered.is_err() {
                self.search_again(permit);
            }
            return answered.map(|_| ());
        }
        if let Err(error) = hands.node.ledger.record((), rows).await {
            self.search_again(permit);
            return Err(error);
        }
        self.step(searched);
        Ok(())
    }

    /// What came of trying a sealed question. Who it is about lies under the key that goes without a match; the evidence of
    /// a misuse stays with what was decided.
    fn tried(&self, case: CaseId, subject: Option<Subject>, misuse: Option<String>) -> Entry {
        let evidence = misuse.as_ref().and(self.record.statement.clone());
        let key = self.record.person.filter(|_| misuse.is_none()).unwrap_or(self.record.vault);
        let kind = if misuse.is_some() { EntryKind::QuestionMisused } else { EntryKind::QuestionTried };
        let content = QuestionTried { case, subject, misuse, evidence };
        note(kind, Some(&self.record.matter.convenant), key, content)
    }

    /// Goes on where nothing is to be done for it.
    fn step(&mut self, input: ResponderInput) {
        let mut machine = self.machine();
        if machine.step(input, clock::now()).is_ok() {
            self.record.state = machine.state().clone();
        }
    }

    /// Nothing of a search could be recorded, so it has not happened.
    fn search_again(&mut self, permit: Recorded<Permit>) {
        self.permit = Some(permit);
        self.record.candidates.clear();
        self.record.state = ResponderState::ExpectCandidates;
    }

    async fn withdrawn(
        &mut self,
        withdrawal: Verified<Withdrawal>,
        reply: Delivery,
        hands: &mut Hands,
    ) -> Result<(), JournalError> {
        let mut machine = self.machine();
        let ours = withdrawal.content().statement == self.record.matter.statement;
        if !ours || machine.step(ResponderInput::Withdrawn, clock::now()).is_err() {
            return unrelated(reply);
        }
        hands.take(EntryKind::WithdrawalReceived, &withdrawal, self.record.vault, reply).await?;
        self.record.state = machine.state().clone();
        Ok(())
    }

    async fn release(&mut self, release: Release, hands: &mut Hands) -> Result<(), ActError> {
        if *release.permit().question() != self.record.matter.statement {
            return Err(ActError::TooLate);
        }
        let by = release.by().clone();
        let case = Record::Question(self.record.clone()).id();
        let released =
            self.note(EntryKind::Released, Released { case, by: Some(by.clone()), ground: release.ground().cloned() });
        let answered = self
            .step_and_answer(ResponderInput::Released(release.permit().contact().clone()), vec![released], hands)
            .await?;
        if !answered {
            return Err(ActError::TooLate);
        }
        self.record.released = true;
        self.record.reviewed_by = Some(by);
        Ok(())
    }

    /// Nothing leaves: somebody else has to agree.
    async fn first_of_two(&mut self, by: Actor, hands: &mut Hands) -> Result<(), ActError> {
        if self.record.state != ResponderState::ExpectReview || self.record.first_of_two.is_some() {
            return Err(ActError::TooLate);
        }
        let case = Record::Question(self.record.clone()).id();
        let act = Act { by: by.clone(), case, yes: true, reason: None };
        hands.node.ledger.record((), vec![self.note(EntryKind::FirstOfTwo, act)]).await?;
        self.record.first_of_two = Some(by);
        Ok(())
    }

    async fn answer_released(&mut self, hands: &mut Hands) -> Result<(), JournalError> {
        let Some(contact) = hands.node.convenants.own_contact(&self.record.matter.convenant) else { return Ok(()) };
        self.step_and_answer(ResponderInput::Released(contact), Vec::new(), hands).await.map(|_| ())
    }

    async fn withhold(&mut self, by: Actor, reason: String, hands: &mut Hands) -> Result<(), ActError> {
        let mut machine = self.machine();
        machine.step(ResponderInput::Withheld, clock::now())?;
        let case = Record::Question(self.record.clone()).id();
        let act = Act { by: by.clone(), case, yes: false, reason: Some(reason) };
        hands.node.ledger.record((), vec![self.note(EntryKind::NotReleased, act)]).await?;
        self.record.state = machine.state().clone();
        self.record.reviewed_by = Some(by);
        Ok(())
    }

    /// Steps the machine and performs its answer, recorded together with `notes`; whether it answered.
    async fn step_and_answer(
        &mut self,
        input: ResponderInput,
        notes: Vec<Entry>,
        hands: &mut Hands,
    ) -> Result<bool, JournalError> {
        let mut machine = self.machine();
        let Ok(effects) = machine.step(input, clock::now()) else { return Ok(false) };
        let mut notes = notes;
        let mut answered = false;
        for effect in effects {
            if let ResponderEffect::Answer(answer) = effect {
                hands
                    .post(
                        self.letter(answer, EntryKind::AnswerSent),
                        std::mem::take(&mut notes),
                        &mut self.record.outbox,
                    )
                    .await?;
                answered = true;
            }
        }
        self.record.state = machine.state().clone();
        Ok(answered)
    }

    fn letter<T>(&self, content: T, kind: EntryKind) -> Letter<T> {
        Letter {
            content,
            to: self.record.matter.from,
            kind,
            convenant: self.record.matter.convenant.clone(),
            expires: self.record.matter.deliver_until,
            vault: self.record.vault,
        }
    }
}

/// A sealed question after it was tried.
struct Tried {
    /// Made as it should be, about somebody who may be asked about.
    opened: Option<Opened>,
    /// How it was wrong; for the asker that is as if it had not opened.
    misuse: Option<String>,
}

/// Tries a sealed question, off the tasks that others wait for; `None` for an open one.
async fn try_sealed(node: &Arc<Node>, permit: &Recorded<Permit>) -> Option<Tried> {
    let question = permit.get().question().content().clone();
    question.sealed()?;
    let opening = {
        let node = Arc::clone(node);
        let trying = tokio::task::spawn_blocking(move || node.tables.open(node.ledger.journal(), &question));
        trying.await.unwrap_or_else(|ended| std::panic::resume_unwind(ended.into_panic()))
    };
    let (opened, misuse) = match opening {
        Ok(Opening::Miss) => (None, None),
        Ok(Opening::Misused(misuse)) => (None, Some(misuse.to_string())),
        Ok(Opening::Opened(opened)) => match node.convenants.may_open(permit.get(), opened.subject()) {
            Ok(()) => (Some(opened), None),
            Err(policies) => (None, Some(format!("what is in it is not permitted: {policies}"))),
        },
        Err(error) => {
            tracing::error!(%error, "a sealed question cannot be tried; nothing will be said about it");
            (None, None)
        }
    };
    Some(Tried { opened, misuse })
}

/// Any time up to `longest`, each as likely.
fn some_time(longest: Duration) -> Duration {
    longest.mul_f64(f64::from(u32::from_be_bytes(clock::random())) / f64::from(u32::MAX))
}

/// Whether anything about the person went out.
pub fn told(state: &ResponderState) -> Option<&Contact> {
    match state {
        ResponderState::Answered(Outcome::Known(contact)) => Some(contact),
        _ => None,
    }
}
