//! One log read again from its batches: the tree, where everything stands, and whether the checkpoints agree.

use weegnet_protocol::log::{Checkpoint, LogName, SignedCheckpoint, Tree, hash_leaf};

use super::batches::{Batch, Position};
use super::entry::{CaseKey, KeptBody, Payload};
use super::error::{Damage, Flaw};
use super::former::Former;
use super::frame::FrameKind;
use super::genesis::GenesisBody;

/// Which commit record holds the checkpoint of a tree size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CommitMark {
    pub(super) size: u64,
    pub(super) position: Position,
}

/// A log as far as it has been read.
pub(super) struct Replay {
    log: LogName,
    pub(super) tree: Tree,
    pub(super) entries: Vec<Position>,
    pub(super) commits: Vec<CommitMark>,
    pub(super) genesis: Option<GenesisBody>,
    /// The logs that this one continues.
    pub(super) former: Vec<Former>,
    /// Of the latest batch.
    note: String,
    /// Parsed and verified, by [`Replay::verify_latest`].
    pub(super) checkpoint: Option<SignedCheckpoint>,
    /// The highest slot of the vault that an entry refers to.
    pub(super) highest_case: Option<CaseKey>,
}

impl Replay {
    pub(super) fn new(log: LogName) -> Self {
        Replay {
            log,
            tree: Tree::default(),
            entries: Vec::new(),
            commits: Vec::new(),
            genesis: None,
            former: Vec::new(),
            note: String::new(),
            checkpoint: None,
            highest_case: None,
        }
    }

    /// Takes the next batch: its leaves must make the tree of its checkpoint. The signature is not checked here.
    pub(super) fn apply(&mut self, batch: &Batch) -> Result<(), Damage> {
        for frame in batch.frames.iter().filter(|frame| frame.kind == FrameKind::Entry) {
            let damage = |flaw| self.damage(frame.position, flaw);
            let payload = Payload::decode(batch.payload(frame)).ok_or(damage(Flaw::Content))?;
            if self.genesis.is_none() {
                let genesis = GenesisBody::read(payload, self.log).ok_or(damage(Flaw::Genesis))?;
                self.former = Former::all(&genesis, self.log).ok_or(damage(Flaw::Genesis))?;
                self.genesis = Some(genesis);
            }
            if let KeptBody::Sealed { case, .. } = payload.body {
                self.highest_case = self.highest_case.max(Some(case));
            }
            let leaf = hash_leaf(payload.leaf);
            if !self.former.iter_mut().all(|former| former.take(leaf)) {
                return Err(self.damage(frame.position, Flaw::Continued));
            }
            self.tree.append(leaf);
            self.entries.push(frame.position);
        }
        let damage = |flaw| self.damage(batch.commit_position, flaw);
        let size = self.tree.size();
        if batch.commit.size != size {
            return Err(damage(Flaw::Count));
        }
        let origin = self.genesis.as_ref().map(|genesis| genesis.origin.clone());
        let tree = origin.zip(self.tree.root(size)).map(|(origin, root)| Checkpoint { origin, size, root });
        // Compared as text and not parsed: a start may do this for every entry.
        let signatures = tree.and_then(|tree| batch.commit.note.strip_prefix(&tree.text()));
        if !signatures.is_some_and(|signatures| signatures.starts_with("\n— ")) {
            return Err(damage(Flaw::Root));
        }
        self.note.clone_from(&batch.commit.note);
        self.commits.push(CommitMark { size, position: batch.commit_position });
        Ok(())
    }

    /// All that was kept of the logs before this one must stand in it.
    pub(super) fn continues(&self) -> Result<(), Damage> {
        let position = self.commits.last().map_or(Position { segment: 1, offset: 0 }, |mark| mark.position);
        let whole = self.former.iter().all(Former::is_whole);
        if whole { Ok(()) } else { Err(self.damage(position, Flaw::Continued)) }
    }

    /// Checks the signature of the latest checkpoint.
    pub(super) fn verify_latest(&mut self) -> Result<(), Damage> {
        let position = self.commits.last().map_or(Position { segment: 1, offset: 0 }, |mark| mark.position);
        let key = self.genesis.as_ref().and_then(GenesisBody::checkpoint_key);
        let key = key.ok_or(self.damage(position, Flaw::Genesis))?;
        let signed = SignedCheckpoint::parse(&self.note).map_err(|_| self.damage(position, Flaw::Content))?;
        signed.verify(&key).map_err(|_| self.damage(position, Flaw::Signature))?;
        self.checkpoint = Some(signed);
        Ok(())
    }

    pub(super) fn damage(&self, position: Position, flaw: Flaw) -> Damage {
        let (segment, byte) = (position.segment, u64::from(position.offset));
        Damage { log: self.log, segment, byte, entry: self.tree.size(), flaw }
    }
}
