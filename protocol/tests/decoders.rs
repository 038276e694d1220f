//! Every decoder under property tests: garbage and broken golden vectors never panic, and one value has one encoding.

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;

// The same functions as libFuzzer and the bounded run use, so that a promise is written down once.
#[path = "../fuzz/src/lib.rs"]
mod decoders;

use decoders::TARGETS;
use decoders::corpus::{self, Chance};

static SEEDS: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| corpus::seeds(&Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")));

#[test]
fn every_decoder_accepts_a_golden_vector() {
    for (name, target) in TARGETS {
        assert!(SEEDS.iter().any(|seed| target(seed)), "{name} accepts none");
    }
}

#[test]
fn every_decoder_has_a_fuzz_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let mut names: Vec<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    files.sort();
    names.sort();
    assert_eq!(files, names);
}

#[test]
fn every_golden_vector_with_any_byte_cut_off_keeps_the_promises() {
    for (_, target) in TARGETS {
        for seed in SEEDS.iter().filter(|seed| target(seed)) {
            (0..seed.len()).for_each(|end| _ = target(&seed[..end]));
        }
    }
}

proptest! {
    #[test]
    fn garbage_never_panics(chance: u64) {
        let data = Chance::new(chance).garbage();
        TARGETS.iter().for_each(|(_, target)| _ = target(&data));
    }

    #[test]
    fn text_never_panics(text in "\\PC{0,60}") {
        TARGETS.iter().for_each(|(_, target)| _ = target(text.as_bytes()));
    }

    #[test]
    fn a_broken_golden_vector_never_reads_as_two_values(
        seed in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        chance: u64,
    ) {
        let (seed, other): (&Vec<u8>, &Vec<u8>) = (seed.get(&SEEDS), other.get(&SEEDS));
        let data = Chance::new(chance).mutate(seed, other);
        TARGETS.iter().for_each(|(_, target)| _ = target(&data));
    }
}
