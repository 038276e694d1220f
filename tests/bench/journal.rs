//! The journal alone: durable entries a second against a floor of preallocated groups of 64, and how fast a whole journal
//! is verified again, on one core and with the signatures of its statements.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use ed25519_dalek::{Signature, SigningKey, VerifyingKey, verify_batch};
use rustix::fs::{FallocateFlags, fallocate, fdatasync};
use weegnet_node::audit;
use weegnet_node::clock;
use weegnet_node::home::Home;
use weegnet_node::journal::{self, CaseKey, Entry, EntryBody, Identity, Journal, PublicKeys};
use weegnet_node::keys::OnlineKeys;
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::EntryId;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::sign::{Envelope, Statement};

use crate::answers::median;
use crate::ground::Ground;
use crate::questions::Maker;
use crate::{Failure, row};

/// Entries of one round.
const ENTRIES: u32 = 200_000;
/// Callers that record one entry after the other.
const CALLERS: u32 = 512;
/// Bytes of each body.
const BODY: usize = 256;
/// Entries of the floor that share one sync.
const GROUP: usize = 64;
const ROUNDS: usize = 3;
/// Statements whose signatures are verified; batches of the floor hold as many as one batch of the audit.
const STATEMENTS: u32 = 20_000;
const BATCH: usize = 256;

pub async fn figures() -> Result<(), Failure> {
    let dir = tempfile::Builder::new().prefix("wj").tempdir()?;
    let place = dir.path().join("journal");
    let (mut rates, mut slowest, mut floors) = (Vec::new(), Vec::new(), Vec::new());
    let mut bytes = 0;
    for round in 0..ROUNDS {
        let place = dir.path().join(format!("journal{round}"));
        let (rate, p99) = durable(&place).await?;
        bytes = written(&place)? / u64::from(ENTRIES);
        rates.push(rate);
        slowest.push(p99);
        floors.push(floor(&dir.path().join("floor"), usize::try_from(bytes)?)?);
        if round + 1 < ROUNDS {
            std::fs::remove_dir_all(&place)?;
        } else {
            std::fs::rename(&place, dir.path().join("journal"))?;
        }
    }
    let (rate, floor) = (median(rates), median(floors));
    row(
        &format!("durable entries/s, {CALLERS} callers, {bytes} bytes each; floor: groups of {GROUP}"),
        &format!("{rate:.0}"),
        &format!("{floor:.0}"),
        &format!("{:.2}", rate / floor),
    );
    row("p99 of one durable entry among them", &format!("{:.1} ms", median(slowest) * 1e3), "", "");
    verification(&place)?;
    signatures().await
}

async fn durable(place: &Path) -> Result<(f64, f64), Failure> {
    let journal = create(place)?;
    let case = journal.new_case()?;
    let started = Instant::now();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let handle = journal.clone();
        callers.spawn(journal.attend(async move {
            let mut times = Vec::with_capacity((ENTRIES / CALLERS) as usize);
            for _ in 0..ENTRIES / CALLERS {
                let began = Instant::now();
                handle.record((), vec![entry(case)]).await?;
                times.push(began.elapsed());
            }
            Ok::<_, journal::JournalError>(times)
        }));
    }
    let mut times: Vec<Duration> = Vec::new();
    while let Some(done) = callers.join_next().await {
        times.extend(done??);
    }
    let rate = times.len() as f64 / started.elapsed().as_secs_f64();
    journal.close().await;
    times.sort_unstable();
    Ok((rate, times[times.len() * 99 / 100].as_secs_f64()))
}

fn create(place: &Path) -> Result<Journal, Failure> {
    let key = SigningKey::from_bytes(&[7; 32]);
    let public = Bytes(key.verifying_key().to_bytes());
    let keys = PublicKeys { link: public, party: public, witness: public, statement: public, checkpoint: public };
    let identity = Identity { oin: "00000099000000001000".parse()?, name: "Meting".into(), keys };
    Journal::create(place, &identity, &key, clock::now)?;
    Ok(Journal::open(place, key, clock::now)?.0)
}

fn entry(case: CaseKey) -> Entry {
    Entry {
        id: EntryId::new(clock::now(), clock::random()),
        kind: EntryKind::PolicyDecision,
        convenant: None,
        envelope: None,
        body: EntryBody::Sealed { case, bytes: vec![7; BODY] },
    }
}

/// Bytes of the exchange log that are not zero.
fn written(place: &Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    for file in std::fs::read_dir(place.join("exchange"))? {
        let content = std::fs::read(file?.path())?;
        bytes += content.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1);
    }
    Ok(bytes)
}

/// As many bytes as an entry takes, written in groups into a preallocated file, with one sync each.
fn floor(path: &Path, bytes: usize) -> Result<f64, Failure> {
    let groups = 400;
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    fallocate(&file, FallocateFlags::empty(), 0, (groups * GROUP * bytes) as u64)?;
    file.sync_all()?;
    let group = vec![7; GROUP * bytes];
    let started = Instant::now();
    for at in 0..groups {
        file.write_all_at(&group, (at * group.len()) as u64)?;
        fdatasync(&file)?;
    }
    Ok((groups * GROUP) as f64 / started.elapsed().as_secs_f64())
}

/// Frames, chain, leaves, tree, checkpoints: on one core.
fn verification(place: &Path) -> Result<(), Failure> {
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let report = journal::verify(place, |_, _| {}, |_| Ok::<_, std::convert::Infallible>(()))?;
        let entries: u64 = report.logs.iter().map(|log| log.entries).sum();
        rates.push(entries as f64 / started.elapsed().as_secs_f64());
    }
    row("entries/s verified again, chain and tree, one core", &format!("{:.0}", median(rates)), "", "");
    Ok(())
}

/// The signatures of a journal of questions, against batch verification of the same signatures on the same cores.
async fn signatures() -> Result<(), Failure> {
    let ground = Ground::new()?;
    let maker = Maker::new(&ground)?;
    let asker = OnlineKeys::load(&Home::open(&ground.home("vrager"))?)?;
    let home = Home::open(&ground.home("antwoorder"))?;
    let keys = OnlineKeys::load(&home)?;
    let (journal, _) = Journal::open(&home.journal(), keys.checkpoint.clone(), clock::now)?;
    let case = journal.new_case()?;
    let mut statements = Vec::new();
    for at in 0..STATEMENTS {
        let question = maker.question(at)?;
        statements.push(maker.sign(question, &asker).into_statement());
    }
    for together in statements.chunks(64) {
        let entries = together.iter().flat_map(|statement| [received(statement, &maker), entry(case)]).collect();
        journal.record((), entries).await?;
    }
    journal.close().await;
    // Without the vault: bodies are not part of this figure.
    std::fs::remove_file(home.journal().join("vault.keys"))?;
    let (mut ours, mut batch) = (Vec::new(), Vec::new());
    let key = asker.statement.verifying_key();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        journal::verify(&home.journal(), |_, _| {}, |_| Ok::<_, std::convert::Infallible>(()))?;
        let structure = started.elapsed();
        let started = Instant::now();
        let audited = audit::audit(&home.journal(), |_, _| {})?;
        let taken = started.elapsed().saturating_sub(structure);
        ours.push(audited.statements as f64 / taken.as_secs_f64());
        batch.push(batched(&statements, &key)?);
    }
    let (ours, batch) = (median(ours), median(batch));
    row(
        "statement signatures/s of an audit, strict, all cores; floor: batch verification, one core",
        &format!("{ours:.0}"),
        &format!("{batch:.0}"),
        &format!("{:.2}", ours / batch),
    );
    Ok(())
}

fn received(statement: &Statement, maker: &Maker) -> Entry {
    Entry {
        id: EntryId::new(clock::now(), clock::random()),
        kind: EntryKind::QuestionReceived,
        convenant: Some(*maker.convenant.base()),
        envelope: Some(statement.envelope.clone()),
        body: EntryBody::Dropped(statement.body_hash()),
    }
}

fn batched(statements: &[Statement], key: &VerifyingKey) -> Result<f64, Failure> {
    let started = Instant::now();
    for together in statements.chunks(BATCH) {
        let envelopes: Result<Vec<_>, _> = together.iter().map(|one| Envelope::decode(&one.envelope.0)).collect();
        let envelopes = envelopes?;
        let signed: Vec<Vec<u8>> = envelopes.iter().map(Envelope::to_be_signed).collect();
        let messages: Vec<&[u8]> = signed.iter().map(Vec::as_slice).collect();
        let signatures: Vec<Signature> = envelopes.iter().map(|one| Signature::from_bytes(&one.signature.0)).collect();
        verify_batch(&messages, &signatures, &vec![*key; messages.len()])?;
    }
    Ok(statements.len() as f64 / started.elapsed().as_secs_f64())
}
