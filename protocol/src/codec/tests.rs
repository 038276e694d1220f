use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    zulu: u32,
    a: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    bb: Option<Blob>,
}

fn sample() -> Sample {
    Sample { zulu: 300, a: "é".into(), bb: Some(Blob(vec![1, 2])) }
}

#[test]
fn orders_map_keys_bytewise_on_their_encoding() {
    let bytes = encode(&sample());
    let a = bytes.windows(2).position(|w| w == b"\x61a").unwrap();
    let bb = bytes.windows(3).position(|w| w == b"\x62bb").unwrap();
    let zulu = bytes.windows(5).position(|w| w == b"\x64zulu").unwrap();
    assert!(a < bb && bb < zulu);
}

#[test]
fn refuses_every_second_encoding() {
    for (bytes, what) in [
        (&b"\x18\x05"[..], "an integer in a longer head than it needs"),
        (b"\x9f\x01\xff", "an indefinite array"),
        (b"\x5f\x41\x00\xff", "an indefinite byte string"),
        (b"\x01\x01", "trailing bytes"),
        (b"\xa2\x61b\x01\x61a\x02", "keys out of order"),
        (b"\xa2\x61a\x01\x61a\x02", "a key twice"),
        (b"\xf9\x00\x00", "a float"),
        (b"\xf7", "undefined"),
        (b"\xf8\x20", "an unassigned simple value"),
        (b"\x61\xff", "text that is not UTF-8"),
        (b"\x42\x00", "a truncated string"),
        (b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "an array that claims 2^64 - 1 items"),
        (b"", "nothing"),
    ] {
        assert!(check(bytes).is_err(), "accepted {what}");
    }
}

#[test]
fn refuses_what_is_too_deep_or_too_large() {
    let mut deep = vec![0x81; MAX_DEPTH];
    deep.push(0);
    assert!(check(&deep).is_ok());
    deep.insert(0, 0x81);
    assert!(check(&deep).is_err());

    let large = vec![0; MAX_BYTES + 1];
    assert_eq!(check(&large), Err(DecodeError::TooLarge { len: MAX_BYTES + 1 }));
}

#[test]
fn refuses_unknown_fields_and_nulls_for_absent_ones() {
    assert!(decode::<Sample>(b"\xa3\x61a\x60\x61x\x01\x64zulu\x00").is_err());
    assert!(decode::<Sample>(b"\xa3\x61a\x60\x62bb\xf6\x64zulu\x00").is_err());
    assert!(decode::<Sample>(b"\xa2\x61a\x60\x64zulu\x00").is_ok());
}

proptest! {
    #[test]
    fn what_encodes_decodes_to_the_same(zulu: u32, a: String, bb: Option<Vec<u8>>) {
        let value = Sample { zulu, a, bb: bb.map(Blob) };
        prop_assert_eq!(decode::<Sample>(&encode(&value)).unwrap(), value);
    }

    #[test]
    fn maps_encode_in_one_order(map: BTreeMap<String, u64>) {
        let bytes = encode(&map);
        prop_assert!(check(&bytes).is_ok());
        prop_assert_eq!(decode::<BTreeMap<String, u64>>(&bytes).unwrap(), map);
    }

    #[test]
    fn a_flipped_bit_never_decodes_to_the_same_value(at in 0usize..14, bit in 0u8..8) {
        let mut bytes = encode(&sample());
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(other) = decode::<Sample>(&bytes) {
            prop_assert_ne!(&other, &sample());
            prop_assert_eq!(encode(&other), bytes);
        }
    }

    #[test]
    fn garbage_never_panics(bytes: Vec<u8>) {
        if decode::<Sample>(&bytes).is_ok() {
            prop_assert!(check(&bytes).is_ok());
        }
    }
}
