//! `weegnet witness`: what members know of each other's journals.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{At, Failure, print};
use crate::desk::witness::Override;
use crate::home::Home;
use crate::witness::view::{NoteView, view};

#[derive(Debug, Subcommand)]
pub enum WitnessVerb {
    /// What others cosigned of this node, what it cosigned of others, and evidence of split views [only reads]
    Status(StatusArgs),
    /// Let a node sign that could not hear any other member since it started [running node]
    Override(OverrideArgs),
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
pub struct OverrideArgs {
    #[command(flatten)]
    at: At,
    /// Why; it is written down and stays here
    #[arg(long)]
    reason: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(verb: WitnessVerb) -> Result<(), Failure> {
    match verb {
        WitnessVerb::Status(args) => status(&args),
        WitnessVerb::Override(args) => sign_unheard(args).await,
    }
}

fn status(args: &StatusArgs) -> Result<(), Failure> {
    let view = view(&Home::open(&args.dir)?)?;
    if args.json {
        return print::json(&view);
    }
    let entries = |note: &NoteView| format!("{} entries, {} cosignatures", note.size, note.cosignatures);
    let mut text = match &view.witnessed {
        Some(note) => format!("Witnessed by others: the exchange log up to {}.\n", entries(note)),
        None => {
            "No checkpoint of this node is witnessed yet: the convenant says how many cosignatures that takes.\n".into()
        }
    };
    if let Some(lost) = &view.rolled_back_from {
        text += &format!(
            "ROLLED BACK: others hold {} entries that this node signed and this journal does not have. Nothing is signed \
             until the journal is put back that has them.\n",
            lost.size
        );
    }
    if view.evidence > 0 {
        text += &format!(
            "SPLIT VIEW: {} pairs of signed checkpoints that cannot both be true are kept in witness/evidence.\n",
            view.evidence
        );
    }
    text += "Cosigned for others:\n";
    for held in &view.cosigned {
        let at = held.at.map(|at| at.to_string()).unwrap_or_default();
        text += &format!("  {}  {:>10} entries  {at}\n", held.oin, held.note.size);
    }
    print::lines(&text)
}

async fn sign_unheard(args: OverrideArgs) -> Result<(), Failure> {
    let caller = args.at.running().await?;
    let () = caller.post("/v1/witness/override", &Override { reason: args.reason }).await?;
    if args.json {
        return print::json(&serde_json::json!({ "signs": true }));
    }
    print::lines("This node signs now; who decided it and why is written down.\n")
}
