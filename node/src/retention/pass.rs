//! One pass: the entry first, then keys, projections, counts and register rows. What a crash leaves in between, the next
//! start finishes ([`Retention::complete`](super::Retention::complete)).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::{self, Bytes};
use weegnet_protocol::id::{ConvenantId, EntryId};
use weegnet_protocol::log::EntryKind;

use super::bodies::{Cause, Erased, Gone, name};
use super::plan::{Item, plan};
use super::window;
use crate::clock;
use crate::journal::{Entry, EntryBody, JournalError};
use crate::node::Node;
use crate::people::PersonName;
use crate::register::{ImportError, RegisterError};

/// Bytes that the things of one entry may take; a body that is decoded again has at most 64 KiB.
const MAX_GONE_BYTES: usize = 40 * 1024;
/// Entries of one thing that stand together; a case that was read very often has more, in several pieces.
const MAX_ENTRIES_TOGETHER: usize = 4_000;

/// Why a pass did not do everything; what it recorded is done.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// Not written down, so not erased.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A register cannot be opened.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// Its new generation cannot be written.
    #[error("the register rows past their term are still there: {0}")]
    Rows(#[from] ImportError),
}

/// What a pass did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Number of the pass; absent when nothing went.
    pub pass: Option<u64>,
    /// Whether it only says what would go.
    pub dry_run: bool,
    /// How many of each kind.
    pub erased: BTreeMap<String, u64>,
    /// Questions without a match whose person went.
    pub persons: u64,
    /// Rows of registers that were past their term.
    pub register_rows: u64,
    /// How many are due and held.
    pub held: u64,
    /// How many stay.
    pub kept: u64,
}

/// Erases what is due at `now`.
///
/// # Errors
/// [`RetentionError`]; the next pass goes on.
pub async fn pass(
    node: &Arc<Node>,
    cause: Cause,
    by: Option<PersonName>,
    now: Timestamp,
    dry_run: bool,
) -> Result<Report, RetentionError> {
    let _alone = node.retention.passing.lock().await;
    let number = node.retention.lock().passes + 1;
    let mut report = Report { dry_run, ..Report::default() };
    if !dry_run {
        report.persons = window::close(node, cause, number, now).await? as u64;
    }
    let mut due = Vec::new();
    for item in plan(node, now)? {
        match (item.is_due(now), window::is_ours(item.part())) {
            (true, true) if dry_run => report.persons += 1,
            (true, false) => due.push(item),
            (true, true) => {}
            (false, _) if item.due <= now => report.held += 1,
            (false, _) => report.kept += 1,
        }
    }
    for item in &due {
        *report.erased.entry(item.rule.kind.clone()).or_default() += 1;
    }
    let rows = expired_rows(node, now)?;
    report.register_rows = rows.iter().map(|(_, rows)| rows).sum();
    if dry_run {
        return Ok(report);
    }
    erase(node, cause, by, number, due, &rows).await?;
    drop_rows(node, &rows, now).await?;
    if report.persons + report.register_rows > 0 || !report.erased.is_empty() {
        node.retention.lock().passes = number;
        report.pass = Some(number);
    }
    Ok(report)
}

async fn erase(
    node: &Arc<Node>,
    cause: Cause,
    by: Option<PersonName>,
    pass: u64,
    due: Vec<Item>,
    rows: &[(ConvenantId, u64)],
) -> Result<(), RetentionError> {
    let mut due = due.into_iter().peekable();
    let mut rows = rows.to_vec();
    while due.peek().is_some() || !rows.is_empty() {
        let salt = Bytes(clock::random());
        let register_rows = std::mem::take(&mut rows);
        let mut erased =
            Erased { salt, pass, cause, by: by.clone(), rules: Vec::new(), gone: Vec::new(), register_rows };
        let mut together = Vec::new();
        let mut bytes = 0;
        while let Some(item) = due.next_if(|item| bytes == 0 || bytes + size(item) <= MAX_GONE_BYTES) {
            bytes += size(&item);
            add(&mut erased, &item);
            together.push(item);
        }
        node.ledger.record((), vec![public(EntryKind::Erased, &erased)]).await?;
        // From here on a crash is finished by the next start: the entry names the keys.
        let keys: Vec<_> = together.iter().flat_map(|item| item.keys.iter().copied()).collect();
        let cases: Vec<_> = together.iter().filter_map(|item| item.case).collect();
        if !keys.is_empty() {
            node.ledger.erase(&keys, &cases)?;
        }
        let mut state = node.retention.lock();
        state.epochs.forget(&keys);
        for item in &together {
            state.holds.retain(|id, _| item.case.is_none_or(|case| case.uitvraag_id != *id));
            item.record.iter().for_each(|record| node.quota.forget(record));
        }
    }
    Ok(())
}

fn add(erased: &mut Erased, item: &Item) {
    let place = erased.rules.iter().position(|rule| *rule == item.rule).unwrap_or_else(|| {
        erased.rules.push(item.rule.clone());
        erased.rules.len() - 1
    });
    let rule = u16::try_from(place).unwrap_or(u16::MAX);
    let case = item.case.map(|case| name(&erased.salt, &case));
    let pieces = item.exchange.len().max(item.house.len()).max(1).div_ceil(MAX_ENTRIES_TOGETHER);
    for piece in 0..pieces {
        let part = |of: &[u64]| of.chunks(MAX_ENTRIES_TOGETHER).nth(piece).unwrap_or_default().to_vec();
        let slots = if piece == 0 { item.keys.iter().map(|key| key.slot()).collect() } else { Vec::new() };
        erased.gone.push(Gone { name: case, rule, slots, exchange: part(&item.exchange), house: part(&item.house) });
    }
}

/// At least as many bytes as an item takes in an entry; a rule that is new to it included.
fn size(item: &Item) -> usize {
    let rule = item.rule.source.len() + item.rule.kind.len() + 48;
    64 + rule.min(128) + 5 * item.keys.len() + 5 * (item.exchange.len() + item.house.len())
}

/// An entry whose body anybody may read.
pub(super) fn public<T: Serialize>(kind: EntryKind, body: &T) -> Entry {
    Entry {
        id: EntryId::new(clock::now(), clock::random()),
        kind,
        convenant: None,
        envelope: None,
        body: EntryBody::Public(codec::encode(body)),
    }
}

/// Registers with rows past their term.
fn expired_rows(node: &Node, now: Timestamp) -> Result<Vec<(ConvenantId, u64)>, RetentionError> {
    let mut expired = Vec::new();
    for policy in node.convenants.all() {
        let convenant = policy.ratified().reference().id().clone();
        // An unreadable register is not this pass's to repair, and must not keep it from the rest.
        match node.registers.of(&convenant).and_then(|register| register.expired(now.day())) {
            Ok(0) => {}
            Ok(rows) => expired.push((convenant, rows)),
            Err(error) => tracing::error!(%error, "the register cannot be looked through for rows past their term"),
        }
    }
    Ok(expired)
}

async fn drop_rows(node: &Arc<Node>, rows: &[(ConvenantId, u64)], now: Timestamp) -> Result<(), RetentionError> {
    for (convenant, _) in rows {
        let register = node.registers.of(convenant)?;
        let today = now.day();
        // Reads and writes a whole register: not on the threads that serve.
        let dropped = tokio::task::spawn_blocking(move || register.drop_expired(today)).await;
        match dropped {
            Ok(done) => done.map(|_| ())?,
            Err(error) => tracing::error!(%error, "a register could not be written anew"),
        }
    }
    Ok(())
}
