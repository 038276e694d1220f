//! Who this node is: `node.toml` and the public card made from it.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use weegnet_protocol::Oin;
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::Slug;

use crate::home::{Home, HomeError};

/// What `init` writes and an operator may edit while the node is stopped.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// This organisation.
    pub oin: Oin,
    /// Its name.
    pub name: String,
    /// Its role in convenanten, such as `gemeente`.
    pub role: Slug,
    /// Where peers reach this node.
    pub listen: SocketAddr,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The file says something that cannot be.
    #[error("{path}: {message}")]
    Malformed {
        /// Which file.
        path: std::path::PathBuf,
        /// What is wrong, with the line.
        message: String,
    },
}

impl NodeConfig {
    /// Reads `node.toml`.
    pub fn load(home: &Home) -> Result<Self, ConfigError> {
        let path = home.config();
        let text = std::fs::read_to_string(&path).map_err(|source| HomeError::Io { path: path.clone(), source })?;
        toml::from_str(&text).map_err(|error| ConfigError::Malformed { path, message: error.to_string() })
    }
}

/// The public party record: what others need for a convenant. Nothing in it is secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Card {
    /// This organisation.
    pub oin: Oin,
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: Slug,
    /// Where peers reach it.
    pub address: SocketAddr,
    /// Its five public keys.
    pub keys: PublicKeys,
}

/// The public halves of a party's keys, Ed25519, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKeys {
    /// Authenticates connections.
    pub link: Bytes<32>,
    /// Signs statements.
    pub statement: Bytes<32>,
    /// Signs checkpoints.
    pub checkpoint: Bytes<32>,
    /// Cosigns the checkpoints of others.
    pub witness: Bytes<32>,
    /// Signs convenanten; kept offline.
    pub party: Bytes<32>,
}

impl Card {
    /// Reads `card.json`.
    pub fn load(home: &Home) -> Result<Self, ConfigError> {
        let path = home.card();
        let text = std::fs::read_to_string(&path).map_err(|source| HomeError::Io { path: path.clone(), source })?;
        serde_json::from_str(&text).map_err(|error| ConfigError::Malformed { path, message: error.to_string() })
    }
}
