//! `weegnet officer`: counts, findings, specific looks, entries, for privacy officers and supervisors.

use clap::{Args, Subcommand};
use weegnet_protocol::Oin;
use weegnet_protocol::id::{EntryId, UitvraagId};
use weegnet_protocol::log::LogName;

use super::corrections::CorrectionsArgs;
use super::log::log_name;
use super::{At, Failure, print, running_or_stopped};
use crate::desk::oversee::{Look, LookedAt};
use crate::oversight::calendar::Period;
use crate::oversight::entries::{EntryView, kind_name};
use crate::oversight::facts::{CaseKind, Outcome, Selection};
use crate::oversight::findings::Finding;
use crate::oversight::report::Report;
use crate::people::PersonName;

#[derive(Debug, Subcommand)]
pub enum OfficerVerb {
    /// Counts that nobody can be traced in; small ones are not shown [running node, or a stopped one under its lock]
    Report(ReportArgs),
    /// What deserves a look, each with the rule that raised it; never a score [running node, or a stopped one under its lock]
    Findings(FindingsArgs),
    /// Specific cases, on a mandate and a suspicion; recorded before anything shows [running node, or a stopped one under
    /// its lock]
    Look(LookArgs),
    /// Entries, as 'weegnet log list' has them, and recorded [running node, or a stopped one under its lock]
    Log(LogArgs),
    /// Corrections that came in and wait for a privacy officer [running node, or a stopped one under its lock]
    Corrections(CorrectionsArgs),
}

#[derive(Debug, Args)]
struct SelectionArgs {
    /// 2026, 2026-11 or 2026-11-01..2026-11-30
    #[arg(long)]
    period: Period,
    /// The purpose's URI, or a convenant's name
    #[arg(long)]
    purpose: Option<String>,
    /// eigen-uitvraag, ter-goedkeuring or ontvangen-vraag
    #[arg(long)]
    kind: Option<CaseKind>,
    /// An organisation that took part
    #[arg(long, value_name = "OIN")]
    peer: Option<Oin>,
    /// loopt, goedgekeurd, niet-goedgekeurd, neem-contact-op, geen-mededeling, geweigerd, ingetrokken or niet-bezorgd
    #[arg(long)]
    outcome: Option<Outcome>,
    /// Who had a part in it here, as author, approver or reviewer
    #[arg(long, value_name = "NAME")]
    author: Option<PersonName>,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct FindingsArgs {
    #[command(flatten)]
    at: At,
    /// 2026, 2026-11 or 2026-11-01..2026-11-30
    #[arg(long)]
    period: Period,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct LookArgs {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Who mandated this look
    #[arg(long, value_name = "TEXT")]
    mandate: String,
    /// What is suspected
    #[arg(long, value_name = "TEXT")]
    suspicion: String,
    /// Only this uitvraag, and about whom it is
    #[arg(long, value_name = "ID")]
    uitvraag: Option<UitvraagId>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct LogArgs {
    #[command(flatten)]
    at: At,
    /// One entry by its id; all when absent
    id: Option<EntryId>,
    /// Only this log: exchange or house
    #[arg(long, value_parser = log_name)]
    log: Option<LogName>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(verb: OfficerVerb) -> Result<(), Failure> {
    match verb {
        OfficerVerb::Report(args) => report(args).await,
        OfficerVerb::Findings(args) => findings(args).await,
        OfficerVerb::Look(args) => look(args).await,
        OfficerVerb::Log(args) => log(args).await,
        OfficerVerb::Corrections(args) => super::corrections::run(args).await,
    }
}

impl SelectionArgs {
    fn selection(self) -> Selection {
        let SelectionArgs { period, purpose, kind, peer, outcome, author } = self;
        Selection { period, purpose, kind, peer, outcome, author }
    }
}

async fn report(args: ReportArgs) -> Result<(), Failure> {
    let caller = running_or_stopped(&args.at.dir, &args.at.name).await?;
    let report: Result<Report, _> = caller.post("/v1/officer/report", &args.selection.selection()).await;
    caller.close();
    let report = report?;
    if args.json {
        return print::json(&report);
    }
    let mut text = format!("Zaken in {}: {}\n", report.selection.period, report.total);
    for table in &report.tables {
        text.push_str(&format!("\n{}\n", table.title));
        for cell in &table.cells {
            text.push_str(&format!("  {:56} {}\n", cell.label, cell.count));
        }
    }
    print::lines(&text)
}

async fn findings(args: FindingsArgs) -> Result<(), Failure> {
    let caller = running_or_stopped(&args.at.dir, &args.at.name).await?;
    let found: Result<Vec<Finding>, _> = caller.get(&format!("/v1/officer/findings?period={}", args.period)).await;
    caller.close();
    let found = found?;
    if args.json {
        return print::json(&found);
    }
    if found.is_empty() {
        return print::lines("Geen enkele regel leverde iets op.\n");
    }
    let line = |finding: &Finding| {
        let people: Vec<_> = finding.people.iter().map(|name| name.as_str()).collect();
        let cases: Vec<_> = finding.cases.iter().map(ToString::to_string).collect();
        format!(
            "{}: {}\n  regel      {}\n  personen   {}\n  uitvragen  {}\n  journaal   {}\n",
            finding.rule,
            finding.what,
            finding.why,
            people.join(", "),
            cases.join(" "),
            finding.entries.join(" ")
        )
    };
    print::lines(&found.iter().map(line).collect::<Vec<_>>().join("\n"))
}

async fn look(args: LookArgs) -> Result<(), Failure> {
    let look = Look {
        selection: args.selection.selection(),
        uitvraag: args.uitvraag,
        mandate: args.mandate,
        suspicion: args.suspicion,
    };
    let caller = running_or_stopped(&args.at.dir, &args.at.name).await?;
    let cases: Result<Vec<LookedAt>, _> = caller.post("/v1/officer/look", &look).await;
    caller.close();
    let cases = cases?;
    if args.json {
        return print::json(&cases);
    }
    let mut text = String::new();
    for case in &cases {
        let who = |name: &Option<PersonName>| name.as_ref().map_or("-".to_owned(), ToString::to_string);
        text.push_str(&format!(
            "{}  {}  {}  {}\n  opsteller {}  goedkeurder {}  beoordelaar {}{}{}\n",
            case.case.uitvraag_id,
            case.kind,
            case.when,
            case.outcome.as_str(),
            who(&case.author),
            who(&case.approver),
            who(&case.reviewer),
            if case.urgent { "  spoed" } else { "" },
            if case.minor { "  minderjarig, of mogelijk" } else { "" },
        ));
        if let Some(person) = &case.person {
            text.push_str(&format!("  persoon {}\n", serde_json::to_string(person)?));
        }
        for entry in &case.entries {
            text.push_str(&format!("    {:14} {}  {}\n", entry.place(), entry.time, kind_name(entry.kind)));
        }
    }
    print::lines(if text.is_empty() { "Geen zaken in deze selectie.\n" } else { &text })
}

async fn log(args: LogArgs) -> Result<(), Failure> {
    let mut query: Vec<String> = args.log.map(|log| format!("log={}", log.as_str())).into_iter().collect();
    query.extend(args.id.map(|id| format!("id={id}")));
    let caller = running_or_stopped(&args.at.dir, &args.at.name).await?;
    let entries: Result<Vec<EntryView>, _> = caller.get(&format!("/v1/officer/log?{}", query.join("&"))).await;
    caller.close();
    let entries = entries?;
    if args.json {
        return print::json(&entries);
    }
    let line = |entry: &EntryView| {
        let between = match (&entry.issuer, &entry.audience) {
            (Some(issuer), Some(audience)) => format!("  {issuer} → {audience}"),
            _ => String::new(),
        };
        format!("{:14} {}  {:20}  {}{between}\n", entry.place(), entry.time, kind_name(entry.kind), entry.id)
    };
    print::lines(&entries.iter().map(line).collect::<String>())
}
