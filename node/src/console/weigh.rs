//! Weighing and deciding, on the page of the uitvraag: criterion by criterion with a reason, for each core party; then what
//! follows.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use weegnet_policy::role::Role;
use weegnet_protocol::Oin;
use weegnet_protocol::id::{Slug, UitvraagId};

use super::form::Given;
use super::page::Visitor;
use super::person::words_of;
use super::when::{Moment, moment};
use crate::desk::DeskError;
use crate::desk::view::OwnView;
use crate::desk::weigh::{Decide, Weigh};
use crate::exchange::weighed::Outcome;

/// Before the code of a criterion, in the name of its field.
const CRITERION: &str = "criterium-";

/// What the page of an uitvraag shows of it.
pub struct Weighing {
    /// Whether there is anything to show.
    pub shown: bool,
    /// Whether this person can weigh now.
    pub acts: bool,
    /// What was weighed.
    pub done: Vec<Weighed>,
    /// Core parties whose weging is missing.
    pub missing: Vec<String>,
    /// What was decided.
    pub besluit: Option<Decided>,
    /// Core parties.
    pub core: Vec<(Oin, String)>,
    /// Who can be invited.
    pub parties: Vec<(Oin, String)>,
    /// Criteria: code and words.
    pub criteria: Vec<(Slug, String)>,
    /// Outcomes: code and words.
    pub outcomes: Vec<(&'static str, String)>,
}

/// The weging of one core party.
pub struct Weighed {
    /// Whose.
    pub of: String,
    /// Who wrote it down.
    pub by: String,
    /// When.
    pub at: Moment,
    /// In words, each with its reason.
    pub criteria: Vec<(String, String)>,
}

/// What was decided.
pub struct Decided {
    /// In words.
    pub outcome: String,
    /// Who is invited.
    pub with: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who wrote it down.
    pub by: String,
    /// When.
    pub at: Moment,
}

impl Weighing {
    /// As it stands, for this person.
    pub fn of(visitor: &Visitor, view: &OwnView) -> Self {
        let (desk, words) = (visitor.desk(), visitor.words);
        let text = desk.cited(view.id);
        let terms = text.as_deref().map(|text| text.terms());
        let list = terms.map(|terms| terms.criteria.as_slice()).unwrap_or_default();
        let parties = terms.map(|terms| terms.parties.as_slice()).unwrap_or_default();
        let named = |core: bool| {
            let those = parties.iter().filter(|party| !core || party.is_core());
            those.map(|party| (party.oin, party.name.to_string())).collect()
        };
        let outcome = |outcome: Outcome| words.say(&format!("outcome-{outcome}"));
        let done = view.wegingen.iter().map(|weging| Weighed {
            of: desk.name_of(&weging.of),
            by: weging.by.to_string(),
            at: moment(&weging.at),
            criteria: weging.criteria.iter().map(|(code, why)| (words_of(list, code), why.clone())).collect(),
        });
        Weighing {
            shown: view.weighs || !view.wegingen.is_empty(),
            acts: view.weighs && visitor.signed_in.roles().contains(Role::Author),
            done: done.collect(),
            missing: view.unweighed.iter().filter(|_| view.weighs).map(|oin| desk.name_of(oin)).collect(),
            besluit: view.besluit.as_ref().map(|besluit| Decided {
                outcome: outcome(besluit.outcome),
                with: besluit.with.iter().map(|oin| desk.name_of(oin)).collect(),
                reason: besluit.reason.clone(),
                by: besluit.by.to_string(),
                at: moment(&besluit.at),
            }),
            core: named(true),
            parties: named(false),
            criteria: list.iter().map(|coded| (coded.code.clone(), coded.text.to_string())).collect(),
            outcomes: Outcome::ALL.into_iter().map(|code| (code.as_str(), outcome(code))).collect(),
        }
    }
}

/// Records a weging.
pub async fn weigh(visitor: Visitor, Path(id): Path<UitvraagId>, given: Given) -> Result<Response, Response> {
    let refused = |error| visitor.refused(error);
    let desk = visitor.desk();
    // Whether it exists for this person comes before what the form says.
    desk.has_ended(id).await.map_err(refused)?;
    let coded = given.starting_with(CRITERION).map(|(name, why)| Ok((read(&name[CRITERION.len()..])?, why)));
    let criteria = coded.collect::<Result<Vec<_>, _>>().map_err(refused)?;
    let weigh = Weigh { of: Some(read(given.one("van")).map_err(refused)?), criteria };
    desk.weigh(id, weigh).await.map_err(refused)?;
    Ok(Redirect::to(&format!("/uitvragen/{id}")).into_response())
}

/// Records a decision.
pub async fn decide(visitor: Visitor, Path(id): Path<UitvraagId>, given: Given) -> Result<Response, Response> {
    let refused = |error| visitor.refused(error);
    let desk = visitor.desk();
    desk.has_ended(id).await.map_err(refused)?;
    let with = given.all("met").map(read).collect::<Result<Vec<_>, _>>().map_err(refused)?;
    let outcome = read(given.one("uitkomst")).map_err(refused)?;
    desk.decide(id, Decide { outcome, with, reason: given.one("waarom").to_owned() }).await.map_err(refused)?;
    Ok(Redirect::to(&format!("/uitvragen/{id}")).into_response())
}

fn read<T: std::str::FromStr>(text: &str) -> Result<T, DeskError> {
    text.parse().map_err(|_| DeskError::Input("the form is not whole: open the uitvraag again".into()))
}
