//! A node: everything it holds, opened in order and closed in order.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash as StdHash;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use weegnet_protocol::Oin;
use weegnet_protocol::codec::{Bytes, Hash};
use weegnet_protocol::id::{StatementId, UitvraagId};
use weegnet_protocol::log::{EntryKind, LeafIndex, LogName, Origin, SignedCheckpoint};

use crate::checkpoints::Checkpoints;
use crate::clock;
use crate::config::{Card, ConfigError, NodeConfig};
use crate::convenants::Convenants;
use crate::exchange::bodies::Note;
use crate::exchange::correction::Corrections;
use crate::exchange::record::{CaseId, Record, Side};
use crate::exchange::{ApprovalCommand, Inboxes, OwnCommand, QuestionCommand};
use crate::home::{Home, HomeError, HomeLock};
use crate::journal::{Journal, JournalError, Scanned, Stored, StoredBody};
use crate::keys::{KeyError, OnlineKeys};
use crate::ledger::Ledger;
use crate::link::Link;
use crate::people::account::SignInNote;
use crate::people::door::Door;
use crate::people::{Grant, People};
use crate::quota::Quota;
use crate::recovery::{self, SwapError};
use crate::registers::Registers;
use crate::retention::Retention;
use crate::sealed::Tables;
use crate::store::StoreError;
use crate::witness::{self, MemoryError, Witnesses};

/// One organisation's node, open.
pub struct Node {
    /// Who it is.
    pub config: NodeConfig,
    /// Where it keeps what.
    pub home: Home,
    /// Its online keys.
    pub keys: OnlineKeys,
    /// What is recorded, and how cases stand.
    pub ledger: Ledger,
    /// What the parties signed.
    pub convenants: Arc<Convenants>,
    /// Who may do what here.
    pub people: RwLock<People>,
    /// Who comes in at the console.
    pub door: Door,
    /// Held while somebody gets or loses a role.
    pub changing_people: tokio::sync::Mutex<()>,
    /// Who is known here.
    pub registers: Registers,
    /// Tables by which this node is asked, and asks, sealed.
    pub tables: Tables,
    /// How often was asked.
    pub quota: Quota,
    /// What goes when.
    pub retention: Retention,
    /// What was said wrongly: told to others, and heard from them.
    pub corrections: Corrections,
    /// The way to the others, once it serves.
    pub link: OnceLock<Link>,
    /// This node as a witness of others, and they of it.
    pub witnesses: Witnesses,
    /// What peers have signed of their logs.
    pub checkpoints: Checkpoints,
    /// Cases that are being opened: an uitvraag comes to one case.
    pub opening: UnderWay<CaseId>,
    /// One step of a weegploeg at a time.
    pub weighing: tokio::sync::Mutex<()>,
    /// Ids of deliveries that are being taken.
    pub under_way: UnderWay<StatementId>,
    /// Cancelled when its own keys were replaced or revoked, and others know: it can only start again.
    pub keys_changed: CancellationToken,
    /// Verifications of the whole journal.
    pub verifications: crate::desk::glance::Verifications,
    /// Ends everything.
    pub stop: CancellationToken,
    own: Inboxes<OwnCommand>,
    approvals: Inboxes<ApprovalCommand>,
    questions: Inboxes<QuestionCommand>,
    cores: Mutex<HashMap<Hash, CaseId>>,
    _lock: HomeLock,
}

/// Why a node does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// `node.toml`.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The configuration is of another organisation than the journal.
    #[error(
        "node.toml says that this is organisation {said}, and the journal is that of {ours}: put the right one back"
    )]
    Another {
        /// Whose journal it is.
        ours: Oin,
        /// What the file says.
        said: Oin,
    },
    /// The exchange log holds a checkpoint of the house log that the house log does not have.
    #[error("the house log lacks entries that the exchange log says it had: put both back from the same backup")]
    HouseCut,
    /// The projections.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is held of others' journals.
    #[error(transparent)]
    Witness(#[from] MemoryError),
    /// A recovery that was begun cannot be finished.
    #[error(transparent)]
    Recovery(#[from] SwapError),
    /// A convenant in the journal cannot be read back.
    #[error("a convenant in the journal cannot be taken up again: {0}")]
    Convenant(String),
}

impl Node {
    /// Takes the directory and opens keys, journal, convenanten, people and projections.
    pub fn open(home: Home) -> Result<Arc<Self>, OpenError> {
        let lock = home.lock()?;
        recovery::finish(&home)?;
        let config = NodeConfig::load(&home)?;
        let own_rules = config.load_own_rules(&home)?;
        let keys = OnlineKeys::load(&home)?;
        let (journal, recovery) = Journal::open(&home.journal(), keys.checkpoint.clone(), clock::now)?;
        let ours = journal.genesis(LogName::Exchange).oin;
        if ours != config.oin {
            return Err(OpenError::Another { ours, said: config.oin });
        }
        for tail in &recovery.tails {
            tracing::warn!(
                ?tail,
                "an unfinished batch, as a crash leaves it, was cut off; before this node signs, other members say whether they hold more"
            );
        }
        let convenants = Convenants::new(config.oin).with_rules(own_rules);
        let mut people = People::default();
        let retention = Retention::default();
        let corrections = Corrections::default();
        let tables = Tables::new(home.tables());
        recall(&journal, &convenants, &mut people, &retention, &corrections, &tables)?;
        let keys = match convenants.own_keys() {
            Some(named) => keys.renewed(&home, &named)?,
            None => keys,
        };
        renew_card(&home, &keys, convenants.own_address().filter(|_| convenants.amended() > 0))?;
        let convenants = Arc::new(convenants.of_node(&keys));
        retention.complete(&journal)?;
        let ledger = Ledger::open(journal, home.store(), keys.store.clone(), Arc::clone(&convenants))?;
        let witnesses = Witnesses::open(&home, &config.oin, &keys.witness)?;
        let quota = Quota::new(&keys.store);
        let door = Door::new(&keys.store);
        let today = clock::now().day();
        ledger.each_case(|record| {
            quota.recall(&record, today);
            retention.recall_case(&record);
        });
        let node = Arc::new(Node {
            registers: Registers::new(home.clone(), &keys.store),
            config,
            home,
            keys,
            ledger,
            convenants,
            people: RwLock::new(people),
            door,
            tables,
            changing_people: tokio::sync::Mutex::default(),
            quota,
            retention,
            corrections,
            link: OnceLock::new(),
            witnesses,
            checkpoints: Checkpoints::default(),
            opening: UnderWay::default(),
            weighing: tokio::sync::Mutex::default(),
            under_way: UnderWay::default(),
            keys_changed: CancellationToken::new(),
            verifications: Default::default(),
            stop: CancellationToken::new(),
            own: Inboxes::default(),
            approvals: Inboxes::default(),
            questions: Inboxes::default(),
            cores: Mutex::default(),
            _lock: lock,
        });
        // What lost entries that others saw signs nothing, whoever opens it.
        witness::before_anything(&node);
        Ok(node)
    }

    /// This organisation.
    pub fn us(&self) -> Oin {
        self.config.oin
    }

    /// The name of a member's exchange log: as it amended it, or as it was first cosigned here.
    pub fn origin_of(&self, oin: &Oin) -> Option<Origin> {
        self.convenants.current_origin(oin).or_else(|| self.witnesses.held_origin(oin))
    }

    /// Owners of our own uitvragen.
    pub fn own(&self) -> &Inboxes<OwnCommand> {
        &self.own
    }

    /// Owners of drafts of other core parties.
    pub fn approvals(&self) -> &Inboxes<ApprovalCommand> {
        &self.approvals
    }

    /// Owners of questions of other parties.
    pub fn questions(&self) -> &Inboxes<QuestionCommand> {
        &self.questions
    }

    /// Notes which case an approval of this draft core belongs to.
    pub fn expect_approval(&self, core: Hash, case: CaseId) {
        self.cores.lock().unwrap_or_else(PoisonError::into_inner).insert(core, case);
    }

    /// The owner of the uitvraag with this draft core.
    pub fn own_by_core(&self, core: &Hash) -> Option<mpsc::Sender<OwnCommand>> {
        let case = self.cores.lock().unwrap_or_else(PoisonError::into_inner).get(core).copied()?;
        self.own.get(&case)
    }

    /// The case of an uitvraag on one side of it, whoever asks: only core parties do, so there are few places to look.
    pub fn find_case(&self, side: Side, uitvraag_id: UitvraagId) -> Option<(CaseId, Record)> {
        let askers: BTreeSet<Oin> = match side {
            Side::Own => [self.us()].into(),
            Side::Approval | Side::Question => self.convenants.core_parties(),
        };
        let ids = askers.into_iter().map(|asker| CaseId { side, uitvraag_id, asker });
        ids.into_iter().find_map(|id| Some((id, self.ledger.case(&id)?)))
    }
}

/// The card names the keys that the node has, and the address that it amended; a copy of a node may have none.
fn renew_card(home: &Home, keys: &OnlineKeys, address: Option<SocketAddr>) -> Result<(), OpenError> {
    if !home.card().is_file() {
        return Ok(());
    }
    let mut card = Card::load(home)?;
    let [link, statement, _, witness] = keys.public().map(|key| Bytes(key.to_bytes()));
    let address = address.unwrap_or(card.address);
    if (&card.keys.link, &card.keys.statement, &card.keys.witness, card.address)
        == (&link, &statement, &witness, address)
    {
        return Ok(());
    }
    card.address = address;
    (card.keys.link, card.keys.statement, card.keys.witness) = (link, statement, witness);
    Ok(card.store(home)?)
}

/// The house log has what the exchange log says it had: its checkpoint enters there at fixed times.
fn house_is_whole(journal: &Journal, last: Option<Stored>) -> Result<(), OpenError> {
    let Some(stored) = last else { return Ok(()) };
    let note = journal.body(&stored)?.and_then(|body| String::from_utf8(body).ok()).unwrap_or_default();
    let checkpoint = SignedCheckpoint::parse(&note).map_err(|_| OpenError::HouseCut)?;
    // Taken before a rollback was recovered: of the house log before this one.
    let former = journal.former(LogName::House).iter().any(|former| former.has(&checkpoint));
    let said = checkpoint.checkpoint();
    let whole = said.origin == journal.genesis(LogName::House).origin
        && journal.root(LogName::House, said.size) == Some(said.root);
    if whole || former { Ok(()) } else { Err(OpenError::HouseCut) }
}

/// Takes up what the journal holds beside cases: convenanten, people, holds, pseudonyms and corrections.
fn recall(
    journal: &Journal,
    convenants: &Convenants,
    people: &mut People,
    retention: &Retention,
    corrections: &Corrections,
    tables: &Tables,
) -> Result<(), OpenError> {
    let mut house = None;
    for log in [LogName::Exchange, LogName::House] {
        for scanned in journal.scan(log, LeafIndex(0))? {
            let stored = match scanned? {
                Scanned::Entry(stored) => stored,
                Scanned::Receipt { statement, .. } => {
                    corrections.receipted(&statement);
                    tables.receipted(&statement);
                    continue;
                }
            };
            corrections.recall(&stored);
            tables.recall(journal, &stored);
            match stored.leaf.kind {
                EntryKind::HouseCheckpoint => house = Some(stored),
                kind @ (EntryKind::ConvenantRatified | EntryKind::ConvenantAmended) => {
                    let body = journal.body(&stored)?.unwrap_or_default();
                    convenants
                        .recall(kind, &body, stored.leaf.time)
                        .map_err(|error| OpenError::Convenant(error.to_string()))?;
                }
                EntryKind::RoleGiven | EntryKind::RoleTaken => {
                    if let Some(body) = journal.body(&stored)?
                        && let Ok(note) = weegnet_protocol::codec::decode::<Note<Grant>>(&body)
                    {
                        people.apply(note.content);
                    }
                }
                EntryKind::SignIn => {
                    if let StoredBody::Sealed { case, .. } = stored.body
                        && let Some(body) = journal.body(&stored)?
                        && let Ok(note) = weegnet_protocol::codec::decode::<Note<SignInNote>>(&body)
                    {
                        people.accounts.apply(note.content, case);
                    }
                }
                _ => retention.recall(journal, &stored)?,
            }
        }
    }
    house_is_whole(journal, house)
}

/// Keys that somebody is working on.
#[derive(Debug)]
pub struct UnderWay<T: Eq + StdHash + Copy> {
    held: Arc<Mutex<HashSet<T>>>,
}

impl<T: Eq + StdHash + Copy> Default for UnderWay<T> {
    fn default() -> Self {
        UnderWay { held: Arc::default() }
    }
}

/// Lets go of a key when dropped.
#[derive(Debug)]
pub struct Held<T: Eq + StdHash + Copy> {
    held: Arc<Mutex<HashSet<T>>>,
    key: T,
}

impl<T: Eq + StdHash + Copy> UnderWay<T> {
    /// Takes the key, unless somebody holds it.
    pub fn hold(&self, key: T) -> Option<Held<T>> {
        let fresh = self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        fresh.then(|| Held { held: Arc::clone(&self.held), key })
    }
}

impl<T: Eq + StdHash + Copy> Drop for Held<T> {
    fn drop(&mut self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
