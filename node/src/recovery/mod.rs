//! After a rollback whose lost part is gone for good: a new journal with all that is left, under new names for its logs, and
//! the amendments by which the others learn of it.
//!
//! | file | what |
//! |---|---|
//! | `mod` | from what is left and what others hold to a new journal beside the old one |
//! | `swap` | the new journal takes the old one's place, whatever interrupts it |
//! | `view` | what is to be seen of it afterwards |

mod swap;
pub mod view;

use std::fs;
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use weegnet_policy::convenant::NotAmended;
use weegnet_protocol::amendment::{Change, SignedAmendment};
use weegnet_protocol::codec;
use weegnet_protocol::id::{ConvenantRef, EntryId};
use weegnet_protocol::log::{EntryKind, LogName, Origin, SignedCheckpoint};

use crate::clock;
use crate::convenants::Convenants;
use crate::exchange::bodies::{ConvenantAmended, Note, Rollback};
use crate::exchange::note;
use crate::journal::{Entry, EntryBody, JournalError, Rebuild};
use crate::keys::create_private_dir;
use crate::node::Node;
use crate::people::Actor;

pub use swap::{SwapError, finish};

/// Why nothing is recovered; then nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// Nobody holds more of this journal than it has.
    #[error(
        "nothing to recover: no checkpoint is known here that this node signed and this journal does not have. A node finds \
         one when it starts and hears others; or give one that a peer shows with --checkpoint"
    )]
    NothingLost,
    /// A checkpoint is of a log that this journal does not continue.
    #[error(
        "a checkpoint that this node signed is of {0}, a log that this journal neither is nor continues: an older copy was \
         put back after a recovery; put the journal back that was recovered"
    )]
    OtherLog(Origin),
    /// A note is no checkpoint of ours.
    #[error("{0} is not a checkpoint of this organisation's exchange log, signed with this node's checkpoint key")]
    NotOurs(PathBuf),
    /// Nobody has to be told.
    #[error(
        "no convenant is in force here, so there is nothing to amend and nobody who holds anything: make the node anew"
    )]
    NoConvenant,
    /// The party key is another organisation's.
    #[error("this is not the party key that convenant '{0}' names for this organisation: give its own with --party")]
    OtherPartyKey(String),
    /// Others would refuse the amendment.
    #[error("the others would not take the amendment that this needs: {0}")]
    NotAmended(#[from] NotAmended),
    /// The new journal cannot be made.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It cannot take the place of the old one.
    #[error(transparent)]
    Swap(#[from] SwapError),
    /// A file beside it.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Recovers a stopped node that lost the end of its journal for good.
///
/// # Errors
/// See [`RecoverError`]: up to the last step the old journal stays in its place, and the node goes on refusing to sign.
pub fn recover(
    node: &Node,
    by: &Actor,
    party: &SigningKey,
    notes: Vec<SignedCheckpoint>,
) -> Result<view::RecoveryView, RecoverError> {
    let last = lost(node, notes)?;
    let us = node.us();
    let origins = LogName::ALL.map(|log| Origin::new(&us, log, clock::random()));
    let signed = sign(node, party, &origins[0], &last)?;
    let newest = |(reference, chain): &(ConvenantRef, Vec<SignedAmendment>)| Some(amended(reference, chain.last()?));
    let mut entries: Vec<Entry> = signed.iter().filter_map(newest).collect();
    let journal = node.ledger.journal();
    let rollback = Rollback {
        by: by.clone(),
        kept: journal.size(LogName::Exchange),
        last: last.iter().map(|note| note.note().into()).collect(),
    };
    entries.push(note(EntryKind::RollbackFound, None, node.ledger.new_case()?, rollback));

    let building = node.home.recovering();
    clear(&building)?;
    let rebuild = Rebuild { origins: origins.clone(), last: &last, entries, now: clock::now() };
    journal.rebuild(&building, &node.keys.checkpoint, rebuild)?;
    evidence(node, &origins[0], &signed)?;
    swap::complete(&node.home)?;
    swap::finish(&node.home)?;
    view::view(&node.home)?.ok_or(RecoverError::NothingLost)
}

/// The largest checkpoints that this node signed and that its journal does not have: of the present exchange log first, then
/// of those before it.
fn lost(node: &Node, notes: Vec<SignedCheckpoint>) -> Result<Vec<SignedCheckpoint>, RecoverError> {
    let journal = node.ledger.journal();
    let current = &journal.genesis(LogName::Exchange).origin;
    let kept = journal.checkpoint(LogName::Exchange);
    let mut last: Vec<SignedCheckpoint> = Vec::new();
    for note in notes.into_iter().chain(node.witnesses.rollback()) {
        let said = note.checkpoint();
        let is_known =
            said.origin == *current || journal.former(LogName::Exchange).iter().any(|f| *f.origin() == said.origin);
        if !is_known {
            return Err(RecoverError::OtherLog(said.origin.clone()));
        }
        if crate::witness::stands(node, &note) {
            continue;
        }
        match last.iter_mut().find(|known| known.checkpoint().origin == said.origin) {
            Some(known) if known.checkpoint().size < said.size => *known = note,
            Some(_) => {}
            None => last.push(note),
        }
    }
    if last.is_empty() {
        return Err(RecoverError::NothingLost);
    }
    let own = last.iter().position(|note| note.checkpoint().origin == *current).map(|at| last.swap_remove(at));
    // What others hold may be a fork that is shorter than what is left: the larger one bounds both.
    let largest = own.filter(|note| note.checkpoint().size > kept.checkpoint().size).unwrap_or(kept);
    last.insert(0, largest);
    Ok(last)
}

/// Per convenant all our amendments, the new one behind those before it.
fn sign(
    node: &Node,
    party: &SigningKey,
    new: &Origin,
    last: &[SignedCheckpoint],
) -> Result<Vec<(ConvenantRef, Vec<SignedAmendment>)>, RecoverError> {
    let us = node.us();
    let old = node.ledger.journal().genesis(LogName::Exchange).origin.clone();
    let mut signed = Vec::new();
    for policy in node.convenants.texts() {
        let ratified = policy.ratified();
        let reference = ratified.reference().clone();
        let other = || RecoverError::OtherPartyKey(reference.id().to_string());
        let record = ratified.party(&us).ok_or_else(other)?;
        if *record.keys.party.as_bytes() != party.verifying_key().to_bytes() {
            return Err(other());
        }
        // A convenant that was signed since an earlier recovery never knew the log before that.
        let knows = |origin: &Origin| *origin == old || ratified.origins(&us).is_some_and(|all| all.is_former(origin));
        let last = last.iter().filter(|note| knows(&note.checkpoint().origin)).map(|note| note.note().into()).collect();
        let change = Change::NewOrigin { new: new.clone(), old: old.clone(), last };
        let amendment = ratified.next_amendment(us, change).sign(party, clock::now());
        // What we would refuse from another we do not say.
        ratified.amend(&amendment)?;
        let chain = ratified.amendments(&us).iter().cloned().chain([amendment]).collect();
        signed.push((reference, chain));
    }
    if signed.is_empty() { Err(RecoverError::NoConvenant) } else { Ok(signed) }
}

/// The public entry of an amendment.
pub(crate) fn amended(reference: &ConvenantRef, signed: &SignedAmendment) -> Entry {
    let body = ConvenantAmended { amendment: signed.clone() };
    Entry {
        id: EntryId::new(clock::now(), clock::random()),
        kind: EntryKind::ConvenantAmended,
        convenant: Some(*reference.base()),
        envelope: None,
        body: EntryBody::Public(codec::encode(&Note::new(body))),
    }
}

/// What an attempt that was cut short left behind.
fn clear(building: &Path) -> Result<(), RecoverError> {
    match fs::remove_dir_all(building) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(RecoverError::Io { path: building.into(), source })
        }
        _ => Ok(()),
    }
}

/// The folder for the old journal: with what `log verify` needs beside it, what others cosigned of it, and the amendments as
/// files to be brought to others by hand.
fn evidence(node: &Node, new: &Origin, signed: &[(ConvenantRef, Vec<SignedAmendment>)]) -> Result<(), RecoverError> {
    let home = &node.home;
    let place = swap::former(home, new);
    let io = |path: &Path| {
        let path = path.to_path_buf();
        move |source| RecoverError::Io { path, source }
    };
    let private = |path: &Path| create_private_dir(path).map_err(|error| std::io::Error::other(error.to_string()));
    for dir in [place.clone(), place.join("witness"), place.join("amendments")] {
        private(&dir).map_err(io(&dir))?;
    }
    let mut files = vec![(home.config(), place.join("node.toml")), (home.card(), place.join("card.json"))];
    files.extend(
        ["own.note", "rollback.note"].map(|name| (home.witness().join(name), place.join("witness").join(name))),
    );
    for (from, to) in files.iter().filter(|(from, _)| from.exists()) {
        let bytes = fs::read(from).map_err(io(from))?;
        swap::write_synced(to, &bytes).map_err(io(to))?;
    }
    let replaces = |reference: &ConvenantRef| {
        node.convenants.policy(reference).is_some_and(|policy| policy.ratified().terms().replaces.is_some())
    };
    // From the first on, so that the file is enough for one who has none.
    for (reference, chain) in signed {
        let path = place.join("amendments").join(Convenants::file_of(reference, replaces(reference)));
        swap::write_synced(&path, &codec::encode(chain)).map_err(io(&path))?;
    }
    for dir in [place.join("amendments"), place.join("witness"), place.clone(), home.former()] {
        fs::File::open(&dir).and_then(|folder| folder.sync_all()).map_err(io(&dir))?;
    }
    Ok(())
}
