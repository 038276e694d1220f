//! `weegnet witness`: what members know of each other's journals.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{At, Failure, print};
use crate::create::FIRST_OPERATOR;
use crate::desk::recover as desk;
use crate::desk::witness::Override;
use crate::home::Home;
use crate::people::Credential;
use crate::witness::view::{NoteView, view};

#[derive(Debug, Subcommand)]
pub enum WitnessVerb {
    /// What others cosigned of this node, what it cosigned of others, and evidence of split views [only reads]
    Status(StatusArgs),
    /// Let a node sign that could not hear any other member since it started [running node]
    Override(OverrideArgs),
    /// Go on with what is left of a journal whose lost entries are gone for good: under a new name for its logs, and with an
    /// amendment that tells the others [stopped node, under its lock; reads the party key]
    Recover(RecoverArgs),
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

#[derive(Debug, Args)]
pub struct RecoverArgs {
    /// The node's directory
    dir: PathBuf,
    /// The directory with the party key that 'weegnet init' made
    #[arg(long, value_name = "DIR.party")]
    party: PathBuf,
    /// A signed checkpoint of this node's exchange log that another member shows ('weegnet witness status'), beside what
    /// this node found itself; can be given more than once
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// Who acts: an operator
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OPERATOR)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(verb: WitnessVerb) -> Result<(), Failure> {
    match verb {
        WitnessVerb::Status(args) => status(&args),
        WitnessVerb::Override(args) => sign_unheard(args).await,
        WitnessVerb::Recover(args) => recover(&args),
    }
}

fn recover(args: &RecoverArgs) -> Result<(), Failure> {
    let home = Home::open(&args.dir)?;
    let credential = Credential::read(&home, &args.by)?;
    let recovered = desk::recover(home, &credential, &args.party, &args.checkpoints)?;
    if args.json {
        return print::json(&recovered);
    }
    let words = "Start it with 'weegnet serve': it tells the others on every connection, and they check it. Who cannot be \
                 reached gets the amendments by hand ('weegnet convenant amend').\n";
    print::lines(&(recovered.words() + words))
}

fn status(args: &StatusArgs) -> Result<(), Failure> {
    let view = view(&Home::open(&args.dir)?)?;
    let alarm = match (&view.rolled_back_from, view.evidence) {
        (Some(_), _) => Err("this journal lost entries that others hold: nothing is signed until it is mended".into()),
        (None, 1..) => {
            Err("there is evidence against a member in witness/evidence: show it to the privacy officer".into())
        }
        (None, 0) => Ok(()),
    };
    if args.json {
        print::json(&view)?;
        return alarm;
    }
    let entries = |note: &NoteView| format!("{} entries, {} cosignatures", note.size, note.cosignatures);
    let mut text = match &view.witnessed {
        Some(note) => format!("Witnessed by others: the exchange log up to {}.\n", entries(note)),
        None => {
            "No checkpoint of this node is witnessed yet: the convenant says how many cosignatures that takes.\n".into()
        }
    };
    if let Some(recovery) = &view.recovery {
        text += &recovery.words();
    }
    if let Some(lost) = &view.rolled_back_from {
        text += &format!(
            "ROLLED BACK: others hold {} entries that this node signed and this journal does not have. Nothing is signed \
             until the journal is put back that has them; if it is gone for good, stop the node and use 'weegnet witness \
             recover'.\n",
            lost.size
        );
    }
    if view.evidence > 0 {
        text += &format!(
            "SPLIT VIEW OR ROLLBACK: {} pairs of signed checkpoints are kept in witness/evidence, of which the owner did not show \
             that one continues the other.\n",
            view.evidence
        );
    }
    text += "Cosigned for others:\n";
    for held in &view.cosigned {
        let at = held.at.map(|at| at.to_string()).unwrap_or_default();
        text += &format!("  {}  {:>10} entries  {at}\n", held.oin, held.note.size);
    }
    print::lines(&text)?;
    alarm
}

async fn sign_unheard(args: OverrideArgs) -> Result<(), Failure> {
    let caller = args.at.running().await?;
    let () = caller.post("/v1/witness/override", &Override { reason: args.reason }).await?;
    if args.json {
        return print::json(&serde_json::json!({ "signs": true }));
    }
    print::lines("This node signs now; who decided it and why is written down.\n")
}
