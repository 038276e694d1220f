//! Nodes watch each other's exchange logs, so that nobody can change what he once showed: not by a restored backup, not
//! by showing two members two different logs.
//!
//! | file | what |
//! |---|---|
//! | `memory` | what this node holds of others and others of it: files that survive a crash |
//! | `judge` | whether a log that is shown still begins with what was shown before |
//! | `watcher` | we look at a member's log, and cosign it |
//! | `owner` | a member looks at ours |
//! | `amend` | a party changed its record: its keys, or the name of a log that lost its end |
//! | `tell` | and everybody is told |
//! | `signing` | whether this node signs: not before others said what they hold of its log, never after a rollback |
//! | `check` | whether all that the files hold stands in the journal, for `log verify` |
//! | `view` | what an operator or officer sees of it |
//!
//! A witness persists what it cosigns before it says so, and never cosigns a smaller or a different tree. Only the
//! exchange log is watched: the house log's checkpoint stands in it.

mod amend;
pub mod check;
mod judge;
mod memory;
mod owner;
pub mod signing;
mod tell;
pub mod view;
mod watcher;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ed25519_dalek::SigningKey;
use weegnet_protocol::log::{Origin, SignedCheckpoint, WitnessKey, WitnessName};
use weegnet_protocol::{Oin, Timestamp};

pub use amend::{Refusal, let_in, take};
pub use memory::MemoryError;
pub use owner::{before_anything, before_serving, own_checkpoint as own, show, stands};
pub use tell::{has_heard, run as tell};
pub use watcher::run;

use crate::convenants::Convenants;
use crate::home::Home;
use memory::Memory;

/// This node as a witness, and as one that is watched.
pub struct Witnesses {
    key: WitnessKey,
    memory: Mutex<Memory>,
    /// Who said since the start what it holds of our log.
    heard: Mutex<BTreeSet<Oin>>,
    /// Who said what it makes of our amendments, on the connection that began then.
    told: Mutex<BTreeMap<Oin, Option<Timestamp>>>,
    /// What each member knows of all amendments.
    heard_of: Mutex<BTreeMap<Oin, tell::Told>>,
    /// Amendments of others, one after another.
    amending: tokio::sync::Mutex<amend::Refused>,
}

impl Witnesses {
    /// With what the files hold.
    pub fn open(home: &Home, us: &Oin, key: &SigningKey) -> Result<Self, MemoryError> {
        let key = WitnessKey::new(WitnessName::of(us), key.clone());
        Ok(Witnesses {
            key,
            memory: Mutex::new(Memory::open(&home.witness())?),
            heard: Mutex::default(),
            told: Mutex::default(),
            heard_of: Mutex::default(),
            amending: tokio::sync::Mutex::default(),
        })
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // Files are replaced whole, and memory follows the file.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A checkpoint of ours that our journal does not have.
    pub fn rollback(&self) -> Option<SignedCheckpoint> {
        self.memory().rollback().map(|note| note.signed().clone())
    }

    /// The name of a member's exchange log, as it was first cosigned here.
    pub fn held_origin(&self, oin: &Oin) -> Option<Origin> {
        self.memory().held(oin).map(|note| note.signed().checkpoint().origin.clone())
    }

    fn told(&self) -> MutexGuard<'_, BTreeMap<Oin, Option<Timestamp>>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn heard_of(&self) -> MutexGuard<'_, BTreeMap<Oin, tell::Told>> {
        self.heard_of.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more member said what it holds; how many did.
    fn hear(&self, from: Oin) -> usize {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.insert(from);
        heard.len()
    }
}

/// How many cosignatures make a checkpoint witnessed: what the strictest convenant asks, never more than there are others.
fn threshold(convenants: &Arc<Convenants>) -> usize {
    let asked = convenants.all().iter().map(|policy| policy.ratified().witnesses()).max().unwrap_or(0);
    asked.min(convenants.members().len())
}
