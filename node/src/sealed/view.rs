//! Which tables there are: nothing in it is about anybody.

use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};
use weegnet_protocol::Oin;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::ConvenantId;

use crate::node::Node;
use crate::register::GenerationNumber;

/// Tables of a node.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TablesView {
    /// By which it is asked: of each register the newest.
    pub own: Vec<OwnTable>,
    /// By which it asks.
    pub held: Vec<HeldTable>,
    /// Parts that are done of one that is being made, and all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub making: Option<(u64, u64)>,
}

/// A table of ours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OwnTable {
    /// Of whose register.
    pub convenant: ConvenantId,
    /// Number of its epoch.
    pub epoch: u64,
    /// Its root.
    pub root: Hash,
    /// Number of cells: a step of the ladder, not of rows.
    pub cells: u32,
    /// Until when it takes questions.
    pub valid_until: String,
    /// Whether it is made of the register as that is now.
    pub is_current: bool,
    /// Core parties whose receipt for it is here.
    pub published_to: Vec<Oin>,
}

/// A table of somebody else.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HeldTable {
    /// Whose.
    pub party: Oin,
    /// Under which convenant.
    pub convenant: ConvenantId,
    /// Number of its epoch.
    pub epoch: u64,
    /// Its root.
    pub root: Hash,
    /// Number of cells.
    pub cells: u32,
    /// Until when it takes questions.
    pub valid_until: String,
    /// Whether all of it is here.
    pub is_whole: bool,
}

impl TablesView {
    /// As it stands.
    pub fn of(node: &Node) -> Self {
        let scopes: Vec<_> =
            node.convenants.all().iter().map(|policy| policy.ratified().reference().id().clone()).collect();
        let generation = |convenant: &ConvenantId| -> Option<GenerationNumber> {
            Some(node.registers.of(convenant).ok()?.status().ok()?.generation)
        };
        let generations: Vec<_> = scopes.into_iter().map(|scope| (generation(&scope), scope)).collect();
        let state = node.tables.lock();
        let own = generations.iter().filter_map(|(generation, scope)| {
            let own = state.newest_own(scope)?;
            let publication = &own.publication;
            let through = state.sent.values().filter(|one| one.root == publication.root && one.sent.settled);
            Some(OwnTable {
                convenant: scope.clone(),
                epoch: publication.table.epoch,
                root: publication.root,
                cells: publication.cells,
                valid_until: publication.valid_until.to_string(),
                is_current: *generation == Some(own.generation),
                published_to: through.map(|one| one.sent.to).collect(),
            })
        });
        let held = state.held.values().map(|held| HeldTable {
            party: held.publication.table.party,
            convenant: held.publication.table.scope.clone(),
            epoch: held.publication.table.epoch,
            root: held.publication.root,
            cells: held.publication.cells,
            valid_until: held.publication.valid_until.to_string(),
            is_whole: held.is_whole,
        });
        let (done, all) = &node.tables.progress;
        let (done, all) = (done.load(Ordering::Relaxed), all.load(Ordering::Relaxed));
        TablesView { own: own.collect(), held: held.collect(), making: (all > 0).then_some((done, all)) }
    }
}
