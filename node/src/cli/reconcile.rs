//! `weegnet log reconcile`: per peer and period, what we say we sent, what they can show, and what one side cannot.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use weegnet_protocol::Oin;

use super::{Failure, print};
use crate::config::Card;
use crate::home::Home;
use crate::reconcile::{Digest, Digests, Period, Reconciled, read_digests};

#[derive(Debug, Args)]
pub struct ReconcileArgs {
    /// The node's directory
    dir: PathBuf,
    /// Only this organisation
    #[arg(long, value_name = "OIN")]
    peer: Option<Oin>,
    /// Only this time (UTC): 2026-11, 2026-11-23, 2026-11-01..2026-11-30
    #[arg(long)]
    period: Option<Period>,
    /// Also compare with what this organisation exported about us: digests, one JSON object per line
    #[arg(long, value_name = "FILE", requires = "peer", conflicts_with = "export")]
    against: Option<PathBuf>,
    /// Write our digests about this organisation, for it to compare with; nothing about anybody else
    #[arg(long, value_name = "FILE", requires = "peer")]
    export: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &ReconcileArgs) -> Result<(), Failure> {
    let home = Home::open(&args.dir)?;
    let digests = Digests::of(&home.journal())?;
    if let (Some(file), Some(peer)) = (&args.export, &args.peer) {
        return export(file, digests.with(peer, args.period.as_ref()));
    }
    let theirs = match (&args.against, &args.peer) {
        (Some(file), Some(peer)) => {
            let us = Card::load(&home)?.oin;
            let open = File::open(file).map_err(|error| format!("{}: {error}", file.display()))?;
            Some(read_digests(open, &us, peer)?)
        }
        _ => None,
    };
    let peers = args.peer.map_or_else(|| digests.peers(), |peer| vec![peer]);
    let each = peers.iter().map(|peer| digests.reconcile(peer, args.period.as_ref(), theirs.as_deref()));
    let reconciled: Vec<Reconciled> = each.collect();
    if args.json {
        print::json(&reconciled)?
    } else {
        print::lines(&reconciled.iter().map(words).collect::<String>())?
    }
    match reconciled.iter().all(Reconciled::is_whole) {
        true => Ok(()),
        false => Err("one side cannot show everything: see the lists".into()),
    }
}

fn export<'a>(file: &Path, digests: impl Iterator<Item = &'a Digest>) -> Result<(), Failure> {
    let wrong = |error| format!("{}: {error}", file.display());
    let mut out = File::create_new(file).map_err(wrong)?;
    let mut count = 0;
    for digest in digests {
        let line = serde_json::to_string(digest)?;
        writeln!(out, "{line}").map_err(wrong)?;
        count += 1;
    }
    out.sync_all().map_err(wrong)?;
    print::lines(&format!("{}: {count} digests\n", file.display()))
}

fn words(reconciled: &Reconciled) -> String {
    let mut text = format!(
        "{}  {} sent, {} of them proven by a receipt; {} received\n",
        reconciled.peer, reconciled.sent, reconciled.proven, reconciled.received
    );
    let mut list = |what: &str, digests: &[Digest]| {
        for digest in digests {
            let kind = serde_json::to_value(digest.kind).ok();
            let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default();
            text.push_str(&format!("  {what}: {}  {kind:20}  {}  {}\n", digest.time, digest.id, digest.statement));
        }
    };
    list("no receipt kept", &reconciled.without_receipt);
    if let Some(against) = &reconciled.against {
        list("sent by us, not listed by them", &against.not_theirs);
        list("listed by them as ours, not here", &against.not_ours);
        list("here with their signature, not listed by them", &against.not_sent);
        list("listed by them as sent, not here", &against.not_received);
        list("their receipt of ours is about another log", &against.other_log);
        text.push_str(&format!("  compared with {} digests of theirs\n", against.listed));
    }
    text
}
