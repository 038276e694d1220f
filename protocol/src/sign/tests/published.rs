//! Published COSE examples (cose-wg/Examples): Ed25519 verifies, what is signed is what they say, and none is ours.

use alloc::string::String;
use std::path::Path;

use cbor4ii::core::Value;
use data_encoding::HEXUPPER;
use serde::Deserialize;
use serde_json::Value as Json;

use super::*;
use crate::log::{ConsistencyReceipt, InclusionReceipt};

#[derive(Deserialize)]
struct Vector {
    #[serde(default)]
    fail: bool,
    input: Json,
    intermediates: Json,
    output: Output,
}

#[derive(Deserialize)]
struct Output {
    cbor: String,
}

/// What became of the vectors of a folder.
#[derive(Default, Debug, PartialEq)]
struct Counts {
    all: usize,
    verified: usize,
    same_to_be_signed: usize,
}

impl Vector {
    fn run(&self, name: &str, counts: &mut Counts) {
        let bytes = HEXUPPER.decode(self.output.cbor.as_bytes()).unwrap();
        counts.all += 1;
        // Our profile has another header, so none of these is a statement, a convenant's signature or a receipt.
        assert!(Envelope::decode(&bytes).is_err() && Detached::decode(&bytes, CONVENANT_SIGNATURE).is_err(), "{name}");
        assert!(InclusionReceipt::decode(&bytes).is_err() && ConsistencyReceipt::decode(&bytes).is_err(), "{name}");

        let one = &self.input["sign0"];
        let broken = &self.input["failures"];
        let is_tagged = one.is_object() && broken["ChangeCBORTag"].is_null() && broken["RemoveCBORTag"].is_null();
        let read = cose::sign1(&bytes);
        assert_eq!(read.is_some(), is_tagged, "{name}");
        let Some(read) = read else { return };
        let Value::Bytes(payload) = read.payload else { panic!("{name}: the payload is attached") };
        let signed = cose::to_be_signed(read.protected.clone(), &payload);
        let published = HEXUPPER.decode(self.intermediates["ToBeSign_hex"].as_str().unwrap().as_bytes()).unwrap();
        // Two things that we never do: an encoded empty header, and external data.
        let is_ours = broken["ChangeProtected"].is_null() && one["external"].is_null();
        if is_ours {
            assert_eq!(signed == published, !self.fail, "{name}");
            counts.same_to_be_signed += usize::from(!self.fail);
        }
        if one["key"]["crv"] == "Ed25519" {
            let key: Bytes<32> = Bytes::from_hex(one["key"]["x_hex"].as_str().unwrap()).unwrap();
            let signature = Bytes(read.signature.try_into().unwrap());
            let verified = strict(&VerifyingKey::from_bytes(&key.0).unwrap(), &signed, &signature).is_ok();
            assert_eq!(verified, !self.fail, "{name}");
            counts.verified += usize::from(verified);
        }
    }
}

fn run_all(folder: &Path, counts: &mut Counts) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let place = entry.unwrap().path();
        if place.is_dir() {
            run_all(&place, counts);
        } else if place.extension().is_some_and(|extension| extension == "json") {
            let vector: Vector = serde_json::from_slice(&std::fs::read(&place).unwrap()).unwrap();
            vector.run(&alloc::format!("{}", place.display()), counts);
        }
    }
}

#[test]
fn agrees_with_the_published_examples_beside_the_crate() {
    let mut counts = Counts::default();
    run_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/cose"), &mut counts);
    assert_eq!(counts, Counts { all: 2, verified: 1, same_to_be_signed: 1 });
}

#[test]
fn agrees_with_all_published_examples_where_they_are_given() {
    if let Some(folder) = samples::published() {
        let mut counts = Counts::default();
        run_all(&folder.join("cose"), &mut counts);
        assert!(counts.all >= 13 && counts.verified >= 1 && counts.same_to_be_signed >= 2, "{counts:?}");
    }
}
