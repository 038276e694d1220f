//! The recipient's side of one question: policy, then search, then a human, then one answer.

use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Matter, Refused};
use crate::statement::{Answer, Contact, Outcome, Refusal, RefusalCode};
use crate::time::Timestamp;

/// What the question waits for, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponderState {
    /// Verified; the convenant has not been asked yet.
    ExpectDecision,
    /// Permitted and recorded; the register is being searched.
    ExpectCandidates,
    /// A reviewer has possible matches in front of them.
    ExpectReview,
    /// Nothing to review, or a reviewer let nothing go: the uniform answer goes at the deadline.
    ExpectDeadline,
    /// Answered.
    Answered(Outcome),
    /// Refused.
    Refused(RefusalCode),
    /// The asker took it back.
    Withdrawn,
}

/// What can happen to it.
#[derive(Debug)]
pub enum ResponderInput {
    /// The convenant permits the question.
    Permitted,
    /// It does not.
    Denied(RefusalCode),
    /// The register was searched.
    Searched {
        /// Whether there is anything for a reviewer.
        candidates: bool,
    },
    /// A reviewer, or between test organisations the convenant, lets the contact point go.
    Released(Contact),
    /// A reviewer lets nothing go.
    Withheld,
    /// The asker takes it back.
    Withdrawn,
    /// Time passed.
    Tick,
}

/// What the node must do, in this order.
#[derive(Debug, PartialEq, Eq)]
pub enum ResponderEffect {
    /// Search the register.
    Search,
    /// Put the possible matches into the reviewers' inbox.
    OfferReview,
    /// Take them out of it.
    EndReview,
    /// Sign, record and deliver.
    Answer(Answer),
    /// Sign, record and deliver.
    Refuse(Refusal),
}

/// One received question.
#[derive(Clone, Debug)]
pub struct Responder {
    matter: Matter,
    state: ResponderState,
}

impl Responder {
    /// A verified question.
    pub fn new(matter: Matter) -> Self {
        Responder { matter, state: ResponderState::ExpectDecision }
    }

    /// A question whose state the journal tells.
    pub fn resume(matter: Matter, state: ResponderState) -> Self {
        Responder { matter, state }
    }

    /// What the question waits for, or how it ended.
    pub fn state(&self) -> &ResponderState {
        &self.state
    }

    /// What it is about.
    pub fn matter(&self) -> &Matter {
        &self.matter
    }

    /// When a [`ResponderInput::Tick`] is due.
    pub fn wake_at(&self) -> Option<Timestamp> {
        match self.state {
            ResponderState::ExpectCandidates | ResponderState::ExpectReview | ResponderState::ExpectDeadline => {
                Some(self.matter.answer_by)
            }
            _ => None,
        }
    }

    /// Takes an input; on an error nothing has changed.
    ///
    /// From `answer_by` on nothing can be released any more, whether or not the tick has come.
    pub fn step(&mut self, input: ResponderInput, now: Timestamp) -> Result<Vec<ResponderEffect>, Refused> {
        use ResponderState as State;
        let in_time = now < self.matter.answer_by;
        let (state, effects) = match (&self.state, input) {
            (State::ExpectDecision, ResponderInput::Permitted) => {
                (State::ExpectCandidates, vec![ResponderEffect::Search])
            }
            (State::ExpectDecision, ResponderInput::Denied(code)) => {
                let Matter { uitvraag_id, statement, .. } = self.matter;
                let refusal = Refusal { code, statement, uitvraag_id };
                (State::Refused(code), vec![ResponderEffect::Refuse(refusal)])
            }
            (State::ExpectCandidates, ResponderInput::Searched { candidates: true }) => {
                (State::ExpectReview, vec![ResponderEffect::OfferReview])
            }
            (State::ExpectCandidates, ResponderInput::Searched { candidates: false }) => {
                (State::ExpectDeadline, vec![])
            }
            (State::ExpectReview, ResponderInput::Released(contact)) if in_time => {
                let answer = self.answer(Outcome::Known(contact));
                (
                    State::Answered(answer.outcome().clone()),
                    vec![ResponderEffect::EndReview, ResponderEffect::Answer(answer)],
                )
            }
            (State::ExpectReview, ResponderInput::Withheld) => {
                (State::ExpectDeadline, vec![ResponderEffect::EndReview])
            }
            (
                State::ExpectDecision | State::ExpectCandidates | State::ExpectReview | State::ExpectDeadline,
                ResponderInput::Withdrawn,
            ) => (State::Withdrawn, vec![ResponderEffect::EndReview]),
            (State::ExpectCandidates | State::ExpectReview | State::ExpectDeadline, ResponderInput::Tick)
                if !in_time =>
            {
                let answer = self.answer(Outcome::NoStatement);
                (
                    State::Answered(Outcome::NoStatement),
                    vec![ResponderEffect::EndReview, ResponderEffect::Answer(answer)],
                )
            }
            (_, ResponderInput::Tick) => return Ok(vec![]),
            _ => return Err(Refused::TooLate),
        };
        self.state = state;
        Ok(effects)
    }

    fn answer(&self, outcome: Outcome) -> Answer {
        Answer::new(self.matter.uitvraag_id, self.matter.statement, outcome)
    }
}
