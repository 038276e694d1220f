//! The register: who this organisation knows under one convenant. A copy of its own source, rebuilt by importing again.
//!
//! | file | what it does |
//! |---|---|
//! | `import/`, `source/` | reads the organisation's own file, row by row |
//! | `build.rs`, `generation.rs`, `page.rs` | one generation: packed, encrypted pages in an embedded store |
//! | `disk.rs` | which generation is valid: replaced atomically |
//! | `key.rs` | a key per generation, wrapped by the node's and destroyed with it |
//! | `matching/` | possible matches, field by field |
//! | `refold.rs`, `check.rs` | after another version of the fold; what the data is like |
//!
//! It is no list to browse: [`Register::find`] takes a recorded permit and nothing else does the same without one.

mod build;
mod check;
mod disk;
mod error;
mod expire;
mod generation;
mod import;
mod key;
mod killpoint;
pub mod matching;
mod page;
mod refold;
mod row;
mod sealed;
mod source;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use weegnet_policy::decide::Permit;
use weegnet_protocol::id::Slug;
use weegnet_protocol::person::PersonRef;
use weegnet_protocol::sealed::open::Opened;
use weegnet_protocol::time::Day;

use self::disk::Disk;
use self::error::io_error;
use self::generation::Generation;
use self::key::GenerationKey;
use crate::journal::Recorded;

pub use build::BuildError;
pub use check::{Quality, check};
pub use error::{Damage, RegisterError};
pub use generation::GenerationNumber;
pub use import::{
    Column, HeaderProblem, ImportError, ImportReport, ImportRules, MAX_LISTED_REJECTIONS, Mapping, MappingError, Phase,
    Progress, Reason, Rejection, import,
};
pub use key::{RegisterKey, Unsealable};
pub use matching::{Band, Candidate, Comparison, Likeness, Rarity, Remark, Searched, same_person};
pub use row::{MAX_RECORD_ID_BYTES, NotARecordId, RecordId, Row, RowRef};
pub use sealed::source_keys;

/// Who is known under one convenant.
///
/// Finding and importing may go on at once: a search sees the generation that was valid when it began.
pub struct Register {
    scope: Slug,
    disk: Disk,
    key: RegisterKey,
    state: RwLock<State>,
    /// Held during an import: two at once would each replace the other's base.
    importing: Mutex<()>,
}

#[derive(Clone)]
enum State {
    Empty,
    Live(Arc<Generation>),
    Unreadable(Damage),
}

/// What stands in a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    /// The valid generation; [`GenerationNumber::NONE`] before the first import.
    pub generation: GenerationNumber,
    /// Rows in it, also those past their term.
    pub rows: u32,
}

impl Register {
    /// Opens the register in `dir`, which is named after its convenant and is made when it is not there; removes what
    /// a crash left behind.
    ///
    /// A register that cannot be read opens all the same, for importing again is what repairs it: [`Register::status`]
    /// and every search then say [`RegisterError::Unreadable`]. Nothing else may use the directory: the node's lock
    /// sees to that.
    pub fn open(dir: &Path, key: RegisterKey) -> Result<Register, RegisterError> {
        let name = dir.file_name().and_then(|name| name.to_str()).ok_or(RegisterError::NotAScope)?;
        let scope: Slug = name.parse().map_err(|_| RegisterError::NotAScope)?;
        let disk = Disk::open(dir).map_err(io_error("opening the register"))?;
        let state = match disk.current().map_err(io_error("opening the register"))? {
            Err(damage) => State::Unreadable(damage),
            Ok(number) => {
                disk.remove_all_but(number).map_err(io_error("removing what an earlier import left behind"))?;
                match number {
                    GenerationNumber::NONE => State::Empty,
                    number => open_generation(&disk, &key, &scope, number).map_or_else(State::Unreadable, State::Live),
                }
            }
        };
        Ok(Register { scope, disk, key, state: RwLock::new(state), importing: Mutex::new(()) })
    }

    /// The convenant.
    pub fn scope(&self) -> &Slug {
        &self.scope
    }

    /// Which generation is valid, and how much is in it.
    pub fn status(&self) -> Result<Status, RegisterError> {
        Ok(match self.generation()? {
            None => Status { generation: GenerationNumber::NONE, rows: 0 },
            Some(generation) => Status { generation: generation.number(), rows: generation.rows() },
        })
    }

    /// Rows that may be about the person of a question, in the order of their ids: policy before lookup, journal before
    /// lookup. Rows past their term on `today` are not found.
    ///
    /// Of a sealed question `opened` says who it is about: what it opens to must be what was approved.
    pub fn find(
        &self,
        question: &Recorded<Permit>,
        opened: Option<&Opened>,
        today: Day,
    ) -> Result<Searched, RegisterError> {
        let uitvraag = question.get().question().content();
        let asked = uitvraag.core.convenant.id();
        if *asked != self.scope {
            return Err(RegisterError::OtherScope { asked: asked.clone(), scope: self.scope.clone() });
        }
        let opened = opened.map(Opened::subject).filter(|subject| subject.commitment() == uitvraag.core.subject);
        let subject = uitvraag.subject().or(opened).ok_or(RegisterError::NoSubject)?;
        self.find_person(&subject.person, today)
    }

    fn find_person(&self, person: &PersonRef, today: Day) -> Result<Searched, RegisterError> {
        let Some(generation) = self.generation()? else { return Ok(Searched::default()) };
        if generation.census().is_err() {
            return Err(RegisterError::OtherFold { scope: self.scope.clone() });
        }
        matching::find(&generation, person, today).map_err(|damage| self.mark_unreadable(&generation, damage))
    }

    /// The rows behind candidates, to show them to a reviewer, in the order asked for. `None` for a row that a newer
    /// generation no longer has, or that is past its term on `today`.
    #[allow(dead_code)] // the desk's
    pub(crate) fn rows_by_id(&self, rows: &[RowRef], today: Day) -> Result<Vec<Option<Row>>, RegisterError> {
        let Some(generation) = self.generation()? else { return Ok(vec![None; rows.len()]) };
        let show = |wanted: &RowRef| -> Result<Option<Row>, Damage> {
            Ok(generation.by_id(wanted.id.as_str())?.filter(|row| row.is_kept_on(today)))
        };
        let shown: Result<Vec<_>, _> = rows.iter().map(show).collect();
        shown.map_err(|damage| self.mark_unreadable(&generation, damage))
    }

    fn generation(&self) -> Result<Option<Arc<Generation>>, RegisterError> {
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::Empty => Ok(None),
            State::Live(generation) => Ok(Some(generation.clone())),
            State::Unreadable(why) => Err(self.unreadable(*why)),
        }
    }

    /// From now on every search fails, not only those that need the damaged page: else silence would depend on whom
    /// one asks about.
    fn mark_unreadable(&self, damaged: &Arc<Generation>, why: Damage) -> RegisterError {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*state, State::Live(live) if Arc::ptr_eq(live, damaged)) {
            *state = State::Unreadable(why);
        }
        self.unreadable(why)
    }

    fn unreadable(&self, why: Damage) -> RegisterError {
        RegisterError::Unreadable { scope: self.scope.clone(), why }
    }

    /// Makes a built generation the valid one. A crash before `make_current` leaves the old register, after it the new
    /// one; the old key goes first, so that what may remain of the old pages cannot be read.
    fn switch(&self, new: Generation) -> Result<(), RegisterError> {
        let number = new.number();
        self.disk.make_current(number).map_err(io_error("switching to the new generation"))?;
        killpoint::pass("switched");
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if let State::Live(old) = std::mem::replace(&mut *state, State::Live(Arc::new(new))) {
            old.supersede();
            drop(state);
            self.disk.destroy_key(old.number()).map_err(io_error("destroying the key of the old generation"))?;
            killpoint::pass("old-key-destroyed");
        } else {
            drop(state);
            self.disk.remove_all_but(number).map_err(io_error("removing the old generation"))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Register({})", self.scope)
    }
}

fn open_generation(
    disk: &Disk,
    key: &RegisterKey,
    scope: &Slug,
    number: GenerationNumber,
) -> Result<Arc<Generation>, Damage> {
    let wrapped = disk.wrapped_key(number).map_err(|_| Damage::Key)?;
    let key = GenerationKey::unwrap(key, scope, number, &wrapped)?;
    Generation::open(number, &disk.generation(number), key).map(Arc::new)
}
