//! `weegnet init`: a new node's directory, keys, journal and first two people.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use weegnet_policy::role::{Role, Roles};
use weegnet_protocol::Oin;
use weegnet_protocol::id::Slug;
use weegnet_protocol::log::EntryKind;

use super::{Failure, print};
use crate::clock;
use crate::config::{Card, NodeConfig};
use crate::exchange::note;
use crate::home::Home;
use crate::journal::{Identity, Journal, PublicKeys as JournalKeys};
use crate::keys::{self, OnlineKeys};
use crate::people::{Credential, Grant, credential_path};

/// Name of the operator that `init` makes.
pub const FIRST_OPERATOR: &str = "beheerder";
/// Name of the privacy officer that `init` makes.
pub const FIRST_OFFICER: &str = "privacyfunctionaris";

#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where the node will live; a new or empty directory. The offline party key goes to DIR.party
    dir: PathBuf,
    /// The organisation's OIN, 20 digits; test organisations begin with 00000099
    #[arg(long)]
    oin: Oin,
    /// The organisation's name
    #[arg(long)]
    name: String,
    /// The organisation's role: gemeente, politie, om, reclassering, rvdk, zvh, dji, zorg, …
    #[arg(long)]
    role: Slug,
    /// Address where other nodes reach this one
    #[arg(long, default_value = "127.0.0.1:7420", value_name = "ADDR")]
    listen: SocketAddr,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(args: InitArgs) -> Result<(), Failure> {
    let home = Home::at(&args.dir);
    if args.dir.exists() && std::fs::read_dir(&args.dir)?.next().is_some() {
        return Err(format!("{} is not empty: give a new directory", args.dir.display()).into());
    }
    if home.party().exists() {
        return Err(format!("{} exists already: it may hold a party key", home.party().display()).into());
    }
    if args.name.trim().is_empty() || args.name.len() > 200 {
        return Err("--name: give the organisation's name, at most 200 bytes".into());
    }
    home.socket()?;
    keys::create_private_dir(home.dir())?;
    let public = keys::create(&home)?;
    let card =
        Card { oin: args.oin, name: args.name.clone(), role: args.role.clone(), address: args.listen, keys: public };
    let online = OnlineKeys::load(&home)?;
    let identity = Identity {
        oin: card.oin,
        name: card.name.clone(),
        keys: JournalKeys {
            link: card.keys.link,
            party: card.keys.party,
            witness: card.keys.witness,
            statement: card.keys.statement,
            checkpoint: card.keys.checkpoint,
        },
    };
    Journal::create(&home.journal(), &identity, &online.checkpoint, clock::now)?;
    let (journal, _) = Journal::open(&home.journal(), online.checkpoint.clone(), clock::now)?;
    for (name, role) in [(FIRST_OPERATOR, Role::Operator), (FIRST_OFFICER, Role::PrivacyOfficer)] {
        let credential = Credential::new(name.parse()?);
        credential.write(&credential_path(&home, name))?;
        let grant = Grant {
            person: credential.person().clone(),
            roles: Roles::from([role]),
            credential: credential.hash(),
            by: None,
        };
        let vault = journal.new_case()?;
        journal.record((), vec![note(EntryKind::RoleGiven, None, vault, grant)]).await?;
    }
    std::fs::write(home.card(), serde_json::to_string_pretty(&card)? + "\n")?;
    let config = NodeConfig { oin: args.oin, name: args.name, role: args.role, listen: args.listen };
    // Last, so that what was cut short is no node.
    std::fs::write(home.config(), toml::to_string(&config)?)?;
    if args.json {
        return print::json(&card);
    }
    print::lines(&format!(
        "{} is ready for {} ({}).\n\
         The party key lies in {}: keep it offline; it alone signs convenanten.\n\
         Two people exist: {FIRST_OPERATOR} (operator) and {FIRST_OFFICER} (privacy officer);\n\
         their credentials lie in {}.\n\
         Next: send your card to the others (weegnet card {}), agree on a convenant, sign it, adopt it.\n",
        args.dir.display(),
        card.name,
        card.oin,
        home.party().display(),
        home.credentials().display(),
        args.dir.display(),
    ))
}
