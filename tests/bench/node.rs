//! A node with 100,000 persons: memory, import, and its start with 100,000 journal entries.

use weegnet_node::clock;
use weegnet_node::home::Home;
use weegnet_node::journal::{Entry, EntryBody, Journal};
use weegnet_node::keys::OnlineKeys;
use weegnet_protocol::id::EntryId;
use weegnet_protocol::log::EntryKind;

use crate::ground::Ground;
use crate::{Failure, row};

const ROWS: u32 = 100_000;
const ENTRIES: u32 = 100_000;

pub async fn figures() -> Result<(), Failure> {
    let ground = Ground::new()?;
    let seconds = ground.import(ROWS)?;
    row("import of 100,000 rows, process included", &format!("{:.0} rows/s", f64::from(ROWS) / seconds), "", "");
    fill(&ground).await?;
    // The first start folds the journal into projections; the second finds them.
    for what in ["rebuilding projections", "with projections"] {
        let (serving, seconds) = ground.serve("antwoorder")?;
        row(&format!("start with 100,000 entries, {what}"), &format!("{seconds:.2} s"), "", "");
        let megabytes = resident(serving.id())?;
        row("RSS of that node with 100,000 persons", &format!("{megabytes:.0} MB"), "", "");
        stop(serving)?;
    }
    Ok(())
}

/// Brings the responder's journal to 100,000 entries.
async fn fill(ground: &Ground) -> Result<(), Failure> {
    let home = Home::open(&ground.home("antwoorder"))?;
    let keys = OnlineKeys::load(&home)?;
    let (journal, _) = Journal::open(&home.journal(), keys.checkpoint.clone(), clock::now)?;
    let case = journal.new_case()?;
    for _ in 0..ENTRIES / 100 {
        let entry = || Entry {
            id: EntryId::new(clock::now(), clock::random()),
            kind: EntryKind::PolicyDecision,
            convenant: None,
            envelope: None,
            body: EntryBody::Sealed { case, bytes: vec![7; 600] },
        };
        journal.record((), (0..100).map(|_| entry()).collect()).await?;
    }
    journal.close().await;
    Ok(())
}

/// Resident memory of a process in megabytes.
fn resident(id: u32) -> Result<f64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).ok_or("no figure")?.parse()?;
    Ok(kilobytes / 1024.0)
}

/// A clean stop, so that the projections are marked as complete.
fn stop(serving: crate::ground::Serving) -> Result<(), Failure> {
    let asked = std::process::Command::new("kill").arg(serving.id().to_string()).status()?;
    if !asked.success() {
        return Err("the node cannot be stopped".into());
    }
    serving.wait()
}
