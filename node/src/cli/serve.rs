//! `weegnet serve`: run the node.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::Failure;
use crate::home::Home;
use crate::node::Node;
use crate::serve;

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The node's directory
    dir: PathBuf,
}

pub async fn run(args: ServeArgs) -> Result<(), Failure> {
    start_logging();
    let node = Node::open(Home::open(&args.dir)?)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = node.stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stop.cancel();
    });
    serve::serve(node).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Stderr whose failures are nobody's concern: a full disk or a closed pipe under the log stops no node.
struct Patient(std::io::Stderr);

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

/// Lines for a person at a terminal, JSON for everything else; `WEEGNET_LOG` sets the level.
fn start_logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("WEEGNET_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("weegnet_node=info,warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Patient(std::io::stderr()));
    if std::io::stderr().is_terminal() { builder.init() } else { builder.json().init() }
}
