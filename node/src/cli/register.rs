//! `weegnet register`: who this organisation knows under one convenant.

use std::io::IsTerminal;
use std::path::PathBuf;

use axum::body::Body;
use axum::http::Method;
use clap::{Args, Subcommand};
use http_body_util::BodyExt;
use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::io::ReaderStream;
use weegnet_protocol::id::ConvenantId;

use super::{Failure, files, print, running_or_stopped};
use crate::api::{Caller, ImportEvent, ImportSummary, MAPPING_HEADER};
use crate::clock;
use crate::create::FIRST_OPERATOR;
use crate::desk::operator::{Mapping, Quality, Refolded, check_source};

/// Largest mapping document: 64 KiB.
const MAX_MAPPING_BYTES: usize = 64 * 1024;
/// Longest line that the node sends about an import: 1 MiB.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

#[derive(Debug, Subcommand)]
pub enum RegisterVerb {
    /// Replace the register by the valid rows of a CSV file [running node, or a stopped one under its lock]
    Import(ImportArgs),
    /// Say what the data of a CSV file is like, in counts: missing dates, 1 January, shared BSNs, namesakes [reads the file only]
    Check(CheckArgs),
    /// Index the register anew after an update that folds names in another way [running node, or a stopped one under its lock]
    Refold(RefoldArgs),
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// CSV, UTF-8, as for `register import`
    file: PathBuf,
    /// Another layout: renames, constants, trimming
    #[arg(long, value_name = "MAP.toml")]
    map: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct RefoldArgs {
    /// The node's directory
    dir: PathBuf,
    /// Under which convenant; may be left out when only one is in force
    #[arg(long, value_name = "ID")]
    convenant: Option<ConvenantId>,
    /// Who acts: an operator
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OPERATOR)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The node's directory
    dir: PathBuf,
    /// CSV, UTF-8, with the header
    /// id,bronrecord,reden,bsn,voornamen,voorvoegsel,geslachtsnaam,geboortedatum,aliassen,bewaren_tot
    file: PathBuf,
    /// Under which convenant; may be left out when only one is in force
    #[arg(long, value_name = "ID")]
    convenant: Option<ConvenantId>,
    /// Another layout: renames, constants, trimming
    #[arg(long, value_name = "MAP.toml")]
    map: Option<PathBuf>,
    /// Go on although more than 5 % of the rows are rejected
    #[arg(long)]
    confirm_rejected: bool,
    /// Go on although more than 10 % of the known rows vanish
    #[arg(long)]
    confirm_vanished: bool,
    /// Who acts: an operator
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OPERATOR)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(verb: RegisterVerb) -> Result<(), Failure> {
    match verb {
        RegisterVerb::Import(args) => import_file(args).await,
        RegisterVerb::Check(args) => check(&args),
        RegisterVerb::Refold(args) => refold(&args).await,
    }
}

async fn refold(args: &RefoldArgs) -> Result<(), Failure> {
    let caller = running_or_stopped(&args.dir, &args.by).await?;
    let query = args.convenant.as_ref().map_or(String::new(), |id| format!("?convenant={id}"));
    let result = caller.post::<Refolded>(&format!("/v1/register/refold{query}"), &()).await;
    caller.close();
    let done = result?;
    if args.json {
        return print::json(&done);
    }
    print::lines(&format!("{}: {} rows indexed under fold {}\n", done.convenant, done.rows, done.fold))
}

/// Nobody is matched and nothing leaves the file: it needs no node and no role.
fn check(args: &CheckArgs) -> Result<(), Failure> {
    let mapping = match &args.map {
        Some(map) => Mapping::parse(&files::text(map)?).map_err(|error| format!("{}: {error}", map.display()))?,
        None => Mapping::default(),
    };
    let file = std::fs::File::open(&args.file).map_err(|error| format!("{}: {error}", args.file.display()))?;
    let quality = check_source(file, &mapping, clock::now().day())?;
    if args.json { print::json(&quality) } else { print::lines(&quality_words(&quality)) }
}

fn quality_words(quality: &Quality) -> String {
    let share = |part: u64| format!("{part} ({:.1} %)", 100.0 * part as f64 / quality.rows.max(1) as f64);
    let mut text = format!("{} rows, of which an import would refuse {}\n", quality.rows, quality.rejected);
    for (row, column, reason) in &quality.rejections {
        text.push_str(&format!("  row {row}, {column}: {reason}\n"));
    }
    let unlisted = quality.rejected.saturating_sub(quality.rejections.len() as u64);
    if unlisted > 0 {
        text.push_str(&format!("  and {unlisted} more\n"));
    }
    for (what, count) in [
        ("without a birth date", quality.without_birth_date),
        ("with a birth date in part", quality.birth_date_in_part),
        ("born on 1 January, read as a year only", quality.first_of_january),
        ("with an unknown surname", quality.without_surname),
        ("without given names, or with initials only", quality.without_given_name),
        ("without a BSN", quality.without_bsn),
        ("with a BSN that another row has too", quality.sharing_a_bsn),
        ("with the name and birth date of another row", quality.sharing_name_and_date),
        ("that no question can find: no BSN, and no date or no name", quality.unfindable),
    ] {
        text.push_str(&format!("{what}: {}\n", share(count)));
    }
    text.push_str(&format!(
        "clusters of three or more namesakes born on one day: {}, the largest of {}\n",
        quality.namesake_clusters, quality.largest_cluster
    ));
    text
}

async fn import_file(args: ImportArgs) -> Result<(), Failure> {
    let file = tokio::fs::File::open(&args.file).await.map_err(|error| format!("{}: {error}", args.file.display()))?;
    let bytes = file.metadata().await?.len();
    let caller = running_or_stopped(&args.dir, &args.by).await?;
    let result = import(&caller, &args, file, bytes).await;
    caller.close();
    let summary = result?;
    if args.json { print::json(&summary) } else { print::lines(&words(&summary)) }
}

async fn import(
    caller: &Caller,
    args: &ImportArgs,
    file: tokio::fs::File,
    bytes: u64,
) -> Result<ImportSummary, Failure> {
    let mut query =
        vec![format!("confirm_rejected={}&confirm_vanished={}", args.confirm_rejected, args.confirm_vanished)];
    query.extend(args.convenant.as_ref().map(|id| format!("convenant={id}")));
    let mut headers = vec![("content-type", "text/csv".to_owned())];
    if let Some(map) = &args.map {
        let text = std::fs::read(map).map_err(|error| format!("{}: {error}", map.display()))?;
        if text.len() > MAX_MAPPING_BYTES {
            return Err(format!("{} is larger than {MAX_MAPPING_BYTES} bytes", map.display()).into());
        }
        headers.push((MAPPING_HEADER, data_encoding::BASE64.encode(&text)));
    }
    let body = Body::from_stream(ReaderStream::with_capacity(file, 256 * 1024));
    let path = format!("/v1/register?{}", query.join("&"));
    let () = caller.get(&path).await?;
    let mut reply = caller.send(Method::POST, &path, body, &headers).await?.into_body();
    let bar = progress_bar(bytes);
    let mut pending = Vec::new();
    while let Some(frame) = reply.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        pending.extend_from_slice(&data);
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=end).collect();
            match serde_json::from_slice(&line)? {
                ImportEvent::Progress { rows, bytes } => {
                    bar.set_position(bytes);
                    bar.set_message(format!("{rows} rows"));
                }
                ImportEvent::Done(summary) => {
                    bar.finish_and_clear();
                    return Ok(summary);
                }
                ImportEvent::Failed { problem, summary } => {
                    bar.finish_and_clear();
                    let detail = summary.map(|summary| words(&summary)).unwrap_or_default();
                    return Err(format!("nothing was changed: {}\n{detail}", problem.detail).into());
                }
            }
        }
        if pending.len() > MAX_EVENT_BYTES {
            break;
        }
    }
    Err("the node ended the import without a result: look at its log".into())
}

fn progress_bar(bytes: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {msg} {eta}");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn words(summary: &ImportSummary) -> String {
    let mut text = format!(
        "{} rows read, {} taken, {} rejected ({} of them keep their old record), {} vanished, {} past their term\n",
        summary.rows_read, summary.accepted, summary.rejected, summary.kept_old, summary.vanished, summary.expired,
    );
    for (row, column, reason) in &summary.rejections {
        text.push_str(&format!("  row {row}, {column}: {reason}\n"));
    }
    let unlisted = summary.rejected.saturating_sub(summary.rejections.len() as u64);
    if unlisted > 0 {
        text.push_str(&format!("  and {unlisted} more\n"));
    }
    text
}
