//! `weegnet card`: the public party record.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, print};
use crate::config::Card;
use crate::home::Home;

#[derive(Debug, Args)]
pub struct CardArgs {
    /// The node's directory
    dir: PathBuf,
    /// As a [[partijen]] block of a convenant, for a core party that answers through its reviewers; look it over
    #[arg(long)]
    toml: bool,
    /// Print JSON (the default)
    #[arg(long)]
    json: bool,
}

pub fn run(args: &CardArgs) -> Result<(), Failure> {
    let card = Card::load(&Home::open(&args.dir)?)?;
    if !args.toml {
        return print::json(&card);
    }
    print::lines(&block(&card))
}

/// The party block of a convenant, for a core party that answers through its reviewers.
pub fn block(card: &Card) -> String {
    let keys = &card.keys;
    let name = toml::Value::String(card.name.clone());
    let contact = toml::Value::String(format!("Informatiepunt {}", card.name));
    let privacy = toml::Value::String(format!("Functionaris gegevensbescherming {}", card.name));
    format!(
        "\n[[partijen]]\noin = \"{}\"\nnaam = {name}\nrol = \"{}\"\nsoort = \"kern\"\nmodus = \"na_verstrekking\"\n\
         contact = {contact}\nprivacycontact = {privacy}\nadres = \"{}\"\nrijen_maximum = 100000\n\
         [partijen.ondertekenaar]\nfunctie = \"bestuurder\"\nmandaat = \"…\"\n[partijen.sleutels]\n\
         link = \"{}\"\nstatement = \"{}\"\ncheckpoint = \"{}\"\nwitness = \"{}\"\nparty = \"{}\"\n",
        card.oin, card.role, card.address, keys.link, keys.statement, keys.checkpoint, keys.witness, keys.party,
    )
}
