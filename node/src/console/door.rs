//! The console's port: connections are bounded, in number and in time, before anything is read of them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::tls::{self, TlsError};
use super::{Console, routes};
use crate::config::ConsoleConfig;
use crate::node::Node;
use crate::people::patience::Client;

/// Browsers that are connected together: 512; a further one waits.
const CONNECTIONS: usize = 512;
/// Requests under way on one connection: 64.
const STREAMS: u32 = 64;
/// Of them from one address: 64. A house behind one address has as many; beyond that somebody holds places.
const CONNECTIONS_OF_ONE: usize = 64;
/// How long a handshake may take, the head of a request, and a browser that is asked whether it is still there: 10 s.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest that one connection lives: 10 min. A browser opens another without anybody seeing it.
const LONGEST: Duration = Duration::from_secs(600);
/// How long nothing is taken after the system had no connection to give: 100 ms.
const PAUSE: Duration = Duration::from_millis(100);
/// Largest stylesheet of an organisation's own: 256 KiB.
const MAX_TOKENS_BYTES: u64 = 256 * 1024;

/// Why there is no console.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The port.
    #[error("the console cannot listen on {address}: {source}; change 'listen' under [console] in node.toml")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The organisation's own stylesheet.
    #[error("{path}: {message}; change 'huisstijl' under [console] in node.toml")]
    Tokens {
        /// Which.
        path: PathBuf,
        /// Why.
        message: String,
    },
}

/// The open port, before anybody is let in.
pub struct Door {
    listener: TcpListener,
    tls: TlsAcceptor,
    pages: Router,
    stop: CancellationToken,
}

impl Door {
    /// Takes the port and the certificate.
    ///
    /// # Errors
    /// When either cannot be had.
    pub async fn open(node: &Arc<Node>, config: &ConsoleConfig) -> Result<Self, ConsoleError> {
        let tls = tls::server(&node.home, config)?;
        let tokens = config.tokens.as_ref().map(|path| read_tokens(node.home.dir().join(path))).transpose()?;
        let listen = |source| ConsoleError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
        let pages = routes::router(Arc::new(Console::new(Arc::clone(node), tokens)));
        tracing::info!(address = %config.listen, "the console is open");
        Ok(Door { listener, tls: TlsAcceptor::from(tls), pages, stop: node.stop.clone() })
    }

    /// Lets browsers in until the node stops.
    pub async fn serve(self) {
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let crowd = Arc::new(Crowd::default());
        let connections = TaskTracker::new();
        loop {
            let Ok(place) = Arc::clone(&room).acquire_owned().await else { break };
            let accepted = tokio::select! {
                () = self.stop.cancelled() => break,
                accepted = self.listener.accept() => accepted,
            };
            let (stream, from) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "no connection could be taken");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            // More than one address may hold is let go without a word.
            let Some(seat) = Crowd::seat(&crowd, Client::from(from.ip())) else { continue };
            let served = serve_one(stream, from, self.tls.clone(), self.pages.clone(), self.stop.clone());
            connections.spawn(async move {
                served.await;
                drop((place, seat));
            });
        }
        connections.close();
        connections.wait().await;
    }
}

async fn serve_one(stream: TcpStream, from: SocketAddr, tls: TlsAcceptor, pages: Router, stop: CancellationToken) {
    // Who speaks no TLS 1.3, or nothing at all, is nobody whom a log should name.
    let Ok(Ok(stream)) = timeout(PATIENCE, tls.accept(stream)).await else { return };
    // Agreed on in the handshake: nothing waits, without a bound, for first bytes that would tell.
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut builder = match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => builder.http2_only(),
        _ => builder.http1_only(),
    };
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    http2.keep_alive_interval(PATIENCE).keep_alive_timeout(PATIENCE);
    let service = TowerToHyperService::new(pages.layer(Extension(ConnectInfo(from))));
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
        () = tokio::time::sleep(LONGEST) => connection.as_mut().graceful_shutdown(),
    }
    let _ = timeout(PATIENCE, connection).await;
}

/// How many connections each address has.
#[derive(Default)]
struct Crowd(Mutex<HashMap<Client, usize>>);

/// One of them, until it is dropped.
struct Seat {
    crowd: Arc<Crowd>,
    client: Client,
}

impl Crowd {
    fn seat(crowd: &Arc<Self>, client: Client) -> Option<Seat> {
        let mut all = crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held = all.entry(client).or_default();
        if *held == CONNECTIONS_OF_ONE {
            return None;
        }
        *held += 1;
        Some(Seat { crowd: Arc::clone(crowd), client })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut all = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = all.get_mut(&self.client) {
            *held -= 1;
            if *held == 0 {
                all.remove(&self.client);
            }
        }
    }
}

fn read_tokens(path: PathBuf) -> Result<String, ConsoleError> {
    let wrong = |message: String| ConsoleError::Tokens { path: path.clone(), message };
    let size = std::fs::metadata(&path).map_err(|error| wrong(error.to_string()))?.len();
    if size > MAX_TOKENS_BYTES {
        return Err(wrong(format!("is larger than {MAX_TOKENS_BYTES} bytes")));
    }
    std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_does_not_hold_the_places_of_all() {
        let crowd = Arc::new(Crowd::default());
        let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(|it| Client::from(std::net::IpAddr::from(it)));
        let mut seats: Vec<_> = (0..CONNECTIONS_OF_ONE).map(|_| Crowd::seat(&crowd, one).unwrap()).collect();
        assert!(Crowd::seat(&crowd, one).is_none());
        assert!(Crowd::seat(&crowd, other).is_some());
        seats.pop();
        assert!(Crowd::seat(&crowd, one).is_some());
        seats.clear();
        assert!(crowd.0.lock().unwrap().is_empty());
    }
}
