//! One pass: the entry first, then keys, projections, counts and register rows. What a crash leaves in between, the next
//! start finishes ([`Retention::complete`](super::Retention::complete)).

use std::collections::BTreeMap;
use std::iter::Peekable;
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
const MAX_GONE_BYTES: usize = 56 * 1024;
/// Entries of one thing that stand together; a case that was read very often has more, in several pieces.
const MAX_ENTRIES_TOGETHER: usize = 1_000;

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
    let mut pieces = due.iter().flat_map(pieces).collect::<Vec<_>>().into_iter().peekable();
    let mut rows = rows.to_vec();
    while pieces.peek().is_some() || !rows.is_empty() {
        let salt = Bytes(clock::random());
        let register_rows = std::mem::take(&mut rows);
        let mut erased =
            Erased { salt, pass, cause, by: by.clone(), rules: Vec::new(), gone: Vec::new(), register_rows };
        let complete = fill(&mut erased, &mut pieces);
        node.ledger.record((), vec![public(EntryKind::Erased, &erased)]).await?;
        // From here on a crash is finished by the next start: the entry names the keys.
        let keys: Vec<_> = complete.iter().flat_map(|item| item.keys.iter().copied()).collect();
        let cases: Vec<_> = complete.iter().filter_map(|item| item.case).collect();
        if !keys.is_empty() {
            node.ledger.erase(&keys, &cases)?;
        }
        let mut state = node.retention.lock();
        state.epochs.forget(&keys);
        for item in complete {
            state.holds.retain(|id, _| item.case.is_none_or(|case| case.uitvraag_id != *id));
            item.record.iter().for_each(|record| node.quota.forget(record));
        }
    }
    Ok(())
}

/// Names as much as fits into an entry; the items of which it names the last piece.
fn fill<'a>(erased: &mut Erased, pieces: &mut Peekable<impl Iterator<Item = Piece<'a>>>) -> Vec<&'a Item> {
    let mut complete = Vec::new();
    let mut bytes = 0;
    while let Some(piece) = pieces.next_if(|piece| bytes == 0 || bytes + piece.size() <= MAX_GONE_BYTES) {
        bytes += piece.size();
        piece.add_to(erased);
        complete.extend(piece.last.then_some(piece.item));
    }
    complete
}

/// The entries for these items.
#[cfg(test)]
pub(super) fn entries_for_tests(items: &[Item]) -> Vec<Erased> {
    let mut pieces = items.iter().flat_map(pieces).peekable();
    let mut entries = Vec::new();
    while pieces.peek().is_some() {
        let (salt, cause) = (Bytes([0; 32]), Cause::Daily);
        let mut erased =
            Erased { salt, pass: 1, cause, by: None, rules: Vec::new(), gone: Vec::new(), register_rows: Vec::new() };
        fill(&mut erased, &mut pieces);
        entries.push(erased);
    }
    entries
}

/// As much of an item as stands together in an entry; the last piece names the keys.
struct Piece<'a> {
    item: &'a Item,
    exchange: &'a [u64],
    house: &'a [u64],
    last: bool,
}

fn pieces(item: &Item) -> impl Iterator<Item = Piece<'_>> {
    let count = item.exchange.len().max(item.house.len()).max(1).div_ceil(MAX_ENTRIES_TOGETHER);
    (0..count).map(move |number| {
        let part = |of: &'_ [u64]| -> std::ops::Range<usize> {
            let begin = (number * MAX_ENTRIES_TOGETHER).min(of.len());
            begin..(begin + MAX_ENTRIES_TOGETHER).min(of.len())
        };
        Piece {
            item,
            exchange: &item.exchange[part(&item.exchange)],
            house: &item.house[part(&item.house)],
            last: number + 1 == count,
        }
    })
}

impl Piece<'_> {
    /// At least as many bytes as it takes in an entry, a rule that is new to it included.
    fn size(&self) -> usize {
        let rule = &self.item.rule;
        let entries = self.exchange.len() + self.house.len();
        128 + rule.source.len() + rule.kind.len() + 9 * entries + 5 * self.item.keys.len()
    }

    fn add_to(&self, erased: &mut Erased) {
        let rule = &self.item.rule;
        let place = erased.rules.iter().position(|known| known == rule).unwrap_or_else(|| {
            erased.rules.push(rule.clone());
            erased.rules.len() - 1
        });
        erased.gone.push(Gone {
            name: self.item.case.map(|case| name(&erased.salt, &case)),
            rule: u16::try_from(place).unwrap_or(u16::MAX),
            slots: if self.last { self.item.keys.iter().map(|key| key.slot()).collect() } else { Vec::new() },
            exchange: self.exchange.to_vec(),
            house: self.house.to_vec(),
        });
    }
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
