//! "Recorded before sent": a journal whose frames, tree and signatures are all sound, and which breaks one ordering rule,
//! does not verify; and what is said names the entry.

use std::path::{Path, PathBuf};

use serde::Serialize;
use weegnet_node::audit::{self, Audit, BrokenRule, Objection};
use weegnet_node::clock;
use weegnet_node::exchange::bodies::{Act, DraftWritten, Note, PolicyDecision, Released};
use weegnet_node::exchange::record::{CaseId, Side};
use weegnet_node::journal::{CaseKey, Entry, EntryBody, Journal, VerifyFailure};
use weegnet_node::oversight::subject::{Said, Step, SubjectStep, Told};
use weegnet_node::people::Actor;
use weegnet_protocol::codec;
use weegnet_protocol::id::{EntryId, UitvraagId};
use weegnet_protocol::log::{Checkpoint, EntryKind, LeafIndex, LogName};
use weegnet_protocol::sign::Statement;
use weegnet_protocol::statement::{
    Answer, Corrected, Correction, Draft, Outcome, RefusalCode, Right, Wish, Withdrawal, WrongField,
};
use weegnet_tests::forger::{Forger, key, oin};
use weegnet_tests::{Federation, Organisation, Person, Terms};

/// The journal of the gemeente in all three parts: it asks, it approves, it answers. Each step is one call to the journal.
struct Story<'a> {
    us: &'a Organisation,
    politie: &'a Organisation,
    om: &'a Organisation,
    ours: Forger,
    theirs: Forger,
    other: Forger,
}

type Steps = Vec<(&'static str, Vec<Entry>)>;

impl Story<'_> {
    fn draft(&self, by: &Forger, to: &Organisation) -> Draft {
        by.draft(&Person::new("Ludolf", "Roodborststra", "1977-07-07"), &[to], 600)
    }

    /// Everything in order.
    fn steps(&self, case: CaseKey) -> Steps {
        let Story { us, politie, om, ours, theirs, other } = self;
        let draft = self.draft(ours, om);
        let id = |side, asker, draft: &Draft| CaseId { side, asker, uitvraag_id: draft.core.uitvraag_id };
        let own = id(Side::Own, oin(us), &draft);
        let said = |kind, statement: Statement| entry(kind, &statement, case);
        let act = |case| Act { by: actor(), yes: true, case, reason: None };
        let written = DraftWritten { by: actor(), case: own, approver: oin(politie) };
        let approval = theirs.sign(weegnet_protocol::statement::Approval::of(&draft), us);
        let question = ours.sign(ours.question(&draft, om, approval.clone()), om);
        let take_back = Withdrawal { statement: question.hash(), uitvraag_id: draft.core.uitvraag_id };
        let answer = Answer::new(draft.core.uitvraag_id, question.hash(), Outcome::NoStatement);
        let corrects = self.correction(ours, us, &question, draft.core.uitvraag_id);
        let mut steps = vec![
            (
                "propose",
                vec![
                    said(EntryKind::DraftSent, ours.sign(draft.clone(), politie)),
                    note(EntryKind::DraftWritten, written, case),
                ],
            ),
            ("approval", vec![said(EntryKind::ApprovalReceived, approval)]),
            ("ask", vec![said(EntryKind::UitvraagSent, question)]),
            ("answer comes", vec![said(EntryKind::AnswerReceived, other.sign(answer, us))]),
            (
                "take back",
                vec![
                    said(EntryKind::WithdrawalSent, ours.sign(take_back, om)),
                    note(EntryKind::WithdrawalWritten, act(own), case),
                ],
            ),
            ("tell", self.tell(corrects, case)),
        ];
        let theirs_draft = self.draft(other, politie);
        let given = id(Side::Approval, oin(om), &theirs_draft);
        let approved = weegnet_protocol::statement::Approval::of(&theirs_draft);
        steps.extend([
            ("draft comes", vec![said(EntryKind::DraftReceived, other.sign(theirs_draft, us))]),
            (
                "approve",
                vec![
                    said(EntryKind::ApprovalGiven, ours.sign(approved, om)),
                    note(EntryKind::VerdictGiven, act(given), case),
                ],
            ),
        ]);
        let asked = self.draft(other, us);
        let to_us = self.question_to_us(&asked);
        steps.extend([
            (
                "question comes",
                vec![said(EntryKind::QuestionReceived, to_us.clone()), self.decision(&asked, None, case)],
            ),
            ("answer", self.answer(&asked, &to_us, case)),
            (
                "question taken back",
                vec![said(
                    EntryKind::WithdrawalReceived,
                    other.sign(Withdrawal { statement: to_us.hash(), uitvraag_id: asked.core.uitvraag_id }, us),
                )],
            ),
            ("told", vec![self.told(self.correction(other, om, &to_us, asked.core.uitvraag_id), case)]),
        ]);
        steps
    }

    fn correction(&self, by: &Forger, of: &Organisation, said: &Statement, uitvraag_id: UitvraagId) -> Correction {
        let about = Corrected { statement: said.hash(), id: said.claimed_header().unwrap().id, uitvraag_id };
        let contact = by.convenant().contact(&oin(of)).unwrap().clone();
        Correction::new(about, Right::Rectification, [WrongField::Name].into(), Wish::Rectify, contact).unwrap()
    }

    /// A correction of ours, with the decision to tell it.
    fn tell(&self, corrects: Correction, case: CaseKey) -> Vec<Entry> {
        let uitvraag_id = corrects.about().uitvraag_id;
        let said = self.ours.sign(corrects, self.om);
        let told = Told {
            objection: EntryId::new(clock::now(), clock::random()),
            about: Said { entry: LeafIndex(0), uitvraag_id, to: oin(self.om) },
            correction: said.claimed_header().unwrap().id,
        };
        let step = SubjectStep { request: None, by: actor(), step: Step::Told(told) };
        vec![entry(EntryKind::CorrectionSent, &said, case), note(EntryKind::SubjectAccess, step, case)]
    }

    fn told(&self, corrects: Correction, case: CaseKey) -> Entry {
        entry(EntryKind::CorrectionReceived, &self.other.sign(corrects, self.us), case)
    }

    fn question_to_us(&self, asked: &Draft) -> Statement {
        self.other.sign(self.other.question(asked, self.us, self.theirs.approval(asked)), self.us)
    }

    fn decision(&self, asked: &Draft, denied: Option<RefusalCode>, case: CaseKey) -> Entry {
        let of = CaseId { side: Side::Question, asker: oin(self.om), uitvraag_id: asked.core.uitvraag_id };
        note(EntryKind::PolicyDecision, PolicyDecision { case: of, denied, policy_ids: Vec::new() }, case)
    }

    fn answer(&self, asked: &Draft, question: &Statement, case: CaseKey) -> Vec<Entry> {
        let contact = "Informatiepunt gemeente".parse().unwrap();
        let answer = Answer::new(asked.core.uitvraag_id, question.hash(), Outcome::Known(contact));
        let of = CaseId { side: Side::Question, asker: oin(self.om), uitvraag_id: asked.core.uitvraag_id };
        let said = entry(EntryKind::AnswerSent, &self.ours.sign(answer, self.om), case);
        vec![said, note(EntryKind::Released, Released { by: Some(actor()), case: of, ground: None }, case)]
    }

    /// A copy of our journal with these steps, made by `build`.
    fn write(&self, at: &Path, build: impl FnOnce(&Self, &Journal, CaseKey) -> Steps) -> PathBuf {
        let copied = std::process::Command::new("cp").arg("-a").arg(self.us.dir().join("journal")).arg(at).status();
        assert!(copied.unwrap().success());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (journal, _) = Journal::open(at, key(self.us, "checkpoint"), clock::now).unwrap();
            let case = journal.new_case().unwrap();
            for (name, entries) in build(self, &journal, case) {
                if name == HOUSE {
                    journal.record((), vec![house(&journal)]).await.unwrap();
                } else if !entries.is_empty() {
                    journal.record((), entries).await.unwrap();
                }
            }
            journal.close().await;
        });
        at.to_owned()
    }
}

/// A step that enters the house log's checkpoint as it then stands.
const HOUSE: &str = "house checkpoint";

fn house(journal: &Journal) -> Entry {
    public(journal.checkpoint(LogName::House).note().as_bytes().to_vec())
}

fn public(body: Vec<u8>) -> Entry {
    let id = EntryId::new(clock::now(), clock::random());
    Entry { id, kind: EntryKind::HouseCheckpoint, convenant: None, envelope: None, body: EntryBody::Public(body) }
}

fn entry(kind: EntryKind, statement: &Statement, case: CaseKey) -> Entry {
    let header = statement.claimed_header().unwrap();
    Entry {
        id: header.id.into(),
        kind,
        convenant: Some(*header.convenant.base()),
        envelope: Some(statement.envelope.clone()),
        body: EntryBody::Sealed { case, bytes: statement.body.0.clone() },
    }
}

fn note<T: Serialize>(kind: EntryKind, content: T, case: CaseKey) -> Entry {
    let bytes = codec::encode(&Note::new(content));
    let id = EntryId::new(clock::now(), clock::random());
    Entry { id, kind, convenant: None, envelope: None, body: EntryBody::Sealed { case, bytes } }
}

fn actor() -> Actor {
    Actor { person: "anna".parse().unwrap(), os_user: 0, way: None }
}

/// Leaves entries of a kind out of a step.
fn without(steps: &mut Steps, step: &str, kind: Option<EntryKind>) {
    let (_, entries) = steps.iter_mut().find(|(name, _)| *name == step).expect("a step");
    entries.retain(|entry| kind.is_some_and(|kind| entry.kind != kind));
}

fn replace(steps: &mut Steps, step: &str, with: Vec<Entry>) {
    steps.iter_mut().find(|(name, _)| *name == step).expect("a step").1 = with;
}

type Build = fn(&Story<'_>, &Journal, CaseKey) -> Steps;

/// Each breaks one rule; whether that shows without the vault too.
fn violations() -> Vec<(&'static str, BrokenRule, bool, Build)> {
    macro_rules! left_out {
        ($step:literal, $kind:expr) => {
            |story, _, case| {
                let mut steps = story.steps(case);
                without(&mut steps, $step, $kind);
                steps
            }
        };
    }
    use BrokenRule::*;
    vec![
        ("an approval of no draft of ours", NotSent, true, left_out!("propose", None)),
        ("a question without approval", NotApproved, true, left_out!("approval", None)),
        ("a question with another's approval", NotApproved, false, |story, _, case| {
            let mut steps = story.steps(case);
            let other = weegnet_protocol::statement::Approval::of(&story.draft(&story.ours, story.om));
            let approval = story.theirs.sign(other, story.us);
            replace(&mut steps, "approval", vec![entry(EntryKind::ApprovalReceived, &approval, case)]);
            steps
        }),
        ("an answer from somebody not asked", NotSent, true, left_out!("ask", None)),
        ("an approval of a draft that never came", NotReceived, true, left_out!("draft comes", None)),
        ("an answer to no question", NotReceived, true, left_out!("question comes", None)),
        ("a question without decision", NotDecided, true, left_out!("question comes", Some(EntryKind::PolicyDecision))),
        ("a draft that nobody wrote", NoAct, false, left_out!("propose", Some(EntryKind::DraftWritten))),
        ("an approval that nobody gave", NoAct, false, left_out!("approve", Some(EntryKind::VerdictGiven))),
        ("a withdrawal that nobody wrote", NoAct, false, left_out!("take back", Some(EntryKind::WithdrawalWritten))),
        ("a correction that nobody decided on", NoAct, false, left_out!("tell", Some(EntryKind::SubjectAccess))),
        ("a correction of what we never said", NothingToCorrect, false, |story, _, case| {
            let mut steps = story.steps(case);
            let asked = story.draft(&story.ours, story.om);
            let never = story.ours.sign(story.ours.question(&asked, story.om, story.theirs.approval(&asked)), story.om);
            let corrects = story.correction(&story.ours, story.us, &never, asked.core.uitvraag_id);
            replace(&mut steps, "tell", story.tell(corrects, case));
            steps
        }),
        ("a correction of what we never heard", NothingToCorrect, false, |story, _, case| {
            let mut steps = story.steps(case);
            let asked = story.draft(&story.other, story.us);
            let never = story.question_to_us(&asked);
            let corrects = story.correction(&story.other, story.om, &never, asked.core.uitvraag_id);
            replace(&mut steps, "told", vec![story.told(corrects, case)]);
            steps
        }),
        ("a correction from who never said anything", NothingToCorrect, true, |story, _, case| {
            let mut steps = story.steps(case);
            steps.retain(|(name, _)| *name == "told");
            steps
        }),
        ("an answer that nobody released", NotReleased, false, left_out!("answer", Some(EntryKind::Released))),
        ("an answer that was released later", NotReleased, false, |story, _, case| {
            let mut steps = story.steps(case);
            let at = steps.iter().position(|(name, _)| *name == "answer").unwrap();
            let released = steps[at].1.pop().unwrap();
            steps.insert(at + 1, (HOUSE, Vec::new()));
            steps.insert(at + 2, (HOUSE, Vec::new()));
            steps.push(("release", vec![released]));
            steps
        }),
        ("an answer against the convenant", Denied, false, |story, _, case| {
            let mut steps = story.steps(case);
            let asked = story.draft(&story.other, story.us);
            let question = story.question_to_us(&asked);
            let denied = story.decision(&asked, Some(RefusalCode::NotPermitted), case);
            let came = vec![entry(EntryKind::QuestionReceived, &question, case), denied];
            replace(&mut steps, "question comes", came);
            replace(&mut steps, "answer", story.answer(&asked, &question, case));
            steps
        }),
        ("a second answer", RepliedTwice, false, |story, _, case| {
            let mut steps = story.steps(case);
            let asked = story.draft(&story.other, story.us);
            let question = story.question_to_us(&asked);
            for _ in 0..2 {
                let asked = story.draft(&story.other, story.us);
                let came = entry(EntryKind::QuestionReceived, &story.question_to_us(&asked), case);
                steps.push(("another", vec![came, story.decision(&asked, None, case)]));
            }
            steps.push((
                "once more",
                vec![entry(EntryKind::QuestionReceived, &question, case), story.decision(&asked, None, case)],
            ));
            steps.push(("first", story.answer(&asked, &question, case)));
            steps.push(("second", story.answer(&asked, &question, case)));
            steps
        }),
        ("a withdrawal of nothing", NotReceived, true, |story, _, case| {
            let mut steps = story.steps(case);
            steps.retain(|(name, _)| !["draft comes", "approve", "question comes", "answer", "told"].contains(name));
            steps
        }),
        ("a checkpoint of another house log", HouseCheckpoint, true, |story, journal, case| {
            let mut steps = story.steps(case);
            let mut other: Checkpoint = journal.checkpoint(LogName::House).checkpoint().clone();
            other.root = codec::Hash::of(&[b"another house log"]);
            let note = other.sign(&key(story.us, "checkpoint")).note().as_bytes().to_vec();
            steps.push(("another", vec![public(note)]));
            steps
        }),
        ("a house log that was longer", HouseCheckpoint, true, |story, journal, case| {
            let mut steps = story.steps(case);
            let mut longer: Checkpoint = journal.checkpoint(LogName::House).checkpoint().clone();
            longer.size += 1000;
            let note = longer.sign(&key(story.us, "checkpoint")).note().as_bytes().to_vec();
            steps.push(("longer", vec![public(note)]));
            steps
        }),
    ]
}

fn audit(dir: &Path) -> Result<Audit, VerifyFailure<Objection>> {
    audit::audit(dir, |_, _| {})
}

#[test]
fn a_journal_that_breaks_an_ordering_rule_does_not_verify() {
    let federation = Federation::prepare(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let forger = |organisation| Forger::of(&federation, organisation);
    let story = Story { us: gemeente, politie, om, ours: forger(gemeente), theirs: forger(politie), other: forger(om) };
    let at = |name: &str| federation.root().join(name);

    let sound = story.write(&at("sound"), |story, _, case| {
        let mut steps = story.steps(case);
        steps.extend([(HOUSE, Vec::new()), (HOUSE, Vec::new())]);
        steps
    });
    let report = audit(&sound).unwrap_or_else(|failure| panic!("all in order: {failure}"));
    assert_eq!((report.statements, report.erased), (12, 0));
    assert!(report.bodies.is_some_and(|bodies| bodies >= 15), "{:?}", report.bodies);
    for (what, rule, shows_without_vault, build) in violations() {
        let dir = story.write(&at("broken"), build);
        let found = audit(&dir).unwrap_or_else(|failure| panic!("{what}: {failure}"));
        let breach = found.breaches.first().unwrap_or_else(|| panic!("{what}: not found"));
        assert_eq!((breach.rule, breach.place.log, breach.place.segment), (rule, LogName::Exchange, 1), "{what}");
        assert!(breach.place.byte > 0 && !found.is_clean(), "{what}");
        assert_eq!(found.breaches_in_all, found.breaches.len() as u64, "{what}");
        std::fs::remove_file(dir.join("vault.keys")).unwrap();
        let found = audit(&dir).unwrap_or_else(|failure| panic!("{what}: {failure}"));
        assert_eq!(!found.is_clean(), shows_without_vault, "{what}, without the vault");
        std::fs::remove_dir_all(dir).unwrap();
    }
    let dir = story.write(&at("two"), |story, _, case| {
        let mut steps = story.steps(case);
        without(&mut steps, "approval", None);
        without(&mut steps, "question comes", Some(EntryKind::PolicyDecision));
        steps
    });
    let rules: Vec<_> = audit(&dir).unwrap().breaches.iter().map(|breach| breach.rule).collect();
    assert_eq!(rules, [BrokenRule::NotApproved, BrokenRule::NotDecided], "one hides nothing behind it");
    federation.finish();
}

#[test]
fn a_signature_that_is_not_valid_and_a_body_that_does_not_open_are_named_by_their_entry() {
    let federation = Federation::prepare(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let forger = |organisation| Forger::of(&federation, organisation);
    let story = Story { us: gemeente, politie, om, ours: forger(gemeente), theirs: forger(politie), other: forger(om) };
    let dir = story.write(&federation.root().join("signature"), |story, _, case| {
        let mut steps = story.steps(case);
        let draft = story.draft(&story.other, story.politie);
        let mut statement = story.other.sign(draft, story.us);
        *statement.envelope.0.last_mut().unwrap() ^= 1;
        let forged = entry(EntryKind::DraftReceived, &statement, case);
        steps.insert(5, ("forged", vec![forged]));
        steps
    });
    let failure = audit(&dir).unwrap_err();
    let genesis_and_convenant = 2;
    let place = audit::place(&failure).unwrap();
    assert!(matches!(failure, VerifyFailure::Objection { objection: Objection::Signature(_), .. }), "{failure}");
    assert_eq!((place.log, place.entry), (LogName::Exchange, genesis_and_convenant + 5));

    let dir = story.write(&federation.root().join("body"), |story, _, case| story.steps(case));
    let vault = dir.join("vault.keys");
    let mut keys = std::fs::read(&vault).unwrap();
    keys[64..].iter_mut().for_each(|byte| *byte ^= 1);
    std::fs::write(&vault, keys).unwrap();
    assert!(matches!(audit(&dir), Err(VerifyFailure::Objection { objection: Objection::Body, .. })));
    federation.finish();
}
