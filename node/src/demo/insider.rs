//! A dishonest insider: the gemeente's own keys, used past its desk, to ask what no other core party approved.
//!
//! The node is stopped and its directory opened by this process, as somebody with access to the machine could. What
//! cannot be got round even so: the insider's own journal records the question before it can be sent, and whoever is
//! asked checks the approval, not the asker's good faith.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};
use weegnet_protocol::Oin;
use weegnet_protocol::codec::{Bytes, Hash};
use weegnet_protocol::id::{StatementId, UitvraagId};
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::person::PersonRef;
use weegnet_protocol::sign::{self, Address, Content, Header, Signed, Statement};
use weegnet_protocol::statement::{
    Approval, AskedSubject, Draft, DraftCore, Kind, Motivation, Recipient, Refusal, RefusalCode, Subject, Uitvraag,
};
use weegnet_protocol::time::Millis;
use zeroize::Zeroizing;

use super::cast::{Cast, Who};
use super::convenant;
use super::error::DemoError;
use super::opening::connected;
use super::people;
use super::question::{CRITERION, MOTIVATION, code};
use super::stage::{Stage, Tone};
use crate::clock;
use crate::home::Home;
use crate::journal::{CaseKey, Entry, EntryBody};
use crate::link::{Inbound, Link, LinkConfig, Outgoing, Reply};
use crate::node::Node;

/// How long the answers to an unapproved question would have: 10 minutes.
const WINDOW: Millis = Millis::seconds(600);
/// How long receipt and refusal may take: 20 s.
const PATIENCE: Duration = Duration::from_secs(20);
/// Deliveries that wait to be looked at.
const INBOUND_QUEUE: usize = 16;

/// Sends the OM a question that only the gemeente itself approved. Whether it was refused for that.
///
/// # Errors
/// When no verified refusal came back, or the gemeente's node does not stop and start again.
pub async fn unapproved(cast: &mut Cast, stage: &Stage, log: &std::path::Path) -> Result<bool, DemoError> {
    stage.scene("One question without approval");
    let om = cast.at(Who::Om).card.oin;
    let gemeente = cast.at_mut(Who::Gemeente);
    if let Some(process) = gemeente.process.take() {
        process.stop().await?;
    }
    stage.act(Who::Gemeente, Tone::Plain, "the node is stopped; somebody inside takes its keys and goes past the desk");
    let mut insider = Insider::enter(gemeente.home.clone()).await?;
    let code = insider.ask(om, stage).await;
    insider.leave().await;
    let refused = code? == RefusalCode::NotApproved;
    gemeente.restart(log).await?;
    connected(cast).await?;
    stage.act(Who::Gemeente, Tone::Plain, "the node runs again, with the attempt in its own journal");
    Ok(refused)
}

struct Insider {
    node: Arc<Node>,
    link: Link,
    linked: JoinHandle<()>,
    inbound: mpsc::Receiver<Inbound>,
    stop: DropGuard,
}

impl Insider {
    async fn enter(home: Home) -> Result<Self, DemoError> {
        let node = Node::open(home)?;
        let (sender, inbound) = mpsc::channel(INBOUND_QUEUE);
        let key = Zeroizing::new(node.keys.link.to_bytes());
        let config = LinkConfig { oin: node.us(), key, listen: node.config.listen };
        let stop = CancellationToken::new();
        let (link, linked) = Link::start(config, node.convenants.members(), sender, stop.clone()).await?;
        Ok(Insider { node, link, linked, inbound, stop: stop.drop_guard() })
    }

    /// Sends the question, and waits for what comes back.
    async fn ask(&mut self, to: Oin, stage: &Stage) -> Result<RefusalCode, DemoError> {
        let last = Instant::now() + PATIENCE;
        let vault = self.node.ledger.new_case()?;
        let question = self.question(to)?;
        let (header, hash) = (question.header().clone(), question.statement().hash());
        let statement = question.into_statement();
        let entry = entry(EntryKind::UitvraagSent, &header, &statement, vault);
        let recorded = self.node.ledger.record(Outgoing { to, statement }, vec![entry]).await?;
        stage.act(Who::Gemeente, Tone::Plain, "a question to the om, \"approved\" with the gemeente's own key");
        stage.detail("the link takes only what the journal holds, so even this is written down first");
        match self.link.deliver(&recorded, last).await? {
            Reply::Receipt(receipt) => self.node.ledger.keep_receipt(header.id, receipt),
            Reply::Reject(code) => {
                return Err(DemoError::NotShown(format!("the om rejected a whole statement: {code:?}")));
            }
        }
        stage.act(Who::Om, Tone::Plain, "gives a receipt: the question is in its journal, nothing of the person is");
        let code = self.refusal(to, hash, vault, last).await?;
        stage.act(Who::Om, Tone::No, &format!("refuses, signed: {}", said(code)));
        stage.detail("decided before any search: the register was not touched");
        Ok(code)
    }

    /// The question, with an approval that the asker signed.
    fn question(&self, to: Oin) -> Result<Signed<Uitvraag>, DemoError> {
        let (node, now) = (&self.node, clock::now());
        let policy = node.convenants.named(&code(convenant::ID)?);
        let policy = policy.ok_or_else(|| DemoError::NotShown("the convenant is not in force".into()))?;
        let ratified = policy.ratified();
        let person =
            PersonRef::try_from(people::unapproved()).map_err(|error| DemoError::NotShown(error.to_string()))?;
        let criteria = vec![code(CRITERION)?];
        let minor = person.birth().may_be_minor(now.day());
        let subject = Subject { salt: Bytes(clock::random()), minor, person, criteria };
        let motivation = Motivation { salt: Bytes(clock::random()), text: MOTIVATION.into() };
        let core = DraftCore {
            asker: node.us(),
            urgent: false,
            purpose: ratified.terms().purpose.uri.clone(),
            answer_by: (now + WINDOW).ceil_second(),
            convenant: ratified.reference().clone(),
            motivation: motivation.commitment(),
            subject: subject.commitment(),
            uitvraag_id: UitvraagId::new(now, clock::random()),
        };
        let recipient = Recipient { oin: to, salt: Bytes(clock::random()), reason: None };
        let salt = recipient.salt;
        let draft = Draft { core, author: Bytes(clock::random()), subject, motivation, recipients: vec![recipient] };
        let approval = self.sign(Approval::of(&draft), node.us(), &draft.core).into_statement();
        let core = draft.core.clone();
        let question = Uitvraag { core, salt, subject: AskedSubject::Open(draft.subject), approval };
        Ok(self.sign(question, to, &draft.core))
    }

    fn sign<T: Content>(&self, content: T, audience: Oin, core: &DraftCore) -> Signed<T> {
        let issued = clock::now();
        let address = Address {
            issuer: self.node.us(),
            audience,
            id: StatementId::new(issued, clock::random()),
            issued,
            expires: core.answer_by,
            convenant: core.convenant.clone(),
        };
        Signed::seal(address, content, clock::random(), &self.node.keys.statement)
    }

    /// The verified refusal of `question`; it is written down and receipted like any other.
    async fn refusal(
        &mut self,
        from: Oin,
        question: Hash,
        vault: CaseKey,
        last: Instant,
    ) -> Result<RefusalCode, DemoError> {
        loop {
            let late = DemoError::Late { what: "the refusal", patience: PATIENCE };
            let Ok(Some(inbound)) = timeout_at(last, self.inbound.recv()).await else { return Err(late) };
            let is_refusal = inbound.statement.claimed_header().is_ok_and(|header| header.kind == Kind::Refusal);
            if inbound.from != from || !is_refusal {
                // Dropped, it says busy: whoever sends something else now tries again when the node runs.
                continue;
            }
            let (node, now) = (&self.node, clock::now());
            let refusal = sign::verify::<Refusal>(inbound.statement, node.convenants.as_ref(), &node.us(), now)?;
            if refusal.content().statement != question {
                continue;
            }
            let entry = entry(EntryKind::RefusalReceived, refusal.header(), refusal.statement(), vault);
            let recorded = node.ledger.record((), vec![entry]).await?;
            inbound.reply.receipt(recorded.receipt().clone());
            return Ok(refusal.content().code);
        }
    }

    async fn leave(self) {
        let Insider { node, link, linked, inbound, stop } = self;
        drop((link, inbound, stop));
        // Ends when the link has let go of its port.
        let _ = linked.await;
        node.ledger.close();
        node.ledger.journal().clone().close().await;
    }
}

fn entry(kind: EntryKind, header: &Header, statement: &Statement, vault: CaseKey) -> Entry {
    Entry {
        id: header.id.into(),
        kind,
        convenant: Some(*header.convenant.base()),
        envelope: Some(statement.envelope.clone()),
        body: EntryBody::Sealed { case: vault, bytes: statement.body.0.clone() },
    }
}

fn said(code: RefusalCode) -> String {
    match code {
        RefusalCode::NotApproved => "NotApproved, no other core party's valid approval covers this question".to_owned(),
        other => format!("{other:?}, another reason than the missing approval"),
    }
}
