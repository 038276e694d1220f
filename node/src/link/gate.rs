//! Members only: the check sits in the connection upgrade, right after TLS, before a byte of the application.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::io::{AsyncRead, AsyncWrite};
use libp2p::PeerId;
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade, UpgradeInfo};
use libp2p::identity::Keypair;
use libp2p_tls::{Config, TlsStream, UpgradeError};
use tokio::sync::watch;
use tokio_util::compat::TokioAsyncReadCompatExt;

use super::error::LinkError;
use super::members::Roster;

/// TLS 1.3 with libp2p certificates, for the members of the moment and nobody else.
#[derive(Clone)]
pub(super) struct Gate {
    tls: Config,
    roster: watch::Receiver<Roster>,
    refused: Arc<AtomicU64>,
}

/// Why a connection did not become one.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("the TLS handshake failed: {0}")]
    Handshake(#[from] UpgradeError),
    #[error("not a member")]
    Stranger,
}

impl Gate {
    pub(super) fn new(
        key: &Keypair,
        roster: watch::Receiver<Roster>,
        refused: Arc<AtomicU64>,
    ) -> Result<Self, LinkError> {
        let tls = Config::new(key).map_err(|error| LinkError::Tls { reason: error.to_string() })?;
        Ok(Gate { tls, roster, refused })
    }

    /// One handshake with ourselves: the cryptography's first use takes 30 to 46 ms, which no peer should wait for.
    pub(super) async fn warm_up(&self) -> Result<(), LinkError> {
        let (one, other) = tokio::io::duplex(16 * 1024);
        let inbound = self.tls.clone().upgrade_inbound(one.compat(), TLS);
        let outbound = self.tls.clone().upgrade_outbound(other.compat(), TLS);
        match futures::future::try_join(inbound, outbound).await {
            Ok(_) => Ok(()),
            Err(error) => Err(LinkError::Tls { reason: error.to_string() }),
        }
    }

    fn admit<C>(&self, (peer, stream): (PeerId, TlsStream<C>)) -> Result<(PeerId, TlsStream<C>), Refused> {
        if self.roster.borrow().contains(&peer) { Ok((peer, stream)) } else { Err(Refused::Stranger) }
    }
}

/// The name under which libp2p negotiates this handshake.
const TLS: &str = "/tls/1.0.0";

impl UpgradeInfo for Gate {
    type Info = &'static str;
    type InfoIter = std::iter::Once<Self::Info>;

    fn protocol_info(&self) -> Self::InfoIter {
        std::iter::once(TLS)
    }
}

impl<C> InboundConnectionUpgrade<C> for Gate
where
    C: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    type Output = (PeerId, TlsStream<C>);
    type Error = Refused;
    type Future = BoxFuture<'static, Result<Self::Output, Refused>>;

    fn upgrade_inbound(self, socket: C, info: Self::Info) -> Self::Future {
        let handshake = self.tls.clone().upgrade_inbound(socket, info);
        async move {
            let admitted = self.admit(handshake.await?);
            if admitted.is_err() {
                let total = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
                // Whoever knocks a million times fills twenty lines.
                if total.is_power_of_two() {
                    tracing::warn!(total, "strangers were turned away");
                }
            }
            admitted
        }
        .boxed()
    }
}

impl<C> OutboundConnectionUpgrade<C> for Gate
where
    C: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    type Output = (PeerId, TlsStream<C>);
    type Error = Refused;
    type Future = BoxFuture<'static, Result<Self::Output, Refused>>;

    fn upgrade_outbound(self, socket: C, info: Self::Info) -> Self::Future {
        let handshake = self.tls.clone().upgrade_outbound(socket, info);
        async move { self.admit(handshake.await?) }.boxed()
    }
}
