//! Cosignatures: in the exact form of C2SP, only for what the witness saw, and each key counted once.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use data_encoding::BASE64;
use ed25519_dalek::{Signature, SigningKey};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::codec::Hash;
use crate::log::{
    Checkpoint, CheckpointError, Cosignature, CosignatureError, CosignedCheckpoint, MAX_COSIGNATURES, SignedCheckpoint,
    Witness, WitnessError, WitnessKey, WitnessName,
};
use crate::samples::{GEMEENTE, NOW, POLITIE, RECLASSERING, cosigned, origin};
use crate::sign::MAX_CLOCK_SKEW;
use crate::time::{Millis, Timestamp};

/// The lines under the example in the specification.
const EXAMPLE: &str = "— witness.example.com/w1 \
    jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";

fn signed() -> SignedCheckpoint {
    Checkpoint { origin: origin(), size: 7, root: Hash::of(&[b"root"]) }.sign(&RECLASSERING.checkpoint_key())
}

fn key(number: u8) -> WitnessKey {
    let name = format!("witness.example/w{number}").parse().unwrap();
    WitnessKey::new(name, SigningKey::from_bytes(&[number; 32]))
}

fn witnesses(numbers: impl IntoIterator<Item = u8>) -> Vec<Witness> {
    numbers.into_iter().map(|number| key(number).witness()).collect()
}

fn cosigned_by(numbers: impl IntoIterator<Item = u8>) -> CosignedCheckpoint {
    let mut cosigned = CosignedCheckpoint::new(signed()).unwrap();
    for number in numbers {
        cosigned.add(&key(number).cosign(&signed(), NOW), &key(number).witness()).unwrap();
    }
    cosigned
}

/// How many of these witnesses saw it, when that is enough.
fn count(cosigned: &CosignedCheckpoint, witnesses: &[Witness], threshold: usize) -> Result<usize, WitnessError> {
    let log = RECLASSERING.checkpoint_key().verifying_key();
    cosigned.witnessed(&log, witnesses, threshold, NOW).map(|witnessed| {
        assert_eq!(witnessed.checkpoint(), signed().checkpoint());
        witnessed.count()
    })
}

#[test]
fn the_specifications_example_reads_and_is_written_the_same() {
    let read: Cosignature = EXAMPLE.parse().unwrap();
    assert_eq!(read.name().as_str(), "witness.example.com/w1");
    assert_eq!(read.time(), Timestamp::from_seconds(1_679_315_147));
    assert_eq!(read.to_string(), EXAMPLE);
}

#[test]
fn is_a_line_that_others_can_read() {
    let cosignature = key(1).cosign(&signed(), NOW + Millis(999)).to_string();
    let mut parts = cosignature.split(' ');
    assert_eq!((parts.next(), parts.next()), (Some("\u{2014}"), Some("witness.example/w1")));
    let blob = BASE64.decode(parts.next().unwrap().as_bytes()).unwrap();
    assert_eq!((blob.len(), parts.next()), (76, None));
    let public = key(1).witness().key;
    let id = Sha256::new().chain_update(b"witness.example/w1\n\x04").chain_update(public.as_bytes()).finalize();
    assert_eq!(blob[..4], id[..4]);
    assert_eq!(blob[4..12], NOW.as_seconds().to_be_bytes());
    let said = format!("cosignature/v1\ntime {}\n{}", NOW.as_seconds(), signed().checkpoint().text());
    assert!(public.verify_strict(said.as_bytes(), &Signature::from_slice(&blob[12..]).unwrap()).is_ok());
}

#[test]
fn holds_for_one_checkpoint_and_one_witness_only() {
    let (cosignature, checkpoint) = (key(1).cosign(&signed(), NOW), signed().checkpoint().clone());
    assert_eq!(cosignature.verify(&checkpoint, &key(1).witness()), Ok(()));
    assert_eq!(cosignature.verify(&checkpoint, &key(2).witness()), Err(CosignatureError::OtherWitness));
    let other_key = Witness { name: key(1).witness().name, key: key(2).witness().key };
    assert_eq!(cosignature.verify(&checkpoint, &other_key), Err(CosignatureError::OtherWitness));
    for other in [
        Checkpoint { size: 8, ..checkpoint.clone() },
        Checkpoint { root: Hash::of(&[b"another"]), ..checkpoint.clone() },
        Checkpoint {
            origin: crate::log::Origin::new(&POLITIE.oin(), crate::log::LogName::House, [1; 8]),
            ..checkpoint
        },
    ] {
        assert_eq!(cosignature.verify(&other, &key(1).witness()), Err(CosignatureError::BadSignature));
    }
}

#[test]
fn every_flipped_bit_of_a_line_is_refused() {
    let good = key(1).cosign(&signed(), NOW).to_string();
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(line) = String::from_utf8(bytes) else { continue };
        let read = line.parse::<Cosignature>();
        assert!(read.is_err() || read.unwrap().verify(signed().checkpoint(), &key(1).witness()).is_err(), "bit {bit}");
    }
}

#[test]
fn refuses_every_form_of_a_line_but_the_one_that_is_written() {
    let good = key(1).cosign(&signed(), NOW).to_string();
    let with = |blob: &[u8]| format!("— witness.example/w1 {}", BASE64.encode(blob));
    let mut far = [0; 76];
    far[4] = 0x80;
    for (bad, what) in [
        (String::new(), "nothing"),
        (format!("{good}\n"), "a line end"),
        (format!(" {good}"), "a blank first"),
        (format!("{good} "), "a blank last"),
        (good.replacen("— ", "- ", 1), "a hyphen"),
        (good.replacen("witness", "wit+ness", 1), "a plus sign in the name"),
        (good.replacen("witness", "wit\u{a0}ness", 1), "a blank in the name"),
        (good.replacen("witness.example/w1", &"w".repeat(256), 1), "a long name"),
        (good.replacen("witness.example/w1", "", 1), "no name"),
        (with(&[0; 75]), "one byte less"),
        (with(&[0; 77]), "one byte more"),
        (with(&[0; 68]), "a signature without time"),
        (with(&far), "a time beyond 2^63"),
        (good.trim_end_matches('=').into(), "no padding"),
    ] {
        assert_ne!(bad, good, "{what} is no other form");
        assert_eq!(bad.parse::<Cosignature>(), Err(CosignatureError::Malformed), "accepted {what}");
    }
}

#[test]
fn a_cosigned_note_reads_and_is_written_the_same() {
    for count in 0..=MAX_COSIGNATURES as u8 {
        let cosigned = cosigned_by(1..=count);
        let note = cosigned.note();
        assert_eq!(CosignedCheckpoint::parse(&note).unwrap(), cosigned);
        assert_eq!((cosigned.cosignatures().count(), cosigned.signed()), (usize::from(count), &signed()));
        let log = RECLASSERING.checkpoint_key().verifying_key();
        assert!(SignedCheckpoint::parse(&note).unwrap().verify(&log).is_ok(), "the log's own reader takes it too");
    }
    assert_eq!(cosigned_by([]).note(), signed().note());
}

#[test]
fn lines_are_bounded_in_number_and_length() {
    let mut full = cosigned_by(1..=16);
    let late = key(17).cosign(&signed(), NOW);
    assert_eq!(full.add(&late, &key(17).witness()), Err(WitnessError::Full));
    assert_eq!(full.add(&key(16).cosign(&signed(), NOW), &key(16).witness()), Ok(()), "the same witness again");
    let refused = |note: String| assert_eq!(CosignedCheckpoint::parse(&note), Err(CheckpointError::Malformed));
    refused(format!("{}{late}\n", full.note()));
    let long = |bytes: usize| format!("{}— other {}\n", signed().note(), BASE64.encode(&alloc::vec![7; bytes]));
    assert!(CosignedCheckpoint::parse(&long(759)).is_ok());
    refused(long(760));
}

#[test]
fn refuses_notes_that_mix_up_who_says_what() {
    let (note, one) = (signed().note().to_string(), key(1).cosign(&signed(), NOW));
    let (text, log_line) = note.split_once("\n\n").unwrap();
    for (bad, what) in [
        (format!("{text}\n\n{one}\n"), "no line by the log"),
        (format!("{text}\n\n{one}\n{log_line}"), "the log not first"),
        (format!("{note}{log_line}"), "the log twice"),
        (format!("{note}{one}\n{one}\n"), "a witness twice"),
        (format!("{note}{one}"), "no line end"),
        (format!("{note}{one}\n\n"), "a blank line last"),
        (format!("{note}\n{one}\n"), "a blank line between"),
        (format!("{note}{one}\r\n"), "a carriage return"),
        (format!("{note}other text\n"), "no signature"),
        (format!("{note}{}\n", key_in_the_logs_name().cosign(&signed(), NOW)), "a witness in the log's name"),
    ] {
        assert_eq!(CosignedCheckpoint::parse(&bad), Err(CheckpointError::Malformed), "accepted {what}");
    }
    let cosigned = SignedCheckpoint::parse(&format!("{note}{one}\n")).unwrap();
    assert_eq!(CosignedCheckpoint::new(cosigned), Err(CheckpointError::Malformed), "lines would be lost");
}

fn key_in_the_logs_name() -> WitnessKey {
    WitnessKey::new(origin().as_str().parse().unwrap(), SigningKey::from_bytes(&[9; 32]))
}

#[test]
fn enough_witnesses_make_it_witnessed_and_one_less_does_not() {
    let cosigned = cosigned_by([1, 2, 3]);
    for threshold in 0..=3 {
        assert_eq!(count(&cosigned, &witnesses(1..=5), threshold), Ok(3));
    }
    assert_eq!(count(&cosigned, &witnesses(1..=5), 4), Err(WitnessError::TooFew { count: 3, threshold: 4 }));
    assert_eq!(count(&cosigned, &witnesses(4..=5), 1), Err(WitnessError::TooFew { count: 0, threshold: 1 }));
    assert_eq!(count(&cosigned_by([]), &witnesses(1..=5), 1), Err(WitnessError::TooFew { count: 0, threshold: 1 }));
}

#[test]
fn each_key_counts_once_whatever_its_names() {
    let again = WitnessKey::new("witness.example/other".parse().unwrap(), SigningKey::from_bytes(&[1; 32]));
    let mut cosigned = cosigned_by([1]);
    cosigned.add(&again.cosign(&signed(), NOW), &again.witness()).unwrap();
    let mut known = witnesses([1, 1]);
    known.push(again.witness());
    assert_eq!((cosigned.cosignatures().count(), count(&cosigned, &known, 1)), (2, Ok(1)));
    assert_eq!(count(&cosigned, &known, 2), Err(WitnessError::TooFew { count: 1, threshold: 2 }));
}

#[test]
fn a_log_is_no_witness_of_itself() {
    let by_log_key = WitnessKey::new("witness.example/log".parse().unwrap(), RECLASSERING.checkpoint_key());
    let own = WitnessKey::new(WitnessName::of(&RECLASSERING.oin()), SigningKey::from_bytes(&[8; 32]));
    let peer = WitnessKey::new(WitnessName::of(&GEMEENTE.oin()), SigningKey::from_bytes(&[7; 32]));
    let mut cosigned = cosigned_by([]);
    let all = [by_log_key, own, peer].map(|key| {
        cosigned.add(&key.cosign(&signed(), NOW), &key.witness()).unwrap();
        key.witness()
    });
    assert_eq!(count(&cosigned, &all, 1), Ok(1));
}

#[test]
fn a_cosignature_from_the_future_counts_for_nothing_yet() {
    let at = |time| {
        let mut cosigned = cosigned_by([]);
        cosigned.add(&key(1).cosign(&signed(), time), &key(1).witness()).unwrap();
        count(&cosigned, &witnesses([1]), 1)
    };
    assert_eq!(at(NOW + MAX_CLOCK_SKEW), Ok(1));
    assert_eq!(at(NOW + MAX_CLOCK_SKEW + Millis(1000)), Err(WitnessError::TooFew { count: 0, threshold: 1 }));
    assert_eq!(at(Timestamp::from_seconds(0)), Ok(1));
}

#[test]
fn a_bad_line_by_a_known_witness_condemns_the_note_and_one_by_a_stranger_does_not() {
    let elsewhere = Checkpoint { size: 8, ..signed().checkpoint().clone() }.sign(&RECLASSERING.checkpoint_key());
    let bad = key(2).cosign(&elsewhere, NOW);
    let note = format!("{}{bad}\n", cosigned_by([1]).note());
    let cosigned = CosignedCheckpoint::parse(&note).unwrap();
    let reason = CosignatureError::BadSignature;
    let condemned = WitnessError::Cosignature { name: key(2).witness().name, reason };
    assert_eq!(count(&cosigned, &witnesses(1..=2), 1), Err(condemned.clone()));
    assert_eq!(count(&cosigned, &witnesses([1]), 1), Ok(1));
    assert_eq!(cosigned_by([1]).add(&bad, &key(2).witness()), Err(condemned));
}

#[test]
fn a_checkpoint_that_the_log_did_not_sign_is_never_witnessed() {
    let cosigned = cosigned_by([1, 2]);
    let stranger = POLITIE.checkpoint_key().verifying_key();
    let refused = cosigned.witnessed(&stranger, &witnesses(1..=2), 0, NOW);
    assert_eq!(refused, Err(CheckpointError::BadSignature.into()));
}

#[test]
fn lines_of_a_kind_that_we_do_not_know_stay_and_count_for_nothing() {
    let foreign = format!("— witness.example/w2 {}\n", BASE64.encode(&[7; 200]));
    let note = format!("{}{foreign}{}\n", signed().note(), key(1).cosign(&signed(), NOW));
    let cosigned = CosignedCheckpoint::parse(&note).unwrap();
    assert_eq!((cosigned.note(), cosigned.cosignatures().count()), (note, 1));
    assert_eq!(count(&cosigned, &witnesses(1..=2), 1), Ok(1));
}

#[test]
fn every_flipped_bit_of_a_cosigned_note_loses_the_log_or_a_witness() {
    let good = cosigned();
    let known = [POLITIE, GEMEENTE].map(|party| party.witness_key().witness());
    let log = RECLASSERING.checkpoint_key().verifying_key();
    assert_eq!(good.witnessed(&log, &known, 2, NOW).unwrap().count(), 2);
    let note = good.note();
    for bit in 0..note.len() * 8 {
        let mut bytes = note.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let read = CosignedCheckpoint::parse(&text);
        assert!(read.is_err() || read.unwrap().witnessed(&log, &known, 2, NOW).is_err(), "bit {bit}");
    }
}

proptest! {
    #[test]
    fn every_cosignature_survives_its_line(seconds in 0u64..=u64::MAX / 1000, seed: [u8; 32]) {
        let time = Timestamp::from_seconds(seconds);
        let key = WitnessKey::new(WitnessName::of(&POLITIE.oin()), SigningKey::from_bytes(&seed));
        let cosignature = key.cosign(&signed(), time);
        let read: Cosignature = cosignature.to_string().parse().unwrap();
        prop_assert_eq!(&read, &cosignature);
        prop_assert_eq!((read.time(), read.verify(signed().checkpoint(), &key.witness())), (time, Ok(())));
    }

    #[test]
    fn garbage_is_never_a_cosignature(text in "\\PC{0,200}") {
        prop_assert!(text.parse::<Cosignature>().is_err() && CosignedCheckpoint::parse(&text).is_err());
    }
}
