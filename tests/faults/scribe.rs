//! A process that does nothing but write a journal, to be killed: `scribe DIR CALLS`. It makes the journal when there is
//! none, and prints a line for each entry once that is acknowledged. Whoever kills it holds it to those lines.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use tokio::task::JoinSet;
use weegnet_node::clock;
use weegnet_node::journal::{Entry, EntryBody, Identity, Journal, JournalError, Layout, PublicKeys};
use weegnet_protocol::codec::{Blob, Bytes};
use weegnet_protocol::id::{EntryId, StatementId};
use weegnet_protocol::log::{EntryKind, LeafIndex, LogName};
use weegnet_tests::faults::{SCRIBE_KEY, SCRIBE_LAYOUT};

/// Calls to the journal at one time.
const AT_ONCE: u64 = 3;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let dir = PathBuf::from(args.next().ok_or("scribe DIR CALLS")?);
    let calls: u64 = args.next().ok_or("scribe DIR CALLS")?.parse()?;
    let key = SigningKey::from_bytes(&SCRIBE_KEY);
    let journal = open(&dir, &key, SCRIBE_LAYOUT)?;
    say("open")?;
    let mut writing = JoinSet::new();
    for call in 0..calls {
        writing.spawn(write(journal.clone(), call));
        if writing.len() as u64 == AT_ONCE
            && let Some(written) = writing.join_next().await
        {
            written??;
        }
    }
    while let Some(written) = writing.join_next().await {
        written??;
    }
    let watch = journal.clone();
    journal.close().await;
    // Kept receipts are written last; nobody was told that they are there, but a disk that fails is no good end.
    if tokio::time::timeout(Duration::ZERO, watch.failed()).await.is_ok() {
        return Err(JournalError::Failed.into());
    }
    say("closed")
}

fn open(dir: &Path, key: &SigningKey, layout: Layout) -> Result<Journal, JournalError> {
    match Journal::open_with(dir, key.clone(), clock::now, layout) {
        Err(JournalError::Missing { .. }) => {
            let none = Bytes([1; 32]);
            let checkpoint = Bytes(key.verifying_key().to_bytes());
            let keys = PublicKeys { link: none, party: none, witness: none, statement: none, checkpoint };
            let oin = "00000099000000001000".parse().map_err(|_| JournalError::NotRecordable)?;
            let identity = Identity { oin, name: "Schrijver".into(), keys };
            Journal::create_with(dir, &identity, key, clock::now, layout)?;
            Journal::open_with(dir, key.clone(), clock::now, layout).map(|(journal, _)| journal)
        }
        opened => opened.map(|(journal, _)| journal),
    }
}

/// One call: an entry or two, in one log or both, sealed or not; now and then a kept receipt or an erasure.
async fn write(journal: Journal, call: u64) -> Result<(), Failure> {
    let case = journal.new_case()?;
    let kinds: &[EntryKind] = match call % 3 {
        0 => &[EntryKind::QuestionReceived, EntryKind::PolicyDecision],
        1 => &[EntryKind::AnswerSent, EntryKind::Released],
        _ => &[EntryKind::Candidates],
    };
    let body = || EntryBody::Sealed { case, bytes: clock::random::<256>().to_vec() };
    let entry = |kind: &EntryKind| Entry {
        id: EntryId::new(clock::now(), clock::random()),
        kind: *kind,
        convenant: None,
        envelope: kinds.len().eq(&2).then(|| Blob(clock::random::<200>().to_vec())),
        body: body(),
    };
    let recorded = journal.record((), kinds.iter().map(entry).collect()).await?;
    let leaf = recorded.receipt().leaf.hash();
    let log = kinds[0].log().unwrap_or(LogName::Exchange);
    say(&format!("{} {} {leaf}", log.as_str(), recorded.index().0))?;
    if call % 4 == 1 {
        let receipt = journal.receipt(LogName::Exchange, LeafIndex(0))?;
        journal.keep_receipt(StatementId::new(clock::now(), clock::random()), receipt)?;
    }
    if call % 5 == 4 {
        journal.erase_case(case)?;
        say(&format!("erased {}", case.slot()))?;
    }
    Ok(())
}

/// One write to the pipe: a killed process has said a line or has not.
fn say(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())?;
    Ok(out.flush()?)
}
