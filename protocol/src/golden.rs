//! Golden vectors: the bytes of every format, derived again from fixed keys, ids and moments and compared.
//!
//! `WEEGNET_GOLDEN=write cargo test -p weegnet-protocol golden` writes them; a difference in a commit is a change of
//! format.

use alloc::string::{String, ToString};
use alloc::vec;
use std::path::Path;

use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use serde_json::{Map, Value, json};

use crate::codec::{self, Blob};
use crate::frame::{Frame, RejectCode, RequestId, Shown, Watch};
use crate::log::{Consistency, SignedCheckpoint, tiles};
use crate::person::{FOLD_VERSION, Fields, PROFILE, PersonRef, Strength, link_keys};
use crate::samples::{
    GEMEENTE, NOW, POLITIE, Party, RECLASSERING, consistency_receipt, convenant, cosigned, draft, inclusion_receipt,
    known, leaf, origin, person, receipt, signed_accession, signed_amendment, signed_answer, signed_approval,
    signed_convenant, signed_correction, signed_draft, signed_end, signed_move, signed_publication, signed_refusal,
    signed_revocation, signed_rotation, signed_sealed_uitvraag, signed_uitvraag, signed_withdrawal, subject, tree_with,
};
use crate::sign::{self, Content, Signed};
use crate::statement::{Approval, Outcome};

#[test]
fn statements_have_their_golden_bytes() {
    compare("statement-draft", statement(&signed_draft(), GEMEENTE));
    compare("statement-approval", statement(&signed_approval(), POLITIE));
    compare("statement-uitvraag", statement(&signed_uitvraag(), GEMEENTE));
    compare("statement-answer-known", statement(&signed_answer(known()), RECLASSERING));
    compare("statement-answer-no-statement", statement(&signed_answer(Outcome::NoStatement), RECLASSERING));
    compare("statement-refusal", statement(&signed_refusal(), RECLASSERING));
    compare("statement-withdrawal", statement(&signed_withdrawal(), GEMEENTE));
    compare("statement-correction", statement(&signed_correction(), GEMEENTE));
    compare("statement-uitvraag-sealed", statement(&signed_sealed_uitvraag(), GEMEENTE));
    compare("statement-publication", statement(&signed_publication(), RECLASSERING));
}

#[test]
fn commitments_have_their_golden_hashes() {
    let draft = draft();
    let expected = json!({
        "draft_core": hex(codec::encode(&draft.core)),
        "draft_core_hash": draft.core.hash().to_string(),
        "subject": hex(codec::encode(&subject())),
        "subject_commitment": subject().commitment().to_string(),
        "motivation_commitment": draft.motivation.commitment().to_string(),
        "recipient_commitments": Approval::of(&draft).recipients.iter().map(ToString::to_string).collect::<vec::Vec<_>>(),
    });
    compare("commitments", expected);
}

#[test]
fn a_sealed_question_has_its_golden_bytes() {
    compare("sealed", crate::sealed::tests::golden());
}

#[test]
fn link_keys_have_their_golden_bytes() {
    let mut persons = Map::new();
    for (given, surname, birth) in [
        ("Mohammed", "El-Khatib", "1985-03-12"),
        ("Jan", "Jansen", "1985-03-12"),
        ("Łucja Maria", "Wiśniewska-de Boer", "1990-11-30"),
        ("Юрий", "Чайковский", "1970-05-07"),
        ("Ömer", "Yılmaz", "1980-01-01"),
        ("Jan", "Jansen", "1985"),
    ] {
        let fields = Fields {
            given_names: Some(given.parse().unwrap()),
            surname: Some(surname.parse().unwrap()),
            birth: birth.parse().unwrap(),
            ..Fields::default()
        };
        let keys = link_keys(&PersonRef::try_from(fields).unwrap(), PROFILE).unwrap();
        let keys = keys.iter().map(|key| {
            let text = core::str::from_utf8(key.as_bytes()).unwrap();
            json!({ "key": text, "strong": key.strength() == Strength::Strong })
        });
        persons.insert(alloc::format!("{given} {surname}, {birth}"), Value::Array(keys.collect()));
    }
    compare("link-keys", json!({ "profile": PROFILE.0, "fold": FOLD_VERSION, "persons": persons }));
}

#[test]
fn the_journal_has_its_golden_bytes() {
    let receipt = receipt();
    let signed = SignedCheckpoint::parse(&receipt.checkpoint).unwrap();
    compare("leaf", json!({ "leaf": hex(leaf().encode()), "leaf_hash": leaf().hash().to_string() }));
    let key = key(&RECLASSERING.checkpoint_key());
    compare(
        "checkpoint",
        json!({
            "key": key.clone(),
            "origin": origin().to_string(),
            "size": signed.checkpoint().size,
            "root": signed.checkpoint().root.to_string(),
            "note": signed.note(),
        }),
    );
    compare("receipt", json!({ "key": key, "receipt": hex(codec::encode(&receipt)) }));
}

#[test]
fn receipts_for_others_have_their_golden_bytes() {
    let (signed, key) = (SignedCheckpoint::parse(&receipt().checkpoint).unwrap(), RECLASSERING.checkpoint_key());
    let (old, consistency) = consistency_receipt();
    let common = json!({
        "key": self::key(&key),
        "kid": sign::key_id(&key.verifying_key()).to_string(),
        "issuer": RECLASSERING.oin().to_string(),
        "origin": origin().to_string(),
        "size": signed.checkpoint().size,
        "root": signed.checkpoint().root.to_string(),
    });
    let with = |more: Value| {
        let mut all = common.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let index = inclusion_receipt().claimed_index();
    compare(
        "cose-receipt-inclusion",
        with(json!({ "leaf": hex(leaf().encode()), "index": index, "receipt": hex(inclusion_receipt().encode()) })),
    );
    compare(
        "cose-receipt-consistency",
        with(json!({ "old_size": old.size, "old_root": old.root.to_string(), "receipt": hex(consistency.encode()) })),
    );
}

#[test]
fn cosignatures_have_their_golden_lines() {
    let cosigned = cosigned();
    let line = |at: usize| cosigned.cosignatures().nth(at).unwrap();
    let witnesses = [POLITIE, GEMEENTE].map(|party| party.witness_key().witness());
    let witnesses: vec::Vec<Value> = (witnesses.iter().enumerate())
        .map(|(at, witness)| {
            json!({
                "name": witness.name.to_string(),
                "public": hex(witness.key.to_bytes()),
                "time": line(at).time().as_seconds(),
                "line": line(at).to_string(),
            })
        })
        .collect();
    compare("cosigned", json!({ "note": cosigned.note(), "witnesses": witnesses }));
}

#[test]
fn tiles_have_their_golden_bytes() {
    let tree = tree_with(&leaf(), 4, 7);
    let mut files = Map::new();
    files.extend(tiles::hash_tiles(&tree, 7).map(|(path, bytes)| (path.to_string(), hex(bytes).into())));
    for path in tiles::bundles(1) {
        files.insert(path.to_string(), hex(tiles::entry_bundle([leaf().encode()]).unwrap()).into());
    }
    compare("tiles", Value::Object(files));
}

#[test]
fn an_amendment_has_its_golden_bytes() {
    let all = [
        ("amendment", signed_amendment()),
        ("amendment-keys", signed_rotation()),
        ("amendment-revoked", signed_revocation()),
        ("amendment-address", signed_move()),
        ("amendment-ended", signed_end()),
        ("amendment-acceded", signed_accession()),
    ];
    for (name, signed) in all {
        compare(
            name,
            json!({
                "key": key(&RECLASSERING.party_key()),
                "amendment": blob(&signed.amendment),
                "signature": blob(&signed.signature),
                "amendment_hash": signed.hash().to_string(),
            }),
        );
    }
}

#[test]
fn a_boards_signature_has_its_golden_bytes() {
    let signed = signed_convenant();
    compare(
        "convenant-signature",
        json!({
            "key": key(&GEMEENTE.party_key()),
            "document": signed.document.to_string(),
            "signature": hex(signed.encode()),
        }),
    );
}

#[test]
fn frames_have_their_golden_bytes() {
    let request = RequestId(300);
    let deliver = Frame::Deliver { request, statement: signed_withdrawal().into_statement() };
    let took = Frame::Receipt { request, receipt: receipt() };
    let reject = Frame::Reject { request, code: RejectCode::IdReused };
    let watch = Watch { held: vec![receipt().checkpoint], others: vec![receipt().checkpoint] };
    let shown = Shown {
        yours: Some(receipt().checkpoint),
        others: vec![receipt().checkpoint],
        checkpoint: receipt().checkpoint,
        consistency: vec![Some(Consistency { path: vec![receipt().leaf.hash()] }), None],
    };
    compare("frame-watch", json!({ "frame": hex(codec::encode(&Frame::Watch { watch, request })) }));
    compare("frame-shown", json!({ "frame": hex(codec::encode(&Frame::Shown { shown, request })) }));
    let amendments = vec![signed_amendment()];
    compare("frame-amend", json!({ "frame": hex(codec::encode(&Frame::Amend { request, amendments })) }));
    compare("frame-amended", json!({ "frame": hex(codec::encode(&Frame::Amended { request })) }));
    let (publication, table) = crate::sealed::tests::published(convenant().id(), &[person()]);
    let fetch = Frame::Fetch { root: publication.root, chunk: 1, request };
    compare("frame-fetch", json!({ "frame": hex(codec::encode(&fetch)) }));
    let (cells, inclusion) = table.chunk(1).unwrap();
    let chunk = Frame::Chunk { cells: Blob(cells.to_vec()), request, inclusion };
    compare("frame-chunk", json!({ "frame": hex(codec::encode(&chunk)) }));
    let value = codec::encode(&deliver);
    let mut waiting = vec![[&(value.len() as u32).to_be_bytes()[..], &value].concat()];
    let piece = crate::slot::Filler::default().piece(|| waiting.pop());
    let bytes = hex(&piece.0);
    compare("frame-slot", json!({ "frame": hex(codec::encode(&Frame::Slot { piece })), "piece": bytes }));
    compare("frame-deliver", json!({ "frame": hex(codec::encode(&deliver)) }));
    compare("frame-receipt", json!({ "frame": hex(codec::encode(&took)) }));
    compare("frame-reject", json!({ "frame": hex(codec::encode(&reject)) }));
}

/// A statement with all that is needed to make it again, and to verify it with tools that are not ours.
fn statement<T: Content>(signed: &Signed<T>, issuer: Party) -> Value {
    let header = signed.header();
    json!({
        "kind": header.kind.media_type(),
        "key": key(&issuer.statement_key()),
        "kid": sign::key_id(&issuer.statement_key().verifying_key()).to_string(),
        "issuer": header.issuer.to_string(),
        "audience": header.audience.to_string(),
        "id": header.id.to_string(),
        "issued": NOW.as_seconds(),
        "expires": header.expires.as_seconds(),
        "convenant": [convenant().id().to_string(), convenant().base().to_string(), convenant().amendment()],
        "body": blob(&signed.statement().body),
        "envelope": blob(&signed.statement().envelope),
        "statement_hash": signed.statement().hash().to_string(),
    })
}

fn key(key: &SigningKey) -> Value {
    json!({ "public": hex(key.verifying_key().to_bytes()), "secret": hex(key.to_bytes()) })
}

fn blob(blob: &Blob) -> String {
    hex(&blob.0)
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(bytes.as_ref())
}

/// Compares with the file of that name, byte for byte, or writes it where the environment asks for that.
fn compare(name: &str, derived: Value) {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name).with_extension("json");
    let mut text = serde_json::to_string_pretty(&sorted(derived)).unwrap();
    text.push('\n');
    if std::env::var_os("WEEGNET_GOLDEN").is_some_and(|wish| wish == "write") {
        std::fs::write(&place, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
    assert!(golden == text, "{name} is no longer encoded as in protocol/vectors/{name}.json");
}

/// One spelling of a file whatever the order in which its fields were made.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut pairs: vec::Vec<_> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            pairs.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(pairs.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
