//! The journal is the truth: without its projections, or with damaged ones, a node tells the same as before.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use weegnet_node::home::Home;
use weegnet_node::node::Node;
use weegnet_tests::faults::{Chance, files, scribble};
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Organisation, Person, Terms};

/// Ways in which a store gets lost; each with another seed.
const SCRIBBLES: u64 = 6;

/// Losses of one node's store after another, in this process.
const LOSSES: u64 = 100;

fn person() -> Person {
    Person::new("Machteld", "Grasmusstra", "1972-10-31")
}

#[test]
fn tells_the_same_after_the_loss_or_damage_of_the_store() {
    let federation = Federation::start(Terms::core());
    let everything = furnish(&federation);
    let told = tell(&federation, &everything);
    for organisation in federation.all() {
        organisation.stop();
        fs::remove_dir_all(organisation.dir().join("store")).unwrap();
        organisation.start();
    }
    same(&tell(&federation, &everything), &told, "after the loss of every store");
    let mut chance = Chance::seeded(0x534c_4544);
    for round in 0..SCRIBBLES {
        for organisation in federation.all() {
            if round % 2 == 0 {
                organisation.stop()
            } else {
                organisation.kill()
            }
            scribble(&organisation.dir().join("store"), 1 << round, &mut chance);
            organisation.start();
        }
        same(&tell(&federation, &everything), &told, &format!("after damage {round}"));
    }
    let emptied = federation["om"].dir().join("store");
    federation["om"].stop();
    weegnet_tests::faults::files(&emptied).iter().for_each(|file| fs::write(file, []).unwrap());
    federation["om"].start();
    fs::write(federation["politie"].dir().join("store/db"), b"not a database").unwrap();
    federation["politie"].kill();
    federation["politie"].start();
    same(&tell(&federation, &everything), &told, "after empty and foreign files");
    works(&federation);
    withdraw_all(&federation, &everything);
    federation.finish();
}

#[test]
fn goes_on_while_its_store_is_damaged_and_deleted_under_it() {
    let federation = Federation::start(Terms::core());
    let everything = furnish(&federation);
    let told = tell(&federation, &everything);
    let mut chance = Chance::seeded(0x4c49_5645);
    for round in 0..3 {
        for organisation in federation.all() {
            scribble(&organisation.dir().join("store"), 64, &mut chance);
        }
        same(&tell(&federation, &everything), &told, &format!("damaged under running nodes, round {round}"));
        works(&federation);
    }
    for organisation in federation.all() {
        fs::remove_dir_all(organisation.dir().join("store")).unwrap();
    }
    same(&tell(&federation, &everything), &told, "deleted under running nodes");
    works(&federation);
    federation.at_once(Organisation::restart);
    same(&tell(&federation, &everything), &told, "and started again");
    works(&federation);
    withdraw_all(&federation, &everything);
    federation.finish();
}

#[test]
fn a_store_that_is_lost_or_damaged_a_hundred_times_is_rebuilt_a_hundred_times() {
    let federation = Federation::start(Terms::core());
    let everything = furnish(&federation);
    federation.at_once(Organisation::stop);
    // As folded from the journal: what only time has done to a case, such as to expire, a running node does again.
    let folded = |organisation: &Organisation| {
        fs::remove_dir_all(organisation.dir().join("store")).unwrap();
        cases(organisation)
    };
    let before: Vec<_> = federation.all().iter().map(folded).collect();
    assert!(before.iter().all(|cases| !cases.is_empty()));
    let mut chance = Chance::seeded(0x5245_4255);
    for round in 0..LOSSES {
        let at = round as usize % before.len();
        let organisation = &federation.all()[at];
        let store = organisation.dir().join("store");
        match round % 5 {
            0 => fs::remove_dir_all(&store).unwrap(),
            1 => scribble(&store, 1 + round, &mut chance),
            2 => scribble(&store, 2000, &mut chance),
            3 => files(&store).iter().for_each(|file| fs::write(file, []).unwrap()),
            _ => {
                let all = files(&store);
                fs::remove_file(chance.one_of(&all)).unwrap();
            }
        }
        assert_eq!(cases(organisation), before[at], "{} after loss {round}", organisation.name);
    }
    federation.start_all();
    works(&federation);
    withdraw_all(&federation, &everything);
    federation.finish();
}

/// Every case of a stopped node, as its projections tell it; afterwards they are marked as complete again.
fn cases(organisation: &Organisation) -> Vec<String> {
    let node = Node::open(Home::open(organisation.dir()).unwrap()).unwrap();
    let mut told = Vec::new();
    node.ledger.each_case(|record| told.push(serde_json::to_string(&record).unwrap()));
    told.sort();
    node.ledger.close();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(node.ledger.journal().clone().close());
    told
}

/// Uitvragen of the gemeente in every state that lasts.
fn furnish(federation: &Federation) -> BTreeMap<&'static str, String> {
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    federation.knows("om", &[person()]);
    federation.knows("politie", &[person()]);
    let ask = || gemeente.author().ask(&Ask::about(&person()).to(om).to(politie).within(3600)).unwrap();
    let states = ["waiting", "declined", "withdrawn", "in review", "withheld", "answered", "taken back", "expired"];
    let mut all: BTreeMap<_, _> = states[..7].iter().map(|state| (*state, ask())).collect();
    all.insert("expired", gemeente.author().ask(&Ask::about(&person()).to(om).within(2)).unwrap());
    for id in all.values() {
        politie.approver().until_draft(id);
    }
    politie.approver().decline(&all["declined"]).unwrap();
    gemeente.author().withdraw(&all["withdrawn"]).unwrap();
    for state in ["in review", "withheld", "answered", "taken back"] {
        politie.approver().approve(&all[state]).unwrap();
        om.reviewer().until_in_inbox(&all[state]);
        politie.reviewer().until_in_inbox(&all[state]);
    }
    om.reviewer().withhold(&all["withheld"]).unwrap();
    om.reviewer().release(&all["answered"]).unwrap();
    politie.reviewer().release(&all["answered"]).unwrap();
    gemeente.author().withdraw(&all["taken back"]).unwrap();
    for state in ["declined", "withdrawn", "answered", "taken back", "expired"] {
        gemeente.author().until_ended(&all[state]);
    }
    om.until_lines("withdrawal_received", 1);
    politie.until_lines("withdrawal_received", 2);
    weegnet_tests::wait::until("every question has its receipt", || {
        let view = gemeente.author().uitvraag(&all["in review"]).ok()?;
        let held = gemeente.author().uitvraag(&all["withheld"]).ok()?;
        let arrived = |view: &Value, at| answer_of(view, at)["state"] == "ontvangen";
        (arrived(&view, om) && arrived(&view, politie) && arrived(&held, om) && arrived(&held, politie)).then_some(())
    });
    all
}

/// All that these nodes show to their people.
fn tell(federation: &Federation, all: &BTreeMap<&'static str, String>) -> Vec<Value> {
    let mut told = Vec::new();
    for organisation in federation.all() {
        // What `works` adds is left out.
        let ours = |item: &Value| all.values().any(|id| item["id"] == id.as_str());
        let lists =
            [organisation.author().uitvragen(), organisation.approver().uitvragen(), organisation.reviewer().inbox()];
        for list in lists {
            told.push(list.unwrap().into_iter().filter(ours).collect());
        }
        for id in all.values() {
            for view in [
                organisation.author().uitvraag(id),
                organisation.approver().uitvraag(id),
                organisation.reviewer().review(id),
            ] {
                told.push(view.unwrap_or_else(|refused| Value::String(refused.stderr)));
            }
        }
    }
    told
}

/// Shows where two tellings part.
fn same(now: &[Value], before: &[Value], when: &str) {
    for (now, before) in now.iter().zip(before) {
        assert_eq!(now, before, "{when}");
    }
    assert_eq!(now.len(), before.len(), "{when}");
}

/// One more uitvraag, from beginning to end.
fn works(federation: &Federation) {
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let id = gemeente.author().ask(&Ask::about(&person()).to(om)).unwrap();
    politie.approver().approve_when_there(&id);
    om.reviewer().release_when_there(&id);
    assert_eq!(answer_of(&gemeente.author().until_ended(&id), om)["outcome"], "Known");
}

fn withdraw_all(federation: &Federation, all: &BTreeMap<&'static str, String>) {
    for state in ["waiting", "in review", "withheld"] {
        federation["gemeente"].author().withdraw(&all[state]).unwrap();
    }
    federation["om"].until_lines("withdrawal_received", 3);
    federation["politie"].until_lines("withdrawal_received", 5);
}
