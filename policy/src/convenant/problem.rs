//! What is wrong with a document, all at once: where, what, and what to do about it.

use std::fmt;

use super::check::{MAX_WINDOW_DAYS, PRODUCT_AUTHOR_CEILING, PRODUCT_ORGANISATION_CEILING};
use super::values::RetentionKind;

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

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        self.fault.fmt(f)
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
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the convenant has {} problem(s)", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not TOML.
    #[error("this is not TOML ({0}): correct the notation")]
    Notation(String),
    /// The document is larger than a convenant can be.
    #[error("the document is larger than {most} bytes: shorten it")]
    TooLarge {
        /// Most bytes.
        most: usize,
    },
    /// A field that must be there.
    #[error("is missing: add it")]
    Missing,
    /// A field that does not exist.
    #[error("is not a field of a convenant: remove it, or correct its spelling")]
    Unknown,
    /// A value of the wrong form.
    #[error("write {0}")]
    Expected(String),
    /// A number beyond its bounds.
    #[error("write a whole number from {least} to {most} ({unit})")]
    OutOfRange {
        /// Least.
        least: u64,
        /// Most.
        most: u64,
        /// Of what.
        unit: &'static str,
    },
    /// A list that is too short or too long.
    #[error("list {least} to {most} of these, not {found}")]
    Length {
        /// Least.
        least: usize,
        /// Most.
        most: usize,
        /// How many there are.
        found: usize,
    },
    /// The same again.
    #[error("stands there twice, also at {other}: keep one")]
    Twice {
        /// The other place.
        other: String,
    },
    /// The last day lies before the first.
    #[error("lies before geldig_van: correct one of the two")]
    EndsBeforeItBegins,
    /// Shortest, usual and longest window are out of order.
    #[error("the terms must go up from minimum_seconden over standaard_seconden to maximum_seconden")]
    WindowOrder,
    /// Longer than a question may wait.
    #[error("a question waits at most {MAX_WINDOW_DAYS} days for its answer: shorten this term")]
    WindowTooLong,
    /// Between real organisations the product has a ceiling (H1).
    #[error(
        "with a real organisation among the parties the product allows at most {PRODUCT_AUTHOR_CEILING} a day per author \
         and {PRODUCT_ORGANISATION_CEILING} per organisation: lower it"
    )]
    AboveCeiling,
    /// Between real organisations asking again takes time (H1).
    #[error("with a real organisation among the parties asking again about one person takes a waiting time: set one")]
    NoWaitingTime,
    /// A BSN without the law that allows it.
    #[error("a BSN is used only where a law allows it: name that law in bsn.wet, or set bsn.toegestaan to false")]
    BsnWithoutLaw,
    /// Nobody could approve.
    #[error("a question is approved by another core party: list at least two parties with soort = \"kern\"")]
    FewCoreParties,
    /// Answers without a person about real people.
    #[error(
        "automatisch is for test organisations only, and there is a real one among the parties: choose na_verstrekking"
    )]
    AutomaticAmongReal,
    /// Open questions about real people beyond the core.
    #[error(
        "with a real organisation among the parties only core parties can be asked openly: set modus = \"nooit\" until \
         sealed questions exist"
    )]
    OpenBeyondTheCore,
    /// An address at which nobody can be reached.
    #[error("write the address and port at which this node can be reached, such as 192.0.2.10:7443")]
    Unreachable,
    /// A party that answers without any ground to.
    #[error(
        "this party answers, but grondslagen gives no ground on which it may tell a core party: add one, or set modus = \"nooit\""
    )]
    NoBasis,
    /// A legal basis for somebody who is not there.
    #[error("is not one of the partijen: correct the number")]
    NoParty,
    /// A legal basis towards somebody who never asks.
    #[error("only core parties ask, and this is not one: correct the number")]
    NeverAsks,
    /// A legal basis towards oneself.
    #[error("nobody tells itself: correct van or aan")]
    TellsItself,
    /// A term for minors that is longer than the others.
    #[error("minors have the shorter term: lower it to the shortest of bewaartermijnen or below")]
    MinorsKeptLonger,
    /// A kind of record that no term governs.
    #[error("there is no term for \"{kind}\": add one; it governs {}", kind.governs())]
    NoTerm {
        /// Which.
        kind: RetentionKind,
    },
    /// Pseudonyms that go before the waiting time is over.
    #[error(
        "the key of pseudonyms is replaced at half this term, and wachttijd_seconden outlasts that: lengthen the term"
    )]
    PseudonymsTooShort,
}
