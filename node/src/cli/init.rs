//! `weegnet init`: a new node's directory, keys, journal and first two people.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use weegnet_policy::convenant::{Line, PartyRole};
use weegnet_protocol::Oin;
use weegnet_protocol::id::Slug;

use super::{Failure, print};
use crate::config::{ConsoleConfig, NodeConfig};
use crate::create::{FIRST_OFFICER, FIRST_OPERATOR, create};
use crate::home::Home;

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
    /// Address where browsers reach the console; without it there is none
    #[arg(long, value_name = "ADDR")]
    console: Option<SocketAddr>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(args: InitArgs) -> Result<(), Failure> {
    let _: Line = args.name.parse().map_err(|_| "--name is one line of text without control characters")?;
    // The roles that a convenant knows: with any other the card could stand in none.
    let _: PartyRole = args.role.as_str().parse().map_err(|error| format!("--role: {error}"))?;
    let home = Home::at(&args.dir);
    let config = NodeConfig {
        oin: args.oin,
        name: args.name,
        role: args.role,
        listen: args.listen,
        retention_at: None,
        backups_kept_days: None,
        own_rules: None,
        console: args.console.map(|listen| ConsoleConfig { listen, certificate: None, key: None, tokens: None }),
    };
    let card = create(&home, config).await?;
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
