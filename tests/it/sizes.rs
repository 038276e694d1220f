//! Nothing shows in a log's size: an asker who reads every receipt and every answer of thousands of questions, half of
//! them about persons who are known and withheld or not reviewed, cannot tell which half.
//!
//! Sizes, places and counts decide; they are the same in every run. Times are printed and decide nothing here.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use weegnet_node::link::Reply;
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::frame::{Frame, RequestId};
use weegnet_protocol::log::SignedCheckpoint;
use weegnet_protocol::sign::{Statement, read_body};
use weegnet_protocol::statement::{Answer, Outcome};
use weegnet_protocol::time::Millis;
use weegnet_tests::faults::Chance;
use weegnet_tests::forger::Forger;
use weegnet_tests::impostor::Impostor;
use weegnet_tests::people::register;
use weegnet_tests::{Federation, Organisation, Person, Terms, wait};

/// Questions to one responder; half of them about known persons.
const QUESTIONS: usize = 2_000;
/// The first ones, from which the pace is taken.
const WARM_UP: usize = 40;
/// Every so manieth known person is withheld by a reviewer; the others run to the deadline.
const WITHHELD_EVERY: usize = 12;
/// Entries that every question makes up to its answer: received, decided.
const ENTRIES_EACH: u64 = 2;
/// Shufflings of who is known, against which a guesser is held.
const SHUFFLINGS: usize = 2_000;
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// What an asker sees of one question.
struct Seen {
    known: bool,
    index: u64,
    size: u64,
    receipt_bytes: u64,
    receipt_after: Duration,
    answer: Option<SeenAnswer>,
}

struct SeenAnswer {
    order: usize,
    envelope_bytes: u64,
    body_bytes: u64,
    frame_bytes: u64,
    is_no_statement: bool,
    after_deadline: Duration,
}

#[test]
fn an_asker_cannot_tell_who_is_known_from_receipts_sizes_and_answers() {
    let mut chance = Chance::seeded(0x5349_5a45);
    let federation = Federation::start(Terms::core());
    let [gemeente, politie, om] = ["gemeente", "politie", "om"].map(|name| &federation[name]);
    let known = half(&mut chance);
    let people: Vec<_> = (0..QUESTIONS as u32).map(Person::number).collect();
    let registered: Vec<_> = people.iter().zip(&known).filter(|(_, known)| **known).map(|(p, _)| p.clone()).collect();
    om.by("beheerder").import(register(&registered).as_bytes(), &["--confirm-vanished"]).unwrap();
    gemeente.stop();
    politie.stop();
    let (asker, approver) = (Forger::of(&federation, gemeente), Forger::of(&federation, politie));
    let impostor = Impostor::of(&federation, gemeente);

    let mut seen: Vec<Seen> = Vec::new();
    let mut questions: HashMap<Hash, usize> = HashMap::new();
    let (began, mut to_withhold) = (Instant::now(), Vec::new());
    let (mut deadline, mut deadline_at) = (weegnet_node::clock::now() + Millis::seconds(1800), None);
    for (at, (person, known)) in people.iter().zip(&known).enumerate() {
        if at == WARM_UP {
            // Twice the time that the rest takes at this pace, so that all have been asked before any is answered.
            let pace = began.elapsed() / WARM_UP as u32;
            let room = pace * (QUESTIONS * 2) as u32 + Duration::from_secs(40);
            deadline = (weegnet_node::clock::now() + Millis(room.as_millis() as u64)).ceil_second();
            deadline_at = Some(deadline);
        }
        let mut draft = asker.draft(person, &[om], 3600);
        draft.core.answer_by = if at < WARM_UP { draft.core.answer_by } else { deadline };
        let question =
            asker.sign_until(asker.question(&draft, om, approver.approval(&draft)), om, draft.core.answer_by);
        questions.insert(question.hash(), at);
        let sent = Instant::now();
        let Reply::Receipt(receipt) = impostor.deliver(om, &question) else { panic!("question {at} is not taken") };
        let size = SignedCheckpoint::parse(&receipt.checkpoint).unwrap().checkpoint().size;
        let (index, receipt_after) = (receipt.inclusion.index, sent.elapsed());
        let receipt_bytes = codec::encode(&Frame::Receipt { request: RequestId(1), receipt }).len() as u64;
        seen.push(Seen { known: *known, index, size, receipt_bytes, receipt_after, answer: None });
        if *known && at >= WARM_UP && at % WITHHELD_EVERY == 0 {
            to_withhold.push(draft.core.uitvraag_id.to_string());
        }
    }
    // Afterwards, so that no pause between two questions tells anything.
    to_withhold.iter().for_each(|id| withhold(om, id));
    let deadline_at = deadline_at.expect("there are more than the first ones");
    assert!(weegnet_node::clock::now() < deadline_at, "all are asked before any is answered");
    println!("{QUESTIONS} questions in {:.0} s, {} withheld by hand", began.elapsed().as_secs_f64(), to_withhold.len());

    let answered = hear(&impostor, &questions, deadline_at, &mut seen);
    assert_eq!(answered, QUESTIONS - WARM_UP, "every question of the deadline is answered");
    drop(impostor);
    judge(&seen[WARM_UP..], &mut chance);
    federation.finish_each_alone();
}

/// As many known as not, mixed.
fn half(chance: &mut Chance) -> Vec<bool> {
    let mut known: Vec<bool> = (0..QUESTIONS).map(|at| at % 2 == 0).collect();
    shuffle(&mut known, chance);
    known
}

fn shuffle(known: &mut [bool], chance: &mut Chance) {
    for at in (1..known.len()).rev() {
        known.swap(at, chance.below(at as u64 + 1) as usize);
    }
}

fn withhold(om: &Organisation, id: &str) {
    wait::until("the candidate is withheld", || om.reviewer().withhold(id).ok());
}

/// Takes answers until all of the deadline are there.
fn hear(
    impostor: &Impostor,
    questions: &HashMap<Hash, usize>,
    deadline: weegnet_protocol::Timestamp,
    seen: &mut [Seen],
) -> usize {
    let mut answered = 0;
    wait::within(weegnet_node::clock::until(deadline) + wait::PATIENCE * 3, "all answers come", || {
        while let Some(statement) = impostor.take(LONGEST_WAIT) {
            let after = weegnet_node::clock::now().as_millis().saturating_sub(deadline.as_millis());
            let Ok(answer) = read_body::<Answer>(&statement.body.0) else { panic!("nothing but answers") };
            let at = questions[answer.question()];
            if seen[at].answer.is_none() {
                seen[at].answer = Some(look_at(&answer, statement, answered, Duration::from_millis(after)));
                answered += 1;
            }
        }
        (answered >= questions.len() - WARM_UP).then_some(answered)
    })
}

fn look_at(answer: &Answer, statement: Statement, order: usize, after_deadline: Duration) -> SeenAnswer {
    SeenAnswer {
        order,
        envelope_bytes: statement.envelope.0.len() as u64,
        body_bytes: statement.body.0.len() as u64,
        is_no_statement: matches!(answer.outcome(), Outcome::NoStatement),
        after_deadline,
        frame_bytes: codec::encode(&Frame::Deliver { request: RequestId(1), statement }).len() as u64,
    }
}

/// Exactly equal where everything is determined; no better than chance where it is not.
fn judge(seen: &[Seen], chance: &mut Chance) {
    let steps: Vec<u64> = seen.windows(2).map(|pair| pair[1].index - pair[0].index).collect();
    // The house log's checkpoint enters at full hours: at most two of them in this story.
    let odd = steps.iter().filter(|step| **step != ENTRIES_EACH).count();
    assert!(odd <= 2, "{odd} questions made another number of entries than {ENTRIES_EACH}");
    assert!(seen.iter().all(|seen| seen.size == seen.index + ENTRIES_EACH), "a receipt's tree ends with its question");
    let answers: Vec<&SeenAnswer> = seen.iter().filter_map(|seen| seen.answer.as_ref()).collect();
    let same = |what: &str, of: fn(&SeenAnswer) -> u64| {
        assert!(answers.iter().all(|answer| of(answer) == of(answers[0])), "answers differ in {what}");
    };
    assert!(answers.iter().all(|answer| answer.is_no_statement));
    same("the envelope's size", |answer| answer.envelope_bytes);
    same("the body's size", |answer| answer.body_bytes);
    same("the frame's size", |answer| answer.frame_bytes);

    let labels: Vec<bool> = seen.iter().map(|seen| seen.known).collect();
    let step = |at: usize| if at == 0 { ENTRIES_EACH } else { steps[at - 1] };
    let decided: [(&str, Vec<u64>); 4] = [
        ("place in the log", seen.iter().map(|seen| seen.index).collect()),
        ("entries since the question before", (0..seen.len()).map(step).collect()),
        ("size of the receipt's tree", seen.iter().map(|seen| seen.size).collect()),
        ("bytes of the receipt", seen.iter().map(|seen| seen.receipt_bytes).collect()),
    ];
    for (what, feature) in decided {
        let (accuracy, better) = guess(&feature, &labels, chance);
        println!(
            "guessing from {what}: {:.1} % right; {:.1} % of shufflings do as well",
            accuracy * 100.0,
            better * 100.0
        );
        assert!(better > 0.001, "{what} tells who is known: {:.1} % right", accuracy * 100.0);
    }
    let micros = |duration: &Duration| duration.as_micros() as u64;
    let of_answer = |of: fn(&SeenAnswer) -> u64| -> Vec<u64> { answers.iter().map(|answer| of(answer)).collect() };
    let printed: [(&str, Vec<u64>); 3] = [
        ("time to the receipt", seen.iter().map(|seen| micros(&seen.receipt_after)).collect()),
        ("time of the answer", of_answer(|answer| answer.after_deadline.as_millis() as u64)),
        ("order of the answers", of_answer(|answer| answer.order as u64)),
    ];
    let mut figure = |what: &str, feature: &[u64], labels: &[bool]| {
        let (accuracy, better) = guess(feature, labels, chance);
        println!("(figure) {what}: {:.1} % right; {:.1} % of shufflings do as well", accuracy * 100.0, better * 100.0);
    };
    for (what, feature) in &printed {
        figure(what, feature, &labels);
    }
    let after: Vec<u64> = seen.iter().map(|seen| micros(&seen.receipt_after)).collect();
    figure("time to the receipt, about the question before", &after[1..], &labels[..labels.len() - 1]);
    for (who, known) in [("known", true), ("not known", false)] {
        let mut times: Vec<u64> = seen.iter().filter(|s| s.known == known).map(|s| micros(&s.receipt_after)).collect();
        times.sort_unstable();
        println!("(figure) median time to the receipt, {who}: {} µs", times[times.len() / 2]);
    }
}

/// The best that a threshold on this feature does, and the share of shuffled labels on which it does as well.
fn guess(feature: &[u64], labels: &[bool], chance: &mut Chance) -> (f64, f64) {
    let mut order: Vec<usize> = (0..feature.len()).collect();
    order.sort_by_key(|at| feature[*at]);
    let best = |labels: &[bool]| {
        let known = labels.iter().filter(|known| **known).count();
        let (mut below, mut right) = (0usize, known.max(labels.len() - known));
        for (place, at) in order.iter().enumerate() {
            below += usize::from(labels[*at]);
            let is_edge = order.get(place + 1).is_none_or(|next| feature[*next] != feature[*at]);
            if is_edge {
                let above = labels.len() - known - (place + 1 - below);
                right = right.max(below + above).max(labels.len() - below - above);
            }
        }
        right
    };
    let right = best(labels);
    let mut shuffled = labels.to_vec();
    let as_good = (0..SHUFFLINGS)
        .filter(|_| {
            shuffle(&mut shuffled, chance);
            best(&shuffled) >= right
        })
        .count();
    (right as f64 / labels.len() as f64, as_good as f64 / SHUFFLINGS as f64)
}

#[test]
fn the_guesser_finds_a_difference_where_there_is_one() {
    let mut chance = Chance::seeded(1);
    let labels = half(&mut chance);
    let telling: Vec<u64> = labels.iter().map(|known| 2 + u64::from(*known && chance.below(4) == 0)).collect();
    let (accuracy, better) = guess(&telling, &labels, &mut chance);
    assert!(accuracy > 0.6 && better == 0.0, "{accuracy} {better}");
}
