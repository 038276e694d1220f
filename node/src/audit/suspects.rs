//! Statements in a revocation window: signed with a key that its party later said was in other hands, and written down between
//! the moment that the party names and its revocation. They verify; whether the party said them is for people to find out.

use std::collections::HashMap;

use weegnet_protocol::amendment::Change;
use weegnet_protocol::codec::{Bytes, Hash};
use weegnet_protocol::sign::Header;
use weegnet_protocol::{Oin, Timestamp};

use crate::journal::Place;

/// Suspects that are named one by one: 100.
pub const MAX_SUSPECTS: usize = 100;

/// A statement that somebody else may have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// Where it stands.
    pub place: Place,
    /// In whose name.
    pub issuer: Oin,
    /// Its name.
    pub statement: String,
    /// Since when the key may have been in other hands.
    pub since: Timestamp,
}

/// One statement, as short as it can be kept.
#[derive(Debug, Clone, Copy)]
struct Said {
    place: Place,
    at: Timestamp,
    id: weegnet_protocol::id::StatementId,
}

/// What was said with which key, until a revocation is read.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    said: HashMap<(Oin, Hash), Vec<Said>>,
    found: Vec<Suspect>,
    in_all: u64,
}

impl Suspects {
    /// A statement whose entry was written down then.
    pub(super) fn said(&mut self, header: &Header, place: Place, at: Timestamp) {
        let said = Said { place, at, id: header.id };
        self.said.entry((header.issuer, header.key_id)).or_default().push(said);
    }

    /// A change of a party that came into force.
    pub(super) fn changed(&mut self, party: Oin, change: &Change) {
        let Change::Revoked { keys, since } = change else { return };
        for Bytes(key) in keys {
            // Each is named once, by the first revocation of its key.
            let said = self.said.remove(&(party, Hash::of(&[key]))).unwrap_or_default();
            for said in said.into_iter().filter(|said| said.at >= *since) {
                self.in_all += 1;
                if self.found.len() < MAX_SUSPECTS {
                    let statement = said.id.to_string();
                    self.found.push(Suspect { place: said.place, issuer: party, statement, since: *since });
                }
            }
        }
    }

    /// Those that are named, and how many there are in all.
    pub(super) fn finish(self) -> (Vec<Suspect>, u64) {
        (self.found, self.in_all)
    }
}

#[cfg(test)]
mod tests {
    use weegnet_protocol::id::{ConvenantRef, StatementId};
    use weegnet_protocol::log::LogName;
    use weegnet_protocol::statement::Kind;
    use weegnet_protocol::time::Millis;

    use super::*;

    const NOON: Timestamp = Timestamp::from_seconds(1_795_435_200);

    fn oin(party: u8) -> Oin {
        format!("0000009900000000{party}000").parse().unwrap()
    }

    fn said(suspects: &mut Suspects, party: u8, key: u8, entry: u64, at: Timestamp) {
        let header = Header {
            kind: Kind::Answer,
            key_id: Hash::of(&[&[key; 32]]),
            issuer: oin(party),
            audience: oin(9),
            id: StatementId::new(at, [0; 10]),
            // Whatever it says itself: with a stolen key that is no more than a word.
            issued: NOON - Millis::hours(24),
            expires: at,
            convenant: ConvenantRef("proef".parse().unwrap(), Bytes([1; 32]), 0),
        };
        suspects.said(&header, Place { log: LogName::Exchange, entry, segment: 1, byte: 0 }, at);
    }

    #[test]
    fn what_was_written_down_in_a_revocation_window_is_named_and_nothing_else() {
        let mut suspects = Suspects::default();
        said(&mut suspects, 1, 7, 3, NOON - Millis(1));
        said(&mut suspects, 1, 7, 4, NOON);
        said(&mut suspects, 1, 8, 5, NOON);
        said(&mut suspects, 2, 7, 6, NOON);
        suspects.changed(oin(1), &Change::Revoked { keys: vec![Bytes([7; 32])], since: NOON });
        suspects.changed(oin(1), &Change::Revoked { keys: vec![Bytes([7; 32])], since: NOON });
        suspects.changed(oin(2), &Change::Ended { since: NOON });
        let (found, in_all) = suspects.finish();
        assert_eq!((found.len(), in_all), (1, 1));
        assert_eq!((found[0].place.entry, found[0].issuer, found[0].since), (4, oin(1), NOON));
    }
}
