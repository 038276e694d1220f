//! "Recorded before sent": what went out, was shown or was decided has, before it, what allows it.
//!
//! Some rules need public files alone: who was told how much by whom, and that a decision follows each question. Others
//! match bodies, so they need the vault; what has been erased cannot be matched any more and is counted instead.

use std::collections::{HashMap, HashSet};
use std::fmt;

use weegnet_protocol::Oin;
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::log::{EntryKind, LeafIndex, LogName, SignedCheckpoint};
use weegnet_protocol::sign::{Content, Header, read_body};
use weegnet_protocol::statement::{Answer, Approval, Correction, Draft, Outcome, Refusal, Uitvraag, Withdrawal};

use crate::exchange::bodies::{Act, DraftWritten, Note, PolicyDecision, Released};
use crate::exchange::carries;
use crate::journal::{Former, LogReport, Place, Stored, StoredBody};
use crate::oversight::subject::{Step, SubjectStep};

/// Which rule an entry breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenRule {
    /// A reply to nothing.
    #[error("it replies to a question or draft that did not come in before it")]
    NotReceived,
    /// A reply from somebody who was not asked.
    #[error("it replies to something that was not sent before it")]
    NotSent,
    /// A question whose decision does not follow at once.
    #[error("the question before it has no policy decision directly behind it")]
    NotDecided,
    /// An answer where the convenant said no.
    #[error("it answers a question that the convenant refused")]
    Denied,
    /// H1.
    #[error("it asks what no approval received before it covers")]
    NotApproved,
    /// A second reply.
    #[error("it replies to a question that was replied to before")]
    RepliedTwice,
    /// R4.
    #[error("it names this organisation, and no release was recorded in the house log before it")]
    NotReleased,
    /// What was never said cannot be corrected.
    #[error("it corrects what was not said to, or by, the same organisation before it")]
    NothingToCorrect,
    /// Something went out that nobody here wrote or approved.
    #[error("no act of a person here was recorded in the house log before it")]
    NoAct,
    /// The two logs disagree.
    #[error("it is no checkpoint of the house log as that now stands: the house log was cut off or replaced")]
    HouseCheckpoint,
    /// H10, R12.
    #[error("the key of its body is destroyed, and no entry says that it was erased")]
    GoneUnsaid,
    /// What was forgotten came back, or the node stopped between the entry and the act.
    #[error(
        "an entry says that its body was erased, and its key is in the vault: start this node, which destroys it, and find \
         out where an older vault came from"
    )]
    ErasedAndThere,
    /// The vault is not all there.
    #[error("the vault ends before the keys that were given out up to it do: it was cut off")]
    VaultCut,
}

/// An entry that stands whole in a whole log, where the rules of the exchange do not allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breach {
    /// Where it stands.
    pub place: Place,
    /// Which rule it breaks.
    pub rule: BrokenRule,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is out of order: {}", self.place, self.rule)
    }
}

/// A reply of this kind, and what must have passed between the same two organisations at least as often before it.
const REPLIES: [(EntryKind, &[EntryKind], BrokenRule); 8] = {
    use BrokenRule::{NotReceived, NotSent};
    use EntryKind::*;
    [
        (ApprovalGiven, &[DraftReceived], NotReceived),
        (AnswerSent, &[QuestionReceived], NotReceived),
        (RefusalSent, &[QuestionReceived, DraftReceived], NotReceived),
        (WithdrawalReceived, &[QuestionReceived, DraftReceived], NotReceived),
        (ApprovalReceived, &[DraftSent], NotSent),
        (AnswerReceived, &[UitvraagSent], NotSent),
        (RefusalReceived, &[UitvraagSent, DraftSent], NotSent),
        (WithdrawalSent, &[UitvraagSent, DraftSent], NotSent),
    ]
};

/// What has been seen so far.
#[derive(Default)]
pub(super) struct Rules {
    passed: HashMap<(EntryKind, Oin), u64>,
    /// A question without its decision.
    undecided: Option<(Place, Hash)>,
    /// Questions and drafts that came in, by statement: whether they may still be replied to, and may be answered.
    received: HashMap<Hash, Received>,
    /// What tells something of a person, by statement: to or by whom.
    said: HashMap<Hash, Oin>,
    drafts: HashMap<Hash, UitvraagId>,
    approvals: HashSet<Hash>,
    /// Entries of a kind whose body is gone, so that nothing can be matched with them.
    erased: HashMap<EntryKind, u64>,
    /// Entries of the exchange log that need one of this kind about the same uitvraag in the house log.
    acts: Vec<(Place, EntryKind, UitvraagId)>,
    house: HashMap<(EntryKind, UitvraagId), LeafIndex>,
    checkpoints: Vec<(Place, SignedCheckpoint)>,
}

#[derive(Default)]
struct Received {
    replied: bool,
    denied: bool,
}

impl Rules {
    /// The next entry, with its header if it is a statement, and its body as far as that can be opened. What breaks a
    /// rule counts as seen all the same.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub(super) fn entry(
        &mut self,
        place: Place,
        stored: &Stored,
        header: Option<&Header>,
        body: Option<&[u8]>,
    ) -> Result<(), BrokenRule> {
        let kind = stored.leaf.kind;
        let decided = self.decision_follows(place, stored, body);
        if body.is_none() && matches!(stored.body, StoredBody::Sealed { .. } | StoredBody::Dropped) {
            *self.erased.entry(kind).or_default() += 1;
        }
        let held = if let Some(header) = header {
            let counted = self.counts(kind, header);
            let corrected = self.correction(place, stored, header, body);
            let stated = self.statement(place, stored, body);
            counted.and(corrected).and(stated)
        } else if stored.log == LogName::House {
            self.note(stored, body);
            Ok(())
        } else if kind == EntryKind::HouseCheckpoint {
            self.checkpoint(place, stored)
        } else {
            Ok(())
        };
        decided.and(held)
    }

    /// Both logs have been read. What breaks a rule by what came, or did not come, later: entries of the exchange log.
    pub(super) fn finish(self, exchange: &LogReport, house: &LogReport) -> Vec<Breach> {
        let mut breaches = Vec::new();
        let mut breach = |place, rule| breaches.push(Breach { place, rule });
        if let Some((question, _)) = self.undecided {
            breach(question, BrokenRule::NotDecided);
        }
        let key = house.genesis.checkpoint_key();
        for (place, signed) in &self.checkpoints {
            let signature = key.is_some_and(|key| signed.verify(&key).is_ok());
            if !signature || !is_of_the_house(place.entry, signed, exchange, house) {
                breach(*place, BrokenRule::HouseCheckpoint);
            }
        }
        let mut unmatched: HashMap<EntryKind, u64> = HashMap::new();
        for (place, kind, uitvraag) in &self.acts {
            let broken = if *kind == EntryKind::Released { BrokenRule::NotReleased } else { BrokenRule::NoAct };
            match self.house.get(&(*kind, *uitvraag)) {
                Some(act) if self.is_later(*act, place.entry) => breach(*place, broken),
                Some(_) => {}
                None => {
                    let gone = unmatched.entry(*kind).or_default();
                    *gone += 1;
                    if *gone > self.erased.get(kind).copied().unwrap_or_default() {
                        breach(*place, broken);
                    }
                }
            }
        }
        breaches
    }

    /// Whether the house log is proven to have reached `act` only after `entry` stood in the exchange log. The first
    /// checkpoint behind an entry may have been taken before it was written, the second was not.
    fn is_later(&self, act: LeafIndex, entry: u64) -> bool {
        let behind = self.checkpoints.partition_point(|(at, _)| at.entry < entry);
        self.checkpoints.get(behind + 1).is_some_and(|(_, signed)| signed.checkpoint().size <= act.0)
    }

    /// The decision stands directly behind its question.
    fn decision_follows(&mut self, place: Place, stored: &Stored, body: Option<&[u8]>) -> Result<(), BrokenRule> {
        if stored.log == LogName::House {
            return Ok(());
        }
        let decides = stored.leaf.kind == EntryKind::PolicyDecision;
        let question = stored.leaf.statement.filter(|_| stored.leaf.kind == EntryKind::QuestionReceived);
        let before = std::mem::replace(&mut self.undecided, question.map(|question| (place, question)));
        if let Some((_, question)) = before {
            if !decides {
                return Err(BrokenRule::NotDecided);
            }
            let note = body.and_then(|body| codec::decode::<Note<PolicyDecision>>(body).ok());
            let denied = note.is_some_and(|note| note.content.denied.is_some());
            if let Some(received) = self.received.get_mut(&question) {
                received.denied = denied;
            }
        }
        Ok(())
    }

    /// No more replies than there was something to reply to.
    fn counts(&mut self, kind: EntryKind, header: &Header) -> Result<(), BrokenRule> {
        use EntryKind::{ApprovalReceived, UitvraagSent};
        let ours = carries(kind).is_some_and(|(_, ours)| ours);
        let peer = if ours { header.audience } else { header.issuer };
        let so_far = |kind: EntryKind| self.passed.get(&(kind, peer)).copied().unwrap_or_default();
        let mut counted = Ok(());
        if let Some((_, needed, broken)) = REPLIES.iter().find(|(reply, ..)| *reply == kind)
            && so_far(kind) >= needed.iter().map(|kind| so_far(*kind)).sum()
        {
            counted = Err(*broken);
        }
        if kind == UitvraagSent && !self.passed.keys().any(|(kind, _)| *kind == ApprovalReceived) {
            counted = Err(BrokenRule::NotApproved);
        }
        *self.passed.entry((kind, peer)).or_default() += 1;
        counted
    }

    /// A correction stands behind the statement that it is about, and behind a person's decision to tell it.
    fn correction(
        &mut self,
        place: Place,
        stored: &Stored,
        header: &Header,
        body: Option<&[u8]>,
    ) -> Result<(), BrokenRule> {
        use EntryKind::{
            AnswerReceived, AnswerSent, CorrectionReceived, CorrectionSent, DraftReceived, DraftSent, QuestionReceived,
            UitvraagSent,
        };
        let (about, peer): (&[EntryKind], Oin) = match stored.leaf.kind {
            DraftSent | UitvraagSent | AnswerSent => {
                self.said.extend(stored.leaf.statement.map(|statement| (statement, header.audience)));
                return Ok(());
            }
            DraftReceived | QuestionReceived | AnswerReceived => {
                self.said.extend(stored.leaf.statement.map(|statement| (statement, header.issuer)));
                return Ok(());
            }
            CorrectionSent => (&[DraftSent, UitvraagSent, AnswerSent], header.audience),
            CorrectionReceived => (&[DraftReceived, QuestionReceived, AnswerReceived], header.issuer),
            _ => return Ok(()),
        };
        let correction = body.and_then(read::<Correction>);
        if let (Some(correction), CorrectionSent) = (&correction, stored.leaf.kind) {
            self.acts.push((place, EntryKind::SubjectAccess, correction.about().uitvraag_id));
        }
        let holds = match correction {
            Some(correction) => self.said.get(&correction.about().statement) == Some(&peer),
            None => about.iter().any(|kind| self.passed.contains_key(&(*kind, peer))),
        };
        if holds { Ok(()) } else { Err(BrokenRule::NothingToCorrect) }
    }

    /// What the bodies say belongs together.
    fn statement(&mut self, place: Place, stored: &Stored, body: Option<&[u8]>) -> Result<(), BrokenRule> {
        let kind = stored.leaf.kind;
        if let (EntryKind::QuestionReceived | EntryKind::DraftReceived, Some(hash)) = (kind, stored.leaf.statement) {
            self.received.insert(hash, Received::default());
        }
        let Some(body) = body else { return Ok(()) };
        match kind {
            EntryKind::DraftSent => {
                if let Some(draft) = read::<Draft>(body) {
                    self.acts.push((place, EntryKind::DraftWritten, draft.core.uitvraag_id));
                }
            }
            EntryKind::DraftReceived => {
                if let Some(draft) = read::<Draft>(body) {
                    self.drafts.insert(draft.core.hash(), draft.core.uitvraag_id);
                }
            }
            EntryKind::ApprovalGiven => {
                let Some(approval) = read::<Approval>(body) else { return Ok(()) };
                match self.drafts.get(&approval.core) {
                    Some(uitvraag) => self.acts.push((place, EntryKind::VerdictGiven, *uitvraag)),
                    None if self.is_erased(EntryKind::DraftReceived) => {}
                    None => return Err(BrokenRule::NotReceived),
                }
            }
            EntryKind::ApprovalReceived => self.approvals.extend(read::<Approval>(body).map(|approval| approval.core)),
            EntryKind::UitvraagSent => {
                let approved = |question: Uitvraag| self.approvals.contains(&question.core.hash());
                if !read(body).is_none_or(approved) && !self.is_erased(EntryKind::ApprovalReceived) {
                    return Err(BrokenRule::NotApproved);
                }
            }
            EntryKind::AnswerSent => self.answer(place, body)?,
            EntryKind::RefusalSent => {
                if let Some(refusal) = read::<Refusal>(body) {
                    self.reply(&refusal.statement)?;
                }
            }
            EntryKind::WithdrawalSent => {
                if let Some(withdrawal) = read::<Withdrawal>(body) {
                    self.acts.push((place, EntryKind::WithdrawalWritten, withdrawal.uitvraag_id));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn answer(&mut self, place: Place, body: &[u8]) -> Result<(), BrokenRule> {
        let Some(answer) = read::<Answer>(body) else { return Ok(()) };
        if self.reply(answer.question())?.denied {
            return Err(BrokenRule::Denied);
        }
        if matches!(answer.outcome(), Outcome::Known(_)) {
            self.acts.push((place, EntryKind::Released, answer.uitvraag_id()));
        }
        Ok(())
    }

    fn reply(&mut self, to: &Hash) -> Result<&Received, BrokenRule> {
        let received = self.received.get_mut(to).ok_or(BrokenRule::NotReceived)?;
        if std::mem::replace(&mut received.replied, true) { Err(BrokenRule::RepliedTwice) } else { Ok(received) }
    }

    fn is_erased(&self, kind: EntryKind) -> bool {
        self.erased.contains_key(&kind)
    }

    /// An act of a person here.
    fn note(&mut self, stored: &Stored, body: Option<&[u8]>) {
        let Some(body) = body else { return };
        let kind = stored.leaf.kind;
        let uitvraag = match kind {
            EntryKind::DraftWritten => content::<DraftWritten>(body).map(|note| note.case.uitvraag_id),
            EntryKind::Released => content::<Released>(body).map(|note| note.case.uitvraag_id),
            EntryKind::VerdictGiven => content::<Act>(body).filter(|act| act.yes).map(|act| act.case.uitvraag_id),
            EntryKind::WithdrawalWritten => content::<Act>(body).map(|act| act.case.uitvraag_id),
            EntryKind::SubjectAccess => content::<SubjectStep>(body).and_then(|step| match step.step {
                Step::Told(told) => Some(told.about.uitvraag_id),
                _ => None,
            }),
            _ => None,
        };
        if let Some(uitvraag) = uitvraag {
            self.house.entry((kind, uitvraag)).or_insert(stored.index);
        }
    }

    fn checkpoint(&mut self, place: Place, stored: &Stored) -> Result<(), BrokenRule> {
        let StoredBody::Public(note) = &stored.body else { return Err(BrokenRule::HouseCheckpoint) };
        let note = std::str::from_utf8(&note.0).map_err(|_| BrokenRule::HouseCheckpoint)?;
        let signed = SignedCheckpoint::parse(note).map_err(|_| BrokenRule::HouseCheckpoint)?;
        self.checkpoints.push((place, signed));
        Ok(())
    }
}

/// Whether a checkpoint that stands at `entry` of the exchange log is one of the house log as it was then: of the log before
/// a recovered rollback only among the entries that were taken over from before it, of the present one only behind them.
fn is_of_the_house(entry: u64, signed: &SignedCheckpoint, exchange: &LogReport, house: &LogReport) -> bool {
    let said = signed.checkpoint();
    // The latest log before which this entry stood already; both logs were recovered together.
    let was = |(exchange, _): &(&Former, &Former)| entry < exchange.kept.checkpoint().size;
    match exchange.former.iter().zip(&house.former).rfind(was) {
        Some((_, former)) => former.has(signed),
        None => said.origin == house.genesis.origin && house.tree.root(said.size) == Some(said.root),
    }
}

fn read<T: Content>(body: &[u8]) -> Option<T> {
    read_body(body).ok()
}

fn content<T: serde::de::DeserializeOwned + serde::Serialize>(body: &[u8]) -> Option<T> {
    codec::decode::<Note<T>>(body).ok().map(|note| note.content)
}
