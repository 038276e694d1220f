//! The rules of the convenant, stated twice: `weegnet_policy` decides generated situations, and so does a table in plain
//! Rust (`oracle`). They agree on every verdict, and on every denial about each rule that stands in the way.
//!
//! `WEEGNET_RULES_SITUATIONS` is how many; `WEEGNET_SEED` where chance begins.

mod act;
mod chance;
mod explained;
mod oracle;
mod paper;
mod properties;
mod situation;

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::thread;

use act::Office;
use chance::Chance;
use oracle::{Case, RULES, articles, in_the_way};
use paper::Paper;
use weegnet_policy::decide::{House, LocalRules};

use situation::{ACTS, Act, Situation};

/// In every run; a long one has more.
const SITUATIONS: usize = 50_000;
/// Each convenant is tried this often: making one costs as much as some dozens of situations.
const SITUATIONS_PER_CONVENANT: usize = 250;
/// How often each rule stands in the way at least, of 50,000 situations; and each act is permitted.
const LEAST: usize = 100;

/// How often what happened.
#[derive(Default)]
struct Tally {
    in_the_way: BTreeMap<&'static str, usize>,
    /// With no other rule.
    alone: BTreeMap<&'static str, usize>,
    permitted: BTreeMap<Act, usize>,
    tried: usize,
}

impl Tally {
    fn add(mut self, other: Tally) -> Tally {
        let add = |into: &mut BTreeMap<&'static str, usize>, from: BTreeMap<&'static str, usize>| {
            from.into_iter().for_each(|(name, count)| *into.entry(name).or_default() += count);
        };
        add(&mut self.in_the_way, other.in_the_way);
        add(&mut self.alone, other.alone);
        other.permitted.into_iter().for_each(|(act, count)| *self.permitted.entry(act).or_default() += count);
        self.tried += other.tried;
        self
    }

    fn count(&mut self, act: Act, names: &[&'static str]) {
        self.tried += 1;
        names.iter().for_each(|name| *self.in_the_way.entry(name).or_default() += 1);
        match names {
            [] => *self.permitted.entry(act).or_default() += 1,
            [name] => *self.alone.entry(name).or_default() += 1,
            _ => {}
        }
    }
}

#[test]
fn the_product_and_the_oracle_agree_on_every_generated_situation() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.replace('_', "").parse().ok());
    let situations = number("WEEGNET_RULES_SITUATIONS").unwrap_or(SITUATIONS);
    let seed = number("WEEGNET_SEED").unwrap_or(20_261_123) as u64;
    let convenanten = situations.div_ceil(SITUATIONS_PER_CONVENANT);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let tally = thread::scope(|scope| {
        let run = |worker: usize| {
            move || {
                (worker..convenanten)
                    .step_by(workers)
                    .map(|at| try_convenant(seed, at))
                    .fold(Tally::default(), Tally::add)
            }
        };
        let workers: Vec<_> = (0..workers).map(|worker| scope.spawn(run(worker))).collect();
        workers.into_iter().map(|worker| worker.join().expect("no mismatch")).fold(Tally::default(), Tally::add)
    });
    let least = LEAST * tally.tried / SITUATIONS;
    println!("rules: {} situations under {convenanten} convenanten, no mismatch (WEEGNET_SEED={seed})", tally.tried);
    let mut seldom = Vec::new();
    for rule in RULES {
        let count = |of: &BTreeMap<_, usize>| of.get(rule.name).copied().unwrap_or(0);
        println!("  {:20} in the way {:>7}, alone {:>7}", rule.name, count(&tally.in_the_way), count(&tally.alone));
        seldom.extend((count(&tally.in_the_way) < least).then_some(rule.name.to_owned()));
    }
    for act in ACTS {
        let permitted = tally.permitted.get(&act).copied().unwrap_or(0);
        println!("  {act:?}: permitted {permitted}");
        seldom.extend((permitted < least).then(|| format!("{act:?} permitted")));
    }
    assert!(seldom.is_empty(), "hardly tried: {seldom:?}");
}

fn try_convenant(seed: u64, at: usize) -> Tally {
    let mut chance = chance_of(seed, at);
    let paper = Paper::any(&mut chance);
    let office = Office::open(&paper);
    let mut tally = Tally::default();
    for _ in 0..SITUATIONS_PER_CONVENANT {
        let situation = Situation::any(&paper, &mut chance);
        agree(&paper, &office, &situation, &mut tally);
    }
    tally
}

/// The chance of the convenant with this number.
fn chance_of(seed: u64, at: usize) -> Chance {
    Chance::seeded(seed.wrapping_add((at as u64).wrapping_mul(0x2545_F491_4F6C_DD1D)))
}

/// The rules of the house, as a node asks them: without any convenant.
static HOUSE: LazyLock<House> = LazyLock::new(|| House::new(&LocalRules::default()).expect("rules of the house"));

fn agree(paper: &Paper, office: &Office, situation: &Situation, tally: &mut Tally) {
    let (act, outcome) = office.decide(situation, &office.hand(situation));
    let judged = Situation { act, ..situation.clone() };
    let case = Case { paper, it: &judged };
    let expected = in_the_way(&case);
    if matches!(act, Act::ReadLog | Act::SubjectAccess | Act::Administer) {
        assert_eq!(outcome, HOUSE.may(act::roles(situation), act::house_act(situation)), "{situation:?}");
    }
    let say = || format!("{paper:?}\n{judged:?}");
    match outcome {
        Ok(()) => assert!(expected.is_empty(), "permitted, and the oracle says {expected:?}: {}", say()),
        // An automatic release says no reasons.
        Err(_) if act == Act::ReleaseAutomatically => assert!(!expected.is_empty(), "not released: {}", say()),
        Err(denial) => {
            assert_eq!(denial.policy_ids, expected, "{}", say());
            assert_eq!(denial.article, articles(&expected), "{}", say());
        }
    }
    tally.count(act, &expected);
}
