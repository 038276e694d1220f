//! Games in numbers: `WEEGNET_SEALED_RUNS` of each (300 unless it says otherwise; `tests/run long` plays 10,000), from a
//! fixed seed, so that what is found once is found again. The bound is about guesses, not about time.

use std::println;

use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::traits::Identity;

use super::*;
use crate::codec::Hash;
use crate::sealed::audit::{self, NotTheQuestion};
use crate::sealed::open::Misuse;
use crate::sealed::secret::hashed;
use crate::sealed::{BOX_BYTES, VOUCHER_BYTES, VOUCHERS};

/// Standard deviations within which guesses must stay: beyond four once in 16,000 fair games.
const DEVIATIONS: f64 = 4.0;

fn runs() -> u64 {
    std::env::var("WEEGNET_SEALED_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(300)
}

/// Draws from a seed: SHA-256 over a name and a counter.
struct Chance(&'static str, u64);

impl Chance {
    fn bytes(&mut self) -> [u8; 32] {
        self.1 += 1;
        Hash::of(&[self.0.as_bytes(), &self.1.to_be_bytes()]).0
    }

    fn below(&mut self, bound: usize) -> usize {
        let bytes = self.bytes();
        (u64::from_be_bytes(bytes[..8].try_into().unwrap()) % bound as u64) as usize
    }
}

/// As [`Responder::asked_with`], with a seed of its own.
fn asked(responder: &Responder, subject: &Subject, keys: &[LinkKey], chance: &mut Chance) -> (Bytes<32>, Sealed) {
    let seed = Bytes(chance.bytes());
    let Responder { publication, table, .. } = responder;
    (seed, ask(&id(), subject, keys, publication, table, &seed).unwrap())
}

/// The distance of `right` guesses from half of all, in standard deviations.
fn deviations(right: u64, of: u64) -> f64 {
    (right as f64 - of as f64 / 2.0).abs() / (of as f64 / 4.0).sqrt()
}

fn elements(question: &Sealed) -> Vec<RistrettoPoint> {
    let element = |voucher: &[u8; VOUCHER_BYTES]| CompressedRistretto(voucher[..32].try_into().unwrap()).decompress();
    question.vouchers().filter_map(element).collect()
}

/// The ways in which the holder of α tries to tell for which of two persons a question was made: a score for each.
fn scores(responder: &Responder, question: &Sealed, candidate: &PersonRef) -> [u64; 3] {
    let alpha = responder.secret.alpha();
    let link = responder.secret.link();
    let (mut exact, mut bits, mut order) = (0, 0, 0);
    let seen = elements(question);
    let hashes = keys(candidate).into_iter().map(|key| hashed(&key.bytes));
    let hashes: Vec<(RistrettoPoint, RistrettoPoint)> = hashes.map(|element| (element, element * alpha)).collect();
    for q in &seen {
        let s = q * alpha;
        for (element, cell) in &hashes {
            // A voucher without its blinding, or with one that is known, would be one of these.
            let related = [q - element, s - cell, q - element - link, s - element, q + element];
            exact += related.iter().filter(|point| **point == RistrettoPoint::identity()).count() as u64;
            bits += u64::from((q - element).compress().to_bytes()[5] & 1);
            order += u64::from(s.compress().to_bytes()[0] < element.compress().to_bytes()[0]);
        }
    }
    [exact, bits, order]
}

/// How many of `runs` guesses are right, for each way of guessing; `weaken` may spoil a question.
fn guess(runs: u64, responder: &Responder, weaken: impl Fn(&mut Sealed, &PersonRef)) -> [u64; 3] {
    let candidates = [person("Rozenboom", "1970-03-04"), person("Lelieveld", "1988-11-12")];
    let mut chance = Chance("two persons", 0);
    let mut right = [0; 3];
    for _ in 0..runs {
        let truth = chance.below(2);
        let about = subject(candidates[truth].clone());
        let (_, mut question) = asked(responder, &about, &keys(&candidates[truth]), &mut chance);
        assert!(matches!(responder.open(&about, &question), Opening::Miss));
        weaken(&mut question, &candidates[truth]);
        let (one, other) = (scores(responder, &question, &candidates[0]), scores(responder, &question, &candidates[1]));
        let toss = chance.below(2);
        for (way, right) in right.iter_mut().enumerate() {
            let guess = match one[way].cmp(&other[way]) {
                core::cmp::Ordering::Greater => 0,
                core::cmp::Ordering::Less => 1,
                core::cmp::Ordering::Equal => toss,
            };
            *right += u64::from(guess == truth);
        }
    }
    right
}

#[test]
fn game_1_the_holder_of_the_secret_guesses_no_better_than_a_coin() {
    let runs = runs();
    let responder = Responder::knowing(&(0..20).map(somebody).collect::<Vec<_>>());
    let right = guess(runs, &responder, |_, _| {});
    println!(
        "sealed game 1: {right:?} of {runs} guesses about a person outside the table are right, three ways of guessing"
    );
    for right in right {
        assert!(deviations(right, runs) < DEVIATIONS, "{right} of {runs}");
    }
}

#[test]
fn game_1_is_won_when_one_voucher_is_not_blinded() {
    let responder = Responder::knowing(&[somebody(1)]);
    let weaken = |question: &mut Sealed, about: &PersonRef| {
        let bare = hashed(&keys(about)[0].bytes).compress().to_bytes();
        question.vouchers.0[..32].copy_from_slice(&bare);
    };
    let [exact, ..] = guess(60, &responder, weaken);
    assert_eq!(exact, 60, "a way of guessing that cannot win shows nothing");
}

#[test]
fn game_4_no_question_that_was_tampered_with_opens() {
    let runs = runs();
    let responder = Responder::knowing(&[somebody(1), somebody(2)]);
    let mut chance = Chance("tampered", 0);
    let about = subject(somebody(1));
    let (_, honest) = asked(&responder, &about, &keys(&about.person), &mut chance);
    let (_, other) = asked(&responder, &about, &keys(&about.person), &mut chance);
    let (mut missed, mut misused) = (0, 0);
    for _ in 0..runs {
        let mut question = honest.clone();
        match chance.below(4) {
            0 => question.vouchers.0[chance.below(VOUCHERS * VOUCHER_BYTES)] ^= 1 << chance.below(8),
            1 => question.content.0[chance.below(BOX_BYTES)] ^= 1 << chance.below(8),
            2 => {
                // A voucher of another question about the same person.
                let (to, from) = (chance.below(VOUCHERS) * VOUCHER_BYTES, chance.below(VOUCHERS) * VOUCHER_BYTES);
                let voucher = other.vouchers.0[from..from + VOUCHER_BYTES].to_vec();
                question.vouchers.0[to..to + VOUCHER_BYTES].copy_from_slice(&voucher);
            }
            _ => {
                // In another order, all of them as they were.
                let first = chance.below(VOUCHERS - 1);
                let second = first + 1 + chance.below(VOUCHERS - 1 - first);
                for at in 0..VOUCHER_BYTES {
                    question.vouchers.0.swap(first * VOUCHER_BYTES + at, second * VOUCHER_BYTES + at);
                }
            }
        }
        match responder.open(&about, &question) {
            Opening::Opened(_) => panic!("it opened"),
            Opening::Miss => missed += 1,
            Opening::Misused(_) => misused += 1,
        }
    }
    println!("sealed game 4: of {runs} tampered questions none opens ({misused} misuses, {missed} misses)");
    assert_eq!(missed + misused, runs);
}

#[test]
fn game_5_every_question_about_several_persons_is_caught_at_the_hit_or_in_the_audit() {
    let runs = runs().div_ceil(10);
    let people: Vec<_> = (0..20).map(somebody).collect();
    let responder = Responder::knowing(&people);
    let mut chance = Chance("mixed", 0);
    let (mut at_hit, mut in_audit) = (0, 0);
    for run in 0..runs {
        // The person who is approved, and one to four others of whom some are known here.
        let name = |part: usize| format!("Onbekend{run}van{part}");
        let approved =
            if chance.below(3) == 0 { people[chance.below(20)].clone() } else { person(&name(0), "1977-06-05") };
        let others = 1 + chance.below(4);
        let mut mixed = keys(&approved);
        mixed.truncate(1 + chance.below(3));
        for other in 0..others {
            let one = chance.below(2) == 0;
            let who = if one { people[chance.below(20)].clone() } else { person(&name(other + 1), "1966-05-04") };
            mixed.extend(keys(&who).into_iter().filter(|key| !keys(&approved).contains(key)).take(3));
        }
        if mixed == keys(&approved) {
            // By chance nobody else: that is an honest question.
            mixed.push(LinkKey { bytes: b"nog iemand".to_vec(), strong: true });
        }
        let about = subject(approved.clone());
        let (seed, question) = asked(&responder, &about, &mixed, &mut chance);
        match responder.open(&about, &question) {
            Opening::Opened(_) => panic!("a mixed question opened"),
            Opening::Misused(misuse) => {
                assert_eq!(misuse, Misuse::Vouchers);
                at_hit += 1;
            }
            Opening::Miss => {
                let own = keys(&approved);
                let Responder { publication, table, .. } = &responder;
                let shown = (&about, &seed, own.as_slice());
                let found = audit::question(&id(), &about.commitment(), &question, shown, publication, table);
                assert_eq!(found, Err(NotTheQuestion::Another));
                in_audit += 1;
            }
        }
    }
    println!(
        "sealed game 5: of {runs} questions about several persons {at_hit} are caught at the hit, {in_audit} in the audit"
    );
    assert_eq!(at_hit + in_audit, runs);
    assert!(at_hit > 0 && in_audit > 0, "both ways are tried");
}

#[test]
fn a_register_of_one_row_or_none_is_asked_as_any() {
    let nobody = Responder::knowing(&[]);
    let one = Responder::knowing(&[somebody(1)]);
    assert_eq!((nobody.table.size(), one.table.size()), (1024, 1024), "the size does not tell them apart");
    let about = subject(somebody(1));
    assert!(matches!(nobody.open(&about, &nobody.asked(&about, 1)), Opening::Miss));
    assert!(matches!(one.open(&about, &one.asked(&about, 1)), Opening::Opened(_)));
    let empty = nobody.secret.disclose(&table_id(1), &nobody.table, &nobody.keys).unwrap();
    audit::table(&nobody.publication, &nobody.table, &nobody.keys, &empty).unwrap();
}

#[test]
fn the_first_of_january_is_no_full_date_and_opens_nothing_alone() {
    let born = |day: &str| {
        let fields = Fields {
            surname: Some("Oosterhoutsema".parse().unwrap()),
            given_names: Some("Wilhelmina".parse().unwrap()),
            birth: day.parse().unwrap(),
            ..Fields::default()
        };
        PersonRef::try_from(fields).unwrap()
    };
    let strong = |person: &PersonRef| real_keys(person).iter().filter(|key| key.strong).count();
    assert_eq!(strong(&born("1970-01-01")), 0, "whoever does not know the day writes this one");
    assert!(strong(&born("1970-01-02")) > 0);
    // Two such persons of one year have only weak keys in common.
    let keys: BTreeSet<Vec<u8>> = real_keys(&born("1970-01-01")).into_iter().map(|key| key.bytes).collect();
    let shared = real_keys(&born("1970-05-06")).into_iter().filter(|key| keys.contains(&key.bytes));
    assert!(shared.into_iter().all(|key| !key.strong));
}
