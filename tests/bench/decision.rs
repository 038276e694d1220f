//! What a decision costs beside one strict verification of a signature, and how long a large document takes to check.

use std::time::{Duration, Instant};

use ed25519_dalek::{Signer, SigningKey};
use weegnet_policy::convenant::Convenant;

use crate::{Failure, row};

#[allow(dead_code, reason = "the second statement of the rules has more than a bench needs")]
#[path = "../rules/act.rs"]
mod act;
#[allow(dead_code, reason = "as above")]
#[path = "../rules/chance.rs"]
mod chance;
#[allow(dead_code, reason = "as above")]
#[path = "../rules/paper.rs"]
mod paper;
#[allow(dead_code, reason = "as above")]
#[path = "../rules/situation.rs"]
mod situation;

use act::Office;
use chance::Chance;
use paper::{Kind, Member, Mode, Paper};
use situation::{Act, Situation};

/// Parties of the convenant under which is decided.
const PARTIES: usize = 40;
const DECISIONS: usize = 5_000;
/// As many parties as a convenant may have today, and as many as it should be checked with in a second.
const LARGE: [usize; 2] = [256, 1_000];

pub fn figures() -> Result<(), Failure> {
    let (mut chance, paper) = (Chance::seeded(40), large(PARTIES));
    let office = Office::open(&paper);
    let situation = Situation::ordinary(&paper, Act::Answer, &mut chance);
    let hand = office.hand(&situation);
    if office.decide(&situation, &hand).1.is_err() {
        return Err("the question of this bench is not permitted: its convenant is not the one meant".into());
    }
    let decision = median(|| drop(office.decide(&situation, &hand)));
    let copying = median(|| drop(std::hint::black_box(hand.clone())));
    let decision = decision.saturating_sub(copying);
    let key = SigningKey::from_bytes(&[40; 32]);
    let (message, public) = ([7; 256], key.verifying_key());
    let signature = key.sign(&message);
    let verify = median(|| drop(std::hint::black_box(public.verify_strict(&message, &signature))));
    let micros = |length: Duration| format!("{:.1} µs", length.as_secs_f64() * 1e6);
    let ratio = format!("{:.2}", decision.as_secs_f64() / verify.as_secs_f64());
    row("a decision on a question, 40 parties (floor: one verify_strict)", &micros(decision), &micros(verify), &ratio);
    for parties in LARGE {
        let document = act::document(&large(parties));
        let started = Instant::now();
        let said = match Convenant::parse(&document) {
            Ok(_) => "no problems".to_owned(),
            Err(problems) => format!("refused: {}", problems.to_string().lines().next().unwrap_or_default()),
        };
        let took = format!("{:.0} ms", started.elapsed().as_secs_f64() * 1e3);
        row(&format!("check of a convenant with {parties} parties ({said})"), &took, "-", "-");
    }
    Ok(())
}

fn median(mut act: impl FnMut()) -> Duration {
    let mut took: Vec<_> = (0..DECISIONS)
        .map(|_| {
            let started = Instant::now();
            act();
            started.elapsed()
        })
        .collect();
    took.sort_unstable();
    took[DECISIONS / 2]
}

/// Three core parties and many others, all of test organisations, each with a legal basis to answer the first.
fn large(parties: usize) -> Paper {
    let kind = |at: usize| if at < 3 { Kind::Core } else { Kind::Case };
    Paper {
        parties: (0..parties).map(|at| Member::plain(true, kind(at), Mode::AfterRelease)).collect(),
        bases: (0..parties).map(|at| (at, usize::from(at == 0))).chain((1..3).map(|at| (at, 0))).collect(),
        first_day: 20_454,
        last_day: 20_800,
        least_window: 3_600_000,
        most_window: 86_400_000,
        waiting: 86_400_000,
        per_author: 10,
        per_organisation: 30,
        bsn: false,
        criteria: 3,
        reasons: 3,
        minor_second: false,
        urgent_least: None,
        working_days: 0,
        grounds: 0,
    }
}
