//! The approver's side of a draft: exactly these bytes and recipients, or not (H1).

use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Matter, Refused};
use crate::statement::{Approval, Refusal, RefusalCode};
use crate::time::Timestamp;

/// What the draft waits for, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsiderationState {
    /// In front of an approver.
    ExpectVerdict,
    /// Approved.
    Approved,
    /// Declined by a person, or refused because the convenant does not permit it.
    Refused(RefusalCode),
    /// The author took it back.
    Withdrawn,
    /// Nobody decided before the answers were due.
    Expired,
}

/// What can happen to it.
#[derive(Debug)]
pub enum ConsiderationInput {
    /// The convenant does not permit the draft.
    Denied(RefusalCode),
    /// A person approves it.
    Approve,
    /// A person declines it.
    Decline,
    /// The author takes it back.
    Withdrawn,
    /// Time passed.
    Tick,
}

/// What the node must do.
#[derive(Debug, PartialEq, Eq)]
pub enum ConsiderationEffect {
    /// Sign, record and deliver.
    Approve(Approval),
    /// Sign, record and deliver.
    Refuse(Refusal),
}

/// One draft at the other core party.
#[derive(Clone, Debug)]
pub struct Consideration {
    matter: Matter,
    approval: Approval,
    state: ConsiderationState,
}

impl Consideration {
    /// A verified and recorded draft; `approval` is [`Approval::of`] it.
    pub fn new(matter: Matter, approval: Approval) -> Self {
        Consideration { matter, approval, state: ConsiderationState::ExpectVerdict }
    }

    /// A draft whose state the journal tells.
    pub fn resume(matter: Matter, approval: Approval, state: ConsiderationState) -> Self {
        Consideration { matter, approval, state }
    }

    /// What the draft waits for, or how it ended.
    pub fn state(&self) -> &ConsiderationState {
        &self.state
    }

    /// What it is about.
    pub fn matter(&self) -> &Matter {
        &self.matter
    }

    /// When a [`ConsiderationInput::Tick`] is due.
    pub fn wake_at(&self) -> Option<Timestamp> {
        (self.state == ConsiderationState::ExpectVerdict).then_some(self.matter.answer_by)
    }

    /// Takes an input; on an error nothing has changed.
    pub fn step(&mut self, input: ConsiderationInput, now: Timestamp) -> Result<Vec<ConsiderationEffect>, Refused> {
        let in_time = now < self.matter.answer_by;
        if self.state != ConsiderationState::ExpectVerdict {
            return if matches!(input, ConsiderationInput::Tick) { Ok(vec![]) } else { Err(Refused::TooLate) };
        }
        let (state, effects) = match input {
            ConsiderationInput::Tick if in_time => return Ok(vec![]),
            ConsiderationInput::Tick => (ConsiderationState::Expired, vec![]),
            ConsiderationInput::Withdrawn => (ConsiderationState::Withdrawn, vec![]),
            ConsiderationInput::Approve if !in_time => return Err(Refused::TooLate),
            ConsiderationInput::Approve => {
                (ConsiderationState::Approved, vec![ConsiderationEffect::Approve(self.approval.clone())])
            }
            ConsiderationInput::Decline => self.refuse(RefusalCode::Declined),
            ConsiderationInput::Denied(code) => self.refuse(code),
        };
        self.state = state;
        Ok(effects)
    }

    fn refuse(&self, code: RefusalCode) -> (ConsiderationState, Vec<ConsiderationEffect>) {
        let Matter { uitvraag_id, statement, .. } = self.matter;
        let refusal = Refusal { code, statement, uitvraag_id };
        (ConsiderationState::Refused(code), vec![ConsiderationEffect::Refuse(refusal)])
    }
}
