//! `Ratified`: every founding party signed these very bytes. What is in force is read from here and nowhere else.

use std::collections::BTreeMap;
use std::fmt;

use ed25519_dalek::VerifyingKey;
use weegnet_protocol::id::ConvenantRef;
use weegnet_protocol::oin::Oin;
use weegnet_protocol::sign::{Header, Issuers, VerifyError};
use weegnet_protocol::statement::Contact;
use weegnet_protocol::time::{Millis, Timestamp};

use super::amended::Amendments;
use super::{Convenant, Party, QuotaTerms, Terms};
use crate::calendar::after_working_days;
use crate::signature;

/// A convenant that all its parties signed, with what each amended of its own record since. Only [`Ratified::ratify`] and
/// [`Ratified::amend`] make it; share it through an `Arc`.
#[derive(Debug, Clone)]
pub struct Ratified {
    convenant: Convenant,
    reference: ConvenantRef,
    /// As the document names them, with what each amended.
    pub(super) parties: Vec<Party>,
    places: BTreeMap<Oin, usize>,
    pub(super) amendments: Amendments,
}

/// Why a convenant is not ratified. At least one of the lists is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRatified {
    /// Parties whose signature is not there.
    pub missing: Vec<Oin>,
    /// Signatures that do not count.
    pub wrong: Vec<(Oin, WrongSignature)>,
}

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongSignature {
    /// The signer is not one of the parties.
    #[error("this organisation is no party: remove its signature")]
    NoParty,
    /// The signer does not found the convenant.
    #[error("this organisation accedes later: remove its signature, and let it sign with 'weegnet convenant accede'")]
    Accedes,
    /// It was put in another office than the text names.
    #[error("it was put in another office or by another mandate than the text names for this organisation: sign again")]
    OtherSignatory,
    /// It belongs to another text: this one was changed after it was signed, or before.
    #[error("it was put under another text: let this party sign this text")]
    OtherText,
    /// It names another organisation, or was made with another key than its party key.
    #[error("it was not made with the party key that the text lists for this organisation: sign with that key")]
    OtherKey,
    /// The bytes are no signature, or it does not verify.
    #[error("it does not verify: get it again from this party")]
    Invalid,
}

impl fmt::Display for NotRatified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not every party has signed this text")?;
        for oin in &self.missing {
            write!(f, "\n  {oin}: the signature is missing: let this party sign")?;
        }
        self.wrong.iter().try_for_each(|(oin, why)| write!(f, "\n  {oin}: {why}"))
    }
}

impl std::error::Error for NotRatified {}

impl Ratified {
    /// Checks that each party signed exactly this text with its party key, and nobody else did.
    ///
    /// # Errors
    /// All parties whose signature is missing, and all signatures that do not count.
    pub fn ratify(convenant: Convenant, signatures: &BTreeMap<Oin, Vec<u8>>) -> Result<Ratified, NotRatified> {
        let mut refusal = NotRatified { missing: Vec::new(), wrong: Vec::new() };
        for party in convenant.terms().founders() {
            match signatures.get(&party.oin) {
                None => refusal.missing.push(party.oin),
                Some(bytes) => {
                    if let Err(why) = signature::verify(&convenant, party, bytes) {
                        refusal.wrong.push((party.oin, why));
                    }
                }
            }
        }
        for oin in signatures.keys() {
            match convenant.terms().party(oin) {
                None => refusal.wrong.push((*oin, WrongSignature::NoParty)),
                Some(party) if party.accedes => refusal.wrong.push((*oin, WrongSignature::Accedes)),
                Some(_) => {}
            }
        }
        if refusal.missing.is_empty() && refusal.wrong.is_empty() { Ok(Self::of(convenant)) } else { Err(refusal) }
    }

    fn of(convenant: Convenant) -> Ratified {
        let parties = convenant.terms().parties.clone();
        let places = parties.iter().enumerate().map(|(place, party)| (party.oin, place)).collect();
        Ratified { reference: convenant.reference(), parties, places, amendments: Amendments::default(), convenant }
    }

    /// A text that nobody needs to have signed: to try the rules behind ratification, and to say what they would decide.
    pub(crate) fn unsigned(convenant: Convenant) -> Ratified {
        Self::of(convenant)
    }

    /// The document.
    pub fn convenant(&self) -> &Convenant {
        &self.convenant
    }
    /// What it says.
    pub fn terms(&self) -> &Terms {
        self.convenant.terms()
    }
    /// How statements refer to it.
    pub fn reference(&self) -> &ConvenantRef {
        &self.reference
    }
    /// All parties, in the order of the document, each with what it amended of its record.
    pub fn parties(&self) -> &[Party] {
        &self.parties
    }
    /// One party.
    pub fn party(&self, oin: &Oin) -> Option<&Party> {
        self.place(oin).and_then(|place| self.parties.get(place))
    }
    pub(super) fn place(&self, oin: &Oin) -> Option<usize> {
        self.places.get(oin).copied()
    }
    /// Whether one party asks another openly: core parties weigh together; everybody else is asked sealed.
    pub fn asks_openly(&self, asker: &Oin, asked: &Oin) -> bool {
        [asker, asked].into_iter().all(|oin| self.party(oin).is_some_and(Party::is_core))
    }
    /// The key of a party's link.
    pub fn link_key(&self, oin: &Oin) -> Option<&VerifyingKey> {
        self.party(oin).map(|party| party.keys.link.key())
    }
    /// The key of a party's checkpoints.
    pub fn checkpoint_key(&self, oin: &Oin) -> Option<&VerifyingKey> {
        self.party(oin).map(|party| party.keys.checkpoint.key())
    }
    /// The key with which a party cosigns.
    pub fn witness_key(&self, oin: &Oin) -> Option<&VerifyingKey> {
        self.party(oin).map(|party| party.keys.witness.key())
    }
    /// The neutral contact point of a party (R5).
    pub fn contact(&self, oin: &Oin) -> Option<&Contact> {
        self.party(oin).map(|party| &party.contact)
    }
    /// The daily quotas.
    pub fn quota(&self) -> &QuotaTerms {
        &self.terms().quota
    }
    /// The shortest window for an answer.
    pub fn least_window(&self) -> Millis {
        self.terms().window.least.millis()
    }
    /// The window for an answer when the author does not say.
    pub fn default_window(&self) -> Millis {
        self.terms().window.default.millis()
    }
    /// When an answer is due if the author does not say: urgency shortens the term, working days lengthen it, and the
    /// longest window bounds both.
    pub fn default_answer_by(&self, now: Timestamp, urgent: bool) -> Timestamp {
        let practice = self.terms().practice().terms;
        let due = match (practice.urgent_least, practice.default_working_days) {
            (Some(least), _) if urgent => now + least.millis().max(self.least_window()),
            (_, Some(days)) if !urgent => after_working_days(now, days),
            _ => now + self.default_window(),
        };
        due.min(now + self.most_window())
    }

    /// The longest window for an answer.
    pub fn most_window(&self) -> Millis {
        self.terms().window.most.millis()
    }
    /// How long after `answer_by` answers and withdrawals are still delivered.
    pub fn grace(&self) -> Millis {
        self.terms().grace.millis()
    }
    /// Until when an answer or withdrawal is delivered.
    pub fn deliver_until(&self, answer_by: Timestamp) -> Timestamp {
        answer_by + self.grace()
    }
    /// How long before the same person may be asked about again.
    pub fn waiting(&self) -> Millis {
        self.terms().waiting.millis()
    }
    /// Cosignatures that make a checkpoint witnessed.
    pub fn witnesses(&self) -> usize {
        self.terms().witnesses.count as usize
    }
    /// How often a party looks at another's journal.
    pub fn witness_interval(&self) -> Millis {
        self.terms().witnesses.every.millis()
    }
    /// How often the house log's checkpoint enters the exchange log.
    pub fn house_checkpoint(&self) -> Millis {
        self.terms().house_checkpoint.millis()
    }
    /// Whether no real organisation takes part.
    pub fn only_test_organisations(&self) -> bool {
        self.terms().only_test_organisations()
    }
    /// Whether it holds at this moment.
    pub fn in_force(&self, now: Timestamp) -> bool {
        self.terms().valid_from.0.start() <= now && now < self.terms().valid_until()
    }
}

impl Issuers for Ratified {
    fn statement_key(&self, header: &Header, now: Timestamp) -> Result<VerifyingKey, VerifyError> {
        self.amended_statement_key(header, now)
    }
}
