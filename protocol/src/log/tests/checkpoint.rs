//! Checkpoints: round trip, the exact form of a C2SP signed note, and the refusal of every other form.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use data_encoding::BASE64;
use ed25519_dalek::{Signature, Verifier};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::codec::{Bytes, Hash};
use crate::log::{Checkpoint, CheckpointError, LogName, Origin, SignedCheckpoint};
use crate::samples::{POLITIE, RECLASSERING, origin};

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint { origin: origin(), size, root: Hash::of(&[&size.to_be_bytes()]) }
}

fn note() -> String {
    checkpoint(1234).sign(&RECLASSERING.checkpoint_key()).note().into()
}

#[test]
fn what_is_signed_parses_and_verifies() {
    let key = RECLASSERING.checkpoint_key();
    for size in [0, 1, 10, u64::MAX] {
        let signed = checkpoint(size).sign(&key);
        let read = SignedCheckpoint::parse(signed.note()).unwrap();
        assert_eq!(read, signed);
        assert_eq!(read.verify(&key.verifying_key()), Ok(&checkpoint(size)));
    }
}

#[test]
fn is_a_signed_note_that_others_can_read() {
    let key = RECLASSERING.checkpoint_key().verifying_key();
    let note = note();
    let lines: Vec<&str> = note.split('\n').collect();
    let [name, size, root, "", signature, ""] = lines[..] else { panic!("{} lines", lines.len()) };
    assert_eq!((name, size), (origin().as_str(), "1234"));
    assert_eq!(BASE64.decode(root.as_bytes()).unwrap(), checkpoint(1234).root.0);

    let mut parts = signature.split(' ');
    assert_eq!((parts.next(), parts.next()), (Some("\u{2014}"), Some(name)));
    let blob = BASE64.decode(parts.next().unwrap().as_bytes()).unwrap();
    assert_eq!(parts.next(), None);
    let key_id = Sha256::new().chain_update(name).chain_update(b"\n\x01").chain_update(key.as_bytes()).finalize();
    assert_eq!(blob[..4], key_id[..4]);
    let text = format!("{name}\n{size}\n{root}\n");
    assert!(key.verify(text.as_bytes(), &Signature::from_slice(&blob[4..]).unwrap()).is_ok());
}

#[test]
fn refuses_every_form_but_the_one_that_is_written() {
    let good = note();
    let (text, signature) = good.split_once("\n\n").unwrap();
    let root = text.rsplit('\n').next().unwrap();
    let swap = |from: &str, to: &str| good.replacen(from, to, 1);
    for (bad, what) in [
        (String::new(), "nothing"),
        (format!("{text}\n"), "no signature"),
        (format!("{text}\n\n"), "an empty signature block"),
        (swap("\n1234\n", "\n01234\n"), "a leading zero"),
        (swap("\n1234\n", "\n+1234\n"), "a plus sign"),
        (swap("\n1234\n", "\n-1\n"), "a negative size"),
        (swap("\n1234\n", "\n 1234\n"), "a blank before the size"),
        (swap("\n1234\n", "\n18446744073709551616\n"), "a size of 2^64"),
        (swap("\n1234\n", "\r\n1234\n"), "a carriage return in the text"),
        (swap(root, root.trim_end_matches('=')), "base64 without padding"),
        (swap(root, &BASE64.encode(&[7; 31])), "a root of 31 bytes"),
        (swap(root, &BASE64.encode(&[7; 33])), "a root of 33 bytes"),
        (swap(root, &root.replace('=', "==")), "too much padding"),
        (swap("\n\n", "\nextension\n\n"), "an extension line"),
        (swap("\n\n", "\n\n\n"), "a second blank line"),
        (format!("\n{good}"), "a blank line first"),
        (good.trim_end().into(), "no line end at the end"),
        (format!("{good}\n"), "a blank line at the end"),
        (format!("{good}{}", signature.trim_end()), "a second signature without line end"),
        (good.replace('\n', "\r\n"), "carriage returns"),
        (format!("{}\r\n", good.trim_end()), "a carriage return behind the signature"),
        (swap("— ", "- "), "a hyphen for the dash"),
        (swap("— ", "—"), "a dash without blank"),
        (format!("{good}— \n"), "a signature line without name"),
        (format!("{good}— name\n"), "a signature line without signature"),
        (format!("{good}— name !!!!\n"), "a signature that is not base64"),
        (format!("{good}— name AAAA\n"), "a signature shorter than a key id"),
        (format!("{good}— name  AAAAAAAA\n"), "two blanks in a signature line"),
        (format!("{good}— name AAAAAAAA trailing\n"), "more behind a signature"),
        (format!("{good}— {}\n", "A".repeat(16 * 1024)), "more than 16 KiB"),
        (swap("weegnet/", "other/"), "an origin of another make"),
    ] {
        assert_ne!(bad, good, "{what} is no other form");
        assert_eq!(SignedCheckpoint::parse(&bad), Err(CheckpointError::Malformed), "accepted {what}");
    }
}

#[test]
fn other_signatures_beside_the_logs_own_do_no_harm() {
    let key = RECLASSERING.checkpoint_key().verifying_key();
    let cosigned = format!("{}— witness.example/w1 {}\n", note(), BASE64.encode(&[7; 76]));
    assert!(SignedCheckpoint::parse(&cosigned).unwrap().verify(&key).is_ok());
}

#[test]
fn refuses_a_signature_by_another_key_name_or_text() {
    let key = RECLASSERING.checkpoint_key().verifying_key();
    let refused = |note: &str| SignedCheckpoint::parse(note).unwrap().verify(&key).map(drop).unwrap_err();
    let by_another = checkpoint(1234).sign(&POLITIE.checkpoint_key());
    assert_eq!(refused(by_another.note()), CheckpointError::BadSignature);
    assert_eq!(refused(&note().replacen("\n1234\n", "\n1235\n", 1)), CheckpointError::BadSignature);

    let other = Origin::new(&RECLASSERING.oin(), LogName::House, [0x0f; 8]).to_string();
    assert_eq!(refused(&note().replacen(origin().as_str(), &other, 1)), CheckpointError::BadSignature);
    assert_eq!(refused(&note().replace(origin().as_str(), &other)), CheckpointError::BadSignature);

    let note = note();
    let (_, line) = note.split_once("\n\n").unwrap();
    assert_eq!(refused(&format!("{note}{line}")), CheckpointError::BadSignature, "signed twice");
}

#[test]
fn every_flipped_bit_of_a_note_is_refused() {
    let key = RECLASSERING.checkpoint_key().verifying_key();
    let good = note();
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let accepted = SignedCheckpoint::parse(&text).is_ok_and(|read| read.verify(&key).is_ok());
        assert!(!accepted, "bit {bit}");
    }
}

#[test]
fn origins_name_one_log_of_one_organisation() {
    let origin = origin();
    assert_eq!((origin.oin(), origin.log()), (Some(RECLASSERING.oin()), Some(LogName::Exchange)));
    assert_eq!(origin.as_str().parse::<Origin>().unwrap(), origin);
    for bad in [
        "",
        "weegnet/00000099000000003000/exchange",
        "weegnet/00000099000000003000/exchange/0f0f0f0f0f0f0f0f/",
        "weegnet/00000099000000003000/exchange/0F0F0F0F0F0F0F0F",
        "weegnet/00000099000000003000/exchange/0f0f0f0f0f0f0f",
        "weegnet/00000099000000003000/other/0f0f0f0f0f0f0f0f",
        "weegnet/0000009900000000300/exchange/0f0f0f0f0f0f0f0f",
        "Weegnet/00000099000000003000/exchange/0f0f0f0f0f0f0f0f",
        "weegnet/00000099000000003000/exchange/0f0f0f0f0f0f0f0f\n",
    ] {
        assert!(bad.parse::<Origin>().is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn every_checkpoint_survives_its_note(size: u64, root: [u8; 32], random: [u8; 8]) {
        let origin = Origin::new(&POLITIE.oin(), LogName::House, random);
        let signed = Checkpoint { origin, size, root: Bytes(root) }.sign(&POLITIE.checkpoint_key());
        prop_assert_eq!(SignedCheckpoint::parse(signed.note()).unwrap(), signed);
    }

    #[test]
    fn garbage_is_never_a_checkpoint(text in "\\PC{0,200}") {
        prop_assert!(SignedCheckpoint::parse(&text).is_err());
    }
}
