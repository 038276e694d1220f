//! The asker's side of a draft that waits for another core party.

use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Matter, Refused};
use crate::frame::RejectCode;
use crate::sign::Verified;
use crate::statement::{Approval, Refusal, RefusalCode, Withdrawal};
use crate::time::Timestamp;

/// What the draft waits for, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// With the other core party.
    ExpectApproval,
    /// Approved: the questions go out.
    Approved,
    /// A person there declined, or their convenant refuses it.
    Refused(RefusalCode),
    /// Their node does not take it.
    Rejected(RejectCode),
    /// The author took it back.
    Withdrawn,
    /// No verdict came before the answers were due.
    Expired,
}

/// What can happen to it.
#[derive(Debug)]
pub enum ProposalInput<'a> {
    /// The approval arrived.
    Approved(&'a Verified<Approval>),
    /// A refusal arrived.
    Refused(&'a Verified<Refusal>),
    /// Their node will never take these bytes.
    Rejected(RejectCode),
    /// The author takes the draft back.
    Withdraw,
    /// Time passed.
    Tick,
}

/// What the node must do, in this order.
#[derive(Debug, PartialEq, Eq)]
pub enum ProposalEffect {
    /// Stop trying to deliver the draft.
    StopDelivery,
    /// Sign, record and deliver a question to each recipient of the draft.
    Ask,
    /// Sign, record and deliver.
    Withdraw(Withdrawal),
}

/// One draft at its author's organisation.
#[derive(Clone, Debug)]
pub struct Proposal {
    matter: Matter,
    /// What a valid approval of this draft says.
    expected: Approval,
    state: ProposalState,
}

impl Proposal {
    /// A draft that has been signed and recorded; `expected` is [`Approval::of`] it.
    pub fn new(matter: Matter, expected: Approval) -> Self {
        Proposal { matter, expected, state: ProposalState::ExpectApproval }
    }

    /// A draft whose state the journal tells.
    pub fn resume(matter: Matter, expected: Approval, state: ProposalState) -> Self {
        Proposal { matter, expected, state }
    }

    /// What the draft waits for, or how it ended.
    pub fn state(&self) -> &ProposalState {
        &self.state
    }

    /// What it is about.
    pub fn matter(&self) -> &Matter {
        &self.matter
    }

    /// When a [`ProposalInput::Tick`] is due.
    pub fn wake_at(&self) -> Option<Timestamp> {
        (self.state == ProposalState::ExpectApproval).then_some(self.matter.answer_by)
    }

    /// Takes an input; on an error nothing has changed.
    pub fn step(&mut self, input: ProposalInput<'_>, now: Timestamp) -> Result<Vec<ProposalEffect>, Refused> {
        let open = self.state == ProposalState::ExpectApproval;
        let in_time = now < self.matter.answer_by;
        let Matter { uitvraag_id, statement, .. } = self.matter;
        let (state, effect) = match input {
            ProposalInput::Tick if open && !in_time => (ProposalState::Expired, None),
            ProposalInput::Tick => return Ok(vec![]),
            ProposalInput::Approved(approval) => {
                // An approval names the draft core, not the envelope; so its hash stands in for the latter.
                if !self.matter.is_answered_by(approval.header(), uitvraag_id, &statement)
                    || *approval.content() != self.expected
                {
                    return Err(Refused::Unrelated);
                }
                if !open || !in_time {
                    return Err(Refused::TooLate);
                }
                (ProposalState::Approved, Some(ProposalEffect::Ask))
            }
            ProposalInput::Refused(refusal) => {
                let content = refusal.content();
                if !self.matter.is_answered_by(refusal.header(), content.uitvraag_id, &content.statement) {
                    return Err(Refused::Unrelated);
                }
                if !open {
                    return Err(Refused::TooLate);
                }
                (ProposalState::Refused(content.code), None)
            }
            ProposalInput::Rejected(_) | ProposalInput::Withdraw if !open => return Err(Refused::TooLate),
            ProposalInput::Rejected(code) => (ProposalState::Rejected(code), None),
            ProposalInput::Withdraw => {
                (ProposalState::Withdrawn, Some(ProposalEffect::Withdraw(Withdrawal { uitvraag_id, statement })))
            }
        };
        self.state = state;
        Ok(core::iter::once(ProposalEffect::StopDelivery).chain(effect).collect())
    }
}
