//! A stranger: a node with a valid key that no convenant names. It is turned away before the application hears a byte.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use weegnet_protocol::Oin;
use weegnet_protocol::time::Millis;
use zeroize::Zeroizing;

use super::cast::{Cast, Who};
use super::error::DemoError;
use super::process::until;
use super::stage::{Stage, Tone};
use crate::clock;
use crate::link::{Link, LinkConfig, Member};

/// A test OIN of nobody in the convenant.
const OIN: &str = "00000099000000009000";
/// How long the stranger may take to be turned away: 15 s.
const PATIENCE: Duration = Duration::from_secs(15);

/// Knocks at politie; how many strangers politie's node has turned away since it started.
///
/// # Errors
/// When the stranger was not turned away, or let in.
pub async fn knock(cast: &Cast, stage: &Stage) -> Result<u64, DemoError> {
    stage.scene("One stranger");
    let politie = cast.at(Who::Politie);
    let oin: Oin = OIN.parse().map_err(|_| DemoError::NotShown("the stranger has no OIN".into()))?;
    let before = politie.status().await?.strangers_refused;
    let (sender, _inbound) = mpsc::channel(1);
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config = LinkConfig { oin, key: Zeroizing::new(clock::random()), listen };
    let card = &politie.card;
    let member = Member { oin: card.oin, key: card.keys.link.0, address: card.address, slot: Millis(0) };
    let stop = CancellationToken::new();
    // Also when this is given up half-way.
    let stopping = stop.clone().drop_guard();
    let (_link, linked) = Link::start(config, vec![member], sender, stop).await?;
    stage.act(
        Who::Politie,
        Tone::Plain,
        "somebody with a fresh key dials; the key is valid and stands in no convenant",
    );
    let refused = until("the stranger to be turned away", PATIENCE, async || {
        let status = politie.status().await?;
        if status.connected.contains(&oin) {
            return Err(DemoError::NotShown("the stranger was let in".into()));
        }
        Ok((status.strangers_refused > before).then_some(status.strangers_refused))
    })
    .await;
    drop(stopping);
    let _ = linked.await;
    let refused = refused?;
    stage.act(
        Who::Politie,
        Tone::No,
        "turned away right after the TLS handshake; not one byte of it reached the application",
    );
    Ok(refused)
}
