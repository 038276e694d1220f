//! Both sides of a delivery against each other, by digests only: what we say we sent and their receipts prove, and what
//! they say, in the same form, about us.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use weegnet_protocol::Oin;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::StatementId;
use weegnet_protocol::log::{EntryKind, LogName, SignedCheckpoint, Tree};
use weegnet_protocol::sign::Envelope;

use crate::audit::{self, Objection};
use crate::journal::{self, Former, Scanned, VerifyFailure};

/// Longest line of a peer's digests that is read: 4 KiB.
const MAX_LINE_BYTES: u64 = 4 * 1024;

/// One statement between two organisations, without anything that it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// What the entry is, at the side that lists it.
    pub kind: EntryKind,
    /// Name of the statement.
    pub id: String,
    /// When it was written down at that side, RFC 3339.
    pub time: String,
    /// Who said it.
    pub issuer: Oin,
    /// To whom.
    pub audience: Oin,
    /// SHA-256 of its envelope, which is also in the leaf.
    pub statement: Hash,
    /// The other side's receipt for it, where one is kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub receipt: Option<ReceiptDigest>,
}

/// What a receipt vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptDigest {
    /// Place of the leaf in the other side's exchange log.
    pub index: u64,
    /// Size of that log then.
    pub size: u64,
    /// Its root then.
    pub root: Hash,
}

/// Which moments: whole years, months, days or more precisely, as `2026`, `2026-11`, `2026-11-23` or two with `..` between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    from: String,
    to: String,
}

impl FromStr for Period {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let plain = |part: &str| part.len() >= 4 && part.bytes().all(|b| b.is_ascii_digit() || b"-:T.Z".contains(&b));
        if !plain(from) || !plain(to) {
            return Err("give a period as 2026-11, 2026-11-23 or 2026-11-01..2026-11-30 (UTC)");
        }
        Ok(Period { from: from.into(), to: to.into() })
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..{}", self.from, self.to)
    }
}

impl Period {
    fn has(&self, time: &str) -> bool {
        let begin = |bound: &str| time.get(..bound.len()).unwrap_or(time).to_owned();
        begin(&self.from) >= self.from && begin(&self.to) <= self.to
    }
}

/// What both sides can show about one peer.
#[derive(Debug, Clone, Serialize)]
pub struct Reconciled {
    /// Who.
    pub peer: Oin,
    /// Statements that we say we sent to them.
    pub sent: usize,
    /// Of these, how many their kept receipts prove that they hold.
    pub proven: usize,
    /// Statements of theirs that we hold, each with their signature.
    pub received: usize,
    /// Sent, and no receipt of theirs is kept: that they hold it, we cannot show.
    pub without_receipt: Vec<Digest>,
    /// What their digests say, when they were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Against>,
}

impl Reconciled {
    /// Whether each side can show everything.
    pub fn is_whole(&self) -> bool {
        let against = |against: &Against| {
            against.not_theirs.is_empty()
                && against.not_ours.is_empty()
                && against.not_sent.is_empty()
                && against.not_received.is_empty()
                && against.other_log.is_empty()
        };
        self.without_receipt.is_empty() && self.against.as_ref().is_none_or(against)
    }
}

/// The differences with a peer's digests.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Against {
    /// Statements in their digests.
    pub listed: usize,
    /// We say that we sent it; they do not list it as received.
    pub not_theirs: Vec<Digest>,
    /// They list it as received from us; we hold no such statement.
    pub not_ours: Vec<Digest>,
    /// We hold it with their signature; they do not list it as sent.
    pub not_sent: Vec<Digest>,
    /// They say that they sent it; we do not hold it.
    pub not_received: Vec<Digest>,
    /// They hold a receipt of ours about a log that ours is not: it was cut off, or they were shown another.
    pub other_log: Vec<Digest>,
}

/// Our own digests, in the order of the exchange log, and the trees that our receipts are about: the present one, and those
/// before recovered rollbacks as far as they are left.
pub struct Digests {
    ours: Vec<Digest>,
    tree: Tree,
    former: Vec<Former>,
}

/// Why nothing can be reconciled.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// Our own journal does not hold.
    #[error(transparent)]
    Journal(#[from] VerifyFailure<Objection>),
    /// A peer's digests are not readable.
    #[error(
        "line {line} of the other side's digests is not one: let them be made with `weegnet log reconcile --export`"
    )]
    Line {
        /// From 1.
        line: usize,
    },
    /// A file with digests, none of them ours with this peer.
    #[error(
        "none of the {0} digests in this file is between this organisation and that peer: ask them for the file that \
         `weegnet log reconcile --peer OUR-OIN --export` writes"
    )]
    OfOthers(usize),
    /// A peer's digests cannot be read.
    #[error("the other side's digests cannot be read: {0}")]
    Read(#[from] std::io::Error),
}

impl Digests {
    /// Of the journal `dir`, which is verified first: receipts and signatures too.
    ///
    /// # Errors
    /// [`ReconcileError::Journal`].
    pub fn of(dir: &Path) -> Result<Self, ReconcileError> {
        audit::audit(dir, |_, _| {})?;
        let mut ours: Vec<Digest> = Vec::new();
        let mut places: HashMap<StatementId, usize> = HashMap::new();
        let report = journal::verify(
            dir,
            |_, _| {},
            |scanned| {
                match scanned {
                    Scanned::Entry(stored) => {
                        let envelope = stored.envelope.as_ref().and_then(|bytes| Envelope::decode(&bytes.0).ok());
                        if let (Some(Envelope { header, .. }), Some(statement)) = (envelope, stored.leaf.statement) {
                            places.insert(header.id, ours.len());
                            ours.push(Digest {
                                kind: stored.leaf.kind,
                                id: header.id.to_string(),
                                time: stored.leaf.time.to_string(),
                                issuer: header.issuer,
                                audience: header.audience,
                                statement,
                                receipt: None,
                            });
                        }
                    }
                    Scanned::Receipt { statement, receipt } => {
                        if let (Some(at), Ok(signed)) =
                            (places.get(statement), SignedCheckpoint::parse(&receipt.checkpoint))
                        {
                            let (index, said) = (receipt.inclusion.index, signed.checkpoint());
                            ours[*at].receipt = Some(ReceiptDigest { index, size: said.size, root: said.root });
                        }
                    }
                }
                Ok::<_, Objection>(())
            },
        )?;
        let exchange = report.logs.into_iter().find(|log| log.log == LogName::Exchange);
        let (tree, former) = exchange.map(|log| (log.tree, log.former)).unwrap_or_default();
        Ok(Digests { ours, tree, former })
    }

    /// Every organisation that statements went to or came from.
    pub fn peers(&self) -> Vec<Oin> {
        let peers: BTreeMap<Oin, ()> = self.ours.iter().map(|digest| (peer(digest), ())).collect();
        peers.into_keys().collect()
    }

    /// What passed between us and one organisation: all that it may see of our journal.
    pub fn with<'a>(&'a self, oin: &'a Oin, period: Option<&'a Period>) -> impl Iterator<Item = &'a Digest> {
        self.ours
            .iter()
            .filter(move |digest| peer(digest) == *oin && period.is_none_or(|period| period.has(&digest.time)))
    }

    /// Compares with a peer's receipts, and with its digests when there are any. The period is that of the side that
    /// lists a statement; the other side is looked up over all time.
    pub fn reconcile(&self, oin: &Oin, period: Option<&Period>, theirs: Option<&[Digest]>) -> Reconciled {
        let (sent, received): (Vec<&Digest>, Vec<&Digest>) =
            self.with(oin, period).partition(|digest| digest.audience == *oin);
        let without_receipt: Vec<_> = sent.iter().filter(|digest| digest.receipt.is_none()).copied().cloned().collect();
        Reconciled {
            peer: *oin,
            sent: sent.len(),
            proven: sent.len() - without_receipt.len(),
            received: received.len(),
            without_receipt,
            against: theirs.map(|theirs| self.against(oin, period, &sent, &received, theirs)),
        }
    }

    fn against(
        &self,
        oin: &Oin,
        period: Option<&Period>,
        sent: &[&Digest],
        received: &[&Digest],
        theirs: &[Digest],
    ) -> Against {
        let hashes = |digests: &mut dyn Iterator<Item = &Digest>| -> HashSet<(bool, Hash)> {
            digests.map(|digest| (digest.issuer == *oin, digest.statement)).collect()
        };
        let (here, there) = (hashes(&mut self.with(oin, None)), hashes(&mut theirs.iter()));
        let missing = |digests: &mut dyn Iterator<Item = &Digest>, at: &HashSet<(bool, Hash)>| -> Vec<Digest> {
            digests.filter(|digest| !at.contains(&(digest.issuer == *oin, digest.statement))).cloned().collect()
        };
        let listed = || theirs.iter().filter(|digest| period.is_none_or(|period| period.has(&digest.time)));
        let is_ours = |digest: &ReceiptDigest| {
            let former = self.former.iter().map(|former| former.root(digest.size));
            former.chain([self.tree.root(digest.size)]).flatten().any(|root| root == digest.root)
        };
        Against {
            listed: listed().count(),
            not_theirs: missing(&mut sent.iter().copied(), &there),
            not_sent: missing(&mut received.iter().copied(), &there),
            not_ours: missing(&mut listed().filter(|digest| digest.issuer != *oin), &here),
            not_received: missing(&mut listed().filter(|digest| digest.issuer == *oin), &here),
            other_log: listed()
                .filter(|digest| digest.issuer == *oin && !digest.receipt.as_ref().is_none_or(is_ours))
                .cloned()
                .collect(),
        }
    }
}

/// Reads a peer's digests: a JSON object on each line; entries without a statement are passed over, and so is what passed
/// between others.
///
/// # Errors
/// [`ReconcileError::Line`], [`ReconcileError::OfOthers`], [`ReconcileError::Read`].
pub fn read_digests(from: impl Read, us: &Oin, peer: &Oin) -> Result<Vec<Digest>, ReconcileError> {
    let mut from = BufReader::new(from);
    let mut digests = Vec::new();
    let mut of_others = 0;
    for line in 1.. {
        let mut text = String::new();
        if from.by_ref().take(MAX_LINE_BYTES).read_line(&mut text)? == 0 {
            break;
        }
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|_| ReconcileError::Line { line })?;
        if value.get("statement").is_none_or(serde_json::Value::is_null) {
            continue;
        }
        let digest: Digest = serde_json::from_value(value).map_err(|_| ReconcileError::Line { line })?;
        let ends = [digest.issuer, digest.audience];
        if ends == [*us, *peer] || ends == [*peer, *us] {
            digests.push(digest);
        } else {
            of_others += 1;
        }
    }
    if digests.is_empty() && of_others > 0 {
        return Err(ReconcileError::OfOthers(of_others));
    }
    Ok(digests)
}

/// The other side of a statement in our journal: the kind says which end is ours.
fn peer(digest: &Digest) -> Oin {
    match digest.kind {
        EntryKind::DraftSent
        | EntryKind::ApprovalGiven
        | EntryKind::UitvraagSent
        | EntryKind::RefusalSent
        | EntryKind::AnswerSent
        | EntryKind::WithdrawalSent
        | EntryKind::CorrectionSent
        | EntryKind::FeedbackSent => digest.audience,
        _ => digest.issuer,
    }
}
