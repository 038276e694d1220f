//! `weegnet sealed export`, `export-table` and `audit`: sealed questions and tables shown to a third party, and its checks.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::Method;
use clap::{Args, Subcommand};
use http_body_util::BodyExt;
use weegnet_protocol::id::{ConvenantId, UitvraagId};

use super::{At, Failure, convenant, files, print, running_or_stopped};
use crate::desk::sealed::shown::ShownFile;
use crate::desk::sealed::shown::check::{made, question, table};
use crate::desk::sealed::{Mapping, Show, ToShow, source_keys};

#[derive(Debug, Args)]
struct Ground {
    /// Who mandated this
    #[arg(long, value_name = "TEXT")]
    mandate: String,
    /// What is suspected, or what the audit is for
    #[arg(long, value_name = "TEXT")]
    suspicion: String,
    /// A new file; of an asker it says who was asked about
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(flatten)]
    at: At,
    /// The uitvraag: one that was asked from here, or one that came in
    id: UitvraagId,
    #[command(flatten)]
    ground: Ground,
}

#[derive(Debug, Args)]
pub struct ExportTableArgs {
    #[command(flatten)]
    at: At,
    /// Under which convenant; may be left out when only one is in force
    #[arg(long, value_name = "ID")]
    convenant: Option<ConvenantId>,
    #[command(flatten)]
    ground: Ground,
}

#[derive(Debug, Subcommand)]
pub enum AuditVerb {
    /// Whether a sealed question was about the person who is shown, and nobody else [reads files only]
    Question(QuestionArgs),
    /// Whether a table holds the persons of a register, and nobody else [reads files only]
    Table(TableArgs),
}

#[derive(Debug, Args)]
pub struct QuestionArgs {
    /// File of 'weegnet sealed export' at who asked
    asker: PathBuf,
    /// File of 'weegnet sealed export' at who was asked
    responder: PathBuf,
    /// The convenant under which was asked, with its signatures beside it
    #[arg(long, value_name = "CONVENANT.toml")]
    convenant: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct TableArgs {
    /// File of 'weegnet sealed export-table'
    file: PathBuf,
    /// The register, as it was imported: CSV, UTF-8, as for 'register import'
    #[arg(long, value_name = "CSV")]
    register: PathBuf,
    /// Another layout of the register: renames, constants, trimming
    #[arg(long, value_name = "MAP.toml")]
    map: Option<PathBuf>,
    /// The convenant under which it was published, with its signatures beside it
    #[arg(long, value_name = "CONVENANT.toml")]
    convenant: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn export(args: ExportArgs) -> Result<(), Failure> {
    show(&args.at, &args.ground, ToShow::Uitvraag(args.id)).await
}

pub async fn export_table(args: ExportTableArgs) -> Result<(), Failure> {
    show(&args.at, &args.ground, ToShow::Table(args.convenant)).await
}

async fn show(at: &At, ground: &Ground, what: ToShow) -> Result<(), Failure> {
    // Before anything is recorded as shown.
    if ground.out.exists() {
        return Err(format!("{} exists already: choose another name", ground.out.display()).into());
    }
    let show = Show { what, mandate: ground.mandate.clone(), suspicion: ground.suspicion.clone() };
    let body = serde_json::to_vec(&show)?;
    let caller = running_or_stopped(&at.dir, &at.name).await?;
    let headers = [("content-type", "application/json".to_owned())];
    let reply = caller.send(Method::POST, "/v1/sealed/show", Body::from(body), &headers).await;
    let bytes = match reply {
        Ok(reply) => reply.into_body().collect().await.map(|body| body.to_bytes()).map_err(Failure::from),
        Err(error) => Err(error.into()),
    };
    caller.close();
    let bytes = bytes?;
    // It may say who was asked about.
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&ground.out);
    file.and_then(|mut file| file.write_all(&bytes)).map_err(|error| format!("{}: {error}", ground.out.display()))?;
    if ground.json {
        return print::json(&serde_json::json!({ "out": ground.out, "bytes": bytes.len() }));
    }
    print::lines(&format!("{}\n", ground.out.display()))
}

pub fn audit(verb: AuditVerb) -> Result<(), Failure> {
    match verb {
        AuditVerb::Question(args) => audit_question(&args),
        AuditVerb::Table(args) => audit_table(&args),
    }
}

fn audit_question(args: &QuestionArgs) -> Result<(), Failure> {
    let (asker, responder) = (read(&args.asker)?, read(&args.responder)?);
    let proven = question(&asker, &responder, &convenant::ratified(&args.convenant)?)?;
    if args.json {
        return print::json(&serde_json::json!({
            "asker": proven.asker, "responder": proven.responder, "approver": proven.approver,
            "uitvraag": proven.uitvraag, "root": proven.root, "person": proven.person,
        }));
    }
    print::lines(&format!(
        "uitvraag {} of {} to {}, approved by {}: made again bit by bit, it is about this person and nobody else\n  {}\n  \
         sealed for the table {}; both journals hold it\n",
        proven.uitvraag,
        proven.asker,
        proven.responder,
        proven.approver,
        serde_json::to_string(&proven.person)?,
        proven.root,
    ))
}

fn audit_table(args: &TableArgs) -> Result<(), Failure> {
    let mapping = match &args.map {
        Some(map) => Mapping::parse(&files::text(map)?).map_err(|error| format!("{}: {error}", map.display()))?,
        None => Mapping::default(),
    };
    let shown = read(&args.file)?;
    let say = |error: &dyn std::fmt::Display| format!("{}: {error}", args.register.display());
    let source = std::fs::File::open(&args.register).map_err(|error| say(&error))?;
    let (keys, refused) = source_keys(source, &mapping, made(&shown)?.day()).map_err(|error| say(&error))?;
    let proven = table(&shown, &keys, &convenant::ratified(&args.convenant)?)?;
    if args.json {
        let numbers: BTreeMap<&str, u64> = BTreeMap::from([
            ("epoch", proven.epoch),
            ("keys", proven.keys as u64),
            ("cells", u64::from(proven.cells)),
            ("rows_refused", refused),
        ]);
        return print::json(&serde_json::json!({ "party": proven.party, "root": proven.root, "numbers": numbers }));
    }
    print::lines(&format!(
        "table {} of {}: {} link keys, all of this register, and nobody else's; {} cells; {refused} rows of the register are \
         refused by an import and stand nowhere\n",
        proven.root, proven.party, proven.keys, proven.cells,
    ))
}

fn read(path: &Path) -> Result<ShownFile, Failure> {
    let say = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let bytes = std::fs::read(path).map_err(|error| say(&error))?;
    Ok(ShownFile::read(&bytes).map_err(|error| say(&error))?)
}
