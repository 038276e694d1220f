//! `weegnet officer corrections`: what others said that they had told us wrongly, and who is done with it here.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use weegnet_protocol::id::StatementId;

use super::tell::says;
use super::{Failure, print, running_or_stopped};
use crate::create::FIRST_OFFICER;
use crate::desk::corrections::CorrectionView;
use crate::desk::subject::Words;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct CorrectionsArgs {
    #[command(subcommand)]
    verb: Option<CorrectionsVerb>,
    #[command(flatten)]
    list: Option<ListArgs>,
}

#[derive(Debug, Subcommand)]
enum CorrectionsVerb {
    /// Mark one as handled, with what was done; it changes nothing else [running node, or a stopped one under its lock]
    Done(DoneArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// The node's directory
    dir: PathBuf,
    /// Also those that are handled
    #[arg(long)]
    all: bool,
    /// Who looks: a privacy officer or a supervisor
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OFFICER)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct DoneArgs {
    /// The node's directory
    dir: PathBuf,
    /// Which correction
    id: StatementId,
    /// What was done, or why nothing; it never leaves this node
    #[arg(long, value_name = "TEXT")]
    what: String,
    /// Who acts: a privacy officer
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OFFICER)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(args: CorrectionsArgs) -> Result<(), Failure> {
    match (args.verb, args.list) {
        (Some(CorrectionsVerb::Done(args)), _) => done(args).await,
        (None, Some(args)) => list(args).await,
        (None, None) => Err("give the node's directory: weegnet officer corrections DIR".into()),
    }
}

async fn list(args: ListArgs) -> Result<(), Failure> {
    let caller = running_or_stopped(&args.dir, &args.by).await?;
    let found: Result<Vec<CorrectionView>, _> = caller.get(&format!("/v1/officer/corrections?all={}", args.all)).await;
    caller.close();
    let found = found?;
    if args.json {
        return print::json(&found);
    }
    let text: String = found.iter().map(words).collect();
    print::lines(if text.is_empty() { "Er wacht geen correctie.\n" } else { &text })
}

async fn done(args: DoneArgs) -> Result<(), Failure> {
    let caller = running_or_stopped(&args.dir, &args.by).await?;
    let path = format!("/v1/officer/corrections/{}/done", args.id);
    let done: Result<CorrectionView, _> = caller.post(&path, &Words { text: args.what }).await;
    caller.close();
    let done = done?;
    if args.json { print::json(&done) } else { print::lines(&words(&done)) }
}

fn words(view: &CorrectionView) -> String {
    let mut text = format!("{}  van {} {}  {}\n", view.id, view.from, view.name, view.received);
    match &view.says {
        Some(said) => text.push_str(&format!(
            "  bericht      {}\n  over         {} in {}, uitvraag {}\n  contactpunt  {}\n",
            says(said.right, said.wrong.iter(), said.wish),
            said.about,
            said.entry,
            said.uitvraag,
            said.contact
        )),
        None => text.push_str("  de zaak is hier vernietigd: er valt niets meer te verbeteren\n"),
    }
    if let Some(handled) = &view.handled {
        let by = handled.by.as_ref().map_or("-", |by| by.as_str());
        let what = handled.what.as_deref().unwrap_or("-");
        text.push_str(&format!("  afgehandeld  {} door {by}: {what}\n", handled.at));
    }
    text
}
