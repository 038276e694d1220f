//! Beyond the core one is asked sealed: only who knows the person learns who is asked about, and nobody else anything.

use weegnet_node::journal::{self, Scanned};
use weegnet_node::link::Reply;
use weegnet_protocol::codec::Bytes;
use weegnet_protocol::log::EntryKind;
use weegnet_protocol::person::{PROFILE, PersonRef, link_keys};
use weegnet_protocol::sealed::ask::ask;
use weegnet_protocol::sealed::table::{Publication, Table};
use weegnet_protocol::sealed::{LinkKey, Sealed};
use weegnet_protocol::sign::read_body;
use weegnet_protocol::statement::{AskedSubject, Draft, Outcome};
use weegnet_tests::forger::Forger;
use weegnet_tests::impostor::Impostor;
use weegnet_tests::organisation::Organisation;
use weegnet_tests::terms::contact;
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Person, Terms};

fn known() -> Person {
    Person::new("Yusuf", "Özdemirhan", "1985-03-12")
}

fn unknown() -> Person {
    Person::new("Wilhelmina", "Oosterhoutsema", "1970-12-01")
}

#[test]
fn who_knows_the_person_opens_the_question_and_a_released_hit_is_known() {
    let federation = Federation::start(Terms::core().and("reclassering", "casus"));
    let [gemeente, politie, reclassering] = ["gemeente", "politie", "reclassering"].map(|name| &federation[name]);
    federation.knows("reclassering", &[known(), unknown()]);
    // Written otherwise; the same strong link key.
    let asked = Person::new("Yusuf", "Ozdemirhan", "1985-03-12");
    federation.plant(&asked);
    let id = gemeente.author().ask(&Ask::about(&asked).to_because(reclassering)).unwrap();
    politie.approver().approve_when_there(&id);
    reclassering.reviewer().until_in_inbox(&id);
    let review = reclassering.reviewer().review(&id).unwrap();
    assert_eq!(review["candidates"].as_array().map(Vec::len), Some(1));
    assert_eq!(review["candidates"][0]["source_record"], "Z-0");
    assert_eq!(review["person"]["surname"], "Ozdemirhan");
    reclassering.reviewer().release(&id).unwrap();
    let view = gemeente.author().until_ended(&id);
    assert_eq!(answer_of(&view, reclassering)["outcome"], "Known");
    assert_eq!(answer_of(&view, reclassering)["contact"], contact("reclassering"));
    // The asker can show an auditor who was asked about, the responder that it tried.
    assert_eq!(gemeente.lines_of("question_sealed").len(), 1);
    assert_eq!(reclassering.lines_of("question_tried").len(), 1);
    federation.finish();
}

#[test]
fn who_does_not_know_the_person_learns_nothing_and_the_answer_comes_at_the_deadline() {
    let federation = Federation::start(Terms::core().and("reclassering", "casus").and("rvdk", "casus"));
    let [gemeente, politie] = ["gemeente", "politie"].map(|name| &federation[name]);
    let [hit, miss] = ["reclassering", "rvdk"].map(|name| &federation[name]);
    federation.knows("reclassering", &[known()]);
    federation.knows("rvdk", &[unknown()]);
    let ask = Ask::about(&known()).to_because(hit).to_because(miss).within(15);
    let id = gemeente.author().ask(&ask).unwrap();
    politie.approver().approve_when_there(&id);
    hit.reviewer().until_in_inbox(&id);
    miss.until_lines("question_tried", 1);
    assert!(miss.reviewer().inbox().unwrap().is_empty());
    let view = gemeente.author().until_ended(&id);
    for organisation in [hit, miss] {
        assert_eq!(answer_of(&view, organisation)["outcome"], "NoStatement");
    }
    // The same entries at the same places, hit or not, in both logs up to the end of the window.
    let kinds = |at: &Organisation| {
        let lines = at.lines().into_iter().filter(|line| !matches!(line.kind.as_str(), "erased" | "read"));
        lines.map(|line| (line.log, line.kind)).collect::<Vec<_>>()
    };
    assert_eq!(kinds(hit), kinds(miss));
    federation.finish();
}

#[test]
fn an_organisation_without_a_table_is_not_asked_openly_instead() {
    let federation = Federation::prepare(Terms::core().and("reclassering", "casus"));
    let [gemeente, politie, om, reclassering] =
        ["gemeente", "politie", "om", "reclassering"].map(|name| &federation[name]);
    for organisation in [gemeente, politie, om] {
        organisation.start();
    }
    federation.plant(&known());
    let ask = Ask::about(&known()).to_because(reclassering);
    let refused = gemeente.author().ask(&ask).unwrap_err();
    assert!(refused.says("is asked sealed, and no table of it is here"), "{refused}");
    assert!(gemeente.lines_of("draft_sent").is_empty());
    federation.start_all();
    let id = gemeente.author().ask(&ask.within(60)).unwrap();
    politie.approver().approve_when_there(&id);
    reclassering.until_lines("question_tried", 1);
    gemeente.author().withdraw(&id).unwrap();
    reclassering.until_lines("withdrawal_received", 1);
    federation.finish();
}

/// The table by which an organisation can be asked, as a core party holds it.
fn table_of(core: &Organisation) -> (Publication, Table) {
    let dir = core.dir().join("journal");
    let mut last = None;
    journal::verify(
        &dir,
        |_, _| {},
        |scanned| {
            if let Scanned::Entry(stored) = scanned
                && stored.leaf.kind == EntryKind::PublicationReceived
            {
                let body = journal::open_stored(&dir, stored).unwrap().unwrap();
                last = Some(read_body::<Publication>(&body).unwrap());
            }
            Ok::<_, std::convert::Infallible>(())
        },
    )
    .unwrap();
    let publication = last.expect("a table was published");
    let cells = std::fs::read(core.dir().join("tables").join(format!("held-{}", publication.root))).unwrap();
    let table = Table::read(&publication, &cells).unwrap();
    (publication, table)
}

fn keys(person: &PersonRef) -> Vec<LinkKey> {
    link_keys(person, PROFILE).unwrap().iter().map(LinkKey::from).collect()
}

/// What an asker with all of its own keys, and an approval, can try with a question: all of it is a miss on the wire.
#[test]
fn a_question_that_opens_and_was_not_made_as_it_should_be_is_a_miss_that_an_officer_sees() {
    let federation = Federation::start(Terms::core().and("reclassering", "casus"));
    let [gemeente, politie, reclassering] = ["gemeente", "politie", "reclassering"].map(|name| &federation[name]);
    federation.knows("reclassering", &[known()]);
    federation.plant(&unknown());
    let (publication, table) = table_of(gemeente);
    gemeente.stop();
    let (asker, approver) = (Forger::of(&federation, gemeente), Forger::of(&federation, politie));
    let seal = |draft: &Draft, keys: &[LinkKey]| {
        ask(&draft.core.uitvraag_id, &draft.subject, keys, &publication, &table, &Bytes([7; 32])).unwrap()
    };
    let (about_known, about_unknown) =
        (asker.draft(&known(), &[reclassering], 45), asker.draft(&unknown(), &[reclassering], 45));
    let of = |draft: &Draft| keys(&draft.subject.person);
    let (known_keys, unknown_keys) = (of(&about_known), of(&about_unknown));
    let tampered = |change: &dyn Fn(&mut Sealed)| {
        let draft = asker.draft(&known(), &[reclassering], 45);
        let mut sealed = seal(&draft, &known_keys);
        change(&mut sealed);
        (draft, sealed)
    };
    // Asks about somebody else under the cover of one who is known, or about two at once.
    let mixed: Vec<LinkKey> = known_keys.iter().take(1).chain(&unknown_keys).cloned().collect();
    let mixed = (about_unknown.clone(), seal(&about_unknown, &mixed));
    let cases =
        [tampered(&|sealed| sealed.content.0[100] ^= 1), tampered(&|sealed| sealed.vouchers.0[3887] ^= 1), mixed];
    let impostor = Impostor::of(&federation, gemeente);
    let send = |draft: &Draft, sealed: Sealed| {
        let mut question = asker.question(draft, reclassering, approver.approval(draft));
        question.subject = AskedSubject::Sealed(Box::new(sealed));
        let statement = asker.sign_until(question, reclassering, draft.core.answer_by);
        federation.forged(statement.claimed_header().unwrap().id.to_string());
        let reply = impostor.deliver(reclassering, &statement);
        (statement, reply)
    };
    for (draft, sealed) in cases.clone() {
        assert!(matches!(send(&draft, sealed).1, Reply::Receipt(_)), "as for every question");
    }
    // For another table nothing is written down at all.
    let (draft, other) = tampered(&|sealed| sealed.root = Bytes([9; 32]));
    let (_, reply) = send(&draft, other);
    assert_eq!(reply, Reply::Reject(weegnet_protocol::frame::RejectCode::OtherTable));
    reclassering.until_lines("question_misused", cases.len());
    assert!(reclassering.reviewer().inbox().unwrap().is_empty(), "nobody is shown anything");
    assert_eq!(reclassering.lines_of("question_received").len(), cases.len());
    // At the deadline the same answer as to everybody, and no refusal before it.
    let answers = weegnet_tests::wait::until("all answers are sent", || {
        let sent = reclassering.lines_of("answer_sent");
        (sent.len() == cases.len()).then_some(sent)
    });
    assert_eq!(answers.len(), cases.len());
    assert!(reclassering.lines_of("refusal_sent").is_empty());
    let answer: weegnet_protocol::statement::Answer =
        weegnet_tests::wait::until("an answer comes", || read_body(&impostor.hear().body.0).ok());
    assert_eq!(*answer.outcome(), Outcome::NoStatement);
    let month = answers[0].time[..7].to_owned();
    let officer = reclassering.by("privacyfunctionaris");
    let findings = officer.json("officer findings", &["--period", &month]).unwrap();
    let misused = |finding: &&serde_json::Value| finding["rule"] == "verzegelde-vraag-misbruikt";
    assert_eq!(findings.as_array().unwrap().iter().filter(misused).count(), cases.len());
    drop(impostor);
    federation.finish_but(|lost| matches!(lost.kind.as_str(), "answer_sent" | "refusal_sent"));
}

#[test]
fn a_table_is_published_anew_by_one_command_and_a_node_that_starts_again_has_it_still() {
    let federation = Federation::start(Terms::core().and("reclassering", "casus"));
    let [gemeente, politie, reclassering] = ["gemeente", "politie", "reclassering"].map(|name| &federation[name]);
    federation.knows("reclassering", &[known()]);
    let before = reclassering.tables().unwrap()["own"][0]["root"].clone();
    let after = reclassering.json("sealed publish", &[]).unwrap()["own"][0]["root"].clone();
    assert_ne!(before, after, "under the same secret, changed cells would show who came and went");
    let refused = gemeente.json("sealed publish", &[]).unwrap_err();
    assert!(refused.says("nobody asks this organisation sealed"), "{refused}");
    federation.tables_are_held();
    for organisation in [gemeente, reclassering] {
        organisation.restart();
    }
    federation.start_all();
    assert_eq!(reclassering.tables().unwrap()["own"][0]["root"], after, "nothing changed, so nothing is published");
    let id = gemeente.author().ask(&Ask::about(&known()).to_because(reclassering)).unwrap();
    politie.approver().approve_when_there(&id);
    reclassering.reviewer().release_when_there(&id);
    let view = gemeente.author().until_ended(&id);
    assert_eq!(answer_of(&view, reclassering)["outcome"], "Known");
    assert_eq!(answer_of(&view, reclassering)["sealed"], true);
    federation.finish();
}
