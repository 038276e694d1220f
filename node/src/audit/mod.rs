//! Verification of a whole journal: structure, then every statement's signature, every kept receipt, that nothing is
//! recorded twice, and that what went out stands behind what allows it. Public files are enough; with the vault, bodies
//! are opened too.

mod card;
mod erasures;
mod rules;
mod signatures;
mod suspects;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use ed25519_dalek::VerifyingKey;
use weegnet_policy::convenant::{Convenant, Ratified, own_statement_key, statement_key};
use weegnet_protocol::Oin;
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::id::{ConvenantRef, StatementId};
use weegnet_protocol::log::{EntryKind, LogName, SignedCheckpoint, Witness, WitnessName};
use weegnet_protocol::sign::{Envelope, VerifyError};

use crate::checkpoints::Checkpoints;
use crate::exchange::bodies::{ConvenantAmended, ConvenantRatified, Note};
use crate::exchange::carries;
use crate::journal::{self, Bodies, Damage, JournalError, Report, Scanned, StoredBody, VerifyFailure};
use crate::witness::check::{self, CheckError, Checked, Member, Owner};

use erasures::Erasures;
use rules::Rules;
use signatures::Signatures;
use suspects::Suspects;

pub use crate::journal::{Place, Proven, Stored, open_stored};
pub use card::NotOurs;
pub use rules::{Breach, BrokenRule};
pub use suspects::{MAX_SUSPECTS, Suspect};

/// What a complete verification established.
#[derive(Debug)]
pub struct Audit {
    /// About the files.
    pub report: Report,
    /// Statements whose signatures were verified.
    pub statements: u64,
    /// Receipts of peers that were verified.
    pub receipts: u64,
    /// Sealed bodies that were opened and compared with their leaves; `None` without the vault.
    pub bodies: Option<u64>,
    /// Sealed bodies whose key was destroyed.
    pub erased: u64,
    /// What stands where it must not, in the order of the logs: at most [`MAX_BREACHES`].
    pub breaches: Vec<Breach>,
    /// How many there are in all.
    pub breaches_in_all: u64,
    /// Statements in a revocation window, in the order of the revocations: at most [`MAX_SUSPECTS`]. They verify.
    pub suspects: Vec<Suspect>,
    /// How many there are in all.
    pub suspects_in_all: u64,
    /// Those whose ratification stands in the journal.
    convenants: Vec<Ratified>,
}

impl Audit {
    /// Whether everything is whole, in order, and nothing unfinished stands at the end.
    pub fn is_clean(&self) -> bool {
        self.breaches_in_all == 0 && self.report.is_clean()
    }

    /// Checks the witness's room `dir` against this journal; `None` where there is none.
    ///
    /// # Errors
    /// The first thing that does not hold. Beside a running node, which may have gone on since, that is no proof.
    pub fn witnesses(&self, dir: &Path) -> Result<Option<Checked>, CheckError> {
        let Some(exchange) = self.report.logs.iter().find(|log| log.log == LogName::Exchange) else { return Ok(None) };
        let Some(key) = exchange.genesis.checkpoint_key() else { return Ok(None) };
        let member = |ratified: &Ratified, oin: &Oin| {
            let witness = |key| Witness { name: WitnessName::of(oin), key };
            let witnesses = ratified.witness_keys(oin).into_iter().map(witness).collect();
            Some((*oin, Member { checkpoint: *ratified.checkpoint_key(oin)?, witnesses }))
        };
        let parties =
            |ratified| Ratified::parties(ratified).iter().filter_map(move |party| member(ratified, &party.oin));
        let mut members: BTreeMap<Oin, Member> = BTreeMap::new();
        for (oin, member) in self.convenants.iter().flat_map(parties) {
            match members.entry(oin) {
                Entry::Vacant(entry) => drop(entry.insert(member)),
                Entry::Occupied(mut entry) => entry.get_mut().witnesses.extend(member.witnesses),
            }
        }
        check::check(dir, &Owner { us: exchange.genesis.oin, tree: &exchange.tree, key }, &members)
    }
}

/// Breaches of order that are named one by one: 100.
pub const MAX_BREACHES: usize = 100;

/// Why an entry does not hold, although the tree vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// The envelope is not in the one encoding.
    #[error("its envelope cannot be read: {0}")]
    Envelope(VerifyError),
    /// The signature does not verify under the convenant's keys.
    #[error("its signature is not valid: {0}")]
    Signature(VerifyError),
    /// The statement is of another kind than the entry, or between other parties.
    #[error("its statement does not belong in an entry of this kind")]
    Misplaced,
    /// Envelope and leaf name different bodies.
    #[error("its leaf and its envelope name different bodies")]
    OtherBody,
    /// The same statement stands twice.
    #[error("its statement stands in the log twice")]
    Twice,
    /// A convenant that not all founding parties signed, or not the version after the one before.
    #[error("its convenant is not signed by all parties, or is not the version after the one before")]
    NotRatified,
    /// An amendment that its party did not sign, or that does not follow the one before.
    #[error("its amendment is not the next one that this party signed")]
    NotAmended,
    /// A receipt for something that was not sent before it, or that does not verify.
    #[error("a peer's receipt beside it does not hold")]
    Receipt,
    /// The vault's key does not open it, or it is not what the leaf vouches for.
    #[error("its body does not open with the vault's key: the vault was changed, or is another's")]
    Body,
}

/// Verifies the journal in `dir`. An entry out of order hides nothing behind it: it stands in the [`Audit`].
///
/// # Errors
/// The first thing that is not whole.
pub fn audit(dir: &Path, progress: impl FnMut(u64, u64)) -> Result<Audit, VerifyFailure<Objection>> {
    audit_telling(dir, &mut Vec::new(), progress)
}

/// Like [`audit`]; puts into `proven` what holds of each log, also when something does not.
///
/// # Errors
/// As [`audit`].
pub fn audit_telling(
    dir: &Path,
    proven: &mut Vec<Proven>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Audit, VerifyFailure<Objection>> {
    let bodies = match Bodies::open(dir) {
        Ok(bodies) => Some(bodies),
        // A copy for an auditor has no vault, and others may not read it.
        Err(JournalError::Io { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let mut auditor = Auditor { bodies, ..Auditor::default() };
    let report = journal::verify_telling(dir, proven, &mut progress, |scanned, place| auditor.visit(scanned, place))?;
    let Err((invalid, error)) = auditor.signatures.finish() else { return Ok(auditor.finish(report)) };
    // Found late: a second walk says what holds before it.
    proven.clear();
    let objection = Objection::Signature(error);
    let object = |_: &Scanned, place| if place == invalid { Err(objection.clone()) } else { Ok(()) };
    journal::verify_telling(dir, proven, progress, object)?;
    Err(VerifyFailure::Objection { place: invalid, objection })
}

/// Every entry that `wanted` takes, once its batch is verified.
///
/// # Errors
/// The first thing in the files that does not verify.
pub fn entries(
    dir: &Path,
    mut wanted: impl FnMut(&Stored) -> bool,
) -> Result<Vec<Stored>, VerifyFailure<std::convert::Infallible>> {
    let mut found = Vec::new();
    journal::verify(
        dir,
        |_, _| {},
        |scanned| {
            if let Scanned::Entry(stored) = scanned
                && wanted(stored)
            {
                found.push(stored.clone());
            }
            Ok(())
        },
    )?;
    Ok(found)
}

/// What is kept of an entry's body: `public`, `sealed`, `erased` when its key was destroyed, `not kept` when only its hash
/// ever was; nothing when it has none. Telling sealed from erased needs the node's vault.
pub fn kept(dir: &Path, stored: &Stored) -> Option<&'static str> {
    match (&stored.body, journal::open_stored(dir, stored)) {
        (StoredBody::Absent, _) => None,
        (StoredBody::Public(_), _) => Some("public"),
        (StoredBody::Dropped, _) => Some("not kept"),
        (StoredBody::Sealed { .. }, Ok(None)) => Some("erased"),
        (StoredBody::Sealed { .. }, _) => Some("sealed"),
    }
}

/// Where a journal does not verify, if that is a place.
pub fn place<E>(failure: &VerifyFailure<E>) -> Option<Place> {
    match failure {
        VerifyFailure::Journal(JournalError::Damaged(Damage { log, segment, byte, entry, .. })) => {
            Some(Place { log: *log, entry: *entry, segment: *segment, byte: *byte })
        }
        VerifyFailure::Objection { place, .. } => Some(*place),
        VerifyFailure::Journal(_) => None,
    }
}

#[derive(Default)]
struct Auditor {
    convenants: BTreeMap<ConvenantRef, Ratified>,
    seen: HashSet<StatementId>,
    sent: HashMap<StatementId, (Hash, Oin)>,
    checkpoints: Checkpoints,
    signatures: Signatures,
    rules: Rules,
    erasures: Erasures,
    suspects: Suspects,
    bodies: Option<Bodies>,
    statements: u64,
    receipts: u64,
    opened: u64,
    erased: u64,
    breaches: Vec<Breach>,
    breaches_in_all: u64,
}

impl Auditor {
    fn visit(&mut self, scanned: &Scanned, place: Place) -> Result<(), Objection> {
        match scanned {
            Scanned::Entry(stored) => {
                match stored.leaf.kind {
                    EntryKind::ConvenantRatified => self.convenant(stored)?,
                    EntryKind::ConvenantAmended => self.amendment(stored)?,
                    _ => {}
                }
                let envelope = self.statement(stored, place)?;
                let body = self.body(stored, place)?;
                self.erasures.entry(stored);
                let header = envelope.as_ref().map(|envelope| &envelope.header);
                if let Err(rule) = self.rules.entry(place, stored, header, body.as_deref()) {
                    self.breach(Breach { place, rule });
                }
                Ok(())
            }
            Scanned::Receipt { statement, receipt } => {
                let (hash, to) = self.sent.get(statement).ok_or(Objection::Receipt)?;
                let key = self.checkpoint_key(to).ok_or(Objection::Receipt)?;
                let Auditor { checkpoints, convenants, .. } = self;
                let is_theirs = |note: &SignedCheckpoint| names(convenants, to, note);
                if !checkpoints.verify(to, receipt, &key, is_theirs) || receipt.leaf.statement != Some(*hash) {
                    return Err(Objection::Receipt);
                }
                self.receipts += 1;
                Ok(())
            }
        }
    }

    fn convenant(&mut self, stored: &Stored) -> Result<(), Objection> {
        let StoredBody::Public(body) = &stored.body else { return Err(Objection::NotRatified) };
        let note: Note<ConvenantRatified> = codec::decode(&body.0).map_err(|_| Objection::NotRatified)?;
        let convenant = Convenant::parse(&note.content.document).map_err(|_| Objection::NotRatified)?;
        let signatures = note.content.signatures.into_iter().map(|(oin, blob)| (oin, blob.0)).collect();
        let ratified = Ratified::ratify(convenant, &signatures).map_err(|_| Objection::NotRatified)?;
        let last = self.convenants.values().filter(|text| text.id() == ratified.id());
        if let Some(last) = last.max_by_key(|text| text.terms().valid_from) {
            ratified.follows(last).map_err(|_| Objection::NotRatified)?;
        }
        self.convenants.insert(ratified.reference().clone(), ratified);
        Ok(())
    }

    fn amendment(&mut self, stored: &Stored) -> Result<(), Objection> {
        let StoredBody::Public(body) = &stored.body else { return Err(Objection::NotAmended) };
        let note: Note<ConvenantAmended> = codec::decode(&body.0).map_err(|_| Objection::NotAmended)?;
        let base = stored.leaf.convenant;
        let convenant = self.convenants.values_mut().find(|ratified| Some(*ratified.reference().base()) == base);
        let convenant = convenant.ok_or(Objection::NotAmended)?;
        *convenant = convenant.amend(&note.content.amendment).map_err(|_| Objection::NotAmended)?;
        if let Ok(amendment) = note.content.amendment.claimed() {
            self.suspects.changed(amendment.party, &amendment.change);
        }
        Ok(())
    }

    fn breach(&mut self, breach: Breach) {
        self.breaches_in_all += 1;
        if self.breaches.len() < MAX_BREACHES {
            self.breaches.push(breach);
        }
    }

    /// The last checks, which need everything.
    fn finish(mut self, report: Report) -> Audit {
        let log = |name| report.logs.iter().find(|log| log.log == name);
        if let (Some(exchange), Some(house)) = (log(LogName::Exchange), log(LogName::House)) {
            let late = std::mem::take(&mut self.rules).finish(exchange, house);
            late.into_iter().for_each(|breach| self.breach(breach));
        }
        let erasures = std::mem::take(&mut self.erasures).finish(self.bodies.as_ref());
        erasures.into_iter().for_each(|breach| self.breach(breach));
        self.breaches.sort_by_key(|breach| (breach.place.log, breach.place.entry));
        let (suspects, suspects_in_all) = std::mem::take(&mut self.suspects).finish();
        let Auditor { statements, receipts, opened, erased, breaches, breaches_in_all, bodies, convenants, .. } = self;
        let (bodies, convenants) = (bodies.map(|_| opened), convenants.into_values().collect());
        Audit {
            report,
            statements,
            receipts,
            bodies,
            erased,
            breaches,
            breaches_in_all,
            suspects,
            suspects_in_all,
            convenants,
        }
    }

    /// The body as far as the vault opens it.
    fn body(&mut self, stored: &Stored, place: Place) -> Result<Option<Vec<u8>>, Objection> {
        let Some(bodies) = &self.bodies else { return Ok(None) };
        let body = bodies.body(stored).map_err(|_| Objection::Body)?;
        if let StoredBody::Sealed { case, .. } = &stored.body {
            self.erasures.body(*case, place, body.is_some());
            let count = if body.is_some() { &mut self.opened } else { &mut self.erased };
            *count += 1;
        }
        Ok(body)
    }

    fn statement(&mut self, stored: &Stored, place: Place) -> Result<Option<Envelope>, Objection> {
        let (Some(bytes), Some((kind, ours))) = (&stored.envelope, carries(stored.leaf.kind)) else {
            // An entry with a statement and a kind that carries none, or the other way round.
            return if stored.envelope.is_none() && carries(stored.leaf.kind).is_none() {
                Ok(None)
            } else {
                Err(Objection::Misplaced)
            };
        };
        let envelope = Envelope::decode(&bytes.0).map_err(Objection::Envelope)?;
        let header = &envelope.header;
        // With its amendments up to here: what stands behind one was taken with it in force. That the former key's time was not
        // over yet when it came in is not looked at again: clocks differ by what lies between a check and its entry.
        let texts = self.convenants.values();
        let key = match ours {
            true => own_statement_key(texts, header),
            false => statement_key(texts, header, header.issued),
        };
        let key = key.map_err(Objection::Signature)?;
        if header.kind != kind || stored.leaf.convenant != Some(*header.convenant.base()) {
            return Err(Objection::Misplaced);
        }
        if stored.leaf.body != Some(envelope.body_hash) {
            return Err(Objection::OtherBody);
        }
        if !self.seen.insert(header.id) {
            return Err(Objection::Twice);
        }
        if ours {
            self.sent.insert(header.id, (Hash::of(&[&bytes.0]), header.audience));
        }
        self.statements += 1;
        self.suspects.said(header, place, stored.leaf.time);
        self.signatures.add(place, key, envelope.clone());
        Ok(Some(envelope))
    }

    fn checkpoint_key(&self, oin: &Oin) -> Option<VerifyingKey> {
        self.convenants.values().find_map(|ratified| ratified.checkpoint_key(oin).copied())
    }
}

/// Whether a checkpoint is of the log that an organisation has, or of one before it as far as it admits to that. Where no
/// amendment names a log, any will do: what a peer calls it can not make our own journal unsound.
fn names(convenants: &BTreeMap<ConvenantRef, Ratified>, oin: &Oin, note: &SignedCheckpoint) -> bool {
    let origin = &note.checkpoint().origin;
    let mut amended = convenants.values().filter_map(|ratified| ratified.origins(oin)).peekable();
    amended.peek().is_none() || amended.any(|origins| origins.current() == origin || origins.admits(note))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaches_are_all_counted_and_only_so_many_named() {
        let mut auditor = Auditor::default();
        for entry in 0..=MAX_BREACHES as u64 {
            let place = Place { log: LogName::Exchange, entry, segment: 1, byte: 0 };
            auditor.breach(Breach { place, rule: BrokenRule::NotApproved });
        }
        assert_eq!((auditor.breaches.len(), auditor.breaches_in_all), (MAX_BREACHES, MAX_BREACHES as u64 + 1));
    }
}
