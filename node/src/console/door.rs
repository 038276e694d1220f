//! The console's port: connections are bounded, in number and in time, before anything is read of them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
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

/// Browsers that are connected together: 512; a further one waits.
const CONNECTIONS: usize = 512;
/// Requests under way on one connection: 64.
const STREAMS: u32 = 64;
/// How long a handshake may take, and the head of a request: 10 s.
const PATIENCE: Duration = Duration::from_secs(10);
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
            let served = serve_one(stream, from, self.tls.clone(), self.pages.clone(), self.stop.clone());
            connections.spawn(async move {
                served.await;
                drop(place);
            });
        }
        connections.close();
        connections.wait().await;
    }
}

async fn serve_one(stream: TcpStream, from: SocketAddr, tls: TlsAcceptor, pages: Router, stop: CancellationToken) {
    // Who speaks no TLS 1.3, or nothing at all, is nobody whom a log should name.
    let Ok(Ok(stream)) = timeout(PATIENCE, tls.accept(stream)).await else { return };
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    let service = TowerToHyperService::new(pages.layer(Extension(ConnectInfo(from))));
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

fn read_tokens(path: PathBuf) -> Result<String, ConsoleError> {
    let wrong = |message: String| ConsoleError::Tokens { path: path.clone(), message };
    let size = std::fs::metadata(&path).map_err(|error| wrong(error.to_string()))?.len();
    if size > MAX_TOKENS_BYTES {
        return Err(wrong(format!("is larger than {MAX_TOKENS_BYTES} bytes")));
    }
    std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))
}
