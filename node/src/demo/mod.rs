//! `weegnet demo`: five organisations as five processes on this machine.

use std::path::PathBuf;

use clap::Args;

use crate::cli::Failure;

/// How the demo runs.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Stop when everything has been shown
    #[arg(long)]
    once: bool,
    /// Print one JSON object instead of the story
    #[arg(long)]
    json: bool,
    /// Keep the five directories here
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs it.
pub async fn run(args: DemoArgs) -> Result<(), Failure> {
    let _ = (args.once, args.json, args.dir);
    Err("not here yet".into())
}
