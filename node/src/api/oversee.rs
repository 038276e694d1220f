//! Routes of those who oversee: figures, findings, specific looks, exports, subject access.

use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use weegnet_protocol::id::{EntryId, StatementId};
use weegnet_protocol::log::LogName;

use super::problem::Problem;
use super::routes::Proven;
use crate::desk::corrections::CorrectionView;
use crate::desk::oversee::{Export, Look, LookedAt};
use crate::desk::sealed::Show;
use crate::desk::subject::{Decide, FindRequest, Letter, RequestLine, RequestView, Words};
use crate::desk::tell::{Tell, TellView};
use crate::node::Node;
use crate::oversight::calendar::Period;
use crate::oversight::entries::EntryView;
use crate::oversight::facts::Selection;
use crate::oversight::findings::Finding;
use crate::oversight::report::Report;
use crate::oversight::subject::Objection;

/// What officers and supervisors may do.
pub(super) fn routes() -> Router<Arc<Node>> {
    Router::new()
        .route("/v1/officer/report", post(report))
        .route("/v1/officer/findings", get(findings))
        .route("/v1/officer/look", post(look))
        .route("/v1/officer/log", get(log))
        .route("/v1/export", post(export))
        .route("/v1/sealed/show", post(show_sealed))
        .route("/v1/subject", get(subject_list).post(subject_find))
        .route("/v1/subject/{id}", get(subject_show))
        .route("/v1/subject/{id}/decide", post(subject_decide))
        .route("/v1/subject/{id}/extend", post(subject_extend))
        .route("/v1/subject/{id}/letter", post(subject_letter))
        .route("/v1/subject/{id}/rectify", post(subject_rectify))
        .route("/v1/subject/{id}/erasure", post(subject_erasure))
        .route("/v1/subject/{id}/object", post(subject_object))
        .route("/v1/subject/{id}/tell", post(subject_tell))
        .route("/v1/officer/corrections", get(corrections))
        .route("/v1/officer/corrections/{id}/done", post(correction_done))
}

type Answer<T> = Result<Json<T>, Problem>;

async fn report(Proven(desk): Proven, Json(selection): Json<Selection>) -> Answer<Report> {
    Ok(Json(desk.report(selection).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    period: Period,
}

async fn findings(Proven(desk): Proven, Query(when): Query<When>) -> Answer<Vec<Finding>> {
    Ok(Json(desk.findings(when.period).await?))
}

async fn look(Proven(desk): Proven, Json(look): Json<Look>) -> Answer<Vec<LookedAt>> {
    Ok(Json(desk.look(look).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    log: Option<LogName>,
    id: Option<EntryId>,
}

async fn log(Proven(desk): Proven, Query(which): Query<Which>) -> Answer<Vec<EntryView>> {
    Ok(Json(desk.log(which.log, which.id).await?))
}

async fn export(Proven(desk): Proven, Json(what): Json<Export>) -> Result<Response, Problem> {
    let bytes = desk.export(what).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

async fn show_sealed(Proven(desk): Proven, Json(show): Json<Show>) -> Result<Response, Problem> {
    let bytes = desk.show_sealed(show).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

async fn subject_find(Proven(desk): Proven, Json(find): Json<FindRequest>) -> Answer<RequestView> {
    Ok(Json(desk.subject_find(find).await?))
}

async fn subject_list(Proven(desk): Proven) -> Answer<Vec<RequestLine>> {
    Ok(Json(desk.subject_list().await?))
}

async fn subject_show(Proven(desk): Proven, Path(id): Path<EntryId>) -> Answer<RequestView> {
    Ok(Json(desk.subject_show(id).await?))
}

async fn subject_decide(
    Proven(desk): Proven,
    Path(id): Path<EntryId>,
    Json(decide): Json<Decide>,
) -> Answer<RequestLine> {
    Ok(Json(desk.subject_decide(id, decide).await?))
}

async fn subject_extend(Proven(desk): Proven, Path(id): Path<EntryId>, Json(why): Json<Words>) -> Answer<RequestLine> {
    Ok(Json(desk.subject_extend(id, why).await?))
}

async fn subject_letter(Proven(desk): Proven, Path(id): Path<EntryId>) -> Answer<Letter> {
    Ok(Json(desk.subject_letter(id).await?))
}

async fn subject_rectify(Proven(desk): Proven, Path(id): Path<EntryId>, Json(what): Json<Words>) -> Answer<Objection> {
    Ok(Json(desk.subject_rectify(id, what).await?))
}

async fn subject_object(Proven(desk): Proven, Path(id): Path<EntryId>, Json(what): Json<Words>) -> Answer<Objection> {
    Ok(Json(desk.subject_object(id, what).await?))
}

async fn subject_erasure(Proven(desk): Proven, Path(id): Path<EntryId>, Json(what): Json<Words>) -> Answer<Objection> {
    Ok(Json(desk.subject_erasure(id, what).await?))
}

async fn subject_tell(Proven(desk): Proven, Path(id): Path<EntryId>, Json(what): Json<Tell>) -> Answer<TellView> {
    Ok(Json(desk.subject_tell(id, what).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Extent {
    #[serde(default)]
    all: bool,
}

async fn corrections(Proven(desk): Proven, Query(extent): Query<Extent>) -> Answer<Vec<CorrectionView>> {
    Ok(Json(desk.corrections(extent.all).await?))
}

async fn correction_done(
    Proven(desk): Proven,
    Path(id): Path<StatementId>,
    Json(what): Json<Words>,
) -> Answer<CorrectionView> {
    Ok(Json(desk.correction_done(id, what).await?))
}
