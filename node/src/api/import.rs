//! Register import over the API: the file streams in, progress streams out, one JSON object a line.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::io::{StreamReader, SyncIoBridge};
use weegnet_protocol::id::ConvenantId;

use super::problem::Problem;
use super::routes::Proven;
use crate::desk::DeskError;
use crate::desk::operator::{ImportError, ImportOptions, ImportReport, Mapping, Progress, Refolded};
use crate::node::Node;

/// Carries the mapping, base64 of its TOML.
pub const MAPPING_HEADER: &str = "weegnet-mapping";
/// Progress is told at most this often.
const BETWEEN_EVENTS: Duration = Duration::from_millis(100);
/// What is read and thrown away of a file after its import stopped: at most 16 GiB.
const MAX_DRAINED_BYTES: u64 = 16 << 30;
/// Events that wait for a slow caller.
const EVENTS: usize = 64;

/// What the query may say.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportQuery {
    /// Which register.
    pub convenant: Option<ConvenantId>,
    /// More than 5 % rejected is fine.
    #[serde(default)]
    pub confirm_rejected: bool,
    /// More than 10 % vanished is fine.
    #[serde(default)]
    pub confirm_vanished: bool,
}

/// One line of the reply.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportEvent {
    /// Still reading.
    Progress {
        /// Rows so far.
        rows: u64,
        /// Bytes so far.
        bytes: u64,
    },
    /// The new generation is in force.
    Done(ImportSummary),
    /// Nothing has changed.
    Failed {
        /// Why, and what to do.
        problem: Problem,
        /// What the import would have done.
        summary: Option<ImportSummary>,
    },
}

/// What an import did, or would have done.
#[derive(Debug, Serialize, Deserialize)]
pub struct ImportSummary {
    /// Which register.
    pub convenant: Option<ConvenantId>,
    /// Rows in the file.
    pub rows_read: u64,
    /// Rows taken.
    pub accepted: u64,
    /// Old records kept in place of rejected rows.
    pub kept_old: u64,
    /// Rows refused.
    pub rejected: u64,
    /// Known rows that the file no longer has.
    pub vanished: u64,
    /// Known rows whose term has passed.
    pub expired: u64,
    /// The first refused rows: row, column, reason; never the value.
    pub rejections: Vec<(u64, String, String)>,
    /// SHA-256 of the file.
    pub source_digest: weegnet_protocol::codec::Hash,
}

impl ImportSummary {
    fn of(convenant: Option<ConvenantId>, report: &ImportReport) -> Self {
        let rejections = report.rejections.iter();
        ImportSummary {
            convenant,
            rows_read: report.rows_read,
            accepted: report.accepted,
            kept_old: report.kept_old,
            rejected: report.rejected,
            vanished: report.vanished,
            expired: report.expired,
            rejections: rejections.map(|r| (r.row, r.column.to_string(), r.reason.to_string())).collect(),
            source_digest: report.source_digest,
        }
    }
}

/// Whether this person may import, before a file is sent: a refusal in the middle of an upload would not be read.
pub(super) async fn may_import(Proven(desk): Proven, Query(query): Query<ImportQuery>) -> Result<Json<()>, Problem> {
    Ok(Json(desk.may_import(query.convenant).await?))
}

pub(super) async fn import(
    State(_): State<Arc<Node>>,
    Proven(desk): Proven,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let mapping = match request.headers().get(MAPPING_HEADER) {
        None => Mapping::default(),
        Some(value) => mapping(value.as_bytes())?,
    };
    let options = ImportOptions {
        convenant: query.convenant,
        mapping,
        confirm_rejected: query.confirm_rejected,
        confirm_vanished: query.confirm_vanished,
    };
    let (events, mut receiver) = mpsc::channel::<ImportEvent>(EVENTS);
    let stream = request.into_body().into_data_stream().map_err(io::Error::other);
    let runtime = tokio::runtime::Handle::current();
    let mut bridge = SyncIoBridge::new_with_handle(StreamReader::new(stream), runtime.clone());
    tokio::task::spawn_blocking(move || {
        let mut told = Instant::now();
        let progress = |at: Progress| {
            if told.elapsed() >= BETWEEN_EVENTS {
                told = Instant::now();
                // A caller who does not read misses progress, not the result.
                let _ = events.try_send(ImportEvent::Progress { rows: at.rows, bytes: at.bytes });
            }
        };
        let result = desk.import(&mut bridge, &options, &runtime, progress);
        // A caller who is still sending would lose the connection, and with it the reason.
        let _ = io::copy(&mut bridge.take(MAX_DRAINED_BYTES), &mut io::sink());
        let event = match result {
            Ok((convenant, report)) => ImportEvent::Done(ImportSummary::of(Some(convenant), &report)),
            Err(error) => failed(error),
        };
        let _ = events.blocking_send(event);
    });
    let lines = futures::stream::poll_fn(move |context| receiver.poll_recv(context)).map(|event| {
        let mut line = serde_json::to_vec(&event).map_err(io::Error::other)?;
        line.push(b'\n');
        Ok::<_, io::Error>(Bytes::from(line))
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

/// Which register is indexed anew.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefoldQuery {
    /// May be left out when one convenant is in force.
    pub convenant: Option<ConvenantId>,
}

pub(super) async fn refold(Proven(desk): Proven, Query(query): Query<RefoldQuery>) -> Result<Json<Refolded>, Problem> {
    let runtime = tokio::runtime::Handle::current();
    let done = tokio::task::spawn_blocking(move || desk.refold(query.convenant, &runtime)).await;
    Ok(Json(done.map_err(|_| Problem::bad_request("refolding broke off; the register is as it was"))??))
}

fn failed(error: DeskError) -> ImportEvent {
    let summary = match &error {
        DeskError::Import(ImportError::NeedsConfirmation { report, .. }) => Some(ImportSummary::of(None, report)),
        _ => None,
    };
    ImportEvent::Failed { problem: error.into(), summary }
}

fn mapping(header: &[u8]) -> Result<Mapping, Problem> {
    let text = data_encoding::BASE64.decode(header).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(|| Problem::bad_request("the mapping is not UTF-8 text"))?;
    Mapping::parse(&text).map_err(|error| Problem::bad_request(error.to_string()))
}
