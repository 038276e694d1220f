//! Whose journal it is: the card and the configuration beside it may be changed by whoever can write the directory, so that
//! they name another organisation, or keys of somebody else, from which a convenant would then be made.

use weegnet_protocol::Oin;
use weegnet_protocol::amendment::Change;
use weegnet_protocol::codec::Bytes;

use super::Audit;
use crate::config::Card;
use crate::journal::GenesisBody;

/// What a file beside the journal says that the journal does not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    /// The card is of somebody else.
    #[error("the journal verifies, but it belongs to another organisation or key than card.json says")]
    Another,
    /// The card names a key that this organisation never had.
    #[error(
        "the journal verifies, but card.json names a {0} key that neither its beginning nor a convenant in it has: make no \
         convenant from this card; the next start writes the right link, statement and witness key into it, the party key \
         stands in DIR.party"
    )]
    Key(&'static str),
    /// The configuration is of somebody else.
    #[error(
        "the journal verifies, but it belongs to organisation {ours}, and node.toml says {said}: put the right one back"
    )]
    Configured {
        /// Whose journal it is.
        ours: Oin,
        /// What the file says.
        said: Oin,
    },
}

impl Audit {
    /// Whether a card is this organisation's, with keys that it has or had.
    ///
    /// # Errors
    /// [`NotOurs::Another`], [`NotOurs::Key`].
    pub fn is_of(&self, card: &Card) -> Result<(), NotOurs> {
        let geneses = || self.report.logs.iter().map(|log| &log.genesis);
        if geneses().any(|genesis| genesis.keys.checkpoint != card.keys.checkpoint || genesis.oin != card.oin) {
            return Err(NotOurs::Another);
        }
        let Some(genesis) = geneses().next() else { return Err(NotOurs::Another) };
        let known = self.own_keys(genesis);
        let named =
            [("link", card.keys.link), ("statement", card.keys.statement), ("witness", card.keys.witness)].into_iter();
        match named.chain([("party", card.keys.party)]).find(|key| !known.contains(key)) {
            None => Ok(()),
            Some((which, _)) => Err(NotOurs::Key(which)),
        }
    }

    /// Whether the configuration is this organisation's.
    ///
    /// # Errors
    /// [`NotOurs::Configured`].
    pub fn is_configured_as(&self, said: Oin) -> Result<(), NotOurs> {
        let other = self.report.logs.iter().map(|log| log.genesis.oin).find(|ours| *ours != said);
        other.map_or(Ok(()), |ours| Err(NotOurs::Configured { ours, said }))
    }

    /// Every key that this organisation has or had, by what it is for.
    fn own_keys(&self, genesis: &GenesisBody) -> Vec<(&'static str, Bytes<32>)> {
        let (us, keys) = (genesis.oin, &genesis.keys);
        let mut known = vec![("link", keys.link), ("statement", keys.statement), ("witness", keys.witness)];
        known.push(("party", keys.party));
        for ratified in &self.convenants {
            if let Some(party) = ratified.party(&us) {
                let keys = [("link", &party.keys.link), ("statement", &party.keys.statement)].into_iter();
                let keys = keys.chain([("witness", &party.keys.witness), ("party", &party.keys.party)]);
                known.extend(keys.map(|(which, key)| (which, Bytes(*key.as_bytes()))));
            }
            // Each was verified before it was taken.
            for amendment in ratified.amendments(&us).iter().filter_map(|signed| signed.claimed().ok()) {
                if let Change::Keys { link, witness, statement, .. } = amendment.change {
                    let new = [("link", link), ("witness", witness), ("statement", statement)];
                    known.extend(new.into_iter().filter_map(|(which, key)| Some((which, key?))));
                }
            }
        }
        known
    }
}
