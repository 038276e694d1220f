//! What can go wrong with a register that stands on disk. No message holds anything of a person.

use std::io;

use weegnet_protocol::id::Slug;

/// Why a register does not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The copy on disk is of no use; the organisation's own source still is.
    #[error("the register of convenant {scope} cannot be read ({why}): import its source again")]
    Unreadable {
        /// Of which convenant.
        scope: Slug,
        /// What was found.
        why: Damage,
    },
    /// Its index was made by a version of weegnet that folds names in another way.
    #[error("the register of convenant {scope} was indexed with another fold of names: run `weegnet register refold`")]
    OtherFold {
        /// Of which convenant.
        scope: Slug,
    },
    /// A register stands in a directory that carries the name of its convenant.
    #[error("the directory of a register must be named after its convenant: give register/<convenant id>")]
    NotAScope,
    /// A permit under another convenant (H2).
    #[error("the question falls under convenant {asked} and this register under {scope}: ask the register of {asked}")]
    OtherScope {
        /// The convenant of the question.
        asked: Slug,
        /// The convenant of this register.
        scope: Slug,
    },
    /// A question whose person is not the one that was approved.
    #[error("the person of this question is not the one it commits to: refuse the question")]
    NoSubject,
    /// The file system refused.
    #[error("the register's files cannot be used while {doing}: check disk space and permissions")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// What makes a generation on disk unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Generations, but no word on which one is valid.
    #[error("the file 'current' is missing or damaged")]
    Current,
    /// The key file is missing, damaged, or of another node or convenant.
    #[error("its key is missing or does not belong to this node")]
    Key,
    /// The embedded store reports damage, or fell over it.
    #[error("its store is damaged")]
    Store,
    /// A page that should be there is not.
    #[error("a page is missing")]
    MissingPage,
    /// A page does not decrypt, or does not hold what it should.
    #[error("a page is damaged")]
    BadPage,
    /// An older version of weegnet made the index.
    #[error("names are folded in another way than when it was imported")]
    OtherFold,
}

/// Wraps an error of the file system in what was being done.
pub(super) fn io_error(doing: &'static str) -> impl Fn(io::Error) -> RegisterError {
    move |source| RegisterError::Io { doing, source }
}
