//! Where inputs come from: the golden vectors, a few texts, and seeded mutations of both.

use std::path::Path;

use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::{self, Hash};
use weegnet_protocol::frame::Frame;
use weegnet_protocol::log::tiles;
use weegnet_protocol::person::{Fields, PersonRef};
use weegnet_protocol::sign::{CONVENANT_SIGNATURE, Detached};

/// Texts that the golden vectors do not hold on their own.
const TEXTS: &[&str] = &[
    "1985-03-12",
    "19850300",
    "1985-00-00",
    "unknown",
    "123456782",
    "10000008",
    "van der Meij",
    "Łukasz ’t Hart",
    "IJsselmuiden",
    "https://example.org/doel/voorbeeld",
    "Meldpunt reclassering, 088-0000000",
    "weegnet/00000099000000003000/exchange/0f0f0f0f0f0f0f0f",
];

/// Heads and lengths on which CBOR decoders differ, and characters on which text decoders do.
const INTERESTING: &[u8] = &[
    0x00, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1f, 0x38, 0x40, 0x58, 0x5f, 0x60, 0x7f, 0x80, 0x9b, 0x9f, 0xa0, 0xbf, 0xc0,
    0xd2, 0xf4, 0xf6, 0xf7, 0xf9, 0xff, b'\n', b'\r', b' ', b'-', b'/', b'0', b'9',
];

/// Every value in the golden vectors below `folder`: bytes where it is hexadecimal, text as it stands.
///
/// # Panics
/// When the folder or a file in it cannot be read: there is nothing to run without it.
pub fn seeds(folder: &Path) -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = TEXTS.iter().map(|text| text.as_bytes().to_vec()).collect();
    let entries = std::fs::read_dir(folder).expect("the folder of golden vectors can be read");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a folder entry can be read").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.retain(|file| !file.ends_with("ed25519-cctv.json"));
    files.sort();
    for file in files {
        let json = std::fs::read_to_string(&file).expect("a golden vector can be read");
        // Our vectors escape nothing but line ends.
        for value in json.split('"').skip(1).step_by(2).map(|text| text.replace("\\n", "\n")) {
            seeds.extend(HEXLOWER.decode(value.as_bytes()).ok().filter(|bytes| !bytes.is_empty()));
            seeds.push(value.into_bytes());
        }
    }
    let delivered: Vec<_> = seeds.iter().filter_map(|seed| delivered(seed)).collect();
    seeds.extend(delivered);
    seeds.push(bundle());
    seeds.push(person());
    seeds.push(signature());
    seeds.sort();
    seeds.dedup();
    seeds
}

/// The canonical bytes of a statement, which in the vectors only stand inside frames.
fn delivered(seed: &[u8]) -> Option<Vec<u8>> {
    match codec::decode(seed) {
        Ok(Frame::Deliver { statement, .. }) => Some(codec::encode(&statement)),
        _ => None,
    }
}

/// A party's signature under a convenant, which no golden vector holds.
fn signature() -> Vec<u8> {
    let issuer = "00000099000000001000".parse().expect("twenty digits are an OIN");
    let key = SigningKey::from_bytes(&[7; 32]);
    Detached::sign(CONVENANT_SIGNATURE, Hash::of(&[b"convenant"]), issuer, Timestamp::from_seconds(1_800_000_000), &key)
        .encode()
}

/// A bundle of two entries; that of the golden vectors has one.
fn bundle() -> Vec<u8> {
    tiles::entry_bundle([&b"one"[..], b"another"]).expect("short entries fit")
}

/// The canonical bytes of a person, which in the vectors only stand inside bodies.
fn person() -> Vec<u8> {
    let fields = Fields { surname: "Meij".parse().ok(), prefix: "van der".parse().ok(), ..Fields::default() };
    codec::encode(&PersonRef::try_from(fields).expect("a surname is enough"))
}

/// Repeatable chance (SplitMix64, S. Vigna): the same seed gives the same run on every machine.
pub struct Chance(u64);

impl Chance {
    /// Chance that depends on the seed alone.
    pub fn new(seed: u64) -> Self {
        Chance(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 when there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % (bound.max(1) as u64)) as usize
    }

    /// Up to 200 random bytes.
    pub fn garbage(&mut self) -> Vec<u8> {
        (0..self.below(200)).map(|_| self.bits() as u8).collect()
    }

    /// The input with one to four small changes; `other` lends a piece now and then.
    pub fn mutate(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = (at + 1 + self.below(16)).min(bytes.len()).max(at);
            match self.below(8) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = INTERESTING[self.below(INTERESTING.len())],
                2 if at < bytes.len() => bytes[at] = bytes[at].wrapping_add(if self.below(2) == 0 { 1 } else { 255 }),
                3 => bytes.insert(at, INTERESTING[self.below(INTERESTING.len())]),
                4 => drop(bytes.drain(at..end)),
                5 => bytes.splice(at..at, bytes[at..end].to_vec()).for_each(drop),
                6 => bytes.truncate(at),
                _ => {
                    let from = self.below(other.len());
                    let piece = &other[from..(from + 1 + self.below(32)).min(other.len())];
                    bytes.splice(at..end, piece.iter().copied()).for_each(drop);
                }
            }
        }
        bytes
    }
}
