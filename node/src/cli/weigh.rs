//! `weegnet uitvraag weigh` and `decide`: what the weegploeg makes of the answers, as it is written down.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use weegnet_protocol::Oin;
use weegnet_protocol::id::Slug;

use super::ask::explained;
use super::uitvraag::OneArgs;
use super::{Failure, files, print};
use crate::desk::view::OwnView;
use crate::desk::weigh::{Decide, Weigh};
use crate::exchange::weighed::Outcome;

#[derive(Debug, Args)]
pub struct WeighArgs {
    #[command(flatten)]
    one: OneArgs,
    /// A file with one line for each criterion: its code, =, and the reason in quotes. It stays on this node
    #[arg(long, value_name = "FILE")]
    reasons: PathBuf,
    /// Whose weging it is: another core party, as it said in the weegploeg; ours when absent
    #[arg(long, value_name = "OIN")]
    of: Option<Oin>,
}

#[derive(Debug, Args)]
pub struct DecideArgs {
    #[command(flatten)]
    one: OneArgs,
    /// geen-actie, meer-informatie, casusoverleg or strafrechtelijk-onderzoek
    #[arg(long, value_name = "OUTCOME")]
    outcome: Outcome,
    /// Who is invited to a casusoverleg; may be repeated
    #[arg(long, value_name = "OIN")]
    with: Vec<Oin>,
    /// A file with the reason. It stays on this node
    #[arg(long, value_name = "FILE")]
    reason: PathBuf,
}

pub async fn weigh(args: WeighArgs) -> Result<(), Failure> {
    let wrong = || format!("{}: needs lines like 'dreiging-geuit = \"the reason\"'", args.reasons.display());
    // What the file says stays out of the message.
    let reasons: BTreeMap<String, String> = toml::from_str(&files::text(&args.reasons)?).map_err(|_| wrong())?;
    let coded = reasons.into_iter().map(|(code, reason)| Ok((code.parse::<Slug>().map_err(|_| wrong())?, reason)));
    let body = Weigh { of: args.of, criteria: coded.collect::<Result<_, String>>()? };
    let OneArgs { dir, id, name, json } = &args.one;
    let caller = super::running(dir, name).await?;
    let missing: Vec<Oin> = caller.post(&format!("/v1/uitvragen/{id}/weigh"), &body).await.map_err(explained)?;
    if *json {
        return print::json(&serde_json::json!({ "id": id, "done": "weighed", "missing": missing }));
    }
    match missing.is_empty() {
        true => print::lines(&format!("{id} is weighed by every core party: now 'weegnet uitvraag decide'.\n")),
        false => print::lines(&format!("{id}: recorded; the weging of {} is missing.\n", listed(&missing))),
    }
}

pub async fn decide(args: DecideArgs) -> Result<(), Failure> {
    let reason = files::text(&args.reason)?;
    let body = Decide { outcome: args.outcome, with: args.with, reason };
    let OneArgs { dir, id, name, json } = &args.one;
    let caller = super::running(dir, name).await?;
    let () = caller.post(&format!("/v1/uitvragen/{id}/decide"), &body).await.map_err(explained)?;
    if *json {
        return print::json(&serde_json::json!({ "id": id, "done": "decided" }));
    }
    print::lines(&format!("{id} is decided.\n"))
}

/// What was weighed and decided so far, in lines.
pub(super) fn words(view: &OwnView) -> String {
    let mut text = String::new();
    for weging in &view.wegingen {
        text.push_str(&format!("  weging van {} ({}, {})\n", weging.of, weging.by, weging.at));
        for (code, reason) in &weging.criteria {
            text.push_str(&format!("    {code}: {}\n", one_line(reason)));
        }
    }
    if view.weighs && !view.unweighed.is_empty() {
        text.push_str(&format!("  nog geen weging van {}\n", listed(&view.unweighed)));
    }
    if let Some(besluit) = &view.besluit {
        let with = if besluit.with.is_empty() { String::new() } else { format!(" met {}", listed(&besluit.with)) };
        let (by, at, reason) = (&besluit.by, &besluit.at, one_line(&besluit.reason));
        text.push_str(&format!("  besluit: {}{with} ({by}, {at}): {reason}\n", besluit.outcome));
    }
    text
}

fn listed(all: &[Oin]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Whatever somebody wrote cannot pass for another line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect()
}
