//! Answers a second and the time of one question alone: an asker in this process, a responder in another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use weegnet_node::checkpoints::Checkpoints;
use weegnet_node::clock;
use weegnet_node::home::Home;
use weegnet_node::journal::{Entry, EntryBody, Journal};
use weegnet_node::keys::OnlineKeys;
use weegnet_node::link::{Inbound, Link, LinkConfig, Outgoing, Reply};
use weegnet_protocol::Oin;
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::frame::{Frame, RejectCode, RequestId};
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::sign;
use weegnet_protocol::statement::{Answer, Outcome, Uitvraag};
use zeroize::Zeroizing;

use crate::floor::Floor;
use crate::ground::Ground;
use crate::questions::Maker;
use crate::{Failure, row};

/// Persons in the responder's register.
const ROWS: u32 = 10_000;
/// Questions of one throughput round, after as many again have warmed everything up.
const QUESTIONS: u32 = 4_000;
/// Questions asked one after the other.
const ALONE: u32 = 400;
/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// An asker: the same journal, link and checks as a node's, without its desk.
struct Asker {
    maker: Maker,
    keys: OnlineKeys,
    journal: Journal,
    link: Link,
    responder: Oin,
    checkpoints: Checkpoints,
    waiting: Mutex<HashMap<Hash, oneshot::Sender<()>>>,
}

impl Asker {
    async fn start(ground: &Ground, stop: CancellationToken) -> Result<Arc<Self>, Failure> {
        let home = Home::open(&ground.home("vrager"))?;
        let keys = OnlineKeys::load(&home)?;
        let (journal, _) = Journal::open(&home.journal(), keys.checkpoint.clone(), clock::now)?;
        let maker = Maker::new(ground)?;
        let (inbound, received) = mpsc::channel(1024);
        let config = LinkConfig {
            oin: ground.cards[0].oin,
            key: Zeroizing::new(keys.link.to_bytes()),
            listen: ground.cards[0].address,
        };
        let (link, _) = Link::start(config, maker.convenants.members(), inbound, stop).await?;
        let responder = ground.cards[1].oin;
        let (checkpoints, waiting) = (Checkpoints::default(), Mutex::default());
        let asker = Arc::new(Asker { maker, keys, journal, link, responder, checkpoints, waiting });
        tokio::spawn(Arc::clone(&asker).take(received));
        Ok(asker)
    }

    /// Takes answers as a node does: verified, recorded, receipted.
    async fn take(self: Arc<Self>, mut received: mpsc::Receiver<Inbound>) {
        while let Some(inbound) = received.recv().await {
            let asker = Arc::clone(&self);
            tokio::spawn(self.journal.attend(async move {
                let us = asker.maker.convenants.us();
                let answer = match sign::verify::<Answer>(inbound.statement, &asker.maker.convenants, &us, clock::now())
                {
                    Ok(answer) => answer,
                    Err(error) => return inbound.reply.reject(RejectCode::from(&error)),
                };
                let Ok(case) = asker.journal.new_case() else { return };
                let entry = Entry {
                    id: answer.header().id.into(),
                    kind: EntryKind::AnswerReceived,
                    convenant: Some(*answer.header().convenant.base()),
                    envelope: Some(answer.statement().envelope.clone()),
                    body: EntryBody::Sealed { case, bytes: answer.statement().body.0.clone() },
                };
                let Ok(recorded) = asker.journal.record((), vec![entry]).await else { return };
                inbound.reply.receipt(recorded.receipt().clone());
                if matches!(answer.content().outcome(), Outcome::Known(_)) {
                    let waiting = asker
                        .waiting
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .remove(answer.content().question());
                    waiting.map(|done| done.send(()));
                }
            }));
        }
    }

    /// Asks one approved question and waits for its `Known`.
    async fn ask(&self, question: Uitvraag) -> Result<(), Failure> {
        let signed = self.maker.sign(question, &self.keys);
        let (done, answered) = oneshot::channel();
        let hash = signed.statement().hash();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(hash, done);
        let id = signed.header().id;
        let case = self.journal.new_case()?;
        let statement = signed.into_statement();
        let entry = Entry {
            id: id.into(),
            kind: EntryKind::UitvraagSent,
            convenant: Some(*self.maker.convenant.base()),
            envelope: Some(statement.envelope.clone()),
            body: EntryBody::Sealed { case, bytes: statement.body.0.clone() },
        };
        let recorded = self.journal.record(Outgoing { to: self.responder, statement }, vec![entry]).await?;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let Reply::Receipt(receipt) = self.link.deliver(&recorded, deadline).await? else {
            return Err("the question was rejected".into());
        };
        let key = self.maker.convenants.checkpoint_key(&self.responder).ok_or("no key")?;
        if !self.checkpoints.verify(&self.responder, &receipt, &key, |_| true) || receipt.leaf.statement != Some(hash) {
            return Err("the receipt does not verify".into());
        }
        self.journal.keep_receipt(id, receipt)?;
        tokio::time::timeout_at(deadline, answered).await??;
        Ok(())
    }
}

fn questions(maker: &Maker, count: u32, from: u32) -> Result<Vec<Uitvraag>, Failure> {
    (0..count).map(|i| maker.question((from + i) % ROWS)).collect()
}

async fn round(asker: &Arc<Asker>, questions: Vec<Uitvraag>, in_flight: usize) -> Result<f64, Failure> {
    let room = Arc::new(Semaphore::new(in_flight));
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for question in questions {
        let place = Arc::clone(&room).acquire_owned().await?;
        let journal = asker.journal.clone();
        let asker = Arc::clone(asker);
        tasks.spawn(journal.attend(async move {
            let result = asker.ask(question).await;
            drop(place);
            result
        }));
    }
    while let Some(result) = tasks.join_next().await {
        result??;
    }
    Ok(started.elapsed().as_secs_f64())
}

/// Answers a second with so many questions in flight.
pub async fn throughput(in_flight: usize) -> Result<(), Failure> {
    let ground = Ground::new()?;
    ground.import(ROWS)?;
    let (serving, _) = ground.serve("antwoorder")?;
    let stop = CancellationToken::new();
    let asker = Asker::start(&ground, stop.clone()).await?;
    round(&asker, questions(&asker.maker, QUESTIONS, 0)?, in_flight).await?;
    let mut rounds = Vec::new();
    for turn in 0..3 {
        rounds.push(round(&asker, questions(&asker.maker, QUESTIONS, turn * 1000)?, in_flight).await?);
    }
    drop(serving);
    stop.cancel();
    let here = f64::from(QUESTIONS) / median(rounds);
    let floor = f64::from(QUESTIONS) / floor(&ground, in_flight, QUESTIONS)?;
    row(
        &format!("answers/s, {in_flight} in flight, two processes"),
        &format!("{here:.0}"),
        &format!("{floor:.0}"),
        &format!("{:.2}", here / floor),
    );
    Ok(())
}

/// The time of one question alone.
pub async fn alone() -> Result<(), Failure> {
    let ground = Ground::new()?;
    ground.import(ROWS)?;
    let (serving, _) = ground.serve("antwoorder")?;
    let stop = CancellationToken::new();
    let asker = Asker::start(&ground, stop.clone()).await?;
    round(&asker, questions(&asker.maker, ALONE, 0)?, 1).await?;
    let mut times = Vec::new();
    for question in questions(&asker.maker, ALONE, 500)? {
        let started = Instant::now();
        asker.ask(question).await?;
        times.push(started.elapsed().as_secs_f64());
    }
    drop(serving);
    stop.cancel();
    let here = median(times);
    // The floor of the responder, and the asker's two entries with their syncs, signature and checks.
    let floor = floor(&ground, 1, ALONE)? / f64::from(ALONE) + asker_floor(&ground, &asker)?;
    row(
        "one question alone, p50",
        &format!("{:.2} ms", here * 1e3),
        &format!("{:.2} ms", floor * 1e3),
        &format!("{:.2}", here / floor),
    );
    Ok(())
}

fn floor(ground: &Ground, group: usize, count: u32) -> Result<f64, Failure> {
    let maker = Maker::new(ground)?;
    let asker = OnlineKeys::load(&Home::open(&ground.home("vrager"))?)?;
    let frames: Result<Vec<Vec<u8>>, Failure> = questions(&maker, count, 0)?
        .into_iter()
        .map(|question| {
            let statement = maker.sign(question, &asker).into_statement();
            Ok(codec::encode(&Frame::Deliver { request: RequestId(1), statement }))
        })
        .collect();
    let frames = frames?;
    let keys = OnlineKeys::load(&Home::open(&ground.home("antwoorder"))?)?;
    let dir = ground.home("floor");
    std::fs::create_dir_all(&dir)?;
    let mut floor = Floor::new(&dir, ground.cards[1].oin, maker.ratified, keys, ROWS)?;
    floor.answer(&frames, group)
}

/// The asker's share of one question: sign, record and sync; verify receipt and answer, record and sync.
fn asker_floor(ground: &Ground, asker: &Asker) -> Result<f64, Failure> {
    let dir = ground.home("floor");
    let mut floor = crate::floor::AskerFloor::new(&dir, ground.cards[0].oin, &asker.keys)?;
    let mut times = Vec::new();
    for question in questions(&asker.maker, ALONE, 0)? {
        let started = Instant::now();
        let statement = asker.maker.sign(question, &asker.keys).into_statement();
        floor.turn(&statement, &asker.keys)?;
        times.push(started.elapsed().as_secs_f64());
    }
    Ok(median(times))
}

/// The middle of some figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
