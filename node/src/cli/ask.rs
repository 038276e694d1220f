//! `weegnet ask`: one question about one person.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use weegnet_protocol::Oin;
use weegnet_protocol::id::{ConvenantId, Slug};
use weegnet_protocol::person::{BirthDate, Bsn, Fields, NameText};

use super::uitvraag::words;
use super::{At, Failure, files, print};
use crate::api::{Caller, CallerError};
use crate::desk::ask::{AskRequest, To};
use crate::desk::view::{NOT_ASKED, OwnView};

/// How often `--wait` looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);

#[derive(Debug, Args)]
pub struct AskArgs {
    #[command(flatten)]
    at: At,
    /// Under which convenant
    #[arg(long, value_name = "ID")]
    convenant: ConvenantId,
    #[command(flatten)]
    person: PersonArgs,
    /// Code of a criterion of the convenant; may be repeated
    #[arg(long = "criterion", value_name = "CODE", required = true)]
    criteria: Vec<Slug>,
    /// File with the motivation: necessity, proportionality, subsidiarity; only core parties read it
    #[arg(long, value_name = "FILE")]
    motivation: PathBuf,
    /// Whom to ask, beyond the core parties with a coded reason; may be repeated
    #[arg(long = "to", value_name = "OIN[:REASON]", required = true, value_parser = to)]
    to: Vec<To>,
    /// Which core party approves; the first other one in the convenant when absent
    #[arg(long, value_name = "OIN")]
    approver: Option<Oin>,
    /// Shortened terms; always reported to the privacy officer
    #[arg(long)]
    urgent: bool,
    /// When the answers are due, from now: 90s, 30m, 8h, 5d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    answer_by: Option<u64>,
    /// Wait until everybody has answered
    #[arg(long)]
    wait: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The person, as a file or as flags.
#[derive(Debug, Args)]
pub struct PersonArgs {
    /// TOML or JSON with bsn, given_names, prefix, surname, birth, aliases; keeps the person out of the process list
    #[arg(long, value_name = "FILE", conflicts_with_all = ["bsn", "surname", "given_names", "prefix", "birth", "alias"])]
    person: Option<PathBuf>,
    /// Burgerservicenummer
    #[arg(long)]
    bsn: Option<Bsn>,
    /// Voornamen
    #[arg(long, visible_alias = "voornamen")]
    given_names: Option<NameText>,
    /// Voorvoegsel
    #[arg(long, visible_alias = "voorvoegsel")]
    prefix: Option<NameText>,
    /// Geslachtsnaam
    #[arg(long, visible_alias = "geslachtsnaam")]
    surname: Option<NameText>,
    /// Geboortedatum: YYYY-MM-DD, YYYYMMDD, YYYY-MM or YYYY
    #[arg(long, visible_alias = "geboortedatum", default_value = "")]
    birth: BirthDate,
    /// Another name; may be repeated
    #[arg(long)]
    alias: Vec<NameText>,
}

pub async fn run(args: AskArgs) -> Result<(), Failure> {
    let motivation = files::text(&args.motivation)?;
    let request = AskRequest {
        convenant: args.convenant,
        person: args.person.read()?,
        criteria: args.criteria,
        motivation,
        to: args.to,
        urgent: args.urgent,
        answer_within: args.answer_by,
        approver: args.approver,
    };
    let caller = args.at.running().await?;
    let asked: crate::api::Asked = caller.post("/v1/uitvragen", &request).await.map_err(explained)?;
    if !args.wait {
        if args.json {
            return print::json(&asked);
        }
        return print::lines(&format!("Uitvraag {} waits for approval.\n", asked.id));
    }
    let view = wait(&caller, &format!("/v1/uitvragen/{}", asked.id)).await?;
    if args.json {
        print::json(&view)?
    } else {
        print::lines(&words(&view))?
    }
    if view.answers.iter().all(|answer| answer.state == NOT_ASKED) {
        return Err(format!("nobody was asked: {}", view.state).into());
    }
    Ok(())
}

async fn wait(caller: &Caller, path: &str) -> Result<OwnView, Failure> {
    loop {
        // Whether it has ended says nothing about anybody; the answers are read once, and that is written down.
        if caller.get::<bool>(&format!("{path}/ended")).await? {
            return Ok(caller.get(path).await?);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A denial with the policies behind it.
pub fn explained(error: CallerError) -> Failure {
    match error {
        CallerError::Problem(problem) if !problem.policy_ids.is_empty() => {
            let article = problem.article.clone().unwrap_or_default();
            format!("{}\n  policies: {}\n  grounds: {article}", problem.detail, problem.policy_ids.join(", ")).into()
        }
        other => other.into(),
    }
}

impl PersonArgs {
    /// The person, from a file or from flags.
    pub(super) fn read(self) -> Result<Fields, Failure> {
        let Some(path) = self.person else {
            let PersonArgs { bsn, given_names, prefix, surname, birth, alias, .. } = self;
            return Ok(Fields { bsn, given_names, prefix, surname, aliases: alias, birth });
        };
        let text = files::text(&path)?;
        let json = path.extension().is_some_and(|extension| extension == "json");
        // What the file says stays out of the message.
        let fields = if json { serde_json::from_str(&text).ok() } else { toml::from_str(&text).ok() };
        fields.ok_or_else(|| {
            let what =
                "needs bsn, given_names, prefix, surname, birth and aliases as far as known, each in its notation";
            format!("{}: {what}", path.display()).into()
        })
    }
}

fn to(text: &str) -> Result<To, String> {
    let (oin, reason) = match text.split_once(':') {
        Some((oin, reason)) => (oin, Some(reason)),
        None => (text, None),
    };
    let oin = oin.parse().map_err(|error: weegnet_protocol::oin::NotAnOin| error.to_string())?;
    let reason = reason.map(str::parse).transpose().map_err(|_| "the reason is a code of the convenant".to_owned())?;
    Ok(To { oin, reason })
}

pub(super) fn duration(text: &str) -> Result<u64, String> {
    let wrong = || "write a number and s, m, h or d, such as 90s, 30m, 8h, 5d".to_owned();
    let (number, unit) = text.split_at(text.len().checked_sub(1).ok_or_else(wrong)?);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    number.checked_mul(seconds).ok_or_else(wrong)
}
