//! `weegnet log verify`: everything holds, or where it does not, since when, and what is still proven.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use weegnet_policy::convenant::PublicKey;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::log::LogName;

use super::{Failure, print};
use crate::audit::{self, Place, Proven};
use crate::config::{Card, NodeConfig};
use crate::home::Home;
use crate::witness::check::CheckError;

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The node's directory
    dir: PathBuf,
    /// The checkpoint key that you trust, in hexadecimal, from the convenant or a card that you hold: without it the node's
    /// own files say whose journal this is
    #[arg(long, value_name = "HEX")]
    checkpoint_key: Option<String>,
    /// Print JSON, also about what does not verify
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Verified {
    verified: bool,
    running: bool,
    /// The key under which both logs are signed: compare it with the convenant.
    checkpoint_key: String,
    entries: u64,
    root: Hash,
    statements: u64,
    receipts: u64,
    /// Sealed bodies that were opened; absent without the vault.
    #[serde(skip_serializing_if = "Option::is_none")]
    bodies: Option<u64>,
    erased: u64,
    /// At most 100.
    breaches: Vec<Breached>,
    breaches_in_all: u64,
    /// At most 100.
    in_revocation_window: Vec<InWindow>,
    in_revocation_window_in_all: u64,
    /// Entries of the exchange log up to which other members vouch for it.
    witnessed: u64,
    /// How many members do.
    cosignatures: usize,
    logs: Vec<VerifiedLog>,
}

/// What stands where the rules of the exchange do not allow it.
#[derive(Serialize)]
struct Breached {
    #[serde(flatten)]
    place: Place,
    rule: String,
}

#[derive(Serialize)]
struct VerifiedLog {
    log: LogName,
    origin: String,
    entries: u64,
    batches: u64,
    root: Hash,
    uncommitted_bytes: u64,
    /// The logs that it continues after recovered rollbacks, the latest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    continues: Vec<ContinuedLog>,
}

#[derive(Serialize)]
struct ContinuedLog {
    origin: String,
    /// How many of its entries were left; their tree is that of its own checkpoint.
    entries: u64,
    root: Hash,
}

#[derive(Serialize)]
struct NotVerified {
    verified: bool,
    problem: String,
    #[serde(flatten)]
    place: Option<Place>,
    proven: Vec<StillProven>,
}

/// A statement that verifies, and that somebody else may have signed: its key was revoked later.
#[derive(Serialize)]
struct InWindow {
    #[serde(flatten)]
    place: Place,
    issuer: String,
    statement: String,
    /// Since when its party says that the key may have been in other hands.
    since: String,
}

/// What holds of one log all the same.
#[derive(Serialize)]
struct StillProven {
    log: LogName,
    entries: u64,
    root: Hash,
    until: String,
    checkpoint: String,
}

impl From<&Proven> for StillProven {
    fn from(proven: &Proven) -> Self {
        let checkpoint = proven.checkpoint.checkpoint();
        StillProven {
            log: proven.log,
            entries: checkpoint.size,
            root: checkpoint.root,
            until: proven.until.to_string(),
            checkpoint: proven.checkpoint.note().into(),
        }
    }
}

pub fn run(args: &VerifyArgs) -> Result<(), Failure> {
    let home = Home::open(&args.dir)?;
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    bar.set_style(
        ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut proven = Vec::new();
    let audit = audit::audit_telling(&home.journal(), &mut proven, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let audit = match audit {
        Ok(audit) => audit,
        Err(failure) => {
            let proven: Vec<_> = proven.iter().map(StillProven::from).collect();
            let (problem, place) = (failure.to_string(), audit::place(&failure));
            if args.json {
                print::json(&NotVerified { verified: false, problem, place, proven })?
            } else {
                print::lines(&still_proven(&proven))?
            }
            return Err(failure.into());
        }
    };
    audit.is_of(&Card::load(&home)?)?;
    // A copy for somebody else may have none.
    if home.config().is_file() {
        audit.is_configured_as(NodeConfig::load(&home)?.oin)?;
    }
    let keys = audit.report.logs.iter().map(|log| log.genesis.keys.checkpoint);
    if let Some(trusted) = &args.checkpoint_key {
        let trusted: PublicKey = trusted.to_ascii_lowercase().parse().map_err(|error| {
            format!("--checkpoint-key takes {error}; it stands under 'checkpoint' in a card or in the convenant")
        })?;
        if let Some(ours) = keys.clone().find(|key| key.0 != *trusted.as_bytes()) {
            return Err(format!(
                "the journal verifies, but under the checkpoint key {ours} and not under the one that you trust: it is not \
                 that organisation's"
            )
            .into());
        }
    }
    let checkpoint_key = keys.map(|key| key.to_string()).next().unwrap_or_default();
    // A node has this directory from its first start; what others cosigned is in it.
    let blind = audit.statements > 0 && !home.witness().is_dir();
    let (witnesses, unwitnessed) = match audit.witnesses(&home.witness()) {
        Ok(checked) => (checked, None),
        // The node may have gone on between the reading of its journal and of this.
        Err(CheckError::Lost { .. }) if audit.report.running => (None, None),
        Err(error) => (None, Some(error)),
    };
    let logs = audit.report.logs.iter().map(|log| VerifiedLog {
        log: log.log,
        origin: log.genesis.origin.to_string(),
        entries: log.entries,
        batches: log.batches,
        root: log.checkpoint.checkpoint().root,
        uncommitted_bytes: log.uncommitted.map_or(0, |tail| tail.bytes),
        continues: log
            .former
            .iter()
            .map(|former| ContinuedLog {
                origin: former.origin().to_string(),
                entries: former.kept.checkpoint().size,
                root: former.kept.checkpoint().root,
            })
            .collect(),
    });
    let logs: Vec<VerifiedLog> = logs.collect();
    let (clean, breaches) = (audit.report.is_clean(), audit.breaches_in_all);
    let root = logs.first().map(|log| log.root).ok_or("the journal has no logs")?;
    let verified = Verified {
        verified: audit.is_clean() && unwitnessed.is_none() && !blind,
        checkpoint_key,
        running: audit.report.running,
        entries: logs.iter().map(|log| log.entries).sum(),
        root,
        statements: audit.statements,
        receipts: audit.receipts,
        bodies: audit.bodies,
        erased: audit.erased,
        breaches: audit
            .breaches
            .iter()
            .map(|breach| Breached { place: breach.place, rule: breach.rule.to_string() })
            .collect(),
        breaches_in_all: breaches,
        in_revocation_window: audit
            .suspects
            .iter()
            .map(|suspect| InWindow {
                place: suspect.place,
                issuer: suspect.issuer.to_string(),
                statement: suspect.statement.clone(),
                since: suspect.since.to_string(),
            })
            .collect(),
        in_revocation_window_in_all: audit.suspects_in_all,
        witnessed: witnesses.map_or(0, |checked| checked.witnessed),
        cosignatures: witnesses.map_or(0, |checked| checked.cosignatures),
        logs,
    };
    if args.json {
        print::json(&verified)?
    } else {
        print::lines(&words(&verified))?
    }
    if blind {
        return Err(
            "witness/ is missing, so what others cosigned of this journal cannot be compared with it: a copy takes it along; \
             if the node has none, the others show what they hold with 'weegnet witness status'"
                .into(),
        );
    }
    if let Some(error) = unwitnessed {
        return Err(error.into());
    }
    match clean {
        true if breaches > 0 => Err(format!(
            "the journal is whole, and {breaches} of its entries break the rules of the exchange: show them to the \
             privacy officer ('weegnet log show'); a copy put back would not mend that"
        )
        .into()),
        true => Ok(()),
        false => {
            Err("an unfinished batch stands at the end, as a crash leaves it; the next start cuts it off. If this node did not crash, something was cut: compare with what others hold ('weegnet witness status')"
                .into())
        }
    }
}

fn words(verified: &Verified) -> String {
    let mut text = String::new();
    for log in &verified.logs {
        text.push_str(&format!(
            "{:8}  {} entries in {} batches  root {}\n          {}\n",
            log.log.as_str(),
            log.entries,
            log.batches,
            log.root,
            log.origin
        ));
        for before in &log.continues {
            text.push_str(&format!(
                "          continues the first {} entries of {}: proven\n",
                before.entries, before.origin
            ));
        }
    }
    text.push_str(&format!("Signed under the checkpoint key {}.\n", verified.checkpoint_key));
    text.push_str(&format!(
        "Every frame, hash and checkpoint verifies; so do {} statements and {} receipts of others{}\n",
        verified.statements,
        verified.receipts,
        if verified.breaches_in_all == 0 { ", and their order." } else { ", but not their order:" }
    ));
    for breach in &verified.breaches {
        let Place { log, entry, segment, byte } = breach.place;
        let log = log.as_str();
        text.push_str(&format!("  {log} {entry} (segment {segment}, byte {byte}): {}\n", breach.rule));
    }
    if verified.breaches_in_all > verified.breaches.len() as u64 {
        text.push_str(&format!("  and more: {} in all\n", verified.breaches_in_all));
    }
    if verified.in_revocation_window_in_all > 0 {
        text.push_str(&format!(
            "{} statements verify and are to be looked at: their key was revoked later, as of a moment before them:\n",
            verified.in_revocation_window_in_all
        ));
    }
    for suspect in &verified.in_revocation_window {
        let Place { log, entry, .. } = suspect.place;
        let (log, issuer, since) = (log.as_str(), &suspect.issuer, &suspect.since);
        text.push_str(&format!(
            "  {log} {entry}: {} of {issuer}, whose key may have been in other hands since {since}\n",
            suspect.statement
        ));
    }
    text.push_str(&match verified.bodies {
        Some(bodies) => format!("{bodies} sealed bodies are what their leaves say; {} were erased.\n", verified.erased),
        None => "The vault cannot be read here: what was sent was counted and not compared with its bodies.\n".into(),
    });
    if verified.witnessed > 0 {
        let (size, count) = (verified.witnessed, verified.cosignatures);
        text.push_str(&format!("Cosigned by {count} other members up to entry {size} of the exchange log.\n"));
    }
    if verified.running {
        text.push_str("A node is running: what it is writing just now was not judged.\n");
    }
    text
}

fn still_proven(proven: &[StillProven]) -> String {
    let line = |log: &StillProven| {
        format!(
            "{:8}  still proven: the first {} entries, until {}  root {}\n",
            log.log.as_str(),
            log.entries,
            log.until,
            log.root
        )
    };
    let missing = LogName::ALL.into_iter().filter(|log| proven.iter().all(|proven| proven.log != *log));
    let nothing = missing.map(|log| format!("{:8}  nothing is proven\n", log.as_str()));
    proven.iter().map(line).chain(nothing).collect()
}
