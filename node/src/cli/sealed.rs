//! `weegnet sealed`: tables by which this organisation is asked, and asks, so that only who knows a person learns who is meant.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use weegnet_protocol::id::ConvenantId;

use super::{Failure, print, running, shown};
use crate::api::{Caller, Publish, Status};
use crate::create::FIRST_OPERATOR;
use crate::desk::sealed::TablesView;
use crate::home::Home;

#[derive(Debug, Subcommand)]
pub enum SealedVerb {
    /// Which tables there are: ours with who has them, and those of others by which can be asked [running node]
    Status(StatusArgs),
    /// Make a table of the register as it is now and publish it at once; it also happens by itself [running node]
    Publish(PublishArgs),
    /// Show an auditor the sealed questions of an uitvraag, on a mandate: opened by who asked, as it came by who was asked
    /// [running node, or a stopped one under its lock]
    Export(shown::ExportArgs),
    /// Show an auditor who stands in the newest table, without its secret, on a mandate [running node, or a stopped one under
    /// its lock]
    ExportTable(shown::ExportTableArgs),
    /// Check what was shown: who was asked about, who stands in a table [reads files only]
    #[command(subcommand)]
    Audit(shown::AuditVerb),
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The node's directory
    dir: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct PublishArgs {
    /// The node's directory
    dir: PathBuf,
    /// Under which convenant; may be left out when only one is in force
    #[arg(long, value_name = "ID")]
    convenant: Option<ConvenantId>,
    /// Who acts: an operator
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OPERATOR)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(verb: SealedVerb) -> Result<(), Failure> {
    match verb {
        SealedVerb::Status(args) => {
            let home = Home::open(&args.dir)?;
            let status: Status = Caller::to_running(&home, None).await?.get("/v1/status").await?;
            show(&status.tables, args.json)
        }
        SealedVerb::Publish(args) => {
            let caller = running(&args.dir, &args.by).await?;
            let tables: TablesView =
                caller.post("/v1/sealed/publish", &Publish { convenant: args.convenant.clone() }).await?;
            show(&tables, args.json)
        }
        SealedVerb::Export(args) => shown::export(args).await,
        SealedVerb::ExportTable(args) => shown::export_table(args).await,
        SealedVerb::Audit(verb) => shown::audit(verb),
    }
}

fn show(tables: &TablesView, json: bool) -> Result<(), Failure> {
    if json { print::json(tables) } else { print::lines(&words(tables)) }
}

fn words(tables: &TablesView) -> String {
    let mut text = String::new();
    if let Some((done, all)) = tables.making {
        text.push_str(&format!("a table is being made: {done} of {all} parts\n"));
    }
    for own in &tables.own {
        let state =
            if own.is_current { "of the register as it is" } else { "of an earlier register; a new one is due" };
        text.push_str(&format!(
            "ours    {}  {} cells, {state}, takes questions until {}, with {} core parties\n",
            own.convenant,
            own.cells,
            own.valid_until,
            own.published_to.len()
        ));
    }
    for held in &tables.held {
        let state = if held.is_whole { "here" } else { "on its way" };
        text.push_str(&format!(
            "theirs  {}  {}  {} cells, {state}, takes questions until {}\n",
            held.convenant, held.party, held.cells, held.valid_until
        ));
    }
    if text.is_empty() {
        text.push_str("no tables: under no convenant in force is anybody asked sealed, or none has come yet\n");
    }
    text
}
