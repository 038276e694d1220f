//! Tables of who is known: those by which this node is asked sealed, and those of others by which it asks.
//!
//! | file | what |
//! |---|---|
//! | `build` | a table of our register: made on all cores, its secret under a key of the vault, then recorded |
//! | `keep` | on schedule and after each import: publish, deliver, fetch, retire |
//! | `files` | cells on disk; they are public among core parties and tell nobody anything |
//! | `ask`, `open` | a question for a table; trying one |
//! | `shown` | what an auditor is shown, and how that is checked without a node |
//! | `view` | which tables there are |
//!
//! What is true stands in the journal: the secret with [`TableBuilt`], what was published with the two entries about that.

mod ask;
mod build;
mod files;
mod keep;
mod open;
pub mod shown;
mod view;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use weegnet_policy::convenant::SealedTerms;
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::id::{ConvenantId, StatementId};
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::sealed::table::{Publication, Table};
use weegnet_protocol::sign::{Envelope, read_body};
use weegnet_protocol::time::Millis;
use weegnet_protocol::{Oin, Timestamp};

use crate::exchange::bodies::{Note, TableBuilt};
use crate::exchange::record::Sent;
use crate::journal::{CaseKey, Journal, Stored, StoredBody};
use crate::register::GenerationNumber;

pub use ask::CannotAsk;
pub use build::{BuildError, Built};
pub use keep::{give, keep};
pub use view::{HeldTable, OwnTable, TablesView};

/// How long a table takes questions. A new one is published before that, and at once after an import.
pub fn epoch(terms: &SealedTerms) -> Millis {
    Millis::hours(24 * u64::from(terms.epoch().0))
}

/// How long its secret stays behind that, to show an auditor who stood in it.
fn audit_term(terms: &SealedTerms) -> Millis {
    Millis::hours(24 * u64::from(terms.audit().0))
}

/// Most tables that one party publishes of one scope in a day: two an hour. Whoever publishes without end could lay one person in
/// and take it out again between two questions, and makes every core party fetch each table.
pub const PUBLICATIONS_PER_DAY: usize = 48;
/// [`PUBLICATIONS_PER_DAY`] is counted over this.
const A_DAY: Millis = Millis::hours(24);

/// All tables of a node.
pub struct Tables {
    dir: PathBuf,
    state: Mutex<State>,
    /// One table is made at a time.
    building: tokio::sync::Mutex<()>,
    /// Parts of the table that is being made that are done, and all of them; both 0 when none is.
    progress: (AtomicU64, AtomicU64),
    /// Something is to be done before it is looked again.
    wake: Notify,
}

#[derive(Default)]
struct State {
    /// By root.
    own: BTreeMap<Hash, Own>,
    /// What went to core parties about them.
    sent: BTreeMap<StatementId, Posting>,
    /// Of others, by root.
    held: BTreeMap<Hash, Held>,
}

/// A table of ours.
struct Own {
    /// Under which its secret lies.
    key: CaseKey,
    publication: Publication,
    generation: GenerationNumber,
    secret: weegnet_protocol::log::LeafIndex,
    /// Its cells, once they were needed.
    cells: Option<Arc<Table>>,
}

/// One publication on its way to one core party.
#[derive(Clone)]
struct Posting {
    sent: Sent,
    root: Hash,
}

/// A table of somebody else.
struct Held {
    publication: Publication,
    /// When it came.
    received: Timestamp,
    /// All cells are here and verified.
    is_whole: bool,
    /// Its publisher does not take questions for it, or does not have it any more.
    is_refused: bool,
}

impl Tables {
    /// Of the node whose files lie there.
    pub fn new(dir: PathBuf) -> Self {
        let progress = Default::default();
        Tables { dir, state: Mutex::default(), building: Default::default(), progress, wake: Notify::new() }
    }

    /// Takes up an entry; what cannot be opened any more is retired.
    pub fn recall(&self, journal: &Journal, stored: &Stored) {
        let kind = stored.leaf.kind;
        let body = || journal.body(stored).ok().flatten();
        match kind {
            EntryKind::TableBuilt => {
                let StoredBody::Sealed { case, .. } = stored.body else { return };
                if let Some(Ok(note)) = body().map(|body| codec::decode::<Note<TableBuilt>>(&body)) {
                    self.built(case, stored.index, &note.content);
                }
            }
            EntryKind::PublicationSent => {
                let header = stored.envelope.as_ref().and_then(|bytes| Envelope::decode(&bytes.0).ok());
                let content = body().and_then(|body| read_body::<Publication>(&body).ok());
                if let (Some(Envelope { header, .. }), Some(publication)) = (header, content) {
                    let (id, to, expires) = (header.id, header.audience, header.expires);
                    let sent = Sent { id, to, index: stored.index, expires, settled: false };
                    self.lock().sent.insert(id, Posting { sent, root: publication.root });
                }
            }
            EntryKind::PublicationReceived => {
                if let Some(publication) = body().and_then(|body| read_body::<Publication>(&body).ok()) {
                    self.learn(publication, stored.leaf.time);
                }
            }
            _ => {}
        }
    }

    /// A peer's receipt is kept; for a publication of ours, or anything else.
    pub fn receipted(&self, id: &StatementId) {
        if let Some(posting) = self.lock().sent.get_mut(id) {
            posting.sent.settled = true;
        }
    }

    /// Whether a party may publish one more table of a scope today.
    pub fn takes_another(&self, party: &Oin, scope: &ConvenantId, now: Timestamp) -> bool {
        let state = self.lock();
        let of_today = state.held.values().filter(|held| {
            let table = &held.publication.table;
            table.party == *party && table.scope == *scope && now < held.received + A_DAY
        });
        of_today.count() < PUBLICATIONS_PER_DAY
    }

    /// Somebody published a table; its cells are fetched next.
    pub fn learn(&self, publication: Publication, received: Timestamp) {
        let is_whole = files::held(&self.dir, &publication.root).is_file();
        let mut state = self.lock();
        let received = state.held.get(&publication.root).map_or(received, |held| held.received);
        state.held.insert(publication.root, Held { publication, received, is_whole, is_refused: false });
        drop(state);
        self.wake.notify_one();
    }

    /// The register changed, or somebody wants a new table.
    pub fn look(&self) {
        self.wake.notify_one();
    }

    /// Whether a question that was signed at `issued` under this convenant may be for this table of ours.
    pub fn take_questions(&self, us: &Oin, root: &Hash, convenant: &ConvenantId, issued: Timestamp) -> bool {
        let state = self.lock();
        let of_root = state.own.get(root).map(|own| &own.publication);
        of_root.is_some_and(|table| table.table.scope == *convenant && table.takes_questions_of(issued, us))
    }

    /// The publisher of a table does not take questions for it: it is not used before a new one comes.
    pub fn is_refused(&self, root: &Hash) {
        if let Some(held) = self.lock().held.get_mut(root) {
            held.is_refused = true;
        }
    }

    fn built(&self, key: CaseKey, secret: weegnet_protocol::log::LeafIndex, built: &TableBuilt) {
        let (publication, generation) = (built.publication.clone(), built.generation);
        let own = Own { key, publication, generation, secret, cells: None };
        self.lock().own.insert(built.publication.root, own);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is one insert, one removal or one field.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Our table of the newest epoch.
    fn newest_own(&self, convenant: &ConvenantId) -> Option<&Own> {
        let of_scope = self.own.values().filter(|own| own.publication.table.scope == *convenant);
        of_scope.max_by_key(|own| own.publication.table.epoch)
    }

    /// The table of the newest epoch by which a party can be asked now.
    fn newest_held(&self, convenant: &ConvenantId, party: &Oin, now: Timestamp) -> Option<&Publication> {
        let usable = |held: &&Held| held.is_whole && !held.is_refused && now < held.publication.valid_until;
        let of_party = |held: &&Held| {
            let table = &held.publication.table;
            table.scope == *convenant && table.party == *party
        };
        let newest = self.held.values().filter(usable).filter(of_party);
        newest.map(|held| &held.publication).max_by_key(|publication| publication.table.epoch)
    }
}

#[cfg(test)]
mod tests {
    use weegnet_protocol::codec::Bytes;
    use weegnet_protocol::sealed::TableId;

    use super::*;

    const SINCE: Timestamp = Timestamp::from_seconds(1_795_435_200);

    fn of(number: u8, party: Oin, scope: &ConvenantId) -> Publication {
        let table = TableId { epoch: number.into(), party, profile: 1, scope: scope.clone() };
        let secret = weegnet_protocol::sealed::secret::EpochSecret::new(&zeroize::Zeroizing::new([number; 32]), &table);
        let layout = secret.plan(&table, Vec::new()).unwrap();
        let cells = (0..layout.cells()).step_by(512).map(|from| layout.fill(from..from + 512)).collect();
        let mut publication = secret.publish(&table, &layout.table(cells).unwrap(), SINCE + A_DAY);
        publication.root = Bytes([number; 32]);
        publication
    }

    #[test]
    fn a_party_publishes_only_so_often_in_a_day() {
        let tables = Tables::new(PathBuf::new());
        let (party, other) = ("00000099000000003000".parse().unwrap(), "00000099000000004000".parse().unwrap());
        let (scope, beside): (ConvenantId, ConvenantId) = ("een".parse().unwrap(), "twee".parse().unwrap());
        let publication = of(1, party, &scope);
        for number in 0..PUBLICATIONS_PER_DAY {
            assert!(tables.takes_another(&party, &scope, SINCE));
            tables.learn(Publication { root: Bytes([number as u8; 32]), ..publication.clone() }, SINCE);
        }
        assert!(!tables.takes_another(&party, &scope, SINCE + Millis::hours(23)));
        assert!(tables.takes_another(&party, &beside, SINCE), "of another scope");
        assert!(tables.takes_another(&other, &scope, SINCE), "another party");
        assert!(tables.takes_another(&party, &scope, SINCE + A_DAY));
    }
}
