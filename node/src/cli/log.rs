//! `weegnet log`: verify, list, show, and take a statement out: these only read files and need no running node. An export
//! goes through the desk, which records it.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::{StatementId, UitvraagId};
use weegnet_protocol::log::{EntryKind, LogName};
use weegnet_protocol::sign::Envelope;

use super::export::{self, ExportArgs};
use super::reconcile::ReconcileArgs;
use super::verify::VerifyArgs;
use super::{Failure, print};
use crate::audit::{self, Stored};
use crate::home::Home;

#[derive(Debug, Subcommand)]
pub enum LogVerb {
    /// Verify everything: frames, chain, tree, checkpoints, statements, receipts, order [only reads; no secret key, but
    /// with the vault, where it can be read, bodies too]
    Verify(VerifyArgs),
    /// What happened, entry by entry; nothing about persons [only reads]
    List(ListArgs),
    /// One entry: leaf, statement header, hashes [only reads]
    Show(ShowArgs),
    /// The raw COSE_Sign1 of a statement [only reads; finding one by uitvraag needs the node's vault]
    Statement(StatementArgs),
    /// Per peer: what we say we sent, against their receipts and their digests [only reads]
    Reconcile(ReconcileArgs),
    /// Entries as JSON lines, CSV, C2SP tiles or signed audit pack, for officers and supervisors [running node, or a stopped
    /// one under its lock; recorded]
    Export(ExportArgs),
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// The node's directory
    dir: PathBuf,
    /// Only this log: exchange or house
    #[arg(long, value_parser = log_name)]
    log: Option<LogName>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The node's directory
    dir: PathBuf,
    /// LOG/INDEX such as exchange/7, or the id of an entry or statement
    id: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct StatementArgs {
    /// The node's directory
    dir: PathBuf,
    /// LOG/INDEX such as exchange/7, a statement, or an uitvraag: then its first statement here
    id: String,
    /// Where the COSE_Sign1 goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub async fn run(verb: LogVerb) -> Result<(), Failure> {
    match verb {
        LogVerb::Verify(args) => super::verify::run(&args),
        LogVerb::List(args) => list(&args),
        LogVerb::Show(args) => show(&args),
        LogVerb::Statement(args) => statement(&args),
        LogVerb::Export(args) => export::run(args).await,
        LogVerb::Reconcile(args) => super::reconcile::run(&args),
    }
}

#[derive(Serialize)]
struct EntryLine {
    log: LogName,
    index: u64,
    time: String,
    kind: EntryKind,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    convenant: Option<String>,
    /// SHA-256 of the text of the convenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// How many amendments of its issuer a statement rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    amendment: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Hash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<Hash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<&'static str>,
}

impl EntryLine {
    fn of(stored: &Stored) -> Self {
        let header = stored.envelope.as_ref().and_then(|envelope| Envelope::decode(&envelope.0).ok()).map(|e| e.header);
        EntryLine {
            log: stored.log,
            index: stored.index.0,
            time: stored.leaf.time.to_string(),
            kind: stored.leaf.kind,
            id: stored.leaf.id.to_string(),
            issuer: header.as_ref().map(|header| header.issuer.to_string()),
            audience: header.as_ref().map(|header| header.audience.to_string()),
            convenant: header.as_ref().map(|header| header.convenant.id().to_string()),
            text: stored.leaf.convenant.map(|text| text.to_string()),
            amendment: header.as_ref().map(|header| header.convenant.amendment()),
            body: stored.leaf.body,
            statement: stored.leaf.statement,
            kept: None,
        }
    }
}

/// Every verified entry that `wanted` takes.
fn entries(dir: &Path, wanted: impl FnMut(&Stored) -> bool) -> Result<Vec<Stored>, Failure> {
    Ok(audit::entries(&Home::open(dir)?.journal(), wanted)?)
}

fn list(args: &ListArgs) -> Result<(), Failure> {
    let stored = entries(&args.dir, |stored| args.log.is_none_or(|log| log == stored.log))?;
    let lines: Vec<_> = stored.iter().map(EntryLine::of).collect();
    if args.json {
        return print::json(&lines);
    }
    let words = |line: &EntryLine| {
        let between = match (&line.issuer, &line.audience) {
            (Some(issuer), Some(audience)) => format!("  {issuer} → {audience}"),
            _ => String::new(),
        };
        let kind =
            serde_json::to_value(line.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
        format!("{:8} {:>6}  {}  {kind:20}  {}{between}\n", line.log.as_str(), line.index, line.time, line.id)
    };
    print::lines(&lines.iter().map(words).collect::<String>())
}

fn show(args: &ShowArgs) -> Result<(), Failure> {
    let place = place(&args.id);
    let found = entries(&args.dir, |stored| match place {
        Some((log, index)) => stored.log == log && stored.index.0 == index,
        None => stored.leaf.id.to_string() == args.id,
    })?;
    let stored = found.first().ok_or("no such entry: give LOG/INDEX or an id from 'weegnet log list'")?;
    let mut line = EntryLine::of(stored);
    line.kept = audit::kept(&Home::open(&args.dir)?.journal(), stored);
    print::json(&line)
}

/// LOG/INDEX.
fn place(text: &str) -> Option<(LogName, u64)> {
    let (log, index) = text.split_once('/')?;
    Some((log_name(log).ok()?, index.parse().ok()?))
}

fn statement(args: &StatementArgs) -> Result<(), Failure> {
    if let Some((log, index)) = place(&args.id) {
        let found = entries(&args.dir, |stored| stored.log == log && stored.index.0 == index)?;
        let found = found.into_iter().next().ok_or("no such entry: give a place from 'weegnet log list'")?;
        return take_out(found, &args.out);
    }
    let id: StatementId = args.id.parse().map_err(|_| "give the id of a statement or of an uitvraag")?;
    let direct = entries(&args.dir, |stored| stored.envelope.is_some() && stored.leaf.id == id.into())?;
    let found = match direct.into_iter().next() {
        Some(stored) => stored,
        None => {
            let uitvraag: UitvraagId = args.id.parse().map_err(|_| "give the id of a statement or of an uitvraag")?;
            by_uitvraag(&args.dir, uitvraag)?.ok_or("no such statement or uitvraag in this journal")?
        }
    };
    take_out(found, &args.out)
}

fn take_out(found: Stored, out: &Path) -> Result<(), Failure> {
    let envelope = found.envelope.ok_or("this entry carries no statement")?;
    std::fs::write(out, &envelope.0).map_err(|error| format!("{}: {error}", out.display()))?;
    print::lines(&format!(
        "{}: {} bytes of COSE_Sign1, entry {}/{}\n",
        out.display(),
        envelope.0.len(),
        found.log.as_str(),
        found.index.0
    ))
}

/// The first statement of an uitvraag: its id stands in the sealed bodies only.
fn by_uitvraag(dir: &Path, id: UitvraagId) -> Result<Option<Stored>, Failure> {
    let home = Home::open(dir)?;
    let journal_dir = home.journal();
    let mut found = entries(dir, |stored| stored.envelope.is_some())?;
    found.retain(|stored| {
        let body = audit::open_stored(&journal_dir, stored).ok().flatten();
        body.is_some_and(|body| body.windows(16).any(|window| window == id.as_bytes()))
    });
    Ok(found.into_iter().next())
}

pub(super) fn log_name(text: &str) -> Result<LogName, String> {
    LogName::ALL.into_iter().find(|log| log.as_str() == text).ok_or_else(|| "exchange or house".to_owned())
}
