//! What can go wrong with a journal, and where exactly it is damaged.

use std::io;
use std::path::PathBuf;

use weegnet_protocol::log::{LeafIndex, LogName};

use super::entry::CaseKey;

/// Why the journal did not do what was asked. No variant holds anything of a person.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// There is nothing to open.
    #[error("there is no journal in {}: make the node with `weegnet init` first", .dir.display())]
    Missing {
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// There is something already.
    #[error("there is a journal in {} already: it is never written over", .dir.display())]
    AlreadyExists {
        /// Where.
        dir: PathBuf,
    },
    /// Another process has it open.
    #[error("another process uses the journal in {}: stop it, or use the commands that talk to it", .dir.display())]
    InUse {
        /// Where.
        dir: PathBuf,
    },
    /// The key given is not the one in the genesis.
    #[error("this checkpoint key is not the one in the journal's genesis: put the right key file back")]
    WrongKey,
    /// A committed part of a log does not read as it was written.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The vault's key file does not fit the logs.
    #[error("the vault's key file {flaw}: restore vault.keys from the same copy as the logs")]
    Vault {
        /// What is wrong with it.
        flaw: &'static str,
    },
    /// A sealed body does not open with its key, or is not what its leaf vouches for.
    #[error("the body of entry {} in the {} log does not open with the vault's key", .index.0, .log.as_str())]
    SealBroken {
        /// Which log.
        log: LogName,
        /// Which entry.
        index: LeafIndex,
    },
    /// No room for another segment or block of keys. Nothing of the call was recorded; a later call tries again.
    #[error("no disk space for the journal to grow: nothing was recorded; free some space")]
    NoSpace,
    /// A write or sync failed: whether it is on disk is unknown, and the process must end.
    #[error("a write to the journal failed: this process must end; starting again keeps all that was acknowledged")]
    Failed,
    /// Too few other members said what they hold of this journal since the start.
    #[error(
        "no other member has said yet what it holds of this journal, so nothing is signed: wait until one is reached, or \
         let an operator decide with 'weegnet witness override'"
    )]
    Unheard,
    /// Others hold more of this journal than it has.
    #[error(
        "other members hold entries that this journal has lost, so nothing is signed any more: put the journal back that \
         has them ('weegnet witness status' shows which), or, if it is gone for good, stop this node and recover it with \
         'weegnet witness recover'"
    )]
    RolledBack,
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
    /// The queue is full; for receipts only, which the peer gives again.
    #[error("the journal's queue is full: try again later")]
    Busy,
    /// More than fits.
    #[error("{bytes} bytes are too many for one call to the journal: the limit is {limit}")]
    TooLarge {
        /// Bytes offered.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// A call without entries, or with a genesis, which only making a journal writes.
    #[error("this is not something to record: at least one entry, and no genesis")]
    NotRecordable,
    /// The case's key was destroyed or never given out, so nothing can be sealed under it.
    #[error("case {} has no key, or no longer: nothing can be recorded under it", .case.slot())]
    NoCaseKey {
        /// Which case.
        case: CaseKey,
    },
    /// No entry there.
    #[error("the {} log has no entry {}", .log.as_str(), .index.0)]
    NoSuchEntry {
        /// Which log.
        log: LogName,
        /// Which entry.
        index: LeafIndex,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness: check the machine before starting again")]
    NoRandomness,
    /// The file system refused.
    #[error("could not {doing} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl JournalError {
    /// For `map_err`: what was being done, to what.
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| JournalError::Io { doing, path, source }
    }
}

/// Where a log does not read as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the {} log is damaged: segment {segment}, byte {byte}, entry {entry}: {flaw}; \
     keep the files as they are and restore a copy", .log.as_str()
)]
pub struct Damage {
    /// Which log.
    pub log: LogName,
    /// Number of the segment file, from 1.
    pub segment: u32,
    /// Offset in that file.
    pub byte: u64,
    /// The entry that stands there, or would stand there next.
    pub entry: u64,
    /// What is wrong.
    pub flaw: Flaw,
}

/// What is wrong at a damaged place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A file is not there.
    #[error("the segment file is missing")]
    MissingSegment,
    /// A file ends before its header says: whatever stood behind that is gone.
    #[error("the file ends here and its header says that it is longer: something was cut off")]
    CutOff,
    /// A file is longer than its header says.
    #[error("the file is longer than its header says")]
    SegmentLength,
    /// The header of a segment is not one, or belongs to another place.
    #[error("the segment's header is wrong")]
    Header,
    /// Length, checksum or end of a frame.
    #[error("the frame's checksum or length is wrong")]
    Frame,
    /// A sound frame that does not follow the one before it.
    #[error("the frame does not follow the one before it")]
    Chain,
    /// A sound frame with content that no version of this program writes.
    #[error("the frame's content is not readable")]
    Content,
    /// Frames without commit record in a segment that was left for the next.
    #[error("the segment was left without a commit record at its end")]
    Uncommitted,
    /// The first entry is not this log's genesis, or another one is.
    #[error("the genesis is not right")]
    Genesis,
    /// The log does not hold what it says it kept of the one that it continues.
    #[error("the entries are not those of the log that this one says it continues")]
    Continued,
    /// An entry in the log where its kind does not belong.
    #[error("the entry's kind does not belong in this log")]
    WrongLog,
    /// The commit record counts other frames or entries than there are.
    #[error("the commit record counts other entries than there are")]
    Count,
    /// The checkpoint is about another tree.
    #[error("the checkpoint has another origin, size or root than the entries")]
    Root,
    /// The checkpoint is not signed by the log's key.
    #[error("the checkpoint's signature does not verify")]
    Signature,
    /// The body kept in the clear is not the one in the leaf.
    #[error("the body is not the one that the leaf names")]
    Body,
    /// The envelope is not the one in the leaf.
    #[error("the envelope is not the one that the leaf names")]
    Envelope,
}
