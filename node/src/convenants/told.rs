//! Which amendments a member should know: whoever tells it, they verify themselves.

use weegnet_protocol::Oin;
use weegnet_protocol::amendment::{Change, SignedAmendment};
use weegnet_protocol::id::ConvenantRef;

use super::Convenants;

impl Convenants {
    /// How a statement of ours cites this text now: with the number of our own amendments to it.
    pub fn cited(&self, reference: &ConvenantRef) -> ConvenantRef {
        reference.at(self.policy(reference).map_or(0, |policy| policy.ratified().number_of(&self.us)))
    }

    /// Our own amendments, by convenant, for a member that is a party to it.
    pub fn own_amendments(&self, member: &Oin) -> Vec<Vec<SignedAmendment>> {
        let all = self.texts();
        let shared = all.iter().filter(|policy| policy.ratified().party(member).is_some());
        let own = shared.map(|policy| policy.ratified().amendments(&self.us).to_vec());
        own.filter(|amendments| !amendments.is_empty()).collect()
    }

    /// What a member should know, by convenant and party: our own amendments, and those of other parties, but for changes of
    /// no more than the name of a log, which their owners tell themselves. Each from the first on.
    pub fn amendments_for(&self, member: &Oin) -> Vec<Vec<SignedAmendment>> {
        let all = self.texts();
        let shared = all.iter().filter(|policy| policy.ratified().party(member).is_some());
        let chains = shared.flat_map(|policy| {
            let ratified = policy.ratified();
            let others = ratified.parties().iter().map(|party| party.oin).filter(|oin| *oin != self.us);
            let others = others.map(|oin| ratified.amendments(&oin)).filter(|chain| is_for_all(chain));
            std::iter::once(ratified.amendments(&self.us)).chain(others).filter(|chain| !chain.is_empty())
        });
        chains.map(<[SignedAmendment]>::to_vec).collect()
    }

    /// Whether [`Convenants::amendments_for`] this member are any.
    pub fn has_amendments_for(&self, member: &Oin) -> bool {
        self.amended() > 0 && !self.amendments_for(member).is_empty()
    }

    /// How many amendments are in force, to all convenanten.
    pub fn amended(&self) -> usize {
        self.texts().iter().map(|policy| policy.ratified().amended()).sum()
    }
}

/// Whether somebody else than the party itself has to tell of it.
fn is_for_all(chain: &[SignedAmendment]) -> bool {
    let named = |signed: &SignedAmendment| {
        signed.claimed().is_ok_and(|amendment| !matches!(amendment.change, Change::NewOrigin { .. }))
    };
    chain.iter().any(named)
}
