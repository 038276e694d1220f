//! What people have to know before they act: who takes part, what may be asked on which ground, and what would leave.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use weegnet_policy::convenant::{AnswerMode, Ratified};
use weegnet_policy::role::Role;
use weegnet_protocol::Oin;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::{ConvenantId, Slug, UitvraagId};
use weegnet_protocol::statement::ANSWER_BODY_BYTES;

use super::{Desk, DeskError};
use crate::clock;
use crate::exchange::ActError;
use crate::exchange::record::Side;

/// What an author may choose from under one convenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Guide {
    /// Which.
    pub convenant: ConvenantId,
    /// Its title.
    pub title: String,
    /// The one purpose, in words.
    pub purpose: String,
    /// The article that sets it.
    pub article: String,
    /// Criteria: code and words.
    pub criteria: Vec<(Slug, String)>,
    /// Reasons to ask beyond the core: code and words.
    pub reasons: Vec<(Slug, String)>,
    /// Who may be asked.
    pub parties: Vec<GuideParty>,
    /// Who may approve.
    pub approvers: Vec<(Oin, String)>,
    /// The law that lets a BSN be used, where one does.
    pub bsn_law: Option<String>,
    /// Most questions that one author may ask in a day.
    pub per_author: u32,
    /// How long an answer may take when nobody says, in seconds.
    pub window_seconds: u64,
}

/// One organisation that may be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GuideParty {
    /// Which.
    pub oin: Oin,
    /// Its name.
    pub name: String,
    /// Whether it weighs with us; everybody else is asked with a coded reason.
    pub core: bool,
    /// Whether it answers at all.
    pub answers: bool,
    /// On which ground it may tell us: article and decision.
    pub ground: Option<String>,
}

/// Exactly what goes out when a reviewer lets it go.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Leaving {
    /// To whom.
    pub to: Oin,
    /// The contact point: all that the answer says.
    pub contact: String,
    /// Which uitvraag it answers.
    pub uitvraag: UitvraagId,
    /// SHA-256 of the question that it is bound to.
    pub question: Hash,
    /// Its size; the other answer has the same.
    pub bytes: usize,
    /// Grounds of which one has to be named, where a law binds us to secrecy: code and words.
    pub grounds: Vec<(Slug, String)>,
    /// Whether somebody let it go before, and a second person has to.
    pub second: bool,
}

impl Desk {
    /// What may be asked of whom, under each convenant that holds now.
    pub async fn guides(&self) -> Result<Vec<Guide>, DeskError> {
        self.expect(Role::Author).await?;
        let now = clock::now();
        let policies = self.node.convenants.all();
        let holds = policies.iter().map(|policy| policy.ratified()).filter(|ratified| ratified.in_force(now));
        Ok(holds.map(|ratified| self.guide(ratified)).collect())
    }

    /// A convenant that holds here, with all its terms: everybody may read what the parties agreed.
    pub fn convenant(&self, id: &ConvenantId) -> Result<Arc<Ratified>, DeskError> {
        Ok(Arc::clone(self.policy(id)?.ratified()))
    }

    /// The very text under which an uitvraag was asked: what its codes say in words is not a later version's to change.
    pub fn cited(&self, id: UitvraagId) -> Option<Arc<Ratified>> {
        let sides = [Side::Question, Side::Approval, Side::Own];
        let (_, record) = sides.into_iter().find_map(|side| self.node.find_case(side, id))?;
        let policy = self.node.convenants.policy(&record.matter().convenant)?;
        Some(Arc::clone(policy.ratified()))
    }

    /// What an organisation is called in the convenanten here; its number when none names it.
    pub fn name_of(&self, oin: &Oin) -> String {
        let texts = self.node.convenants.texts();
        let named = texts.iter().find_map(|policy| Some(policy.ratified().party(oin)?.name.to_string()));
        named.unwrap_or_else(|| oin.to_string())
    }

    /// This organisation.
    pub fn us(&self) -> Oin {
        self.node.us()
    }

    /// Exactly what leaves if a reviewer lets it go. Whoever may not look at the matches does not see this either.
    pub async fn leaving(&self, id: UitvraagId) -> Result<Leaving, DeskError> {
        let (_, record) = self.matched_case(id).await?;
        // As `release` takes it: what the reviewer reads is what leaves, also when a new version has another contact point.
        let policy = self.node.convenants.policy(&record.matter.convenant).ok_or(ActError::TooLate)?;
        let ratified = policy.ratified();
        let us = self.node.us();
        let contact = ratified.contact(&us).ok_or(DeskError::NotFound("contact point"))?;
        Ok(Leaving {
            to: record.matter.from,
            contact: contact.to_string(),
            uitvraag: id,
            question: record.matter.statement,
            bytes: ANSWER_BODY_BYTES,
            grounds: coded(&ratified.terms().secrecy_grounds),
            second: self.is_another(record.first_of_two.as_ref()),
        })
    }

    fn guide(&self, ratified: &Ratified) -> Guide {
        let us = self.node.us();
        let terms = ratified.terms();
        let others = || terms.parties.iter().filter(|party| party.oin != us && ratified.takes_part(&party.oin));
        let ground = |from: &Oin| {
            let basis = terms.bases.iter().find(|basis| basis.from == *from && basis.to == us)?;
            Some(format!("{} ({})", basis.article, basis.decision))
        };
        let parties = others().map(|party| GuideParty {
            oin: party.oin,
            name: party.name.to_string(),
            core: party.is_core(),
            answers: party.mode != AnswerMode::Never,
            ground: ground(&party.oin),
        });
        Guide {
            convenant: terms.id.clone(),
            title: terms.title.to_string(),
            purpose: terms.purpose.description.to_string(),
            article: terms.purpose.article.to_string(),
            criteria: coded(&terms.criteria),
            reasons: coded(&terms.reasons),
            parties: parties.collect(),
            approvers: others().filter(|party| party.is_core()).map(|p| (p.oin, p.name.to_string())).collect(),
            bsn_law: terms.bsn.law.as_ref().filter(|_| terms.bsn.allowed).map(ToString::to_string),
            per_author: terms.quota.per_author,
            window_seconds: ratified.default_window().0 / 1000,
        }
    }
}

fn coded(list: &[weegnet_policy::convenant::Coded]) -> Vec<(Slug, String)> {
    list.iter().map(|coded| (coded.code.clone(), coded.text.to_string())).collect()
}
