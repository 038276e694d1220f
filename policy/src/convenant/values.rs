//! The small values of a convenant: each is checked once, where the document is read.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::VerifyingKey;
use serde::{Serialize, Serializer};
use weegnet_protocol::codec::{Bytes, Hash};
use weegnet_protocol::purpose::Purpose;
use weegnet_protocol::sign;
use weegnet_protocol::time::{Day, Millis};

use crate::lang::Words;

/// Longest single line: 500 bytes.
pub const MAX_LINE_BYTES: usize = 500;
/// Longest running text: 4,000 bytes.
pub const MAX_TEXT_BYTES: usize = 4_000;

/// Why something is not a value of a convenant; says what belongs there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAValue {
    /// Empty, too long, or with characters that cannot be seen.
    #[error("one line of 1 to {MAX_LINE_BYTES} bytes, without blanks around it and without invisible characters")]
    Line,
    /// Empty, too long, or with characters that cannot be seen.
    #[error("a text of 1 to {MAX_TEXT_BYTES} bytes, without blanks around it and without invisible characters")]
    Text,
    /// Not 64 lower-case hexadecimal digits.
    #[error("a public key of 64 lower-case hexadecimal digits")]
    Key,
    /// Small order, mixed order, not canonical, or no point of the curve.
    #[error("a sound Ed25519 public key (this one is weak, not canonical or no key at all): make a new one")]
    WeakKey,
    /// Not one of the listed words.
    #[error("{0}")]
    Choice(&'static str),
}

impl NotAValue {
    /// What belongs there, in words.
    pub fn words(&self) -> Words {
        let nl = match self {
            NotAValue::Line => format!(
                "een regel van 1 tot {MAX_LINE_BYTES} bytes, zonder spaties eromheen en zonder onzichtbare tekens"
            ),
            NotAValue::Text => format!(
                "een tekst van 1 tot {MAX_TEXT_BYTES} bytes, zonder spaties eromheen en zonder onzichtbare tekens"
            ),
            NotAValue::Key => "een publieke sleutel van 64 hexadecimale tekens in kleine letters".into(),
            NotAValue::WeakKey => {
                "een deugdelijke publieke Ed25519-sleutel (deze is zwak, niet canoniek of geen sleutel): maak een nieuwe".into()
            }
            NotAValue::Choice(list) => list.replacen("one of", "een van", 1),
        };
        Words::made(nl, self.to_string())
    }
}

/// One line that people read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Line(String);

/// Running text that people read; may have several lines.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Text(String);

macro_rules! prose {
    ($name:ident, $most:ident, $several:literal) => {
        impl $name {
            /// The words.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAValue;

            fn from_str(text: &str) -> Result<Self, NotAValue> {
                let fits = (1..=$most).contains(&text.len()) && text.trim() == text;
                let visible = text.chars().all(|c| !is_hidden(c) || ($several && c == '\n'));
                if fits && visible { Ok($name(text.into())) } else { Err(NotAValue::$name) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
prose!(Line, MAX_LINE_BYTES, false);
prose!(Text, MAX_TEXT_BYTES, true);

/// Characters that show nothing or change how their neighbours are shown: whoever signs must see what is signed.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The URI of the processing activity in the organisation's register (AVG 30); same form as a purpose.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct ProcessingActivity(Purpose);

impl ProcessingActivity {
    /// The URI.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for ProcessingActivity {
    type Err = weegnet_protocol::purpose::NotAPurpose;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(ProcessingActivity)
    }
}

/// A calendar day, encoded as `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Date(pub Day);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A length of time in whole seconds, as it stands in the document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Seconds(pub u64);

impl Seconds {
    /// The same length as the protocol counts it.
    pub const fn millis(self) -> Millis {
        Millis::seconds(self.0)
    }
}

/// A retention term in whole days.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Days(pub u32);

/// An Ed25519 public key of full order in its one encoding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Checks the 32 bytes.
    ///
    /// # Errors
    /// [`NotAValue::WeakKey`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, NotAValue> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| NotAValue::WeakKey)?;
        let point = key.to_edwards();
        let sound = !key.is_weak() && point.is_torsion_free() && point.compress().to_bytes() == *bytes;
        if sound { Ok(PublicKey(key)) } else { Err(NotAValue::WeakKey) }
    }
    /// The key.
    pub fn key(&self) -> &VerifyingKey {
        &self.0
    }
    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
    /// SHA-256 of the 32 bytes, as it stands in statements.
    pub fn id(&self) -> Hash {
        sign::key_id(&self.0)
    }
}

impl FromStr for PublicKey {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, NotAValue> {
        PublicKey::from_bytes(&Bytes::<32>::from_hex(text).ok_or(NotAValue::Key)?.0)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Bytes(*self.as_bytes()).fmt(f)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Bytes(*self.as_bytes()).serialize(serializer)
    }
}

/// Words of the document that are chosen from a list.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// All of them, in the order of the list.
            pub const ALL: &[$name] = &[$($name::$variant),+];

            /// The word in the document.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl FromStr for $name {
            type Err = NotAValue;

            fn from_str(text: &str) -> Result<Self, NotAValue> {
                $name::ALL.iter().copied().find(|one| one.as_str() == text).ok_or(NotAValue::Choice($expected))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

choice! {
    /// What a document is. Neither is itself a legal basis.
    Arrangement,
    "one of convenant, wettelijke_regeling",
    /// Agreed between the parties.
    Agreement = "convenant",
    /// A statutory arrangement that takes the place of one.
    Statute = "wettelijke_regeling"
}

choice! {
    /// Whether a data subject is informed of the processing (AVG 14).
    Informing,
    "one of informeren, uitstellen",
    /// Within the term.
    Inform = "informeren",
    /// Postponed, at most for the term.
    Postpone = "uitstellen"
}

choice! {
    /// What kind of organisation a party is.
    PartyRole,
    "one of gemeente, politie, om, reclassering, rvdk, zvh, dji, zorg, jeugd, onderwijs, welzijn, overig",
    /// Municipality.
    Gemeente = "gemeente",
    /// Police.
    Politie = "politie",
    /// Openbaar Ministerie: public prosecution.
    Om = "om",
    /// Probation.
    Reclassering = "reclassering",
    /// Raad voor de Kinderbescherming: child protection board.
    Rvdk = "rvdk",
    /// Zorg- en Veiligheidshuis.
    Zvh = "zvh",
    /// Dienst Justitiële Inrichtingen: prisons.
    Dji = "dji",
    /// Care.
    Zorg = "zorg",
    /// Youth protection and youth care.
    Jeugd = "jeugd",
    /// Education.
    Onderwijs = "onderwijs",
    /// Welfare work.
    Welzijn = "welzijn",
    /// Any other.
    Overig = "overig"
}

choice! {
    /// Which part a party has.
    PartyKind,
    "one of kern, casus, extern",
    /// Core party: asks, approves and weighs.
    Core = "kern",
    /// Case party: is asked, and may join a case conference.
    Case = "casus",
    /// External partner: is asked.
    External = "extern"
}

choice! {
    /// How a party answers.
    AnswerMode,
    "one of na_verstrekking, nooit, automatisch",
    /// A reviewer releases each answer.
    AfterRelease = "na_verstrekking",
    /// Never, and so it is never asked.
    Never = "nooit",
    /// Without a person; between test organisations only (R4).
    Automatic = "automatisch"
}

choice! {
    /// What a retention term governs: one for every kind of record and outcome that a node keeps apart. A convenant has a
    /// term for each.
    RetentionKind,
    "one of eigen-uitvraag, concept-niet-goedgekeurd, goedkeuring, vraag-verstrekt, vraag-niet-verstrekt, \
     vraag-zonder-overeenkomst, geweigerde-vraag, pseudoniem, inzageverzoek, journaal",
    /// An uitvraag of our own that was approved.
    OwnAsked = "eigen-uitvraag",
    /// A draft of our own that nobody approved.
    OwnDraft = "concept-niet-goedgekeurd",
    /// A draft of another core party, whatever was decided.
    Approval = "goedkeuring",
    /// A question that we answered with our contact point.
    QuestionReleased = "vraag-verstrekt",
    /// A question with possible matches of which nothing was released.
    QuestionWithheld = "vraag-niet-verstrekt",
    /// A question without a possible match.
    QuestionWithoutMatch = "vraag-zonder-overeenkomst",
    /// A question or draft that the convenant refused.
    Refused = "geweigerde-vraag",
    /// Keyed pseudonyms of persons without a match (H5).
    Pseudonym = "pseudoniem",
    /// Requests for access by data subjects.
    SubjectAccess = "inzageverzoek",
    /// Everything else that happened on the node.
    Journal = "journaal"
}

impl RetentionKind {
    /// What the term is about, in words for those who write it, and from when it runs.
    pub const fn governs(self) -> Words {
        match self {
            RetentionKind::OwnAsked => Words::of(
                "eigen vragen die zijn goedgekeurd, met de antwoorden, vanaf de laatste bezorging",
                "own questions that were approved, with the answers, from the last delivery on",
            ),
            RetentionKind::OwnDraft => Words::of(
                "eigen concepten die niemand goedkeurde, vanaf hun termijn",
                "own drafts that nobody approved, from their deadline on",
            ),
            RetentionKind::Approval => Words::of(
                "concepten van anderen en het oordeel erover, vanaf de laatste bezorging",
                "drafts of others and the verdict on them, from the last delivery on",
            ),
            RetentionKind::QuestionReleased => Words::of(
                "vragen die met het contactpunt zijn beantwoord, vanaf de laatste bezorging",
                "questions answered with the contact point, from the last delivery on",
            ),
            RetentionKind::QuestionWithheld => Words::of(
                "vragen met mogelijke overeenkomsten waarvan niets is verstrekt, vanaf de laatste bezorging",
                "questions with possible matches of which nothing was released, from the last delivery on",
            ),
            RetentionKind::QuestionWithoutMatch => Words::of(
                "besluit en antwoord van vragen zonder overeenkomst, vanaf de laatste bezorging; over wie het ging, gaat weg \
                 zodra de antwoordtermijn sluit, wat deze termijn ook zegt",
                "decision and answer of questions without a match, from the last delivery on; who it was about goes when the \
                 answer window closes, whatever this term says",
            ),
            RetentionKind::Refused => Words::of(
                "het besluit over geweigerde vragen en concepten, waarvan niets anders wordt bewaard",
                "the decision on refused questions and drafts, of which nothing else is kept",
            ),
            RetentionKind::Pseudonym => Words::of(
                "de sleutel van de pseudoniemen die van vragen zonder overeenkomst overblijven: halverwege deze termijn \
                 vervangen, aan het einde vernietigd",
                "the key of the pseudonyms that are left of questions without a match: replaced at half this term, destroyed \
                 at its end",
            ),
            RetentionKind::SubjectAccess => Words::of(
                "verzoeken om inzage en de besluiten daarover, vanaf de laatste aantekening",
                "requests for access and the decisions on them, from the last entry on",
            ),
            RetentionKind::Journal => Words::of(
                "geweigerde handelingen, importen, instellingen, inspecties en exporten",
                "denied acts, imports, configuration, inspections and exports",
            ),
        }
    }

    /// Whether the record itself says who it is about, so that minors have a shorter term.
    pub const fn names_a_person(self) -> bool {
        use RetentionKind::{Journal, Pseudonym, QuestionWithoutMatch, Refused};
        !matches!(self, QuestionWithoutMatch | Refused | Pseudonym | Journal)
    }
}
