//! The asker's side of one approved question to one recipient.

use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Matter, Refused};
use crate::frame::RejectCode;
use crate::sign::Verified;
use crate::statement::{Answer, Outcome, Refusal, RefusalCode, Withdrawal};
use crate::time::Timestamp;

/// What the question waits for, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskerState {
    /// Signed and recorded, not yet known to have arrived.
    ExpectReceipt,
    /// Arrived: the recipient's receipt is here.
    ExpectAnswer,
    /// The recipient answered.
    Answered(Outcome),
    /// The recipient's convenant refuses it.
    Refused(RefusalCode),
    /// The recipient's node does not take it.
    Rejected(RejectCode),
    /// We took it back.
    Withdrawn,
    /// Not known to have arrived before the answer was due. Its receipt may have got lost, so a reply still counts.
    Overdue,
    /// It did not arrive before the answer was due, and no reply came.
    Undelivered,
    /// It arrived, and no answer came.
    Unanswered,
}

/// Coarse progress, for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Still waiting.
    Open,
    /// Nothing more will happen.
    Ended,
}

/// What can happen to it.
#[derive(Debug)]
pub enum AskerInput<'a> {
    /// The recipient's receipt arrived.
    Receipted,
    /// The recipient's node will never take these bytes.
    Rejected(RejectCode),
    /// An answer arrived.
    Answered(&'a Verified<Answer>),
    /// A refusal arrived.
    Refused(&'a Verified<Refusal>),
    /// The author takes the question back.
    Withdraw,
    /// Time passed.
    Tick,
}

/// What the node must do, in this order.
#[derive(Debug, PartialEq, Eq)]
pub enum AskerEffect {
    /// Stop trying to deliver the question.
    StopDelivery,
    /// Sign, record and deliver.
    Withdraw(Withdrawal),
}

/// One question to one recipient.
#[derive(Clone, Debug)]
pub struct Asker {
    matter: Matter,
    state: AskerState,
}

impl Asker {
    /// A question that has been signed and recorded.
    pub fn new(matter: Matter) -> Self {
        Asker { matter, state: AskerState::ExpectReceipt }
    }

    /// A question whose state the journal tells.
    pub fn resume(matter: Matter, state: AskerState) -> Self {
        Asker { matter, state }
    }

    /// What the question waits for, or how it ended.
    pub fn state(&self) -> &AskerState {
        &self.state
    }

    /// What it is about.
    pub fn matter(&self) -> &Matter {
        &self.matter
    }

    /// Whether anything can still happen.
    pub fn progress(&self) -> Progress {
        match self.state {
            AskerState::ExpectReceipt | AskerState::ExpectAnswer | AskerState::Overdue => Progress::Open,
            _ => Progress::Ended,
        }
    }

    /// When a [`AskerInput::Tick`] is due.
    pub fn wake_at(&self) -> Option<Timestamp> {
        match self.state {
            AskerState::ExpectReceipt => Some(self.matter.answer_by),
            AskerState::ExpectAnswer | AskerState::Overdue => Some(self.matter.deliver_until),
            _ => None,
        }
    }

    /// Takes an input; on an error nothing has changed.
    pub fn step(&mut self, input: AskerInput<'_>, now: Timestamp) -> Result<Vec<AskerEffect>, Refused> {
        let (state, effects) = match input {
            AskerInput::Receipted => match self.state {
                AskerState::ExpectReceipt | AskerState::Overdue => (AskerState::ExpectAnswer, vec![]),
                // An answer can overtake the receipt.
                _ => return Ok(vec![]),
            },
            AskerInput::Rejected(code) => match self.state {
                AskerState::ExpectReceipt => (AskerState::Rejected(code), vec![AskerEffect::StopDelivery]),
                _ => return Err(Refused::TooLate),
            },
            AskerInput::Answered(answer) => {
                let content = answer.content();
                self.expect_reply(answer, content.uitvraag_id(), content.question(), now)?;
                (AskerState::Answered(content.outcome().clone()), vec![AskerEffect::StopDelivery])
            }
            AskerInput::Refused(refusal) => {
                let content = refusal.content();
                self.expect_reply(refusal, content.uitvraag_id, &content.statement, now)?;
                (AskerState::Refused(content.code), vec![AskerEffect::StopDelivery])
            }
            AskerInput::Withdraw => {
                self.expect_open()?;
                let Matter { uitvraag_id, statement, .. } = self.matter;
                let withdrawal = Withdrawal { uitvraag_id, statement };
                (AskerState::Withdrawn, vec![AskerEffect::StopDelivery, AskerEffect::Withdraw(withdrawal)])
            }
            AskerInput::Tick => match (&self.state, self.wake_at()) {
                (AskerState::ExpectReceipt, Some(due)) if now >= due => {
                    (AskerState::Overdue, vec![AskerEffect::StopDelivery])
                }
                (AskerState::Overdue, Some(due)) if now >= due => (AskerState::Undelivered, vec![]),
                (AskerState::ExpectAnswer, Some(due)) if now >= due => (AskerState::Unanswered, vec![]),
                _ => return Ok(vec![]),
            },
        };
        self.state = state;
        Ok(effects)
    }

    fn expect_reply<T>(
        &self,
        reply: &Verified<T>,
        uitvraag_id: crate::id::UitvraagId,
        statement: &crate::codec::Hash,
        now: Timestamp,
    ) -> Result<(), Refused> {
        if !self.matter.is_answered_by(reply.header(), uitvraag_id, statement) {
            return Err(Refused::Unrelated);
        }
        if now > self.matter.deliver_until {
            return Err(Refused::TooLate);
        }
        self.expect_open()
    }

    fn expect_open(&self) -> Result<(), Refused> {
        match self.progress() {
            Progress::Open => Ok(()),
            Progress::Ended => Err(Refused::TooLate),
        }
    }
}
