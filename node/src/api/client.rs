//! The caller's side: the socket of a running node, or the same routes in this process under the lock of a stopped one.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, header};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tower::ServiceExt;

use super::problem::Problem;
use super::routes::router;
use super::serve::OsUser;
use crate::home::{Home, HomeError};
use crate::node::{Node, OpenError};
use crate::people::Credential;
use crate::retention::{self, RetentionError};

/// Calls one node.
pub struct Caller {
    way: Way,
    credential: Option<Credential>,
}

enum Way {
    Socket(std::path::PathBuf),
    Local(Arc<Node>, Router),
}

/// A reply whose body still comes.
pub type Reply = axum::http::Response<Body>;

/// Why a call did not work.
#[derive(Debug, thiserror::Error)]
pub enum CallerError {
    /// The node said no.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// Nobody serves there.
    #[error("no node is running on {0}: start it with 'weegnet serve', or look whether it stopped")]
    NotRunning(std::path::PathBuf),
    /// The stopped node does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What is due there could not be erased, so nothing is shown or done.
    #[error("what is due here could not be erased first: {0}")]
    Retention(#[from] RetentionError),
    /// The directory.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The connection broke.
    #[error("the connection to the node broke off: {0}")]
    Broken(String),
}

impl Caller {
    /// To a running node.
    pub async fn to_running(home: &Home, credential: Option<Credential>) -> Result<Self, CallerError> {
        let path = home.socket()?;
        match UnixStream::connect(&path).await {
            Ok(_) => Ok(Caller { way: Way::Socket(path), credential }),
            Err(_) => Err(CallerError::NotRunning(home.dir().to_path_buf())),
        }
    }

    /// To a running node, or else to this stopped one under its lock, when what is due there is erased: that may have come
    /// back with a backup.
    pub async fn to_any(home: &Home, credential: Option<Credential>) -> Result<Self, CallerError> {
        let caller = Self::to_any_untouched(home, credential).await?;
        if let Way::Local(node, _) = &caller.way {
            retention::before_acting(node).await?;
        }
        Ok(caller)
    }

    /// To a running node, or else to this stopped one under its lock, as it is: for acts that are about what is due.
    pub async fn to_any_untouched(home: &Home, credential: Option<Credential>) -> Result<Self, CallerError> {
        match Self::to_running(home, credential.clone()).await {
            Err(CallerError::NotRunning(_)) => {
                let node = Node::open(home.clone())?;
                let router = router(Arc::clone(&node));
                Ok(Caller { way: Way::Local(node, router), credential })
            }
            other => other,
        }
    }

    /// Reads something.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallerError> {
        read(self.send(Method::GET, path, Body::empty(), &[]).await?).await
    }

    /// Does something.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, CallerError> {
        let body = serde_json::to_vec(body).map_err(|error| CallerError::Broken(error.to_string()))?;
        read(self.send(Method::POST, path, Body::from(body), &[("content-type", "application/json".into())]).await?)
            .await
    }

    /// Sends a body as it comes and hands the reply out as it comes.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Body,
        headers: &[(&'static str, String)],
    ) -> Result<Reply, CallerError> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "weegnet");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(credential) = &self.credential {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", *credential.token()));
        }
        let request = request.body(body).map_err(|error| CallerError::Broken(error.to_string()))?;
        let reply = match &self.way {
            Way::Socket(path) => over_socket(path, request).await?,
            Way::Local(_, router) => {
                let mut request = request;
                let user = rustix::process::getuid().as_raw();
                request.extensions_mut().insert(ConnectInfo(OsUser(user)));
                router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
            }
        };
        if reply.status().is_success() {
            return Ok(reply);
        }
        let bytes = collect(reply).await?;
        let problem = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Problem::bad_request(String::from_utf8_lossy(&bytes).into_owned()));
        Err(CallerError::Problem(Box::new(problem)))
    }

    /// Closes a node that was opened for this call.
    pub fn close(self) {
        if let Way::Local(node, _) = self.way {
            node.ledger.close();
        }
    }
}

async fn over_socket(path: &std::path::Path, request: Request<Body>) -> Result<Reply, CallerError> {
    let broken = |error: &dyn std::fmt::Display| CallerError::Broken(error.to_string());
    let stream = UnixStream::connect(path).await.map_err(|error| broken(&error))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
    tokio::spawn(connection);
    let reply = sender.send_request(request).await.map_err(|error| broken(&error))?;
    Ok(reply.map(Body::new))
}

async fn collect(reply: Reply) -> Result<Vec<u8>, CallerError> {
    let body = reply.into_body().collect().await.map_err(|error| CallerError::Broken(error.to_string()))?;
    Ok(body.to_bytes().to_vec())
}

async fn read<T: DeserializeOwned>(reply: Reply) -> Result<T, CallerError> {
    let bytes = collect(reply).await?;
    serde_json::from_slice(&bytes).map_err(|error| CallerError::Broken(error.to_string()))
}
