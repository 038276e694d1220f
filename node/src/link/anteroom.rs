//! Where callers wait until they are known: few, not for long, and never in the way of the next.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use libp2p::core::Multiaddr;
use libp2p::core::transport::{Boxed, DialOpts, ListenerId, Transport, TransportError, TransportEvent};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Bounds number and time of handshakes. A caller too many pushes out the one that waits longest, so that silent
/// callers cannot keep the door shut for those who do shake hands.
pub(super) struct Anteroom<O> {
    inner: Boxed<O>,
    waiting: VecDeque<oneshot::Sender<()>>,
    most: usize,
    patience: Duration,
}

impl<O> Anteroom<O> {
    pub(super) fn new(inner: Boxed<O>, most: usize, patience: Duration) -> Self {
        Anteroom { inner, waiting: VecDeque::new(), most, patience }
    }

    /// A place for one more; resolves when it is pushed out.
    fn place(&mut self) -> oneshot::Receiver<()> {
        self.waiting.retain(|place| !place.is_closed());
        if self.waiting.len() >= self.most {
            self.waiting.pop_front();
        }
        let (place, pushed_out) = oneshot::channel();
        self.waiting.push_back(place);
        pushed_out
    }
}

impl<O: Send + 'static> Transport for Anteroom<O> {
    type Output = O;
    type Error = io::Error;
    type ListenerUpgrade = BoxFuture<'static, io::Result<O>>;
    type Dial = BoxFuture<'static, io::Result<O>>;

    fn listen_on(&mut self, id: ListenerId, address: Multiaddr) -> Result<(), TransportError<io::Error>> {
        self.inner.listen_on(id, address)
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner.remove_listener(id)
    }

    fn dial(&mut self, address: Multiaddr, options: DialOpts) -> Result<Self::Dial, TransportError<io::Error>> {
        let dial = self.inner.dial(address, options)?;
        Ok(in_time(self.patience, dial).boxed())
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        let this = &mut *self;
        Pin::new(&mut this.inner).poll(cx).map(|event| {
            event.map_upgrade(|upgrade| {
                let (pushed_out, patience) = (this.place(), this.patience);
                async move {
                    tokio::select! {
                        done = in_time(patience, upgrade) => done,
                        _ = pushed_out => Err(io::ErrorKind::ConnectionAborted.into()),
                    }
                }
                .boxed()
            })
        })
    }
}

async fn in_time<O>(patience: Duration, upgrade: impl Future<Output = io::Result<O>>) -> io::Result<O> {
    timeout(patience, upgrade).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

#[cfg(test)]
mod tests {
    use libp2p::core::transport::dummy::DummyTransport;

    use super::*;

    #[test]
    fn pushes_out_the_one_that_waits_longest() {
        let mut room = Anteroom::<()>::new(DummyTransport::new().boxed(), 2, Duration::from_secs(1));
        let (mut first, second, mut third) = (room.place(), room.place(), room.place());
        assert!(first.try_recv() == Err(oneshot::error::TryRecvError::Closed));
        assert!(third.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        drop(second);
        room.place();
        assert!(third.try_recv() == Err(oneshot::error::TryRecvError::Empty), "the place of one who left is free");
    }
}
