//! A bounded, repeatable run of every target on stable Rust: `bounded [INPUTS PER TARGET] [SEED]`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use decoders::TARGETS;
use decoders::corpus::{self, Chance};

/// Inputs per target when none are asked for: about half a minute in all.
const INPUTS: u64 = 1_000_000;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Ok(inputs), Ok(seed)) = (numbers.next().unwrap_or(Ok(INPUTS)), numbers.next().unwrap_or(Ok(1))) else {
        eprintln!("usage: bounded [INPUTS PER TARGET] [SEED], both whole numbers");
        return ExitCode::FAILURE;
    };
    let seeds = corpus::seeds(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors"));
    let mut vacuous = false;
    for (name, target) in TARGETS {
        let started = Instant::now();
        let good: Vec<&Vec<u8>> = seeds.iter().filter(|seed| target(seed)).collect();
        if good.is_empty() {
            eprintln!("{name}: no golden vector is accepted, so mutations of one prove nothing");
            vacuous = true;
            continue;
        }
        let mut chance = Chance::new(seed);
        let mut accepted = 0u64;
        for _ in 0..inputs {
            let other = &seeds[chance.below(seeds.len())];
            let one = good[chance.below(good.len())];
            let input = match chance.below(8) {
                0 => chance.garbage(),
                1 => chance.mutate(other, one),
                _ => chance.mutate(one, other),
            };
            accepted += u64::from(target(&input));
        }
        let seconds = started.elapsed().as_secs_f64();
        println!("{name:20} {inputs} inputs, {accepted} accepted, {seconds:.1} s");
    }
    if vacuous { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
