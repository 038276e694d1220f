//! `weegnet inbox`: possible matches, released or not by a named human.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use weegnet_protocol::id::{Slug, UitvraagId};

use super::ask::explained;
use super::{At, Failure, compared, print};
use crate::api::{Ground, Reason};
use crate::desk::view::{InboxItem, ReviewView};

#[derive(Debug, Subcommand)]
pub enum InboxVerb {
    /// Questions with possible matches that wait for a reviewer [running node]
    List(ListArgs),
    /// One question with its possible matches, field by field [running node]
    Show(OneArgs),
    /// Let the organisation's neutral contact point go to the asker [running node]
    Release(ReleaseArgs),
    /// Let nothing go [running node]
    Withhold(WithholdArgs),
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
    dir: PathBuf,
    /// Which uitvraag
    id: UitvraagId,
    /// Who acts
    #[arg(long = "as", value_name = "NAME")]
    name: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ReleaseArgs {
    #[command(flatten)]
    one: OneArgs,
    /// Where a law binds this organisation to secrecy: the ground, by a code of the convenant; it never leaves this node
    #[arg(long, value_name = "CODE")]
    ground: Option<Slug>,
}

#[derive(Debug, Args)]
pub struct WithholdArgs {
    #[command(flatten)]
    one: OneArgs,
    /// Internal reason; it never leaves this node
    #[arg(long)]
    reason: String,
}

pub async fn run(verb: InboxVerb) -> Result<(), Failure> {
    match verb {
        InboxVerb::List(args) => list(args).await,
        InboxVerb::Show(args) => show(args).await,
        InboxVerb::Release(args) => act(&args.one, "release", &Ground { ground: args.ground }, "released").await,
        InboxVerb::Withhold(args) => {
            let reason = Reason { reason: Some(args.reason) };
            act(&args.one, "withhold", &reason, "withheld").await
        }
    }
}

async fn list(args: ListArgs) -> Result<(), Failure> {
    let items: Vec<InboxItem> = args.at.running().await?.get("/v1/inbox").await?;
    if args.json {
        return print::json(&items);
    }
    if items.is_empty() {
        return print::lines("Nothing waits for a reviewer.\n");
    }
    let line = |item: &InboxItem| {
        let urgent = if item.urgent { "  spoed" } else { "" };
        format!(
            "{}  van {}  uiterlijk {}  mogelijke overeenkomsten: {}{urgent}\n",
            item.id, item.asker, item.answer_by, item.possible_matches
        )
    };
    print::lines(&items.iter().map(line).collect::<String>())
}

async fn show(args: OneArgs) -> Result<(), Failure> {
    let caller = super::running(&args.dir, &args.name).await?;
    let view: ReviewView = caller.get(&format!("/v1/inbox/{}", args.id)).await?;
    if args.json { print::json(&view) } else { print::lines(&words(&view)?) }
}

async fn act(args: &OneArgs, verb: &str, body: &impl serde::Serialize, done: &str) -> Result<(), Failure> {
    let caller = super::running(&args.dir, &args.name).await?;
    let missing: Option<String> =
        caller.post(&format!("/v1/inbox/{}/{verb}", args.id), body).await.map_err(explained)?;
    if let Some(missing) = missing {
        return first_of_two(args.id, &missing, args.json);
    }
    if args.json {
        return print::json(&serde_json::json!({ "id": args.id, "done": done }));
    }
    print::lines(&format!("{}: {done}.\n", args.id))
}

/// What the first of two people is told: it is recorded, and nothing has left.
pub(super) fn first_of_two(id: UitvraagId, missing: &str, json: bool) -> Result<(), Failure> {
    if json {
        return print::json(&serde_json::json!({ "id": id, "done": "first-of-two", "missing": missing }));
    }
    print::lines(&format!("{id}: recorded; nothing has left yet. {missing}\n"))
}

fn words(view: &ReviewView) -> Result<String, Failure> {
    let mut text = format!(
        "Uitvraag {} van {}, antwoord uiterlijk {}\n  gevraagd  {}\n",
        view.item.id,
        view.item.asker,
        view.item.answer_by,
        serde_json::to_string(&view.person)?,
    );
    for candidate in &view.candidates {
        text.push_str(&format!(
            "  mogelijke overeenkomst  {}  bron {}  reden {}\n    register      {}\n{}",
            candidate.record_id,
            candidate.source_record.as_deref().unwrap_or("-"),
            candidate.reason,
            serde_json::to_string(&candidate.person)?,
            compared::words(candidate),
        ));
    }
    Ok(text)
}
