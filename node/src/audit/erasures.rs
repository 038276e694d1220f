//! That the vault and the journal say the same of what is gone: a key is destroyed where an entry says so, and nowhere else.

use std::collections::{BTreeMap, HashSet};

use weegnet_protocol::codec;
use weegnet_protocol::log::EntryKind;

use super::rules::{Breach, BrokenRule};
use crate::journal::{Bodies, CaseKey, Place, Stored, StoredBody};
use crate::retention::bodies::Erased;

/// What has been seen so far.
#[derive(Default)]
pub(super) struct Erasures {
    /// Slots that entries name as destroyed.
    named: HashSet<u32>,
    /// Slots whose key is gone, and the first body that was sealed under each.
    gone: BTreeMap<u32, Place>,
    /// The same of slots whose key is there.
    there: BTreeMap<u32, Place>,
}

impl Erasures {
    /// A sealed body, and whether the vault still has its key.
    pub(super) fn body(&mut self, case: CaseKey, place: Place, opens: bool) {
        let slots = if opens { &mut self.there } else { &mut self.gone };
        slots.entry(case.slot()).or_insert(place);
    }

    /// Takes up which keys an entry names as destroyed, if it does.
    pub(super) fn entry(&mut self, stored: &Stored) {
        if stored.leaf.kind == EntryKind::Erased
            && let StoredBody::Public(body) = &stored.body
            && let Ok(erased) = codec::decode::<Erased>(&body.0)
        {
            self.named.extend(erased.gone.iter().flat_map(|gone| gone.slots.iter().copied()));
        }
    }

    /// Keys that are gone without an entry, keys that are there in spite of one, and a vault that ends too soon.
    pub(super) fn finish(self, bodies: Option<&Bodies>) -> Vec<Breach> {
        let Erasures { named, gone, there } = self;
        let last = gone.iter().chain(&there).max_by_key(|(slot, _)| **slot).map(|(slot, place)| (*slot, *place));
        let short = last.filter(|(slot, _)| bodies.is_some_and(|bodies| !bodies.reach(CaseKey::of_slot(*slot))));
        let short = short.map(|(_, place)| Breach { place, rule: BrokenRule::VaultCut });
        let unsaid = gone.into_iter().filter(|(slot, _)| !named.contains(slot));
        let unsaid = unsaid.map(|(_, place)| Breach { place, rule: BrokenRule::GoneUnsaid });
        let back = there.into_iter().filter(|(slot, _)| named.contains(slot));
        let back = back.map(|(_, place)| Breach { place, rule: BrokenRule::ErasedAndThere });
        unsaid.chain(back).chain(short).collect()
    }
}
