//! The one task that keeps tables: ours are made when they are due and delivered to every core party, those of others are
//! fetched piece by piece, and what is over goes.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use weegnet_policy::convenant::SealedTerms;
use weegnet_protocol::codec::{Blob, Hash};
use weegnet_protocol::frame::RejectCode;
use weegnet_protocol::id::{ConvenantId, StatementId};
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::sealed::table::{CHUNK_BYTES, Publication};
use weegnet_protocol::time::Millis;
use weegnet_protocol::{Oin, Timestamp};

use super::build::is_asked_sealed;
use super::{Posting, Tables, audit_term, epoch, files};
use crate::clock;
use crate::exchange::{Delivered, Letter, deliver, write};
use crate::journal::JournalError;
use crate::link::{DeliverError, ReplyTo};
use crate::node::Node;

/// How often is looked whether anything is due: 1 s.
const TICK: Duration = Duration::from_secs(1);
/// Before something that failed is tried again: 5 s.
const AGAIN: Duration = Duration::from_secs(5);
/// Longest wait for one piece: 30 s.
const PIECE: Duration = Duration::from_secs(30);
/// Most tables that are fetched at once.
const FETCHES: usize = 4;

/// What was under way and has ended.
enum Ended {
    Delivered(StatementId, Delivered),
    Fetched(Hash, bool),
}

/// Keeps tables until the node stops.
pub async fn keep(node: Arc<Node>) {
    let mut under_way: JoinSet<Ended> = JoinSet::new();
    let mut delivering: HashSet<StatementId> = HashSet::new();
    let mut fetching: HashSet<Hash> = HashSet::new();
    let mut not_before: HashMap<Hash, Instant> = HashMap::new();
    let mut not_again: HashMap<StatementId, Instant> = HashMap::new();
    let mut not_made = Instant::now();
    loop {
        if not_made <= Instant::now() && make_due(&node).await.is_err() {
            not_made = Instant::now() + AGAIN;
        }
        if let Err(error) = post_due(&node).await {
            tracing::error!(%error, "a table cannot be published; trying again");
        }
        let now = Instant::now();
        for posting in node.tables.postings() {
            let id = posting.sent.id;
            let waits = not_again.get(&id).is_some_and(|again| *again > now);
            if waits || !delivering.insert(id) {
                continue;
            }
            let node = Arc::clone(&node);
            under_way.spawn(async move { Ended::Delivered(id, send(&node, &posting).await) });
        }
        for publication in node.tables.wanted(clock::now()) {
            let root = publication.root;
            let waits = not_before.get(&root).is_some_and(|again| *again > now);
            if fetching.len() >= FETCHES || waits || !fetching.insert(root) {
                continue;
            }
            let node = Arc::clone(&node);
            under_way.spawn(async move { Ended::Fetched(root, fetch(&node, &publication).await) });
        }
        node.tables.retire(|key| !node.ledger.journal().has_key(key));
        node.tables.forget_old(clock::now(), |scope| {
            let policy = node.convenants.named(scope);
            policy.map_or_else(
                || audit_term(&SealedTerms::default()),
                |policy| audit_term(&policy.ratified().terms().sealed),
            )
        });
        let ended = tokio::select! {
            () = node.stop.cancelled() => return,
            () = node.tables.wake.notified() => None,
            () = tokio::time::sleep(TICK) => None,
            Some(ended) = under_way.join_next(), if !under_way.is_empty() => ended.ok(),
        };
        match ended {
            Some(Ended::Delivered(id, how)) => {
                delivering.remove(&id);
                match how {
                    Delivered::Receipted => node.tables.receipted(&id),
                    // It may adopt the convenant later.
                    _ => drop(not_again.insert(id, Instant::now() + AGAIN)),
                }
            }
            Some(Ended::Fetched(root, is_whole)) => {
                fetching.remove(&root);
                if !is_whole {
                    not_before.insert(root, Instant::now() + AGAIN);
                }
            }
            None => {}
        }
    }
}

/// Makes every table that is due.
async fn make_due(node: &Arc<Node>) -> Result<(), ()> {
    let mut all = Ok(());
    for policy in node.convenants.all() {
        let convenant = policy.ratified().reference().id();
        if is_asked_sealed(policy.ratified(), &node.us())
            && is_due(node, convenant, epoch(&policy.ratified().terms().sealed))
            && let Err(error) = node.tables.build(node, convenant, None).await
        {
            tracing::error!(%convenant, %error, "no table can be made, so nobody can ask about persons here; trying again");
            all = Err(());
        }
    }
    all
}

/// A new table is made when less than a quarter of an epoch is left of the one before, and when that would take questions for
/// longer than the convenant, which has changed, allows.
fn is_due(node: &Node, convenant: &ConvenantId, epoch: Millis) -> bool {
    let Ok(status) = node.registers.of(convenant).and_then(|register| register.status()) else { return false };
    let state = node.tables.lock();
    let (soon, latest) = (clock::now() + Millis(epoch.0 / 4), clock::now() + epoch);
    state.newest_own(convenant).is_none_or(|own| {
        let until = own.publication.valid_until;
        own.generation != status.generation || soon > until || until > latest
    })
}

/// Signs and records the publication of each newest table to each core party that has not got it.
async fn post_due(node: &Arc<Node>) -> Result<(), JournalError> {
    let us = node.us();
    for policy in node.convenants.all() {
        let ratified = policy.ratified();
        let convenant = ratified.reference();
        let (publication, already): (Publication, HashSet<Oin>) = {
            let state = node.tables.lock();
            let Some(own) = state.newest_own(convenant.id()) else { continue };
            let sent = state.sent.values().filter(|posting| posting.root == own.publication.root);
            (own.publication.clone(), sent.map(|posting| posting.sent.to).collect())
        };
        let core = ratified.parties().iter().filter(|party| party.is_core() && ratified.takes_part(&party.oin));
        for to in core.map(|party| party.oin).filter(|to| *to != us && !already.contains(to)) {
            let letter = Letter {
                content: publication.clone(),
                to,
                kind: EntryKind::PublicationSent,
                convenant: convenant.clone(),
                expires: publication.valid_until,
                vault: node.ledger.new_case()?,
            };
            let (_, posted) = write(node, letter, Vec::new()).await?;
            let posting = Posting { sent: posted.sent, root: publication.root };
            node.tables.lock().sent.insert(posting.sent.id, posting);
        }
    }
    Ok(())
}

async fn send(node: &Arc<Node>, posting: &Posting) -> Delivered {
    match node.ledger.recall(&posting.sent) {
        Ok(recorded) => deliver(node, recorded, posting.sent.id, posting.sent.expires).await,
        Err(_) => Delivered::Expired,
    }
}

/// Fetches what is not here yet of a table; whether all of it is here then.
async fn fetch(node: &Arc<Node>, publication: &Publication) -> bool {
    let Some(link) = node.link.get() else { return false };
    let (root, from) = (publication.root, publication.table.party);
    let (begun, path) = (files::begun(&node.tables.dir, &root), files::held(&node.tables.dir, &root));
    let chunk_bytes = CHUNK_BYTES as u64;
    let so_far = fs::metadata(&begun).map_or(0, |file| file.len());
    // A piece that was cut off in the middle is not one that was checked.
    if so_far % chunk_bytes != 0 {
        files::remove(&begun);
        return false;
    }
    for number in so_far / chunk_bytes..publication.chunks() {
        let piece = match link.fetch(&from, root, number, Instant::now() + PIECE).await {
            Ok(Ok(piece)) => piece,
            Ok(Err(RejectCode::OtherTable)) => {
                node.tables.is_refused(&root);
                return false;
            }
            Ok(Err(_)) | Err(DeliverError::Deadline) => return false,
            Err(error) => {
                tracing::info!(peer = %from, %error, "a table is not fetched yet");
                return false;
            }
        };
        let (Blob(cells), inclusion) = piece;
        let is_it = inclusion.index == number
            && <&[u8; CHUNK_BYTES]>::try_from(cells.as_slice())
                .is_ok_and(|cells| publication.check_chunk(cells, &inclusion).is_ok());
        if !is_it {
            tracing::error!(peer = %from, %root, number, "a piece of a table is not what was published");
            return false;
        }
        if let Err(error) = files::append(&begun, &cells) {
            tracing::error!(%error, "a piece of a table cannot be written");
            return false;
        }
    }
    let checked = {
        let (publication, begun) = (publication.clone(), begun.clone());
        tokio::task::spawn_blocking(move || files::read(&begun, &publication).is_some()).await.unwrap_or(false)
    };
    if !checked {
        files::remove(&begun);
        return false;
    }
    match files::finish(&begun, &path) {
        Ok(()) => {
            if let Some(held) = node.tables.lock().held.get_mut(&root) {
                held.is_whole = true;
            }
            tracing::info!(peer = %from, %root, "a table is here: this organisation can be asked sealed");
            true
        }
        Err(error) => {
            tracing::error!(%error, "a table cannot be kept");
            false
        }
    }
}

/// Gives a core party a piece of our table.
pub fn give(node: &Node, to: Oin, root: Hash, chunk: u64, reply: ReplyTo) {
    let scope = node.tables.lock().own.get(&root).map(|own| own.publication.table.scope.clone());
    let policy = scope.and_then(|scope| node.convenants.named(&scope));
    let may = policy.is_some_and(|policy| {
        let ratified = policy.ratified();
        ratified.takes_part(&to) && ratified.party(&to).is_some_and(|party| party.is_core())
    });
    let table = if may { node.tables.cells(&root) } else { None };
    match table.as_ref().and_then(|table| table.chunk(chunk)) {
        Some((cells, inclusion)) => reply.chunk(Blob(cells.to_vec()), inclusion),
        None => reply.reject(RejectCode::OtherTable),
    }
}

impl Tables {
    /// Publications of newest tables of ours that have not arrived.
    fn postings(&self) -> Vec<Posting> {
        let state = self.lock();
        let is_newest = |root: &Hash| {
            let own = state.own.get(root);
            own.is_some_and(|own| {
                let newest = state.newest_own(&own.publication.table.scope);
                newest.is_some_and(|newest| newest.publication.root == *root)
            })
        };
        state.sent.values().filter(|one| !one.sent.settled && is_newest(&one.root)).cloned().collect()
    }

    /// Newest tables of others whose cells are not here.
    fn wanted(&self, now: Timestamp) -> Vec<Publication> {
        let state = self.lock();
        let is_newest = |publication: &Publication| {
            let newer = state.held.values().filter(|held| {
                let (one, other) = (&held.publication.table, &publication.table);
                one.party == other.party && one.scope == other.scope && one.epoch > other.epoch
            });
            newer.count() == 0
        };
        let wanted = state.held.values().filter(|held| !held.is_whole && !held.is_refused);
        let wanted = wanted.map(|held| &held.publication);
        wanted.filter(|one| now < one.valid_until && is_newest(one)).cloned().collect()
    }

    /// Tables of others of which nothing can be audited any more.
    fn forget_old(&self, now: Timestamp, audit_term: impl Fn(&ConvenantId) -> Millis) {
        let mut old = Vec::new();
        self.lock().held.retain(|root, held| {
            let goes = now > held.publication.valid_until + audit_term(&held.publication.table.scope);
            if goes {
                old.push(*root);
            }
            !goes
        });
        for root in old {
            files::remove(&files::held(&self.dir, &root));
            files::remove(&files::begun(&self.dir, &root));
        }
    }
}
