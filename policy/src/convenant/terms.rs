//! What a convenant says, typed. The names of its fields in the document are Dutch: lawyers read them.

use core::net::SocketAddr;
use std::collections::BTreeSet;

use serde::{Serialize, Serializer};
use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::{ConvenantId, Slug};
use weegnet_protocol::oin::Oin;
use weegnet_protocol::purpose::Purpose;
use weegnet_protocol::statement::Contact;
use weegnet_protocol::time::Timestamp;

use super::accession::AccessionTerms;
use super::practice::{PartyPractice, Practice, PracticeTerms};
use super::sealing::SealedTerms;
use super::values::{
    AnswerMode, Arrangement, Date, Days, Informing, Line, PartyKind, PartyRole, ProcessingActivity, PublicKey,
    RetentionKind, Seconds, Text,
};

/// All terms of one convenant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Terms {
    /// Its short name.
    pub id: ConvenantId,
    /// Its version, in words of the parties.
    #[serde(rename = "versie")]
    pub version: Line,
    /// SHA-256 of the version before it, unless it is the first one of this name.
    #[serde(rename = "vervangt", skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Hash>,
    /// Its title.
    #[serde(rename = "titel")]
    pub title: Line,
    /// What it is: a convenant, or a statutory arrangement in its place.
    #[serde(rename = "regeling")]
    pub arrangement: Arrangement,
    /// SHA-256 of the paper that the boards signed, where there is one.
    #[serde(rename = "papier_sha256", skip_serializing_if = "Option::is_none")]
    pub paper: Option<Hash>,
    /// First day on which it holds (UTC).
    #[serde(rename = "geldig_van")]
    pub valid_from: Date,
    /// Last day on which it holds (UTC).
    #[serde(rename = "geldig_tot")]
    pub valid_to: Date,
    /// The one purpose (R2).
    #[serde(rename = "doel")]
    pub purpose: PurposeTerms,
    /// The weighty public interest.
    #[serde(rename = "belang")]
    pub interest: Text,
    /// The processing activity (AVG 30).
    #[serde(rename = "verwerkingsactiviteit")]
    pub processing_activity: ProcessingActivity,
    /// Reference of the impact assessment (AVG 35).
    pub dpia: Line,
    /// Where citizens turn to.
    #[serde(rename = "burgercontact")]
    pub citizen_contact: Line,
    /// What data subjects are told, and when (AVG 14).
    #[serde(rename = "informeren")]
    pub informing: InformingTerms,
    /// Who processes on behalf of a party (AVG 28). The parties themselves are controllers of what their nodes keep.
    #[serde(rename = "verwerkers")]
    pub processors: Vec<Processor>,
    /// How long a question may wait for its answer.
    #[serde(rename = "antwoordtermijn")]
    pub window: WindowTerms,
    /// Grace: how long after the deadline answers and withdrawals are still delivered.
    #[serde(rename = "nalevering_seconden")]
    pub grace: Seconds,
    /// How long before the same person may be asked about again.
    #[serde(rename = "wachttijd_seconden")]
    pub waiting: Seconds,
    /// How often the house log's checkpoint enters the exchange log.
    #[serde(rename = "huis_checkpoint_seconden")]
    pub house_checkpoint: Seconds,
    /// Who watches that no journal is changed.
    #[serde(rename = "getuigen")]
    pub witnesses: WitnessTerms,
    /// How much may be asked in a day.
    pub quota: QuotaTerms,
    /// Whether a BSN may be used.
    pub bsn: BsnTerms,
    /// Minors.
    #[serde(rename = "minderjarigen")]
    pub minors: MinorTerms,
    /// Slots, and how long tables are asked by and kept.
    #[serde(rename = "verzegeld", skip_serializing_if = "SealedTerms::is_empty")]
    pub sealed: SealedTerms,
    /// How the parties agreed to work, where they did.
    #[serde(rename = "werkwijze", skip_serializing_if = "PracticeTerms::is_empty")]
    pub practice: PracticeTerms,
    /// The same for single parties.
    #[serde(rename = "afspraken", skip_serializing_if = "Vec::is_empty")]
    pub party_practice: Vec<PartyPractice>,
    /// Grounds on which a party that is bound to secrecy may release.
    #[serde(rename = "geheimhoudingsgronden", skip_serializing_if = "Vec::is_empty")]
    pub secrecy_grounds: Vec<Coded>,
    /// The criteria that a question cites.
    pub criteria: Vec<Coded>,
    /// Reasons to ask a party beyond the core.
    #[serde(rename = "redenen")]
    pub reasons: Vec<Coded>,
    /// Reasons of being known to an organisation, as its register may give them.
    #[serde(rename = "register_redenen")]
    pub register_reasons: Vec<Coded>,
    /// How long what is kept.
    #[serde(rename = "bewaartermijnen")]
    pub retention: Vec<RetentionTerm>,
    /// Whose approval an accession needs, where parties may accede.
    #[serde(rename = "toetreding", skip_serializing_if = "Option::is_none")]
    pub accession: Option<AccessionTerms>,
    /// Who takes part.
    #[serde(rename = "partijen")]
    pub parties: Vec<Party>,
    /// On what ground who may tell whom.
    #[serde(rename = "grondslagen")]
    pub bases: Vec<LegalBasis>,
}

impl Terms {
    /// The party with this number.
    pub fn party(&self, oin: &Oin) -> Option<&Party> {
        self.parties.iter().find(|party| party.oin == *oin)
    }

    /// The parties that sign the text itself.
    pub fn founders(&self) -> impl Iterator<Item = &Party> {
        self.parties.iter().filter(|party| party.is_founder())
    }

    /// How the parties agreed to work.
    pub fn practice(&self) -> Practice<'_> {
        Practice { terms: &self.practice, parties: &self.party_practice }
    }

    /// Whether no real organisation takes part (H13).
    pub fn only_test_organisations(&self) -> bool {
        self.parties.iter().all(|party| party.oin.is_test())
    }

    /// The first moment at which it no longer holds.
    pub fn valid_until(&self) -> Timestamp {
        Timestamp::from_millis((self.valid_to.0.to_days().max(0) as u64 + 1) * 86_400_000)
    }

    /// How long records of a kind are kept. A convenant that was checked has a term for each.
    pub fn retention_of(&self, kind: RetentionKind) -> Option<&RetentionTerm> {
        self.retention.iter().find(|term| term.kind == kind)
    }

    /// The criteria's codes.
    pub fn criterion_codes(&self) -> BTreeSet<Slug> {
        self.criteria.iter().map(|coded| coded.code.clone()).collect()
    }
}

/// The one purpose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PurposeTerms {
    /// Stands inside every signature (H2).
    pub uri: Purpose,
    /// In words.
    #[serde(rename = "omschrijving")]
    pub description: Text,
    /// The article that sets it.
    #[serde(rename = "artikel")]
    pub article: Line,
    /// Where that can be read.
    #[serde(rename = "bron")]
    pub source: Line,
}

/// What data subjects are told, by whom and when (AVG 14).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct InformingTerms {
    /// Whether they are.
    #[serde(rename = "besluit")]
    pub decision: Informing,
    /// Which party does it.
    #[serde(rename = "wie")]
    pub by: Oin,
    /// Within how many days; or at most so many later.
    #[serde(rename = "termijn_dagen")]
    pub term: Days,
    /// The article or decision that says so.
    #[serde(rename = "bron")]
    pub source: Line,
}

/// Who processes on behalf of a party (AVG 28).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Processor {
    /// Its name.
    #[serde(rename = "naam")]
    pub name: Line,
    /// For which party.
    #[serde(rename = "voor")]
    pub controller: Oin,
    /// What it does.
    #[serde(rename = "taak")]
    pub task: Line,
    /// The processing agreement.
    #[serde(rename = "overeenkomst")]
    pub agreement: Line,
}

/// How long a question may wait for its answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct WindowTerms {
    /// Shortest.
    #[serde(rename = "minimum_seconden")]
    pub least: Seconds,
    /// When the author does not say.
    #[serde(rename = "standaard_seconden")]
    pub default: Seconds,
    /// Longest.
    #[serde(rename = "maximum_seconden")]
    pub most: Seconds,
}

/// How the parties watch each other's journals.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct WitnessTerms {
    /// Cosignatures that make a checkpoint *witnessed*; also how many parties a node that starts hears first.
    #[serde(rename = "aantal")]
    pub count: u32,
    /// How often a party looks at another's journal when nothing else goes between them.
    #[serde(rename = "elke_seconden")]
    pub every: Seconds,
}

/// How much may be asked in a day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct QuotaTerms {
    /// By one author.
    #[serde(rename = "per_opsteller_per_dag")]
    pub per_author: u32,
    /// By one organisation.
    #[serde(rename = "per_organisatie_per_dag")]
    pub per_organisation: u32,
}

/// Whether a BSN may be used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BsnTerms {
    /// It may.
    #[serde(rename = "toegestaan")]
    pub allowed: bool,
    /// By this law.
    #[serde(rename = "wet", skip_serializing_if = "Option::is_none")]
    pub law: Option<Line>,
}

/// What else holds when the person is, or may be, under 18 (H6).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MinorTerms {
    /// Which further approval is needed.
    #[serde(rename = "goedkeuring")]
    pub approval: Text,
    /// How long a case about a minor is kept.
    #[serde(rename = "bewaartermijn_dagen")]
    pub retention: Days,
}

/// A code with its meaning.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Coded {
    /// What travels and is stored.
    pub code: Slug,
    /// What people read.
    #[serde(rename = "tekst")]
    pub text: Line,
}

/// How long one kind of record is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RetentionTerm {
    /// Which kind.
    #[serde(rename = "soort")]
    pub kind: RetentionKind,
    /// How long.
    #[serde(rename = "termijn_dagen")]
    pub term: Days,
    /// Where that is laid down.
    #[serde(rename = "bron")]
    pub source: Line,
}

/// One organisation that takes part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Party {
    /// Its number.
    pub oin: Oin,
    /// Its name.
    #[serde(rename = "naam")]
    pub name: Line,
    /// The department that takes part, where it is not the whole organisation.
    #[serde(rename = "afdeling", skip_serializing_if = "Option::is_none")]
    pub department: Option<Line>,
    /// What kind of organisation it is.
    #[serde(rename = "rol")]
    pub role: PartyRole,
    /// Which part it has.
    #[serde(rename = "soort")]
    pub kind: PartyKind,
    /// How it answers.
    #[serde(rename = "modus")]
    pub mode: AnswerMode,
    /// The one neutral contact point that a `Known` names (R5).
    pub contact: Contact,
    /// Where its privacy officers can be reached.
    #[serde(rename = "privacycontact")]
    pub privacy_contact: Line,
    /// Who signs for it.
    #[serde(rename = "ondertekenaar")]
    pub signatory: Signatory,
    /// Whether it may accede later, and so does not sign with the founding parties.
    #[serde(rename = "toetreder", skip_serializing_if = "std::ops::Not::not")]
    pub accedes: bool,
    /// Where its node listens.
    #[serde(rename = "adres", serialize_with = "as_text")]
    pub address: SocketAddr,
    /// Most rows that its register for this convenant may hold.
    #[serde(rename = "rijen_maximum")]
    pub max_rows: u64,
    /// Its public keys.
    #[serde(rename = "sleutels")]
    pub keys: PartyKeys,
}

impl Party {
    /// Whether it signs the text itself, with the others that founded it.
    pub fn is_founder(&self) -> bool {
        !self.accedes
    }

    /// Whether it asks, approves and weighs.
    pub fn is_core(&self) -> bool {
        self.kind == PartyKind::Core
    }
}

/// Who may sign for a party.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Signatory {
    /// The office, such as mayor or chief of police; no name.
    #[serde(rename = "functie")]
    pub office: Line,
    /// The mandate or law that lets this office sign.
    #[serde(rename = "mandaat")]
    pub mandate: Line,
}

/// The public keys of one party.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PartyKeys {
    /// Of its link: TLS identity.
    pub link: PublicKey,
    /// Of its statements.
    pub statement: PublicKey,
    /// Of its journal's checkpoints.
    pub checkpoint: PublicKey,
    /// Of its cosignatures under other journals.
    pub witness: PublicKey,
    /// Offline; signs convenanten, amendments, rotation and revocation.
    pub party: PublicKey,
}

impl PartyKeys {
    /// All five, with their names in the document.
    pub fn named(&self) -> [(&'static str, &PublicKey); 5] {
        [
            ("link", &self.link),
            ("statement", &self.statement),
            ("checkpoint", &self.checkpoint),
            ("witness", &self.witness),
            ("party", &self.party),
        ]
    }
}

/// On what ground one party may tell another; directed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LegalBasis {
    /// Who answers.
    #[serde(rename = "van")]
    pub from: Oin,
    /// Who asks.
    #[serde(rename = "aan")]
    pub to: Oin,
    /// What category of data.
    #[serde(rename = "categorie")]
    pub category: Slug,
    /// The statute's article.
    #[serde(rename = "artikel")]
    pub article: Line,
    /// The decision that applies it.
    #[serde(rename = "besluit")]
    pub decision: Line,
    /// Where both can be read.
    #[serde(rename = "bron")]
    pub source: Line,
}

/// An address is written out, so that its encoding does not depend on how the standard library stores it.
fn as_text<S: Serializer>(address: &SocketAddr, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(address)
}
