//! The one task that owns libp2p: reaches every member, keeps it reached, and starts the tasks of its streams.

use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt;
use libp2p::core::ConnectedPoint;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, Stream, SwarmEvent};
use libp2p::{PeerId, Swarm};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{self, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use weegnet_protocol::Oin;

use super::behaviour::{Behaviour, Event};
use super::error::{LinkError, StreamEnd};
use super::handler::FromConnection;
use super::limits::Limits;
use super::line::{Line, Next};
use super::members::{Member, Peer, Roster};
use super::receiving::{self, Desks};
use super::slots::Beat;
use super::{sending, transport};

/// What handles ask.
pub(super) enum Command {
    SetMembers { members: Vec<Member>, done: oneshot::Sender<Result<(), LinkError>> },
}

pub(super) struct Driver {
    pub(super) swarm: Swarm<Behaviour>,
    pub(super) us: (Oin, PeerId),
    pub(super) roster: watch::Sender<Roster>,
    pub(super) desks: Desks,
    pub(super) beat: Beat,
    pub(super) limits: Limits,
    pub(super) stop: CancellationToken,
    /// Connections and receiving streams.
    pub(super) tasks: TaskTracker,
    pub(super) lines: HashMap<PeerId, Line>,
    /// Our deliver streams; each says how long it lived.
    pub(super) sending: JoinSet<Duration>,
    /// Connections to us that came to nothing, those of strangers included.
    pub(super) in_vain: u64,
}

impl Driver {
    /// Runs until the stop token is cancelled; then nothing of the link is left running.
    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            let due = self.lines.values().filter_map(Line::due).min();
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                Some(Command::SetMembers { members, done }) = commands.recv() => {
                    // Nobody may wait for the answer any more.
                    let _ = done.send(self.set_members(members));
                }
                Some(ended) = self.sending.join_next_with_id() => self.sending_ended(ended),
                event = self.swarm.select_next_some() => self.on_event(event),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            }
            self.tend_all();
        }
        for peer in self.roster.send_replace(Roster::default()).peers() {
            peer.outbox.close();
        }
        for line in self.lines.values_mut() {
            line.cut_all();
        }
        drop(self.swarm);
        self.sending.shutdown().await;
        self.tasks.close();
        self.tasks.wait().await;
    }

    pub(super) fn set_members(&mut self, members: Vec<Member>) -> Result<(), LinkError> {
        let next = self.roster.borrow().next(members, self.us)?;
        let now = Instant::now();
        let before = self.roster.send_replace(next.clone());
        for peer in before.peers() {
            let stays = next.by_oin(&peer.oin).is_some_and(|kept| std::ptr::eq(&**kept, &**peer));
            if !stays {
                peer.outbox.close();
                let connections = self.lines.remove(&peer.id).map(|mut line| line.cut_all()).unwrap_or_default();
                for connection in connections {
                    self.swarm.close_connection(connection);
                }
                tracing::info!(oin = %peer.oin, "no longer a member: connections closed");
            }
        }
        for peer in next.peers() {
            if let Some((peer, address)) = next.by_id(&peer.id) {
                let line = self.lines.entry(peer.id).or_insert_with(|| Line::new(peer.clone(), address, now));
                line.address = address;
            }
        }
        Ok(())
    }

    fn on_event(&mut self, event: SwarmEvent<Event>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.connected(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, .. } => {
                self.disconnect(peer_id, connection_id);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                let (now, chance, limits) = (Instant::now(), chance(), self.limits);
                if let Some(line) = self.lines.values_mut().find(|line| line.is_dialling(connection_id)) {
                    line.not_connected(now, chance, &limits);
                    // Once loudly, then quietly: an unreachable member is redialled for as long as it is one.
                    if line.failures() == 1 {
                        tracing::warn!(oin = %line.peer.oin, %error, "cannot reach a member; trying again");
                    } else {
                        tracing::debug!(oin = %line.peer.oin, %error, "cannot reach a member; trying again");
                    }
                }
            }
            SwarmEvent::IncomingConnectionError { send_back_addr, error, .. } => {
                self.in_vain += 1;
                // As with strangers: a flood of rubbish fills twenty lines.
                if self.in_vain.is_power_of_two() {
                    let total = self.in_vain;
                    tracing::warn!(total, from = %send_back_addr, %error, "connections to this node came to nothing");
                }
            }
            SwarmEvent::Behaviour(Event { peer, connection, what }) => match what {
                FromConnection::Opened(stream) => self.start_sending(peer, connection, stream),
                FromConnection::Accepted(stream) => self.start_receiving(peer, connection, stream),
                FromConnection::NotOpened => {
                    let limits = self.limits;
                    if let Some(line) = self.lines.get_mut(&peer) {
                        line.not_opened(connection, Instant::now(), chance(), &limits);
                    }
                }
                FromConnection::Silent => {
                    self.disconnect(peer, connection);
                    self.swarm.close_connection(connection);
                }
            },
            SwarmEvent::ListenerClosed { reason: Err(error), .. } | SwarmEvent::ListenerError { error, .. } => {
                tracing::error!(%error, "listening failed");
            }
            _ => {}
        }
    }

    fn connected(&mut self, peer: PeerId, id: ConnectionId, endpoint: &ConnectedPoint) {
        let Some(line) = self.lines.get_mut(&peer) else {
            self.swarm.close_connection(id);
            return;
        };
        tracing::info!(oin = %line.peer.oin, dialled = endpoint.is_dialer(), "connected");
        if let Some(evicted) = line.connected(id, self.stop.child_token(), Instant::now()) {
            self.swarm.close_connection(evicted);
        }
    }

    fn disconnect(&mut self, peer: PeerId, id: ConnectionId) {
        let limits = self.limits;
        if let Some(line) = self.lines.get_mut(&peer)
            && line.disconnected(id, Instant::now(), chance(), &limits)
        {
            tracing::info!(oin = %line.peer.oin, "disconnected");
        }
    }

    fn start_sending(&mut self, peer: PeerId, connection: ConnectionId, stream: Stream) {
        let Some(line) = self.lines.get_mut(&peer).filter(|line| line.expects_stream_on(connection)) else {
            return;
        };
        let Some(cut) = line.cut(connection) else { return };
        let (peer, beat, limits) = (line.peer.clone(), self.beat.clone(), self.limits);
        let task = self.sending.spawn(async move {
            let began = Instant::now();
            let end = cut.run_until_cancelled(sending::run(stream, &peer, &beat, &limits)).await;
            report(&peer, end.unwrap_or(StreamEnd::Stopping), "our stream ended");
            began.elapsed()
        });
        line.opened(task.id());
    }

    fn start_receiving(&mut self, peer: PeerId, connection: ConnectionId, stream: Stream) {
        let Some(line) = self.lines.get(&peer) else { return };
        let Some(cut) = line.cut(connection) else { return };
        let (peer, desks, beat, limits) = (line.peer.clone(), self.desks.clone(), self.beat.clone(), self.limits);
        self.tasks.spawn(async move {
            let end = cut.run_until_cancelled(receiving::run(stream, &peer, &desks, &beat, &limits)).await;
            report(&peer, end.unwrap_or(StreamEnd::Stopping), "a member's stream ended");
        });
    }

    fn sending_ended(&mut self, ended: Result<(task::Id, Duration), task::JoinError>) {
        let (task, lived) = ended.unwrap_or_else(|error| (error.id(), Duration::ZERO));
        let limits = self.limits;
        if let Some(line) = self.lines.values_mut().find(|line| line.is_sending_in(task)) {
            line.ended(lived, Instant::now(), chance(), &limits);
        }
    }

    fn tend_all(&mut self) {
        let now = Instant::now();
        for (peer, line) in &mut self.lines {
            match line.next(now) {
                Next::Nothing => {}
                Next::Open(connection) => {
                    line.opening(connection);
                    self.swarm.behaviour_mut().open_deliver(*peer, connection);
                }
                Next::Dial => {
                    let options = DialOpts::peer_id(*peer)
                        .condition(PeerCondition::Always)
                        .addresses(vec![transport::to_multiaddr(line.address)])
                        .allocate_new_port()
                        .build();
                    line.dialling(options.connection_id());
                    if let Err(error) = self.swarm.dial(options) {
                        tracing::warn!(oin = %line.peer.oin, %error, "cannot dial a member; trying again");
                        line.not_connected(now, chance(), &self.limits);
                    }
                }
            }
        }
    }
}

fn report(peer: &Peer, end: StreamEnd, what: &'static str) {
    match end {
        StreamEnd::Violation(violation) => {
            let total = peer.violated();
            // Whoever breaks the protocol a million times fills twenty lines.
            if total.is_power_of_two() {
                tracing::warn!(oin = %peer.oin, total, reason = %violation, what);
            }
        }
        end => tracing::debug!(oin = %peer.oin, reason = %end, what),
    }
}

/// Spreads redials; when the system gives no randomness they are merely less spread.
fn chance() -> u16 {
    getrandom::u32().map_or(u16::MAX, |random| random as u16)
}
