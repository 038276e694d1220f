//! `weegnet retention`: what goes when and why, erasing it, holding it, and showing that it is gone.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use weegnet_protocol::id::UitvraagId;

use super::{Failure, print, running_or_stopped_untouched};
use crate::api::{Reason, RunRetention};
use crate::create::{FIRST_OFFICER, FIRST_OPERATOR};
use crate::desk::retain::{HoldView, PlaceHold, PlanLine};
use crate::home::Home;
use crate::retention::proof::{self, Proof, Wanted};
use crate::retention::{Part, Report};

#[derive(Debug, Subcommand)]
pub enum RetentionVerb {
    /// What goes when, and under which term; nothing about persons [running node, or a stopped one under its lock]
    Plan(ByArgs),
    /// Erase what is due now; a serving node does so by itself [running node, or a stopped one under its lock]
    Run(RunArgs),
    /// Postpone the erasure of all that is here about one uitvraag [running node, or a stopped one under its lock]
    Hold(HoldArgs),
    /// The holds that have not run out [running node, or a stopped one under its lock]
    Holds(ByArgs),
    /// End a hold before its date [running node, or a stopped one under its lock]
    Lift(LiftArgs),
    /// Show that something was erased, and until when a backup could bring it back [only reads; judging the bodies needs
    /// the node's vault]
    Proof(ProofArgs),
}

#[derive(Debug, Args)]
pub struct ByArgs {
    /// The node's directory
    dir: PathBuf,
    /// Who looks: a privacy officer or an operator
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OFFICER)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    /// The node's directory
    dir: PathBuf,
    /// Only say what would go
    #[arg(long)]
    dry_run: bool,
    /// Who acts: an operator
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OPERATOR)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct HoldArgs {
    /// The node's directory
    dir: PathBuf,
    /// Which uitvraag
    id: UitvraagId,
    /// Why; it is sealed with the case and goes with it
    #[arg(long)]
    reason: String,
    /// Last day of the hold, at most 366 days from now; placing it again renews it
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: String,
    /// Who acts: a privacy officer
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OFFICER)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct LiftArgs {
    /// The node's directory
    dir: PathBuf,
    /// Which uitvraag
    id: UitvraagId,
    /// Why
    #[arg(long)]
    reason: String,
    /// Who acts: a privacy officer
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OFFICER)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ProofArgs {
    /// The node's directory
    dir: PathBuf,
    /// Which uitvraag
    #[arg(required_unless_present = "pass", conflicts_with = "pass")]
    id: Option<UitvraagId>,
    /// Everything that went in this pass
    #[arg(long, value_name = "N")]
    pass: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(verb: RetentionVerb) -> Result<(), Failure> {
    match verb {
        RetentionVerb::Plan(args) => plan(args).await,
        RetentionVerb::Run(args) => run_pass(args).await,
        RetentionVerb::Hold(args) => hold(args).await,
        RetentionVerb::Holds(args) => holds(args).await,
        RetentionVerb::Lift(args) => lift(args).await,
        RetentionVerb::Proof(args) => prove(&args),
    }
}

async fn plan(args: ByArgs) -> Result<(), Failure> {
    let caller = running_or_stopped_untouched(&args.dir, &args.by).await?;
    let lines: Result<Vec<PlanLine>, _> = caller.get("/v1/retention/plan").await;
    caller.close();
    let lines = lines?;
    if args.json {
        return print::json(&lines);
    }
    let words = |line: &PlanLine| {
        let id = line.uitvraag.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let part = if line.part == Part::Person { "person" } else { "whole" };
        let held = line.held_until.as_ref().map(|until| format!("  HELD until {until}")).unwrap_or_default();
        format!(
            "{}  {:26} {part:6}  {id:36}  {}\n    since {}, {} days: {}{held}\n",
            line.due, line.kind, line.outcome, line.since, line.days, line.source
        )
    };
    print::lines(&lines.iter().map(words).collect::<String>())
}

async fn run_pass(args: RunArgs) -> Result<(), Failure> {
    let caller = running_or_stopped_untouched(&args.dir, &args.by).await?;
    let report: Result<Report, _> = caller.post("/v1/retention/run", &RunRetention { dry_run: args.dry_run }).await;
    caller.close();
    let report = report?;
    if args.json {
        return print::json(&report);
    }
    let mut text = match (report.dry_run, report.pass) {
        (true, _) => "Nothing was done. A pass now would erase:\n".to_owned(),
        (false, Some(pass)) => format!("Pass {pass} erased:\n"),
        (false, None) => "Nothing was due.\n".to_owned(),
    };
    for (kind, count) in &report.erased {
        text.push_str(&format!("{count:>8}  {kind}\n"));
    }
    for (count, what) in [
        (report.persons, "persons of questions without a match"),
        (report.register_rows, "register rows past their term"),
    ] {
        if count > 0 {
            text.push_str(&format!("{count:>8}  {what}\n"));
        }
    }
    text.push_str(&format!("{} due and held, {} not due yet\n", report.held, report.kept));
    print::lines(&text)
}

async fn hold(args: HoldArgs) -> Result<(), Failure> {
    let caller = running_or_stopped_untouched(&args.dir, &args.by).await?;
    let place = PlaceHold { uitvraag: args.id, reason: args.reason, until: args.until };
    let hold: Result<HoldView, _> = caller.post("/v1/retention/holds", &place).await;
    caller.close();
    let hold = hold?;
    if args.json {
        return print::json(&hold);
    }
    print::lines(&format!(
        "{} is held until {}. Who a question without a match was about goes all the same when its answer window closes.\n",
        hold.uitvraag, hold.until
    ))
}

async fn holds(args: ByArgs) -> Result<(), Failure> {
    let caller = running_or_stopped_untouched(&args.dir, &args.by).await?;
    let holds: Result<Vec<HoldView>, _> = caller.get("/v1/retention/holds").await;
    caller.close();
    let holds = holds?;
    if args.json {
        return print::json(&holds);
    }
    let words = |hold: &HoldView| {
        format!("{}  until {}  by {} on {}: {}\n", hold.uitvraag, hold.until, hold.by, hold.placed, hold.reason)
    };
    print::lines(&holds.iter().map(words).collect::<String>())
}

async fn lift(args: LiftArgs) -> Result<(), Failure> {
    let caller = running_or_stopped_untouched(&args.dir, &args.by).await?;
    let path = format!("/v1/retention/holds/{}/lift", args.id);
    let lifted: Result<(), _> = caller.post(&path, &Reason { reason: Some(args.reason) }).await;
    caller.close();
    lifted?;
    if args.json {
        return print::json(&serde_json::json!({ "uitvraag": args.id, "held": false }));
    }
    print::lines(&format!("{} is not held any more.\n", args.id))
}

fn prove(args: &ProofArgs) -> Result<(), Failure> {
    let home = Home::open(&args.dir)?;
    let wanted = match (args.id, args.pass) {
        (Some(id), _) => Wanted::Uitvraag(id),
        (None, Some(pass)) => Wanted::Pass(pass),
        (None, None) => return Err("name an uitvraag or a pass".into()),
    };
    let proof = proof::proof(&home, wanted)?;
    if args.json {
        print::json(&proof)?
    } else {
        print::lines(&words(&proof))?
    }
    match proof.still_open {
        0 => Ok(()),
        open => {
            Err(format!("{open} bodies still open: start the node, or run 'weegnet retention run', to finish").into())
        }
    }
}

fn words(proof: &Proof) -> String {
    let mut text = String::new();
    for entry in &proof.entries {
        text.push_str(&format!(
            "house/{}  {}  pass {}, {} things erased, included in the tree of the latest checkpoint\n",
            entry.index,
            entry.at,
            entry.pass,
            entry.gone.len()
        ));
        for rule in &entry.rules {
            text.push_str(&format!("    {}, {} days: {}\n", rule.kind, rule.days, rule.source));
        }
    }
    text.push_str(&format!("{} bodies are named; {} of them open", proof.bodies, proof.still_open));
    if proof.not_judged > 0 {
        text.push_str(&format!("; {} could not be judged without the vault", proof.not_judged));
    }
    text.push_str(&format!("\n{}\n", proof.backups.statement));
    text
}
