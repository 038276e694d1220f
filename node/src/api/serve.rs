//! The socket: `api.sock` in the node's directory, for its owner alone, gone when the node stops.

use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::sync::Arc;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::UnixListener;

use super::routes::router;
use crate::home::HomeError;
use crate::node::Node;

/// Numeric user id of the process at the other end; `u32::MAX` when the system does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OsUser(pub u32);

impl Connected<IncomingStream<'_, UnixListener>> for OsUser {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        OsUser(stream.io().peer_cred().map_or(u32::MAX, |credentials| credentials.uid()))
    }
}

/// Serves until the node stops.
pub async fn serve(node: Arc<Node>) -> Result<(), HomeError> {
    let path = node.home.socket()?;
    let io = |source| HomeError::Io { path: path.clone(), source };
    // The lock on the directory is ours, so a socket that is there belongs to a process that is not.
    match std::fs::symlink_metadata(&path) {
        Ok(found) if found.file_type().is_socket() => std::fs::remove_file(&path).map_err(io)?,
        Ok(_) => return Err(io(std::io::Error::other("is in the way and no socket: move it elsewhere"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(io(error)),
    }
    let listener = UnixListener::bind(&path).map_err(io)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(io)?;
    let service = router(Arc::clone(&node)).into_make_service_with_connect_info::<OsUser>();
    let stop = node.stop.clone();
    let served = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await;
    let _ = std::fs::remove_file(&path);
    served.map_err(io)
}
