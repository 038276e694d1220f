//! Which version of a convenant holds when. A version replaces the one before it at the start of its first day, by the clock
//! and without a restart, or when this node takes it in force if that is later; what was begun before that ends under the
//! version that it cites.

use std::sync::{Arc, PoisonError};

use weegnet_policy::decide::{Permit, Policy};
use weegnet_protocol::id::{ConvenantId, ConvenantRef};
use weegnet_protocol::statement::Contact;
use weegnet_protocol::time::Millis;
use weegnet_protocol::{Oin, Timestamp};

use super::{Convenants, Version};
use crate::clock;

impl Convenants {
    /// Whether nothing passes under this convenant between us and another organisation, because one of the two left it or has
    /// not acceded.
    pub fn has_ended(&self, reference: &ConvenantRef, other: &Oin) -> bool {
        self.policy(reference).is_some_and(|policy| {
            let ratified = policy.ratified();
            !ratified.takes_part(other) || !ratified.takes_part(&self.us)
        })
    }

    /// Of each convenant the version that holds now.
    pub fn all(&self) -> Vec<Arc<Policy>> {
        self.all_at(clock::now())
    }

    pub(super) fn all_at(&self, now: Timestamp) -> Vec<Arc<Policy>> {
        let policies = self.policies.read().unwrap_or_else(PoisonError::into_inner);
        policies.values().filter_map(|versions| current(versions, now)).collect()
    }

    /// All versions of all convenanten: first those that hold now, then the others, the newest first.
    pub fn texts(&self) -> Vec<Arc<Policy>> {
        let mut texts = self.all();
        let policies = self.policies.read().unwrap_or_else(PoisonError::into_inner);
        for version in policies.values().flat_map(|versions| versions.iter().rev()) {
            if !texts.iter().any(|text| text.ratified().reference() == version.reference()) {
                texts.push(Arc::clone(&version.policy));
            }
        }
        texts
    }

    /// The versions with this name, in their order.
    pub fn versions(&self, id: &ConvenantId) -> Vec<Arc<Policy>> {
        self.dated(id).into_iter().map(|version| version.policy).collect()
    }

    fn dated(&self, id: &ConvenantId) -> Vec<Version> {
        self.policies.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned().unwrap_or_default()
    }

    /// The version with this name that holds now; where none has begun yet, the first one.
    pub fn named(&self, id: &ConvenantId) -> Option<Arc<Policy>> {
        let policies = self.policies.read().unwrap_or_else(PoisonError::into_inner);
        policies.get(id).and_then(|versions| current(versions, clock::now()))
    }

    /// The one with exactly this text, whatever was amended since.
    pub fn policy(&self, reference: &ConvenantRef) -> Option<Arc<Policy>> {
        let policies = self.policies.read().unwrap_or_else(PoisonError::into_inner);
        let mut versions = policies.get(reference.id())?.iter();
        versions.find(|version| version.reference().is_same_text(reference)).map(|version| Arc::clone(&version.policy))
    }

    /// Whether what says that it was begun at `made` may be taken up now under this text: it holds, or that was begun before
    /// the version that replaced it.
    pub fn may_begin(&self, reference: &ConvenantRef, made: Timestamp) -> bool {
        self.may_begin_at(reference, made, clock::now())
    }

    pub(super) fn may_begin_at(&self, reference: &ConvenantRef, made: Timestamp, now: Timestamp) -> bool {
        let versions = self.dated(reference.id());
        let Some(at) = versions.iter().position(|version| version.reference().is_same_text(reference)) else {
            return false;
        };
        replaced(&versions, at, now).is_none_or(|replaced| versions[at].policy.ratified().runs_on(made, replaced, now))
    }

    /// The versions under which something can still pass, or will: the ones that were replaced first, the ones that hold last.
    pub(super) fn living(&self) -> Vec<Arc<Policy>> {
        self.living_at(clock::now())
    }

    pub(super) fn living_at(&self, now: Timestamp) -> Vec<Arc<Policy>> {
        let holding = self.all_at(now);
        let policies = self.policies.read().unwrap_or_else(PoisonError::into_inner);
        let mut living = Vec::new();
        for versions in policies.values() {
            let lives = |at: &usize| {
                replaced(versions, *at, now)
                    .is_none_or(|replaced| now < versions[*at].policy.ratified().ends_after(replaced))
            };
            living.extend((0..versions.len()).filter(lives).map(|at| Arc::clone(&versions[at].policy)));
        }
        living.retain(|policy| !holding.iter().any(|held| Arc::ptr_eq(held, policy)));
        living.extend(holding);
        living
    }

    /// Changes when a version begins, or when the last can have passed under one that was replaced: then others may connect.
    pub fn turned(&self) -> (usize, usize) {
        self.turned_at(clock::now())
    }

    pub(super) fn turned_at(&self, now: Timestamp) -> (usize, usize) {
        let begun = {
            let policies = self.policies.read().unwrap_or_else(PoisonError::into_inner);
            policies.values().flatten().filter(|version| version.since <= now).count()
        };
        (begun, self.living_at(now).len())
    }

    /// Under which name the amendments of a party to this text lie beside its party key.
    pub fn file_of(reference: &ConvenantRef, replaces: bool) -> String {
        match replaces {
            false => format!("{}.amendments", reference.id()),
            true => format!("{}.{}.amendments", reference.id(), &reference.base().to_string()[..16]),
        }
    }

    /// How long answers are still delivered after their deadline.
    pub fn grace(&self, reference: &ConvenantRef) -> Millis {
        self.policy(reference).map_or(Millis(0), |policy| policy.ratified().grace())
    }

    /// Our own neutral contact point.
    pub fn own_contact(&self, reference: &ConvenantRef) -> Option<Contact> {
        let policy = self.policy(reference)?;
        policy.ratified().contact(&self.us).cloned()
    }

    /// Between test organisations only: what the convenant itself lets go.
    pub fn automatic_release(&self, permit: &Permit) -> Option<Contact> {
        let policy = self.policy(&permit.question().header().convenant)?;
        policy.automatic_release(permit, clock::now()).map(|release| release.contact().clone())
    }
}

impl Version {
    pub(super) fn reference(&self) -> &ConvenantRef {
        self.policy.ratified().reference()
    }
}

/// The last one that has begun; where none has, the first.
fn current(versions: &[Version], now: Timestamp) -> Option<Arc<Policy>> {
    let begun = versions.iter().rev().find(|version| version.since <= now).or_else(|| versions.first());
    begun.map(|version| Arc::clone(&version.policy))
}

/// Since when a later version has taken its place.
fn replaced(versions: &[Version], at: usize, now: Timestamp) -> Option<Timestamp> {
    versions[at + 1..].iter().map(|version| version.since).find(|since| *since <= now)
}
