//! A program that is not a node but has a node's link key: it connects as that organisation and says what it wants.

use std::sync::Mutex;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use weegnet_node::clock;
use weegnet_node::convenants::Convenants;
use weegnet_node::journal::{Entry, EntryBody, Identity, Journal, PublicKeys};
use weegnet_node::link::{DeliverError, Inbound, Link, LinkConfig, Outgoing, Reply};
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::EntryId;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::sign::{Statement, read_body};
use weegnet_protocol::statement::{Approval, Draft, Refusal, RefusalCode};
use zeroize::Zeroizing;

use crate::federation::Federation;
use crate::forger::{Forger, key, oin, signatures};
use crate::organisation::Organisation;
use crate::wait::{self, PATIENCE};

/// Deliveries to us that wait to be heard.
const HEARD: usize = 64;

/// Connected as an organisation whose own node is stopped.
pub struct Impostor {
    runtime: Runtime,
    link: Link,
    journal: Journal,
    heard: Mutex<mpsc::Receiver<Inbound>>,
    stop: CancellationToken,
    _dir: TempDir,
}

impl Impostor {
    /// Takes the place of this organisation's node.
    ///
    /// # Panics
    /// When that node runs, or the link does not start.
    pub fn of(federation: &Federation, organisation: &Organisation) -> Self {
        assert!(organisation.pid().is_none(), "the node itself is on the link");
        let convenants = members_of(federation, organisation);
        let config = LinkConfig {
            oin: oin(organisation),
            key: Zeroizing::new(key(organisation, "link").to_bytes()),
            listen: organisation.address,
        };
        Impostor::connect(organisation, config, &convenants)
    }

    /// Somebody with a link key that this organisation had, at another place than its node.
    ///
    /// # Panics
    /// When the link does not start.
    pub fn thief(federation: &Federation, organisation: &Organisation, link: &SigningKey) -> Self {
        let mut listen = organisation.address;
        listen.set_port(0);
        let config = LinkConfig { oin: oin(organisation), key: Zeroizing::new(link.to_bytes()), listen };
        Impostor::connect(organisation, config, &members_of(federation, organisation))
    }

    /// Somebody with a key of their own whom no convenant names, who found out where the nodes are.
    ///
    /// # Panics
    /// When the link does not start.
    pub fn stranger(federation: &Federation) -> Self {
        let organisation = &federation.all()[0];
        let mut listen = organisation.address;
        listen.set_port(0);
        let config = LinkConfig {
            oin: "00000099000000099000".parse().expect("a number"),
            key: Zeroizing::new(clock::random()),
            listen,
        };
        Impostor::connect(organisation, config, &members_of(federation, organisation))
    }

    fn connect(organisation: &Organisation, config: LinkConfig, convenants: &Convenants) -> Self {
        let runtime = Runtime::new().expect("threads");
        let dir = tempfile::tempdir().expect("a temporary directory");
        let journal = runtime.block_on(journal(&dir, organisation));
        let (sender, heard) = mpsc::channel(HEARD);
        let stop = CancellationToken::new();
        let (link, _running) =
            runtime.block_on(Link::start(config, convenants.members(), sender, stop.clone())).expect("the link starts");
        Impostor { runtime, link, journal, heard: Mutex::new(heard), stop, _dir: dir }
    }

    /// Delivers any bytes to an organisation; its reply.
    ///
    /// # Panics
    /// When there is none.
    pub fn deliver(&self, to: &Organisation, statement: &Statement) -> Reply {
        self.try_deliver(to, statement, PATIENCE).expect("a reply")
    }

    /// Delivers, and waits so long for a reply.
    pub fn try_deliver(&self, to: &Organisation, statement: &Statement, wait: Duration) -> Result<Reply, DeliverError> {
        let outgoing = Outgoing { to: oin(to), statement: statement.clone() };
        self.runtime.block_on(async {
            let recorded = self.journal.record(outgoing, vec![entry()]).await.expect("a journal of our own");
            self.link.deliver(&recorded, Instant::now() + wait).await
        })
    }

    /// A question that an approver there approved by hand: all is right with it but that the asker's node never made it.
    ///
    /// # Panics
    /// When the approver does not get to see the draft, or may not approve it.
    pub fn approved(
        &self,
        federation: &Federation,
        asker: &Forger,
        draft: &Draft,
        approver: &Organisation,
        to: &Organisation,
    ) -> Statement {
        let sent = asker.sign(draft.clone(), approver);
        federation.forged(sent.claimed_header().expect("just made").id.to_string());
        assert!(matches!(self.deliver(approver, &sent), Reply::Receipt(_)), "the draft is taken");
        approver.approver().approve_when_there(&draft.core.uitvraag_id.to_string());
        let approval = wait::until("the approval comes", || {
            let heard = self.hear();
            let ours = read_body::<Approval>(&heard.body.0).is_ok_and(|approval| approval.core == draft.core.hash());
            ours.then_some(heard)
        });
        let question = asker.sign(asker.question(draft, to, approval), to);
        federation.forged(question.claimed_header().expect("just made").id.to_string());
        question
    }

    /// The refusal of a question of ours.
    pub fn refusal_of(&self, question: &Statement) -> RefusalCode {
        // Whatever else somebody tries to tell us comes again and again.
        wait::until("the refusal comes", || {
            let refusal = read_body::<Refusal>(&self.hear().body.0).ok()?;
            (refusal.statement == question.hash()).then_some(refusal.code)
        })
    }

    /// The next statement that somebody delivers to us, within so long: written down and receipted, as a node does.
    ///
    /// # Panics
    /// When our own journal does not take it.
    pub fn take(&self, wait: Duration) -> Option<Statement> {
        let mut heard = self.heard.lock().expect("nobody panicked");
        self.runtime.block_on(async {
            let Inbound { statement, reply, .. } = tokio::time::timeout(wait, heard.recv()).await.ok()??;
            let header = statement.claimed_header().expect("the link hands up statements");
            let taken = Entry {
                id: header.id.into(),
                kind: EntryKind::AnswerReceived,
                convenant: Some(*header.convenant.base()),
                envelope: Some(statement.envelope.clone()),
                body: EntryBody::Dropped(statement.body_hash()),
            };
            let recorded = self.journal.record((), vec![taken]).await.expect("a journal of our own");
            reply.receipt(recorded.receipt().clone());
            Some(statement)
        })
    }

    /// The next statement that somebody delivers to us; they hear that we are busy, and will try again.
    ///
    /// # Panics
    /// When nothing comes.
    pub fn hear(&self) -> Statement {
        let mut heard = self.heard.lock().expect("nobody panicked");
        let next = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, heard.recv()).await });
        next.expect("somebody says something").expect("the link runs").statement
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Whom this organisation's node would know.
fn members_of(federation: &Federation, organisation: &Organisation) -> Convenants {
    let convenants = Convenants::new(oin(organisation));
    let document = std::fs::read_to_string(federation.convenant_path()).expect("the convenant is there");
    convenants.adopt(convenants.check(&document, &signatures(federation)).expect("a convenant"), clock::now());
    convenants
}

async fn journal(dir: &TempDir, organisation: &Organisation) -> Journal {
    let checkpoint = key(organisation, "checkpoint");
    let public = |name| Bytes(key(organisation, name).verifying_key().to_bytes());
    let keys = PublicKeys {
        link: public("link"),
        // Offline, and of no use here.
        party: Bytes(checkpoint.verifying_key().to_bytes()),
        witness: public("witness"),
        statement: public("statement"),
        checkpoint: public("checkpoint"),
    };
    let identity = Identity { oin: oin(organisation), name: organisation.name.into(), keys };
    let path = dir.path().join("journal");
    Journal::create(&path, &identity, &checkpoint, clock::now).expect("a journal of our own");
    Journal::open(&path, checkpoint, clock::now).expect("a journal of our own").0
}

/// Something to record: `deliver` takes only what is recorded.
fn entry() -> Entry {
    Entry {
        id: EntryId::new(clock::now(), clock::random()),
        kind: EntryKind::HouseCheckpoint,
        convenant: None,
        envelope: None,
        body: EntryBody::Public(clock::random::<32>().to_vec()),
    }
}
