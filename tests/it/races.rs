//! What happens at once: whoever is written down first wins, and both sides tell the same.

use std::thread;
use std::time::Duration;

use serde_json::Value;
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Organisation, Person, Terms, wait};

fn person() -> Person {
    Person::new("Theodorus", "Bonteveerling", "1968-04-23")
}

fn asked(federation: &Federation, within: u64) -> String {
    federation["gemeente"].author().ask(&Ask::about(&person()).to(&federation["om"]).within(within)).unwrap()
}

#[test]
fn a_draft_is_withdrawn_before_its_approval() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person()]);
    let id = asked(&federation, 60);
    politie.approver().until_draft(&id);
    gemeente.author().withdraw(&id).unwrap();
    assert_eq!(gemeente.author().until_ended(&id)["state"], "ingetrokken");
    politie.until_lines("withdrawal_received", 1);
    assert!(politie.approver().approve(&id).unwrap_err().says("too late"));
    assert!(politie.approver().decline(&id).unwrap_err().says("too late"));
    assert!(gemeente.author().withdraw(&id).unwrap_err().says("too late"), "a second time");
    assert!(om.lines_of("question_received").is_empty());
    federation.finish();
}

#[test]
fn a_question_is_withdrawn_during_its_review() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person()]);
    let id = asked(&federation, 60);
    politie.approver().approve_when_there(&id);
    om.reviewer().until_in_inbox(&id);
    gemeente.author().withdraw(&id).unwrap();
    om.until_lines("withdrawal_received", 1);
    assert!(om.reviewer().inbox().unwrap().is_empty(), "the review has ended");
    for again in 0..2 {
        assert!(om.reviewer().release(&id).unwrap_err().says("too late"));
        assert!(om.reviewer().withhold(&id).unwrap_err().says("too late"));
        if again == 0 {
            om.restart();
        }
    }
    let view = gemeente.author().until_ended(&id);
    assert_eq!(answer_of(&view, om)["state"], "ingetrokken");
    assert!(om.lines_of("answer_sent").is_empty());
    federation.finish();
}

#[test]
fn a_withheld_question_is_withdrawn_before_its_deadline() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person()]);
    let id = asked(&federation, 8);
    politie.approver().approve_when_there(&id);
    om.reviewer().until_in_inbox(&id);
    om.reviewer().withhold(&id).unwrap();
    assert!(om.reviewer().release(&id).unwrap_err().says("too late"), "withheld is withheld");
    gemeente.author().withdraw(&id).unwrap();
    om.until_lines("withdrawal_received", 1);
    // A second question, asked later, is answered at its deadline: by then the first one's has passed.
    let second = asked(&federation, 9);
    politie.approver().approve_when_there(&second);
    gemeente.author().until_ended(&second);
    assert_eq!(om.lines_of("answer_sent").len(), 1);
    federation.finish();
}

#[test]
fn an_answered_question_cannot_be_withdrawn_or_released_again() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person()]);
    let id = asked(&federation, 60);
    politie.approver().approve_when_there(&id);
    om.reviewer().release_when_there(&id);
    gemeente.author().until_ended(&id);
    for again in 0..2 {
        assert!(om.reviewer().release(&id).unwrap_err().says("too late"));
        assert!(om.by("dirk").release(&id).unwrap_err().says("too late"));
        assert!(om.reviewer().withhold(&id).unwrap_err().says("too late"));
        assert!(gemeente.author().withdraw(&id).unwrap_err().says("too late"));
        if again == 0 {
            om.restart();
            gemeente.restart();
        }
    }
    assert_eq!(om.lines_of("answer_sent").len(), 1);
    federation.finish();
}

/// Nobody who asks and takes back at once leaves a question behind that is still reviewed.
#[test]
fn a_withdrawal_right_behind_its_question_ends_it() {
    const ROUNDS: usize = 12;
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person()]);
    for round in 0..ROUNDS {
        let id = asked(&federation, 600);
        politie.approver().until_draft(&id);
        // The question waits before a door that stands still, and its withdrawal comes right behind it.
        if round % 2 == 0 {
            om.freeze();
        }
        politie.approver().approve(&id).unwrap();
        gemeente.author().until_state(&id, "verzonden");
        gemeente.author().withdraw(&id).unwrap();
        om.thaw();
        let view = gemeente.author().until_ended(&id);
        assert_eq!(
            (&view["state"], &answer_of(&view, om)["state"]),
            (&"ingetrokken".into(), &"ingetrokken".into()),
            "{round}"
        );
    }
    om.until_lines("question_received", ROUNDS / 2);
    wait::until("every question that arrived has been taken back", || {
        (om.lines_of("withdrawal_received").len() == om.lines_of("question_received").len()).then_some(())
    });
    assert!(om.reviewer().inbox().unwrap().is_empty());
    // What was withdrawn before it had left need not arrive.
    federation.finish_but(|lost| ["uitvraag_sent", "withdrawal_sent"].contains(&lost.kind.as_str()));
}

/// An approval that crosses the withdrawal of its draft asks nobody.
#[test]
fn an_approval_and_a_withdrawal_at_once_agree() {
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.plant(&person());
    for round in 0..10 {
        let id = asked(&federation, 600);
        politie.approver().until_draft(&id);
        thread::scope(|scope| {
            scope.spawn(|| politie.approver().approve(&id));
            scope.spawn(|| gemeente.author().withdraw(&id).unwrap());
        });
        let view = gemeente.author().until_ended(&id);
        let answer = &answer_of(&view, om)["state"];
        assert!(view["state"] == "ingetrokken" || answer == "ingetrokken", "round {round}: {view:#}");
    }
    wait::until("every question that arrived has been taken back", || {
        (om.lines_of("withdrawal_received").len() == om.lines_of("question_received").len()).then_some(())
    });
    federation.finish_but(|lost| ["approval_given", "uitvraag_sent", "withdrawal_sent"].contains(&lost.kind.as_str()));
}

/// R6 and the races: exactly one answer, whichever comes first, and the release is told only when it is true.
#[test]
fn release_and_deadline_at_once_give_one_answer() {
    const ROUNDS: usize = 20;
    const WINDOW: u64 = 20;
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person()]);
    let ids: Vec<String> = (0..ROUNDS).map(|_| asked(&federation, WINDOW)).collect();
    for id in &ids {
        politie.approver().approve_when_there(id);
        om.reviewer().until_in_inbox(id);
    }
    // Every one is released in the last instants of its own window.
    let due: Vec<String> = ids
        .iter()
        .map(|id| gemeente.author().uitvraag(id).unwrap()["answer_by"].clone())
        .map(|due| due.as_str().unwrap().to_owned())
        .collect();
    let released: Vec<bool> = ids
        .iter()
        .zip(&due)
        .enumerate()
        .map(|(round, (id, due))| {
            let lead = [300, 150, 60, 20, 0][round % 5];
            wait::until_clock(due, Duration::from_millis(lead));
            om.reviewer().release(id).is_ok()
        })
        .collect();
    let outcomes: Vec<Value> =
        ids.iter().map(|id| answer_of(&gemeente.author().until_ended(id), om)["outcome"].clone()).collect();
    for (round, (released, outcome)) in released.iter().zip(&outcomes).enumerate() {
        assert_eq!(*outcome, if *released { "Known" } else { "NoStatement" }, "round {round}");
    }
    eprintln!("{} of {ROUNDS} were released in time", released.iter().filter(|released| **released).count());
    let (kill, start) = (Organisation::kill, Organisation::start);
    [kill, start].iter().for_each(|act| act(om));
    assert_eq!(om.lines_of("answer_sent").len(), ROUNDS);
    assert_eq!(om.lines_of("released").len(), released.iter().filter(|released| **released).count());
    federation.finish();
}
