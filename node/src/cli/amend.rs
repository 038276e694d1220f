//! `weegnet convenant amend`, `rotate`, `revoke`, `move` and `end`: what a party changes of its own record.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;
use weegnet_protocol::Oin;
use weegnet_protocol::amendment::SignedAmendment;
use weegnet_protocol::codec;
use weegnet_protocol::id::ConvenantId;
use weegnet_protocol::time::Day;

use super::office::{self, OfficeArgs};
use super::{Failure, day, files, print, running_or_stopped};
use crate::clock;
use crate::create::FIRST_OPERATOR;
use crate::desk::amend::{self, OnlineKey, Prepared};
use crate::desk::recover::{Bring, Brought};
use crate::home::Home;

#[derive(Debug, Args)]
pub struct AmendArgs {
    /// The node's directory
    dir: PathBuf,
    /// What 'weegnet convenant rotate' or 'revoke', or 'weegnet witness recover', wrote: all amendments of one party to one
    /// convenant
    file: PathBuf,
    /// Who acts: an operator
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OPERATOR)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct RotateArgs {
    #[command(flatten)]
    own: OwnArgs,
    /// The present keys are in other hands, or may be: nothing new rests on them, also not what was on its way
    #[arg(long)]
    stolen: bool,
}

#[derive(Debug, Args)]
pub struct RevokeArgs {
    #[command(flatten)]
    own: OwnArgs,
    /// Since when they may have been in other hands, YYYY-MM-DD; now when it is left out
    #[arg(long, value_parser = day)]
    since: Option<Day>,
    /// Sign only: for when this node is down or in other hands. Any other member brings it to all with 'convenant amend'
    #[arg(long)]
    only_sign: bool,
}

#[derive(Debug, Args)]
pub struct MoveArgs {
    #[command(flatten)]
    own: PartyArgs,
    /// Where others reach this node from now on, IP:PORT; 'listen' in node.toml is changed by hand
    #[arg(long, value_name = "IP:PORT")]
    address: SocketAddr,
}

#[derive(Debug, Args)]
pub struct EndArgs {
    #[command(flatten)]
    own: PartyArgs,
    /// Which convenant
    #[arg(long, value_name = "ID")]
    convenant: ConvenantId,
}

#[derive(Debug, Args)]
struct OwnArgs {
    #[command(flatten)]
    party: PartyArgs,
    /// Which key; all three when left out. Can be given more than once
    #[arg(long = "key", value_enum)]
    keys: Vec<Which>,
}

#[derive(Debug, Args)]
struct PartyArgs {
    /// The node's directory
    dir: PathBuf,
    /// The directory with the party key that 'weegnet init' made; what is signed is kept there
    #[arg(long, value_name = "DIR.party")]
    party: PathBuf,
    /// Who acts: an operator
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OPERATOR)]
    by: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    Link,
    Statement,
    Witness,
}

#[derive(Debug, Args)]
pub struct AccedeArgs {
    #[command(flatten)]
    own: PartyArgs,
    /// To which convenant
    #[arg(long, value_name = "ID")]
    convenant: ConvenantId,
    /// What 'weegnet convenant approve-accession' wrote at a founding core party; as many as the document asks for
    #[arg(long = "approval", value_name = "FILE")]
    approvals: Vec<PathBuf>,
    #[command(flatten)]
    office: OfficeArgs,
}

#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// The node's directory
    dir: PathBuf,
    /// The directory with the party key that 'weegnet init' made
    #[arg(long, value_name = "DIR.party")]
    party: PathBuf,
    /// To which convenant
    #[arg(long, value_name = "ID")]
    convenant: ConvenantId,
    /// Who accedes
    #[arg(long, value_name = "OIN")]
    of: Oin,
    /// Where to write the approval; it goes to who accedes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    office: OfficeArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was signed for one convenant.
#[derive(Serialize)]
struct Signed<'a> {
    convenant: &'a ConvenantId,
    amendments: usize,
    file: &'a Path,
    in_force: bool,
}

pub async fn amend(args: AmendArgs) -> Result<(), Failure> {
    let bytes = files::bytes(&args.file)?;
    let amendments = codec::decode(&bytes).map_err(|_| format!("{}: these are no amendments", args.file.display()))?;
    let brought = bring(&args.dir, &args.by, amendments).await?;
    if args.json {
        return print::json(&brought);
    }
    print::lines(&format!(
        "{} amendments of {} to {} are in force here\n",
        brought.amendments, brought.party, brought.convenant
    ))
}

pub async fn rotate(args: RotateArgs) -> Result<(), Failure> {
    let (which, own) = (args.own.which(), args.own.party);
    let prepared = amend::rotate(&Home::open(&own.dir)?, &own.party, &which, args.stolen)?;
    let words = "The next start takes the new keys; a node that runs ends by itself when it has told the others.\n\
                 Who cannot be reached hears it from any member that was, or by hand: 'weegnet convenant amend DIR FILE'.\n";
    own.bring(&prepared, words).await
}

pub async fn revoke(args: RevokeArgs) -> Result<(), Failure> {
    let (which, own) = (args.own.which(), args.own.party);
    let since = args.since.map_or_else(clock::now, Day::start);
    let prepared = amend::revoke(&Home::open(&own.dir)?, &own.party, &which, since)?;
    if args.only_sign {
        let words = "Bring it to any member: 'weegnet convenant amend DIR FILE'. It tells all others.\n";
        return own.say(&prepared, false, words);
    }
    let words = "A node that runs ends by itself when it has told the others; new keys: 'weegnet convenant rotate'.\n";
    own.bring(&prepared, words).await
}

pub async fn relocate(args: MoveArgs) -> Result<(), Failure> {
    let own = args.own;
    let prepared = amend::relocate(&Home::open(&own.dir)?, &own.party, args.address)?;
    own.bring(&prepared, "Others reach for this node there. Change 'listen' in node.toml and start it again.\n").await
}

pub fn accede(args: &AccedeArgs) -> Result<(), Failure> {
    let own = &args.own;
    let home = Home::open(&own.dir)?;
    let (ratified, signs) = amend::signs(&home, &args.convenant)?;
    args.office.confirm(&format!("Toetreding tot:\n{}", office::shown(ratified.convenant(), &signs)), &signs)?;
    let approvals = args.approvals.iter().map(|path| files::bytes(path)).collect::<Result<Vec<_>, _>>()?;
    let prepared = amend::accede(&home, &own.party, &args.convenant, &approvals)?;
    let words = "The others let in nobody who has not acceded: bring the file to any one of them, 'weegnet convenant amend DIR\n\
                 FILE'. It tells all others, and this node.\n";
    own.say(&prepared, false, words)
}

pub fn approve(args: &ApproveArgs) -> Result<(), Failure> {
    let home = Home::open(&args.dir)?;
    let (ratified, signs) = amend::signs(&home, &args.convenant)?;
    let what = format!("Goedkeuring dat {} toetreedt tot:\n{}", args.of, office::shown(ratified.convenant(), &signs));
    args.office.confirm(&what, &signs)?;
    let approval = amend::approve_accession(&home, &args.party, &args.convenant, args.of)?;
    std::fs::write(&args.out, approval).map_err(|error| format!("{}: {error}", args.out.display()))?;
    if args.json {
        return print::json(&serde_json::json!({ "approval": args.out, "of": args.of, "convenant": args.convenant }));
    }
    print::lines(&format!(
        "Approved that {} accedes: {}\nIt goes to that organisation: 'weegnet convenant accede --approval FILE'\n",
        args.of,
        args.out.display()
    ))
}

pub async fn end(args: EndArgs) -> Result<(), Failure> {
    let own = args.own;
    let prepared = amend::end(&Home::open(&own.dir)?, &own.party, &args.convenant)?;
    own.bring(&prepared, "Nothing is asked or answered here under it any more; a node that runs tells the others.\n")
        .await
}

impl OwnArgs {
    fn which(&self) -> Vec<OnlineKey> {
        if self.keys.is_empty() {
            return OnlineKey::ALL.to_vec();
        }
        let key = |which: &Which| match which {
            Which::Link => OnlineKey::Link,
            Which::Statement => OnlineKey::Statement,
            Which::Witness => OnlineKey::Witness,
        };
        let mut keys: Vec<OnlineKey> = Vec::new();
        for key in self.keys.iter().map(key) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }
}

impl PartyArgs {
    async fn bring(&self, prepared: &[Prepared], words: &str) -> Result<(), Failure> {
        for prepared in prepared {
            let brought = bring(&self.dir, &self.by, prepared.amendments.clone()).await;
            brought.map_err(|why| {
                let file = prepared.file.display();
                format!("{why}\nit is signed, and not in force here: bring {file} with 'weegnet convenant amend'")
            })?;
        }
        self.say(prepared, true, words)
    }

    fn say(&self, prepared: &[Prepared], in_force: bool, words: &str) -> Result<(), Failure> {
        if self.json {
            let signed = |prepared: &Prepared| {
                let Prepared { convenant, amendments, file } = prepared;
                serde_json::json!(Signed { convenant, amendments: amendments.len(), file, in_force })
            };
            return print::json(&prepared.iter().map(signed).collect::<Vec<_>>());
        }
        let mut text = String::new();
        for Prepared { convenant, file, .. } in prepared {
            text += &format!("Signed for {convenant}: {}\n", file.display());
        }
        print::lines(&(text + words))
    }
}

async fn bring(dir: &Path, by: &str, amendments: Vec<SignedAmendment>) -> Result<Brought, Failure> {
    let caller = running_or_stopped(dir, by).await?;
    let brought: Result<Brought, _> = caller.post("/v1/convenanten/amend", &Bring { amendments }).await;
    caller.close();
    Ok(brought?)
}
