//! One owner per case: a task with an inbox, a timer and its own deliveries. Nobody else touches the case, so the first
//! input that is journalled wins every race.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinError, JoinSet};
use weegnet_protocol::Oin;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::Blob;
use weegnet_protocol::frame::RejectCode;
use weegnet_protocol::id::{ConvenantRef, StatementId};
use weegnet_protocol::log::{EntryKind, Receipt};
use weegnet_protocol::sign::{Address, Content, Header, Signed, Verified};

use super::outbox::{self, Delivered};
use super::record::{CaseId, Record, Sent};
use crate::clock;
use crate::convenants::Unchanged;
use crate::journal::{CaseKey, Entry, EntryBody, JournalError, Recorded};
use crate::link::{Outgoing, ReplyTo, Written};
use crate::node::{Held, Node};

/// Most inputs that wait for one case.
const INBOX: usize = 64;
/// How long a case waits before it tries again what the journal could not take: 5 s.
const RETRY: Duration = Duration::from_secs(5);
/// How long a case that has just begun waits for its first delivery before it is written down as it stands: 20 ms. Most
/// are through by then, and one projection says both.
const SOON: Duration = Duration::from_millis(20);
/// Longest sleep before a case looks at the clock again, which may have been set: 60 s.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// What one side of an uitvraag does; [`run`] drives it.
pub(super) trait Case: Send + Sized + 'static {
    /// What can be put into its inbox.
    type Command: Send + 'static;

    /// The case as projections keep it.
    fn record(&self) -> Record;
    /// Statements of ours.
    fn outbox(&mut self) -> &mut Vec<Sent>;
    /// When its machine wants to be woken.
    fn wake_at(&self) -> Option<Timestamp>;
    /// Does what the journal says was begun and not finished.
    fn resume(&mut self, hands: &mut Hands) -> impl Future<Output = Result<(), JournalError>> + Send;
    /// Takes an input.
    fn command(
        &mut self,
        command: Self::Command,
        hands: &mut Hands,
    ) -> impl Future<Output = Result<(), JournalError>> + Send;
    /// Time has come.
    fn tick(&mut self, hands: &mut Hands) -> impl Future<Output = Result<(), JournalError>> + Send;
    /// A statement of ours is through, or never will be.
    fn delivered(&mut self, id: StatementId, delivered: Delivered, node: &Node);
}

/// Where inputs for the running cases go.
#[derive(Debug)]
pub struct Inboxes<C> {
    open: Mutex<HashMap<CaseId, mpsc::Sender<C>>>,
}

impl<C> Default for Inboxes<C> {
    fn default() -> Self {
        Inboxes { open: Mutex::new(HashMap::new()) }
    }
}

impl<C> Inboxes<C> {
    /// The inbox of a case where something can still happen.
    pub fn get(&self, id: &CaseId) -> Option<mpsc::Sender<C>> {
        self.lock().get(id).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<CaseId, mpsc::Sender<C>>> {
        // The map is whole even if a holder panicked: every change is one insert or remove.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the owner of a case.
pub(super) fn start<C: Case>(node: &Arc<Node>, inboxes: fn(&Node) -> &Inboxes<C::Command>, case: C) {
    let id = case.record().id();
    let (sender, inbox) = mpsc::channel(INBOX);
    inboxes(node).lock().insert(id, sender);
    let owner = {
        let node = Arc::clone(node);
        async move {
            let mut hands = Hands { node: Arc::clone(&node), deliveries: JoinSet::new(), handles: HashMap::new() };
            run(case, inbox, &mut hands).await;
            inboxes(&node).lock().remove(&id);
        }
    };
    tokio::spawn(node.ledger.attend(owner));
}

async fn run<C: Case>(mut case: C, mut inbox: mpsc::Receiver<C::Command>, hands: &mut Hands) {
    let node = Arc::clone(&hands.node);
    hands.redeliver(case.outbox());
    let mut retry = case.resume(hands).await.is_err();
    if !retry && let Ok(Some(done)) = tokio::time::timeout(SOON, hands.deliveries.join_next()).await {
        through(&mut case, hands, done);
    }
    let mut record = case.record();
    node.ledger.put(&record);
    while record.is_open() {
        let result = tokio::select! {
            () = node.stop.cancelled() => return,
            command = inbox.recv() => match command {
                Some(command) => case.command(command, hands).await,
                None => return,
            },
            Some(done) = hands.deliveries.join_next(), if !hands.deliveries.is_empty() => {
                through(&mut case, hands, done);
                Ok(())
            }
            () = tokio::time::sleep(RETRY), if retry => case.resume(hands).await,
            () = sleep_until(case.wake_at()), if !retry => case.tick(hands).await,
        };
        retry = result.is_err();
        record = case.record();
        node.ledger.put(&record);
    }
}

/// A delivery has ended.
fn through<C: Case>(case: &mut C, hands: &mut Hands, done: Result<(StatementId, Delivered), JoinError>) {
    if let Ok((id, delivered)) = done {
        hands.handles.remove(&id);
        settle(case.outbox(), &id);
        case.delivered(id, delivered, &hands.node);
    }
}

async fn sleep_until(moment: Option<Timestamp>) {
    match moment {
        Some(moment) => tokio::time::sleep(clock::until(moment).min(LONGEST_SLEEP)).await,
        None => std::future::pending().await,
    }
}

fn settle(outbox: &mut [Sent], id: &StatementId) {
    if let Some(sent) = outbox.iter_mut().find(|sent| sent.id == *id) {
        sent.settled = true;
    }
}

/// Something to say, before it is signed.
pub(crate) struct Letter<T> {
    pub content: T,
    pub to: Oin,
    pub kind: EntryKind,
    pub convenant: ConvenantRef,
    pub expires: Timestamp,
    pub vault: CaseKey,
}

/// A letter that was signed, recorded and handed to the outbox.
pub(crate) struct Posted {
    pub header: Header,
    pub hash: weegnet_protocol::codec::Hash,
    pub sent: Sent,
}

/// Signs a letter and records it, with `notes` of the house log in the same batch.
pub(crate) async fn write<T: Content>(
    node: &Node,
    letter: Letter<T>,
    notes: Vec<Entry>,
) -> Result<(Recorded<Outgoing>, Posted), JournalError> {
    write_as(node, StatementId::new(clock::now(), clock::random()), letter, notes).await
}

/// The same under an id that the notes name.
pub(super) async fn write_as<T: Content>(
    node: &Node,
    id: StatementId,
    letter: Letter<T>,
    notes: Vec<Entry>,
) -> Result<(Recorded<Outgoing>, Posted), JournalError> {
    let address = Address {
        issuer: node.us(),
        audience: letter.to,
        id,
        issued: clock::now(),
        expires: letter.expires,
        convenant: node.convenants.cited(&letter.convenant),
    };
    let signed = Signed::seal(address, letter.content, clock::random(), &node.keys.statement);
    let (header, hash) = (signed.header().clone(), signed.statement().hash());
    let statement = signed.into_statement();
    let entry = Entry {
        id: header.id.into(),
        kind: letter.kind,
        convenant: Some(*header.convenant.base()),
        envelope: Some(statement.envelope.clone()),
        body: EntryBody::Sealed { case: letter.vault, bytes: statement.body.0.clone() },
    };
    let entries = std::iter::once(entry).chain(notes).collect();
    let recorded = node.ledger.record(Outgoing { to: letter.to, statement }, entries).await?;
    let sent = Sent { id: header.id, to: letter.to, index: recorded.index(), expires: header.expires, settled: false };
    Ok((recorded, Posted { header, hash, sent }))
}

/// What a case acts with: the node, and the deliveries that are under way.
pub(super) struct Hands {
    pub node: Arc<Node>,
    deliveries: JoinSet<(StatementId, Delivered)>,
    handles: HashMap<StatementId, AbortHandle>,
}

impl Hands {
    /// Signs, records (with `notes` of the house log in the same batch), and begins to deliver. In this order.
    pub async fn post<T: Content>(
        &mut self,
        letter: Letter<T>,
        notes: Vec<Entry>,
        outbox: &mut Vec<Sent>,
    ) -> Result<Posted, JournalError> {
        self.post_as(StatementId::new(clock::now(), clock::random()), letter, notes, outbox).await
    }

    /// The same under an id that the notes name.
    pub async fn post_as<T: Content>(
        &mut self,
        id: StatementId,
        letter: Letter<T>,
        notes: Vec<Entry>,
        outbox: &mut Vec<Sent>,
    ) -> Result<Posted, JournalError> {
        let (recorded, posted) = write_as(&self.node, id, letter, notes).await?;
        outbox.push(posted.sent.clone());
        self.deliver(recorded, &posted.sent);
        Ok(posted)
    }

    /// Stops trying to deliver a statement.
    pub fn stop_delivery(&mut self, outbox: &mut [Sent], id: &StatementId) {
        if let Some(handle) = self.handles.remove(id) {
            handle.abort();
        }
        settle(outbox, id);
    }

    /// Takes up what was not through when the node stopped.
    fn redeliver(&mut self, outbox: &mut [Sent]) {
        for sent in outbox.iter_mut().filter(|sent| !sent.settled) {
            match self.node.ledger.recall(sent) {
                Ok(recorded) => self.deliver(recorded, sent),
                Err(error) => {
                    tracing::error!(statement = %sent.id, %error, "a recorded statement cannot be delivered");
                    sent.settled = true;
                }
            }
        }
    }

    fn deliver(&mut self, recorded: Recorded<Outgoing>, sent: &Sent) {
        let (node, id, expires) = (Arc::clone(&self.node), sent.id, sent.expires);
        let handle = self.deliveries.spawn(async move { (id, outbox::deliver(&node, recorded, id, expires).await) });
        self.handles.insert(id, handle);
    }

    /// Writes a received statement down and hands out its receipt.
    pub async fn take<T>(
        &self,
        kind: EntryKind,
        statement: &Verified<T>,
        vault: CaseKey,
        reply: Delivery,
    ) -> Result<(), JournalError> {
        let body = EntryBody::Sealed { case: vault, bytes: statement.statement().body.0.clone() };
        match self.node.ledger.record((), vec![received(kind, statement, body)]).await {
            Ok(recorded) => {
                self.node.ledger.put_seen(statement.header().id, statement.statement().hash(), recorded.index());
                reply.receipt(recorded.receipt().clone());
                Ok(())
            }
            Err(error) => {
                reply.reject(RejectCode::Busy);
                Err(error)
            }
        }
    }
}

/// The reply to a delivery, and the hold on its id: a second copy is not looked at before the first is written down, and no key
/// changes before that.
pub struct Delivery {
    reply: ReplyTo,
    _held: Held<StatementId>,
    _unchanged: Unchanged,
}

impl Delivery {
    /// Of one received statement.
    pub(super) fn new(reply: ReplyTo, held: Held<StatementId>, unchanged: Unchanged) -> Self {
        Delivery { reply, _held: held, _unchanged: unchanged }
    }

    /// It is written down.
    pub(super) fn receipt(self, receipt: Receipt) -> Written {
        self.reply.receipt(receipt)
    }

    /// It is not taken.
    pub(super) fn reject(self, code: RejectCode) {
        self.reply.reject(code);
    }
}

/// The entry for a received statement.
pub(super) fn received<T>(kind: EntryKind, statement: &Verified<T>, body: EntryBody) -> Entry {
    Entry {
        id: statement.header().id.into(),
        kind,
        convenant: Some(*statement.header().convenant.base()),
        envelope: Some(Blob(statement.statement().envelope.0.clone())),
        body,
    }
}
