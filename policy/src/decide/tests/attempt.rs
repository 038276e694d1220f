//! How something is tried: what somebody brings, and the decision that is asked for.

use weegnet_protocol::codec::Bytes;
use weegnet_protocol::sealed::{BOX_BYTES, Sealed, VOUCHERS_BYTES};

use super::*;

/// Everything that a situation can change.
pub(super) struct Try<'a> {
    pub(super) policy: &'a Policy,
    pub(super) draft: Draft,
    pub(super) now: Timestamp,
    /// When draft and question are signed.
    pub(super) issued: Timestamp,
    /// Author, approver and reviewer each try with these, when they are set.
    pub(super) roles: Option<Roles>,
    /// Who signs draft and question.
    pub(super) asker: Oin,
    /// Who is asked to approve or to answer.
    pub(super) to: Oin,
    /// Who the policy is told we are, when not `to` (or, for the author, `asker`).
    pub(super) us: Option<Oin>,
    pub(super) approver: Oin,
    /// What is approved, when not the draft.
    pub(super) approved: Option<Draft>,
    /// Who signed the approval inside the question, when not the one that is checked.
    pub(super) enclosed: Option<Oin>,
    /// What verifying the approval gave, when not an approval.
    pub(super) approval: Option<VerifyError>,
    /// Changes the draft or the question after it was committed to.
    pub(super) tamper: fn(&mut Draft),
    pub(super) by_author: u64,
    pub(super) by_organisation: u64,
    pub(super) last_asked: Option<Timestamp>,
    /// The person is sealed; and opens.
    pub(super) sealed: bool,
    pub(super) opens: bool,
    pub(super) own: bool,
    pub(super) another_agreed: bool,
    pub(super) ground: Option<&'static str>,
    pub(super) by_node: bool,
    pub(super) reasoned: bool,
    pub(super) weighed_by: Vec<Oin>,
    pub(super) house: HouseAct,
}

impl<'a> Try<'a> {
    /// What is permitted: the gemeente asks, the om approves, the politie is asked and reviews.
    pub(super) fn new(policy: &'a Policy) -> Self {
        let ratified = policy.ratified();
        Try {
            policy,
            draft: draft(ratified),
            now: NOW,
            issued: NOW - Millis::seconds(60),
            roles: None,
            asker: ratified.parties()[GEMEENTE].oin,
            to: ratified.parties()[POLITIE].oin,
            us: None,
            approver: ratified.parties()[OM].oin,
            approved: None,
            enclosed: None,
            approval: None,
            tamper: |_| {},
            by_author: 0,
            by_organisation: 0,
            last_asked: None,
            sealed: false,
            opens: false,
            own: false,
            another_agreed: false,
            ground: None,
            by_node: false,
            reasoned: true,
            weighed_by: ratified.parties().iter().filter(|party| party.is_core()).map(|party| party.oin).collect(),
            house: HouseAct::RUN,
        }
    }

    /// At another moment, with everything as long ago and as far ahead.
    pub(super) fn at(&mut self, now: Timestamp) {
        self.now = now;
        self.issued = now - Millis::seconds(60);
        self.draft.core.answer_by = now + Millis(5 * DAY.0);
    }

    /// Another organisation asks.
    pub(super) fn asked_by(&mut self, party: usize) {
        self.asker = self.oin(party);
        self.draft.core.asker = self.asker;
    }

    /// Only this organisation is asked.
    pub(super) fn asks_only(&mut self, party: usize, reason: Option<&str>) {
        self.to = self.oin(party);
        self.draft.recipients = vec![recipient(self.to, reason)];
    }

    pub(super) fn oin(&self, party: usize) -> Oin {
        self.policy.ratified().parties()[party].oin
    }

    fn committed(&self) -> Draft {
        let mut draft = self.draft.clone();
        draft.core.subject = draft.subject.commitment();
        draft.core.motivation = draft.motivation.commitment();
        draft
    }

    fn tampered(&self) -> Draft {
        let mut draft = self.committed();
        (self.tamper)(&mut draft);
        draft
    }

    fn verified<T: sign::Content>(&self, content: T, from: Oin, to: Oin) -> Verified<T> {
        let ratified = self.policy.ratified();
        let statement = signed(content, from, to, ratified.reference(), self.issued);
        sign::verify(statement, ratified.as_ref(), &to, self.now).unwrap()
    }

    pub(super) fn parts(&self) -> (Verified<Uitvraag>, Result<Verified<Approval>, VerifyError>, Answering) {
        let (approved, draft) = (self.approved.clone().unwrap_or_else(|| self.committed()), self.tampered());
        let approval = self.verified(Approval::of(&approved), self.approver, self.asker);
        let enclosed = self.verified(Approval::of(&approved), self.enclosed.unwrap_or(self.approver), self.asker);
        let question = Uitvraag {
            core: draft.core,
            salt: recipient(self.to, None).salt,
            subject: if self.sealed {
                let (content, vouchers) = (Bytes([0; BOX_BYTES]), Bytes([0; VOUCHERS_BYTES]));
                AskedSubject::Sealed(Box::new(Sealed { root: Hash::of(&[]), content, vouchers }))
            } else {
                AskedSubject::Open(draft.subject)
            },
            approval: enclosed.statement().clone(),
        };
        let question = self.verified(question, self.asker, self.to);
        let answering = Answering {
            us: self.us.unwrap_or(self.to),
            now: self.now,
            asked_today_by_this_asker: self.by_organisation,
            same_person_last_asked_by_this_asker: self.last_asked,
        };
        (question, self.approval.clone().map_or(Ok(approval), Err), answering)
    }

    fn permit(&self) -> Result<Permit, Denial> {
        let (question, approval, answering) = self.parts();
        let hash = question.statement().hash();
        match self.policy.may_answer(question, approval, &answering) {
            Ok(permit) => {
                assert_eq!(permit.question().statement().hash(), hash);
                assert_eq!(permit.policy_ids(), ["answer"]);
                if self.opens {
                    self.policy.may_open(&permit, &self.committed().subject, self.last_asked)?;
                }
                Ok(permit)
            }
            Err(refused) => {
                assert_eq!(refused.question.statement().hash(), hash);
                Err(refused.denial)
            }
        }
    }
}

pub(super) fn ask(try_: Try<'_>) -> Outcome {
    let draft = try_.tampered();
    let asking = Asking {
        roles: try_.roles.unwrap_or(Roles::from([Role::Author])),
        us: try_.us.unwrap_or(try_.asker),
        draft: &draft,
        now: try_.now,
        asked_today_by_author: try_.by_author,
        asked_today_by_organisation: try_.by_organisation,
        same_person_last_asked: try_.last_asked,
    };
    let permit = try_.policy.may_ask(&asking)?;
    assert_eq!((permit.core(), permit.policy_ids()), (&draft.core.hash(), &["ask".to_owned()][..]));
    Ok(())
}

pub(super) fn receive(try_: Try<'_>) -> Outcome {
    let draft = try_.verified(try_.tampered(), try_.asker, try_.to);
    try_.policy.may_receive_draft(&draft, &try_.us.unwrap_or(try_.to), try_.now)
}

pub(super) fn approve(try_: Try<'_>) -> Outcome {
    let draft = try_.verified(try_.tampered(), try_.asker, try_.to);
    let approving = Approving {
        roles: try_.roles.unwrap_or(Roles::from([Role::Approver])),
        us: try_.us.unwrap_or(try_.to),
        another_approved: try_.another_agreed,
        now: try_.now,
    };
    let permit = try_.policy.may_approve(draft, &approving)?;
    assert_eq!(permit.approval(), Approval::of(&try_.tampered()));
    assert_eq!(permit.policy_ids(), ["approve"]);
    Ok(())
}

pub(super) fn answer(try_: Try<'_>) -> Outcome {
    try_.permit().map(drop)
}

pub(super) fn release(try_: Try<'_>) -> Outcome {
    let us = try_.us.unwrap_or(try_.to);
    let releasing = Releasing {
        roles: try_.roles.unwrap_or(Roles::from([Role::Reviewer])),
        us,
        person_is_author_of_question: try_.own,
        another_released: try_.another_agreed,
        ground: try_.ground.map(|code| code.parse().unwrap()),
        now: try_.now,
        answer_by: try_.draft.core.answer_by,
        uitvraag_id: try_.draft.core.uitvraag_id,
        question: try_.committed().core.hash(),
    };
    let permit = try_.policy.may_release(&releasing)?;
    assert_eq!(Some(permit.contact()), try_.policy.ratified().contact(&us));
    assert_eq!((permit.uitvraag_id(), permit.question()), (releasing.uitvraag_id, &releasing.question));
    Ok(())
}

/// A question that was permitted while it was open, released without a person later.
pub(super) fn release_automatically(mut try_: Try<'_>) -> Outcome {
    let now = std::mem::replace(&mut try_.now, NOW);
    let permit = try_.permit().expect("permitted");
    let released = try_.policy.automatic_release(&permit, now);
    let outcome = try_.policy.automatic(&permit, now);
    assert_eq!(released.is_some(), outcome.is_ok());
    if let Some(released) = released {
        assert_eq!(released.question(), &permit.question().statement().hash());
        assert_eq!(Some(released.contact()), try_.policy.ratified().contact(&try_.to));
    }
    outcome.map(drop)
}

/// By the node that is asked, or by a reviewer there.
pub(super) fn search(try_: Try<'_>) -> Outcome {
    try_.policy.may_match(&Matching {
        by: if try_.by_node {
            Searcher::Node
        } else {
            Searcher::Person(try_.roles.unwrap_or(Roles::from([Role::Reviewer])))
        },
        us: try_.us.unwrap_or(try_.to),
        asker: try_.asker,
        person_is_author_of_question: try_.own,
        now: try_.now,
        answer_by: try_.draft.core.answer_by,
    })
}

pub(super) fn withdraw(try_: Try<'_>) -> Outcome {
    let roles = try_.roles.unwrap_or(Roles::from([Role::Author]));
    try_.policy.may_withdraw(&Withdrawing { roles, us: try_.us.unwrap_or(try_.asker), asker: try_.asker })
}

pub(super) fn weigh(try_: Try<'_>) -> Outcome {
    try_.policy.may_weigh(&Weighing {
        roles: try_.roles.unwrap_or(Roles::from([Role::Author])),
        us: try_.us.unwrap_or(try_.asker),
        criteria: try_.draft.subject.criteria,
        reasoned: try_.reasoned,
    })
}

pub(super) fn decide(try_: Try<'_>) -> Outcome {
    try_.policy.may_decide(&Deciding {
        roles: try_.roles.unwrap_or(Roles::from([Role::Author])),
        us: try_.us.unwrap_or(try_.asker),
        weighed_by: try_.weighed_by,
    })
}

/// By the rules of a policy, as the house would: they are the same.
pub(super) fn house(try_: Try<'_>) -> Outcome {
    let (rules, act) = (&try_.policy.rules, try_.house);
    let person = rules.world.person(try_.roles.unwrap_or(Roles::from([Role::Operator])));
    let resource = rules.world.resource(act.action());
    rules.engine.decide(act.action(), person, resource, act.facts().context(), &rules.world.entities).map(drop)
}
