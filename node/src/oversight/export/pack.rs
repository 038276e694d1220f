//! The audit pack: a zip that says what happened in a period, with every proof that a stranger needs, and a signature over
//! all of it.

use data_encoding::{BASE64, HEXLOWER};
use serde::Serialize;
use weegnet_protocol::amendment::SignedAmendment;
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::log::{CoseCheckpoint, EntryKind, LogName};
use weegnet_protocol::sign::Detached;

use super::super::calendar::Period;
use super::super::entries::EntryView;
use super::super::findings::Finding;
use super::super::report::Report;
use super::{ExportError, Log, zip};
use crate::clock;
use crate::exchange::bodies::{ConvenantAmended, ConvenantRatified, Note};
use crate::journal::{Stored, StoredBody};
use crate::node::Node;
use crate::people::Actor;

/// Media type of the signature over a pack's manifest.
pub const PACK_SIGNATURE: &str = "application/vnd.weegnet.audit-pack.v1+cose";
/// How to verify a pack, in Dutch; goes into every pack.
const README: &str = include_str!("LEESMIJ.md");

/// What an officer puts into a pack beside the proofs.
pub struct Content<'a> {
    /// Which days.
    pub period: Period,
    /// Counts; only for whole months.
    pub counts: Option<Report>,
    /// What deserves a look.
    pub findings: Vec<Finding>,
    /// Who makes it.
    pub by: &'a Actor,
}

/// One entry with its proofs: a line of `entries.jsonl`.
#[derive(Serialize)]
struct Proven {
    #[serde(flatten)]
    entry: EntryView,
    /// The bytes that the tree hashes, in base64.
    leaf: String,
    /// RFC 9162 inclusion path up to the checkpoint's root, in hexadecimal.
    proof: Vec<String>,
    /// The same as a COSE receipt (RFC 9942), in base64.
    receipt: String,
    /// The statement's COSE_Sign1, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    envelope: Option<String>,
}

#[derive(Serialize)]
struct Manifest<'a> {
    format: &'static str,
    organisation: String,
    name: &'a str,
    period: Period,
    made: String,
    by: String,
    keys: Keys,
    logs: Vec<LogPart>,
    files: Vec<File>,
}

#[derive(Serialize)]
struct Keys {
    statement: String,
    /// What was signed with these before verifies with them; the amendments under `convenanten/` say until when.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    former_statement: Vec<String>,
    checkpoint: String,
}

#[derive(Serialize)]
struct LogPart {
    log: String,
    origin: String,
    size: u64,
    root: Hash,
    entries: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<u64>,
}

#[derive(Serialize)]
struct File {
    path: String,
    bytes: usize,
    sha256: Hash,
}

/// The zip.
///
/// # Errors
/// When the journal's tree does not lead to its own checkpoint, or the zip cannot be put together.
pub fn pack(node: &Node, logs: &[Log], content: &Content<'_>) -> Result<Vec<u8>, ExportError> {
    let mut files: Vec<(String, Vec<u8>)> = vec![("LEESMIJ.md".into(), README.as_bytes().to_vec())];
    let mut parts = Vec::new();
    for log in logs {
        let folder = log.name.as_str();
        let (lines, part) = proven(node, log, content.period)?;
        files.push((format!("{folder}/checkpoint"), log.checkpoint.note().as_bytes().to_vec()));
        files.push((format!("{folder}/entries.jsonl"), lines));
        parts.push(part);
        files.extend(witnessed(node, log)?);
        files.extend(log.entries.iter().filter_map(convenant).flatten());
    }
    if let Some(counts) = &content.counts {
        files.push(("tellingen.json".into(), serde_json::to_vec_pretty(counts)?));
    }
    files.push(("bevindingen.json".into(), serde_json::to_vec_pretty(&content.findings)?));
    let listed =
        |(path, bytes): &(String, Vec<u8>)| File { path: path.clone(), bytes: bytes.len(), sha256: Hash::of(&[bytes]) };
    let key = |key: &ed25519_dalek::SigningKey| HEXLOWER.encode(key.verifying_key().as_bytes());
    let (now, former) = (clock::now(), node.convenants.own_former_statement_keys());
    let manifest = serde_json::to_vec_pretty(&Manifest {
        format: "weegnet-audit-pack-1",
        organisation: node.us().to_string(),
        name: &node.config.name,
        period: content.period,
        made: now.to_string(),
        by: content.by.person.to_string(),
        keys: Keys {
            statement: key(&node.keys.statement),
            former_statement: former.iter().map(|key| HEXLOWER.encode(key.as_bytes())).collect(),
            checkpoint: key(&node.keys.checkpoint),
        },
        logs: parts,
        files: files.iter().map(listed).collect(),
    })?;
    let signature =
        Detached::sign(PACK_SIGNATURE, Hash::of(&[&manifest]), node.us(), now, &node.keys.statement).encode();
    files.push(("manifest.json".into(), manifest));
    files.push(("manifest.cose".into(), signature));
    zip(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))
}

/// Every entry of the period with its proofs. One signature serves all receipts.
fn proven(node: &Node, log: &Log, period: Period) -> Result<(Vec<u8>, LogPart), ExportError> {
    let checkpoint = log.checkpoint.checkpoint();
    let signed = CoseCheckpoint::sign(checkpoint, &node.keys.checkpoint);
    let mut lines = Vec::new();
    let meant: Vec<&Stored> = log.within(Some(period)).collect();
    for stored in &meant {
        let leaf = stored.leaf.encode();
        let proof = log.tree.inclusion(stored.index.0, checkpoint.size).ok_or(ExportError::Tree)?;
        let path = proof.path.iter().map(ToString::to_string).collect();
        let receipt = signed.inclusion(&leaf, proof).map_err(|_| ExportError::Tree)?;
        let line = Proven {
            entry: EntryView::of(stored),
            leaf: BASE64.encode(&leaf),
            proof: path,
            receipt: BASE64.encode(&receipt.encode()),
            envelope: stored.envelope.as_ref().map(|envelope| BASE64.encode(&envelope.0)),
        };
        serde_json::to_writer(&mut lines, &line)?;
        lines.push(b'\n');
    }
    let part = LogPart {
        log: log.name.as_str().into(),
        origin: checkpoint.origin.to_string(),
        size: checkpoint.size,
        root: checkpoint.root,
        entries: meant.len(),
        first: meant.first().map(|stored| stored.index.0),
        last: meant.last().map(|stored| stored.index.0),
    };
    Ok((lines, part))
}

#[derive(Serialize)]
struct Growth {
    first: u64,
    second: u64,
    path: Vec<String>,
}

/// The largest checkpoint that enough others cosigned, and that this log only grew since (RFC 9162 §2.1.4). Nothing as long
/// as there is none, and for the house log, whose checkpoints stand in the exchange log instead.
fn witnessed(node: &Node, log: &Log) -> Result<Vec<(String, Vec<u8>)>, ExportError> {
    if log.name != LogName::Exchange {
        return Ok(Vec::new());
    }
    let seen = crate::witness::view::view(&node.home)?.witnessed;
    let size = log.checkpoint.checkpoint().size;
    let Some(note) = seen.filter(|note| (1..=size).contains(&note.size)) else { return Ok(Vec::new()) };
    let proof = log.tree.consistency(note.size, size).ok_or(ExportError::Tree)?;
    let path = proof.path.iter().map(ToString::to_string).collect();
    let growth = Growth { first: note.size, second: size, path };
    let folder = log.name.as_str();
    Ok(vec![
        (format!("{folder}/witnessed"), note.note.into_bytes()),
        (format!("{folder}/consistency.json"), serde_json::to_vec_pretty(&growth)?),
    ])
}

/// A convenant that came into force: the document as it was signed, and a signature per party; and what a party amended of
/// its own record. All there are, whatever the period: statements and receipts are checked with them.
fn convenant(stored: &Stored) -> Option<Vec<(String, Vec<u8>)>> {
    let StoredBody::Public(body) = &stored.body else { return None };
    let name = format!("convenanten/{}", stored.index.0);
    match stored.leaf.kind {
        EntryKind::ConvenantRatified => {
            let note: Note<ConvenantRatified> = codec::decode(&body.0).ok()?;
            let signatures = note.content.signatures.into_iter();
            let signatures = signatures.map(|(oin, signature)| (format!("{name}.sigs/{oin}"), signature.0));
            Some([(format!("{name}.toml"), note.content.document.into_bytes())].into_iter().chain(signatures).collect())
        }
        EntryKind::ConvenantAmended => {
            let note: Note<ConvenantAmended> = codec::decode(&body.0).ok()?;
            let SignedAmendment { amendment, signature } = note.content.amendment;
            Some(vec![(format!("{name}.amendment"), amendment.0), (format!("{name}.amendment.cose"), signature.0)])
        }
        _ => None,
    }
}
