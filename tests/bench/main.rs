//! Figures, each with its ratio to a floor that is measured in the same run.
//!
//!     cargo run --release -p weegnet-tests --bin bench [answers|alone|node|journal|decision|sealed|table]…
//!
//! A floor is the same work without a network, tasks or recovery: one thread, one file, the same signatures, decisions,
//! leaves and syncs. What it leaves out is what weegnet adds.

mod answers;
mod decision;
mod floor;
mod ground;
mod journal;
mod lookup;
mod node;
mod questions;
mod sealed;

use std::error::Error;

/// As in the node's own binary: figure and floor use the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a bench may fail with; it is shown and ends the run.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    println!("| what | figure | floor | ratio |");
    println!("|---|---|---|---|");
    runtime.block_on(async {
        if wants("answers") {
            answers::throughput(16).await?;
            answers::throughput(128).await?;
        }
        if wants("alone") {
            answers::alone().await?;
        }
        if wants("node") {
            node::figures().await?;
        }
        if wants("journal") {
            journal::figures().await?;
        }
        if wants("decision") {
            decision::figures()?;
        }
        if wants("sealed") {
            sealed::figures()?;
        }
        // Part of `sealed` already; by itself for whoever compares it (tests/sealed/peer.py).
        if wanted.iter().any(|wanted| wanted == "table") {
            sealed::table()?;
        }
        Ok(())
    })
}

/// One line of the table.
fn row(what: &str, figure: &str, floor: &str, ratio: &str) {
    println!("| {what} | {figure} | {floor} | {ratio} |");
}
