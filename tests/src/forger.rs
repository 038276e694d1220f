//! An organisation that went bad: whoever holds its keys signs what its node never would.

use std::collections::BTreeMap;
use std::sync::Arc;

use ed25519_dalek::{Signer, SigningKey};
use weegnet_node::clock;
use weegnet_policy::convenant::{Convenant, Ratified};
use weegnet_protocol::codec::{Blob, Bytes, Hash};
use weegnet_protocol::id::{StatementId, UitvraagId};
use weegnet_protocol::person::{Fields, PersonRef};
use weegnet_protocol::sign::{Address, Content, Envelope, Header, Signed, Statement};
use weegnet_protocol::statement::{Approval, AskedSubject, Draft, DraftCore, Motivation, Recipient, Subject, Uitvraag};
use weegnet_protocol::time::Millis;
use weegnet_protocol::{Oin, Timestamp};

use crate::federation::Federation;
use crate::organisation::Organisation;
use crate::people::{MOTIVATION, Person};
use crate::terms::CRITERION;

/// Signs with one organisation's statement key.
pub struct Forger {
    oin: Oin,
    key: SigningKey,
    convenant: Arc<Ratified>,
}

impl Forger {
    /// With the keys of this organisation.
    pub fn of(federation: &Federation, organisation: &Organisation) -> Self {
        Forger { oin: oin(organisation), key: key(organisation, "statement"), convenant: ratified(federation) }
    }

    /// A draft that fits together in every way.
    ///
    /// # Panics
    /// When the person is none.
    pub fn draft(&self, person: &Person, to: &[&Organisation], within_seconds: u64) -> Draft {
        let now = clock::now();
        let fields = serde_json::from_str::<Fields>(&person.to_json()).expect("a person");
        let person = PersonRef::try_from(fields).expect("a person");
        let criteria = vec![CRITERION.parse().expect("a code")];
        let minor = person.birth().may_be_minor(now.day());
        let subject = Subject { salt: Bytes(clock::random()), minor, person, criteria };
        let motivation = Motivation { salt: Bytes(clock::random()), text: MOTIVATION.into() };
        let core = DraftCore {
            asker: self.oin,
            urgent: false,
            purpose: self.convenant.terms().purpose.uri.clone(),
            answer_by: (now + Millis::seconds(within_seconds)).ceil_second(),
            convenant: self.convenant.reference().clone(),
            motivation: motivation.commitment(),
            subject: subject.commitment(),
            uitvraag_id: UitvraagId::new(now, clock::random()),
        };
        let recipient = |to: &&Organisation| Recipient { oin: oin(to), salt: Bytes(clock::random()), reason: None };
        let recipients = to.iter().map(recipient).collect();
        Draft { core, author: Bytes(clock::random()), subject, motivation, recipients }
    }

    /// The question to one recipient of a draft, with this for an approval.
    ///
    /// # Panics
    /// When the draft does not name the recipient.
    pub fn question(&self, draft: &Draft, to: &Organisation, approval: Statement) -> Uitvraag {
        let recipient = draft.recipients.iter().find(|recipient| recipient.oin == oin(to)).expect("a recipient");
        let subject = AskedSubject::Open(draft.subject.clone());
        Uitvraag { core: draft.core.clone(), salt: recipient.salt, subject, approval }
    }

    /// The approval of a draft, to its asker.
    pub fn approval(&self, draft: &Draft) -> Statement {
        let mut address = self.address(&draft.core.asker);
        address.expires = draft.core.answer_by;
        self.sign_at(Approval::of(draft), address)
    }

    /// A fresh address to an organisation, valid for an hour.
    pub fn address(&self, to: &Oin) -> Address {
        let now = clock::now();
        Address {
            issuer: self.oin,
            audience: *to,
            id: StatementId::new(now, clock::random()),
            issued: now,
            expires: now + Millis::hours(1),
            convenant: self.convenant.reference().clone(),
        }
    }

    /// Signs to an organisation.
    pub fn sign<T: Content>(&self, content: T, to: &Organisation) -> Statement {
        self.sign_at(content, self.address(&oin(to)))
    }

    /// Signs to an organisation, valid until this moment.
    pub fn sign_until<T: Content>(&self, content: T, to: &Organisation, expires: Timestamp) -> Statement {
        self.sign_at(content, Address { expires, ..self.address(&oin(to)) })
    }

    /// Signs under any address.
    pub fn sign_at<T: Content>(&self, content: T, address: Address) -> Statement {
        Signed::seal(address, content, clock::random(), &self.key).into_statement()
    }

    /// Signs any body under any header: what [`Signed`] would never make.
    pub fn sign_raw(&self, header: Header, body: Vec<u8>) -> Statement {
        let mut envelope = Envelope { header, body_hash: Hash::of(&[&body]), signature: Bytes([0; 64]) };
        envelope.signature = Bytes(self.key.sign(&envelope.to_be_signed()).to_bytes());
        Statement { body: Blob(body), envelope: Blob(envelope.encode()) }
    }

    /// The convenant.
    pub fn convenant(&self) -> &Ratified {
        &self.convenant
    }
}

/// The number of an organisation.
///
/// # Panics
/// Never: the harness made it.
pub fn oin(organisation: &Organisation) -> Oin {
    organisation.oin.parse().expect("a number")
}

/// One of the online keys of an organisation, as its node reads it.
///
/// # Panics
/// When there is no such file.
pub fn key(organisation: &Organisation, name: &str) -> SigningKey {
    let bytes = std::fs::read(organisation.dir().join("keys").join(format!("{name}.key"))).expect("a key file");
    SigningKey::from_bytes(&bytes.try_into().expect("32 bytes"))
}

/// The convenant as everybody signed it.
///
/// # Panics
/// When not everybody did.
pub fn ratified(federation: &Federation) -> Arc<Ratified> {
    let document = std::fs::read_to_string(federation.convenant_path()).expect("the convenant is there");
    let convenant = Convenant::parse(&document).expect("checked before");
    Arc::new(Ratified::ratify(convenant, &signatures(federation)).expect("signed by all"))
}

/// The signatures beside the convenant; who accedes has none there.
pub fn signatures(federation: &Federation) -> BTreeMap<Oin, Vec<u8>> {
    let dir = format!("{}.sigs", federation.convenant_path());
    let read = |organisation: &Organisation| {
        let path = format!("{dir}/{}", organisation.oin);
        Some((oin(organisation), std::fs::read(path).ok()?))
    };
    federation.all().iter().filter_map(read).collect()
}

/// A moment so many seconds away from now; the past is negative.
///
/// # Panics
/// When that is before 1970.
pub fn seconds_from_now(seconds: i64) -> Timestamp {
    let now = i64::try_from(clock::now().as_seconds()).expect("the clock is in range");
    Timestamp::from_seconds(u64::try_from(now + seconds).expect("after 1970"))
}
