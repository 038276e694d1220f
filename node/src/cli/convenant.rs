//! `weegnet convenant`: check, sign, show, adopt.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use weegnet_policy::convenant::{Convenant, Problem, Ratified};
use weegnet_policy::signature;
use weegnet_protocol::Oin;
use weegnet_protocol::codec::Blob;

use super::{Failure, amend, files, print, running_or_stopped};
use crate::clock;
use crate::config::Card;
use crate::create::FIRST_OPERATOR;
use crate::desk::operator::{Adopt, InForce};
use crate::home::Home;
use crate::keys;

#[derive(Debug, Subcommand)]
pub enum ConvenantVerb {
    /// Report every problem of a document [only reads]
    Check(FileArgs),
    /// Sign a document with the offline party key; the signature goes to FILE.sigs/OIN [reads DIR.party]
    Sign(SignArgs),
    /// What a document says, and who has signed it [only reads]
    Show(FileArgs),
    /// Take a document in force that every party signed [running node, or a stopped one under its lock]
    Adopt(AdoptArgs),
    /// Take a party's amendments in force that came by hand; any member's connection brings them too [running node, or a
    /// stopped one under its lock]
    Amend(amend::AmendArgs),
    /// Replace this node's own keys; the party key alone signs that [running node, or a stopped one under its lock; reads
    /// DIR.party]
    Rotate(amend::RotateArgs),
    /// Say that this node's own keys are in other hands: nothing new rests on them, and whoever connects with them is cut off
    /// [running node, or a stopped one under its lock; reads DIR.party]
    Revoke(amend::RevokeArgs),
    /// Say that this node listens somewhere else [running node, or a stopped one under its lock; reads DIR.party]
    Move(amend::MoveArgs),
    /// End this organisation's participation in a convenant, for good [running node, or a stopped one under its lock; reads
    /// DIR.party]
    End(amend::EndArgs),
}

#[derive(Debug, Args)]
pub struct FileArgs {
    /// The document (TOML)
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct SignArgs {
    /// The node's directory; the key is read from DIR.party
    dir: PathBuf,
    /// The document (TOML)
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct AdoptArgs {
    /// The node's directory
    dir: PathBuf,
    /// The document (TOML), with its signatures in FILE.sigs
    file: PathBuf,
    /// Who acts: an operator
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OPERATOR)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(verb: ConvenantVerb) -> Result<(), Failure> {
    match verb {
        ConvenantVerb::Check(args) => check(&args),
        ConvenantVerb::Sign(args) => sign(&args),
        ConvenantVerb::Show(args) => show(&args),
        ConvenantVerb::Adopt(args) => adopt(args).await,
        ConvenantVerb::Amend(args) => amend::amend(args).await,
        ConvenantVerb::Rotate(args) => amend::rotate(args).await,
        ConvenantVerb::Revoke(args) => amend::revoke(args).await,
        ConvenantVerb::Move(args) => amend::relocate(args).await,
        ConvenantVerb::End(args) => amend::end(args).await,
    }
}

fn check(args: &FileArgs) -> Result<(), Failure> {
    if args.json
        && let Err(problems) = Convenant::parse(&read_text(&args.file)?)
    {
        let problem = |problem: &Problem| serde_json::json!({ "line": problem.line, "field": problem.path, "problem": problem.fault.to_string() });
        print::json(&serde_json::json!({ "problems": problems.iter().map(problem).collect::<Vec<_>>() }))?;
        return Err(format!("{}: not a convenant that can be used", args.file.display()).into());
    }
    let convenant = read(&args.file)?;
    if args.json {
        return print::json(
            &serde_json::json!({ "convenant": convenant.id(), "hash": convenant.hash(), "problems": [] }),
        );
    }
    print::lines(&format!("{}: no problems; SHA-256 {}\n", convenant.id(), convenant.hash()))
}

fn sign(args: &SignArgs) -> Result<(), Failure> {
    let convenant = read(&args.file)?;
    let home = Home::open(&args.dir)?;
    let card = Card::load(&home)?;
    let party = convenant.terms().party(&card.oin).ok_or("this organisation is not a party to the convenant")?;
    let key = keys::load_party(&home)?;
    if party.keys.party.key() != &key.verifying_key() {
        return Err("the convenant names another party key for this organisation: compare with 'weegnet card'".into());
    }
    let bytes = signature::sign(&convenant, card.oin, &key, clock::now())?;
    let dir = signatures_dir(&args.file);
    std::fs::create_dir_all(&dir)?;
    let path = dir.join(card.oin.as_str());
    std::fs::write(&path, bytes)?;
    if args.json {
        return print::json(&serde_json::json!({ "signature": path, "hash": convenant.hash() }));
    }
    print::lines(&format!("Signed {} as {}: {}\n", convenant.hash(), card.oin, path.display()))
}

fn show(args: &FileArgs) -> Result<(), Failure> {
    let convenant = read(&args.file)?;
    let signatures = read_signatures(&args.file)?;
    let hash = convenant.hash();
    let id = convenant.id().clone();
    let purpose = convenant.terms().purpose.uri.to_string();
    let parties: Vec<_> = convenant.terms().parties.iter().map(|party| (party.oin, party.name.to_string())).collect();
    let refused = Ratified::ratify(convenant, &signatures).err();
    let state = |oin: &Oin| match &refused {
        Some(refused) if refused.missing.contains(oin) => "missing".to_owned(),
        Some(refused) => match refused.wrong.iter().find(|(wrong, _)| wrong == oin) {
            Some((_, why)) => why.to_string(),
            None => "signed".to_owned(),
        },
        None => "signed".to_owned(),
    };
    if args.json {
        let parties: Vec<_> = parties
            .iter()
            .map(|(oin, name)| serde_json::json!({ "oin": oin, "name": name, "signature": state(oin) }))
            .collect();
        return print::json(&serde_json::json!({
            "convenant": id, "hash": hash, "purpose": purpose, "ratified": refused.is_none(), "parties": parties,
        }));
    }
    let mut text = format!("Convenant  {id}\nSHA-256    {hash}\nDoel       {purpose}\n\nPartijen en handtekeningen\n");
    for (oin, name) in &parties {
        text.push_str(&format!("  {oin}  {name}: {}\n", state(oin)));
    }
    text.push_str(if refused.is_none() { "\nEvery party has signed these bytes.\n" } else { "\nNot yet ratified.\n" });
    print::lines(&text)
}

async fn adopt(args: AdoptArgs) -> Result<(), Failure> {
    let document = read_text(&args.file)?;
    let signatures = read_signatures(&args.file)?.into_iter().map(|(oin, bytes)| (oin, Blob(bytes))).collect();
    let caller = running_or_stopped(&args.dir, &args.by).await?;
    let adopted: Result<InForce, _> = caller.post("/v1/convenanten", &Adopt { document, signatures }).await;
    caller.close();
    let adopted = adopted?;
    if args.json {
        return print::json(&adopted);
    }
    print::lines(&format!(
        "{} is in force here, with {} parties; SHA-256 {}\n",
        adopted.convenant, adopted.parties, adopted.hash
    ))
}

fn read(file: &Path) -> Result<Convenant, Failure> {
    Ok(Convenant::parse(&read_text(file)?).map_err(|problems| format!("{}:\n{problems}", file.display()))?)
}

fn read_text(file: &Path) -> Result<String, Failure> {
    files::text(file)
}

fn signatures_dir(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sigs");
    name.into()
}

fn read_signatures(file: &Path) -> Result<BTreeMap<Oin, Vec<u8>>, Failure> {
    let mut signatures = BTreeMap::new();
    let entries = match std::fs::read_dir(signatures_dir(file)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(signatures),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if let Some(Ok(oin)) = entry.file_name().to_str().map(str::parse) {
            signatures.insert(oin, std::fs::read(entry.path())?);
        }
    }
    Ok(signatures)
}
