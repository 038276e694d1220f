//! H1: another core party approves exactly this question to exactly these organisations, or nobody is asked anything.

use weegnet_node::link::Reply;
use weegnet_protocol::frame::RejectCode;
use weegnet_protocol::sign::{Statement, read_body};
use weegnet_protocol::statement::{Approval, AskedSubject, RefusalCode, Subject, Uitvraag};
use weegnet_tests::forger::{Forger, oin};
use weegnet_tests::impostor::Impostor;
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Organisation, Person, Terms};

fn person() -> Person {
    Person::new("Alexandrina", "Kwikstaartje", "1991-11-05")
}

#[test]
fn asks_nobody_before_the_approval() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let id = gemeente.author().ask(&Ask::about(&person()).to(om).to(politie)).unwrap();
    politie.approver().until_draft(&id);
    // Between the draft and its approval anything may happen to the asker, and still nobody is asked.
    gemeente.restart();
    politie.approver().until_draft(&id);
    assert!(gemeente.lines_of("uitvraag_sent").is_empty());
    assert!(om.lines_of("question_received").is_empty());
    let draft = politie.approver().uitvraag(&id).unwrap();
    assert_eq!(draft["person"]["surname"], "Kwikstaartje");
    assert_eq!(draft["motivation"], weegnet_tests::people::MOTIVATION);
    assert_eq!(draft["recipients"].as_array().map(Vec::len), Some(2));
    politie.approver().approve(&id).unwrap();
    om.until_lines("question_received", 1);
    politie.until_lines("question_received", 1);
    let again = politie.approver().approve(&id).unwrap_err();
    assert!(again.says("too late"), "{again}");
    gemeente.author().withdraw(&id).unwrap();
    om.until_lines("withdrawal_received", 1);
    politie.until_lines("withdrawal_received", 1);
    federation.finish();
}

#[test]
fn asks_nobody_after_a_decline() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let id = gemeente.author().ask(&Ask::about(&person()).to(om)).unwrap();
    politie.approver().until_draft(&id);
    politie.approver().decline(&id).unwrap();
    assert_eq!(politie.lines_of("verdict_given").len(), 1, "who declined is written down");
    let view = gemeente.author().until_ended(&id);
    assert_eq!(view["state"], "niet goedgekeurd");
    assert!(politie.approver().approve(&id).unwrap_err().says("too late"));
    gemeente.restart();
    assert_eq!(gemeente.author().uitvraag(&id).unwrap()["state"], "niet goedgekeurd");
    assert!(gemeente.lines_of("uitvraag_sent").is_empty());
    assert!(om.lines_of("question_received").is_empty());
    federation.finish();
}

#[test]
fn the_asker_chooses_another_core_party_as_approver() {
    let federation = Federation::start(Terms::core().and("reclassering", "casus"));
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let ask = Ask::about(&person()).to(politie);
    for (nobody, why) in [(gemeente, "itself"), (&federation["reclassering"], "no core party")] {
        let refused = gemeente.author().ask(&ask.clone().approved_by(nobody)).unwrap_err();
        assert!(refused.says("approved by another core party"), "{why}: {refused}");
    }
    let id = gemeente.author().ask(&ask.approved_by(om).within(6)).unwrap();
    om.approver().until_draft(&id);
    assert!(politie.approver().approve(&id).unwrap_err().says("no draft"));
    // An approver of the asking organisation has nothing to approve.
    assert!(gemeente.approver().approve(&id).unwrap_err().says("no draft"));
    om.approver().approve(&id).unwrap();
    let view = gemeente.author().until_ended(&id);
    assert_eq!(answer_of(&view, politie)["outcome"], "NoStatement");
    federation.finish();
}

#[test]
fn a_draft_that_nobody_judges_expires() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    let id = gemeente.author().ask(&Ask::about(&person()).to(om).within(3)).unwrap();
    politie.approver().until_draft(&id);
    assert_eq!(gemeente.author().until_ended(&id)["state"], "verlopen zonder goedkeuring");
    let late = politie.approver().approve(&id).unwrap_err();
    assert!(late.says("expired"), "{late}");
    // Who waits for answers that cannot come is told so.
    let waited = gemeente.author().ask(&Ask::about(&person()).to(om).within(2).waiting()).unwrap_err();
    assert!(waited.says("nobody was asked: verlopen zonder goedkeuring"), "{waited}");
    assert!(om.lines_of("question_received").is_empty());
    federation.finish();
}

/// What an asker with all of its own keys can make without the approver.
#[test]
fn a_question_without_its_approval_is_refused_and_its_body_is_not_kept() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person()]);
    gemeente.stop();
    let asker = Forger::of(&federation, gemeente);
    let other = Forger::of(&federation, politie);
    let draft = |to: &[&Organisation]| asker.draft(&person(), to, 60);

    let by_itself = draft(&[om]);
    let by_itself = asker.question(&by_itself, om, asker.approval(&by_itself));
    let (approved, asked) = (draft(&[om]), draft(&[om]));
    let of_another = asker.question(&asked, om, other.approval(&approved));
    let (elsewhere, here) = (draft(&[politie]), draft(&[om]));
    let to_another = {
        // Approved for the politie, with the same core: only the recipients differ.
        let mut asked = here.clone();
        asked.core = elsewhere.core.clone();
        asked.subject = elsewhere.subject.clone();
        asker.question(&asked, om, other.approval(&elsewhere))
    };
    let longer = {
        let draft = draft(&[om]);
        let mut question = asker.question(&draft, om, other.approval(&draft));
        question.core.urgent = true;
        question
    };
    let to_somebody_else = {
        let draft = draft(&[om]);
        let address = other.address(&oin(om));
        asker.question(&draft, om, other.sign_at(Approval::of(&draft), address))
    };
    let garbage = {
        let draft = draft(&[om]);
        let mut approval = other.approval(&draft);
        let last = approval.envelope.0.len() - 1;
        approval.envelope.0[last] ^= 1;
        asker.question(&draft, om, approval)
    };

    let impostor = Impostor::of(&federation, gemeente);
    let questions = [by_itself, of_another, to_another, longer, to_somebody_else, garbage];
    for (n, question) in questions.into_iter().enumerate() {
        let statement = asker.sign(question, om);
        note(&federation, &statement);
        assert!(matches!(impostor.deliver(om, &statement), Reply::Receipt(_)), "question {n} is written down");
        assert_eq!(impostor.refusal_of(&statement), RefusalCode::NotApproved, "question {n}");
    }
    assert!(om.reviewer().inbox().unwrap().is_empty());
    assert!(om.lines_of("candidates").is_empty(), "nobody was looked up");
    drop(impostor);
    om.stop();
    keeps_no_body(om);
    // The impostor asked, so the node itself knows of no question to refuse.
    federation.finish_but(|lost| lost.kind == "refusal_sent");
}

/// Whoever is approved to ask asks once, and about the person who was approved.
#[test]
fn an_approval_covers_one_person_and_one_question() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person(), Person::new("Bartholomeus", "Klapwijkerma", "1960-02-02")]);
    gemeente.stop();
    let asker = Forger::of(&federation, gemeente);
    let impostor = Impostor::of(&federation, gemeente);
    let draft = asker.draft(&person(), &[om], 60);
    let approved = impostor.approved(&federation, &asker, &draft, politie, om);
    let question: Uitvraag = read_body(&approved.body.0).unwrap();

    let other = asker.draft(&Person::new("Bartholomeus", "Klapwijkerma", "1960-02-02"), &[om], 60);
    let person = other.subject.person.clone();
    let subject = AskedSubject::Open(Subject { person, ..draft.subject.clone() });
    let about_another = asker.sign(Uitvraag { subject, ..question.clone() }, om);
    note(&federation, &about_another);
    assert!(matches!(impostor.deliver(om, &about_another), Reply::Receipt(_)));
    assert_eq!(impostor.refusal_of(&about_another), RefusalCode::Malformed);
    // It was refused, and so it is answered: the right one comes too late.
    assert_eq!(impostor.deliver(om, &approved), Reply::Reject(RejectCode::IdReused));

    let draft = asker.draft(&self::person(), &[om], 60);
    let id = draft.core.uitvraag_id.to_string();
    let approved = impostor.approved(&federation, &asker, &draft, politie, om);
    assert!(matches!(impostor.deliver(om, &approved), Reply::Receipt(_)));
    om.reviewer().until_in_inbox(&id);
    let question: Uitvraag = read_body(&approved.body.0).unwrap();
    let again = asker.sign(question, om);
    assert_eq!(impostor.deliver(om, &again), Reply::Reject(RejectCode::IdReused));
    assert_eq!(om.lines_of("candidates").len(), 1);
    drop(impostor);
    // Nothing that answers the impostor means anything to the node itself.
    federation.finish_but(|lost| ["refusal_sent", "approval_given", "answer_sent"].contains(&lost.kind.as_str()));
}

/// A statement that the asker's own node never made.
fn note(federation: &Federation, statement: &Statement) {
    federation.forged(statement.claimed_header().unwrap().id.to_string());
}

/// No body of a question stands in a journal, not even sealed.
fn keeps_no_body(organisation: &Organisation) {
    use weegnet_node::journal::{self, Scanned, StoredBody};
    use weegnet_protocol::log::EntryKind;
    let mut questions = 0;
    let visit = |scanned: &Scanned| {
        if let Scanned::Entry(stored) = scanned
            && stored.leaf.kind == EntryKind::QuestionReceived
        {
            questions += 1;
            assert!(!matches!(stored.body, StoredBody::Sealed { .. } | StoredBody::Public(_)));
        }
        Ok::<_, std::convert::Infallible>(())
    };
    journal::verify(&organisation.dir().join("journal"), |_, _| {}, visit).unwrap();
    assert!(questions > 0);
}
