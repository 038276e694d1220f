//! `weegnet convenant`: new, check, sign, show, diff, adopt.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, Subcommand};
use weegnet_policy::convenant::{Convenant, Problem, Ratified, SignatureState, differences, readable, template};
use weegnet_policy::lang::Lang;
use weegnet_policy::signature;
use weegnet_protocol::Oin;
use weegnet_protocol::codec::Blob;
use weegnet_protocol::sign::Signs;

use super::office::{OfficeArgs, shown};
use super::{Failure, amend, card, files, print, running_or_stopped};
use crate::clock;
use crate::config::Card;
use crate::create::FIRST_OPERATOR;
use crate::desk::operator::{Adopt, InForce};
use crate::home::Home;
use crate::keys;

#[derive(Debug, Subcommand)]
pub enum ConvenantVerb {
    /// Write a commented template to begin with; what is left to decide says VUL IN [writes FILE]
    New(NewArgs),
    /// Report every problem of a document, with line, rule and advice [only reads]
    Check(CheckArgs),
    /// Sign a document with the offline party key; the signature goes to FILE.sigs/OIN [reads DIR.party]
    Sign(SignArgs),
    /// What a document says, as text and as a matrix (Markdown), and who has signed it [only reads]
    Show(ShowArgs),
    /// The convenanten in force at a node, with versions that were replaced or are to come [running node, or a stopped one
    /// under its lock]
    List(ListArgs),
    /// What changed between two texts, in words [only reads]
    Diff(DiffArgs),
    /// What a document would decide in a situation, and why: nothing is done [only reads]
    Explain(super::explain::ExplainArgs),
    /// Prove what the rules keep whatever happens, for the rules alone and for one document; needs cvc5 [only reads]
    Prove(super::prove::ProveArgs),
    /// Check a file with rules of one's own, which can only forbid; a node uses the one that node.toml names as
    /// eigen_regels [only reads]
    Rules(super::explain::RulesArgs),
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
    /// Approve that another organisation accedes, as a founding core party [only reads; reads DIR.party]
    ApproveAccession(amend::ApproveArgs),
    /// Sign that this organisation accedes to a convenant that names it as one that may; 'convenant amend' at any member brings
    /// it to all [only reads; reads DIR.party]
    Accede(amend::AccedeArgs),
    /// End this organisation's participation in a convenant, for good [running node, or a stopped one under its lock; reads
    /// DIR.party]
    End(amend::EndArgs),
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The document (TOML)
    file: PathBuf,
    /// A node's directory: its journal says who acceded and who left since
    #[arg(long, value_name = "DIR")]
    node: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct NewArgs {
    /// Where to write it; must not exist
    file: PathBuf,
    /// A party's card ('weegnet card DIR'), once for each party that is known already
    #[arg(long = "card", value_name = "CARD.json")]
    cards: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The document (TOML)
    file: PathBuf,
    /// Language of the problems: nl or en
    #[arg(long, default_value = "nl", value_parser = Lang::from_str)]
    lang: Lang,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The text that was
    old: PathBuf,
    /// The text that comes
    new: PathBuf,
    /// Language of the sentences: nl or en
    #[arg(long, default_value = "nl", value_parser = Lang::from_str)]
    lang: Lang,
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
    #[command(flatten)]
    office: OfficeArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// The node's directory
    dir: PathBuf,
    /// Who looks
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_OPERATOR)]
    by: String,
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
        ConvenantVerb::New(args) => new(&args),
        ConvenantVerb::Check(args) => check(&args),
        ConvenantVerb::Sign(args) => sign(&args),
        ConvenantVerb::Show(args) => show(&args),
        ConvenantVerb::List(args) => list(args).await,
        ConvenantVerb::Diff(args) => diff(&args),
        ConvenantVerb::Prove(args) => super::prove::run(&args).await,
        ConvenantVerb::Explain(args) => super::explain::run(&args),
        ConvenantVerb::Rules(args) => super::explain::rules(&args),
        ConvenantVerb::Adopt(args) => adopt(args).await,
        ConvenantVerb::Amend(args) => amend::amend(args).await,
        ConvenantVerb::Rotate(args) => amend::rotate(args).await,
        ConvenantVerb::Revoke(args) => amend::revoke(args).await,
        ConvenantVerb::Move(args) => amend::relocate(args).await,
        ConvenantVerb::ApproveAccession(args) => amend::approve(&args),
        ConvenantVerb::Accede(args) => amend::accede(&args),
        ConvenantVerb::End(args) => amend::end(args).await,
    }
}

fn new(args: &NewArgs) -> Result<(), Failure> {
    let mut parties = Vec::new();
    for path in &args.cards {
        let card: Card = serde_json::from_str(&read_text(path)?)
            .map_err(|error| format!("{}: not a card of 'weegnet card': {error}", path.display()))?;
        parties.push((card.oin.to_string(), card::block(&card)));
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.file)
        .map_err(|error| format!("{}: {error}; choose a name that does not exist", args.file.display()))?;
    std::io::Write::write_all(&mut file, template(&parties).as_bytes())?;
    print::lines(&format!("Wrote {}: fill in what says VUL IN, then 'weegnet convenant check'\n", args.file.display()))
}

fn check(args: &CheckArgs) -> Result<(), Failure> {
    let convenant = match Convenant::parse(&read_text(&args.file)?) {
        Ok(convenant) => convenant,
        Err(problems) if args.json => {
            let problem = |problem: &Problem| {
                serde_json::json!({
                    "line": problem.line,
                    "field": problem.path,
                    "rule": problem.fault.rule(),
                    "problem": problem.fault.words().of_lang(args.lang),
                })
            };
            print::json(&serde_json::json!({ "problems": problems.iter().map(problem).collect::<Vec<_>>() }))?;
            return Err(format!("{}: not a convenant that can be used", args.file.display()).into());
        }
        Err(problems) => return Err(format!("{}:\n{}", args.file.display(), problems.text(args.lang)).into()),
    };
    if args.json {
        return print::json(
            &serde_json::json!({ "convenant": convenant.id(), "hash": convenant.hash(), "problems": [] }),
        );
    }
    let well = match args.lang {
        Lang::Nl => "geen problemen",
        Lang::En => "no problems",
    };
    print::lines(&format!("{}: {well}; SHA-256 {}\n", convenant.id(), convenant.hash()))
}

fn diff(args: &DiffArgs) -> Result<(), Failure> {
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let said = differences(&old, &new);
    let sentences: Vec<_> = said.iter().map(|words| words.of_lang(args.lang)).collect();
    if args.json {
        return print::json(&serde_json::json!({
            "old": old.hash(), "new": new.hash(), "differences": sentences,
        }));
    }
    if sentences.is_empty() {
        return print::lines(match args.lang {
            Lang::Nl => "Geen verschil: beide teksten hebben dezelfde velden.\n",
            Lang::En => "No difference: both texts have the same fields.\n",
        });
    }
    print::lines(&(sentences.join("\n") + "\n"))
}

const NO_PARTY: &str = "this organisation is not a party to the convenant: give the directory of one that it names, or a text that \
                        names this one";

fn sign(args: &SignArgs) -> Result<(), Failure> {
    let convenant = read(&args.file)?;
    let home = Home::open(&args.dir)?;
    let card = Card::load(&home)?;
    let party = convenant.terms().party(&card.oin).ok_or(NO_PARTY)?;
    let key = keys::load_party(&home)?;
    if party.keys.party.key() != &key.verifying_key() {
        return Err("the convenant names another party key for this organisation: compare with 'weegnet card'".into());
    }
    let named = &party.signatory;
    let signs = Signs { office: named.office.to_string(), mandate: named.mandate.to_string() };
    args.office.confirm(&format!("Te tekenen voor {}:\n{}", party.name, shown(&convenant, &signs)), &signs)?;
    let bytes = signature::sign(&convenant, card.oin, &key, clock::now())?;
    let dir = signatures_dir(&args.file);
    std::fs::create_dir_all(&dir)?;
    let path = dir.join(card.oin.as_str());
    std::fs::write(&path, bytes)?;
    if args.json {
        let json = serde_json::json!({
            "signature": path, "hash": convenant.hash(), "office": signs.office, "mandate": signs.mandate,
        });
        return print::json(&json);
    }
    print::lines(&format!("Signed {} as {}: {}\n", convenant.hash(), card.oin, path.display()))
}

fn show(args: &ShowArgs) -> Result<(), Failure> {
    let convenant = read(&args.file)?;
    let signatures = read_signatures(&args.file)?;
    let mut states = states(&convenant, &signatures);
    if let Some(dir) = &args.node {
        since(&convenant, &Home::open(dir)?, &mut states)?;
    }
    if args.json {
        let ratified = Ratified::ratify(convenant.clone(), &signatures).is_ok();
        let state = |oin: &Oin| match &states[oin] {
            SignatureState::Signed => "signed".to_owned(),
            SignatureState::Missing => "missing".to_owned(),
            SignatureState::Wrong(why) => why.clone(),
            SignatureState::Accedes => "accedes".to_owned(),
            SignatureState::Acceded => "acceded".to_owned(),
            SignatureState::Ended => "ended".to_owned(),
        };
        let terms = convenant.terms();
        let parties: Vec<_> = terms
            .parties
            .iter()
            .map(|party| serde_json::json!({ "oin": party.oin, "name": party.name, "signature": state(&party.oin) }))
            .collect();
        return print::json(&serde_json::json!({
            "convenant": convenant.id(),
            "hash": convenant.hash(),
            "version": terms.version.as_str(),
            "purpose": terms.purpose.uri.to_string(),
            "ratified": ratified,
            "parties": parties,
        }));
    }
    let text = readable(&convenant, &states);
    let unsigned = |state: &SignatureState| matches!(state, SignatureState::Missing | SignatureState::Wrong(_));
    let closing = match (states.values().any(unsigned), states.values().any(|state| *state == SignatureState::Accedes))
    {
        (true, _) => "Nog niet door alle oprichtende partijen getekend: het geldt nog niet.",
        (false, true) => "Alle oprichtende partijen hebben precies deze velden getekend; anderen kunnen nog toetreden.",
        (false, false) => "Alle partijen hebben precies deze velden getekend.",
    };
    print::lines(&format!("{text}{closing}\n"))
}

fn states(convenant: &Convenant, signatures: &BTreeMap<Oin, Vec<u8>>) -> BTreeMap<Oin, SignatureState> {
    let refused = Ratified::ratify(convenant.clone(), signatures).err();
    let accedes = |oin: &Oin| convenant.terms().party(oin).is_some_and(|party| party.accedes);
    let state = |oin: &Oin| match &refused {
        _ if accedes(oin) && !signatures.contains_key(oin) => SignatureState::Accedes,
        Some(refused) if refused.missing.contains(oin) => SignatureState::Missing,
        Some(refused) => match refused.wrong.iter().find(|(wrong, _)| wrong == oin) {
            Some((_, why)) => SignatureState::Wrong(why.to_string()),
            None => SignatureState::Signed,
        },
        None => SignatureState::Signed,
    };
    convenant.terms().parties.iter().map(|party| (party.oin, state(&party.oin))).collect()
}

/// Who acceded and who left since, as a node's journal says.
fn since(convenant: &Convenant, home: &Home, states: &mut BTreeMap<Oin, SignatureState>) -> Result<(), Failure> {
    let convenants = crate::desk::amend::in_force(home)?;
    let policy = convenants.policy(&convenant.reference()).ok_or("this text is not in force at that node")?;
    let ratified = policy.ratified();
    for (oin, state) in states {
        if ratified.has_ended(oin) {
            *state = SignatureState::Ended;
        } else if ratified.has_acceded(oin) {
            *state = SignatureState::Acceded;
        }
    }
    Ok(())
}

async fn list(args: ListArgs) -> Result<(), Failure> {
    let caller = running_or_stopped(&args.dir, &args.by).await?;
    let texts: Result<Vec<InForce>, _> = caller.get("/v1/convenanten").await;
    caller.close();
    let texts = texts?;
    if args.json {
        return print::json(&texts);
    }
    let line = |text: &InForce| {
        let InForce { convenant, hash, version, from, state, .. } = text;
        format!("{convenant} versie {version}, vanaf {from}: {state}; SHA-256 {hash}\n")
    };
    print::lines(&texts.iter().map(line).collect::<String>())
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
    let InForce { convenant, hash, parties, version, from, begun, .. } = adopted;
    let holds = if begun { "is in force here".to_owned() } else { format!("will be in force here from {from} (UTC)") };
    print::lines(&format!("{convenant} version {version} {holds}, with {parties} parties; SHA-256 {hash}\n"))
}

fn read(file: &Path) -> Result<Convenant, Failure> {
    Ok(Convenant::parse(&read_text(file)?).map_err(|problems| format!("{}:\n{problems}", file.display()))?)
}

/// A convenant that all founding parties signed, for whoever has no node.
pub(super) fn ratified(file: &Path) -> Result<Ratified, Failure> {
    Ok(Ratified::ratify(read(file)?, &read_signatures(file)?).map_err(|error| {
        format!("{}: {error}; its signatures lie beside it in {}", file.display(), signatures_dir(file).display())
    })?)
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
