//! "What if": the same facts and the same rules for a situation that nobody is in. Nothing is permitted by it.

use std::sync::Arc;

use cedar_policy::EntityUid;
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::{Slug, StatementId, UitvraagId};
use weegnet_protocol::oin::Oin;
use weegnet_protocol::person::{BirthDate, Fields, PersonRef};
use weegnet_protocol::purpose::Purpose;
use weegnet_protocol::sign::Header;
use weegnet_protocol::statement::{Draft, DraftCore, Kind, Motivation, Recipient, Subject};
use weegnet_protocol::time::Timestamp;

use super::acts::{Deciding, Matching, Searcher, Weighing, Withdrawing};
use super::engine::{Action, Step};
use super::facts::Facts;
use super::house::{Administering, HouseAct};
use super::{Answering, Approving, Asking, Denial, LocalRules, Policy, PolicyError, Releasing};
use crate::convenant::{Convenant, Ratified};
use crate::role::Roles;

/// A BSN that belongs to nobody: the example in public documentation.
const EXAMPLE_BSN: &str = "123456782";
/// Nobody born then is a minor in any year that a convenant knows.
const ADULT_SINCE: u16 = 1900;

/// The person asked about, as far as any rule looks at one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonFlags {
    /// A BSN is given.
    pub bsn: bool,
    /// Is, or may be, under 18.
    pub may_be_minor: bool,
    /// The question is marked as one about a minor.
    pub marked_minor: bool,
    /// One person is meant surely enough. With a BSN one always is.
    pub specific: bool,
}

/// A situation to explain.
#[derive(Debug, Clone)]
pub struct Situation {
    /// What is tried.
    pub act: Action,
    /// The roles of the person who tries it.
    pub roles: Roles,
    /// The organisation at which it is tried.
    pub us: Oin,
    /// Who asks.
    pub asker: Oin,
    /// Who is asked, and for which reason.
    pub recipients: Vec<(Oin, Option<Slug>)>,
    /// Whose valid approval, for exactly this question to exactly us, is there.
    pub approver: Option<Oin>,
    /// For what, when not for the convenant's own purpose.
    pub purpose: Option<Purpose>,
    /// On which criteria.
    pub criteria: Vec<Slug>,
    /// About whom.
    pub person: PersonFlags,
    /// When it is tried.
    pub now: Timestamp,
    /// When draft or question was signed.
    pub issued: Timestamp,
    /// When the answer window closes.
    pub answer_by: Timestamp,
    /// With shortened terms.
    pub urgent: bool,
    /// Whether the reviewer wrote the question.
    pub own_question: bool,
    /// Whether another approver, or another reviewer, agreed before.
    pub another_agreed: bool,
    /// On which ground a party that is bound to secrecy releases.
    pub ground: Option<Slug>,
    /// Questions that this author asked today.
    pub by_author: u64,
    /// Questions that the asking organisation asked today.
    pub by_organisation: u64,
    /// When the asking organisation last asked about the same person.
    pub same_person: Option<Timestamp>,
    /// Whether the node itself searches, and no person.
    pub by_node: bool,
    /// Whether each criterion of a weging has its reason.
    pub reasoned: bool,
    /// Whose weging is recorded.
    pub weighed_by: Vec<Oin>,
    /// Whether single cases, or persons, are shown.
    pub specific: bool,
    /// Whether that is on a mandate and a suspicion.
    pub mandated: bool,
    /// What is done to run the node.
    pub administering: Administering,
}

impl Situation {
    fn searcher(&self) -> Searcher {
        if self.by_node { Searcher::Node } else { Searcher::Person(self.roles) }
    }
}

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The rules that permit it, or what stands in the way.
    pub decision: Result<Vec<String>, Denial>,
    /// What each rule that applies to the act says, in alphabetical order.
    pub steps: Vec<Step>,
}

/// A convenant of which is only asked what it would decide; nobody needs to have signed it.
#[derive(Debug)]
pub struct WhatIf(Policy);

impl WhatIf {
    /// Makes the rules ready, with an organisation's own.
    ///
    /// # Errors
    /// When rules, schema and convenant do not fit each other: a fault of the build.
    pub fn new(convenant: Convenant, local: &LocalRules) -> Result<WhatIf, PolicyError> {
        Policy::with_local(Arc::new(Ratified::unsigned(convenant)), local).map(WhatIf)
    }

    /// The decision that would be taken, and what each rule says.
    pub fn explain(&self, it: &Situation) -> Explained {
        self.0.explain(it)
    }
}

impl Policy {
    /// The decision that would be taken in a situation, and what each rule says. Nothing comes of it.
    pub fn explain(&self, it: &Situation) -> Explained {
        let (action, principal) = (it.act, self.principal(it));
        let (resource, entities) = (self.rules.world.resource(action), &self.rules.world.entities);
        let engine = &self.rules.engine;
        let decision =
            engine.decide(action, principal.clone(), resource.clone(), self.facts_of(it).context(), entities);
        let steps = engine.each(action, principal, resource, self.facts_of(it).context(), entities);
        Explained { decision, steps }
    }

    fn principal(&self, it: &Situation) -> EntityUid {
        let world = &self.rules.world;
        match it.act {
            Action::ReceiveDraft | Action::Answer => world.party(&it.asker),
            Action::ReleaseAutomatically => world.party(&it.us),
            Action::Match => self.searcher(it.searcher(), &it.us),
            _ => world.person(it.roles),
        }
    }

    fn facts_of(&self, it: &Situation) -> Facts {
        let draft = self.draft_of(it);
        match it.act {
            Action::Ask => self.asking(&Asking {
                roles: it.roles,
                us: it.us,
                draft: &draft,
                now: it.now,
                asked_today_by_author: it.by_author,
                asked_today_by_organisation: it.by_organisation,
                same_person_last_asked: it.same_person,
            }),
            Action::ReceiveDraft => self.received_draft(&self.header_of(it, Kind::Draft), &draft, &it.us, it.now),
            Action::Approve => {
                let approving =
                    Approving { roles: it.roles, us: it.us, another_approved: it.another_agreed, now: it.now };
                self.approving(&self.header_of(it, Kind::Draft), &draft, &approving)
            }
            Action::Answer => {
                let answering = Answering {
                    us: it.us,
                    now: it.now,
                    asked_today_by_this_asker: it.by_organisation,
                    same_person_last_asked_by_this_asker: it.same_person,
                };
                let header = self.header_of(it, Kind::Uitvraag);
                // As it would be asked: judged before it opens, and once more after that.
                let sealed = !self.ratified.asks_openly(&it.asker, &it.us);
                self.asked(&header, &draft.core, (Some(&draft.subject), sealed), it.approver.as_ref(), &answering)
            }
            Action::Release => self.releasing(&Releasing {
                roles: it.roles,
                us: it.us,
                person_is_author_of_question: it.own_question,
                another_released: it.another_agreed,
                ground: it.ground.clone(),
                now: it.now,
                answer_by: it.answer_by,
                uitvraag_id: draft.core.uitvraag_id,
                question: draft.core.hash(),
            }),
            Action::ReleaseAutomatically => self.automatically(&it.us, &it.asker, it.answer_by, it.now),
            Action::Match => self.matching(&Matching {
                by: it.searcher(),
                us: it.us,
                asker: it.asker,
                person_is_author_of_question: it.own_question,
                now: it.now,
                answer_by: it.answer_by,
            }),
            Action::Withdraw => self.withdrawing(&Withdrawing { roles: it.roles, us: it.us, asker: it.asker }),
            Action::Weigh => self.weighing(&Weighing {
                roles: it.roles,
                us: it.us,
                criteria: it.criteria.clone(),
                reasoned: it.reasoned,
            }),
            Action::Decide => {
                self.deciding(&Deciding { roles: it.roles, us: it.us, weighed_by: it.weighed_by.clone() })
            }
            Action::ReadLog => HouseAct::ReadLog { specific: it.specific, mandated: it.mandated }.facts(),
            Action::SubjectAccess => HouseAct::SubjectAccess { content: it.specific }.facts(),
            Action::Administer => HouseAct::Administer(it.administering).facts(),
        }
    }

    fn header_of(&self, it: &Situation, kind: Kind) -> Header {
        Header {
            kind,
            key_id: Bytes([0; 32]),
            issuer: it.asker,
            audience: it.us,
            id: StatementId::new(it.issued, [0; 10]),
            issued: it.issued,
            expires: it.answer_by,
            convenant: self.ratified().reference().clone(),
        }
    }

    /// A whole question about an invented person with these marks.
    fn draft_of(&self, it: &Situation) -> Draft {
        let from = if it.act == Action::Ask { it.now } else { it.issued };
        let subject = Subject {
            salt: Bytes([0; 32]),
            minor: it.person.marked_minor,
            person: person(&it.person, from),
            criteria: it.criteria.clone(),
        };
        let motivation = Motivation { salt: Bytes([0; 32]), text: "-".into() };
        let recipients = it.recipients.iter().map(|(oin, reason)| Recipient {
            oin: *oin,
            salt: Bytes([0; 32]),
            reason: reason.clone(),
        });
        Draft {
            core: DraftCore {
                asker: it.asker,
                urgent: it.urgent,
                purpose: it.purpose.clone().unwrap_or_else(|| self.ratified().terms().purpose.uri.clone()),
                subject: subject.commitment(),
                answer_by: it.answer_by,
                convenant: self.ratified().reference().clone(),
                motivation: motivation.commitment(),
                uitvraag_id: UitvraagId::new(from, [0; 10]),
            },
            author: Bytes([0; 16]),
            subject,
            motivation,
            recipients: recipients.collect(),
        }
    }
}

fn person(flags: &PersonFlags, on: Timestamp) -> PersonRef {
    let year = if flags.may_be_minor { on.day().year } else { ADULT_SINCE };
    let fields = Fields {
        bsn: flags.bsn.then(|| EXAMPLE_BSN.parse().ok()).flatten(),
        // The registry's way to say that a surname is unknown.
        surname: if flags.specific { "Voorbeeld" } else { "." }.parse().ok(),
        birth: BirthDate::Year(year),
        ..Fields::default()
    };
    PersonRef::try_from(fields).unwrap_or_else(|_| unreachable!("it has a surname"))
}
