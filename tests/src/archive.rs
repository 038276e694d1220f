//! Cases that lie in a stopped node's journal since days: written by the journal's own writer, with a clock of then.

use std::collections::HashSet;
use std::path::Path;

use weegnet_node::exchange::bodies::{Act, Candidates, PolicyDecision};
use weegnet_node::exchange::note;
use weegnet_node::exchange::record::{CaseId, Side};
use weegnet_node::home::Home;
use weegnet_node::journal::{CaseKey, Entry, EntryBody, Journal};
use weegnet_node::people::Actor;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::id::UitvraagId;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::sign::{Address, Content, Statement};
use weegnet_protocol::statement::{Answer, Approval, Draft, Outcome, Refusal, RefusalCode};
use weegnet_protocol::time::Millis;

use crate::faults::files;
use crate::federation::Federation;
use crate::forger::{self, Forger, oin};
use crate::organisation::Organisation;
use crate::people::Person;
use crate::terms::KNOWN_BECAUSE;

/// Bytes of a key in the vault, and of the header before the first.
const KEY_BYTES: usize = 32;
const VAULT_HEADER_BYTES: usize = 64;

/// What lies in the archive, by how it ended.
#[derive(Debug, Default)]
pub struct Archive {
    /// Questions without a match.
    pub without_match: Vec<UitvraagId>,
    /// Questions with a possible match that a reviewer withheld.
    pub withheld: Vec<UitvraagId>,
    /// Questions that the convenant refused.
    pub refused: Vec<UitvraagId>,
    /// Drafts of others that were approved here.
    pub approved: Vec<UitvraagId>,
}

/// Writes `count` cases of each kind into the journal of `at`, asked by `asker` so long ago.
///
/// # Panics
/// When the journal does not take them.
pub fn furnish(federation: &Federation, at: &Organisation, asker: &Organisation, count: usize, ago: Millis) -> Archive {
    let then = weegnet_node::clock::now() - ago;
    let key = forger::key(at, "checkpoint");
    let journal = Home::at(at.dir()).journal();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (journal, _) = Journal::open(&journal, key, move || then).expect("the node is stopped");
        let writer = Writer {
            federation,
            at,
            asking: Forger::of(federation, asker),
            answering: Forger::of(federation, at),
            journal,
            then,
        };
        let mut archive = Archive::default();
        for number in 0..count {
            archive.without_match.push(writer.question(number, false).await);
            archive.withheld.push(writer.question(number, true).await);
            archive.refused.push(writer.refused(number).await);
            archive.approved.push(writer.draft(number).await);
        }
        writer.journal.close().await;
        archive
    })
}

struct Writer<'a> {
    federation: &'a Federation,
    at: &'a Organisation,
    asking: Forger,
    answering: Forger,
    journal: Journal,
    then: Timestamp,
}

impl Writer<'_> {
    async fn question(&self, number: usize, with_match: bool) -> UitvraagId {
        let (draft, question, case) = self.asked(number);
        let [vault, person] = [(); 2].map(|()| self.journal.new_case().expect("there is room"));
        let hash = question.hash();
        let mut entries = vec![self.statement(EntryKind::QuestionReceived, question, Some(person), true)];
        entries.push(self.note(
            EntryKind::PolicyDecision,
            vault,
            PolicyDecision { case, denied: None, policy_ids: Vec::new() },
        ));
        if with_match {
            let row = format!(
                r#"{{"row":{{"id":"r{number}","generation":1}},"reason":"{KNOWN_BECAUSE}","source_record":null,
                "comparison":{{"bsn":"unknown","birth":"same","prefix":"unknown","surname":"same","given_names":"same"}}}}"#
            );
            let rows = vec![serde_json::from_str(&row).expect("a candidate")];
            entries.push(self.note(
                EntryKind::Candidates,
                vault,
                Candidates { case, rows, contradictions: Vec::new() },
            ));
            let by = Actor { person: "cor".parse().expect("a name"), os_user: 0, way: None };
            let act = Act { by, case, yes: false, reason: Some("Een naamgenoot.".into()) };
            entries.push(self.note(EntryKind::NotReleased, vault, act));
        }
        let answer = Answer::new(draft.core.uitvraag_id, hash, Outcome::NoStatement);
        let answer = self.said(&self.answering, answer, &draft.core.asker, draft.core.answer_by + Millis::hours(1));
        entries.push(self.statement(EntryKind::AnswerSent, answer, Some(vault), false));
        self.record(entries).await;
        draft.core.uitvraag_id
    }

    async fn refused(&self, number: usize) -> UitvraagId {
        let (draft, question, case) = self.asked(number);
        let vault = self.journal.new_case().expect("there is room");
        let (code, statement) = (RefusalCode::Declined, question.hash());
        let uitvraag_id = draft.core.uitvraag_id;
        let refusal = Refusal { code, statement, uitvraag_id };
        let refusal = self.said(&self.answering, refusal, &draft.core.asker, draft.core.answer_by);
        let decision = PolicyDecision { case, denied: Some(code), policy_ids: Vec::new() };
        let entries = vec![
            self.statement(EntryKind::QuestionReceived, question, None, true),
            self.note(EntryKind::PolicyDecision, vault, decision),
            self.statement(EntryKind::RefusalSent, refusal, Some(vault), false),
        ];
        self.record(entries).await;
        uitvraag_id
    }

    async fn draft(&self, number: usize) -> UitvraagId {
        let draft = self.drafted(number);
        let vault = self.journal.new_case().expect("there is room");
        let uitvraag_id = draft.core.uitvraag_id;
        let approval = self.said(&self.answering, Approval::of(&draft), &draft.core.asker, draft.core.answer_by);
        let received = self.said(&self.asking, draft.clone(), &oin(self.at), draft.core.answer_by);
        let entries = vec![
            self.statement(EntryKind::DraftReceived, received, Some(vault), true),
            self.statement(EntryKind::ApprovalGiven, approval, Some(vault), false),
        ];
        self.record(entries).await;
        uitvraag_id
    }

    fn asked(&self, number: usize) -> (Draft, Statement, CaseId) {
        let draft = self.drafted(number);
        let approval = self.said(&self.answering, Approval::of(&draft), &draft.core.asker, draft.core.answer_by);
        let question = self.asking.question(&draft, self.at, approval);
        let question = self.said(&self.asking, question, &oin(self.at), draft.core.answer_by);
        let case = CaseId { side: Side::Question, uitvraag_id: draft.core.uitvraag_id, asker: draft.core.asker };
        (draft, question, case)
    }

    fn drafted(&self, number: usize) -> Draft {
        let mut draft = self.asking.draft(&someone(number), &[self.at], 1);
        draft.core.answer_by = (self.then + Millis::seconds(60)).ceil_second();
        draft
    }

    fn said<T: Content>(&self, by: &Forger, content: T, to: &weegnet_protocol::Oin, expires: Timestamp) -> Statement {
        by.sign_at(content, Address { issued: self.then.floor_second(), expires, ..by.address(to) })
    }

    fn statement(&self, kind: EntryKind, statement: Statement, key: Option<CaseKey>, received: bool) -> Entry {
        let header = statement.claimed_header().expect("we signed it");
        if received {
            self.federation.forged(header.id.to_string());
        }
        let bytes = statement.body.0.clone();
        let body = match key {
            Some(case) => EntryBody::Sealed { case, bytes },
            None => EntryBody::Dropped(Hash::of(&[&bytes])),
        };
        let convenant = Some(*header.convenant.base());
        Entry { id: header.id.into(), kind, convenant, envelope: Some(statement.envelope), body }
    }

    fn note<T: serde::Serialize>(&self, kind: EntryKind, key: CaseKey, content: T) -> Entry {
        note(kind, Some(self.asking.convenant().reference()), key, content)
    }

    async fn record(&self, entries: Vec<Entry>) {
        self.journal.record((), entries).await.expect("the journal takes it");
    }
}

/// Somebody whose words are looked for after the erasure.
pub fn someone(number: usize) -> Person {
    let given = format!("Zwaluwiena {}", "abcdefghij".repeat(1 + number % 3));
    Person::new(&given, "Zwaluwstaartman", "1979-05-04").alias("Boerenzwaluwberg")
}

/// Words of everybody in an archive.
pub const ARCHIVE_WORDS: [&str; 3] = ["Zwaluwiena", "Zwaluwstaartman", "Boerenzwaluwberg"];

/// All keys of a vault that are not destroyed.
///
/// # Panics
/// When there is no vault.
pub fn vault_keys(dir: &Path) -> Vec<[u8; KEY_BYTES]> {
    let bytes = std::fs::read(dir.join("journal/vault.keys")).expect("a vault");
    let (keys, _) = bytes[VAULT_HEADER_BYTES..].as_chunks::<KEY_BYTES>();
    keys.iter().map(|key| if *key == [0; KEY_BYTES] { [0; KEY_BYTES] } else { *key }).collect()
}

/// In how many places of a directory's files one of these keys stands.
///
/// # Panics
/// When a file cannot be read.
pub fn places_of(dir: &Path, keys: &[[u8; KEY_BYTES]]) -> usize {
    let begin = |key: &[u8]| u64::from_le_bytes([key[0], key[1], key[2], key[3], key[4], key[5], key[6], key[7]]);
    let begins: HashSet<u64> = keys.iter().map(|key| begin(key)).collect();
    let keys: HashSet<&[u8]> = keys.iter().map(<[u8; KEY_BYTES]>::as_slice).collect();
    let mut found = 0;
    for path in files(dir) {
        let bytes = std::fs::read(path).expect("the file is ours");
        // Whole pages of zeroes hold no key.
        for page in bytes.windows(KEY_BYTES).filter(|window| window[0] != 0 || window[1] != 0) {
            found += usize::from(begins.contains(&begin(page)) && keys.contains(page));
        }
    }
    found
}
