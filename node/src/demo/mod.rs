//! `weegnet demo`: five organisations as five processes on this machine, one uitvraag from beginning to end, and what is
//! turned away on the way.
//!
//! | file | what |
//! |---|---|
//! | `cast`, `people`, `convenant` | who plays, who is known where, what they agreed |
//! | `place`, `process` | directories and processes, none of which is left behind |
//! | `opening`, `question`, `refusals`, `insider`, `stranger`, `closing` | the scenes, in their order |
//! | `stage`, `encore` | what is printed, and what to try next |
//!
//! The nodes are driven as users drive them: by verbs, and with credentials over their sockets. Only the insider and
//! the stranger act in this process.

mod cast;
mod closing;
mod convenant;
mod encore;
mod error;
mod insider;
mod opening;
mod people;
mod place;
mod process;
mod question;
mod refusals;
mod stage;
mod stranger;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};
use weegnet_protocol::Oin;

use crate::cli::Failure;
use cast::{Cast, Who};
use closing::Journalled;
use error::DemoError;
use place::Place;
use question::Answered;
use refusals::Denied;
use stage::{Stage, Tone};

/// Shortest answer window of the demo: 8 s.
const SHORTEST_WINDOW: Duration = Duration::from_secs(8);
/// Longest answer window of the demo, on a machine that is busy with other things: 20 s.
const LONGEST_WINDOW: Duration = Duration::from_secs(20);

/// How the demo runs.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Stop when everything has been shown; otherwise the five nodes stay up until Ctrl-C
    #[arg(long)]
    once: bool,
    /// Print one JSON object instead of the story
    #[arg(long)]
    json: bool,
    /// Keep the five directories here; a new or empty directory
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// What was shown, as `--json` prints it.
#[derive(Serialize)]
struct Shown {
    organisations: Vec<Programme>,
    uitvragen: Vec<Answered>,
    denied: Vec<Denied>,
    unapproved_refused: bool,
    strangers_refused: u64,
    journals: Vec<Journalled>,
}

#[derive(Serialize)]
struct Programme {
    oin: Oin,
    name: String,
    dir: PathBuf,
    address: std::net::SocketAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    console: Option<std::net::SocketAddr>,
}

/// Runs it. Everything it promises has happened when this returns without an error.
pub async fn run(args: DemoArgs) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let place = Place::make(args.dir.as_deref())?;
    let stage = Stage::new(args.json);
    let began = Instant::now();
    let mut cast = tokio::select! {
        biased;
        () = stop.asked() => return Err(DemoError::Interrupted.into()),
        cast = opening::open(&place, &stage, cfg!(feature = "console") && !args.once) => cast?,
    };
    let window = (began.elapsed() / 2).clamp(SHORTEST_WINDOW, LONGEST_WINDOW);
    let shown = tokio::select! {
        biased;
        () = stop.asked() => Err(DemoError::Interrupted),
        shown = show(&mut cast, &stage, &place, window) => shown,
    };
    let shown = match shown {
        Ok(shown) => shown,
        Err(error) => {
            // What went wrong first is what is told.
            let _ = cast.stop().await;
            return Err(error.into());
        }
    };
    let told = stage.object(&shown);
    if !args.once && told.is_ok() {
        if !args.json {
            encore::consoles(&cast, &stage).await?;
        }
        encore::invite(&cast, &stage, &place)?;
        stop.asked().await;
    }
    cast.stop().await?;
    told?;
    stage.say(
        Tone::Aside,
        if place.is_kept() { "The nodes are stopped." } else { "The nodes are stopped, their directories removed." },
    );
    Ok(())
}

async fn show(cast: &mut Cast, stage: &Stage, place: &Place, window: Duration) -> Result<Shown, DemoError> {
    let uitvragen = vec![question::play(cast, stage, window).await?];
    let denied = vec![refusals::forbidden(cast, stage, window).await?];
    let unapproved_refused = insider::unapproved(cast, stage, &opening::log(place, Who::Gemeente)).await?;
    if !unapproved_refused {
        return Err(DemoError::NotShown("an unapproved question was refused for another reason".into()));
    }
    let strangers_refused = stranger::knock(cast, stage).await?;
    let journals = closing::verify(cast, stage).await?;
    let organisations = cast.organisations.iter().map(|organisation| Programme {
        oin: organisation.card.oin,
        name: organisation.card.name.clone(),
        dir: organisation.home.dir().to_owned(),
        address: organisation.card.address,
        console: organisation.console,
    });
    let organisations = organisations.collect();
    Ok(Shown { organisations, uitvragen, denied, unapproved_refused, strangers_refused, journals })
}

/// The signals that end the demo: Ctrl-C, SIGTERM, and a terminal that goes away.
struct Stop([Signal; 3]);

impl Stop {
    fn listen() -> Result<Self, std::io::Error> {
        let listen = |kind| signal(kind);
        Ok(Stop([listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?]))
    }

    async fn asked(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
