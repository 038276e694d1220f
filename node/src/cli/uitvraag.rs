//! `weegnet uitvraag`: see, approve, decline, withdraw; weighing and deciding are in `weigh.rs`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use weegnet_protocol::id::UitvraagId;

use super::ask::explained;
use super::weigh::{self, DecideArgs, WeighArgs};
use super::{At, Failure, print};
use crate::api::{CallerError, Reason};
use crate::desk::view::{DraftView, OwnView, Summary};

#[derive(Debug, Subcommand)]
pub enum UitvraagVerb {
    /// Uitvragen of this organisation, and drafts that wait for its approval [running node]
    List(ListArgs),
    /// One uitvraag with its answers, or one draft as it would be approved [running node]
    Show(OneArgs),
    /// Approve exactly this question to exactly these recipients [running node of the other core party]
    Approve(OneArgs),
    /// Decline a draft [running node of the other core party]
    Decline(DeclineArgs),
    /// Take a question or draft back [running node]
    Withdraw(OneArgs),
    /// Record the weging of a core party, when nobody can answer any more [running node]
    Weigh(WeighArgs),
    /// Record what the weegploeg decided, after the weging of every core party [running node]
    Decide(DecideArgs),
}

#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    at: At,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct OneArgs {
    /// The node's directory
    pub(super) dir: PathBuf,
    /// Which uitvraag
    pub(super) id: UitvraagId,
    /// Who acts
    #[arg(long = "as", value_name = "NAME")]
    pub(super) name: String,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub struct DeclineArgs {
    #[command(flatten)]
    one: OneArgs,
    /// Internal reason; it never leaves this node
    #[arg(long)]
    reason: Option<String>,
}

pub async fn run(verb: UitvraagVerb) -> Result<(), Failure> {
    match verb {
        UitvraagVerb::List(args) => list(args).await,
        UitvraagVerb::Show(args) => show(args).await,
        UitvraagVerb::Approve(args) => act(&args, "drafts", "approve", &(), "approved").await,
        UitvraagVerb::Decline(args) => {
            let reason = Reason { reason: args.reason };
            act(&args.one, "drafts", "decline", &reason, "declined").await
        }
        UitvraagVerb::Weigh(args) => weigh::weigh(args).await,
        UitvraagVerb::Decide(args) => weigh::decide(args).await,
        UitvraagVerb::Withdraw(args) => act(&args, "uitvragen", "withdraw", &(), "withdrawn").await,
    }
}

async fn list(args: ListArgs) -> Result<(), Failure> {
    let all: Vec<Summary> = args.at.running().await?.get("/v1/uitvragen").await?;
    if args.json {
        return print::json(&all);
    }
    let line = |item: &Summary| {
        format!("{}  {:8}  {}  {:24}  {}\n", item.id, item.side, item.asker, item.state, item.answer_by)
    };
    print::lines(&all.iter().map(line).collect::<String>())
}

async fn show(args: OneArgs) -> Result<(), Failure> {
    let caller = super::running(&args.dir, &args.name).await?;
    match caller.get::<OwnView>(&format!("/v1/uitvragen/{}", args.id)).await {
        Ok(view) => return if args.json { print::json(&view) } else { print::lines(&words(&view)) },
        // Not ours, or not for this role: perhaps a draft.
        Err(CallerError::Problem(problem)) if matches!(problem.status, 403 | 404) => {}
        Err(error) => return Err(error.into()),
    }
    let view: DraftView = caller.get(&format!("/v1/drafts/{}", args.id)).await?;
    if args.json { print::json(&view) } else { print::lines(&draft_words(&view)) }
}

async fn act(args: &OneArgs, what: &str, verb: &str, body: &impl serde::Serialize, done: &str) -> Result<(), Failure> {
    let caller = super::running(&args.dir, &args.name).await?;
    let missing: Option<String> =
        caller.post(&format!("/v1/{what}/{}/{verb}", args.id), body).await.map_err(explained)?;
    if let Some(missing) = missing {
        return super::inbox::first_of_two(args.id, &missing, args.json);
    }
    if args.json {
        return print::json(&serde_json::json!({ "id": args.id, "done": done }));
    }
    print::lines(&format!("{} is {done}.\n", args.id))
}

/// An uitvraag in lines, as the weegploeg reads it.
pub fn words(view: &OwnView) -> String {
    let mut text = format!("Uitvraag {} ({}), antwoord uiterlijk {}\n", view.id, view.state, view.answer_by);
    if view.second_approver {
        text.push_str(&format!(
            "  bij {} moeten twee mensen akkoord geven; het gaat uit na de tweede\n",
            view.approver
        ));
    }
    for answer in &view.answers {
        let said = match (answer.outcome.as_deref(), &answer.contact) {
            (Some("Known"), Some(contact)) => format!("Neem contact op met {contact}"),
            (Some(_), _) => "Geen mededeling (zegt niets over of iemand bekend is)".to_owned(),
            (None, _) => answer.state.clone(),
        };
        let how = if answer.sealed { "  (verzegeld gevraagd)" } else { "" };
        text.push_str(&format!("  {}  {said}{how}\n", answer.oin));
        // Declared, and never derived from whether somebody looked.
        if let (Some("NoStatement"), Some(days)) = (answer.outcome.as_deref(), &answer.roster) {
            text.push_str(&format!("      opgegeven rooster van beoordelaars: {days}\n"));
        }
    }
    text.push_str(&weigh::words(view));
    text
}

fn draft_words(view: &DraftView) -> String {
    let person = serde_json::to_string(&view.person).unwrap_or_default();
    let criteria: Vec<_> = view.criteria.iter().map(|code| code.as_str()).collect();
    let mut text = format!(
        "Uitvraag {} van {} ({})\n  convenant    {}\n  persoon      {person}\n  minderjarig  {}\n  criteria     {}\n  \
         spoed        {}\n  antwoord     uiterlijk {}\n  wie wordt gevraagd:\n",
        view.id,
        view.asker,
        view.state,
        view.convenant,
        if view.minor { "ja, of mogelijk" } else { "nee" },
        criteria.join(", "),
        if view.urgent { "ja" } else { "nee" },
        view.answer_by,
    );
    for (oin, reason) in &view.recipients {
        let reason = reason.as_ref().map_or("kernpartij", |code| code.as_str());
        text.push_str(&format!("    {oin}  {reason}\n"));
    }
    if let Some(first) = &view.first {
        text.push_str(&format!("  eerste akkoord  {first}; iemand anders moet het tweede geven\n"));
    }
    // Last, and every line marked: whatever the author writes cannot pass for anything else on this page.
    text.push_str("  motivering:\n");
    for line in view.motivation.trim().lines() {
        let line: String = line.chars().filter(|c| !c.is_control()).collect();
        text.push_str(&format!("  | {line}\n"));
    }
    text
}
