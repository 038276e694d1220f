//! The opening: five nodes start, all sign and adopt one convenant, every register is filled.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use futures::future::try_join_all;

use super::cast::{Cast, Organisation, Who};
use super::convenant::{self, OFFICE};
use super::error::DemoError;
use super::people;
use super::place::Place;
use super::process::{Process, console_address, free_address, until, verb};
use super::stage::{Stage, Tone};
use crate::api::ImportSummary;
use crate::clock;
use crate::config::Card;
use crate::home::Home;

/// Name of the convenant's file.
pub const CONVENANT_FILE: &str = "convenant.toml";
/// How often a node is made anew because its port was taken meanwhile.
const RAISE_TRIES: usize = 5;
/// How long the nodes may take to reach each other: 20 s.
const CONNECT: Duration = Duration::from_secs(20);

/// Raises the five nodes, with consoles or without, and brings them to where one can ask.
///
/// # Errors
/// Whatever does not work.
pub async fn open(place: &Place, stage: &Stage, consoles: bool) -> Result<Cast, DemoError> {
    stage.scene("Five organisations, five nodes on this machine");
    let organisations = try_join_all(Who::ALL.map(|who| raise(who, place, consoles))).await?;
    let cast = Cast { organisations };
    for organisation in &cast.organisations {
        let Organisation { who, card, process, .. } = organisation;
        let process = process.as_ref().and_then(Process::id).unwrap_or_default();
        let text = format!("{}  OIN {}  {}  process {process}", who.part().title, card.oin, card.address);
        stage.act(*who, Tone::Plain, &text);
    }
    stage.say(
        Tone::Aside,
        "Each has its own keys, journal and register. There is no central server and no index of persons.",
    );

    stage.scene("One convenant, signed by all");
    let document = convenant::document(&cast.organisations, clock::now().day())?;
    let file = place.write(CONVENANT_FILE, document.as_bytes())?;
    let signed = cast.organisations.iter().map(|each| on_convenant("sign", each, &file, &["--office", OFFICE]));
    try_join_all(signed).await?;
    // Only now, when every node listens, do they learn of each other.
    try_join_all(cast.organisations.iter().map(|each| on_convenant("adopt", each, &file, &[]))).await?;
    stage.say(Tone::Plain, &format!("{} is signed by five party keys and in force on five nodes.", convenant::ID));
    stage.say(
        Tone::Aside,
        "It says who may ask whom, for which one purpose, on what legal basis; the nodes run these very bytes.",
    );

    stage.scene("Who knows whom stays at home");
    let filled = try_join_all(cast.organisations.iter().map(|each| furnish(each, place))).await?;
    for (organisation, summary) in cast.organisations.iter().zip(filled) {
        if summary.rejected > 0 {
            return Err(DemoError::NotShown(format!("{} rows of a register were rejected", summary.rejected)));
        }
        let who = organisation.who;
        let people: Vec<_> = who.part().people.iter().map(|(name, role)| format!("{name} ({})", dutch(role))).collect();
        let text = format!("{} invented persons in the register; {}", summary.accepted, people.join(", "));
        stage.act(who, Tone::Plain, &text);
    }
    connected(&cast).await?;
    stage.say(Tone::Good, "Every node has an authenticated connection to the four others.");
    tables_are_held(&cast).await?;
    stage.say(
        Tone::Good,
        "Reclassering and zorg published tables by which they are asked sealed: only who knows the person can open a question.",
    );
    Ok(cast)
}

/// Waits until every node reaches the four others.
///
/// # Errors
/// When they do not in time.
pub async fn connected(cast: &Cast) -> Result<(), DemoError> {
    let others = cast.organisations.len() - 1;
    until("the nodes to reach each other", CONNECT, async || {
        for organisation in &cast.organisations {
            if organisation.status().await?.connected.len() < others {
                return Ok(None);
            }
        }
        Ok(Some(()))
    })
    .await
}

/// Waits until every core party holds the tables of those who are asked sealed, made of the registers as they are.
///
/// # Errors
/// When that is not so in time.
async fn tables_are_held(cast: &Cast) -> Result<(), DemoError> {
    until("the tables of those who are asked sealed", CONNECT, async || {
        let (mut own, mut held) = (Vec::new(), Vec::new());
        for organisation in &cast.organisations {
            let tables = organisation.status().await?.tables;
            if organisation.who.part().kind == "kern" {
                held.push(tables.held);
            } else {
                own.push(tables.own.into_iter().find(|table| table.is_current));
            }
        }
        let is_held = |root| held.iter().all(|held| held.iter().any(|table| table.is_whole && table.root == root));
        Ok(own.into_iter().all(|table| table.is_some_and(|table| is_held(table.root))).then_some(()))
    })
    .await
}

/// Where a node's log goes.
pub fn log(place: &Place, who: Who) -> std::path::PathBuf {
    place.dir().join(format!("{}.log", who.part().name))
}

async fn raise(who: Who, place: &Place, with_console: bool) -> Result<Organisation, DemoError> {
    let part = who.part();
    let home = Home::at(&place.dir().join(part.name));
    let mut tries = RAISE_TRIES;
    loop {
        let address = free_address().to_string();
        let number = Who::ALL.iter().position(|each| *each == who).unwrap_or(0);
        let console = with_console.then(|| console_address(number as u8));
        let console_address = console.map(|address| address.to_string()).unwrap_or_default();
        let dir = home.dir();
        let mut words: Vec<&(dyn AsRef<std::ffi::OsStr> + Sync)> =
            vec![&dir, &"--oin", &part.oin, &"--name", &part.title, &"--role", &part.name, &"--listen", &address];
        if console.is_some() {
            words.extend([&"--console" as &(dyn AsRef<std::ffi::OsStr> + Sync), &console_address]);
        }
        verb("init", &words).await?;
        match Process::start(who, &home, &log(place, who)).await {
            Ok(process) => {
                let card = Card::load(&home)?;
                return Ok(Organisation { who, home, card, console, process: Some(process) });
            }
            Err(DemoError::NotServing { .. }) if tries > 1 => {
                tries -= 1;
                for dir in [home.dir().to_owned(), home.party()] {
                    std::fs::remove_dir_all(&dir).map_err(|source| DemoError::io(&dir, source))?;
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Has the verb done by one organisation.
async fn on_convenant(what: &str, organisation: &Organisation, file: &Path, more: &[&str]) -> Result<(), DemoError> {
    let dir = organisation.home.dir();
    let mut args: Vec<&(dyn AsRef<OsStr> + Sync)> = vec![&dir, &file];
    args.extend(more.iter().map(|arg| arg as &(dyn AsRef<OsStr> + Sync)));
    verb(&format!("convenant {what}"), &args).await.map(drop)
}

/// People and register of one organisation.
async fn furnish(organisation: &Organisation, place: &Place) -> Result<ImportSummary, DemoError> {
    let (who, dir) = (organisation.who, organisation.home.dir());
    for (name, role) in who.part().people {
        verb("people add", &[&dir, &"--name", name, &"--role", role]).await?;
    }
    let csv = people::register(who, clock::now().day())?;
    let file = place.write(&format!("{}.csv", who.part().name), &csv)?;
    let said = verb("register import", &[&dir, &file, &"--json"]).await?;
    serde_json::from_slice(&said)
        .map_err(|error| DemoError::NotShown(format!("an import said something else: {error}")))
}

fn dutch(role: &str) -> &'static str {
    role.parse::<weegnet_policy::role::Role>().map_or("", weegnet_policy::role::Role::dutch)
}
