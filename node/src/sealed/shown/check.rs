//! The third party's side: nothing in the files is believed before it is recomputed, or proven under a key of the convenant.

use std::collections::BTreeSet;

use weegnet_policy::convenant::Ratified;
use weegnet_protocol::codec::{Blob, Hash};
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::log::{EntryKind, LogName, ReceiptError};
use weegnet_protocol::person::{PROFILE, PersonRef};
use weegnet_protocol::sealed::audit::{self, NotTheQuestion, NotTheRegister};
use weegnet_protocol::sealed::table::{Publication, Table, WrongTable};
use weegnet_protocol::sign::{Content, Envelope, Statement, Verified, VerifyError, read_body, verify};
use weegnet_protocol::statement::{Approval, NotApproved, Uitvraag};
use weegnet_protocol::{Oin, Timestamp};

use super::{Noted, Shown, ShownFile};
use crate::sealed::ask;

/// What is proven of a question.
pub struct ProvenQuestion {
    /// Who asked.
    pub asker: Oin,
    /// Who was asked.
    pub responder: Oin,
    /// Who approved it.
    pub approver: Oin,
    /// Which.
    pub uitvraag: UitvraagId,
    /// Root of the table that it was made for.
    pub root: Hash,
    /// About whom, and nobody else.
    pub person: PersonRef,
}

/// What is proven of a table.
#[derive(Debug)]
pub struct ProvenTable {
    /// Whose.
    pub party: Oin,
    /// Its root.
    pub root: Hash,
    /// Number of its epoch.
    pub epoch: u64,
    /// Link keys in it, all of the register.
    pub keys: usize,
    /// Number of cells.
    pub cells: u32,
}

/// What does not hold, and of whom.
#[derive(Debug, thiserror::Error)]
pub enum NotProven {
    /// The files do not belong together, or lie in the wrong order.
    #[error("give two files about one uitvraag: the asker's first, then that of an organisation it asked sealed")]
    OtherFiles,
    /// It is no table.
    #[error(
        "this file shows no table: make one with 'weegnet sealed export-table' at the organisation whose table it is"
    )]
    NoTable,
    /// A statement does not hold.
    #[error("{0} shows a statement that does not hold: {1}; the convenant must be the text that it names")]
    Statement(Oin, VerifyError),
    /// It stands in no log.
    #[error("{0} shows an entry that its log does not hold: {1}")]
    Entry(Oin, ReceiptError),
    /// The entry is about something else.
    #[error("{0} shows an entry that is about another statement than it says")]
    OtherEntry(Oin),
    /// The party is none of the convenant.
    #[error("{0} is no party to this convenant: give the text under which was asked")]
    NoParty(Oin),
    /// The two logs hold different questions.
    #[error("the question that was sent is not the one that came in: the two journals contradict each other")]
    OtherQuestion,
    /// It was asked openly.
    #[error("the question is not sealed")]
    NotSealed,
    /// The approval is for something else.
    #[error("the question was not approved as it was asked: {0}")]
    NotApproved(#[from] NotApproved),
    /// The table is not the published one.
    #[error("the table is not the one that was published: {0}")]
    Table(#[from] WrongTable),
    /// The cells are missing.
    #[error("the file has no cells of the table: it was made by hand or cut off; export it again")]
    NoCells,
    /// The question is made for another table than the one that was published, or published by somebody else.
    #[error("the question is made for another table than the one that is shown")]
    OtherTable,
    /// The link keys are of another version.
    #[error(
        "the table has link keys of version {0}, and this weegnet makes another: use the weegnet that was in use then"
    )]
    Profile(u16),
    /// It is not about whom is shown.
    #[error("{0}")]
    NotTheQuestion(#[from] NotTheQuestion),
    /// It does not hold the register.
    #[error("{0}")]
    NotTheRegister(#[from] NotTheRegister),
}

/// Checks that a question was about the person who is shown, and about nobody else.
///
/// # Errors
/// The first thing that does not hold.
pub fn question(asker: &ShownFile, responder: &ShownFile, under: &Ratified) -> Result<ProvenQuestion, NotProven> {
    let (Shown::Asked(all), Shown::Received(received)) = (&asker.shown, &responder.shown) else {
        return Err(NotProven::OtherFiles);
    };
    let asked = all.iter().find(|asked| asked.to == responder.party).ok_or(NotProven::OtherFiles)?;
    if asker.uitvraag != responder.uitvraag {
        return Err(NotProven::OtherFiles);
    }
    let sent: Verified<Uitvraag> = statement(&asked.question, &asked.question_body, asker.party, asked.to, under)?;
    entry(&asked.question, EntryKind::UitvraagSent, asker.party, under)?;
    entry(received, EntryKind::QuestionReceived, responder.party, under)?;
    if received.envelope != asked.question.envelope {
        return Err(NotProven::OtherQuestion);
    }
    let Uitvraag { core, salt, approval, .. } = sent.content();
    if core.asker != asker.party || Some(core.uitvraag_id) != asker.uitvraag {
        return Err(NotProven::OtherFiles);
    }
    let approval: Verified<Approval> = checked(approval.clone(), asker.party, asker.party, under)?;
    approval.covers(core, &asked.to, salt)?;
    let sealed = sent.content().sealed().ok_or(NotProven::NotSealed)?;
    let published: Verified<Publication> =
        statement(&asked.publication, &asked.publication_body, asked.to, asker.party, under)?;
    entry(&asked.publication, EntryKind::PublicationReceived, asker.party, under)?;
    let published = published.content();
    if published.root != sealed.root || published.table.party != asked.to {
        return Err(NotProven::OtherTable);
    }
    let table = cells(asker, published)?;
    let keys = ask::keys(&asked.subject.person);
    let shown = (&asked.subject, &asked.seed, keys.as_slice());
    audit::question(&core.uitvraag_id, &core.subject, sealed, shown, published, &table)?;
    Ok(ProvenQuestion {
        asker: asker.party,
        responder: responder.party,
        approver: approval.header().issuer,
        uitvraag: core.uitvraag_id,
        root: sealed.root,
        person: asked.subject.person.clone(),
    })
}

/// Checks that a table holds the link keys of a register and nobody else's.
///
/// # Errors
/// The first thing that does not hold.
pub fn table(file: &ShownFile, keys: &BTreeSet<Vec<u8>>, under: &Ratified) -> Result<ProvenTable, NotProven> {
    let Shown::Table(shown) = &file.shown else { return Err(NotProven::NoTable) };
    let audience = audience(&shown.publication, file.party)?;
    let published: Verified<Publication> =
        statement(&shown.publication, &shown.publication_body, file.party, audience, under)?;
    entry(&shown.publication, EntryKind::PublicationSent, file.party, under)?;
    let published = published.content();
    if published.table.party != file.party {
        return Err(NotProven::OtherTable);
    }
    let table = cells(file, published)?;
    audit::table(published, &table, keys, &shown.disclosure)?;
    Ok(ProvenTable {
        party: file.party,
        root: published.root,
        epoch: published.table.epoch,
        keys: keys.len(),
        cells: published.cells,
    })
}

/// When the table was made that a file shows: its rows are those that were kept on that day.
///
/// # Errors
/// [`NotProven::NoTable`].
pub fn made(file: &ShownFile) -> Result<Timestamp, NotProven> {
    let Shown::Table(shown) = &file.shown else { return Err(NotProven::NoTable) };
    let publication = publication(&shown.publication_body).ok_or(NotProven::NoTable)?;
    Ok(Timestamp::from_millis(publication.table.epoch))
}

/// What a body says of a table; nothing of it is believed.
pub(super) fn publication(body: &Blob) -> Option<Publication> {
    read_body(&body.0).ok()
}

fn cells(file: &ShownFile, published: &Publication) -> Result<Table, NotProven> {
    if u32::from(published.table.profile) != PROFILE.0 {
        return Err(NotProven::Profile(published.table.profile));
    }
    let cells = file.cells.get(&published.root).ok_or(NotProven::NoCells)?;
    Ok(Table::read(published, cells)?)
}

fn audience(noted: &Noted, of: Oin) -> Result<Oin, NotProven> {
    let envelope = Envelope::decode(&noted.envelope.0).map_err(|error| NotProven::Statement(of, error))?;
    Ok(envelope.header.audience)
}

fn statement<T: Content>(
    noted: &Noted,
    body: &Blob,
    issuer: Oin,
    audience: Oin,
    under: &Ratified,
) -> Result<Verified<T>, NotProven> {
    let statement = Statement { envelope: noted.envelope.clone(), body: body.clone() };
    let verified = checked::<T>(statement, issuer, audience, under)?;
    if verified.header().issuer != issuer {
        return Err(NotProven::Statement(issuer, VerifyError::UnknownIssuer));
    }
    Ok(verified)
}

/// As on the day that it was signed.
fn checked<T: Content>(
    statement: Statement,
    shown_by: Oin,
    audience: Oin,
    under: &Ratified,
) -> Result<Verified<T>, NotProven> {
    let wrong = |error| NotProven::Statement(shown_by, error);
    let issued = statement.claimed_header().map_err(wrong)?.issued;
    verify(statement, under, &audience, issued).map_err(wrong)
}

/// That the exchange log of `party` holds this statement, as an entry of this kind.
fn entry(noted: &Noted, kind: EntryKind, party: Oin, under: &Ratified) -> Result<(), NotProven> {
    let key = under.checkpoint_key(&party).ok_or(NotProven::NoParty(party))?;
    let checkpoint = noted.receipt.verify(key).map_err(|error| NotProven::Entry(party, error))?;
    let leaf = &noted.receipt.leaf;
    let theirs = checkpoint.origin.oin() == Some(party) && checkpoint.origin.log() == Some(LogName::Exchange);
    if !theirs || leaf.kind != kind || leaf.statement != Some(Hash::of(&[&noted.envelope.0])) {
        return Err(NotProven::OtherEntry(party));
    }
    Ok(())
}
