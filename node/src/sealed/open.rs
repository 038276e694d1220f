//! Trying a question: the same work for each, and nothing of it kept here.

use std::sync::Arc;

use weegnet_protocol::codec::{self, Bytes, Hash};
use weegnet_protocol::log::LogName;
use weegnet_protocol::sealed::open::{Opener, Opening};
use weegnet_protocol::sealed::secret::EpochSecret;
use weegnet_protocol::sealed::table::{Publication, Table};
use weegnet_protocol::statement::Uitvraag;
use zeroize::Zeroizing;

use super::{Tables, ask, files};
use crate::exchange::bodies::{Note, TableBuilt};
use crate::journal::{CaseKey, Journal};

/// Why a question is not tried: as if it did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTried {
    /// It is open, or for no table of ours.
    #[error("the question is not sealed for a table of this node")]
    OtherTable,
    /// The secret was destroyed at the end of the audit term.
    #[error("the secret of the table that the question is for has been destroyed")]
    SecretGone,
    /// The cells are not on disk, or damaged.
    #[error("the cells of the table that the question is for are not here any more")]
    CellsGone,
}

impl Tables {
    /// Tries a question. Takes a while: call it where that is allowed.
    ///
    /// # Errors
    /// [`NotTried`]; none of them depends on who is asked about.
    pub fn open(&self, journal: &Journal, question: &Uitvraag) -> Result<Opening, NotTried> {
        let sealed = question.sealed().ok_or(NotTried::OtherTable)?;
        let (publication, secret) = self.secret(journal, &sealed.root)?;
        let table = self.cells(&sealed.root).ok_or(NotTried::CellsGone)?;
        let opener = Opener { secret: &secret, publication: &publication, table: &table };
        Ok(opener.open(&question.core.uitvraag_id, &question.core.subject, sealed, ask::keys))
    }

    /// The cells of a table of ours.
    pub(super) fn cells(&self, root: &Hash) -> Option<Arc<Table>> {
        let publication = {
            let state = self.lock();
            let own = state.own.get(root)?;
            if let Some(cells) = &own.cells {
                return Some(Arc::clone(cells));
            }
            own.publication.clone()
        };
        let cells = Arc::new(files::read(&files::own(&self.dir, root), &publication)?);
        if let Some(own) = self.lock().own.get_mut(root) {
            own.cells = Some(Arc::clone(&cells));
        }
        Some(cells)
    }

    /// From the journal each time: in memory it lies no longer than a question takes.
    pub(super) fn secret(&self, journal: &Journal, root: &Hash) -> Result<(Publication, EpochSecret), NotTried> {
        let (entry, publication): (_, Publication) = {
            let state = self.lock();
            let own = state.own.get(root).ok_or(NotTried::OtherTable)?;
            (own.secret, own.publication.clone())
        };
        let stored = journal.read(LogName::House, entry).map_err(|_| NotTried::SecretGone)?;
        let body = journal.body(&stored).ok().flatten().map(Zeroizing::new).ok_or(NotTried::SecretGone)?;
        let note = codec::decode::<Note<TableBuilt>>(&body).map_err(|_| NotTried::SecretGone)?;
        let Bytes(random) = note.content.random;
        let secret = EpochSecret::new(&Zeroizing::new(random), &publication.table);
        Ok((publication, secret))
    }

    /// Tables of ours whose key is `gone`: they open nothing any more, and their cells go.
    pub(super) fn retire(&self, gone: impl Fn(CaseKey) -> bool) {
        let mut retired = Vec::new();
        self.lock().own.retain(|root, own| {
            let goes = gone(own.key);
            if goes {
                retired.push(*root);
            }
            !goes
        });
        for root in retired {
            files::remove(&files::own(&self.dir, &root));
        }
    }
}
