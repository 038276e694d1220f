//! How the node does: its journal for who oversees it, its peers for who runs it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use weegnet_policy::decide::HouseAct;
use weegnet_protocol::log::{EntryKind, LeafIndex, LogName};
use weegnet_protocol::{Oin, Timestamp};

use super::operator::PersonView;
use super::{Desk, DeskError};
use crate::audit;
use crate::clock;
use crate::node::Node;
use crate::oversight::entries::EntryView;
use crate::witness;

/// What is known of the journal without reading it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Integrity {
    /// Both logs.
    pub logs: Vec<LogState>,
    /// Entries of the exchange log that enough others vouch for.
    pub witnessed: Option<u64>,
    /// How many cosignatures stand under that.
    pub cosignatures: usize,
    /// Whether others hold entries that this journal does not have.
    pub rolled_back: bool,
    /// Pairs of checkpoints that do not go together, kept as evidence.
    pub evidence: usize,
    /// What this node cosigned of others: who, up to which entry, when.
    pub cosigned: Vec<(Oin, u64, Option<String>)>,
    /// The last verification of everything.
    pub verification: Verification,
}

/// One log as its last checkpoint has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogState {
    /// Which.
    pub log: LogName,
    /// Entries.
    pub entries: u64,
    /// Root of its tree.
    pub root: String,
}

/// A verification of the whole journal, since this node started.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Verification {
    /// When the one that runs began.
    pub running_since: Option<String>,
    /// How far it is: bytes read, and bytes in all.
    pub progress: (u64, u64),
    /// The last one that ended.
    pub last: Option<Verified>,
}

/// What a verification found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Verified {
    /// When.
    pub at: String,
    /// Whether everything holds.
    pub clean: bool,
    /// What does not, in words; empty when everything holds.
    pub problems: Vec<String>,
    /// Statements whose signatures were verified.
    pub statements: u64,
}

/// Of a node: one verification at a time.
#[derive(Debug, Default)]
pub struct Verifications(Mutex<Verification>);

impl Verifications {
    fn with<T>(&self, act: impl FnOnce(&mut Verification) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A member of a convenant, as the link sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PeerView {
    /// Which.
    pub oin: Oin,
    /// Its name.
    pub name: String,
    /// Whether it is connected.
    pub connected: bool,
    /// Since when it is, or is not.
    pub since: Option<String>,
    /// When something last came from it.
    pub last_seen: Option<String>,
    /// Deliveries that wait for its reply.
    pub in_flight: usize,
    /// Times that it sent what no honest node sends.
    pub violations: u64,
}

/// A page of a log, the latest entry first.
#[derive(Debug, Clone, Copy)]
pub struct LogPage {
    /// Which log.
    pub log: LogName,
    /// Only of this kind.
    pub kind: Option<EntryKind>,
    /// Only statements from or to this organisation.
    pub party: Option<Oin>,
    /// Only entries before this one.
    pub before: Option<u64>,
}

/// Entries on one page: 50.
const PAGE_ENTRIES: usize = 50;
/// Entries that are read for one page, whatever the filters let through: 2,000.
const PAGE_READ: u64 = 2000;

impl Desk {
    /// A page of a log, and before which entry the next one goes on; nothing about persons.
    pub async fn log_page(&self, page: LogPage) -> Result<(Vec<EntryView>, Option<u64>), DeskError> {
        self.may(HouseAct::READ).await?;
        self.inspects("log", format!("{} {:?} {:?}", page.log.as_str(), page.kind, page.party), None).await?;
        let journal = self.node.ledger.journal();
        let end = journal.size(page.log);
        let mut at = page.before.map_or(end, |before| before.min(end));
        let last = at.saturating_sub(PAGE_READ);
        let mut shown = Vec::new();
        while at > last && shown.len() < PAGE_ENTRIES {
            at -= 1;
            let entry = EntryView::of(&journal.read(page.log, LeafIndex(at))?);
            let of_kind = page.kind.is_none_or(|kind| kind == entry.kind);
            if of_kind && page.party.is_none_or(|oin| entry.issuer == Some(oin) || entry.audience == Some(oin)) {
                shown.push(entry);
            }
        }
        Ok((shown, (at > 0).then_some(at)))
    }

    /// Every organisation that a convenant here names.
    pub fn members(&self) -> Vec<Oin> {
        let texts = self.node.convenants.texts();
        let all: BTreeSet<Oin> =
            texts.iter().flat_map(|policy| policy.ratified().parties().iter().map(|party| party.oin)).collect();
        all.into_iter().collect()
    }

    /// The journal at a glance.
    pub async fn integrity(&self) -> Result<Integrity, DeskError> {
        self.may(HouseAct::READ).await?;
        self.inspects("integrity", String::new(), None).await?;
        let journal = self.node.ledger.journal();
        let logs = LogName::ALL.map(|log| {
            let signed = journal.checkpoint(log);
            let checkpoint = signed.checkpoint();
            LogState { log, entries: checkpoint.size, root: checkpoint.root.to_string() }
        });
        let witness = witness::view::view(&self.node.home).map_err(|error| DeskError::Input(error.to_string()))?;
        let held = witness.cosigned.iter();
        Ok(Integrity {
            logs: logs.into(),
            witnessed: witness.witnessed.as_ref().map(|note| note.size),
            cosignatures: witness.witnessed.as_ref().map_or(0, |note| note.cosignatures),
            rolled_back: witness.rolled_back_from.is_some(),
            evidence: witness.evidence,
            cosigned: held.map(|held| (held.oin, held.note.size, held.at.map(|at| at.to_string()))).collect(),
            verification: self.node.verifications.with(|known| known.clone()),
        })
    }

    /// Begins to read and verify everything; a verification that runs already goes on.
    pub async fn verify(&self) -> Result<(), DeskError> {
        self.may(HouseAct::READ).await?;
        self.inspects("verification", String::new(), None).await?;
        let began = self.node.verifications.with(|known| {
            let free = known.running_since.is_none();
            if free {
                (known.running_since, known.progress) = (Some(clock::now().to_string()), (0, 0));
            }
            free
        });
        if began {
            let node = Arc::clone(&self.node);
            tokio::task::spawn_blocking(move || verify(&node));
        }
        Ok(())
    }

    /// The members of the convenanten here, and how they can be reached.
    pub async fn peers(&self) -> Result<Vec<PeerView>, DeskError> {
        self.may(HouseAct::LOOK).await?;
        let known = self.node.link.get().map(|link| link.status()).unwrap_or_default();
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let view = |peer: crate::link::PeerStatus| PeerView {
            name: self.name_of(&peer.oin),
            oin: peer.oin,
            connected: peer.connected,
            since: text(peer.since),
            last_seen: text(peer.last_seen),
            in_flight: peer.in_flight,
            violations: peer.violations,
        };
        Ok(known.into_iter().map(view).collect())
    }

    /// Who has which roles, for who runs or oversees the node.
    pub async fn staff(&self) -> Result<Vec<PersonView>, DeskError> {
        self.may(HouseAct::LOOK).await?;
        Ok(self.people())
    }
}

/// Beside the running node: what is recorded meanwhile is the next verification's.
fn verify(node: &Node) {
    let told = audit::audit_telling(&node.home.journal(), &mut Vec::new(), |done, total| {
        node.verifications.with(|known| known.progress = (done, total));
    });
    let (clean, problems, statements) = match told {
        Ok(audit) => {
            let breaches = audit.breaches.iter().map(|breach| format!("{}: {}", breach.place, breach.rule));
            let problems: Vec<_> = breaches.collect();
            // A batch that is just being written is no fault of a journal that runs.
            (problems.is_empty(), problems, audit.statements)
        }
        Err(failure) => (false, vec![failure.to_string()], 0),
    };
    node.verifications.with(|known| {
        known.running_since = None;
        known.last = Some(Verified { at: clock::now().to_string(), clean, problems, statements });
    });
}
