//! Taking from a node's journal what is shown to an auditor.

use std::collections::BTreeMap;
use std::fs;

use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::{self, Blob, Hash};
use weegnet_protocol::id::{ConvenantId, UitvraagId};
use weegnet_protocol::log::{EntryKind, LeafIndex, LogName};
use weegnet_protocol::sealed::table::Publication;
use weegnet_protocol::sign::Envelope;

use super::{Asked, Noted, Shown, ShownFile, TableShown};
use crate::exchange::bodies::{Note, QuestionSealed};
use crate::exchange::record::{OwnRecord, Record};
use crate::journal::{JournalError, Scanned, Stored};
use crate::node::Node;
use crate::register::RegisterError;
use crate::sealed::files;
use crate::sealed::open::NotTried;

/// Why something cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum CannotShow {
    /// No such case, or its term is over.
    #[error("there is no uitvraag with this id here of which anything can be shown: its retention term may be over")]
    NoCase,
    /// It went to core parties only.
    #[error("this uitvraag was asked of nobody sealed: what was asked openly stands in the question itself")]
    NotSealed,
    /// The cells of the table are gone.
    #[error("the table that the question was made for is not here any more: it goes when its audit term is over")]
    TableGone,
    /// No table was published.
    #[error("no table of this register was published to anybody: 'weegnet sealed status' says which there are")]
    NoTable,
    /// The register is another one now.
    #[error(
        "the register was replaced since this table was made: publish one of the register as it is with 'weegnet sealed \
         publish', and show that"
    )]
    OtherRegister,
    /// The table does not hold the register.
    #[error("the table does not hold every row of the register: publish anew with 'weegnet sealed publish'")]
    NotTheRegister,
    /// The secret is gone.
    #[error(transparent)]
    Secret(#[from] NotTried),
    /// The register cannot be read.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl ShownFile {
    /// What this node can show of a sealed question: opened when it asked, as it came when it was asked.
    ///
    /// # Errors
    /// [`CannotShow`].
    pub fn of_question(node: &Node, uitvraag: UitvraagId) -> Result<Self, CannotShow> {
        let mut found = None;
        node.ledger.each_case(|record| {
            if record.id().uitvraag_id == uitvraag && !matches!(record, Record::Approval(_)) {
                found = Some(record);
            }
        });
        let mut cells = BTreeMap::new();
        let shown = match found.ok_or(CannotShow::NoCase)? {
            Record::Own(own) => Shown::Asked(asked(node, &own, &mut cells)?),
            Record::Question(question) => {
                let stored = node.ledger.journal().read(LogName::Exchange, question.index)?;
                Shown::Received(noted(node, &stored)?)
            }
            Record::Approval(_) => return Err(CannotShow::NoCase),
        };
        Ok(ShownFile { version: 1, party: node.us(), uitvraag: Some(uitvraag), shown, cells })
    }

    /// The newest table of a register, shown without its secret. Takes a while: call it where that is allowed.
    ///
    /// # Errors
    /// [`CannotShow`].
    pub fn of_table(node: &Node, convenant: &ConvenantId) -> Result<Self, CannotShow> {
        let (publication, generation) = {
            let state = node.tables.lock();
            let own = state.newest_own(convenant).ok_or(CannotShow::NoTable)?;
            (own.publication.clone(), own.generation)
        };
        let (_, secret) = node.tables.secret(node.ledger.journal(), &publication.root)?;
        let table = node.tables.cells(&publication.root).ok_or(CannotShow::TableGone)?;
        // The number of an epoch is the moment at which it began.
        let made = Timestamp::from_millis(publication.table.epoch).day();
        let known = node.registers.of(convenant)?.link_keys(made)?;
        if known.generation != generation {
            return Err(CannotShow::OtherRegister);
        }
        let keys = known.keys.iter().cloned().collect();
        let disclosure = secret.disclose(&publication.table, &table, &keys).ok_or(CannotShow::NotTheRegister)?;
        let (stored, body) = published(node, EntryKind::PublicationSent, &publication.root)?;
        let shown = TableShown { publication: noted(node, &stored)?, publication_body: Blob(body), disclosure };
        let bytes = (0..publication.chunks()).filter_map(|number| Some(table.chunk(number)?.0));
        let cells = [(publication.root, bytes.flatten().copied().collect())].into();
        Ok(ShownFile { version: 1, party: node.us(), uitvraag: None, shown: Shown::Table(Box::new(shown)), cells })
    }
}

fn asked(node: &Node, own: &OwnRecord, cells: &mut BTreeMap<Hash, Vec<u8>>) -> Result<Vec<Asked>, CannotShow> {
    let journal = node.ledger.journal();
    let mut sealed: Vec<QuestionSealed> = Vec::new();
    each(node, LogName::House, |stored| {
        if stored.leaf.kind == EntryKind::QuestionSealed
            && let Some(body) = journal.body(&stored)?
            && let Ok(note) = codec::decode::<Note<QuestionSealed>>(&body)
            && note.content.case.uitvraag_id == own.matter.uitvraag_id
        {
            sealed.push(note.content);
        }
        Ok(())
    })?;
    if sealed.is_empty() {
        return Err(CannotShow::NotSealed);
    }
    let mut questions = BTreeMap::new();
    each(node, LogName::Exchange, |stored| {
        if stored.leaf.kind == EntryKind::UitvraagSent
            && let Some(envelope) = stored.envelope.as_ref().and_then(|envelope| Envelope::decode(&envelope.0).ok())
            && sealed.iter().any(|one| one.statement == envelope.header.id)
            && let Some(body) = journal.body(&stored)?
        {
            questions.insert(envelope.header.id, (stored, body));
        }
        Ok(())
    })?;
    let mut all = Vec::new();
    for one in sealed {
        let (question, question_body) = questions.remove(&one.statement).ok_or(CannotShow::NoCase)?;
        let (publication, publication_body) = published(node, EntryKind::PublicationReceived, &one.root)?;
        if let std::collections::btree_map::Entry::Vacant(place) = cells.entry(one.root) {
            let path = files::held(&node.tables.dir, &one.root);
            place.insert(fs::read(path).map_err(|_| CannotShow::TableGone)?);
        }
        all.push(Asked {
            to: one.to,
            subject: own.draft.subject.clone(),
            seed: one.seed,
            question: noted(node, &question)?,
            question_body: Blob(question_body),
            publication: noted(node, &publication)?,
            publication_body: Blob(publication_body),
        });
    }
    Ok(all)
}

/// The last entry of this kind about the table with this root, and what it says.
fn published(node: &Node, kind: EntryKind, root: &Hash) -> Result<(Stored, Vec<u8>), CannotShow> {
    let mut last = None;
    each(node, LogName::Exchange, |stored| {
        if stored.leaf.kind == kind
            && let Some(body) = node.ledger.journal().body(&stored)?
            && super::check::publication(&Blob(body.clone())).is_some_and(|of: Publication| of.root == *root)
        {
            last = Some((stored, body));
        }
        Ok(())
    })?;
    last.ok_or(CannotShow::NoTable)
}

fn each(
    node: &Node,
    log: LogName,
    mut show: impl FnMut(Stored) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    for scanned in node.ledger.journal().scan(log, LeafIndex(0))? {
        if let Scanned::Entry(stored) = scanned? {
            show(stored)?;
        }
    }
    Ok(())
}

fn noted(node: &Node, stored: &Stored) -> Result<Noted, CannotShow> {
    let envelope = stored.envelope.clone().ok_or(CannotShow::NoCase)?;
    Ok(Noted { envelope, receipt: node.ledger.journal().receipt(stored.log, stored.index)? })
}
