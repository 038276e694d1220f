//! `weegnet subject`: what is kept about one person, for a verified request; term, decision, letter.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde::de::DeserializeOwned;
use weegnet_protocol::id::{EntryId, UitvraagId};
use weegnet_protocol::time::Day;

use super::ask::PersonArgs;
use super::tell::{TellArgs, told_words};
use super::{At, Failure, day, print, running_or_stopped};
use crate::desk::subject::{Decide, FindRequest, Letter, RequestLine, RequestView, Words};
use crate::oversight::subject::likeness::Likeness;
use crate::oversight::subject::{Objection, Requester};

#[derive(Debug, Subcommand)]
pub enum SubjectVerb {
    /// Take a verified request and find every entry about the person [running node, or a stopped one under its lock]
    Find(FindArgs),
    /// All requests, with their legal terms; nothing about the persons [running node, or a stopped one under its lock]
    List(ListArgs),
    /// One request, with what is kept now [running node, or a stopped one under its lock]
    Show(OneArgs),
    /// Decide: disclose the overview, or apply an exception for a time [running node, or a stopped one under its lock]
    Decide(DecideArgs),
    /// Lengthen the legal term once, by two months, for a reason [running node, or a stopped one under its lock]
    Extend(ExtendArgs),
    /// Write the outward letter; the same words for "nothing" and for "exception" [running node, or a stopped one under
    /// its lock]
    Letter(LetterArgs),
    /// Record what the person wants corrected, and list who got the data [running node, or a stopped one under its lock]
    Rectify(ObjectionArgs),
    /// Record that the person wants it erased, and list who got the data; erases nothing [running node, or a stopped one
    /// under its lock]
    Erasure(ObjectionArgs),
    /// Record that the person objects, and list who got the data [running node, or a stopped one under its lock]
    Object(ObjectionArgs),
    /// Tell those who got the data; first shows whom, and sends nothing without --confirm [running node, or a stopped one
    /// under its lock, which sends when it starts]
    Tell(TellArgs),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RequesterArg {
    #[value(name = "self")]
    Person,
    Lawyer,
    Guardian,
}

#[derive(Debug, Args)]
pub struct FindArgs {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    person: PersonArgs,
    /// Who asks: the person, their lawyer, or their guardian
    #[arg(long)]
    requester: RequesterArg,
    /// How it was established who asks, and for whom: which document was seen, by whom
    #[arg(long, value_name = "TEXT")]
    verified_by: String,
    /// Your own reference; it stands in the letter
    #[arg(long, value_name = "TEXT")]
    case_number: Option<String>,
    /// The day on which the request came in, YYYY-MM-DD; today when absent. The legal term runs from then
    #[arg(long, value_name = "DATE", value_parser = day)]
    received: Option<Day>,
    /// Print JSON
    #[arg(long)]
    json: bool,
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
    /// Which request
    request: EntryId,
    /// Who acts: a privacy officer
    #[arg(long = "as", value_name = "NAME")]
    name: String,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub struct DecideArgs {
    #[command(flatten)]
    one: OneArgs,
    /// The overview goes out; the other decision is --exception
    #[arg(long, conflicts_with = "exception", required_unless_present = "exception")]
    disclose: bool,
    /// An exception applies: the ground of UAVG 41(1), a to j; the letter then says the same as when nothing is kept
    #[arg(long, value_name = "LETTER")]
    exception: Option<char>,
    /// Why; for an exception with what UAVG 41(2) asks to weigh. It never leaves this node
    #[arg(long)]
    reason: String,
    /// Last day of the exception, YYYY-MM-DD, within a year; then a human decides anew
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<Day>,
    /// A possible match that is the person; may be repeated
    #[arg(long, value_name = "UITVRAAG")]
    include: Vec<UitvraagId>,
    /// A match that is somebody else; may be repeated
    #[arg(long, value_name = "UITVRAAG")]
    leave_out: Vec<UitvraagId>,
}

#[derive(Debug, Args)]
pub struct ExtendArgs {
    #[command(flatten)]
    one: OneArgs,
    /// Why
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub struct LetterArgs {
    #[command(flatten)]
    one: OneArgs,
    /// Where the letter goes (Markdown); printed when absent
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ObjectionArgs {
    #[command(flatten)]
    one: OneArgs,
    /// What it is about
    #[arg(long, value_name = "TEXT")]
    what: String,
}

pub async fn run(verb: SubjectVerb) -> Result<(), Failure> {
    match verb {
        SubjectVerb::Find(args) => find(args).await,
        SubjectVerb::List(args) => list(args).await,
        SubjectVerb::Show(args) => show(args).await,
        SubjectVerb::Decide(args) => decide(args).await,
        SubjectVerb::Extend(args) => {
            let line: RequestLine = post(&args.one, "extend", &Words { text: args.reason }).await?;
            print_line(&line, args.one.json)
        }
        SubjectVerb::Letter(args) => letter(args).await,
        SubjectVerb::Rectify(args) => objection(args, "rectify").await,
        SubjectVerb::Erasure(args) => objection(args, "erasure").await,
        SubjectVerb::Object(args) => objection(args, "object").await,
        SubjectVerb::Tell(args) => super::tell::run(args).await,
    }
}

async fn find(args: FindArgs) -> Result<(), Failure> {
    let request = FindRequest {
        person: args.person.read()?,
        requester: match args.requester {
            RequesterArg::Person => Requester::Person,
            RequesterArg::Lawyer => Requester::Lawyer,
            RequesterArg::Guardian => Requester::Guardian,
        },
        verified_by: args.verified_by,
        case_number: args.case_number,
        received: args.received.map(Day::start),
    };
    let caller = running_or_stopped(&args.at.dir, &args.at.name).await?;
    let view: Result<RequestView, _> = caller.post("/v1/subject", &request).await;
    caller.close();
    print_view(&view?, args.json)
}

async fn list(args: ListArgs) -> Result<(), Failure> {
    let caller = running_or_stopped(&args.at.dir, &args.at.name).await?;
    let lines: Result<Vec<RequestLine>, _> = caller.get("/v1/subject").await;
    caller.close();
    let lines = lines?;
    if args.json {
        return print::json(&lines);
    }
    print::lines(&lines.iter().map(line_words).collect::<String>())
}

async fn show(args: OneArgs) -> Result<(), Failure> {
    let caller = running_or_stopped(&args.dir, &args.name).await?;
    let view: Result<RequestView, _> = caller.get(&format!("/v1/subject/{}", args.request)).await;
    caller.close();
    print_view(&view?, args.json)
}

async fn decide(args: DecideArgs) -> Result<(), Failure> {
    let end = |last: Day| Day::from_days(last.to_days() + 1).start();
    let decide = Decide {
        exception: args.exception,
        reason: args.reason,
        until: args.until.map(end),
        include: args.include,
        leave_out: args.leave_out,
    };
    let line: RequestLine = post(&args.one, "decide", &decide).await?;
    print_line(&line, args.one.json)
}

async fn letter(args: LetterArgs) -> Result<(), Failure> {
    let letter: Letter = post(&args.one, "letter", &()).await?;
    if let Some(path) = &args.out {
        std::fs::write(path, &letter.text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    match (args.one.json, &args.out) {
        (true, _) => print::json(&letter),
        (false, None) => print::lines(&letter.text),
        (false, Some(path)) => print::lines(&format!("The letter is in {}.\n", path.display())),
    }
}

async fn objection(args: ObjectionArgs, verb: &str) -> Result<(), Failure> {
    let objection: Objection = post(&args.one, verb, &Words { text: args.what }).await?;
    if args.one.json {
        return print::json(&objection);
    }
    print::lines(&objection_words(&objection))
}

pub(super) async fn post<T: DeserializeOwned>(args: &OneArgs, verb: &str, body: &impl Serialize) -> Result<T, Failure> {
    let caller = running_or_stopped(&args.dir, &args.name).await?;
    let done = caller.post(&format!("/v1/subject/{}/{verb}", args.request), body).await;
    caller.close();
    Ok(done?)
}

fn print_line(line: &RequestLine, json: bool) -> Result<(), Failure> {
    if json { print::json(line) } else { print::lines(&line_words(line)) }
}

fn print_view(view: &RequestView, json: bool) -> Result<(), Failure> {
    if json { print::json(view) } else { print::lines(&words(view)) }
}

fn line_words(line: &RequestLine) -> String {
    let term = &line.term;
    let late = if term.overdue { "  TERMIJN VERSTREKEN" } else { "" };
    let extended = if term.extended.is_some() { ", verlengd" } else { "" };
    format!(
        "{}  {}  ontvangen {}  antwoord uiterlijk {}{extended}  {}{late}\n",
        line.id,
        line.requester.dutch(),
        term.received,
        term.due,
        line.state
    )
}

fn words(view: &RequestView) -> String {
    let mut text = line_words(&view.line);
    let found = &view.found;
    text.push_str(&format!(
        "Vergeleken met {} zaken; {} andere zijn zonder persoonsgegevens (geweigerd, of gewist); {} registerregels van mogelijke overeenkomsten bestaan \
         niet meer\n",
        found.compared, found.without_person, found.rows_gone
    ));
    if found.unreadable_registers > 0 {
        text.push_str("LET OP: een register is niet leesbaar; importeer opnieuw en zoek nog eens\n");
    }
    if found.cases.is_empty() && found.erased.is_empty() {
        text.push_str("Niets gevonden.\n");
    }
    for case in &found.cases {
        let sure = match case.likeness {
            Likeness::Overeenkomst => "overeenkomst",
            Likeness::Mogelijk => "MOGELIJK dezelfde: beoordeel zelf",
        };
        let how = if case.asked_about { "gevraagd" } else { "alleen getoond als mogelijke overeenkomst" };
        text.push_str(&format!(
            "\n{}  {}  {how}  ({sure})\n  wanneer      {}\n  vrager       {} {}\n  doel         {} ({})\n  convenant    {}\n  \
             uitkomst     {}\n",
            case.case.uitvraag_id,
            case.kind,
            case.when,
            case.asker.oin,
            case.asker.name,
            case.purpose,
            case.article,
            case.convenant,
            case.outcome.as_str(),
        ));
        for (part, value) in &case.data {
            text.push_str(&format!("  {part:12} {value}\n"));
        }
        if let Some(kept) = &case.kept_until {
            text.push_str(&format!("  bewaard tot  {} ({})\n", kept.until, kept.source));
        }
        if !case.criteria.is_empty() {
            text.push_str(&format!("  criteria     {}\n", case.criteria.join("; ")));
        }
        for ground in &case.grounds {
            text.push_str(&format!(
                "  grondslag    {} → {}: {}, {} ({})\n",
                ground.from.name, ground.to.name, ground.article, ground.decision, ground.source
            ));
        }
        for (word, who) in [("aan", &case.recipients), ("van", &case.sources)] {
            for one in who {
                let when = one.when.as_deref().unwrap_or("-");
                text.push_str(&format!("  {word:12} {} {}: {}, {when}\n", one.party.oin, one.party.name, one.what));
            }
        }
        if !case.shown_as_candidate.is_empty() {
            text.push_str(&format!("  getoond      registerregel {}\n", case.shown_as_candidate.join(", ")));
        }
        let places: Vec<_> = case.entries.iter().map(|entry| entry.place()).collect();
        text.push_str(&format!("  journaal     {}\n", places.join(" ")));
    }
    for hit in &found.erased {
        text.push_str(&format!(
            "\nVERNIETIGD  {}  gevraagd door {} {}\n  doel         {} ({})\n  journaal     {}\n",
            hit.when, hit.asker.oin, hit.asker.name, hit.purpose, hit.article, hit.entry
        ));
    }
    if !view.earlier.is_empty() {
        let ids: Vec<_> = view.earlier.iter().map(ToString::to_string).collect();
        text.push_str(&format!("\nEerdere verzoeken over mogelijk dezelfde persoon: {}\n", ids.join(" ")));
    }
    if let Some(decision) = &view.decision {
        let what = match decision.exception {
            Some(letter) => format!("uitzondering UAVG 41 lid 1, onder {letter}"),
            None => "inzage".into(),
        };
        text.push_str(&format!("\nBesluit: {what}: {}\n", decision.reason));
    }
    for (number, objection) in (1..).zip(&view.objections) {
        text.push_str(&format!("\nNummer {number}:{}", objection_words(objection)));
    }
    view.told.iter().for_each(|told| text.push_str(&told_words(told)));
    text
}

fn objection_words(objection: &Objection) -> String {
    let mut text = format!(
        "\nVastgelegd: {}\nKregen iets over deze persoon; te berichten met 'weegnet subject tell':\n",
        objection.what
    );
    for oin in &objection.recipients {
        text.push_str(&format!("  {oin}\n"));
    }
    if objection.recipients.is_empty() {
        text.push_str("  niemand kreeg iets over deze persoon\n");
    }
    text
}
