//! What must hold for any bytes a decoder is given: no panic, and whatever is accepted has exactly these bytes.
//!
//! Each function says whether it accepted, and panics where a promise is broken. They are run by libFuzzer, by the
//! bounded run on stable Rust, and by the property tests of `weegnet-protocol`.

pub mod corpus;
mod export;
mod text;

use serde::Serialize;
use serde::de::DeserializeOwned;
use weegnet_protocol::amendment::{Amendment, Change, MAX_ADMITTED, MAX_AMENDMENT_BYTES};
use weegnet_protocol::codec::{self, Bytes};
use weegnet_protocol::frame::{Frame, RejectCode};
use weegnet_protocol::log::{self, SignedCheckpoint};
use weegnet_protocol::person::{MAX_LINK_KEYS, PROFILE, PersonRef, link_keys};
use weegnet_protocol::sealed::Sealed;
use weegnet_protocol::sealed::audit::Disclosure;
use weegnet_protocol::sealed::table::Publication;
use weegnet_protocol::sign::{self, CONVENANT_SIGNATURE, Content, Detached, Envelope};
use weegnet_protocol::slot::{Emptier, SLOT_BYTES};
use weegnet_protocol::statement::{
    ANSWER_BODY_BYTES, Answer, Approval, CORRECTION_BODY_BYTES, Correction, Draft, MAX_RECIPIENTS, Refusal, Uitvraag,
    Withdrawal,
};

pub use export::{bundle, consistency_receipt, cosignature, cosigned, inclusion_receipt, tile_path, tiles};
pub use text::{birth_date, bsn, contact, id, name, oin, origin, purpose, slug};

/// A decoder under test: whether it accepts.
pub type Target = fn(&[u8]) -> bool;

/// Every target by the name of its file in `fuzz_targets`.
pub const TARGETS: &[(&str, Target)] = &[
    ("cbor", cbor),
    ("envelope", envelope),
    ("detached", detached),
    ("amendment", amendment),
    ("statement", statement),
    ("body_draft", body_draft),
    ("body_approval", body_approval),
    ("body_uitvraag", body_uitvraag),
    ("body_answer", body_answer),
    ("body_refusal", body_refusal),
    ("body_withdrawal", body_withdrawal),
    ("body_correction", body_correction),
    ("body_publication", body_publication),
    ("sealed", sealed),
    ("publication", publication),
    ("disclosure", disclosure),
    ("frame", frame),
    ("slot", slot),
    ("leaf", leaf),
    ("receipt", receipt),
    ("checkpoint", checkpoint),
    ("inclusion_receipt", inclusion_receipt),
    ("consistency_receipt", consistency_receipt),
    ("cosignature", cosignature),
    ("cosigned", cosigned),
    ("bundle", bundle),
    ("tile_path", tile_path),
    ("tiles", tiles),
    ("person", person),
    ("name", name),
    ("bsn", bsn),
    ("birth_date", birth_date),
    ("oin", oin),
    ("id", id),
    ("slug", slug),
    ("purpose", purpose),
    ("contact", contact),
    ("origin", origin),
];

/// A sealed question.
pub fn sealed(data: &[u8]) -> bool {
    value::<Sealed>(data).is_some()
}

/// What is signed about a table: checking it never panics.
pub fn publication(data: &[u8]) -> bool {
    value::<Publication>(data).is_some_and(|publication| publication.check().is_ok())
}

/// What a responder shows of its table.
pub fn disclosure(data: &[u8]) -> bool {
    value::<Disclosure>(data).is_some()
}

/// The canonical form itself: what passes stays within the limits.
pub fn cbor(data: &[u8]) -> bool {
    let accepted = codec::check(data).is_ok();
    assert!(!accepted || data.len() <= codec::MAX_BYTES);
    accepted
}

/// The COSE_Sign1 of any statement.
pub fn envelope(data: &[u8]) -> bool {
    match Envelope::decode(data) {
        Ok(envelope) => {
            assert_eq!(envelope.encode(), data);
            assert!(codec::check(&envelope.to_be_signed()).is_ok());
            true
        }
        Err(error) => {
            // Every error has a code for the peer and words for the operator.
            let _: RejectCode = (&error).into();
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// A party's signature under a convenant.
pub fn detached(data: &[u8]) -> bool {
    match Detached::decode(data, CONVENANT_SIGNATURE) {
        Ok(signature) => {
            assert_eq!(signature.encode(), data);
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// What a party changes in a convenant.
pub fn amendment(data: &[u8]) -> bool {
    let Ok(amendment) = Amendment::decode(data) else { return false };
    assert_eq!(amendment.encode(), data);
    let admits = (1..=MAX_ADMITTED).contains(&amendment.admitted().len());
    assert!(data.len() <= MAX_AMENDMENT_BYTES && admits == matches!(amendment.change, Change::NewOrigin { .. }));
    true
}

/// Envelope and body together, as they travel.
pub fn statement(data: &[u8]) -> bool {
    let Ok(statement) = codec::decode::<sign::Statement>(data) else { return false };
    assert_eq!(codec::encode(&statement), data);
    let header = statement.claimed_header();
    assert_eq!(header.is_ok(), envelope(&statement.envelope.0));
    true
}

/// The body of a draft.
pub fn body_draft(data: &[u8]) -> bool {
    let Some(draft) = body::<Draft>(data) else { return false };
    if draft.check().is_ok() {
        assert!(draft.recipients.len() <= MAX_RECIPIENTS);
        assert_eq!(Approval::of(&draft).recipients.len(), draft.recipients.len());
    }
    true
}

/// The body of an approval.
pub fn body_approval(data: &[u8]) -> bool {
    body::<Approval>(data).is_some()
}

/// The body of a question.
pub fn body_uitvraag(data: &[u8]) -> bool {
    let Some(question) = body::<Uitvraag>(data) else { return false };
    if let Some(subject) = question.subject() {
        assert_eq!(subject.commitment(), question.core.subject);
    }
    envelope(&question.approval.envelope.0);
    true
}

/// The body of an answer: of one size, whatever it says.
pub fn body_answer(data: &[u8]) -> bool {
    let accepted = body::<Answer>(data).is_some();
    assert!(!accepted || data.len() == ANSWER_BODY_BYTES);
    accepted
}

/// The body of a refusal.
pub fn body_refusal(data: &[u8]) -> bool {
    body::<Refusal>(data).is_some()
}

/// The body of a withdrawal.
pub fn body_withdrawal(data: &[u8]) -> bool {
    body::<Withdrawal>(data).is_some()
}

/// The body of a correction: of one size, whatever it says.
pub fn body_correction(data: &[u8]) -> bool {
    let accepted = body::<Correction>(data).is_some();
    assert!(!accepted || data.len() == CORRECTION_BODY_BYTES);
    accepted
}

/// The body of a publication: checking it never panics.
pub fn body_publication(data: &[u8]) -> bool {
    body::<Publication>(data).is_some_and(|publication| {
        let _ = publication.check();
        true
    })
}

/// What comes in on a link, without the length before it.
pub fn frame(data: &[u8]) -> bool {
    value::<Frame>(data).is_some()
}

/// Pieces of slots: whatever comes out of them is no larger than a frame may be.
pub fn slot(data: &[u8]) -> bool {
    let mut emptier = Emptier::default();
    let mut any = false;
    for piece in data.chunks(SLOT_BYTES) {
        let Ok(frames) = emptier.frames(piece) else { return any };
        assert!(frames.iter().all(|frame| !frame.is_empty() && frame.len() <= codec::MAX_BYTES));
        any = true;
    }
    any
}

/// An entry of a journal.
pub fn leaf(data: &[u8]) -> bool {
    let Some(leaf) = value::<log::Leaf>(data) else { return false };
    assert_eq!(leaf.encode(), data);
    assert_eq!(leaf.hash(), log::hash_leaf(data));
    true
}

/// A receipt.
pub fn receipt(data: &[u8]) -> bool {
    let Some(receipt) = value::<log::Receipt>(data) else { return false };
    checkpoint(receipt.checkpoint.as_bytes());
    // Any size and root: only that it comes to an end.
    let _ = receipt.inclusion.verify(&receipt.leaf.hash(), u64::MAX, &Bytes([0; 32]));
    true
}

/// The signed note of a checkpoint.
pub fn checkpoint(data: &[u8]) -> bool {
    let Ok(note) = std::str::from_utf8(data) else { return false };
    let Ok(signed) = SignedCheckpoint::parse(note) else { return false };
    assert_eq!(signed.note(), note);
    assert!(note.starts_with(&signed.checkpoint().text()), "the text that is signed stands in the note as it is");
    true
}

/// A person as it stands in bodies.
pub fn person(data: &[u8]) -> bool {
    let Some(person) = value::<PersonRef>(data) else { return false };
    assert!(person.bsn().is_some() || person.surname().is_some());
    assert!(person.folded_surnames().iter().all(|surname| !surname.is_empty()));
    assert!(link_keys(&person, PROFILE).is_ok_and(|keys| keys.len() <= MAX_LINK_KEYS));
    true
}

fn value<T: Serialize + DeserializeOwned>(data: &[u8]) -> Option<T> {
    let value = codec::decode::<T>(data).ok()?;
    assert_eq!(codec::encode(&value), data);
    Some(value)
}

fn body<T: Content>(data: &[u8]) -> Option<T> {
    let content = sign::read_body::<T>(data).ok()?;
    // An array of two and a byte string of 32: the random bytes stand at 3..35.
    let nonce: [u8; 32] = data[3..35].try_into().expect("32 bytes");
    assert_eq!(codec::encode(&(Bytes(nonce), &content)), data);
    Some(content)
}
