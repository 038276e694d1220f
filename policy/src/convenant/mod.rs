//! The convenant: a TOML document that lawyers read, its one encoding that parties sign, and the value that shows all did.

mod accession;
mod amended;
mod check;
mod difference;
mod keyring;
mod not_amended;
mod practice;
mod problem;
mod ratified;
mod read;
mod readable;
mod reader;
mod sealing;
mod succession;
mod template;
mod terms;
mod values;

use toml::de::DeTable;
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::id::{ConvenantId, ConvenantRef};

use reader::{Fields, Notes};

pub use accession::{AccessionTerms, Approvals};
pub use amended::Origins;
pub use check::{MAX_WINDOW_DAYS, MIN_CORE_PARTIES, PRODUCT_AUTHOR_CEILING, PRODUCT_ORGANISATION_CEILING};
pub use difference::differences;
pub use not_amended::NotAmended;
pub use practice::{PartyPractice, Practice, PracticeTerms, Roster};
pub use problem::{Fault, Problem, Problems};
pub use ratified::{NotRatified, Ratified, WrongSignature};
pub use read::{MAX_BASES, MAX_CODES, MAX_PARTIES, MAX_PROCESSORS, MAX_RETENTION_DAYS, MAX_ROWS};
pub use readable::{SignatureState, readable};
pub use sealing::{DEFAULT_AUDIT, DEFAULT_EPOCH, DEFAULT_SLOT, MAX_AUDIT, MAX_EPOCH, MAX_SLOT, SealedTerms};
pub use succession::{NotNext, own_statement_key, statement_key};
pub use template::template;
pub use terms::{
    BsnTerms, Coded, InformingTerms, LegalBasis, MinorTerms, Party, PartyKeys, Processor, PurposeTerms, QuotaTerms,
    RetentionTerm, Signatory, Terms, WindowTerms, WitnessTerms,
};
pub use values::{
    AnswerMode, Arrangement, Date, Days, Informing, Line, MAX_LINE_BYTES, MAX_TEXT_BYTES, NotAValue, PartyKind,
    PartyRole, ProcessingActivity, PublicKey, RetentionKind, Seconds, Text,
};

/// Largest document that is read: 2 MiB of TOML.
pub const MAX_DOCUMENT_BYTES: usize = 2 * 1024 * 1024;
/// Largest convenant in its one encoding: 1 MiB. It is encoded and hashed, never decoded.
pub const MAX_CANONICAL_BYTES: usize = 1024 * 1024;

/// A convenant in which nothing is wrong. Only [`Convenant::parse`] makes it; nobody needs to have signed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Convenant {
    terms: Terms,
    canonical: Vec<u8>,
    hash: Hash,
}

impl Convenant {
    /// Reads a TOML document and checks it.
    ///
    /// # Errors
    /// Everything that is wrong with it, with the field, the line and what to do.
    pub fn parse(text: &str) -> Result<Convenant, Problems> {
        let mut notes = Notes::new(text);
        let terms = read(&mut notes, text);
        let problems = notes.into_problems();
        match terms {
            Some(terms) if problems.is_empty() => Self::encoded(terms),
            _ => Err(Problems(problems)),
        }
    }

    /// What it says.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Its name.
    pub fn id(&self) -> &ConvenantId {
        &self.terms.id
    }

    /// Its one encoding: deterministic CBOR of the fields. Comments and notation of the document are no part of it.
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    /// SHA-256 of [`Convenant::canonical`]: what the parties sign.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// How statements refer to it, without amendments.
    pub fn reference(&self) -> ConvenantRef {
        ConvenantRef(self.terms.id.clone(), self.hash, 0)
    }

    /// Terms that no check has seen, to try the rules behind the checks.
    #[cfg(test)]
    pub(crate) fn unchecked(terms: Terms) -> Convenant {
        let canonical = codec::encode(&terms);
        Convenant { hash: Hash::of(&[&canonical]), canonical, terms }
    }

    fn encoded(terms: Terms) -> Result<Convenant, Problems> {
        let canonical = codec::encode(&terms);
        if canonical.len() > MAX_CANONICAL_BYTES {
            let fault = Fault::TooLarge { most: MAX_CANONICAL_BYTES };
            return Err(Problems(vec![Problem { path: String::new(), line: None, fault }]));
        }
        Ok(Convenant { hash: Hash::of(&[&canonical]), canonical, terms })
    }
}

fn read(notes: &mut Notes, text: &str) -> Option<Terms> {
    if text.len() > MAX_DOCUMENT_BYTES {
        notes.add_at(None, Fault::TooLarge { most: MAX_DOCUMENT_BYTES });
        return None;
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return read::terms(notes, Fields::root(table.into_inner()));
    }
    // What a damaged notation leaves of the fields would only give misleading problems.
    for error in errors {
        let start = error.span().map(|span| span.start);
        let again =
            start.is_some_and(|start| text[start..].starts_with("doel")) && error.message().contains("duplicate");
        notes.add_at(start, if again { Fault::TwoPurposes } else { Fault::Notation(error.message().into()) });
    }
    None
}

#[cfg(test)]
mod spoiled;
#[cfg(test)]
mod tests;
