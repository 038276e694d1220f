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
    /// As a [[partijen]] block of a convenant, to be completed by hand
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
    let keys = &card.keys;
    let name = toml::Value::String(card.name.clone());
    print::lines(&format!(
        "[[partijen]]\noin = \"{}\"\nnaam = {name}\nrol = \"{}\"\nadres = \"{}\"\n\
         # soort, modus, contact, rijen_maximum: see the sample convenant\n\n\
         [partijen.sleutels]\nlink = \"{}\"\nstatement = \"{}\"\ncheckpoint = \"{}\"\nwitness = \"{}\"\nparty = \"{}\"\n",
        card.oin, card.role, card.address, keys.link, keys.statement, keys.checkpoint, keys.witness, keys.party,
    ))
}
