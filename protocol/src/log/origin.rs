//! Origin: the name of one log of one organisation, in its checkpoints and as the name of its key.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::codec::{Bytes, text_serde};
use crate::oin::Oin;

/// The two logs of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogName {
    /// What peers hold receipts for; grows alike for hit and no hit.
    Exchange,
    /// Everything whose existence depends on an outcome or a person.
    House,
}

impl LogName {
    /// Both logs.
    pub const ALL: [LogName; 2] = [LogName::Exchange, LogName::House];

    /// The name in origins and of folders.
    pub const fn as_str(self) -> &'static str {
        match self {
            LogName::Exchange => "exchange",
            LogName::House => "house",
        }
    }
}

/// `weegnet/<OIN>/<log>/<16 hexadecimal digits>`; the digits are random per log and change after a recovered rollback.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

/// Text that is not an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a log origin of the form weegnet/OIN/LOG/HEX")]
pub struct NotAnOrigin;

impl Origin {
    /// The origin of `oin`'s log; `random` must be fresh.
    pub fn new(oin: &Oin, log: LogName, random: [u8; 8]) -> Self {
        Origin(alloc::format!("weegnet/{oin}/{}/{}", log.as_str(), Bytes(random)))
    }
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whose log.
    pub fn oin(&self) -> Option<Oin> {
        self.0.split('/').nth(1)?.parse().ok()
    }
    /// Which log.
    pub fn log(&self) -> Option<LogName> {
        let name = self.0.split('/').nth(2)?;
        LogName::ALL.into_iter().find(|log| log.as_str() == name)
    }
}

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let mut parts = text.split('/');
        let (weegnet, oin, log, hex, end) = (parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
        let known_log = LogName::ALL.into_iter().any(|name| Some(name.as_str()) == log);
        let oin_ok = oin.is_some_and(|oin| oin.parse::<Oin>().is_ok());
        let hex_ok = hex.is_some_and(|hex| Bytes::<8>::from_hex(hex).is_some());
        if weegnet == Some("weegnet") && known_log && oin_ok && hex_ok && end.is_none() {
            Ok(Origin(text.into()))
        } else {
            Err(NotAnOrigin)
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_serde!(Origin, "a log origin");
