//! What must hold at the end of every story: every journal verifies, both sides tell the same, nothing left without
//! approval, nobody was named without a release, and no file or line tells about a person.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::ErrorKind;
use std::path::Path;

use memchr::memmem::Finder;
use weegnet_node::exchange::bodies::{Note, Released};
use weegnet_node::journal::{self, Scanned, Stored};
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::log::{EntryKind, LogName};
use weegnet_protocol::sign::{Envelope, Header, read_body};
use weegnet_protocol::statement::{Answer, Approval, Outcome, Refusal, Uitvraag};

use crate::faults::files;
use crate::organisation::{Line, Organisation};

/// A statement that stands in its sender's journal only.
pub type Undelivered = Line;

/// Which entry at the receiver belongs to which at the sender.
const PAIRS: [(&str, &str); 8] = [
    ("draft_sent", "draft_received"),
    ("approval_given", "approval_received"),
    ("uitvraag_sent", "question_received"),
    ("answer_sent", "answer_received"),
    ("refusal_sent", "refusal_received"),
    ("withdrawal_sent", "withdrawal_received"),
    ("correction_sent", "correction_received"),
    ("publication_sent", "publication_received"),
];

/// Size in which files are looked through, in bytes.
const PAGE: usize = 4096;

/// Checks all journals of stopped nodes, alone and against each other; what was sent and never received. `forged` are ids
/// of statements that stand in no sender's journal.
///
/// # Panics
/// When anything does not hold.
pub fn check(organisations: &[Organisation], forged: &[String]) -> Vec<Undelivered> {
    for organisation in organisations {
        let verified =
            organisation.json("log verify", &[]).unwrap_or_else(|error| panic!("{}: {error}", organisation.name));
        assert_eq!(verified["verified"], true, "{}", organisation.name);
        assert_eq!(verified["running"], false, "{}", organisation.name);
    }
    let lines: Vec<(&Organisation, Vec<Line>)> = organisations.iter().map(|org| (org, org.lines())).collect();
    let lost = pairs(&lines, forged);
    let journals: Vec<_> = organisations.iter().map(Journal::read).collect();
    let approvals: HashSet<Hash> =
        journals.iter().flat_map(|journal| journal.envelopes(EntryKind::ApprovalGiven)).collect();
    for journal in &journals {
        journal.asked_only_what_was_approved();
        journal.took_only_what_was_approved(&approvals);
        journal.answered_once();
        journal.named_nobody_without_a_release();
    }
    lost
}

/// Every received statement was sent, bit for bit; what was sent and not received.
fn pairs(lines: &[(&Organisation, Vec<Line>)], forged: &[String]) -> Vec<Undelivered> {
    let mut sent: BTreeMap<(&str, &str), &Line> = BTreeMap::new();
    for (organisation, lines) in lines {
        for line in lines.iter().filter(|line| PAIRS.iter().any(|(sent, _)| *sent == line.kind)) {
            assert_eq!(line.issuer.as_deref(), Some(organisation.oin.as_str()), "{line:?}");
            assert!(sent.insert((&line.kind, &line.id), line).is_none(), "sent twice: {line:?}");
        }
    }
    for (organisation, lines) in lines {
        for line in lines {
            let Some((sending, _)) = PAIRS.iter().find(|(_, received)| *received == line.kind) else { continue };
            assert_eq!(line.audience.as_deref(), Some(organisation.oin.as_str()), "{line:?}");
            if forged.contains(&line.id) {
                continue;
            }
            let there = sent.remove(&(sending, &line.id)).unwrap_or_else(|| panic!("nobody sent {line:?}"));
            assert_eq!((&there.statement, &there.body), (&line.statement, &line.body), "{line:?} against {there:?}");
            assert_eq!((&there.issuer, &there.audience), (&line.issuer, &line.audience), "{line:?} against {there:?}");
        }
    }
    sent.into_values().cloned().collect()
}

/// One journal with its bodies opened, for what the public entries do not tell.
struct Journal<'a> {
    organisation: &'a Organisation,
    entries: Vec<(Stored, Option<Header>, Option<Vec<u8>>)>,
}

impl<'a> Journal<'a> {
    fn read(organisation: &'a Organisation) -> Self {
        let dir = organisation.dir().join("journal");
        let mut entries = Vec::new();
        journal::verify(
            &dir,
            |_, _| {},
            |scanned| {
                if let Scanned::Entry(stored) = scanned {
                    let envelope =
                        stored.envelope.as_ref().map(|envelope| Envelope::decode(&envelope.0).expect("verified"));
                    let body = journal::open_stored(&dir, stored).expect("the vault is whole");
                    entries.push((stored.clone(), envelope.map(|envelope| envelope.header), body));
                }
                Ok::<_, std::convert::Infallible>(())
            },
        )
        .expect("verified before");
        Journal { organisation, entries }
    }

    fn of(&self, kind: EntryKind) -> impl Iterator<Item = &(Stored, Option<Header>, Option<Vec<u8>>)> {
        self.entries.iter().filter(move |(stored, ..)| stored.leaf.kind == kind)
    }

    fn envelopes(&self, kind: EntryKind) -> Vec<Hash> {
        self.of(kind).filter_map(|(stored, ..)| stored.leaf.statement).collect()
    }

    /// H1: before a question goes out, the approval of its draft core has come in.
    fn asked_only_what_was_approved(&self) {
        let mut approved = HashSet::new();
        for (stored, _, body) in self.entries.iter().filter(|(stored, ..)| stored.log == LogName::Exchange) {
            let Some(body) = body else { continue };
            match stored.leaf.kind {
                EntryKind::ApprovalReceived => {
                    approved.insert(read_body::<Approval>(body).expect("recorded").core);
                }
                EntryKind::UitvraagSent => {
                    let question = read_body::<Uitvraag>(body).expect("recorded");
                    let name = self.organisation.name;
                    assert!(
                        approved.contains(&question.core.hash()),
                        "{name} asks without approval: {:?}",
                        stored.index
                    );
                }
                _ => {}
            }
        }
    }

    /// H1: every question whose body is kept carries an approval that another party's journal holds.
    fn took_only_what_was_approved(&self, approvals: &HashSet<Hash>) {
        for (stored, header, body) in self.of(EntryKind::QuestionReceived) {
            let Some(body) = body else { continue };
            let question = read_body::<Uitvraag>(body).expect("recorded");
            let approval = question.approval.claimed_header().expect("checked when it came in");
            let asker = header.as_ref().expect("a statement").issuer;
            assert!(approvals.contains(&question.approval.hash()), "taken without approval: {:?}", stored.index);
            assert_ne!(approval.issuer, asker, "approved by the asker: {:?}", stored.index);
        }
        let decisions = self.of(EntryKind::PolicyDecision).count();
        let questions = self.of(EntryKind::QuestionReceived).count();
        assert!(decisions >= questions, "{}: {questions} questions, {decisions} decisions", self.organisation.name);
    }

    /// One reply to every question, on both sides.
    fn answered_once(&self) {
        for (answers, refusals) in
            [(EntryKind::AnswerSent, EntryKind::RefusalSent), (EntryKind::AnswerReceived, EntryKind::RefusalReceived)]
        {
            let mut replied = HashSet::new();
            let answers = self.of(answers).filter_map(|(.., body)| body.as_deref());
            let answers = answers.map(|body| *read_body::<Answer>(body).expect("recorded").question());
            let refusals = self.of(refusals).filter_map(|(.., body)| body.as_deref());
            let refusals = refusals.map(|body| read_body::<Refusal>(body).expect("recorded").statement);
            for question in answers.chain(refusals) {
                assert!(replied.insert(question), "{}: two replies to one question", self.organisation.name);
            }
        }
    }

    /// R4: what names this organisation was let go, once, for this uitvraag.
    fn named_nobody_without_a_release(&self) {
        let mut released: HashMap<UitvraagId, usize> = HashMap::new();
        for (_, _, body) in self.of(EntryKind::Released) {
            // What is erased is judged by nobody any more.
            let Some(body) = body else { continue };
            let note: Note<Released> = codec::decode(body).expect("recorded");
            *released.entry(note.content.case.uitvraag_id).or_default() += 1;
        }
        for (_, _, body) in self.of(EntryKind::AnswerSent) {
            let Some(body) = body else { continue };
            let answer: Answer = read_body(body).expect("recorded");
            let releases = released.remove(&answer.uitvraag_id()).unwrap_or(0);
            let known = matches!(answer.outcome(), Outcome::Known(_));
            assert_eq!(releases, usize::from(known), "{}: answer and release disagree", self.organisation.name);
        }
        assert!(released.is_empty(), "{}: released and not answered", self.organisation.name);
    }
}

/// No log line, no error text and no file of a node holds any of these words, but where secrets are meant to be.
///
/// # Panics
/// When one does; the message names the file and the number of the word.
pub fn finds_nothing_in_the_clear(root: &Path, organisations: &[Organisation], words: &[String]) {
    let mut places = files(&root.join("logs"));
    for organisation in organisations {
        let secret = ["keys", "credentials"].map(|name| organisation.dir().join(name));
        places.extend(
            files(organisation.dir()).into_iter().filter(|path| !secret.iter().any(|dir| path.starts_with(dir))),
        );
    }
    for path in places {
        if let Some(word) = first_found(&path, words) {
            panic!("word {word} of the planted ones stands in {}", path.display());
        }
    }
}

/// The number of the first word that a file holds; a file that a running node has put away meanwhile holds none.
///
/// # Panics
/// When the file is there and cannot be read.
pub fn first_found(path: &Path, words: &[String]) -> Option<usize> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => panic!("{}: {error}", path.display()),
    };
    // Segments are preallocated: empty pages hold no word.
    let bytes: Vec<u8> =
        bytes.chunks(PAGE).filter(|page| **page != [0; PAGE][..page.len()]).collect::<Vec<_>>().concat();
    words.iter().position(|word| Finder::new(word.as_bytes()).find(&bytes).is_some())
}
