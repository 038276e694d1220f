//! Journal → projections: every case as the journal tells it, without deciding anything anew.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde::de::DeserializeOwned;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::{self, Blob, Hash};
use weegnet_protocol::exchange::{AskerState, ConsiderationState, Matter, ProposalState, ResponderState};
use weegnet_protocol::id::{ConvenantRef, StatementId, UitvraagId};
use weegnet_protocol::log::{EntryKind, LeafIndex, LogName};
use weegnet_protocol::sign::{self, Content, Envelope, Header, Statement};
use weegnet_protocol::statement::{Answer, Approval, Draft, Refusal, Uitvraag, Withdrawal};
use weegnet_protocol::time::Millis;

use super::bodies::{Act, Candidates, DraftWritten, Note, PolicyDecision, QuestionTried, Released};
use super::carries;
use super::record::{ApprovalRecord, Ask, CaseId, OwnRecord, QuestionRecord, Record, Sent, Side};
use crate::journal::{CaseKey, Journal, Scanned, Stored, StoredBody};
use crate::people::Actor;
use crate::store::Seen;

/// What a walk over both logs yields.
pub struct Folding<'a> {
    /// Every case.
    pub records: BTreeMap<CaseId, Record>,
    /// Every received statement.
    pub seen: HashMap<StatementId, Seen>,
    /// Draft core → uitvraag, for approvals, which name only the core.
    cores: HashMap<Hash, UitvraagId>,
    /// Statement of ours → case.
    sent: HashMap<StatementId, CaseId>,
    /// A draft or question whose body is not there: the decision behind it says why.
    dropped: Option<Said>,
    /// The organisation whose journal this is.
    us: Option<weegnet_protocol::Oin>,
    /// The convenant's grace for late answers.
    grace: &'a dyn Fn(&ConvenantRef) -> Millis,
}

/// One statement entry, opened.
struct Said {
    header: Header,
    hash: Hash,
    statement: Option<Statement>,
    vault: Option<CaseKey>,
    index: LeafIndex,
    time: Timestamp,
}

impl Said {
    fn content<T: Content>(&self) -> Option<T> {
        sign::read_body(&self.statement.as_ref()?.body.0).ok()
    }

    fn sent(&self) -> Sent {
        Sent {
            id: self.header.id,
            to: self.header.audience,
            index: self.index,
            expires: self.header.expires,
            settled: false,
        }
    }
}

/// Walks both logs. What cannot be opened any more (erased, dropped) leaves no case.
pub fn fold<'a>(journal: &Journal, grace: &'a dyn Fn(&ConvenantRef) -> Millis) -> Folding<'a> {
    let mut folding = Folding {
        records: BTreeMap::new(),
        seen: HashMap::new(),
        cores: HashMap::new(),
        sent: HashMap::new(),
        dropped: None,
        us: None,
        grace,
    };
    for log in [LogName::Exchange, LogName::House] {
        let scan = match journal.scan(log, LeafIndex(0)) {
            Ok(scan) => scan,
            Err(error) => {
                tracing::error!(%error, "the journal cannot be read");
                continue;
            }
        };
        for scanned in scan {
            match scanned {
                Ok(Scanned::Entry(stored)) => folding.entry(journal, stored),
                Ok(Scanned::Receipt { statement, .. }) => folding.receipt(&statement),
                Err(error) => {
                    tracing::error!(%error, "the journal cannot be read to its end");
                    break;
                }
            }
        }
    }
    folding
}

impl Folding<'_> {
    fn entry(&mut self, journal: &Journal, stored: Stored) {
        let body = journal.body(&stored).ok().flatten();
        let kind = stored.leaf.kind;
        let vault = match stored.body {
            StoredBody::Sealed { case, .. } => Some(case),
            _ => None,
        };
        if let Some(envelope) = &stored.envelope {
            let Ok(decoded) = Envelope::decode(&envelope.0) else { return };
            let statement = body.map(|body| Statement { envelope: envelope.clone(), body: Blob(body) });
            let hash = Hash::of(&[&envelope.0]);
            let said =
                Said { header: decoded.header, hash, statement, vault, index: stored.index, time: stored.leaf.time };
            self.statement(kind, &said);
            let undecided = matches!(kind, EntryKind::QuestionReceived | EntryKind::DraftReceived);
            self.dropped = (undecided && said.statement.is_none()).then_some(said);
        } else if let Some(body) = body {
            self.note(kind, &body, vault);
        }
    }

    fn statement(&mut self, kind: EntryKind, said: &Said) {
        let received = carries(kind).is_some_and(|(_, ours)| !ours);
        if received {
            self.us = Some(said.header.audience);
            self.seen.insert(said.header.id, Seen { hash: said.hash, index: said.index });
        } else {
            self.us = Some(said.header.issuer);
        }
        // Whatever cannot be read has been erased or was never kept.
        let _ = match kind {
            EntryKind::DraftSent => self.draft_sent(said),
            EntryKind::DraftReceived => self.draft_received(said),
            EntryKind::ApprovalGiven => self.approval_given(said),
            EntryKind::ApprovalReceived => self.approval_received(said),
            EntryKind::UitvraagSent => self.uitvraag_sent(said),
            EntryKind::QuestionReceived => self.question_received(said),
            EntryKind::RefusalSent => self.refusal_sent(said),
            EntryKind::RefusalReceived => self.refusal_received(said),
            EntryKind::AnswerSent => self.answer_sent(said),
            EntryKind::AnswerReceived => self.answer_received(said),
            EntryKind::WithdrawalSent => self.withdrawal_sent(said),
            EntryKind::WithdrawalReceived => self.withdrawal_received(said),
            _ => None,
        };
    }

    fn draft_sent(&mut self, said: &Said) -> Option<()> {
        let draft: Draft = said.content()?;
        let core = &draft.core;
        let id = CaseId { side: Side::Own, uitvraag_id: core.uitvraag_id, asker: said.header.issuer };
        self.cores.insert(core.hash(), core.uitvraag_id);
        self.sent.insert(said.header.id, id);
        let record = OwnRecord {
            vault: said.vault?,
            author: Actor { person: "onbekend".parse().ok()?, os_user: u32::MAX, way: None },
            written: said.time,
            matter: self.matter(said, core.uitvraag_id, core.answer_by),
            proposal: ProposalState::ExpectApproval,
            approval: None,
            asks: Vec::new(),
            weighed: Default::default(),
            outbox: vec![said.sent()],
            draft,
        };
        self.records.insert(id, Record::Own(record));
        Some(())
    }

    fn draft_received(&mut self, said: &Said) -> Option<()> {
        let draft: Draft = said.content()?;
        let core = &draft.core;
        let id = CaseId { side: Side::Approval, uitvraag_id: core.uitvraag_id, asker: said.header.issuer };
        let record = ApprovalRecord {
            vault: said.vault?,
            received: said.time,
            index: said.index,
            statement: said.statement.clone(),
            matter: self.matter(said, core.uitvraag_id, core.answer_by),
            draft: Some(draft),
            denied: None,
            state: ConsiderationState::ExpectVerdict,
            decided_by: None,
            first_of_two: None,
            outbox: Vec::new(),
        };
        self.records.insert(id, Record::Approval(record));
        Some(())
    }

    fn approval_given(&mut self, said: &Said) -> Option<()> {
        let content: Approval = said.content()?;
        let found = self.records.iter_mut().find_map(|(id, record)| match record {
            Record::Approval(record) if record.draft.as_ref()?.core.hash() == content.core => Some((*id, record)),
            _ => None,
        });
        let (id, record) = found?;
        record.state = ConsiderationState::Approved;
        record.outbox.push(said.sent());
        self.sent.insert(said.header.id, id);
        Some(())
    }

    fn approval_received(&mut self, said: &Said) -> Option<()> {
        let content: Approval = said.content()?;
        let uitvraag_id = *self.cores.get(&content.core)?;
        let own = self.own(uitvraag_id)?;
        own.proposal = ProposalState::Approved;
        own.approval = said.statement.clone();
        settle_first(own);
        Some(())
    }

    fn uitvraag_sent(&mut self, said: &Said) -> Option<()> {
        let content: Uitvraag = said.content()?;
        let uitvraag_id = content.core.uitvraag_id;
        let matter = self.matter(said, uitvraag_id, content.core.answer_by);
        let own = self.own(uitvraag_id)?;
        // Whoever takes no questions for the first table is asked again for the next.
        own.asks.retain(|ask| ask.matter.to != said.header.audience);
        own.asks.push(Ask { matter, id: said.header.id, state: AskerState::ExpectReceipt });
        own.outbox.push(said.sent());
        self.sent.insert(said.header.id, CaseId { side: Side::Own, uitvraag_id, asker: said.header.issuer });
        Some(())
    }

    fn question_received(&mut self, said: &Said) -> Option<()> {
        let content: Uitvraag = said.content()?;
        let core = &content.core;
        let id = CaseId { side: Side::Question, uitvraag_id: core.uitvraag_id, asker: said.header.issuer };
        let record = QuestionRecord {
            // The decision that follows says under which key it stands itself.
            vault: said.vault?,
            person: said.vault,
            received: said.time,
            index: said.index,
            statement: said.statement.clone(),
            subject: content.subject().cloned(),
            urgent: core.urgent,
            matter: self.matter(said, core.uitvraag_id, core.answer_by),
            denied: None,
            state: ResponderState::ExpectCandidates,
            candidates: Vec::new(),
            released: false,
            reviewed_by: None,
            first_of_two: None,
            outbox: Vec::new(),
        };
        self.records.insert(id, Record::Question(record));
        Some(())
    }

    fn refusal_sent(&mut self, said: &Said) -> Option<()> {
        let content: Refusal = said.content()?;
        let asker = said.header.audience;
        for side in [Side::Question, Side::Approval] {
            let id = CaseId { side, uitvraag_id: content.uitvraag_id, asker };
            let Some(record) = self.records.get_mut(&id) else { continue };
            match record {
                Record::Question(record) if record.matter.statement == content.statement => {
                    record.state = ResponderState::Refused(content.code);
                }
                Record::Approval(record) if record.matter.statement == content.statement => {
                    record.state = ConsiderationState::Refused(content.code);
                }
                _ => continue,
            }
            record.outbox_mut().push(said.sent());
            self.sent.insert(said.header.id, id);
        }
        Some(())
    }

    fn refusal_received(&mut self, said: &Said) -> Option<()> {
        let content: Refusal = said.content()?;
        let own = self.own(content.uitvraag_id)?;
        if own.matter.statement == content.statement {
            own.proposal = ProposalState::Refused(content.code);
            settle_first(own);
            return Some(());
        }
        ask(own, &content.statement)?.state = AskerState::Refused(content.code);
        settle_ask(own, &content.statement);
        Some(())
    }

    fn answer_sent(&mut self, said: &Said) -> Option<()> {
        let content: Answer = said.content()?;
        let id = CaseId { side: Side::Question, uitvraag_id: content.uitvraag_id(), asker: said.header.audience };
        let Some(Record::Question(record)) = self.records.get_mut(&id) else { return None };
        record.state = ResponderState::Answered(content.outcome().clone());
        record.outbox.push(said.sent());
        self.sent.insert(said.header.id, id);
        Some(())
    }

    fn answer_received(&mut self, said: &Said) -> Option<()> {
        let content: Answer = said.content()?;
        let own = self.own(content.uitvraag_id())?;
        ask(own, content.question())?.state = AskerState::Answered(content.outcome().clone());
        settle_ask(own, content.question());
        Some(())
    }

    fn withdrawal_sent(&mut self, said: &Said) -> Option<()> {
        let content: Withdrawal = said.content()?;
        let uitvraag_id = content.uitvraag_id;
        let own = self.own(uitvraag_id)?;
        own.outbox.push(said.sent());
        if own.matter.statement == content.statement {
            own.proposal = ProposalState::Withdrawn;
            settle_first(own);
        } else if let Some(ask) = ask(own, &content.statement) {
            ask.state = AskerState::Withdrawn;
            settle_ask(own, &content.statement);
        }
        self.sent.insert(said.header.id, CaseId { side: Side::Own, uitvraag_id, asker: said.header.issuer });
        Some(())
    }

    fn withdrawal_received(&mut self, said: &Said) -> Option<()> {
        let content: Withdrawal = said.content()?;
        for side in [Side::Question, Side::Approval] {
            let id = CaseId { side, uitvraag_id: content.uitvraag_id, asker: said.header.issuer };
            match self.records.get_mut(&id) {
                Some(Record::Question(record)) if record.matter.statement == content.statement => {
                    record.state = ResponderState::Withdrawn;
                }
                Some(Record::Approval(record)) if record.matter.statement == content.statement => {
                    record.state = ConsiderationState::Withdrawn;
                }
                _ => {}
            }
        }
        Some(())
    }

    fn note(&mut self, kind: EntryKind, body: &[u8], vault: Option<CaseKey>) -> Option<()> {
        match kind {
            EntryKind::PolicyDecision => {
                let decision: PolicyDecision = content(body)?;
                match self.records.get_mut(&decision.case) {
                    Some(Record::Question(record)) if decision.denied.is_none() => record.vault = vault?,
                    _ => self.bare(decision, vault?)?,
                }
            }
            EntryKind::DraftWritten => {
                let written: DraftWritten = content(body)?;
                if let Record::Own(own) = self.records.get_mut(&written.case)? {
                    own.author = written.by;
                }
            }
            EntryKind::VerdictGiven => {
                let act: Act = content(body)?;
                if let Record::Approval(record) = self.records.get_mut(&act.case)? {
                    record.decided_by = Some(act.by);
                }
            }
            EntryKind::Candidates => {
                let found: Candidates = content(body)?;
                if let Record::Question(record) = self.records.get_mut(&found.case)? {
                    if record.state == ResponderState::ExpectCandidates {
                        record.state = match found.rows.is_empty() {
                            true => ResponderState::ExpectDeadline,
                            false => ResponderState::ExpectReview,
                        };
                    }
                    record.candidates = found.rows;
                }
            }
            EntryKind::QuestionTried => {
                let tried: QuestionTried = content(body)?;
                if let Record::Question(record) = self.records.get_mut(&tried.case)? {
                    record.subject = tried.subject;
                }
            }
            EntryKind::Released => {
                let released: Released = content(body)?;
                if let Record::Question(record) = self.records.get_mut(&released.case)? {
                    record.released = true;
                    record.reviewed_by = released.by;
                }
            }
            EntryKind::FirstOfTwo => {
                let act: Act = content(body)?;
                match self.records.get_mut(&act.case)? {
                    Record::Approval(record) => record.first_of_two = Some(act.by),
                    Record::Question(record) => record.first_of_two = Some(act.by),
                    Record::Own(_) => {}
                }
            }
            EntryKind::NotReleased => {
                let act: Act = content(body)?;
                if let Record::Question(record) = self.records.get_mut(&act.case)? {
                    record.reviewed_by = Some(act.by);
                    if record.state == ResponderState::ExpectReview {
                        record.state = ResponderState::ExpectDeadline;
                    }
                }
            }
            EntryKind::Weging | EntryKind::Besluit => super::weighed::fold(kind, body, &mut self.records)?,
            _ => {}
        }
        Some(())
    }

    fn receipt(&mut self, id: &StatementId) {
        let Some(record) = self.sent.get(id).and_then(|case| self.records.get_mut(case)) else { return };
        for sent in record.outbox_mut().iter_mut().filter(|sent| sent.id == *id) {
            sent.settled = true;
        }
        if let Record::Own(own) = record
            && let Some(ask) = own.asks.iter_mut().find(|ask| ask.id == *id)
            && ask.state == AskerState::ExpectReceipt
        {
            ask.state = AskerState::ExpectAnswer;
        }
    }

    /// The case of a draft or question of which only the decision is left: it was refused, or who it was about has been
    /// erased.
    fn bare(&mut self, decision: PolicyDecision, vault: CaseKey) -> Option<()> {
        let said = self.dropped.take()?;
        let matter = self.matter(&said, decision.case.uitvraag_id, said.header.expires);
        let record = match decision.case.side {
            Side::Question => Record::Question(QuestionRecord {
                vault,
                person: None,
                received: said.time,
                index: said.index,
                statement: None,
                subject: None,
                urgent: false,
                matter,
                denied: decision.denied,
                state: match decision.denied {
                    Some(_) => ResponderState::ExpectDecision,
                    None => ResponderState::ExpectDeadline,
                },
                candidates: Vec::new(),
                released: false,
                reviewed_by: None,
                first_of_two: None,
                outbox: Vec::new(),
            }),
            Side::Approval => Record::Approval(ApprovalRecord {
                vault,
                received: said.time,
                index: said.index,
                statement: None,
                draft: None,
                matter,
                denied: decision.denied,
                state: ConsiderationState::ExpectVerdict,
                decided_by: None,
                first_of_two: None,
                outbox: Vec::new(),
            }),
            Side::Own => return None,
        };
        self.records.insert(decision.case, record);
        Some(())
    }

    fn matter(&self, said: &Said, uitvraag_id: UitvraagId, answer_by: Timestamp) -> Matter {
        let until = answer_by + (self.grace)(&said.header.convenant);
        Matter::of(&said.header, said.hash, uitvraag_id, answer_by, until)
    }

    fn own(&mut self, uitvraag_id: UitvraagId) -> Option<&mut OwnRecord> {
        let id = CaseId { side: Side::Own, uitvraag_id, asker: self.us? };
        match self.records.get_mut(&id)? {
            Record::Own(own) => Some(own),
            _ => None,
        }
    }
}

pub(super) fn content<T: Serialize + DeserializeOwned>(body: &[u8]) -> Option<T> {
    codec::decode::<Note<T>>(body).ok().map(|note| note.content)
}

fn ask<'a>(own: &'a mut OwnRecord, statement: &Hash) -> Option<&'a mut Ask> {
    own.asks.iter_mut().find(|ask| ask.matter.statement == *statement)
}

fn settle_first(own: &mut OwnRecord) {
    if let Some(sent) = own.outbox.first_mut() {
        sent.settled = true;
    }
}

fn settle_ask(own: &mut OwnRecord, statement: &Hash) {
    let id = ask(own, statement).map(|ask| ask.id);
    for sent in own.outbox.iter_mut().filter(|sent| Some(sent.id) == id) {
        sent.settled = true;
    }
}
