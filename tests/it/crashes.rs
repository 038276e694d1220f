//! kill -9 at any moment: every node starts again, nothing acknowledged is lost, everything ends once on both sides.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use weegnet_tests::faults::Chance;
use weegnet_tests::verbs::answer_of;
use weegnet_tests::{Ask, Federation, Organisation, Person, Terms};

/// Kills in a run before a change is taken; `WEEGNET_KILLS` asks for more.
const KILLS: u64 = 30;
/// Between two kills at most, in milliseconds.
const PAUSE_MS: u64 = 700;
/// A start takes about so long, in milliseconds.
const START_MS: u64 = 400;
/// Questions that wait for approval at one time.
const WAITING: usize = 2;
/// Window of each question, in seconds: some end by release, some at the deadline.
const WINDOW: u64 = 15;

/// What people were told had worked.
#[derive(Default)]
struct Acknowledged {
    asked: Mutex<BTreeSet<String>>,
    approved: Mutex<BTreeSet<String>>,
    released: Mutex<BTreeSet<(String, String)>>,
    withheld: Mutex<BTreeSet<(String, String)>>,
}

#[test]
fn nothing_acknowledged_is_lost_to_kill_9() {
    let kills = std::env::var("WEEGNET_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let mut chance = Chance::seeded(0x5745_4547);
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let known: Vec<_> = (0..40).map(Person::number).collect();
    federation.knows("om", &known);
    federation.knows("politie", &known);
    let (told, over) = (Acknowledged::default(), AtomicBool::new(false));
    let going = || !over.load(Ordering::Relaxed);

    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Half of the persons are known.
            let mut persons = (0..80).cycle().map(Person::number);
            while going() {
                let waiting = told.asked.lock().unwrap().difference(&told.approved.lock().unwrap()).count();
                if waiting >= WAITING {
                    std::thread::yield_now();
                    continue;
                }
                let ask = Ask::about(&persons.next().unwrap()).to(om).to(politie).within(WINDOW);
                if let Ok(id) = gemeente.author().ask(&ask) {
                    told.asked.lock().unwrap().insert(id);
                }
            }
        });
        scope.spawn(|| {
            while going() {
                for draft in politie.approver().uitvragen().unwrap_or_default() {
                    let id = draft["id"].as_str().unwrap();
                    if draft["state"] == "ter goedkeuring" && politie.approver().approve(id).is_ok() {
                        told.approved.lock().unwrap().insert(id.into());
                    }
                }
            }
        });
        for organisation in [politie, om] {
            let told = &told;
            scope.spawn(move || {
                while going() {
                    review(organisation, told);
                }
            });
        }
        for _ in 0..kills {
            std::thread::sleep(Duration::from_millis(chance.below(PAUSE_MS)));
            let victim = *chance.one_of(&[gemeente, politie, om]);
            victim.kill();
            if chance.below(3) == 0 {
                victim.start_and_kill(Duration::from_millis(chance.below(START_MS)));
            }
            victim.start();
        }
        over.store(true, Ordering::Relaxed);
    });

    let asked = told.asked.into_inner().unwrap();
    let all = gemeente.author().uitvragen().unwrap();
    let all: BTreeSet<String> = all.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    assert!(asked.is_subset(&all), "an acknowledged uitvraag is gone");
    eprintln!(
        "{} asked, {} approved, {} released",
        all.len(),
        told.approved.lock().unwrap().len(),
        told.released.lock().unwrap().len()
    );
    assert!(!told.released.lock().unwrap().is_empty(), "the story has releases");
    for id in &all {
        let view = gemeente.author().until_ended(id);
        if told.approved.lock().unwrap().contains(id) {
            let known = ["beantwoord", "afgelopen; niet iedereen heeft geantwoord", "verlopen zonder goedkeuring"];
            assert!(known.iter().any(|state| view["state"] == *state), "{view:#}");
        }
        for organisation in [om, politie] {
            let key = (organisation.oin.clone(), id.clone());
            let answer = answer_of(&view, organisation);
            if told.released.lock().unwrap().contains(&key) {
                assert_eq!(answer["outcome"], "Known", "released, and not told: {view:#}");
            }
            if told.withheld.lock().unwrap().contains(&key) {
                assert_ne!(answer["outcome"], "Known", "withheld, and told: {view:#}");
            }
        }
    }
    // A restart from nothing but the journal tells the same.
    let before: Vec<_> = all.iter().map(|id| answers(gemeente, id)).collect();
    gemeente.kill();
    std::fs::remove_dir_all(gemeente.dir().join("store")).unwrap();
    gemeente.start();
    let after: Vec<_> = all.iter().map(|id| answers(gemeente, id)).collect();
    assert_eq!(before, after);
    // Expired drafts and questions are not delivered any more.
    federation.finish_but(|lost| ["draft_sent", "uitvraag_sent", "approval_given"].contains(&lost.kind.as_str()));
}

/// Releases one in three of what waits, withholds one, leaves one to the deadline.
fn review(organisation: &Organisation, told: &Acknowledged) {
    for item in organisation.reviewer().inbox().unwrap_or_default() {
        let id = item["id"].as_str().unwrap();
        let key = (organisation.oin.clone(), id.to_owned());
        match id.as_bytes()[id.len() - 1] % 3 {
            0 if organisation.reviewer().release(id).is_ok() => {
                told.released.lock().unwrap().insert(key);
            }
            1 if organisation.reviewer().withhold(id).is_ok() => {
                told.withheld.lock().unwrap().insert(key);
            }
            _ => {}
        }
    }
}

fn answers(organisation: &Organisation, id: &str) -> serde_json::Value {
    organisation.author().uitvraag(id).unwrap()["answers"].clone()
}
