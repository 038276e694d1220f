//! `weegnet`: parse, build, run, say how it went.

use std::process::ExitCode;

use clap::Parser;
use weegnet_node::cli::{self, Cli};

/// A node's memory comes and goes in small pieces across threads: a third of its work was the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("weegnet: no threads to run on: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(cli::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("weegnet: {error}");
            ExitCode::FAILURE
        }
    }
}
