//! Proof of erasure from files alone: the entry with its inclusion proof and checkpoint, that the bodies it names do not
//! open, and until when a backup could bring them back.

use std::collections::{BTreeSet, HashSet};
use std::convert::Infallible;

use serde::{Deserialize, Serialize};
use weegnet_protocol::codec;
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::log::{EntryKind, LogName, Receipt, Tree};
use weegnet_protocol::sign::Envelope;
use weegnet_protocol::time::Millis;
use weegnet_protocol::{Oin, Timestamp};

use super::bodies::{Cause, Erased, Gone, Rule};
use crate::config::{ConfigError, NodeConfig};
use crate::exchange::record::{CaseId, Side};
use crate::home::Home;
use crate::journal::{self, Scanned, Stored, StoredBody, VerifyFailure};

/// Whose erasure is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All that this node held about one uitvraag.
    Uitvraag(UitvraagId),
    /// Everything that went in one pass.
    Pass(u64),
}

/// What files show about an erasure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Proof {
    /// The entries, each before its keys went.
    pub entries: Vec<ErasedEntry>,
    /// Bodies that they name.
    pub bodies: u64,
    /// Of these, how many still open: 0, or the erasure is not complete.
    pub still_open: u64,
    /// Of these, how many could not be judged, because the vault cannot be read from here.
    pub not_judged: u64,
    /// Whether backups could bring it back.
    pub backups: Backups,
}

/// One entry about an erasure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ErasedEntry {
    /// Where it stands in the house log.
    pub index: u64,
    /// When.
    pub time: Timestamp,
    /// [`Timestamp`] in words.
    pub at: String,
    /// Number of the pass.
    pub pass: u64,
    /// What set it off.
    pub cause: Cause,
    /// The terms under which it happened, with their sources.
    pub rules: Vec<Rule>,
    /// What went, as far as it was asked for.
    pub gone: Vec<Gone>,
    /// Rows of registers that went.
    pub register_rows: u64,
    /// Leaf, inclusion proof and checkpoint.
    pub receipt: Receipt,
}

/// Until when a backup or machine snapshot that was made before could bring back what went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backups {
    /// As `node.toml` says; nobody guesses it.
    pub kept_days: Option<u32>,
    /// The last day on which such a backup may exist.
    pub until: Option<String>,
    /// The same in words.
    pub statement: String,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The journal does not verify.
    #[error(transparent)]
    Journal(#[from] Box<VerifyFailure<Infallible>>),
    /// `node.toml`.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Nothing of the kind.
    #[error("no entry of this journal says that this was erased: 'weegnet retention plan' shows what is still there")]
    NotErased,
}

/// Looks through the journal of a node, running or not.
///
/// # Errors
/// [`ProofError`].
pub fn proof(home: &Home, wanted: Wanted) -> Result<Proof, ProofError> {
    let mut found = Found::default();
    let report = verify(home, |stored| found.take(stored, wanted))?;
    let note = report.logs.iter().find(|log| log.log == LogName::House).map(|log| log.checkpoint.note().to_owned());
    let names: HashSet<_> = match wanted {
        Wanted::Pass(_) => HashSet::new(),
        Wanted::Uitvraag(id) => {
            found.entries.iter().flat_map(|(_, erased)| names(erased, id, &found.members)).collect()
        }
    };
    let mut entries = Vec::new();
    let mut bodies = HashSet::new();
    for (stored, erased) in found.entries {
        let Erased { pass, cause, rules, gone, register_rows, .. } = erased;
        let ours = |gone: &Gone| match wanted {
            Wanted::Pass(_) => true,
            Wanted::Uitvraag(_) => gone.name.is_some_and(|name| names.contains(&name)),
        };
        let gone: Vec<Gone> = gone.into_iter().filter(ours).collect();
        let Some(inclusion) = found.house.inclusion(stored.index.0, found.house.size()) else { continue };
        if gone.is_empty() && !matches!(wanted, Wanted::Pass(_)) {
            continue;
        }
        for gone in &gone {
            bodies.extend(gone.exchange.iter().map(|index| (LogName::Exchange, *index)));
            bodies.extend(gone.house.iter().map(|index| (LogName::House, *index)));
        }
        entries.push(ErasedEntry {
            index: stored.index.0,
            time: stored.leaf.time,
            at: stored.leaf.time.to_string(),
            pass,
            cause,
            rules,
            gone,
            register_rows: register_rows.iter().map(|(_, rows)| rows).sum(),
            receipt: Receipt { leaf: stored.leaf, inclusion, checkpoint: note.clone().unwrap_or_default() },
        });
    }
    let last = entries.iter().map(|entry| entry.time).max().ok_or(ProofError::NotErased)?;
    let (still_open, not_judged) = look(home, &bodies)?;
    let backups = backups(NodeConfig::load(home)?.backups_kept_days, last);
    Ok(Proof { entries, bodies: bodies.len() as u64, still_open, not_judged, backups })
}

#[derive(Default)]
struct Found {
    house: Tree,
    members: BTreeSet<Oin>,
    entries: Vec<(Stored, Erased)>,
}

impl Found {
    fn take(&mut self, stored: &Stored, wanted: Wanted) {
        let header = stored.envelope.as_ref().and_then(|envelope| Envelope::decode(&envelope.0).ok());
        self.members.extend(header.into_iter().flat_map(|envelope| [envelope.header.issuer, envelope.header.audience]));
        if stored.log != LogName::House {
            return;
        }
        self.house.append(stored.leaf.hash());
        if stored.leaf.kind == EntryKind::Erased
            && let StoredBody::Public(body) = &stored.body
            && let Ok(erased) = codec::decode::<Erased>(&body.0)
            && !matches!(wanted, Wanted::Pass(pass) if pass != erased.pass)
        {
            self.entries.push((stored.clone(), erased));
        }
    }
}

/// The names under which an entry would list an uitvraag, whoever asked and whatever our side of it was.
fn names(erased: &Erased, uitvraag_id: UitvraagId, members: &BTreeSet<Oin>) -> Vec<codec::Hash> {
    let sides = [Side::Own, Side::Approval, Side::Question];
    let cases = sides.into_iter().flat_map(|side| members.iter().map(move |asker| (side, *asker)));
    cases.map(|(side, asker)| erased.name(&CaseId { side, asker, uitvraag_id })).collect()
}

/// How many of these bodies still open, and of how many that cannot be said.
fn look(home: &Home, bodies: &HashSet<(LogName, u64)>) -> Result<(u64, u64), ProofError> {
    let (mut open, mut unknown) = (0, 0);
    verify(home, |stored| {
        if bodies.contains(&(stored.log, stored.index.0)) {
            match journal::open_stored(&home.journal(), stored) {
                Ok(None) => {}
                Ok(Some(_)) => open += 1,
                Err(_) => unknown += 1,
            }
        }
    })?;
    Ok((open, unknown))
}

fn verify(home: &Home, mut look: impl FnMut(&Stored)) -> Result<journal::Report, ProofError> {
    let visited = journal::verify(
        &home.journal(),
        |_, _| {},
        |scanned| {
            if let Scanned::Entry(stored) = scanned {
                look(stored);
            }
            Ok(())
        },
    );
    visited.map_err(|failure| ProofError::Journal(Box::new(failure)))
}

fn backups(kept_days: Option<u32>, erased: Timestamp) -> Backups {
    match kept_days {
        Some(days) => {
            let until = (erased + Millis::hours(24 * u64::from(days))).day().to_string();
            let statement = format!(
                "backups and machine snapshots made before this erasure are kept for {days} days (node.toml), so until \
                 {until} one of them could bring the data back; a node that starts from one erases it again before it serves"
            );
            Backups { kept_days, until: Some(until), statement }
        }
        None => Backups {
            kept_days,
            until: None,
            statement: "node.toml does not say how long backups and machine snapshots are kept \
                        (backups_bewaard_dagen), so this proof cannot say until when one could bring the data back; a \
                        node that starts from one erases it again before it serves"
                .into(),
        },
    }
}
