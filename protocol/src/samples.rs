//! One fixed federation for tests and golden vectors: every key, id and moment in it is written down here.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;

use ed25519_dalek::{SigningKey, VerifyingKey};

use crate::amendment::{Accession, Amendment, Change, SignedAmendment};
use crate::codec::{Blob, Bytes, Hash};
use crate::id::{ConvenantRef, EntryId, StatementId, UitvraagId};
use crate::log::{
    Checkpoint, ConsistencyReceipt, CoseCheckpoint, CosignedCheckpoint, EntryKind, InclusionReceipt, Leaf, LogName,
    Origin, Receipt, Tree, WitnessKey, WitnessName,
};
use crate::oin::Oin;
use crate::person::{Fields, PersonRef};
use crate::sealed::table::Publication;
use crate::sign::{
    self, Address, CONVENANT_SIGNATURE, Content, Detached, Header, Issuers, Signed, Signs, Statement, Verified,
    VerifyError,
};
use crate::statement::{
    Answer, Approval, AskedSubject, Contact, Corrected, Correction, Draft, DraftCore, Motivation, Outcome, Recipient,
    Refusal, RefusalCode, Right, Subject, Uitvraag, Wish, Withdrawal, WrongField,
};
use crate::time::{Millis, Timestamp};

/// The moment at which every sample is made: 2026-11-23T03:53:20Z.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_795_406_000);

/// A test organisation with the keys that its number decides.
#[derive(Clone, Copy)]
pub(crate) struct Party(pub(crate) u8);

/// Asks.
pub(crate) const GEMEENTE: Party = Party(1);
/// Approves, and is asked.
pub(crate) const POLITIE: Party = Party(2);
/// Is asked.
pub(crate) const RECLASSERING: Party = Party(3);

impl Party {
    pub(crate) fn oin(self) -> Oin {
        alloc::format!("0000009900000000{}000", self.0).parse().unwrap()
    }
    pub(crate) fn statement_key(self) -> SigningKey {
        SigningKey::from_bytes(&[self.0; 32])
    }
    pub(crate) fn party_key(self) -> SigningKey {
        SigningKey::from_bytes(&[0xc0 | self.0; 32])
    }
    pub(crate) fn checkpoint_key(self) -> SigningKey {
        SigningKey::from_bytes(&[0x80 | self.0; 32])
    }
    pub(crate) fn witness_key(self) -> WitnessKey {
        WitnessKey::new(WitnessName::of(&self.oin()), SigningKey::from_bytes(&[0x40 | self.0; 32]))
    }
}

/// Knows the three parties, under [`convenant`] only.
pub(crate) struct Parties;

impl Issuers for Parties {
    fn statement_key(&self, header: &Header, _: Timestamp) -> Result<VerifyingKey, VerifyError> {
        let Header { convenant: cited, issuer, key_id, .. } = header;
        if *cited != convenant() {
            return Err(VerifyError::WrongConvenant);
        }
        [GEMEENTE, POLITIE, RECLASSERING]
            .into_iter()
            .filter(|party| party.oin() == *issuer)
            .map(|party| party.statement_key().verifying_key())
            .find(|key| sign::key_id(key) == *key_id)
            .ok_or(VerifyError::UnknownIssuer)
    }
}

pub(crate) fn convenant() -> ConvenantRef {
    ConvenantRef("rcpt-voorbeeld".parse().unwrap(), Bytes([0xc0; 32]), 0)
}

pub(crate) fn uitvraag_id() -> UitvraagId {
    UitvraagId::new(NOW, [0x11; 10])
}

pub(crate) fn address(issuer: Party, audience: Party) -> Address {
    Address {
        issuer: issuer.oin(),
        audience: audience.oin(),
        id: StatementId::new(NOW, [issuer.0 << 4 | audience.0; 10]),
        issued: NOW,
        expires: NOW + Millis::hours(72),
        convenant: convenant(),
    }
}

/// Seals with the issuer's key and a fixed nonce.
pub(crate) fn seal<T: Content>(issuer: Party, audience: Party, content: T) -> Signed<T> {
    Signed::seal(address(issuer, audience), content, [0x4e; 32], &issuer.statement_key())
}

/// Verifies at [`NOW`].
pub(crate) fn verify<T: Content>(statement: Statement, audience: Party) -> Result<Verified<T>, VerifyError> {
    sign::verify(statement, &Parties, &audience.oin(), NOW)
}

pub(crate) fn person() -> PersonRef {
    PersonRef::try_from(Fields {
        bsn: Some("123456782".parse().unwrap()),
        given_names: Some("Zoë Anna".parse().unwrap()),
        prefix: Some("van der".parse().unwrap()),
        surname: Some("Meij".parse().unwrap()),
        aliases: vec!["Zo".parse().unwrap()],
        birth: "1985-03".parse().unwrap(),
    })
    .unwrap()
}

pub(crate) fn subject() -> Subject {
    Subject {
        salt: Bytes([0x5a; 32]),
        minor: false,
        person: person(),
        criteria: vec!["gedrag-1".parse().unwrap(), "netwerk-2".parse().unwrap()],
    }
}

pub(crate) fn recipient(party: Party) -> Recipient {
    let reason = (party.0 > 2).then(|| "toezicht".parse().unwrap());
    Recipient { oin: party.oin(), salt: Bytes([0xa0 | party.0; 32]), reason }
}

pub(crate) fn draft() -> Draft {
    let subject = subject();
    let motivation = Motivation { salt: Bytes([0x6d; 32]), text: String::from("Noodzaak: een verzonnen voorbeeld.") };
    let core = DraftCore {
        asker: GEMEENTE.oin(),
        urgent: false,
        purpose: "https://example.org/doel/voorbeeld".parse().unwrap(),
        answer_by: NOW + Millis::hours(48),
        convenant: convenant(),
        motivation: motivation.commitment(),
        subject: subject.commitment(),
        uitvraag_id: uitvraag_id(),
    };
    Draft {
        core,
        author: Bytes([0xaa; 16]),
        subject,
        motivation,
        recipients: vec![recipient(POLITIE), recipient(RECLASSERING)],
    }
}

pub(crate) fn signed_draft() -> Signed<Draft> {
    seal(GEMEENTE, POLITIE, draft())
}

pub(crate) fn signed_approval() -> Signed<Approval> {
    seal(POLITIE, GEMEENTE, Approval::of(&draft()))
}

pub(crate) fn signed_uitvraag() -> Signed<Uitvraag> {
    let draft = draft();
    let content = Uitvraag {
        core: draft.core,
        salt: recipient(RECLASSERING).salt,
        subject: AskedSubject::Open(draft.subject),
        approval: signed_approval().into_statement(),
    };
    seal(GEMEENTE, RECLASSERING, content)
}

/// The reclassering's table, in which the person asked about stands.
pub(crate) fn signed_publication() -> Signed<Publication> {
    seal(RECLASSERING, GEMEENTE, crate::sealed::tests::published(convenant().id(), &[person()]).0)
}

/// [`signed_uitvraag`], sealed for that table.
pub(crate) fn signed_sealed_uitvraag() -> Signed<Uitvraag> {
    let (publication, table) = crate::sealed::tests::published(convenant().id(), &[person()]);
    let keys = crate::sealed::tests::real_keys(&person());
    let sealed = crate::sealed::ask::ask(&uitvraag_id(), &subject(), &keys, &publication, &table, &Bytes([0x5e; 32]));
    let subject = AskedSubject::Sealed(Box::new(sealed.unwrap()));
    seal(GEMEENTE, RECLASSERING, Uitvraag { subject, ..signed_uitvraag().content().clone() })
}

pub(crate) fn known() -> Outcome {
    Outcome::Known("Meldpunt reclassering, 088-0000000".parse().unwrap())
}

pub(crate) fn signed_answer(outcome: Outcome) -> Signed<Answer> {
    let question = signed_uitvraag().statement().hash();
    seal(RECLASSERING, GEMEENTE, Answer::new(uitvraag_id(), question, outcome))
}

pub(crate) fn signed_refusal() -> Signed<Refusal> {
    let statement = signed_uitvraag().statement().hash();
    let content = Refusal { code: RefusalCode::QuotaExceeded, statement, uitvraag_id: uitvraag_id() };
    seal(RECLASSERING, GEMEENTE, content)
}

pub(crate) fn signed_withdrawal() -> Signed<Withdrawal> {
    let statement = signed_uitvraag().statement().hash();
    seal(GEMEENTE, RECLASSERING, Withdrawal { statement, uitvraag_id: uitvraag_id() })
}

/// Gemeente's contact point in the convenant.
pub(crate) fn gemeente_contact() -> Contact {
    "Informatiepunt gemeente, 000-0000001".parse().unwrap()
}

/// What gemeente asked reclassering.
pub(crate) fn corrected() -> Corrected {
    let question = signed_uitvraag();
    Corrected { statement: question.statement().hash(), id: question.header().id, uitvraag_id: uitvraag_id() }
}

pub(crate) fn signed_correction() -> Signed<Correction> {
    let wrong = [WrongField::BirthDate, WrongField::Criterion].into();
    let content = Correction::new(corrected(), Right::Rectification, wrong, Wish::Rectify, gemeente_contact());
    seal(GEMEENTE, RECLASSERING, content.unwrap())
}

pub(crate) fn origin() -> Origin {
    Origin::new(&RECLASSERING.oin(), LogName::Exchange, [0x0f; 8])
}

/// The leaf under which reclassering wrote the question down.
pub(crate) fn leaf() -> Leaf {
    let question = signed_uitvraag();
    Leaf {
        id: EntryId::from(question.header().id),
        body: Some(question.statement().body_hash()),
        kind: EntryKind::QuestionReceived,
        time: NOW + Millis(1234),
        convenant: Some(*convenant().base()),
        statement: Some(question.statement().hash()),
    }
}

/// A tree of `size` leaves in which only number `at` is a real one.
pub(crate) fn tree_with(leaf: &Leaf, at: u64, size: u64) -> Tree {
    let mut tree = Tree::default();
    for index in 0..size {
        tree.append(if index == at { leaf.hash() } else { Hash::of(&[&index.to_be_bytes()]) });
    }
    tree
}

/// The receipt of [`leaf`] at place 4 of 7.
pub(crate) fn receipt() -> Receipt {
    receipt_at(4, 7)
}

pub(crate) fn receipt_at(at: u64, size: u64) -> Receipt {
    let tree = tree_with(&leaf(), at, size);
    Receipt {
        leaf: leaf(),
        inclusion: tree.inclusion(at, size).unwrap(),
        checkpoint: checkpoint(&tree, size).sign(&RECLASSERING.checkpoint_key()).note().into(),
    }
}

/// Reclassering's checkpoint of the first `size` leaves of a tree.
pub(crate) fn checkpoint(tree: &Tree, size: u64) -> Checkpoint {
    Checkpoint { origin: origin(), size, root: tree.root(size).unwrap() }
}

/// [`receipt`] as COSE.
pub(crate) fn inclusion_receipt() -> InclusionReceipt {
    let tree = tree_with(&leaf(), 4, 7);
    let signed = CoseCheckpoint::sign(&checkpoint(&tree, 7), &RECLASSERING.checkpoint_key());
    signed.inclusion(&leaf().encode(), tree.inclusion(4, 7).unwrap()).unwrap()
}

/// That the tree of 7 leaves begins with that of 3, which is given too.
pub(crate) fn consistency_receipt() -> (Checkpoint, ConsistencyReceipt) {
    let tree = tree_with(&leaf(), 4, 7);
    let signed = CoseCheckpoint::sign(&checkpoint(&tree, 7), &RECLASSERING.checkpoint_key());
    let old = checkpoint(&tree, 3);
    let receipt = signed.consistency(&old, tree.consistency(3, 7).unwrap()).unwrap();
    (old, receipt)
}

/// The checkpoint of [`receipt`] with the lines of politie and gemeente.
pub(crate) fn cosigned() -> CosignedCheckpoint {
    let signed = checkpoint(&tree_with(&leaf(), 4, 7), 7).sign(&RECLASSERING.checkpoint_key());
    let mut cosigned = CosignedCheckpoint::new(signed).unwrap();
    for (witness, seconds) in [(POLITIE, 1), (GEMEENTE, 2)] {
        let key = witness.witness_key();
        let cosignature = key.cosign(cosigned.signed(), NOW + Millis::seconds(seconds));
        cosigned.add(&cosignature, &key.witness()).unwrap();
    }
    cosigned
}

/// The folder of published vectors, when the environment names one; says so when it does not.
pub(crate) fn published() -> Option<std::path::PathBuf> {
    use std::io::Write as _;
    let folder = std::env::var_os("WEEGNET_VECTORS").map(Into::into);
    if folder.is_none() {
        // Past the test harness, which shows nothing of what passes.
        let _ = std::io::stderr().write_all(b"skipped: WEEGNET_VECTORS names no folder of published vectors\n");
    }
    folder
}

/// The reclassering lost part of its exchange log and goes on under another name for it.
pub(crate) fn amendment() -> Amendment {
    let new = Origin::new(&RECLASSERING.oin(), LogName::Exchange, [0xf0; 8]);
    Amendment {
        base: *convenant().base(),
        party: RECLASSERING.oin(),
        change: Change::NewOrigin { new, old: origin(), last: vec![receipt().checkpoint] },
        sequence: 1,
        convenant: convenant().id().clone(),
    }
}

/// The reclassering signs and connects with other keys.
pub(crate) fn signed_rotation() -> SignedAmendment {
    let change =
        Change::Keys { link: Some(Bytes([0x11; 32])), until: NOW, witness: None, statement: Some(Bytes([0x12; 32])) };
    Amendment { change, sequence: 2, ..amendment() }.sign(&RECLASSERING.party_key(), NOW)
}

/// Two keys of the reclassering were stolen.
pub(crate) fn signed_revocation() -> SignedAmendment {
    let change = Change::Revoked { keys: alloc::vec![Bytes([0x11; 32]), Bytes([0x12; 32])], since: NOW };
    Amendment { change, sequence: 3, ..amendment() }.sign(&RECLASSERING.party_key(), NOW)
}

/// The node of the reclassering listens somewhere else.
pub(crate) fn signed_move() -> SignedAmendment {
    let change = Change::Address { address: "192.0.2.7:7441".into() };
    Amendment { change, sequence: 4, ..amendment() }.sign(&RECLASSERING.party_key(), NOW)
}

/// The reclassering accedes, as the gemeente and the politie approved.
pub(crate) fn signed_accession() -> SignedAmendment {
    let accession =
        Accession { base: *convenant().base(), party: RECLASSERING.oin(), convenant: convenant().id().clone() };
    let approve = |party: Party| Blob(accession.approve(party.oin(), &party.party_key(), NOW));
    let change = Change::Acceded {
        office: "directeur".into(),
        mandate: "Mandaatbesluit 2026".into(),
        approvals: vec![approve(GEMEENTE), approve(POLITIE)],
    };
    Amendment { change, ..amendment() }.sign(&RECLASSERING.party_key(), NOW)
}

/// The gemeente signs a convenant, in the office that the text names.
pub(crate) fn signed_convenant() -> Detached {
    let signs = Signs { office: "burgemeester".into(), mandate: "Gemeentewet, artikel 171".into() };
    let by = (GEMEENTE.oin(), Some(signs));
    Detached::sign_as(CONVENANT_SIGNATURE, *convenant().base(), by, NOW, &GEMEENTE.party_key())
}

/// The reclassering takes no part any more.
pub(crate) fn signed_end() -> SignedAmendment {
    let change = Change::Ended { since: NOW };
    Amendment { change, sequence: 5, ..amendment() }.sign(&RECLASSERING.party_key(), NOW)
}

pub(crate) fn signed_amendment() -> SignedAmendment {
    amendment().sign(&RECLASSERING.party_key(), NOW)
}
