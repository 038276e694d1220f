//! Making a node: directory, keys, journal, and the first two people.

use weegnet_policy::role::{Role, Roles};
use weegnet_protocol::log::EntryKind;

use crate::clock;
use crate::config::{Card, NodeConfig};
use crate::exchange::note;
use crate::home::{Home, HomeError};
use crate::journal::{Identity, Journal, JournalError, PublicKeys as JournalKeys};
use crate::keys::{self, KeyError, OnlineKeys};
use crate::people::{Credential, Grant, credential_path};

/// Name of the operator that a new node has.
pub const FIRST_OPERATOR: &str = "beheerder";
/// Name of the privacy officer that a new node has.
pub const FIRST_OFFICER: &str = "privacyfunctionaris";
/// Longest name of an organisation: 200 bytes.
const MAX_NAME_BYTES: usize = 200;

/// Why a node cannot be made there.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Something is there.
    #[error("{0} is not empty: give a new directory")]
    NotEmpty(std::path::PathBuf),
    /// A party key may be there.
    #[error("{0} exists already and may hold a party key: give another directory, or move it away")]
    PartyExists(std::path::PathBuf),
    /// The name of the organisation.
    #[error("give the organisation's name, at most {MAX_NAME_BYTES} bytes")]
    Name,
    /// The directory.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A file cannot be written.
    #[error("{path}: {message}")]
    Write {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        message: String,
    },
}

/// Makes a node and its party key; what was cut short is no node.
pub async fn create(home: &Home, config: NodeConfig) -> Result<Card, CreateError> {
    let used = |dir: &std::path::Path| std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if used(home.dir()) {
        return Err(CreateError::NotEmpty(home.dir().to_path_buf()));
    }
    if home.party().exists() {
        return Err(CreateError::PartyExists(home.party()));
    }
    if config.name.trim().is_empty() || config.name.len() > MAX_NAME_BYTES {
        return Err(CreateError::Name);
    }
    home.socket()?;
    keys::create_private_dir(home.dir())?;
    // There from the beginning, so that a copy without it shows.
    keys::create_private_dir(&home.witness())?;
    let public = keys::create(home)?;
    let card = Card {
        oin: config.oin,
        name: config.name.clone(),
        role: config.role.clone(),
        address: config.listen,
        keys: public,
    };
    let online = OnlineKeys::load(home)?;
    Journal::create(&home.journal(), &identity(&card), &online.checkpoint, clock::now)?;
    let (journal, _) = Journal::open(&home.journal(), online.checkpoint.clone(), clock::now)?;
    for (name, role) in [(FIRST_OPERATOR, Role::Operator), (FIRST_OFFICER, Role::PrivacyOfficer)] {
        let written = |message: String| CreateError::Write { path: home.credentials(), message };
        let credential = Credential::new(name.parse().map_err(|_| written(format!("{name} is no name")))?);
        credential.write(&credential_path(home, name))?;
        let person = credential.person().clone();
        let grant = Grant { person, roles: Roles::from([role]), credential: credential.hash(), by: None, until: None };
        let vault = journal.new_case()?;
        journal.record((), vec![note(EntryKind::RoleGiven, None, vault, grant)]).await?;
    }
    journal.close().await;
    write(home.card(), serde_json::to_string_pretty(&card).map_err(|error| error.to_string()))?;
    write(home.config(), toml::to_string(&config).map_err(|error| error.to_string()))?;
    Ok(card)
}

fn identity(card: &Card) -> Identity {
    let keys = JournalKeys {
        link: card.keys.link,
        party: card.keys.party,
        witness: card.keys.witness,
        statement: card.keys.statement,
        checkpoint: card.keys.checkpoint,
    };
    Identity { oin: card.oin, name: card.name.clone(), keys }
}

fn write(path: std::path::PathBuf, text: Result<String, String>) -> Result<(), CreateError> {
    let written = text.and_then(|text| std::fs::write(&path, text + "\n").map_err(|error| error.to_string()));
    written.map_err(|message| CreateError::Write { path, message })
}
