//! The routes: one line per act of the desk.

use std::sync::Arc;

use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequestParts, Path, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::map_response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use weegnet_protocol::Oin;
use weegnet_protocol::id::{Slug, UitvraagId};

use super::problem::{self, Problem};
use super::serve::OsUser;
use crate::desk::ask::AskRequest;
use crate::desk::operator::{AddPerson, Adopt, ChangePerson, InForce, PersonView, TakeRole};
use crate::desk::recover::{Bring, Brought};
use crate::desk::retain::{HoldView, PlaceHold, PlanLine};
use crate::desk::sealed::TablesView;
use crate::desk::signin::{InvitePerson, Invited};
use crate::desk::view::{DraftView, InboxItem, OwnView, ReviewView, Summary};
use crate::desk::weigh::{Decide, Weigh};
use crate::desk::witness::Override;
use crate::desk::{Desk, DeskError};
use crate::node::Node;
use crate::people::{Credential, PeopleError};
use crate::retention::Report;

/// Largest JSON request: 4 MiB, for a convenant with many parties.
const MAX_JSON_BYTES: usize = 4 * 1024 * 1024;

/// The whole API of a node.
pub fn router(node: Arc<Node>) -> Router {
    Router::new()
        .route("/v1/status", get(status))
        .route("/v1/people", get(people).post(add_person))
        .route("/v1/people/change", post(change_person))
        .route("/v1/people/take", post(take_role))
        .route("/v1/people/sign-in", post(invite))
        .route("/v1/convenanten", get(in_force).post(adopt))
        .route("/v1/convenanten/amend", post(amend))
        .route("/v1/uitvragen", get(uitvragen).post(ask))
        .route("/v1/uitvragen/{id}", get(uitvraag))
        .route("/v1/uitvragen/{id}/ended", get(ended))
        .route("/v1/uitvragen/{id}/withdraw", post(withdraw))
        .route("/v1/uitvragen/{id}/weigh", post(weigh))
        .route("/v1/uitvragen/{id}/decide", post(decide))
        .route("/v1/drafts/{id}", get(draft))
        .route("/v1/drafts/{id}/approve", post(approve))
        .route("/v1/drafts/{id}/decline", post(decline))
        .route("/v1/witness/override", post(sign_unheard))
        .route("/v1/inbox", get(inbox))
        .route("/v1/inbox/{id}", get(review))
        .route("/v1/inbox/{id}/release", post(release))
        .route("/v1/inbox/{id}/withhold", post(withhold))
        .route("/v1/retention/plan", get(retention_plan))
        .route("/v1/retention/run", post(retention_run))
        .route("/v1/retention/holds", get(holds).post(place_hold))
        .route("/v1/retention/holds/{id}/lift", post(lift_hold))
        .route("/v1/register/refold", post(super::import::refold))
        .route("/v1/sealed/publish", post(publish_table))
        .merge(super::oversee::routes())
        .layer(DefaultBodyLimit::max(MAX_JSON_BYTES))
        .route(
            "/v1/register",
            get(super::import::may_import).merge(post(super::import::import).layer(DefaultBodyLimit::disable())),
        )
        .layer(map_response(problem::told))
        .with_state(node)
}

/// A proven person: every route but the status needs one.
pub struct Proven(pub Desk);

impl FromRequestParts<Arc<Node>> for Proven {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, Problem> {
        let not_proven = || Problem::from(DeskError::from(PeopleError::NotProven));
        let ConnectInfo(OsUser(os_user)) = *parts.extensions.get::<ConnectInfo<OsUser>>().ok_or_else(not_proven)?;
        let token = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let credential: Option<Credential> = token.and_then(|token| token.strip_prefix("Bearer ")?.parse().ok());
        let credential = credential.ok_or_else(not_proven)?;
        Ok(Proven(Desk::enter(node, &credential, os_user)?))
    }
}

type Answer<T> = Result<Json<T>, Problem>;

/// The state of a running node; nothing about persons.
#[derive(Debug, Serialize, Deserialize)]
pub struct Status {
    /// This organisation.
    pub oin: weegnet_protocol::Oin,
    /// Organisations that a connection exists to.
    pub connected: Vec<weegnet_protocol::Oin>,
    /// Connections of strangers that were turned away.
    pub strangers_refused: u64,
    /// Tables by which it is asked, and asks, sealed.
    #[serde(default)]
    pub tables: TablesView,
}

async fn status(State(node): State<Arc<Node>>) -> Json<Status> {
    let link = node.link.get();
    let connected = link.map(|link| link.status()).unwrap_or_default();
    Json(Status {
        oin: node.us(),
        connected: connected.into_iter().filter(|peer| peer.connected).map(|peer| peer.oin).collect(),
        strangers_refused: link.map_or(0, |link| link.strangers_refused()),
        tables: TablesView::of(&node),
    })
}

async fn sign_unheard(Proven(desk): Proven, Json(request): Json<Override>) -> Result<Json<()>, Problem> {
    Ok(Json(desk.sign_unheard(request).await?))
}

async fn amend(Proven(desk): Proven, Json(bring): Json<Bring>) -> Answer<Brought> {
    Ok(Json(desk.bring_amendments(bring).await?))
}

async fn people(Proven(desk): Proven) -> Json<Vec<PersonView>> {
    Json(desk.people())
}

async fn add_person(Proven(desk): Proven, Json(add): Json<AddPerson>) -> Answer<()> {
    Ok(Json(desk.add_person(add).await?))
}

async fn change_person(Proven(desk): Proven, Json(change): Json<ChangePerson>) -> Answer<()> {
    Ok(Json(desk.change_person(change).await?))
}

async fn take_role(Proven(desk): Proven, Json(take): Json<TakeRole>) -> Answer<()> {
    Ok(Json(desk.take_role(take).await?))
}

async fn invite(Proven(desk): Proven, Json(invite): Json<InvitePerson>) -> Answer<Invited> {
    Ok(Json(desk.invite(invite).await?))
}

async fn in_force(Proven(desk): Proven) -> Json<Vec<InForce>> {
    Json(desk.in_force())
}

async fn adopt(Proven(desk): Proven, Json(adopt): Json<Adopt>) -> Answer<InForce> {
    Ok(Json(desk.adopt(adopt).await?))
}

/// The id of a new uitvraag.
#[derive(Debug, Serialize, Deserialize)]
pub struct Asked {
    /// Which.
    pub id: UitvraagId,
}

async fn ask(Proven(desk): Proven, Json(request): Json<AskRequest>) -> Answer<Asked> {
    Ok(Json(Asked { id: desk.ask(request).await? }))
}

async fn uitvragen(Proven(desk): Proven) -> Answer<Vec<Summary>> {
    Ok(Json(desk.uitvragen().await?))
}

async fn uitvraag(Proven(desk): Proven, Path(id): Path<UitvraagId>) -> Answer<OwnView> {
    Ok(Json(desk.uitvraag(id).await?))
}

async fn ended(Proven(desk): Proven, Path(id): Path<UitvraagId>) -> Answer<bool> {
    Ok(Json(desk.has_ended(id).await?))
}

async fn withdraw(Proven(desk): Proven, Path(id): Path<UitvraagId>) -> Answer<()> {
    Ok(Json(desk.withdraw(id).await?))
}

async fn weigh(Proven(desk): Proven, Path(id): Path<UitvraagId>, Json(weigh): Json<Weigh>) -> Answer<Vec<Oin>> {
    Ok(Json(desk.weigh(id, weigh).await?))
}

async fn decide(Proven(desk): Proven, Path(id): Path<UitvraagId>, Json(decide): Json<Decide>) -> Answer<()> {
    Ok(Json(desk.decide(id, decide).await?))
}

async fn draft(Proven(desk): Proven, Path(id): Path<UitvraagId>) -> Answer<DraftView> {
    Ok(Json(desk.draft(id).await?))
}

async fn approve(Proven(desk): Proven, Path(id): Path<UitvraagId>) -> Answer<Option<String>> {
    Ok(Json(desk.approve(id).await?))
}

/// An internal reason; it never leaves the node.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The words.
    pub reason: Option<String>,
}

async fn decline(Proven(desk): Proven, Path(id): Path<UitvraagId>, Json(reason): Json<Reason>) -> Answer<()> {
    Ok(Json(desk.decline(id, reason.reason).await?))
}

async fn inbox(Proven(desk): Proven) -> Answer<Vec<InboxItem>> {
    Ok(Json(desk.inbox().await?))
}

async fn review(Proven(desk): Proven, Path(id): Path<UitvraagId>) -> Answer<ReviewView> {
    Ok(Json(desk.review(id).await?))
}

/// On which ground a party that is bound to secrecy releases; it never leaves the node.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// A code of the convenant.
    pub ground: Option<Slug>,
}

async fn release(
    Proven(desk): Proven,
    Path(id): Path<UitvraagId>,
    Json(ground): Json<Option<Ground>>,
) -> Answer<Option<String>> {
    Ok(Json(desk.release(id, ground.and_then(|on| on.ground)).await?))
}

async fn withhold(Proven(desk): Proven, Path(id): Path<UitvraagId>, Json(reason): Json<Reason>) -> Answer<()> {
    Ok(Json(desk.withhold(id, reason.reason.unwrap_or_default()).await?))
}

async fn retention_plan(Proven(desk): Proven) -> Answer<Vec<PlanLine>> {
    Ok(Json(desk.retention_plan().await?))
}

/// A pass.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRetention {
    /// Only say what would go.
    pub dry_run: bool,
}

async fn retention_run(Proven(desk): Proven, Json(run): Json<RunRetention>) -> Answer<Report> {
    Ok(Json(desk.retention_run(run.dry_run).await?))
}

/// Of which register a table is published; may be left out when one convenant is in force.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// Which.
    pub convenant: Option<Slug>,
}

async fn publish_table(Proven(desk): Proven, Json(publish): Json<Publish>) -> Answer<TablesView> {
    Ok(Json(desk.publish_table(publish.convenant).await?))
}

async fn holds(Proven(desk): Proven) -> Answer<Vec<HoldView>> {
    Ok(Json(desk.holds().await?))
}

async fn place_hold(Proven(desk): Proven, Json(place): Json<PlaceHold>) -> Answer<HoldView> {
    Ok(Json(desk.place_hold(place).await?))
}

async fn lift_hold(Proven(desk): Proven, Path(id): Path<UitvraagId>, Json(reason): Json<Reason>) -> Answer<()> {
    Ok(Json(desk.lift_hold(id, reason.reason.unwrap_or_default()).await?))
}
