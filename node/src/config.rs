//! Who this node is: `node.toml` and the public card made from it.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use weegnet_policy::decide::{LocalProblems, LocalRules};
use weegnet_protocol::Oin;
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::Slug;
use weegnet_protocol::time::Millis;

use crate::home::{Home, HomeError};
use crate::keys;

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
    /// When the daily retention pass runs, `HH:MM` in UTC; 03:30 when absent.
    #[serde(rename = "bewaarronde_utc", skip_serializing_if = "Option::is_none", default)]
    pub retention_at: Option<TimeOfDay>,
    /// How many days the organisation keeps backups and machine snapshots of this directory: until then what was erased
    /// could be brought back from one. Nobody can guess it; without it a proof of erasure says that it is not known.
    #[serde(rename = "backups_bewaard_dagen", skip_serializing_if = "Option::is_none", default)]
    pub backups_kept_days: Option<u32>,
    /// A file with rules of this organisation's own, which can only forbid; relative to the node's directory. They count
    /// in every decision of this node, under every convenant. A file that is named and not there stops the start.
    #[serde(rename = "eigen_regels", skip_serializing_if = "Option::is_none", default)]
    pub own_rules: Option<std::path::PathBuf>,
    /// Where people reach this node with a browser; nowhere when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub console: Option<ConsoleConfig>,
}

/// The console's door: `[console]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleConfig {
    /// Where browsers reach it, with TLS 1.3.
    pub listen: SocketAddr,
    /// The certificate chain in PEM, relative to the node's directory; read again when the file changes. Without it the
    /// node makes one for itself, which no browser knows.
    #[serde(rename = "certificaat", skip_serializing_if = "Option::is_none", default)]
    pub certificate: Option<std::path::PathBuf>,
    /// The certificate's key in PEM.
    #[serde(rename = "sleutel", skip_serializing_if = "Option::is_none", default)]
    pub key: Option<std::path::PathBuf>,
    /// A stylesheet with the organisation's own NL Design System tokens, relative to the node's directory.
    #[serde(rename = "huisstijl", skip_serializing_if = "Option::is_none", default)]
    pub tokens: Option<std::path::PathBuf>,
}

/// A time of day in UTC, `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay {
    minutes: u16,
}

impl TimeOfDay {
    /// Minutes since midnight, 0 to 1,439.
    pub const fn from_minutes(minutes: u16) -> Option<Self> {
        if minutes < 24 * 60 { Some(TimeOfDay { minutes }) } else { None }
    }
    /// Since midnight.
    pub const fn since_midnight(self) -> Millis {
        Millis(self.minutes as u64 * 60_000)
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = |part: &str| part.len() == 2 && part.bytes().all(|c| c.is_ascii_digit());
        let two = |part: &str| part.parse::<u16>().ok().filter(|_| digits(part));
        let parts = text.split_once(':').and_then(|(hours, minutes)| Some((two(hours)?, two(minutes)?)));
        let minutes = parts.filter(|(_, minutes)| *minutes < 60).map(|(hours, minutes)| hours * 60 + minutes);
        minutes.and_then(TimeOfDay::from_minutes).ok_or_else(|| "write a time of day in UTC such as 03:30".into())
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> String {
        format!("{:02}:{:02}", time.minutes / 60, time.minutes % 60)
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The organisation's own rules cannot be used.
    #[error("{path}: these own rules cannot be used, and without them nothing is decided:\n{problems}")]
    OwnRules {
        /// Which file.
        path: std::path::PathBuf,
        /// What is wrong, with the lines.
        problems: LocalProblems,
    },
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

    /// The organisation's own rules; none when `eigen_regels` names no file.
    pub fn load_own_rules(&self, home: &Home) -> Result<LocalRules, ConfigError> {
        let Some(file) = &self.own_rules else { return Ok(LocalRules::default()) };
        let path = home.dir().join(file);
        let text = std::fs::read_to_string(&path).map_err(|source| HomeError::Io { path: path.clone(), source })?;
        LocalRules::parse(&text).map_err(|problems| ConfigError::OwnRules { path, problems })
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
    /// Writes `card.json` in the place of the one that is there: all of it or nothing.
    pub fn store(&self, home: &Home) -> Result<(), ConfigError> {
        let path = home.card();
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| ConfigError::Malformed { path: path.clone(), message: error.to_string() })?;
        keys::replace(&path, (text + "\n").as_bytes()).map_err(|source| HomeError::Io { path, source }.into())
    }

    /// Reads `card.json`.
    pub fn load(home: &Home) -> Result<Self, ConfigError> {
        let path = home.card();
        let text = std::fs::read_to_string(&path).map_err(|source| HomeError::Io { path: path.clone(), source })?;
        serde_json::from_str(&text).map_err(|error| ConfigError::Malformed { path, message: error.to_string() })
    }
}
