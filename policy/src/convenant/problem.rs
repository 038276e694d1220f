//! What is wrong with a document, all at once: where, what, by which rule, and what to do about it, in Dutch and in English.

use std::fmt;

use super::check::{MAX_WINDOW_DAYS, PRODUCT_AUTHOR_CEILING, PRODUCT_ORGANISATION_CEILING};
use super::values::RetentionKind;
use crate::lang::{Lang, Words};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, such as `partijen[2].sleutels.link`; empty for the document as a whole.
    pub path: String,
    /// The line in the document, from 1, where there is one.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub fault: Fault,
}

impl Problem {
    /// Place, rule and advice on one line.
    pub fn text(&self, lang: Lang) -> String {
        let mut text = String::new();
        if let Some(line) = self.line {
            text.push_str(&match lang {
                Lang::Nl => format!("regel {line}: "),
                Lang::En => format!("line {line}: "),
            });
        }
        if !self.path.is_empty() {
            text.push_str(&format!("{}: ", self.path));
        }
        text.push_str(self.fault.words().of_lang(lang));
        if let Some(rule) = self.fault.rule() {
            text.push_str(&format!(" [{rule}]"));
        }
        text
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

/// Everything that is wrong with a document; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub(super) Vec<Problem>);

impl Problems {
    /// The problems, in the order of the document.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// All of them, a line each.
    pub fn text(&self, lang: Lang) -> String {
        let mut text = match (lang, self.0.len()) {
            (Lang::Nl, 1) => "er is 1 probleem met het convenant".to_owned(),
            (Lang::Nl, many) => format!("er zijn {many} problemen met het convenant"),
            (Lang::En, many) => format!("the convenant has {many} problem(s)"),
        };
        for problem in &self.0 {
            text.push_str("\n  ");
            text.push_str(&problem.text(lang));
        }
        text
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for Problems {}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Not TOML.
    Notation(String),
    /// The document is larger than a convenant can be.
    TooLarge {
        /// Most bytes.
        most: usize,
    },
    /// A field that must be there.
    Missing,
    /// A field that does not exist.
    Unknown,
    /// A value of the wrong form.
    Expected(Words),
    /// A number beyond its bounds.
    OutOfRange {
        /// Least.
        least: u64,
        /// Most.
        most: u64,
        /// Of what.
        unit: &'static str,
    },
    /// A list that is too short or too long.
    Length {
        /// Least.
        least: usize,
        /// Most.
        most: usize,
        /// How many there are.
        found: usize,
    },
    /// The same again.
    Twice {
        /// The other place.
        other: String,
    },
    /// The last day lies before the first.
    EndsBeforeItBegins,
    /// Shortest, usual and longest window are out of order.
    WindowOrder,
    /// The window of an urgent question is no shorter than that of any other (H12).
    UrgentNotShorter,
    /// Bound to secrecy, and no ground on which it may release all the same.
    NoSecrecyGround,
    /// Longer than a question may wait.
    WindowTooLong,
    /// Between real organisations the product has a ceiling (H1).
    AboveCeiling,
    /// Between real organisations asking again takes time (H1).
    NoWaitingTime,
    /// Real organisations whose traffic shows when somebody is known.
    NoSlots,
    /// A question would be over before it leaves.
    SlotTooLong,
    /// A BSN without the law that allows it.
    BsnWithoutLaw,
    /// Nobody could approve.
    FewCoreParties,
    /// Answers without a person about real people.
    AutomaticAmongReal,
    /// An address at which nobody can be reached.
    Unreachable,
    /// A party that answers without any ground to.
    NoBasis,
    /// A legal basis for somebody who is not there.
    NoParty,
    /// A legal basis towards somebody who never asks.
    NeverAsks,
    /// A legal basis towards oneself.
    TellsItself,
    /// A legal basis of somebody who never answers.
    NeverAnswers,
    /// What the template leaves open.
    ToFillIn,
    /// A second purpose.
    TwoPurposes,
    /// A term for minors that is longer than the others.
    MinorsKeptLonger,
    /// A kind of record that no term governs.
    NoTerm {
        /// Which.
        kind: RetentionKind,
    },
    /// Pseudonyms that go before the waiting time is over.
    PseudonymsTooShort,
    /// A party that may accede, and nothing that says who approves it.
    NoAccession,
    /// More approvals than there can be.
    TooManyApprovals {
        /// Most.
        most: usize,
    },
}

impl Fault {
    /// What is wrong and what to do, in words.
    pub fn words(&self) -> Words {
        match self {
            Fault::Notation(what) => Words::made(
                format!("dit is geen TOML ({what}): verbeter de notatie"),
                format!("this is not TOML ({what}): correct the notation"),
            ),
            Fault::TooLarge { most } => Words::made(
                format!("het document is groter dan {most} bytes: maak het korter"),
                format!("the document is larger than {most} bytes: shorten it"),
            ),
            Fault::Missing => Words::of("ontbreekt: voeg het toe", "is missing: add it"),
            Fault::Unknown => Words::of(
                "is geen veld van een convenant: haal het weg, of verbeter de spelling",
                "is not a field of a convenant: remove it, or correct its spelling",
            ),
            Fault::Expected(what) => Words::made(format!("schrijf {}", what.nl), format!("write {}", what.en)),
            Fault::OutOfRange { least, most, unit } => Words::made(
                format!("schrijf een heel getal van {least} tot en met {most} ({})", unit_nl(unit)),
                format!("write a whole number from {least} to {most} ({unit})"),
            ),
            Fault::Length { least, most, found } => Words::made(
                format!("hier horen er {least} tot {most} te staan, niet {found}"),
                format!("list {least} to {most} of these, not {found}"),
            ),
            Fault::Twice { other } => Words::made(
                format!("staat er twee keer, ook bij {other}: houd er een"),
                format!("stands there twice, also at {other}: keep one"),
            ),
            Fault::PseudonymsTooShort => Words::of(
                "de sleutel van pseudoniemen wordt halverwege deze termijn vervangen, en wachttijd_seconden duurt langer: \
                 verleng de termijn",
                "the key of pseudonyms is replaced at half this term, and wachttijd_seconden outlasts that: lengthen the term",
            ),
            Fault::NoAccession => Words::of(
                "deze partij treedt later toe, en het document zegt niet wie dat goedkeurt: voeg [toetreding] toe",
                "this party accedes later, and the document does not say who approves that: add [toetreding]",
            ),
            Fault::TooManyApprovals { most } => Words::made(
                format!("hooguit {most} kernpartijen die mede oprichten kunnen een toetreding goedkeuren: verlaag dit"),
                format!("at most {most} founding core parties can approve an accession: lower this"),
            ),
            Fault::NoTerm { kind } => Words::made(
                format!("er is geen termijn voor \"{kind}\": voeg die toe; zij gaat over {}", kind.governs().nl),
                format!("there is no term for \"{kind}\": add one; it governs {}", kind.governs().en),
            ),
            Fault::EndsBeforeItBegins => Words::of(
                "ligt voor geldig_van: verbeter een van de twee",
                "lies before geldig_van: correct one of the two",
            ),
            Fault::WindowOrder => Words::of(
                "de termijnen moeten oplopen van minimum_seconden via standaard_seconden naar maximum_seconden",
                "the terms must go up from minimum_seconden over standaard_seconden to maximum_seconden",
            ),
            Fault::UrgentNotShorter => Words::of(
                "spoed verkort de termijn: dit mag niet langer zijn dan antwoordtermijn.minimum_seconden",
                "urgency shortens the term: this must not be longer than antwoordtermijn.minimum_seconden",
            ),
            Fault::NoSecrecyGround => Words::of(
                "er is geen grond waarop deze partij ondanks haar geheimhouding mag verstrekken: voeg er een toe onder [[geheimhoudingsgronden]]",
                "there is no ground on which this party may release in spite of its secrecy: add one under [[geheimhoudingsgronden]]",
            ),
            Fault::WindowTooLong => Words::made(
                format!("een vraag wacht hooguit {MAX_WINDOW_DAYS} dagen op antwoord: verkort deze termijn"),
                format!("a question waits at most {MAX_WINDOW_DAYS} days for its answer: shorten this term"),
            ),
            Fault::AboveCeiling => Words::made(
                format!(
                    "met een echte organisatie onder de partijen laat het product hooguit {PRODUCT_AUTHOR_CEILING} per dag \
                     per opsteller en {PRODUCT_ORGANISATION_CEILING} per organisatie toe: verlaag dit"
                ),
                format!(
                    "with a real organisation among the parties the product allows at most {PRODUCT_AUTHOR_CEILING} a day \
                     per author and {PRODUCT_ORGANISATION_CEILING} per organisation: lower it"
                ),
            ),
            Fault::NoWaitingTime => Words::of(
                "met een echte organisatie onder de partijen kost opnieuw vragen over dezelfde persoon een wachttijd: stel er \
                 een in",
                "with a real organisation among the parties asking again about one person takes a waiting time: set one",
            ),
            Fault::NoSlots => Words::of(
                "met een echte organisatie onder de partijen gaat alles in slots, of wie meeleest ziet wanneer er iets te \
                 zeggen is: kies een lengte",
                "with a real organisation among the parties everything leaves in slots, or whoever listens sees when there is \
                 something to say: choose a length",
            ),
            Fault::SlotTooLong => Words::of(
                "een vraag kan voorbij zijn voor zij vertrekt: maak het slot niet langer dan de kortste antwoordtermijn, ook \
                 die met spoed",
                "a question may be over before it leaves: make the slot no longer than the shortest answer window, the urgent \
                 one included",
            ),
            Fault::BsnWithoutLaw => Words::of(
                "een BSN wordt alleen gebruikt waar een wet dat toestaat: noem die wet in bsn.wet, of zet bsn.toegestaan op \
                 false",
                "a BSN is used only where a law allows it: name that law in bsn.wet, or set bsn.toegestaan to false",
            ),
            Fault::FewCoreParties => Words::of(
                "een andere kernpartij keurt een vraag goed: zet er ten minste twee partijen met soort = \"kern\" in",
                "a question is approved by another core party: list at least two parties with soort = \"kern\"",
            ),
            Fault::AutomaticAmongReal => Words::of(
                "automatisch is alleen voor testorganisaties, en er staat een echte bij de partijen: kies na_verstrekking",
                "automatisch is for test organisations only, and there is a real one among the parties: choose na_verstrekking",
            ),
            Fault::Unreachable => Words::of(
                "schrijf het adres en de poort waarop dit knooppunt te bereiken is, zoals 192.0.2.10:7443",
                "write the address and port at which this node can be reached, such as 192.0.2.10:7443",
            ),
            Fault::NoBasis => Words::of(
                "deze partij antwoordt, maar grondslagen geeft geen grond waarop zij een kernpartij iets mag zeggen: voeg er een \
                 toe, of zet modus = \"nooit\"",
                "this party answers, but grondslagen gives no ground on which it may tell a core party: add one, or set modus \
                 = \"nooit\"",
            ),
            Fault::NoParty => Words::of(
                "is niet een van de partijen: verbeter het nummer",
                "is not one of the partijen: correct the number",
            ),
            Fault::NeverAsks => Words::of(
                "alleen kernpartijen vragen, en dit is er geen: verbeter het nummer",
                "only core parties ask, and this is not one: correct the number",
            ),
            Fault::NeverAnswers => Words::of(
                "deze partij heeft modus \"nooit\": zij antwoordt niet, dus een vraag aan haar zou alleen iets verraden; haal de \
                 grondslag weg of kies een andere modus",
                "this party has modus \"nooit\": it never answers, so a question to it would only tell it something; remove the \
                 basis or choose another modus",
            ),
            Fault::ToFillIn => Words::of(
                "staat nog open: vul in wat de partijen besloten",
                "is still open: fill in what the parties decided",
            ),
            Fault::TwoPurposes => Words::of(
                "een convenant heeft precies een doel: maak voor het andere doel een eigen convenant",
                "a convenant has exactly one purpose: make a convenant of its own for the other",
            ),
            Fault::TellsItself => Words::of(
                "niemand zegt iets aan zichzelf: verbeter van of aan",
                "nobody tells itself: correct van or aan",
            ),
            Fault::MinorsKeptLonger => Words::of(
                "minderjarigen hebben de kortere termijn: verlaag deze tot de kortste van bewaartermijnen of lager",
                "minors have the shorter term: lower it to the shortest of bewaartermijnen or below",
            ),
        }
    }

    /// The rule that it breaks, where it is more than form: a rule of the product, or an article.
    pub fn rule(&self) -> Option<&'static str> {
        Some(match self {
            Fault::TwoPurposes => "H2, AVG 5(1)(b)",
            Fault::AboveCeiling | Fault::NoWaitingTime | Fault::FewCoreParties => "H1",
            Fault::NoSlots => "H7",
            Fault::AutomaticAmongReal => "R4, AVG 22",
            Fault::NeverAnswers => "H7",
            Fault::BsnWithoutLaw => "UAVG 46",
            Fault::NoBasis => "AVG 6",
            Fault::MinorsKeptLonger => "H6",
            Fault::NoTerm { .. } => "R12, AVG 5(1)(e)",
            Fault::PseudonymsTooShort => "H1, H5",
            _ => return None,
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().en)
    }
}

fn unit_nl(unit: &str) -> &str {
    match unit {
        "seconds" => "seconden",
        "days" => "dagen",
        "rows" => "rijen",
        "questions a day" => "vragen per dag",
        "cosignatures" => "medeondertekeningen",
        other => other,
    }
}
