//! A node that serves: link, cases, API and the house log's clock, until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use weegnet_protocol::id::EntryId;
use weegnet_protocol::log::{EntryKind, LogName};
use weegnet_protocol::time::Millis;
use zeroize::Zeroizing;

use crate::api;
use crate::clock;
use crate::exchange;
use crate::home::HomeError;
use crate::journal::{Entry, EntryBody, JournalError};
use crate::link::{Inbound, Link, LinkConfig, LinkError};
use crate::node::Node;
use crate::retention;
use crate::sealed;
use crate::witness;

/// Deliveries that wait to be looked at.
const INBOUND_QUEUE: usize = 256;
/// Witnesses that wait to be shown our log; a further one is told to come back.
const WATCHING_QUEUE: usize = 64;
/// Deliveries that are looked at together; they share the journal's batches.
const INBOUND_AT_ONCE: usize = 256;
/// How long the parts of a node may take to stop: 3 s.
const DRAIN: Duration = Duration::from_secs(3);
/// How often the house log's checkpoint enters the exchange log where no convenant says otherwise: 1 h.
const HOUSE_CHECKPOINT: Millis = Millis::hours(1);

/// Why a node stopped serving.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The socket of the API.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The link.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The console.
    #[cfg(feature = "console")]
    #[error(transparent)]
    Console(#[from] crate::console::ConsoleError),
    /// Pages are asked for that this program does not have.
    #[cfg(not(feature = "console"))]
    #[error(
        "node.toml has a [console], and this program was built without: take [console] out, or build with its default features"
    )]
    NoConsole,
    /// Nothing can be recorded any more, so nothing can be done any more.
    #[error(
        "the journal cannot be written any more: look at the disk, then start again; what was acknowledged is there"
    )]
    JournalFailed,
    /// The node's own keys are not its own any more.
    #[error(
        "the convenanten in force name other keys for this organisation than this node has, or it revoked those it has, and \
         every member that could be reached was told: start again, which takes the new keys; where there are none yet, make \
         them with 'weegnet convenant rotate'"
    )]
    KeysChanged,
}

/// Serves until `node.stop` is cancelled or the journal fails.
pub async fn serve(node: Arc<Node>) -> Result<(), ServeError> {
    // Refused before anything is connected: a path that no socket can have.
    node.home.socket()?;
    if node.convenants.keys_changed() {
        return Err(ServeError::KeysChanged);
    }
    #[cfg(not(feature = "console"))]
    if node.config.console.is_some() {
        return Err(ServeError::NoConsole);
    }
    // A port or certificate that cannot be had shows before anything is connected.
    #[cfg(feature = "console")]
    let console = match &node.config.console {
        Some(config) => Some(crate::console::Door::open(&node, config).await?),
        None => None,
    };
    retention::before_serving(&node).await;
    let (inbound, received) = mpsc::channel(INBOUND_QUEUE);
    let config =
        LinkConfig { oin: node.us(), key: Zeroizing::new(node.keys.link.to_bytes()), listen: node.config.listen };
    let (watching, watched) = mpsc::channel(WATCHING_QUEUE);
    // Damage in a register shows now, and not when somebody is asked about.
    for policy in node.convenants.all() {
        let convenant = policy.ratified().reference().id();
        if let Err(error) = node.registers.of(convenant) {
            tracing::error!(%convenant, %error, "a register cannot be read: import it again");
        }
    }
    witness::before_serving(&node);
    let (link, linked) =
        Link::start_watched(config, node.convenants.members(), inbound, watching, node.stop.child_token()).await?;
    tracing::info!(oin = %node.us(), address = %link.listen_address(), "serving");
    // Set once: a node serves once.
    let _ = node.link.set(link);
    exchange::resume_all(&node);
    let mut parts = JoinSet::new();
    #[cfg(feature = "console")]
    if let Some(console) = console {
        parts.spawn(console.serve());
    }
    parts.spawn(take_inbound(Arc::clone(&node), received));
    parts.spawn(witness::show(Arc::clone(&node), watched));
    parts.spawn(witness::run(Arc::clone(&node)));
    parts.spawn(witness::tell(Arc::clone(&node)));
    parts.spawn(house_checkpoints(Arc::clone(&node)));
    parts.spawn(retention::keep(Arc::clone(&node)));
    parts.spawn(sealed::keep(Arc::clone(&node)));
    let mut api = tokio::spawn(api::serve(Arc::clone(&node)));
    let result = tokio::select! {
        () = node.stop.cancelled() => Ok(()),
        () = node.ledger.journal().failed() => Err(ServeError::JournalFailed),
        () = node.keys_changed.cancelled() => Err(ServeError::KeysChanged),
        ended = &mut api => match ended {
            Ok(Err(error)) => Err(error.into()),
            _ => Ok(()),
        },
    };
    node.stop.cancel();
    let drained = tokio::time::timeout(DRAIN, async {
        let _ = linked.await;
        while parts.join_next().await.is_some() {}
        if !api.is_finished() {
            let _ = api.await;
        }
        node.ledger.journal().unattended().await;
    });
    let drained = drained.await.is_ok();
    if !drained {
        tracing::warn!("not everything stopped in time; what was acknowledged is recorded");
    }
    // A case that was stopped between its entry and its projection must not pass for one that is complete: without the
    // mark the next start folds the journal, and nobody is answered twice.
    if !matches!(result, Err(ServeError::JournalFailed)) && drained {
        node.ledger.close();
    }
    result
}

async fn take_inbound(node: Arc<Node>, mut received: mpsc::Receiver<Inbound>) {
    let room = Arc::new(Semaphore::new(INBOUND_AT_ONCE));
    loop {
        let inbound = tokio::select! {
            () = node.stop.cancelled() => return,
            inbound = received.recv() => inbound,
        };
        let Some(inbound) = inbound else { return };
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let received = {
            let node = Arc::clone(&node);
            async move {
                exchange::receive(node, inbound).await;
                drop(place);
            }
        };
        tokio::spawn(node.ledger.attend(received));
    }
}

/// Enters the house log's checkpoint into the exchange log at fixed times, grown or not.
async fn house_checkpoints(node: Arc<Node>) {
    loop {
        let every = node.convenants.all().iter().map(|policy| policy.ratified().house_checkpoint()).min();
        let every = every.unwrap_or(HOUSE_CHECKPOINT).0.max(1000);
        let now = clock::now().as_millis();
        let next = Duration::from_millis(every - now % every);
        tokio::select! {
            () = node.stop.cancelled() => return,
            () = tokio::time::sleep(next) => {}
        }
        if let Err(error) = enter_checkpoint(&node).await {
            tracing::error!(%error, "the house log's checkpoint could not be entered");
        }
    }
}

async fn enter_checkpoint(node: &Node) -> Result<(), JournalError> {
    let note = node.ledger.journal().checkpoint(LogName::House);
    let entry = Entry {
        id: EntryId::new(clock::now(), clock::random()),
        kind: EntryKind::HouseCheckpoint,
        convenant: None,
        envelope: None,
        body: EntryBody::Public(note.note().as_bytes().to_vec()),
    };
    node.ledger.record((), vec![entry]).await.map(|_| ())
}
