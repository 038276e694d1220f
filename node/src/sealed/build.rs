//! A table of our register, made on all cores: αH(k) for every link key, then its places, then the cells that are empty.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use weegnet_policy::convenant::{AnswerMode, Ratified};
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::ConvenantId;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::person::PROFILE;
use weegnet_protocol::sealed::TableId;
use weegnet_protocol::sealed::secret::{EpochSecret, TooManyKeys};
use weegnet_protocol::sealed::table::{Publication, Table};
use weegnet_protocol::{Oin, Timestamp};
use zeroize::Zeroizing;

use super::{Tables, epoch, files};
use crate::clock;
use crate::exchange::bodies::TableBuilt;
use crate::exchange::note;
use crate::journal::JournalError;
use crate::node::Node;
use crate::people::Actor;
use crate::register::{GenerationNumber, RegisterError};

/// Link keys that one core takes at a time.
const KEYS_AT_ONCE: usize = 512;
/// Cells that one core fills at a time.
const CELLS_AT_ONCE: u32 = 512;

/// A table that was made and recorded.
#[derive(Debug, Clone)]
pub struct Built {
    /// What is signed about it.
    pub publication: Publication,
}

/// Why no table was made; the one before still takes questions until its epoch ends.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Nobody asks this organisation sealed under that convenant.
    #[error("under '{0}' nobody asks this organisation sealed: it is a core party, never answers, or takes no part")]
    NotAsked(ConvenantId),
    /// The register cannot be read.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// Too many persons.
    #[error(transparent)]
    TooMany(#[from] TooManyKeys),
    /// The cells cannot be written.
    #[error("the cells of a table cannot be written: {0}")]
    Disk(#[from] std::io::Error),
    /// It cannot be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Whether core parties ask this organisation sealed under a convenant.
pub(super) fn is_asked_sealed(ratified: &Ratified, us: &Oin) -> bool {
    let answers = |party: &weegnet_policy::convenant::Party| !party.is_core() && party.mode != AnswerMode::Never;
    ratified.takes_part(us) && ratified.party(us).is_some_and(answers)
}

impl Tables {
    /// Makes a table of one register and records it with its secret; delivering it is the keeper's.
    ///
    /// # Errors
    /// [`BuildError`].
    pub async fn build(
        &self,
        node: &Arc<Node>,
        convenant: &ConvenantId,
        by: Option<Actor>,
    ) -> Result<Built, BuildError> {
        let us = node.us();
        let policy = node.convenants.named(convenant);
        let policy = policy.filter(|policy| is_asked_sealed(policy.ratified(), &us));
        let policy = policy.ok_or_else(|| BuildError::NotAsked(convenant.clone()))?;
        let _alone = self.building.lock().await;
        let now = clock::now();
        let last = self.lock().newest_own(convenant).map_or(0, |own| own.publication.table.epoch);
        let id = TableId {
            // Ever upwards, also when the journal has forgotten the last one.
            epoch: now.as_millis().max(last + 1),
            party: us,
            profile: u16::try_from(PROFILE.0).unwrap_or(u16::MAX),
            scope: convenant.clone(),
        };
        let random = Zeroizing::new(clock::random::<32>());
        let made = {
            let until = now + epoch(&policy.ratified().terms().sealed);
            let (node, id, random) = (Arc::clone(node), id.clone(), random.clone());
            tokio::task::spawn_blocking(move || make(&node, &id, &random, now, until)).await
        };
        let (publication, generation) = match made {
            Ok(made) => made?,
            Err(ended) => resume_unwind(ended.into_panic()),
        };
        let built = TableBuilt { by, publication: publication.clone(), generation, random: Bytes(*random) };
        let key = node.ledger.new_case()?;
        let entry = note(EntryKind::TableBuilt, Some(policy.ratified().reference()), key, built.clone());
        let recorded = node.ledger.record((), vec![entry]).await?;
        self.built(key, recorded.index(), &built);
        self.look();
        tracing::info!(%convenant, cells = publication.cells, root = %publication.root, "a table was made");
        Ok(Built { publication })
    }
}

fn make(
    node: &Node,
    id: &TableId,
    random: &Zeroizing<[u8; 32]>,
    now: Timestamp,
    until: Timestamp,
) -> Result<(Publication, GenerationNumber), BuildError> {
    let register = node.registers.of(&id.scope)?;
    let known = register.link_keys(now.day())?;
    let secret = EpochSecret::new(random, id);
    let (done, all) = &node.tables.progress;
    let parts = known.keys.len().div_ceil(KEYS_AT_ONCE);
    done.store(0, Ordering::Relaxed);
    all.store(parts as u64, Ordering::Relaxed);
    let part = |at: usize| {
        let from = at * KEYS_AT_ONCE;
        secret.place(&known.keys[from..(from + KEYS_AT_ONCE).min(known.keys.len())])
    };
    let placed = on_all_cores(parts, part, done).concat();
    let layout = secret.plan(id, placed)?;
    let parts = layout.cells().div_ceil(CELLS_AT_ONCE) as usize;
    all.fetch_add(parts as u64, Ordering::Relaxed);
    let part = |at: usize| layout.fill(at as u32 * CELLS_AT_ONCE..(at as u32 + 1) * CELLS_AT_ONCE);
    let cells = on_all_cores(parts, part, done);
    let table = layout.table(cells).unwrap_or_else(|| unreachable!("all parts were filled"));
    let publication = secret.publish(id, &table, until);
    write(node, &publication, &table)?;
    all.store(0, Ordering::Relaxed);
    Ok((publication, known.generation))
}

fn write(node: &Node, publication: &Publication, table: &Table) -> std::io::Result<()> {
    files::write(&files::own(&node.home.tables(), &publication.root), table)
}

/// Does `parts` pieces of work, in their order; `done` counts them.
fn on_all_cores<R: Send>(parts: usize, work: impl Fn(usize) -> R + Sync, done: &AtomicU64) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get).min(parts.max(1));
    let next = AtomicUsize::new(0);
    let take = || {
        let mut own = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= parts {
                return own;
            }
            own.push((at, work(at)));
            done.fetch_add(1, Ordering::Relaxed);
        }
    };
    let mut all: Vec<(usize, R)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(take)).collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.flatten().collect()
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_cores_together_do_every_part_once_and_in_order() {
        let done = AtomicU64::new(0);
        assert_eq!(on_all_cores(1000, |at| at * 2, &done), (0..1000).map(|at| at * 2).collect::<Vec<_>>());
        assert_eq!(done.load(Ordering::Relaxed), 1000);
        assert!(on_all_cores(0, |at| at, &done).is_empty());
    }
}
