//! Links between real sockets on loopback: the set-up, and one file per kind of promise.

mod company;
mod delivery;
mod errands;
mod members;
mod misbehaviour;
mod raw;
mod slots;

use std::net::SocketAddr;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, timeout};
use tokio_util::sync::CancellationToken;
use weegnet_protocol::codec::Blob;
use weegnet_protocol::log::Receipt;
use weegnet_protocol::sign::Statement;
use weegnet_protocol::time::Millis;
use weegnet_protocol::{Oin, Timestamp};
use zeroize::Zeroizing;

use super::limits::Limits;
use super::receiving::Desks;
use super::slots::Beat;
use super::{DeliverError, Inbound, Link, LinkConfig, Member, Outgoing, Reply};
use crate::journal::Recorded;

/// Longest that anything in these tests may take: 20 s on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits short enough for tests, long enough for a busy machine.
const QUICK: Limits = Limits {
    handshake: Duration::from_millis(1500),
    frame: Duration::from_millis(300),
    redial_first: Duration::from_millis(20),
    redial_most: Duration::from_millis(200),
    ..Limits::STANDARD
};

fn oin(number: u8) -> Oin {
    format!("000000990000000010{number:02}").parse().unwrap()
}

fn seed(number: u8) -> Zeroizing<[u8; 32]> {
    Zeroizing::new([number; 32])
}

fn member(number: u8, address: SocketAddr) -> Member {
    let key = SigningKey::from_bytes(&seed(number)).verifying_key().to_bytes();
    Member { oin: oin(number), key, address, slot: Millis(0) }
}

/// An address at which nobody listens.
fn nowhere() -> SocketAddr {
    "127.0.0.1:1".parse().unwrap()
}

fn anywhere() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

fn statement(text: &str) -> Statement {
    Statement { body: Blob(text.as_bytes().to_vec()), envelope: Blob(b"envelope".to_vec()) }
}

fn outgoing(to: u8, text: &str) -> Recorded<Outgoing> {
    Recorded::for_tests(Outgoing { to: oin(to), statement: statement(text) })
}

/// A receipt that says for which statement it was made.
fn receipt(statement: &Statement) -> Receipt {
    let mut receipt = Recorded::for_tests(()).receipt().clone();
    receipt.leaf.body = Some(statement.body_hash());
    receipt.leaf.time = Timestamp::from_millis(1);
    receipt
}

struct Node {
    number: u8,
    link: Link,
    inbound: Option<mpsc::Receiver<Inbound>>,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Node {
    async fn start(number: u8, members: Vec<Member>) -> Node {
        Node::start_at(number, anywhere(), members, QUICK).await
    }

    async fn start_at(number: u8, listen: SocketAddr, members: Vec<Member>, limits: Limits) -> Node {
        Node::start_in_slots(number, listen, members, Beat::Clock, limits).await
    }

    async fn start_in_slots(number: u8, listen: SocketAddr, members: Vec<Member>, beat: Beat, limits: Limits) -> Node {
        let (sender, inbound) = mpsc::channel(16);
        let stop = CancellationToken::new();
        let config = LinkConfig { oin: oin(number), key: seed(number), listen };
        let (link, running) =
            Link::start_with(config, members, Desks { inbound: sender, watching: None }, stop.clone(), beat, limits)
                .await
                .unwrap();
        Node { number, link, inbound: Some(inbound), stop, running }
    }

    fn member(&self) -> Member {
        member(self.number, self.link.listen_address())
    }

    /// Answers everything with a receipt from now on.
    fn answer(&mut self) {
        let mut inbound = self.inbound.take().unwrap();
        tokio::spawn(async move {
            while let Some(Inbound { statement, reply, .. }) = inbound.recv().await {
                reply.receipt(receipt(&statement));
            }
        });
    }

    async fn next(&mut self) -> Inbound {
        timeout(PATIENCE, self.inbound.as_mut().unwrap().recv()).await.unwrap().unwrap()
    }

    async fn deliver(&self, to: u8, text: &str) -> Result<Reply, DeliverError> {
        self.link.deliver(&outgoing(to, text), Instant::now() + PATIENCE).await
    }

    /// Delivers, and checks that the receipt is for exactly this statement.
    async fn deliver_well(&self, to: u8, text: &str) {
        assert_eq!(self.deliver(to, text).await, Ok(Reply::Receipt(receipt(&statement(text)))));
    }

    fn connected(&self, to: u8) -> bool {
        self.link.status().iter().any(|peer| peer.oin == oin(to) && peer.connected)
    }

    async fn stop(self) -> SocketAddr {
        self.stop.cancel();
        timeout(PATIENCE, self.running).await.unwrap().unwrap();
        self.link.listen_address()
    }
}

/// Two nodes that know each other; the second answers everything.
async fn pair() -> (Node, Node) {
    let a = Node::start(1, vec![]).await;
    let mut b = Node::start(2, vec![a.member()]).await;
    a.link.set_members(vec![b.member()]).await.unwrap();
    b.answer();
    (a, b)
}

/// Returns once a condition holds that announces itself by no event.
async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let mut look = interval(Duration::from_millis(2));
    let wait = async {
        while !holds() {
            look.tick().await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never happened: {what}"));
}
