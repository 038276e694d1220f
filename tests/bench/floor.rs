//! The floor under the answers: decode, verify, decide, match, record, sign; one thread, one file per log.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use weegnet_node::clock;
use weegnet_node::keys::OnlineKeys;
use weegnet_policy::decide::{Answering, Matching, Policy, Searcher};
use weegnet_protocol::Oin;
use weegnet_protocol::codec::{self, Bytes, Hash};
use weegnet_protocol::frame::{Frame, RequestId};
use weegnet_protocol::id::{EntryId, StatementId};
use weegnet_protocol::log::{Checkpoint, EntryKind, Leaf, LogName, Origin, Receipt, Tree};
use weegnet_protocol::sign::{self, Address, Signed};
use weegnet_protocol::statement::{Answer, Approval, Outcome, Uitvraag};

use crate::Failure;
use crate::lookup::Lookup;

/// One log: a preallocated file, a tree, a checkpoint per batch.
struct Log {
    file: File,
    tree: Tree,
    origin: Origin,
    batch: Vec<u8>,
    previous: Hash,
}

impl Log {
    fn new(dir: &Path, oin: &Oin, name: LogName) -> Result<Self, Failure> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(dir.join(name.as_str()))?;
        file.set_len(64 * 1024 * 1024)?;
        // Written once, so that a sync has no block to allocate.
        (&file).write_all(&vec![0; 64 * 1024 * 1024])?;
        file.sync_all()?;
        use std::io::Seek;
        (&file).rewind()?;
        let origin = Origin::new(oin, name, [0; 8]);
        Ok(Log { file, tree: Tree::default(), origin, batch: Vec::new(), previous: Bytes([0; 32]) })
    }

    fn append(
        &mut self,
        kind: EntryKind,
        body: &[u8],
        envelope: Option<&[u8]>,
        cipher: &XChaCha20Poly1305,
    ) -> Result<Leaf, Failure> {
        let leaf = Leaf {
            id: EntryId::new(clock::now(), clock::random()),
            body: Some(Hash::of(&[body])),
            kind,
            time: clock::now(),
            convenant: Some(Bytes([1; 32])),
            statement: envelope.map(|envelope| Hash::of(&[envelope])),
        };
        let sealed = cipher.encrypt(&XNonce::from(clock::random::<24>()), body).map_err(|_| "sealing failed")?;
        let bytes = leaf.encode();
        self.tree.append(leaf.hash());
        let start = self.batch.len();
        self.batch.extend_from_slice(&bytes);
        self.batch.extend_from_slice(envelope.unwrap_or_default());
        self.batch.extend_from_slice(&sealed);
        self.previous = Hash::of(&[&self.previous.0, &self.batch[start..]]);
        Ok(leaf)
    }

    fn commit(&mut self, keys: &OnlineKeys) -> Result<String, Failure> {
        let size = self.tree.size();
        let root = self.tree.root(size).ok_or("no root")?;
        let signed = Checkpoint { origin: self.origin.clone(), size, root }.sign(&keys.checkpoint);
        self.batch.extend_from_slice(signed.note().as_bytes());
        self.file.write_all(&self.batch)?;
        self.file.sync_data()?;
        self.batch.clear();
        Ok(signed.note().into())
    }
}

/// One responder on one thread.
pub struct Floor {
    exchange: Log,
    house: Log,
    policy: Policy,
    keys: OnlineKeys,
    us: Oin,
    register: Lookup,
    cipher: XChaCha20Poly1305,
}

impl Floor {
    pub fn new(
        dir: &Path,
        us: Oin,
        ratified: weegnet_policy::convenant::Ratified,
        keys: OnlineKeys,
        rows: u32,
    ) -> Result<Self, Failure> {
        Ok(Floor {
            exchange: Log::new(dir, &us, LogName::Exchange)?,
            house: Log::new(dir, &us, LogName::House)?,
            policy: Policy::new(Arc::new(ratified))?,
            keys,
            us,
            register: Lookup::of_rows(rows)?,
            cipher: XChaCha20Poly1305::new(&[7; 32].into()),
        })
    }

    /// Answers frames in groups of `group`; seconds that took.
    pub fn answer(&mut self, frames: &[Vec<u8>], group: usize) -> Result<f64, Failure> {
        let started = Instant::now();
        for frames in frames.chunks(group) {
            let mut permits = Vec::with_capacity(group);
            for frame in frames {
                permits.push(self.receive(frame)?);
            }
            let note = self.exchange.commit(&self.keys)?;
            let size = self.exchange.tree.size();
            let mut outgoing = Vec::new();
            for (permit, leaf, index) in &permits {
                let inclusion = self.exchange.tree.inclusion(*index, size).ok_or("no proof")?;
                let receipt = Receipt { leaf: leaf.clone(), inclusion, checkpoint: note.clone() };
                outgoing.push(codec::encode(&Frame::Receipt { request: RequestId(1), receipt }));
                outgoing.push(self.reply(permit)?);
            }
            self.house.commit(&self.keys)?;
            self.exchange.commit(&self.keys)?;
            std::hint::black_box(outgoing);
        }
        Ok(started.elapsed().as_secs_f64())
    }

    fn receive(&mut self, frame: &[u8]) -> Result<(weegnet_policy::decide::Permit, Leaf, u64), Failure> {
        let Frame::Deliver { statement, .. } = codec::decode::<Frame>(frame)? else {
            return Err("not a delivery".into());
        };
        let now = clock::now();
        let ratified = self.policy.ratified().clone();
        let question = sign::verify::<Uitvraag>(statement, ratified.as_ref(), &self.us, now)?;
        let content = question.content();
        let approval = sign::verify::<Approval>(content.approval.clone(), ratified.as_ref(), &content.core.asker, now);
        let answering =
            Answering { us: self.us, now, asked_today_by_this_asker: 0, same_person_last_asked_by_this_asker: None };
        let permit = self.policy.may_answer(question, approval, &answering).map_err(|refused| refused.denial.en)?;
        let statement = permit.question().statement();
        let index = self.exchange.tree.size();
        let leaf = self.exchange.append(
            EntryKind::QuestionReceived,
            &statement.body.0,
            Some(&statement.envelope.0),
            &self.cipher,
        )?;
        self.exchange.append(EntryKind::PolicyDecision, &[0; 128], None, &self.cipher)?;
        Ok((permit, leaf, index))
    }

    fn reply(&mut self, permit: &weegnet_policy::decide::Permit) -> Result<Vec<u8>, Failure> {
        let content = permit.question().content();
        let person = &content.subject().ok_or("no subject")?.person;
        let now = clock::now();
        // The decisions that a node makes between permit and answer, and the search between them.
        let matching = Matching {
            by: Searcher::Node,
            us: self.us,
            asker: content.core.asker,
            person_is_author_of_question: false,
            now,
            answer_by: content.core.answer_by,
        };
        let contact = self.policy.automatic_release(permit, now).ok_or("nothing goes by itself")?.contact().clone();
        self.policy.may_match(&matching).map_err(|denial| denial.en)?;
        if self.register.candidates(person) == 0 {
            return Err("not in the register".into());
        }
        self.house.append(EntryKind::Candidates, &[0; 256], None, &self.cipher)?;
        self.house.append(EntryKind::Released, &[0; 128], None, &self.cipher)?;
        let address = Address {
            issuer: self.us,
            audience: content.core.asker,
            id: StatementId::new(now, clock::random()),
            issued: now,
            expires: content.core.answer_by,
            convenant: content.core.convenant.clone(),
        };
        let question = permit.question().statement().hash();
        let answer = Answer::new(content.core.uitvraag_id, question, Outcome::Known(contact));
        let statement = Signed::seal(address, answer, clock::random(), &self.keys.statement).into_statement();
        self.exchange.append(EntryKind::AnswerSent, &statement.body.0, Some(&statement.envelope.0), &self.cipher)?;
        Ok(codec::encode(&Frame::Deliver { request: RequestId(1), statement }))
    }
}

/// The asker's share on one thread: two entries in one log, each with a sync, and the signatures around them.
pub struct AskerFloor {
    log: Log,
    cipher: XChaCha20Poly1305,
}

impl AskerFloor {
    pub fn new(dir: &Path, us: Oin, _: &OnlineKeys) -> Result<Self, Failure> {
        Ok(AskerFloor { log: Log::new(dir, &us, LogName::Exchange)?, cipher: XChaCha20Poly1305::new(&[7; 32].into()) })
    }

    /// Records a signed question; then checks two signatures, as of a receipt and an answer, and records again.
    pub fn turn(&mut self, statement: &sign::Statement, keys: &OnlineKeys) -> Result<(), Failure> {
        self.log.append(EntryKind::UitvraagSent, &statement.body.0, Some(&statement.envelope.0), &self.cipher)?;
        let note = self.log.commit(keys)?;
        let signed = weegnet_protocol::log::SignedCheckpoint::parse(&note)?;
        signed.verify(&keys.checkpoint.verifying_key())?;
        let envelope = sign::Envelope::decode(&statement.envelope.0)?;
        envelope.verify(&keys.statement.verifying_key())?;
        self.log.append(EntryKind::AnswerReceived, &statement.body.0, Some(&statement.envelope.0), &self.cipher)?;
        self.log.commit(keys)?;
        Ok(())
    }
}
