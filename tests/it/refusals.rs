//! The convenant decides: what it does not permit is refused at home, with the rules by name, and again where it arrives.

use weegnet_node::link::Reply;
use weegnet_protocol::statement::RefusalCode;
use weegnet_tests::federation::add;
use weegnet_tests::forger::Forger;
use weegnet_tests::impostor::Impostor;
use weegnet_tests::organisation::Line;
use weegnet_tests::terms::Party;
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Organisation, Person, Terms, wait};

fn person() -> Person {
    Person::new("Cornelisje", "Wielewaalsma", "1983-06-17")
}

#[test]
fn what_the_convenant_does_not_permit_is_refused_by_name() {
    let never = Party { name: "zorg", kind: "extern", mode: "nooit", max_rows: 100 };
    let terms = Terms {
        window_least: 60,
        window_most: 600,
        bsn: false,
        without_basis: vec![("rvdk", "gemeente")],
        ..Terms::core().and("reclassering", "casus").and("rvdk", "casus").and_party(never)
    };
    let federation = Federation::start(terms);
    let [gemeente, politie, om, reclassering, rvdk, zorg] =
        ["gemeente", "politie", "om", "reclassering", "rvdk", "zorg"].map(|name| &federation[name]);
    federation.plant(&person());
    let ask = Ask::about(&person()).within(120);
    let table: [(&str, Ask, &Organisation); 11] = [
        ("recipients-reason", ask.clone().to(reclassering), gemeente),
        ("recipients-reason", ask.clone().to_for(reclassering, "geen-reden"), gemeente),
        ("recipients-answer", ask.clone().to_because(zorg), gemeente),
        ("recipients-basis", ask.clone().to_because(rvdk), gemeente),
        ("criteria", ask.clone().to(om).on(&["zomaar"]), gemeente),
        ("criteria", ask.clone().to(om).on(&["dreiging-geuit", "zomaar"]), gemeente),
        ("window-shortest", ask.clone().to(om).within(30), gemeente),
        ("window-longest", ask.clone().to(om).within(900), gemeente),
        ("bsn", Ask::about(&person().with_bsn("123456782")).to(om).within(120), gemeente),
        ("specific", Ask::about(&Person::new("", "Wielewaalsma", "")).to(om).within(120), gemeente),
        ("asker-core", ask.clone().to(om), reclassering),
    ];
    for (n, (policy, ask, asker)) in table.iter().enumerate() {
        let refused = asker.author().ask(ask).unwrap_err();
        assert!(refused.policies().contains(policy), "row {n}: {policy} is not in {refused}");
        assert!(refused.says("grounds: "), "row {n}: {refused}");
        assert!(asker.author().uitvragen().unwrap().is_empty(), "row {n}");
    }
    assert_eq!(gemeente.lines_of("act_denied").len(), table.len() - 1, "every denial is recorded");
    let one_too_many = ask.clone().to(om).to_for(reclassering, "geen-reden").on(&["zomaar"]).within(900);
    let refused = gemeente.author().ask(&one_too_many).unwrap_err();
    assert_eq!(refused.policies(), ["criteria", "recipients-reason", "window-longest"]);
    let unborn = Ask::about(&Person::new("Ada", "Wielewaalsma", "2099-01-01")).to(om).within(120);
    let refused = gemeente.author().ask(&unborn).unwrap_err();
    assert!(refused.says("birth date lies in the future"), "{refused}");
    for wrong in [ask.clone(), ask.clone().to(om).to(om), ask.clone().to(gemeente)] {
        assert!(gemeente.author().ask(&wrong).is_err());
    }
    for organisation in [politie, om, reclassering] {
        let of_exchange = |line: &Line| line.log == "exchange" && !line.kind.starts_with("publication");
        let exchange = organisation.lines().into_iter().filter(of_exchange).count();
        assert_eq!(exchange, 2, "genesis and convenant, and nothing came in");
    }
    federation.finish();
}

#[test]
fn a_convenant_that_has_not_begun_or_has_ended_permits_nothing() {
    for valid in [("2020-01-01", "2021-12-31"), ("2098-01-01", "2099-12-31")] {
        let federation = Federation::start(Terms { valid, ..Terms::core() });
        federation.plant(&person());
        let refused = federation["gemeente"].author().ask(&Ask::about(&person()).to(&federation["om"])).unwrap_err();
        assert_eq!(refused.policies(), ["validity"]);
        federation.finish();
    }
}

#[test]
fn a_quota_survives_a_restart_a_crash_and_the_loss_of_the_store() {
    wait::out_of_midnight();
    let federation = Federation::start(Terms { per_author: 2, per_organisation: 3, ..Terms::core() });
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    add(gemeente, "emma", "author");
    let mut number = 0;
    let mut ask = |who: &str| {
        number += 1;
        let person = Person::number(number);
        federation.plant(&person);
        gemeente.by(who).ask(&Ask::about(&person).to(om))
    };
    let first = ask("anna").unwrap();
    ask("anna").unwrap();
    // Declined or not: it was asked.
    politie.approver().until_draft(&first);
    politie.approver().decline(&first).unwrap();
    gemeente.author().until_ended(&first);
    let again = |ask: &mut dyn FnMut(&str) -> Result<String, weegnet_tests::Refused>| {
        assert_eq!(ask("anna").unwrap_err().policies(), ["quota-author"]);
    };
    again(&mut ask);
    gemeente.restart();
    again(&mut ask);
    gemeente.kill();
    std::fs::remove_dir_all(gemeente.dir().join("store")).unwrap();
    gemeente.start();
    again(&mut ask);
    ask("emma").unwrap();
    assert_eq!(ask("emma").unwrap_err().policies(), ["quota-organisation"]);
    assert_eq!(ask("anna").unwrap_err().policies(), ["quota-author", "quota-organisation"]);
    politie.until_lines("draft_received", 3);
    // Many at once slip through no more than one at a time.
    let others = Person::number(900);
    federation.plant(&others);
    let at_once: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..6).map(|_| scope.spawn(|| politie.author().ask(&Ask::about(&others).to(om)))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(at_once.iter().filter(|asked| asked.is_ok()).count(), 2);
    gemeente.until_lines("draft_received", 2);
    federation.finish();
}

#[test]
fn asking_again_about_the_same_person_takes_the_waiting_time() {
    let federation = Federation::start(Terms { waiting: 3600, ..Terms::core() });
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let known = person().with_bsn("123456782");
    federation.plant(&known);
    // A draft that nobody approved was never asked.
    let declined = gemeente.author().ask(&Ask::about(&known).to(om)).unwrap();
    politie.approver().until_draft(&declined);
    politie.approver().decline(&declined).unwrap();
    let asked = gemeente.author().ask(&Ask::about(&known).to(om)).unwrap();
    let twice = gemeente.author().ask(&Ask::about(&known).to(om)).unwrap();
    politie.approver().approve_when_there(&asked);
    gemeente.author().until_state(&asked, "verzonden");
    let variants =
        [known.clone(), Person::new("C.", "Wiélewaalsma", "1983-06-17"), Person::default().with_bsn("123456782")];
    for restart in 0..2 {
        for person in &variants {
            let refused = gemeente.author().ask(&Ask::about(person).to(om)).unwrap_err();
            assert_eq!(refused.policies(), ["waiting"]);
        }
        if restart == 0 {
            gemeente.kill();
            gemeente.start();
        }
    }
    // Whoever has not asked yet has waited long enough; so has whoever asks about somebody else.
    politie.author().ask(&Ask::about(&known).to(om)).unwrap();
    let other = Person::new("Cornelisje", "Wielewaalsma", "1984-06-17");
    federation.plant(&other);
    gemeente.author().ask(&Ask::about(&other).to(om)).unwrap();
    gemeente.until_lines("draft_received", 1);
    // Two drafts at once are two drafts: the second question is the responder's to refuse.
    om.until_lines("question_received", 1);
    politie.approver().approve_when_there(&twice);
    let view = gemeente.author().until_ended(&twice);
    assert_eq!(answer_of(&view, om)["state"], "geweigerd: het quotum is bereikt");
    politie.until_lines("draft_received", 4);
    gemeente.author().until_ended(&declined);
    gemeente.author().withdraw(&asked).unwrap();
    om.until_lines("withdrawal_received", 1);
    federation.finish();
}

/// A node without brakes has them at everybody whom it asks.
#[test]
fn a_responder_counts_for_itself_and_counts_each_asker_apart() {
    wait::out_of_midnight();
    let federation = Federation::start(Terms { waiting: 3600, per_organisation: 3, ..Terms::core() });
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person()]);
    gemeente.stop();
    let asker = Forger::of(&federation, gemeente);
    let impostor = Impostor::of(&federation, gemeente);
    let ask = |person: &Person| {
        federation.plant(person);
        let draft = asker.draft(person, &[om], 600);
        let question = impostor.approved(&federation, &asker, &draft, politie, om);
        assert!(matches!(impostor.deliver(om, &question), Reply::Receipt(_)));
        question
    };
    ask(&person());
    om.until_lines("candidates", 1);
    let again = ask(&person());
    assert_eq!(impostor.refusal_of(&again), RefusalCode::QuotaExceeded);
    om.kill();
    om.start();
    let again = ask(&Person::new("C.", "WIELEWAALSMA", "1983-06-17"));
    assert_eq!(impostor.refusal_of(&again), RefusalCode::QuotaExceeded);
    assert_eq!(om.lines_of("candidates").len(), 1);
    // Refused ones do not count: two more, then the organisation's quota is used up.
    ask(&Person::number(1));
    ask(&Person::number(2));
    let fourth = ask(&Person::number(3));
    assert_eq!(impostor.refusal_of(&fourth), RefusalCode::QuotaExceeded);
    // What the gemeente asked tells the politie nothing.
    drop(impostor);
    gemeente.start();
    let id = politie.author().ask(&Ask::about(&person()).to(om)).unwrap();
    gemeente.approver().approve_when_there(&id);
    om.reviewer().release_when_there(&id);
    assert_eq!(politie.author().until_ended(&id)["answers"][0]["outcome"], "Known");
    // What answers the impostor belongs to nothing at the gemeente.
    federation.finish_but(|lost| lost.audience == Some(federation_oin()));
}

/// The number of the first organisation of every federation.
fn federation_oin() -> String {
    "00000099000000001000".into()
}
