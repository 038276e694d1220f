//! Approved questions, made before the clock runs: what an asker would have after its approvals came in.

use weegnet_node::clock;
use weegnet_node::convenants::Convenants;
use weegnet_node::home::Home;
use weegnet_node::keys::OnlineKeys;
use weegnet_policy::convenant::{Convenant, Ratified};
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::{ConvenantRef, StatementId, UitvraagId};
use weegnet_protocol::person::{Fields, PersonRef};
use weegnet_protocol::sign::{Address, Signed};
use weegnet_protocol::statement::{Approval, AskedSubject, Draft, DraftCore, Motivation, Recipient, Subject, Uitvraag};
use weegnet_protocol::time::Millis;

use crate::Failure;
use crate::ground::{self, Ground};

/// How long a question of a bench lives.
const LIFE: Millis = Millis::hours(1);

/// Makes questions of one asker to one responder.
pub struct Maker {
    pub convenant: ConvenantRef,
    pub convenants: Convenants,
    pub ratified: Ratified,
    approver: OnlineKeys,
    cards: Vec<weegnet_node::config::Card>,
}

impl Maker {
    pub fn new(ground: &Ground) -> Result<Self, Failure> {
        let document = ground.home("convenant.toml");
        let text = std::fs::read_to_string(&document)?;
        let mut signatures = std::collections::BTreeMap::new();
        for card in &ground.cards {
            let file = ground.home("convenant.toml.sigs").join(card.oin.as_str());
            signatures.insert(card.oin, std::fs::read(file)?);
        }
        let ratified =
            Ratified::ratify(Convenant::parse(&text).map_err(|problems| problems.to_string())?, &signatures)?;
        let convenants = Convenants::new(ground.cards[0].oin);
        convenants.adopt(convenants.check(&text, &signatures)?, clock::now());
        Ok(Maker {
            convenant: ratified.reference().clone(),
            convenants,
            ratified,
            approver: OnlineKeys::load(&Home::open(&ground.home("goedkeurder"))?)?,
            cards: ground.cards.clone(),
        })
    }

    /// A question about the person in `row`, approved by the third party.
    pub fn question(&self, row: u32) -> Result<Uitvraag, Failure> {
        let now = clock::now();
        let (given, surname, birth) = ground::person(row);
        let fields = Fields {
            given_names: Some(given.parse()?),
            surname: Some(surname.parse()?),
            birth: birth.parse()?,
            ..Fields::default()
        };
        let subject = Subject {
            salt: Bytes(clock::random()),
            minor: false,
            person: PersonRef::try_from(fields)?,
            criteria: vec!["meting".parse()?],
        };
        let motivation = Motivation { salt: Bytes(clock::random()), text: "meting".into() };
        let core = DraftCore {
            asker: self.cards[0].oin,
            urgent: false,
            purpose: self.ratified.terms().purpose.uri.clone(),
            answer_by: (now + LIFE).ceil_second(),
            convenant: self.convenant.clone(),
            motivation: motivation.commitment(),
            subject: subject.commitment(),
            uitvraag_id: UitvraagId::new(now, clock::random()),
        };
        let recipients = vec![Recipient { oin: self.cards[1].oin, salt: Bytes(clock::random()), reason: None }];
        let draft = Draft { core, author: Bytes(clock::random()), subject, motivation, recipients };
        let address = Address {
            issuer: self.cards[2].oin,
            audience: self.cards[0].oin,
            id: StatementId::new(now, clock::random()),
            issued: now,
            expires: draft.core.answer_by,
            convenant: self.convenant.clone(),
        };
        let approval = Signed::seal(address, Approval::of(&draft), clock::random(), &self.approver.statement);
        Ok(Uitvraag {
            salt: draft.recipients[0].salt,
            core: draft.core,
            subject: AskedSubject::Open(draft.subject),
            approval: approval.into_statement(),
        })
    }

    /// Signs it as the asker does.
    pub fn sign(&self, question: Uitvraag, keys: &OnlineKeys) -> Signed<Uitvraag> {
        let now = clock::now();
        let address = Address {
            issuer: self.cards[0].oin,
            audience: self.cards[1].oin,
            id: StatementId::new(now, clock::random()),
            issued: now,
            expires: question.core.answer_by,
            convenant: self.convenant.clone(),
        };
        Signed::seal(address, question, clock::random(), &keys.statement)
    }
}
