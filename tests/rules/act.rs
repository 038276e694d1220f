//! Situations carried out: a generated convenant signed and ratified, drafts, approvals and questions signed, and the
//! product asked what it decides.

use std::sync::Arc;

use ed25519_dalek::{SigningKey, VerifyingKey};
use weegnet_policy::convenant::{Convenant, Ratified};
use weegnet_policy::decide::{
    Administering, Answering, Approving, Asking, Deciding, Denial, HouseAct, Matching, Policy, Releasing, Role,
    Searcher, Weighing, Withdrawing,
};
use weegnet_policy::role::Roles;
use weegnet_policy::signature;
use weegnet_protocol::codec::{Bytes, Hash};
use weegnet_protocol::id::{ConvenantRef, StatementId, UitvraagId};
use weegnet_protocol::oin::Oin;
use weegnet_protocol::person::{Fields, PersonRef};
use weegnet_protocol::sealed::{BOX_BYTES, Sealed, VOUCHERS_BYTES};
use weegnet_protocol::sign::{self, Address, Content, Header, Issuers, Signed, Verified, VerifyError};
use weegnet_protocol::statement::{
    Approval, AskedSubject, Draft, DraftCore, MAX_MOTIVATION_BYTES, Motivation, Recipient, RefusalCode, Subject,
    Uitvraag,
};
use weegnet_protocol::time::{Millis, Timestamp};

use super::paper::Paper;
use super::situation::{Act, Code, House, Motivation as Words, Person, Recipient as To, Situation, Surname, Who};

/// What a decision came to: the denial, when it is one.
pub type Outcome = Result<(), Denial>;

/// What verifying an approval gave.
type Approved = Result<Verified<Approval>, VerifyError>;

/// What somebody has in hand.
#[derive(Clone)]
pub enum Hand {
    Draft(Box<Draft>),
    Signed(Box<Verified<Draft>>),
    Question(Box<Verified<Uitvraag>>, Box<Approved>),
    Empty,
}

/// A convenant in force, with the keys of everybody in it and of one organisation that is not.
pub struct Office {
    pub policy: Policy,
    pub oins: Vec<Oin>,
    keys: Vec<SigningKey>,
    others: ConvenantRef,
}

impl Office {
    /// Writes the document, lets all sign it, and takes it in force.
    pub fn open(paper: &Paper) -> Office {
        Office::with(paper, |ratified| Policy::new(ratified).expect("a policy"))
    }

    pub fn with(paper: &Paper, policy: impl FnOnce(Arc<Ratified>) -> Policy) -> Office {
        let document = document(paper);
        let convenant = Convenant::parse(&document).unwrap_or_else(|problems| panic!("{problems}\n{document}"));
        let sign = |(who, party): (usize, &weegnet_policy::convenant::Party)| {
            let at = Timestamp::from_seconds(1_795_435_200);
            (party.oin, signature::sign(&convenant, party.oin, &key(who, "party"), at).expect("a signature"))
        };
        let signatures = convenant.terms().parties.iter().enumerate().map(sign).collect();
        let ratified = Arc::new(Ratified::ratify(convenant, &signatures).expect("all signed"));
        let reference = ratified.reference();
        Office {
            others: ConvenantRef(reference.0.clone(), Hash::of(&[b"another text"]), 0),
            oins: (0..=paper.parties.len()).map(|who| paper.oin(who).parse().expect("an OIN")).collect(),
            keys: (0..=paper.parties.len()).map(|who| key(who, "statement")).collect(),
            policy: policy(ratified),
        }
    }

    /// Signs what this situation needs.
    pub fn hand(&self, it: &Situation) -> Hand {
        match it.act {
            Act::Ask => Hand::Draft(Box::new(self.draft(it))),
            Act::ReceiveDraft | Act::Approve => {
                Hand::Signed(Box::new(self.signed(self.draft(it), it.from, it.to, it.envelope_cites_ours, it.issued)))
            }
            Act::Answer | Act::ReleaseAutomatically => {
                let (question, approval) = self.question(it);
                Hand::Question(Box::new(question), Box::new(approval))
            }
            _ => Hand::Empty,
        }
    }

    /// What the product decides about what was signed for this situation. For a release without a person, the question
    /// must be permitted first: when it is not, that is what comes back, with `Act::Answer`.
    pub fn decide(&self, it: &Situation, hand: &Hand) -> (Act, Outcome) {
        let (policy, us, now) = (&self.policy, self.oins[it.us], at(it.now));
        let outcome = match hand {
            Hand::Draft(draft) => policy
                .may_ask(&Asking {
                    roles: roles(it),
                    us,
                    draft,
                    now,
                    asked_today_by_author: it.by_author,
                    asked_today_by_organisation: it.by_organisation,
                    same_person_last_asked: it.last_asked.map(at),
                })
                .map(drop),
            Hand::Signed(draft) if it.act == Act::ReceiveDraft => policy.may_receive_draft(draft, &us, now),
            Hand::Signed(draft) => policy
                .may_approve((**draft).clone(), &Approving { roles: roles(it), us, another_approved: it.another, now })
                .map(drop),
            Hand::Question(question, approval) => return self.answer(it, (**question).clone(), (**approval).clone()),
            Hand::Empty => self.decide_empty_handed(it, us, now),
        };
        (it.act, outcome)
    }

    fn decide_empty_handed(&self, it: &Situation, us: Oin, now: Timestamp) -> Outcome {
        let (policy, asker) = (&self.policy, self.oins[it.asker]);
        match it.act {
            Act::Match => policy.may_match(&Matching {
                by: if it.by_node { Searcher::Node } else { Searcher::Person(roles(it)) },
                us,
                asker,
                person_is_author_of_question: it.own_question,
                now,
                answer_by: at(it.answer_by),
            }),
            Act::Withdraw => policy.may_withdraw(&Withdrawing { roles: roles(it), us, asker }),
            Act::Weigh => {
                let criteria = it.criteria.iter().map(|code| slug(*code, Paper::criterion)).collect();
                policy.may_weigh(&Weighing { roles: roles(it), us, criteria, reasoned: it.reasoned })
            }
            Act::Decide => {
                let weighed_by = it.weighed_by.iter().map(|who| self.oins[*who]).collect();
                policy.may_decide(&Deciding { roles: roles(it), us, weighed_by })
            }
            Act::ReadLog | Act::SubjectAccess | Act::Administer => policy.may_at_home(roles(it), house_act(it)),
            _ => policy
                .may_release(&Releasing {
                    roles: roles(it),
                    us,
                    person_is_author_of_question: it.own_question,
                    another_released: it.another,
                    ground: it.ground.map(|code| slug(code, Paper::ground)),
                    now,
                    answer_by: at(it.answer_by),
                    uitvraag_id: UitvraagId::new(at(0), [1; 10]),
                    question: Hash::of(&[b"question"]),
                })
                .map(drop),
        }
    }

    fn answer(&self, it: &Situation, question: Verified<Uitvraag>, approval: Approved) -> (Act, Outcome) {
        let answering = Answering {
            us: self.oins[it.us],
            now: at(it.now),
            asked_today_by_this_asker: it.by_organisation,
            same_person_last_asked_by_this_asker: it.last_asked.map(at),
        };
        match self.policy.may_answer(question, approval, &answering) {
            Err(refused) => (Act::Answer, Err(refused.denial)),
            Ok(_) if it.act == Act::Answer => (Act::Answer, Ok(())),
            Ok(permit) => {
                let released = self.policy.automatic_release(&permit, at(it.later));
                // Which rule stood in the way is nobody's to hear: a reviewer gets the case instead.
                let denial = || Denial {
                    policy_ids: vec![],
                    article: String::new(),
                    code: RefusalCode::NotPermitted,
                    nl: String::new(),
                    en: String::new(),
                };
                (Act::ReleaseAutomatically, released.map(drop).ok_or_else(denial))
            }
        }
    }

    fn question(&self, it: &Situation) -> (Verified<Uitvraag>, Approved) {
        let draft = self.draft(it);
        let approval = self.approval(it, &draft, it.approval.by);
        let enclosed = match it.approval.enclosed_by {
            by if by == it.approval.by => approval.clone(),
            by => self.approval(it, &draft, by),
        };
        let question = Uitvraag {
            core: draft.core,
            salt: salt(self.oins[it.us]),
            subject: if it.sealed {
                let (content, vouchers) = (Bytes([0; BOX_BYTES]), Bytes([0; VOUCHERS_BYTES]));
                AskedSubject::Sealed(Box::new(Sealed { root: Hash::of(&[]), content, vouchers }))
            } else {
                AskedSubject::Open(draft.subject)
            },
            approval: enclosed.statement().clone(),
        };
        let question = self.signed(question, it.from, it.to, it.envelope_cites_ours, it.issued);
        (question, if it.approval.verified { Ok(approval) } else { Err(VerifyError::BadSignature) })
    }

    fn approval(&self, it: &Situation, draft: &Draft, by: Who) -> Verified<Approval> {
        let mut draft = draft.clone();
        if !it.approval.of_this_question {
            draft.core.urgent = !draft.core.urgent;
        }
        draft.recipients.retain(|to| to.oin != self.oins[it.us]);
        if it.approval.names_us {
            draft.recipients.push(Recipient { oin: self.oins[it.us], salt: salt(self.oins[it.us]), reason: None });
        }
        let elsewhere = (0..self.oins.len()).find(|who| *who != it.asker).expect("more than one organisation");
        let to = if it.approval.to_asker { it.asker } else { elsewhere };
        self.signed(Approval::of(&draft), by, to, it.approval.cites_ours, it.issued)
    }

    fn draft(&self, it: &Situation) -> Draft {
        let subject = Subject {
            salt: Bytes([2; 32]),
            minor: it.marked_minor,
            person: person(&it.person),
            criteria: it.criteria.iter().map(|code| slug(*code, Paper::criterion)).collect(),
        };
        let text = match it.motivation {
            Words::Good => "Noodzaak, proportionaliteit, subsidiariteit.".into(),
            Words::Blank => " \n".into(),
            Words::TooLong => "x".repeat(MAX_MOTIVATION_BYTES + 1),
            Words::Misleading => "Noodzaak \u{202e} anders.".into(),
        };
        let motivation = Motivation { salt: Bytes([3; 32]), text };
        let wrong = Hash::of(&[b"something else"]);
        let terms = self.policy.ratified().terms();
        let other = || "https://doelen.voorbeeld.example/een-ander-doel".parse().expect("a purpose");
        Draft {
            core: DraftCore {
                asker: self.oins[it.asker],
                urgent: it.urgent,
                purpose: if it.our_purpose { terms.purpose.uri.clone() } else { other() },
                subject: if it.person_committed { subject.commitment() } else { wrong },
                answer_by: at(it.answer_by),
                convenant: self.text(it.question_cites_ours),
                motivation: if it.motivation_committed { motivation.commitment() } else { wrong },
                uitvraag_id: UitvraagId::new(at(0), [1; 10]),
            },
            author: Bytes([1; 16]),
            subject,
            motivation,
            recipients: it.recipients.iter().map(|to| self.recipient(to)).collect(),
        }
    }

    fn recipient(&self, to: &To) -> Recipient {
        let oin = self.oins[to.who];
        Recipient { oin, salt: salt(oin), reason: to.reason.map(|code| slug(code, Paper::reason)) }
    }

    fn text(&self, ours: bool) -> ConvenantRef {
        if ours { self.policy.ratified().reference().clone() } else { self.others.clone() }
    }

    /// Signed with the right key and verified at the moment itself: what a decision is given is always verified.
    fn signed<T: Content>(&self, content: T, from: Who, to: Who, cites_ours: bool, issued: u64) -> Verified<T> {
        let issued = at(issued);
        let address = Address {
            issuer: self.oins[from],
            audience: self.oins[to],
            id: StatementId::new(at(0), [4; 10]),
            issued,
            expires: issued + Millis(1_000_000),
            convenant: self.text(cites_ours),
        };
        let statement = Signed::seal(address, content, [5; 32], &self.keys[from]).into_statement();
        sign::verify(statement, self, &self.oins[to], issued).expect("verifies")
    }
}

/// Keys of everybody under any text: what else a node checks of an envelope is not what is tried here.
impl Issuers for Office {
    fn statement_key(&self, header: &Header, _: Timestamp) -> Result<VerifyingKey, VerifyError> {
        let issuer = &header.issuer;
        let who = self.oins.iter().position(|oin| oin == issuer).ok_or(VerifyError::UnknownIssuer)?;
        Ok(self.keys[who].verifying_key())
    }
}

/// The document, with the keys of everybody in it.
pub fn document(paper: &Paper) -> String {
    paper.document(|who, name| Bytes(key(who, name).verifying_key().to_bytes()).to_string())
}

fn key(who: Who, name: &str) -> SigningKey {
    let mut bytes = [0x5a; 32];
    bytes[..8].copy_from_slice(&(who as u64).to_be_bytes());
    bytes[8..8 + name.len()].copy_from_slice(name.as_bytes());
    SigningKey::from_bytes(&bytes)
}

fn salt(oin: Oin) -> Bytes<32> {
    Bytes([oin.as_str().as_bytes()[16]; 32])
}

pub fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// What is done in the own house.
pub fn house_act(it: &Situation) -> HouseAct {
    let House { oversight, look, own, last } = it.house;
    match it.act {
        Act::ReadLog => HouseAct::ReadLog { specific: it.specific, mandated: it.mandated },
        Act::SubjectAccess => HouseAct::SubjectAccess { content: it.specific },
        _ => HouseAct::Administer(Administering { oversight, look, own, last }),
    }
}

pub fn roles(it: &Situation) -> Roles {
    it.roles.iter().map(|role| role.parse::<Role>().expect("a role")).collect()
}

pub fn slug(code: Code, name: fn(usize) -> String) -> weegnet_protocol::id::Slug {
    match code {
        Code::Listed(at) => name(at),
        Code::Unlisted => "staat-niet-op-de-lijst".into(),
    }
    .parse()
    .expect("a code")
}

fn person(person: &Person) -> PersonRef {
    let name = |text: &str| text.parse().expect("a name");
    let (surname, aliases) = match person.surname {
        Surname::None => (None, vec![]),
        Surname::Unknown => (Some(name(".")), vec![]),
        Surname::Known => (Some(name("Bakker")), vec![]),
        Surname::Alias => (Some(name(".")), vec![name("Jan Bakker")]),
    };
    let birth = match person.birth {
        (Some(year), Some(month), Some(day)) => format!("{year:04}-{month:02}-{day:02}"),
        (Some(year), Some(month), None) => format!("{year:04}-{month:02}"),
        (Some(year), None, _) => format!("{year:04}"),
        (None, _, _) => "unknown".into(),
    };
    let bsn = person.bsn.then(|| "123456782".parse().expect("a BSN"));
    let fields = Fields { bsn, surname, aliases, birth: birth.parse().expect("a date"), ..Fields::default() };
    PersonRef::try_from(fields).expect("a person")
}
