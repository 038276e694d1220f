//! Deterministic CBOR at the level of bytes: a validator that allocates nothing, and the sorter for encoders.

use alloc::vec::Vec;

use cbor4ii::core::Value;
use cbor4ii::core::dec::Decode;
use cbor4ii::core::enc::Encode;
use cbor4ii::core::utils::{BufWriter, SliceReader};

use super::{DecodeError, MAX_DEPTH};

/// Accepts exactly one item: shortest heads, definite lengths, map keys strictly ascending bytewise, UTF-8 text, no
/// floats, no `undefined`, no simple values but `false`, `true` and `null`, at most [`MAX_DEPTH`] levels.
pub(super) fn check(bytes: &[u8]) -> Result<(), DecodeError> {
    let end = item(bytes, 0, MAX_DEPTH)?;
    if end == bytes.len() { Ok(()) } else { Err(DecodeError::NonCanonical { at: end }) }
}

/// Walks one item that starts at `at`; returns where it ends.
fn item(bytes: &[u8], at: usize, depth: usize) -> Result<usize, DecodeError> {
    let refuse = Err(DecodeError::NonCanonical { at });
    let (major, argument, next) = head(bytes, at)?;
    match major {
        0 | 1 => Ok(next),
        2 | 3 => {
            let Some(end) = usize::try_from(argument).ok().and_then(|n| next.checked_add(n)) else {
                return refuse;
            };
            match bytes.get(next..end) {
                Some(text) if major == 2 || core::str::from_utf8(text).is_ok() => Ok(end),
                _ => refuse,
            }
        }
        4..=6 if depth == 0 => refuse,
        4 => {
            let mut next = next;
            for _ in 0..argument {
                next = item(bytes, next, depth - 1)?;
            }
            Ok(next)
        }
        5 => {
            let mut next = next;
            let mut previous: &[u8] = &[];
            for _ in 0..argument {
                let value = item(bytes, next, depth - 1)?;
                let key = &bytes[next..value];
                if key <= previous {
                    return Err(DecodeError::NonCanonical { at: next });
                }
                previous = key;
                next = item(bytes, value, depth - 1)?;
            }
            Ok(next)
        }
        6 => item(bytes, next, depth - 1),
        7 if (20..=22).contains(&argument) && next == at + 1 => Ok(next),
        _ => refuse,
    }
}

/// Reads a head: major type, argument in its shortest form, offset behind it.
fn head(bytes: &[u8], at: usize) -> Result<(u8, u64, usize), DecodeError> {
    let refuse = DecodeError::NonCanonical { at };
    let first = *bytes.get(at).ok_or(refuse.clone())?;
    let (major, short) = (first >> 5, first & 0x1f);
    let width = match short {
        0..=23 => return Ok((major, u64::from(short), at + 1)),
        24..=27 => 1usize << (short - 24),
        _ => return Err(refuse),
    };
    let tail = bytes.get(at + 1..at + 1 + width).ok_or(refuse.clone())?;
    let argument = tail.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    let smallest = match width {
        1 => 24,
        2 => 1 << 8,
        4 => 1 << 16,
        _ => 1 << 32,
    };
    if argument < smallest { Err(refuse) } else { Ok((major, argument, at + 1 + width)) }
}

/// Re-encodes what our own serializer wrote with map keys in deterministic order.
pub(super) fn sort(bytes: &[u8]) -> Vec<u8> {
    let mut value = Value::decode(&mut SliceReader::new(bytes)).expect("our own encoding decodes");
    sort_value(&mut value);
    encode_value(&value)
}

fn sort_value(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(sort_value),
        Value::Tag(_, inner) => sort_value(inner),
        Value::Map(pairs) => {
            for (key, value) in pairs.iter_mut() {
                sort_value(key);
                sort_value(value);
            }
            pairs.sort_by_cached_key(|(key, _)| encode_value(key));
        }
        _ => {}
    }
}

pub(super) fn encode_value(value: &Value) -> Vec<u8> {
    let mut writer = BufWriter::new(Vec::new());
    value.encode(&mut writer).expect("a growing buffer takes every value");
    writer.into_inner()
}
