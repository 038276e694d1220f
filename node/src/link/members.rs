//! Who may be on the link: the one list that the door, the driver and the handles look at.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use libp2p::PeerId;
use tokio::sync::{Semaphore, watch};
use weegnet_protocol::time::Millis;
use weegnet_protocol::{Oin, Timestamp};

use super::error::LinkError;
use super::identity;
use super::limits::INBOUND_IN_FLIGHT_BYTES;
use super::outbox::Outbox;

/// Another organisation's node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Whose node.
    pub oin: Oin,
    /// Its public Ed25519 link key.
    pub key: [u8; 32],
    /// Where it listens.
    pub address: SocketAddr,
    /// Length of the slots in which statements pass between us; 0 is at once.
    pub slot: Millis,
}

/// How the link to one member does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerStatus {
    /// Who.
    pub oin: Oin,
    /// Whether an authenticated connection exists.
    pub connected: bool,
    /// Since when it is connected, or not; `None` when it never was.
    pub since: Option<Timestamp>,
    /// When the last frame or heartbeat came in.
    pub last_seen: Option<Timestamp>,
    /// Whether statements to it leave in slots.
    pub in_slots: bool,
    /// Deliveries that wait for this member's reply.
    pub in_flight: usize,
    /// Streams closed because of bytes that no honest peer sends.
    pub violations: u64,
}

/// What is kept about a member as long as it is one.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) oin: Oin,
    pub(super) id: PeerId,
    pub(super) outbox: Outbox,
    /// Length of our slots with it.
    slot: watch::Sender<Millis>,
    /// In bytes: bounds what this member can make us hold, over all its streams.
    pub(super) inbound_room: Arc<Semaphore>,
    connected: AtomicU64,
    changed: Moment,
    seen: Moment,
    violations: AtomicU64,
}

impl Peer {
    fn new(oin: Oin, id: PeerId) -> Self {
        Peer {
            oin,
            id,
            outbox: Outbox::new(),
            slot: watch::Sender::new(Millis(0)),
            inbound_room: Arc::new(Semaphore::new(INBOUND_IN_FLIGHT_BYTES)),
            connected: AtomicU64::new(0),
            changed: Moment::default(),
            seen: Moment::default(),
            violations: AtomicU64::new(0),
        }
    }

    /// Length of our slots with it; 0 is at once.
    pub(super) fn slot(&self) -> watch::Receiver<Millis> {
        self.slot.subscribe()
    }

    /// A frame or heartbeat came in.
    pub(super) fn heard(&self) {
        self.seen.set_now();
    }

    /// Counts one more; returns how many there were.
    pub(super) fn violated(&self) -> u64 {
        self.violations.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The number of open connections is now `connections`.
    pub(super) fn set_connections(&self, connections: usize) {
        let before = self.connected.swap(connections as u64, Ordering::Relaxed);
        if (before == 0) != (connections == 0) {
            self.changed.set_now();
        }
    }

    fn status(&self) -> PeerStatus {
        PeerStatus {
            oin: self.oin,
            connected: self.connected.load(Ordering::Relaxed) > 0,
            since: self.changed.get(),
            last_seen: self.seen.get(),
            in_slots: self.slot.borrow().0 > 0,
            in_flight: self.outbox.in_flight(),
            violations: self.violations.load(Ordering::Relaxed),
        }
    }
}

/// Milliseconds since the epoch, 0 for never; for display only.
#[derive(Debug, Default)]
struct Moment(AtomicU64);

impl Moment {
    fn set_now(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.0.store(u64::try_from(now.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
    fn get(&self) -> Option<Timestamp> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            millis => Some(Timestamp::from_millis(millis)),
        }
    }
}

/// The members at one moment. Never changed, only replaced.
#[derive(Debug, Default, Clone)]
pub(super) struct Roster {
    by_oin: HashMap<Oin, Entry>,
    by_id: HashMap<PeerId, Oin>,
}

#[derive(Debug, Clone)]
struct Entry {
    peer: Arc<Peer>,
    address: SocketAddr,
}

impl Roster {
    /// The roster after this one: who stays with the same key keeps its peer, with everything in flight. `us` is left
    /// out when it stands in the list.
    pub(super) fn next(&self, members: Vec<Member>, us: (Oin, PeerId)) -> Result<Roster, LinkError> {
        let mut next = Roster::default();
        let mut agreed = Vec::new();
        for Member { oin, key, address, slot } in members {
            let id = identity::peer_id(&key).ok_or(LinkError::UnusableKey { oin })?;
            if (oin, id) == us {
                continue;
            }
            let peer = match self.by_oin.get(&oin) {
                Some(entry) if entry.peer.id == id => entry.peer.clone(),
                _ => Arc::new(Peer::new(oin, id)),
            };
            agreed.push((peer.clone(), slot));
            let ours = oin == us.0 || id == us.1;
            let twice_a_key = next.by_id.insert(id, oin).is_some();
            let twice_an_oin = next.by_oin.insert(oin, Entry { peer, address }).is_some();
            if ours || twice_a_key || twice_an_oin {
                return Err(LinkError::Duplicate { oin });
            }
        }
        for (peer, slot) in agreed {
            peer.slot.send_if_modified(|before| std::mem::replace(before, slot) != slot);
        }
        Ok(next)
    }

    pub(super) fn contains(&self, id: &PeerId) -> bool {
        self.by_id.contains_key(id)
    }

    pub(super) fn by_oin(&self, oin: &Oin) -> Option<&Arc<Peer>> {
        self.by_oin.get(oin).map(|entry| &entry.peer)
    }

    /// The member with this identity and where it listens.
    pub(super) fn by_id(&self, id: &PeerId) -> Option<(&Arc<Peer>, SocketAddr)> {
        let entry = self.by_oin.get(self.by_id.get(id)?)?;
        Some((&entry.peer, entry.address))
    }

    pub(super) fn peers(&self) -> impl Iterator<Item = &Arc<Peer>> {
        self.by_oin.values().map(|entry| &entry.peer)
    }

    /// Sorted by OIN.
    pub(super) fn status(&self) -> Vec<PeerStatus> {
        let mut all: Vec<_> = self.peers().map(|peer| peer.status()).collect();
        all.sort_by_key(|status| status.oin);
        all
    }
}
